"""Retention: what the ledger forgets by age."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from cartage.ledger.mending_tables import quarantine_versions
from cartage.ledger.outbound_tables import proposals, tallies
from cartage.ledger.quality_tables import run_expectations
from cartage.ledger.tables import attempts, intents, outcomes, plans, quarantine, quarantine_lookups, runs

if TYPE_CHECKING:
    from datetime import datetime

    from cartage.ledger.engine import Database

ROWS = 5_000
"""Rows a transaction."""

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
    with database.read() as connection:
        noted = sa.or_(*(sa.exists().where(table.c.run_id == runs.c.id) for table in NOTED))
        closed = list(connection.execute(sa.select(runs.c.id).where(runs.c.closed_at < before, noted)).scalars())
    gone = {table.name: sum(_forget_run(database, table, run_id) for run_id in closed) for table in NOTED}
    ended = {"quarantine": _forget_payloads(database, before), "proposals": _forget_proposals(database, before)}
    return {**gone, **ended}


def _forget_run(database: Database, table: sa.Table, run_id: int) -> int:
    keys = list(table.primary_key)
    some = sa.select(*keys).where(table.c.run_id == run_id).limit(ROWS)
    gone = 0
    while True:
        with database.write() as connection:
            count = connection.execute(sa.delete(table).where(sa.tuple_(*keys).in_(some))).rowcount
        gone += count
        if count < ROWS:
            return gone


def _forget_payloads(database: Database, before: datetime) -> int:
    ended = sa.and_(quarantine.c.state.in_(("resolved", "dismissed")), quarantine.c.ended_at < before)
    with database.write() as connection:
        ids = sa.select(quarantine.c.id).where(ended)
        connection.execute(sa.delete(quarantine_lookups).where(quarantine_lookups.c.quarantine_id.in_(ids)))
        connection.execute(
            sa.update(quarantine_versions)
            .where(quarantine_versions.c.quarantine_id.in_(ids), quarantine_versions.c.payload.is_not(None))
            .values(payload=None)
        )
        done = connection.execute(
            sa.update(quarantine).where(ended, quarantine.c.payload.is_not(None)).values(payload=None)
        )
        return done.rowcount


def _forget_proposals(database: Database, before: datetime) -> int:
    over = sa.and_(proposals.c.decided_at < before, proposals.c.state.not_in(("open", "approved")))
    with database.write() as connection:
        gone = connection.execute(sa.delete(proposals).where(over, proposals.c.guardrail != "first_feed"))
        return gone.rowcount
