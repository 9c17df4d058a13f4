"""What the target was last told of the records of a kind: columns, since there can be a million of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import sqlalchemy as sa

from cartage.ledger import rowsets
from cartage.ledger.engine import chunks
from cartage.ledger.outbound_tables import feeds
from cartage.ledger.tables import outcomes, records
from cartage.records.columns import INSTANT, TEXT, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy.engine import Connection

    from cartage.ledger.engine import Database
    from cartage.seams import Late

VALUES = table(
    {
        "key": (TEXT, "the record's key"),
        "hash": (TEXT, "content hash of what was told; null where that is forgotten: see `untell` and `doubt`"),
        "value": (TEXT, "what was told"),
        "as_of": (INSTANT, "moment it was true for"),
    }
)

EVER_TOLD = sa.or_(*(records.c[name].is_not(None) for name in ("hash", "value", "as_of")))
"""Of a record that is forgotten as told, the value or its moment stays: should it go, the target must hear of it."""

FETCHED = 50_000
"""Rows that are fetched at a time: enough for Arrow, little for Python."""

KEYS = 5_000
"""Keys a query."""


@dataclass(frozen=True)
class Group:
    """What the target knows of an inventory list or a price book.

    Attributes:
        told: records that it was ever told of.
        above_nought: of those, records whose last value is above nought: what can be sold, or has a price.
    """

    told: int
    above_nought: int


def known_values(database: Database, integration: str, record: str, keys: Iterable[str] | None = None) -> pa.Table:
    """Give what the target was last told: a row for each record that it was ever told of.

    A record that was held, rejected or quarantined from the first is not in it.

    Args:
        database: the ledger's.
        integration: the integration.
        record: kind of the records.
        keys: only these; None for all, a million in a few seconds.

    Returns:
        A table as in `VALUES`, in no order.
    """
    query = sa.select(*(records.c[name] for name in VALUES.names)).where(
        records.c.integration == integration, records.c.record == record, EVER_TOLD
    )
    batches: list[pa.RecordBatch] = []
    with database.read() as connection:
        if keys is None:
            batches.extend(_batches(connection, query))
        else:
            for part in chunks(sorted(set(keys)), KEYS):
                batches.extend(_batches(connection, query.where(records.c.key.in_(part))))
    return pa.Table.from_batches(batches, VALUES)


def groups(database: Database, integration: str, record: str) -> dict[str, Group]:
    """Give what the target knows of each inventory list or price book: the part of a key before its slash."""
    # Compared as text, for PostgreSQL has no cast that forgives: without its outer noughts and points nothing is left.
    digits = sa.func.ltrim(sa.func.rtrim(records.c.value, "0."), "0.")
    above = sa.case((sa.and_(digits != "", sa.not_(digits.startswith("-"))), 1), else_=0)
    query = (
        sa.select(records.c.site, sa.func.count(), sa.func.sum(above))
        .where(records.c.integration == integration, records.c.record == record, EVER_TOLD)
        .group_by(records.c.site)
    )
    with database.read() as connection:
        return {site or "": Group(told, int(sold or 0)) for site, told, sold in connection.execute(query)}


def _batches(connection: Connection, query: sa.Select[Any]) -> Iterator[pa.RecordBatch]:
    """Run a query past SQLAlchemy's rows and types: those cost a million records ten seconds."""
    statement = query.compile(connection, compile_kwargs={"render_postcompile": True})
    given = statement.params
    parameters = given if statement.positiontup is None else tuple(given[name] for name in statement.positiontup)
    cursor = connection.connection.cursor()
    try:
        cursor.execute(str(statement), parameters)
        while rows := cursor.fetchmany(FETCHED):
            columns = list(zip(*rows, strict=True))
            yield pa.record_batch([pa.array(columns[0], TEXT), pa.array(columns[1], TEXT), pa.array(columns[2], TEXT),
                                   _instants(columns[3])], schema=VALUES)  # fmt: skip
    finally:
        cursor.close()


def _instants(values: tuple[Any, ...]) -> pa.Array:
    """Give moments from a driver's: SQLite's are texts in UTC, PostgreSQL's aware."""
    if any(isinstance(each, str) for each in values):
        return pa.array(values, TEXT).cast(pa.timestamp("us")).cast(INSTANT)
    return pa.array(values, INSTANT)


