"""Each record's latest state: what was applied of it, under which id, and how it last ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from cartage.ledger import quarantine
from cartage.ledger.complaints import first_code, write_complaints
from cartage.ledger.engine import Database, chunks
from cartage.ledger.tables import documents, records
from cartage.records.outcome import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy.engine import Connection

    from cartage.ledger.runs import Run

APPLIED = frozenset({Outcome.CREATED, Outcome.UPDATED, Outcome.UNCHANGED})
"""Outcomes after which the target has this version of the record."""

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
    """

    key: str
    version: str | None
    hash: str | None
    target_id: str | None
    target_number: str | None
    outcome: Outcome | None


def number_of(key: str) -> str:
    """Give the number in a key (``RefArch/00017`` → ``00017``): what people ask for."""
    return key.rpartition("/")[2]


def site_of(key: str) -> str | None:
    """Give the site in a key (``RefArch/00017`` → ``RefArch``), or None."""
    return key.partition("/")[0] if "/" in key else None


def arrived(
    database: Database,
    connection: Connection,
    run: Run,
    record: str,
    rows: Sequence[Mapping[str, Any]],
) -> None:
    """Note records that were never seen before; the time of it is what the silence alert looks at."""
    insert = database.upsert(records)
    now = datetime.now(UTC)
    base = {"integration": run.integration, "record": record, "run_id": run.id, "first_at": now, "last_at": now}
    by_key = {
        row["key"]: {
            **base,
            "key": row["key"],
            "site": site_of(row["key"]),
            "number": number_of(row["key"]),
            "seen_version": row["version"],
        }
        for row in rows
    }
    # In the order of their keys: two runs that meet on PostgreSQL wait for each other, never in a circle.
    connection.execute(insert, [by_key[key] for key in sorted(by_key)])


def decided(
    connection: Connection,
    run: Run,
    record: str,
    verdicts: Sequence[tuple[Any, Verdict]],
    now: datetime,
) -> None:
    """Bring the records' states up to these outcomes, given with their outcome rows.

    A superseded copy says nothing of the record itself: its state stays as the newer copy left it.
    An older run that ends late does not undo what a newer version did.
    """
    telling = [(row, each) for row, each in verdicts if each.outcome is not Outcome.SUPERSEDED]
    if not telling:
        return
    numbers = _numbers(connection, run.integration, record, [each for _, each in telling])
    telling.sort(key=lambda each: (each[1].key, each[0].version or "", each[0].row))
    connection.execute(_UPDATE, [_state(run, record, each, numbers.get(each[1].key), now) for each in telling])
    applied = {each.key: row.version or "" for row, each in telling if each.outcome in APPLIED}
    quarantine.resolve_applied(connection, run, record, applied, now)


def known(database: Database, integration: str, record: str, keys: Iterable[str]) -> dict[str, Known]:
    """Give what was last applied of these records, by key."""
    columns = [records.c[each] for each in ("key", "version", "hash", "target_id", "target_number", "outcome")]
    query = sa.select(*columns).where(records.c.integration == integration, records.c.record == record)
    found: dict[str, Known] = {}
    with database.read() as connection:
        for part in chunks(sorted(set(keys)), KEYS):
            for row in connection.execute(query.where(records.c.key.in_(part))):
                outcome = None if row.outcome is None else Outcome(row.outcome)
                found[row.key] = Known(row.key, row.version, row.hash, row.target_id, row.target_number, outcome)
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


def _state(run: Run, record: str, decision: tuple[Any, Verdict], number: str | None, now: datetime) -> dict[str, Any]:
    row, verdict = decision
    return {
        "at_integration": run.integration,
        "at_record": record,
        "at_key": verdict.key,
        "applied": verdict.outcome in APPLIED,
        "new_version": row.version,
        "new_hash": row.hash,
        "new_target_id": verdict.target_id,
        "new_target_number": number,
        "outcome": verdict.outcome.value,
        "code": first_code(verdict.complaints),
        "complaints": write_complaints(verdict.complaints),
        "run_id": run.id,
        "last_at": now,
    }


def _when_applied(name: str) -> sa.ColumnElement[Any]:
    new = sa.bindparam(f"new_{name}", type_=sa.Text)
    return sa.case((sa.bindparam("applied", type_=sa.Boolean), new), else_=records.c[name])


def _when_given(name: str) -> sa.ColumnElement[Any]:
    return sa.func.coalesce(sa.bindparam(f"new_{name}", type_=sa.Text), records.c[name])


_UPDATE = (
    sa.update(records)
    .where(
        records.c.integration == sa.bindparam("at_integration"),
        records.c.record == sa.bindparam("at_record"),
        records.c.key == sa.bindparam("at_key"),
        sa.func.coalesce(records.c.version, "") <= sa.func.coalesce(sa.bindparam("new_version", type_=sa.Text), ""),
    )
    .values(
        version=_when_applied("version"),
        hash=_when_applied("hash"),
        seen_version=sa.func.coalesce(sa.bindparam("new_version", type_=sa.Text), records.c.seen_version),
        target_id=_when_given("target_id"),
        target_number=_when_given("target_number"),
        **{each: sa.bindparam(each) for each in ("outcome", "code", "complaints", "run_id", "last_at")},
    )
)
