"""Each record's latest state: what was applied of it, under which id, and how it last ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from cartage.ledger import quarantine, rowsets
from cartage.ledger.complaints import asking, first_code, read_complaints, write_complaints
from cartage.ledger.engine import Database, chunks
from cartage.ledger.tables import documents, outcomes, records
from cartage.records.outcome import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sqlalchemy.engine import Connection

    from cartage.errors import Complaint
    from cartage.ledger.runs import Run

APPLIED = frozenset({Outcome.CREATED, Outcome.UPDATED, Outcome.UNCHANGED})
"""Outcomes after which the target has this version of the record."""

TOLD = APPLIED - {Outcome.UNCHANGED}
"""Outcomes by which the target was told something: the record takes over its hash, its value and when it was true."""

KEYS = 1_000
"""Keys a query."""


@dataclass(frozen=True)
class Known:
    """What was last applied of a record.

    Attributes:
        version: version that the target has; None when none was ever applied.
        hash: content hash of that version, when the flow computes one.
        target_id: the target's internal id.
        target_number: the number that people in the target see.
        outcome: how the record last ended; None while its first run is under way.
        value: what the target was last told, of records that it is told in feeds.
        as_of: the moment that was true for.
    """

    key: str
    version: str | None
    hash: str | None
    target_id: str | None
    target_number: str | None
    outcome: Outcome | None
    value: str | None = None
    as_of: datetime | None = None


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


def number_of(key: str) -> str:
    """Give the number in a key (``RefArch/00017`` → ``00017``): what people ask for."""
    _, slash, number = key.partition("/")  # the first: a site, a list or a book has none in its name, a sku may
    return number if slash else key


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


def site_of(key: str) -> str | None:
    """Give the site in a key (``RefArch/00017`` → ``RefArch``), or None."""
    return key.partition("/")[0] if "/" in key else None


def arrived(connection: Connection, run: Run, record: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Note records that were never seen before; the time of it is what the silence alert looks at."""
    now = datetime.now(UTC)
    same = {"integration": run.integration, "record": record, "run_id": run.id, "first_at": now, "last_at": now}
    by_key = {
        row["key"]: {
            "key": row["key"],
            "site": site_of(row["key"]),
            "number": number_of(row["key"]),
            "seen_version": row["version"],
        }
        for row in rows
    }
    # In the order of their keys: two runs that meet on PostgreSQL wait for each other, never in a circle.
    rowsets.upsert(connection, records, [by_key[key] for key in sorted(by_key)], same)


def decided(
    connection: Connection, run: Run, record: str, verdicts: Sequence[tuple[Any, Verdict]], now: datetime
) -> None:
    """Bring the records' states up to these outcomes, given with their outcome rows.

    A superseded copy says nothing of the record itself: its state stays as the newer copy left it.
    An older version that ends late does not undo what a newer one did.
    """
    telling = [(row, each) for row, each in verdicts if each.outcome is not Outcome.SUPERSEDED]
    telling.sort(key=lambda each: (each[0].version or "", each[0].row))
    ways: dict[Callable[[Any], dict[str, Any]], dict[str, tuple[Any, Verdict]]] = {_told: {}, _applied: {}, _others: {}}
    for row, verdict in telling:  # the last one counts, and wipes out what says less than it
        way = _told if verdict.outcome in TOLD else _applied if verdict.outcome in APPLIED else _others
        for lesser in list(ways)[list(ways).index(way) :]:
            ways[lesser].pop(verdict.key, None)
        ways[way][verdict.key] = (row, verdict)
    ours = [records.c.integration == run.integration, records.c.record == record]
    _lock(connection, ours, {verdict.key for _, verdict in telling})
    numbers = _numbers(connection, run.integration, record, [each for _, each in telling])
    for taken, decisions in ways.items():
        rowsets.update(
            connection,
            records,
            [_state(row, verdict, numbers.get(key)) for key, (row, verdict) in sorted(decisions.items())],
            on=("key",),
            at={"integration": run.integration, "record": record},
            values=taken,
            same={"run_id": run.id, "last_at": now},
            only=_not_older,
        )
    applied = ways[_told] | ways[_applied]
    quiet = {key: each for key, each in applied.items() if not asking(each[1].complaints)}
    versions = {key: row.version or "" for key, (row, _) in quiet.items()}
    written = {key for key, (_, verdict) in quiet.items() if verdict.outcome in TOLD}
    quarantine.resolve_applied(connection, run, record, versions, written=written)


