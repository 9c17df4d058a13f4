"""The questions people ask: where is this order, what is stuck and why, how fresh is each flow."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from cartage.ledger.complaints import read_complaints
from cartage.ledger.outbound_tables import proposal_rows, proposals
from cartage.ledger.states import number_of
from cartage.ledger.tables import attempts, documents, intents, outcomes, quarantine, records, runs
from cartage.records.batch import KINDS
from cartage.records.outcome import Outcome
from cartage.seams import Attempt

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from cartage.errors import Complaint
    from cartage.ledger.engine import Database


@dataclass(frozen=True)
class State:
    """A record as it stands now.

    Attributes:
        version: the version that the target has; `seen_version` the newest that arrived.
        run_id: the run that changed it last.
    """

    integration: str
    record: str
    key: str
    version: str | None
    seen_version: str | None
    target_id: str | None
    target_number: str | None
    outcome: Outcome | None
    complaints: tuple[Complaint, ...]
    run_id: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True)
class Event:
    """One thing that happened to a record.

    Attributes:
        at: when.
        run_id: in which run.
        what: extracted, outcome, intent, attempt, quarantine or proposal.
        record: kind of the record.
        key: the record's key.
        text: what happened, in words, without personal data.
        complaints: why, when there was a reason.
    """

    at: datetime
    run_id: int
    what: str
    record: str
    key: str
    text: str
    complaints: tuple[Complaint, ...] = ()


@dataclass(frozen=True)
class Timeline:
    """All that the ledger knows of a record: its states, its documents in the target, what happened and when."""

    states: tuple[State, ...]
    documents: tuple[dict[str, Any], ...]
    events: tuple[Event, ...]


@dataclass(frozen=True)
class Reason:
    """How often records are stuck for one reason."""

    record: str
    outcome: Outcome
    code: str | None
    count: int


class Questions:
    """Reads over the whole ledger; nothing here writes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def where_is(self, key: str, *, integration: str | None = None) -> Timeline:
        """Give all that is known of a record.

        Args:
            key: its key (``RefArch/00017``), its bare number (``00017``), or the target's number (``SO1042``).
            integration: only of this one.
        """
        with self._database.read() as connection:
            keys = self._keys(connection, key)
            where: list[sa.ColumnElement[bool]] = [
                records.c.number.in_({number_of(each) for each in keys}),
                records.c.key.in_(keys),
            ]
            if integration is not None:
                where.append(records.c.integration == integration)
            states = [state_of(row) for row in connection.execute(sa.select(records).where(*where))]
            found = sorted({each.key for each in states})
            events = [event for read in _EVENTS for event in read(connection, found)]
            written = connection.execute(
                _DOCUMENTS.where(documents.c.kind.in_(_KINDS), documents.c.key.in_(found))
            ).mappings()
            return Timeline(
                states=tuple(states),
                documents=tuple(dict(each) for each in written),
                events=tuple(sorted(events, key=lambda each: (each.at, each.run_id, _ORDER.index(each.what)))),
            )

    @staticmethod
    def _keys(connection: Connection, asked: str) -> list[str]:
        by_number = sa.select(records.c.key).where(records.c.number == number_of(asked))
        if "/" in asked:
            by_number = by_number.where(records.c.key == asked)
        by_target = sa.select(documents.c.key).where(documents.c.number == asked)
        return sorted(set(connection.execute(by_number.union(by_target)).scalars()))

    def attempts(self, key: str, *, limit: int = 100) -> list[Attempt]:
        """Give the requests made for a record and their masked answers, newest first."""
        query = sa.select(*[attempts.c[each.name] for each in fields(Attempt)]).where(
            attempts.c.kind.in_(_KINDS), attempts.c.key == key
        )
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(attempts.c.at.desc(), attempts.c.id.desc()).limit(limit))
            return [Attempt(*row) for row in rows]

    def stuck(self, integration: str, record: str | None = None) -> list[Reason]:
        """Give why records are stuck now (quarantined, rejected or held), grouped by reason, most first."""
        query = sa.select(records.c.record, records.c.outcome, records.c.code, sa.func.count().label("count")).where(
            records.c.integration == integration,
            records.c.outcome.in_([Outcome.QUARANTINED, Outcome.REJECTED, Outcome.HELD]),
        )
        if record is not None:
            query = query.where(records.c.record == record)
        return self._reasons(query.group_by(records.c.record, records.c.outcome, records.c.code))

    def reasons(self, run_id: int) -> list[Reason]:
        """Give why records of this run did not go through, grouped by reason, most first."""
        query = sa.select(outcomes.c.record, outcomes.c.outcome, outcomes.c.code, sa.func.count().label("count")).where(
            outcomes.c.run_id == run_id, outcomes.c.code.is_not(None)
        )
        return self._reasons(query.group_by(outcomes.c.record, outcomes.c.outcome, outcomes.c.code))

    def _reasons(self, query: sa.Select[Any]) -> list[Reason]:
        with self._database.read() as connection:
            rows = [Reason(record, Outcome(how), code, count) for record, how, code, count in connection.execute(query)]
        return sorted(rows, key=lambda each: (-each.count, each.record, each.code or ""))

    def last_success(self, integration: str, flow: str) -> datetime | None:
        """Give when a live run of the flow last settled: how fresh the flow is."""
        query = sa.select(sa.func.max(runs.c.closed_at)).where(
            runs.c.integration == integration,
            runs.c.flow == flow,
            runs.c.state == "settled",
            sa.not_(runs.c.limited),
        )
        with self._database.read() as connection:
            return connection.execute(query).scalar()

    def silence(self, integration: str, record: str) -> dict[str | None, datetime]:
        """Give when a record never seen before last arrived, by site.

        Copies that come again (an overlapping window, a repeated drop) do not break the silence.
        """
        query = (
            sa.select(records.c.site, sa.func.max(records.c.first_at))
            .where(records.c.integration == integration, records.c.record == record)
            .group_by(records.c.site)
        )
        with self._database.read() as connection:
            return {site: at for site, at in connection.execute(query)}  # noqa: C416 - dict() does not take rows


