"""Retention: what the ledger forgets by age, in portions, since whoever loads waits for each of its transactions."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from cartage.ledger.engine import chunks
from cartage.ledger.mending_tables import quarantine_versions
from cartage.ledger.outbound_tables import proposal_rows, proposals, tallies
from cartage.ledger.quality_tables import run_expectations
from cartage.ledger.tables import attempts, intents, outcomes, plans, quarantine, quarantine_lookups, runs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from cartage.ledger.engine import Database

ROWS = 2_000
"""Rows a transaction: a tenth of a second on a busy machine."""
RUNS = 200
"""Runs a statement: most have noted little, and a transaction for each would take longer than the deleting."""
PAYLOADS = 200
"""Payloads a transaction: they are long."""

BREATH = 0.05
"""Seconds, at least, between two transactions on SQLite."""

NOTED = (attempts, intents, outcomes, plans, run_expectations, tallies)
"""Tables of what single runs noted."""


def forget(database: Database, before: datetime) -> dict[str, int]:
    """Remove what closed runs noted before a moment: attempts, outcomes, plans, findings, payloads that have ended.

    So go proposals that were decided before it, with their rows, but for the first feeds of lists and books: an
    approved one is known by its proposal.

    Kept are the runs themselves, each record's and document's latest state, cross-references,
    drops (a repeat is known by them), revisions, and everything that is still held back.

    Args:
        database: the ledger's.
        before: aware; runs closed before it, quarantine and proposals ended before it.

    Returns:
        How many rows went, by table; for `quarantine`, how many payloads.
    """
    gone = dict.fromkeys((table.name for table in NOTED), 0)
    for table in NOTED:
        noted = sa.exists().where(table.c.run_id == runs.c.id)
        for some in chunks(_ids(database, sa.select(runs.c.id).where(runs.c.closed_at < before, noted)), RUNS):
            gone[table.name] += _delete(database, table, table.c.run_id.in_(some))
    return {
        **gone,
        "quarantine": _forget_payloads(database, before),
        "proposals": _forget_proposals(database, before),
    }


def _ids(database: Database, query: sa.Select[Any]) -> Sequence[int]:
    with database.read() as connection:
        return list(connection.execute(query).scalars())


@contextmanager
def _portion(database: Database) -> Iterator[Connection]:
    """Give a transaction, and let others have the database for as long afterwards.

    SQLite has no queue: whoever waits looks now and then whether the lock is free, and would hardly ever find it so.
    """
    began = time.monotonic()
    with database.write() as connection:
        yield connection
    if database.dialect == "sqlite":
        time.sleep(max(BREATH, time.monotonic() - began))


def _delete(database: Database, table: sa.Table, which: sa.ColumnElement[bool]) -> int:
    """Delete rows, some in each transaction, and give how many there were."""
    keys = list(table.primary_key)
    some = sa.select(*keys).where(which).limit(ROWS)
    gone = 0
    while True:
        with _portion(database) as connection:
            count = connection.execute(sa.delete(table).where(sa.tuple_(*keys).in_(some))).rowcount
        gone += count
        if count < ROWS:
            return gone


def _forget_payloads(database: Database, before: datetime) -> int:
    """Empty entries that have ended, and the versions people made of them, and what they are found by."""
    ended = sa.and_(quarantine.c.state.in_(("resolved", "dismissed")), quarantine.c.ended_at < before)
    of_entry = quarantine_versions.c.quarantine_id == quarantine.c.id
    left = sa.or_(
        quarantine.c.payload.is_not(None),
        sa.exists().where(quarantine_lookups.c.quarantine_id == quarantine.c.id),
        sa.exists().where(of_entry, quarantine_versions.c.payload.is_not(None)),
    )
    gone = 0
    for some in chunks(_ids(database, sa.select(quarantine.c.id).where(ended, left)), PAYLOADS):
        ids = sa.select(quarantine.c.id).where(ended, quarantine.c.id.in_(some))
        with _portion(database) as connection:
            connection.execute(sa.delete(quarantine_lookups).where(quarantine_lookups.c.quarantine_id.in_(ids)))
            versions = sa.update(quarantine_versions).where(quarantine_versions.c.quarantine_id.in_(ids))
            connection.execute(versions.where(quarantine_versions.c.payload.is_not(None)).values(payload=None))
            entries = sa.update(quarantine).where(quarantine.c.id.in_(ids), quarantine.c.payload.is_not(None))
            gone += connection.execute(entries.values(payload=None)).rowcount
    return gone


def _forget_proposals(database: Database, before: datetime) -> int:
    """Delete decided proposals. A feed's may have a row for each product, so these go before it."""
    over = sa.and_(
        proposals.c.decided_at < before,
        proposals.c.state.not_in(("open", "approved")),
        proposals.c.guardrail != "first_feed",
    )
    ids = _ids(database, sa.select(proposals.c.id).where(over))
    for each in ids:
        _delete(database, proposal_rows, proposal_rows.c.proposal_id == each)
    gone = 0
    for some in chunks(ids, RUNS):
        with _portion(database) as connection:
            gone += connection.execute(sa.delete(proposals).where(over, proposals.c.id.in_(some))).rowcount
    return gone