def adopt(database: Database, integration: str, record: str, found: pa.Table, run: int) -> None:
    """Note records that the target turned out to have without being told, as if it had been told them.

    Args:
        database: the ledger's.
        integration: the integration.
        record: kind of the records.
        found: columns as in `VALUES`; a record that was ever told of stays as it is.
        run: the run that found them.
    """
    now = datetime.now(UTC)
    same = {"integration": integration, "record": record, "run_id": run, "first_at": now, "last_at": now}
    for part in found.select(VALUES.names).to_batches(KEYS):
        rows = [
            row | {"site": row["key"].partition("/")[0], "number": row["key"].partition("/")[2]}
            for row in part.to_pylist()
        ]
        with database.write() as connection:
            rowsets.upsert(
                connection, records, rows, same, update=("hash", "value", "as_of"),
                where=lambda _: records.c.hash.is_(None),
            )  # fmt: skip


def untell(database: Database, integration: str, record: str, keys: Iterable[str]) -> None:
    """Forget that the target was told of these records: it came to light that it did not take them.

    Their value and its moment stay, since the target still has what it was told before; without a content hash
    the next reading of them is news.
    """
    ours = sa.and_(records.c.integration == integration, records.c.record == record)
    for part in chunks(sorted(set(keys)), KEYS):
        with database.write() as connection:
            connection.execute(sa.update(records).where(ours, records.c.key.in_(part)).values(hash=None))


def still_late(database: Database, integration: str, flow: str, record: str, late: Sequence[Late]) -> list[Late]:
    """Leave out the records that a later run than the feed's has told the target of: an old log undoes nothing newer.

    Args:
        database: the ledger's.
        integration: the integration.
        flow: of which flow the feeds are.
        record: kind of the records.
        late: what came to light of earlier feeds.
    """
    wrote: dict[str, int] = {}
    told_by: dict[str, int] = {}
    ours = sa.and_(feeds.c.integration == integration, feeds.c.flow == flow)
    told = sa.and_(
        records.c.integration == integration, records.c.record == record, records.c.outcome.in_(("created", "updated"))
    )
    with database.read() as connection:
        for names in chunks(sorted({each.feed for each in late}), KEYS):
            query = sa.select(feeds.c.name, feeds.c.run_id).where(ours, feeds.c.name.in_(names))
            wrote |= {row.name: row.run_id for row in connection.execute(query)}
        for keys in chunks(sorted({each.key for each in late}), KEYS):
            query = sa.select(records.c.key, records.c.run_id).where(told, records.c.key.in_(keys))
            told_by |= {row.key: row.run_id for row in connection.execute(query)}
    return [each for each in late if each.feed not in wrote or told_by.get(each.key, 0) <= wrote[each.feed]]


def doubt(database: Database, integration: str, record: str, run: int, keys: Iterable[str]) -> None:
    """Note of records that a broken run may have told the target of them: their next reading is news, whatever it says.

    What was told before stays as their value; where there was nothing, the run's counts as told, so that a record that
    is gone by then is told as gone. The later of both moments stays: no feed may be dated before the run's.
    """
    ours = sa.and_(outcomes.c.run_id == run, outcomes.c.record == record)
    columns = ("key", "value", "as_of")
    for part in chunks(sorted(set(keys)), KEYS):
        with database.write() as connection:
            query = sa.select(*(outcomes.c[name] for name in columns)).where(ours, outcomes.c.key.in_(part))
            meant = {row.key: dict(zip(columns, row, strict=True)) for row in connection.execute(query)}
            rowsets.update(
                connection,
                records,
                [meant[key] for key in sorted(meant)],
                on=("key",),
                at={"integration": integration, "record": record},
                values=_doubtful,
            )


def _doubtful(new: Any) -> dict[str, Any]:
    later = sa.or_(records.c.as_of.is_(None), records.c.as_of < new.as_of)
    return {
        "hash": sa.null(),
        "value": sa.func.coalesce(records.c.value, new.value),
        "as_of": sa.case((later, sa.func.coalesce(new.as_of, records.c.as_of)), else_=records.c.as_of),
    }