def state_of(row: sa.Row[Any]) -> State:
    """Make a record's state of its row."""
    names = State.__dataclass_fields__
    values = {name: value for name, value in row._mapping.items() if name in names}  # noqa: SLF001 - its public name
    outcome = values["outcome"]
    return State(
        **{
            **values,
            "outcome": None if outcome is None else Outcome(outcome),
            "complaints": read_complaints(values["complaints"]),
        }
    )


def _outcomes(connection: Connection, keys: list[str]) -> list[Event]:
    events: list[Event] = []
    for row in connection.execute(sa.select(outcomes).where(outcomes.c.key.in_(keys))):
        batch = f"read as row {row.row} of batch {row.batch}"
        events.append(Event(row.extracted_at, row.run_id, "extracted", row.record, row.key, batch))
        if row.outcome is not None:
            why = read_complaints(row.complaints)
            events.append(Event(row.decided_at, row.run_id, "outcome", row.record, row.key, row.outcome, why))
    return events


def _intents(connection: Connection, keys: list[str]) -> list[Event]:
    return [
        Event(
            row.ended_at or row.began_at,
            row.run_id,
            "intent",
            row.kind,
            row.key,
            f"{row.type}: {row.outcome or 'begun, no result noted'}",
            read_complaints(row.complaints),
        )
        for row in connection.execute(sa.select(intents).where(intents.c.kind.in_(_KINDS), intents.c.key.in_(keys)))
    ]


def _attempts(connection: Connection, keys: list[str]) -> list[Event]:
    return [
        Event(
            row.at,
            row.run_id,
            "attempt",
            row.kind,
            row.key,
            f"{row.method} {row.path}: {row.status or 'no answer'} after {row.milliseconds} ms",
        )
        for row in connection.execute(sa.select(attempts).where(attempts.c.kind.in_(_KINDS), attempts.c.key.in_(keys)))
    ]


def _quarantines(connection: Connection, keys: list[str]) -> list[Event]:
    return [
        Event(
            row.last_at,
            row.run_id,
            "quarantine",
            row.record,
            row.key,
            f"held back by {row.stage}, {row.tries} times, now {row.state}",
            read_complaints(row.complaints),
        )
        for row in connection.execute(sa.select(quarantine).where(quarantine.c.key.in_(keys)))
    ]


def _proposals(connection: Connection, keys: list[str]) -> list[Event]:
    query = sa.select(proposals, proposal_rows.c.key, proposal_rows.c.before, proposal_rows.c.after).join(
        proposal_rows, proposal_rows.c.proposal_id == proposals.c.id
    )
    events = []
    for row in connection.execute(query.where(proposal_rows.c.key.in_(keys))):
        by = f" by {row.decided_by}" if row.decided_by else ""
        moved = f"{row.before or 'nothing'} to {row.after or 'nothing'}"
        text = f"held by {row.guardrail} as proposal {row.id} ({moved}): {row.state}{by}"
        events.append(Event(row.decided_at or row.created_at, row.run_id, "proposal", row.record, row.key, text))
    return events


_KINDS = sorted(KINDS)
"""All of them: the indexes of what was written begin with the kind, and without it a million rows are read."""
_EVENTS = (_outcomes, _intents, _attempts, _quarantines, _proposals)
_ORDER = ("extracted", "attempt", "intent", "quarantine", "proposal", "outcome")
_DOCUMENTS = sa.select(
    *[
        documents.c[each]
        for each in (
            "system", "type", "external_id", "kind", "key", "internal_id", "number", "version", "outcome", "pending",
            "changed_at",
        )
    ]
)  # fmt: skip
