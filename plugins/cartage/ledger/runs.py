"""Runs: what was started by whom, over which stretch of the source, and how it ended."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa

from cartage.errors import BatchError
from cartage.ledger import counts
from cartage.ledger.tables import runs
from cartage.windows import Selection, Window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Connection

    from cartage.ledger.engine import Database

RunState = Literal["open", "settled", "failed"]
LATER = 50
"""Later runs that are looked at: the first that settled has read what the one before could not settle."""

LIMITED_TYPES = frozenset({"backfill", "manual_window"})
"""Runs over a stretch that somebody chose: where they end is not where the next live run begins."""


@dataclass(frozen=True)
class Run:
    """One attempt of a DAG run to carry a stretch of the source.

    Attributes:
        id: the ledger's number of it, which the other tables refer to.
        attempt: from 1; a DAG run that is cleared after it was closed opens the next.
        limited: True when it reads less than everything new, so its window is no watermark.
        settings_digest: SHA-256 of the settings it runs with.
        settings_revision: newest revision overlaid on the files, or None.
        note: why it failed or was closed by another run.
        findings: what it found as a whole, for people: how much drifted, say.
    """

    id: int
    integration: str
    flow: str
    dag_id: str
    dag_run_id: str
    attempt: int
    run_type: str
    started_by: str | None
    window: Window
    selection: Selection
    limited: bool
    settings_digest: str
    settings_revision: int | None
    state: RunState
    note: str | None
    opened_at: datetime
    closed_at: datetime | None
    findings: tuple[str, ...] = ()

    @property
    def dry_run(self) -> bool:
        """True when the run only says what it would do: it never touches a record's state."""
        return self.selection.dry_run

    def rereads(self, earlier: Run) -> bool:
        """Say whether this run has read all that an earlier one did, and settled: that one had not moved the watermark."""
        if self.state != "settled" or self.limited or earlier.limited:
            return False
        if earlier.selection.full and not self.selection.full:
            return False
        ours, theirs = self.window.since, earlier.window.since
        return ours is None or (theirs is not None and ours <= theirs)