def held(
    connection: Connection, run: Run, record: str, rows: Sequence[Mapping[str, Any]], why: Mapping[str, Any]
) -> None:
    """Bring the states up to outcome rows that were all held for one reason."""
    given = rowsets.given(connection, outcomes, [{**row, "run_id": run.id, "record": record} for row in rows]).c
    keys = sa.select(outcomes.c.key).where(
        outcomes.c.run_id == given.run_id,
        outcomes.c.record == given.record,
        outcomes.c.row == given.row,
        outcomes.c.outcome == Outcome.HELD.value,
    )
    ours = sa.and_(records.c.integration == run.integration, records.c.record == record, records.c.key.in_(keys))
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(records.c.key).where(ours).order_by(records.c.key).with_for_update())
    connection.execute(sa.update(records).where(ours).values({**why, "run_id": run.id}))


def known(database: Database, integration: str, record: str, keys: Iterable[str]) -> dict[str, Known]:
    """Give what was last applied of these records, by key."""
    names = ("key", "version", "hash", "target_id", "target_number", "outcome", "value", "as_of")
    columns = [records.c[each] for each in names]
    query = sa.select(*columns).where(records.c.integration == integration, records.c.record == record)
    found: dict[str, Known] = {}
    with database.read() as connection:
        for part in chunks(sorted(set(keys)), KEYS):
            for row in connection.execute(query.where(records.c.key.in_(part))):
                outcome = None if row.outcome is None else Outcome(row.outcome)
                found[row.key] = Known(
                    row.key, row.version, row.hash, row.target_id, row.target_number, outcome, row.value, row.as_of
                )
    return found


def _numbers(connection: Connection, integration: str, record: str, verdicts: Sequence[Verdict]) -> dict[str, str]:
    """Give the numbers that the records' documents got in the target, by key."""
    ids = {each.key: each.target_id for each in verdicts if each.target_id is not None}
    query = sa.select(documents.c.key, documents.c.internal_id, documents.c.number).where(
        documents.c.integration == integration,
        documents.c.kind == record,
        documents.c.key.in_(sorted(ids)),
        documents.c.number.is_not(None),
    )
    found = connection.execute(query) if ids else ()
    return {row.key: row.number for row in found if ids[row.key] == row.internal_id}


def _lock(connection: Connection, ours: Sequence[sa.ColumnElement[bool]], keys: Iterable[str]) -> None:
    """Hold the states in the order of their keys, so that two runs never wait for each other in a circle."""
    if connection.dialect.name == "postgresql":
        held = sa.select(records.c.key).where(*ours, records.c.key.in_(sorted(keys)))
        connection.execute(held.order_by(records.c.key).with_for_update())


def _state(row: Any, verdict: Verdict, number: str | None) -> dict[str, Any]:
    return {
        "key": verdict.key,
        "version": row.version,
        "hash": row.hash,
        "value": row.value,
        "as_of": row.as_of,
        "target_id": verdict.target_id,
        "target_number": number,
        "outcome": verdict.outcome.value,
        "code": first_code(verdict.complaints),
        "complaints": write_complaints(verdict.complaints),
    }


def _not_older(new: Any) -> sa.ColumnElement[bool]:
    return sa.func.coalesce(records.c.version, "") <= sa.func.coalesce(new.version, "")


def _others(new: Any) -> dict[str, Any]:
    """Give what any outcome changes: it never takes away an id that was known."""
    return {
        "seen_version": sa.func.coalesce(new.version, records.c.seen_version),
        "target_id": sa.func.coalesce(new.target_id, records.c.target_id),
        "target_number": sa.func.coalesce(new.target_number, records.c.target_number),
        "outcome": new.outcome,
        "code": new.code,
        "complaints": new.complaints,
    }


def _applied(new: Any) -> dict[str, Any]:
    """Give what an outcome changes after which the target has this version."""
    return {**_others(new), "version": new.version}


def _told(new: Any) -> dict[str, Any]:
    """Give what an outcome changes by which the target was told this version."""
    return {**_applied(new), "hash": new.hash, "value": new.value, "as_of": new.as_of}
