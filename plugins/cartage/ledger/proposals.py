"""Proposals: rows of a feed that a guardrail held back, the question about them, and who decided."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa
import sqlalchemy as sa

from cartage.errors import SettingsError
from cartage.ledger import rowsets, told
from cartage.ledger.engine import chunks
from cartage.ledger.outbound_tables import proposal_rows, proposals
from cartage.ledger.tables import records
from cartage.records.columns import TEXT, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy.engine import Connection

    from cartage.ledger.engine import Database
    from cartage.ledger.told import Group

ProposalState = Literal["open", "approved", "rejected", "timed_out", "superseded", "sent"]
Decision = Literal["approved", "rejected", "timed_out"]

ROWS = table(
    {
        "key": (TEXT, "key of the record"),
        "before": (TEXT, "what the shop was last told"),
        "after": (TEXT, "what it would be told"),
        "hash": (TEXT, "content hash of that"),
    }
)
"""Rows of a proposal, as they are given and read."""

WRITTEN = 5_000
"""Rows a transaction."""


@dataclass(frozen=True)
class Proposal:
    """What a guardrail held back of one inventory list or price book.

    Attributes:
        guardrail: which one held it: to_zero, price_move, deletion or first_feed.
        run_id: the run that found it.
        rows: how many rows are held.
        figures: what the person is shown who decides, JSON values.
        asked_by: the Airflow run that asks; None while nobody asked.
        decided_by: whom Airflow names as the one who answered; None for a time-out.
        note: what else is to be said: what superseded it, when it was sent.
    """

    id: int
    integration: str
    flow: str
    record: str
    group: str
    guardrail: str
    run_id: int
    state: ProposalState
    rows: int
    figures: dict[str, Any]
    created_at: datetime
    asked_by: str | None
    asked_at: datetime | None
    decided_at: datetime | None
    decided_by: str | None
    note: str | None


@dataclass(frozen=True)
class Draft:
    """A proposal to open.

    Attributes:
        rows: a table as in `ROWS`; None where the group as a whole is held, as before its first feed.
        count: how many rows are held.
        supersedes: the open proposal that it takes the place of.
    """

    group: str
    guardrail: str
    figures: dict[str, Any]
    rows: pa.Table | None
    count: int
    supersedes: int | None = None


class Proposals:
    """The proposals of all flows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self, run_id: int, integration: str, flow: str, record: str, draft: Draft) -> int:
        """Open a proposal, end the one it supersedes, and give its id."""
        now = datetime.now(UTC)
        values = {
            "integration": integration,
            "flow": flow,
            "record": record,
            "group": draft.group,
            "guardrail": draft.guardrail,
            "run_id": run_id,
            "state": "open",
            "rows": draft.count,
            "figures": draft.figures,
            "created_at": now,
        }
        rows = draft.rows.to_pylist() if draft.rows is not None else []
        with self._database.write() as connection:
            number = int(connection.execute(sa.insert(proposals).values(values).returning(proposals.c.id)).scalar_one())
            for part in chunks(rows, WRITTEN):
                rowsets.insert(connection, proposal_rows, part, {"proposal_id": number})
            if draft.supersedes is not None:
                _end(connection, draft.supersedes, f"proposal {number} of run {run_id} took its place")
        return number

    def supersede(self, number: int, note: str) -> None:
        """End an open proposal that nothing is left of; one that was decided meanwhile stays decided."""
        with self._database.write() as connection:
            _end(connection, number, note)

    def get(self, number: int, integration: str | None = None, flow: str | None = None) -> Proposal:
        """Give a proposal.

        Args:
            number: its id.
            integration: whose it must be; None: anybody's.
            flow: of which flow it must be; None: of any.

        Raises:
            SettingsError: there is none with this id, or it is of another integration or flow.
        """
        found = self._list(proposals.c.id == number)
        if not found or integration not in (None, found[0].integration) or flow not in (None, found[0].flow):
            whose = ".".join(filter(None, (integration, flow))) or "the ledger"
            raise SettingsError(f"{whose} has no proposal {number}")
        return found[0]

    def keys(self, number: int, integration: str, flow: str) -> list[str]:
        """Give the keys of the records that a proposal of a flow holds.

        Raises:
            SettingsError: the flow has none with this id, or it holds a whole list or book.
        """
        proposal = self.get(number, integration, flow)
        with self._database.read() as connection:
            query = sa.select(proposal_rows.c.key).where(proposal_rows.c.proposal_id == number)
            found = list(connection.execute(query.order_by(proposal_rows.c.key)).scalars())
        if not found:
            raise SettingsError(
                f"proposal {number} holds all of {proposal.group}: once it is approved, run the flow with `full` instead"
            )
        return found

    def rows(self, numbers: Sequence[int]) -> dict[int, pa.Table]:
        """Give the rows of proposals, as in `ROWS`, by the proposal's id."""
        query = sa.select(*(proposal_rows.c[name] for name in ROWS.names))
        found = {}
        with self._database.read() as connection:
            for number in numbers:
                read = connection.execute(query.where(proposal_rows.c.proposal_id == number))
                columns = list(zip(*read, strict=True)) or [()] * len(ROWS.names)
                found[number] = pa.table([pa.array(each, TEXT) for each in columns], schema=ROWS)
        return found

    def standing(
        self, integration: str, flow: str, declined_since: datetime, approved_since: datetime
    ) -> list[Proposal]:
        """Give what a run must know: proposals that are open, and those lately approved or declined.

        Args:
            integration: the integration.
            flow: the flow.
            declined_since: rejected and timed-out ones count from this moment on.
            approved_since: approved ones count from this moment on.

        Returns:
            The newest first. Of the first feeds of lists and books also those that were sent, whenever it was.
        """
        declined = sa.and_(proposals.c.state.in_(("rejected", "timed_out")), proposals.c.decided_at >= declined_since)
        approved = sa.and_(proposals.c.state == "approved", proposals.c.decided_at >= approved_since)
        opened = sa.and_(proposals.c.guardrail == "first_feed", proposals.c.state == "sent")
        return self._list(
            proposals.c.integration == integration,
            proposals.c.flow == flow,
            sa.or_(proposals.c.state == "open", approved, declined, opened),
        )

    def expire(self, integration: str, flow: str, approved_before: datetime) -> list[int]:
        """End the approvals that no run has sent although they are older than this, and give the proposals' ids.

        Who approved it, and when, stays.
        """
        old = self._list(
            proposals.c.integration == integration,
            proposals.c.flow == flow,
            proposals.c.state == "approved",
            proposals.c.decided_at < approved_before,
        )
        note = "it was approved, but no run sent it in time: what looks wrong still is asked about anew"
        with self._database.write() as connection:
            connection.execute(
                sa.update(proposals)
                .where(proposals.c.id.in_([each.id for each in old]), proposals.c.state == "approved")
                .values(state="superseded", note=note)
            )
        return [each.id for each in old]

    def waiting(self, integration: str, flow: str | None = None) -> list[Proposal]:
        """Give the open proposals, asked about or not, oldest first."""
        where = [proposals.c.integration == integration, proposals.c.state == "open"]
        if flow is not None:
            where.append(proposals.c.flow == flow)
        return self._list(*where)[::-1]

    def unasked(self, integration: str, flow: str | None = None) -> list[Proposal]:
        """Give the open proposals that nobody has asked about, oldest first."""
        return [each for each in self.waiting(integration, flow) if each.asked_by is None]

    def recent(self, integration: str, flow: str | None = None, *, limit: int = 50) -> list[Proposal]:
        """Give the newest proposals, newest first; of one flow, or of all."""
        where = [proposals.c.integration == integration]
        if flow is not None:
            where.append(proposals.c.flow == flow)
        return self._list(*where, limit=limit)

    def ask(self, number: int, by: str, *, instead_of: str | None = None) -> bool:
        """Take it upon an Airflow run to ask about a proposal, and say whether it may.

        Doing it twice is doing it once; two runs that meet never both ask.

        Args:
            number: the proposal.
            by: id of the Airflow run.
            instead_of: the run that asks now, known to have ended.
        """
        nobody = proposals.c.asked_by.is_(None) if instead_of is None else proposals.c.asked_by == instead_of
        with self._database.write() as connection:
            done = connection.execute(
                sa.update(proposals)
                .where(
                    proposals.c.id == number, proposals.c.state == "open", sa.or_(nobody, proposals.c.asked_by == by)
                )
                .values(asked_by=by, asked_at=datetime.now(UTC))
            )
            return done.rowcount > 0

    def decide(self, number: int, decision: Decision, *, by: str | None, note: str | None = None) -> Proposal:
        """Note what was decided, unless the proposal was decided or superseded before, and give it as it is then.

        Args:
            number: the proposal.
            decision: what was decided.
            by: who answered, as Airflow names them; None when nobody did.
            note: what else is to be said.
        """
        with self._database.write() as connection:
            _decide(connection, number, decision, by=by, note=note)
        return self.get(number)

    def answer(self, decisions: Mapping[int, Decision], *, by: str | None, asked_by: str) -> list[Proposal]:
        """Note the answer to a question about several proposals, all of it or nothing, and give them as they are then.

        Those that were decided or superseded before, or that another run asks about by now, stay as they are.

        Args:
            decisions: what was decided, by the proposal's id.
            by: who answered, as Airflow names them; None when nobody did.
            asked_by: the Airflow run that asked.
        """
        with self._database.write() as connection:
            for number, decision in decisions.items():
                _decide(connection, number, decision, proposals.c.asked_by == asked_by, by=by)
        return [self.get(number) for number in decisions]

    def reopen(self, integration: str, numbers: Sequence[int]) -> list[int]:
        """Let proposals be asked about again whose answer was no, or none, and give the ids of those.

        One of which another waits, of the same list or book and guardrail, stays as it is.

        Raises:
            SettingsError: the integration has none with one of these ids; then all stay as they are.
        """
        reopened = []
        for was in [self.get(each, integration) for each in numbers]:
            number = was.id
            note = (
                f"{was.state} by {was.decided_by or 'nobody'} at {was.decided_at:%Y-%m-%d %H:%M} UTC, then asked again"
            )
            same = [getattr(proposals.c, name) == getattr(was, name)
                    for name in ("integration", "flow", "group", "guardrail")]  # fmt: skip
            with self._database.write() as connection:
                waits = connection.execute(sa.select(proposals.c.id).where(*same, proposals.c.state == "open").limit(1))
                if waits.first() is not None:
                    continue
                done = connection.execute(
                    sa.update(proposals)
                    .where(proposals.c.id == number, proposals.c.state.in_(("rejected", "timed_out")))
                    .values(state="open", note=note, asked_by=None, asked_at=None, decided_by=None, decided_at=None)
                )
            if done.rowcount:
                reopened.append(number)
        return reopened

    def conclude(self, integration: str, flow: str, *, run_id: int, carried: Iterable[int] = ()) -> list[int]:
        """Mark the approved proposals as sent of which the shop was told everything, and give their ids.

        Args:
            integration: the integration.
            flow: the flow.
            run_id: the run that settled.
            carried: proposals that it read anew: of these all is told that is still true.
        """
        approved = self._list(
            proposals.c.integration == integration, proposals.c.flow == flow, proposals.c.state == "approved"
        )
        done = [each.id for each in approved if each.id in set(carried) or self._told(each)]
        with self._database.write() as connection:
            connection.execute(
                sa.update(proposals)
                .where(proposals.c.id.in_(done), proposals.c.state == "approved")
                .values(state="sent", note=f"sent by run {run_id}")
            )
        return done

    def _told(self, proposal: Proposal) -> bool:
        """Say whether the shop was told of every row, in words or in value."""
        if proposal.guardrail == "first_feed":
            group = self.groups(proposal.integration, proposal.record).get(proposal.group)
            return group is not None and group.told > 0
        there = sa.and_(
            records.c.integration == proposal.integration,
            records.c.record == proposal.record,
            records.c.key == proposal_rows.c.key,
            sa.or_(records.c.hash == proposal_rows.c.hash, records.c.value == proposal_rows.c.after),
        )
        missing = sa.select(sa.func.count()).where(
            proposal_rows.c.proposal_id == proposal.id, sa.not_(sa.exists().where(there))
        )
        with self._database.read() as connection:
            return connection.execute(missing).scalar_one() == 0

    def groups(self, integration: str, record: str) -> Mapping[str, Group]:
        """Give what the target knows of each inventory list or price book; see `told.groups`."""
        return told.groups(self._database, integration, record)

    def _list(self, *where: sa.ColumnElement[bool], limit: int | None = None) -> list[Proposal]:
        query = sa.select(*(proposals.c[each.name] for each in fields(Proposal))).where(*where)
        with self._database.read() as connection:
            return [Proposal(*row) for row in connection.execute(query.order_by(proposals.c.id.desc()).limit(limit))]


def _decide(
    connection: Connection,
    number: int,
    decision: Decision,
    *where: sa.ColumnElement[bool],
    by: str | None,
    note: str | None = None,
) -> None:
    connection.execute(
        sa.update(proposals)
        .where(proposals.c.id == number, proposals.c.state == "open", *where)
        .values(state=decision, decided_by=by, decided_at=datetime.now(UTC), note=note)
    )


def _end(connection: Connection, number: int, note: str) -> None:
    connection.execute(
        sa.update(proposals)
        .where(proposals.c.id == number, proposals.c.state == "open")
        .values(state="superseded", note=note, decided_at=datetime.now(UTC))
    )