class Runs:
    """The runs of all flows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(
        self,
        *,
        integration: str,
        flow: str,
        dag_id: str,
        dag_run_id: str,
        run_type: str,
        started_by: str | None,
        window: Window,
        selection: Selection,
        settings_digest: str,
        settings_revision: int | None = None,
    ) -> int:
        """Open a run and give its id.

        Doing it twice is doing it once: while the DAG run has an open attempt, that one is given,
        with the window it began with (`get(run_id).window`). After it was closed a new attempt opens.
        """
        ours = sa.and_(runs.c.dag_id == dag_id, runs.c.dag_run_id == dag_run_id)
        with self._database.write() as connection:
            self._one_at_a_time(connection, f"{dag_id}/{dag_run_id}")
            still = connection.execute(sa.select(runs.c.id).where(ours, runs.c.state == "open")).scalar()
            if still is not None:
                return int(still)
            before = connection.execute(sa.select(sa.func.max(runs.c.attempt)).where(ours)).scalar() or 0
            opened = connection.execute(
                sa.insert(runs)
                .values(
                    integration=integration,
                    flow=flow,
                    dag_id=dag_id,
                    dag_run_id=dag_run_id,
                    attempt=before + 1,
                    run_type=run_type,
                    started_by=started_by,
                    since=window.since,
                    until=window.until,
                    selection=asdict(selection),
                    limited=selection.limited or run_type in LIMITED_TYPES,
                    dry_run=selection.dry_run,
                    settings_digest=settings_digest,
                    settings_revision=settings_revision,
                    state="open",
                    opened_at=datetime.now(UTC),
                )
                .returning(runs.c.id)
            )
            return int(opened.scalar_one())

    def _one_at_a_time(self, connection: Connection, name: str) -> None:
        """Let one process at a time open this DAG run's attempts; on SQLite the write lock does it already."""
        if self._database.dialect == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(name, 0))))

    def get(self, run_id: int) -> Run:
        """Give a run.

        Raises:
            BatchError: there is none with this id.
        """
        with self._database.read() as connection:
            return fetch(connection, run_id)

    def still_open(self, integration: str, flow: str) -> list[Run]:
        """Give the runs that nobody closed, oldest first.

        Among them are those whose DAG run was marked failed by hand and so never reached `settle`:
        the next `extract` adopts them.
        """
        return self._list(
            runs.c.integration == integration, runs.c.flow == flow, runs.c.state == "open", order=runs.c.id.asc()
        )

    def later(self, run_id: int) -> list[Run]:
        """Give the live runs of the same flow that were opened after this one and have ended, oldest first."""
        run = self.get(run_id)
        return self._list(
            runs.c.integration == run.integration,
            runs.c.flow == run.flow,
            runs.c.id > run_id,
            runs.c.state != "open",
            sa.not_(runs.c.dry_run),
            order=runs.c.id.asc(),
            limit=LATER,
        )

    def recent(self, integration: str, flow: str | None = None, *, limit: int = 50) -> list[Run]:
        """Give the newest runs, newest first; of one flow, or of all."""
        where = [runs.c.integration == integration]
        if flow is not None:
            where.append(runs.c.flow == flow)
        return self._list(*where, order=runs.c.id.desc(), limit=limit)

    def close(self, run_id: int, state: Literal["settled", "failed"], note: str | None = None) -> None:
        """Close a run; a failed one may still settle, when its tasks were cleared and went through.

        A settled run stays settled: its watermark may have moved. Its claims can be taken over from now on.
        """
        with self._database.write() as connection:
            closed = connection.execute(
                sa.update(runs)
                .where(runs.c.id == run_id, runs.c.state != "settled")
                .values(state=state, note=note, closed_at=datetime.now(UTC))
            )
            if closed.rowcount:
                counts.close(connection, run_id)

    def find(self, run_id: int, findings: Sequence[str], *, step: str) -> None:
        """Note what a step of a run found as a whole, in the place of what an earlier try of the step found."""
        with self._database.write() as connection:
            query = sa.select(runs.c.findings).where(runs.c.id == run_id).with_for_update()
            known = connection.execute(query).scalar() or {}
            found = {name: said for name, said in {**known, step: list(findings)}.items() if said}
            connection.execute(sa.update(runs).where(runs.c.id == run_id).values(findings=found or None))

    def last_settled_window(self, integration: str, flow: str) -> Window | None:
        """Give the window that reached furthest among settled live runs: what seeds an empty watermark.

        Runs limited to keys, dates, quarantine ids or a dry run, and backfills, do not count.
        """
        settled = self._list(
            runs.c.integration == integration,
            runs.c.flow == flow,
            runs.c.state == "settled",
            sa.not_(runs.c.limited),
            order=runs.c.until.desc(),
            limit=1,
        )
        return settled[0].window if settled else None

    def _list(self, *where: sa.ColumnElement[bool], order: Any, limit: int | None = None) -> list[Run]:
        with self._database.read() as connection:
            return listed(connection, *where, order=order, limit=limit)


def listed(connection: Connection, *where: sa.ColumnElement[bool], order: Any, limit: int | None = None) -> list[Run]:
    """Give runs inside a transaction that is under way."""
    found = connection.execute(sa.select(runs).where(*where).order_by(order).limit(limit))
    return [_run(row) for row in found]


def fetch(connection: Connection, run_id: int) -> Run:
    """Give a run inside a transaction that is under way.

    Raises:
        BatchError: there is none with this id.
    """
    row = connection.execute(sa.select(runs).where(runs.c.id == run_id)).one_or_none()
    if row is None:
        raise BatchError(f"The ledger has no run {run_id}: was the ledger changed or emptied while the DAG ran?")
    return _run(row)


def _run(row: sa.Row[Any]) -> Run:
    values = dict(row._mapping)  # noqa: SLF001 - the public name of a row's mapping
    selection = values.pop("selection")
    values.pop("dry_run")
    findings = tuple(chain.from_iterable((values.pop("findings") or {}).values()))  # by step
    return Run(
        window=Window(values.pop("since"), values.pop("until")),
        selection=Selection(
            keys=tuple(selection["keys"]),
            quarantine=tuple(selection["quarantine"]),
            dry_run=selection["dry_run"],
            backfill=selection["backfill"],
            full=selection.get("full", False),  # a run of an earlier version of Cartage has no such keys
            proposals=tuple(selection.get("proposals", ())),
        ),
        findings=findings,
        **values,
    )
