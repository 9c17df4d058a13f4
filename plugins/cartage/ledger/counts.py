"""Counts: how the records of runs ended, kept beside the runs so that nobody adds up a million outcomes to see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from cartage.ledger import tallies
from cartage.ledger.console_tables import run_counts
from cartage.ledger.tables import outcomes
from cartage.records.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import Connection

UNACCOUNTED = "unaccounted"
"""Records of a run that have no outcome: none in a run that balances."""

WAYS = (*(each.value for each in Outcome), UNACCOUNTED)
"""All ways that a record can be counted, in the order of the accounting identity."""

SOME = 20_000
"""Outcomes of an open run that are added up at most: it is still changing."""


def close(connection: Connection, run_id: int) -> None:
    """Keep the counts of a run that is being closed, in the transaction that closes it."""
    connection.execute(sa.delete(run_counts).where(run_counts.c.run_id == run_id))
    rows = [
        {"run_id": run_id, "record": record, "outcome": outcome, "count": count}
        for record, ways in _added_up(connection, run_id).items()
        for outcome, count in ways.items()
        if count
    ]
    if rows:
        connection.execute(sa.insert(run_counts), rows)


def kept(connection: Connection, run_ids: Iterable[int]) -> dict[int, dict[str, int]]:
    """Give the counts of closed runs: by run, then by outcome, all kinds of records together."""
    total = sa.cast(sa.func.sum(run_counts.c.count), sa.BigInteger)
    query = sa.select(run_counts.c.run_id, run_counts.c.outcome, total).where(run_counts.c.run_id.in_(list(run_ids)))
    found: dict[int, dict[str, int]] = {}
    for run_id, outcome, count in connection.execute(query.group_by(run_counts.c.run_id, run_counts.c.outcome)):
        found.setdefault(run_id, {})[outcome] = count
    return found


def so_far(connection: Connection, run_id: int) -> dict[str, int]:
    """Give what an open run has done; of a big one only its first records are looked at."""
    total: dict[str, int] = {}
    for ways in _added_up(connection, run_id, SOME).values():
        for name, count in ways.items():
            total[name] = total.get(name, 0) + count
    return {name: count for name, count in total.items() if count}


def _added_up(connection: Connection, run_id: int, limit: int | None = None) -> dict[str, dict[str, int]]:
    """Add up rows and tallies, by kind of record, then by outcome."""
    some = sa.select(outcomes.c.record, outcomes.c.outcome).where(outcomes.c.run_id == run_id).limit(limit).subquery()
    query = sa.select(some.c.record, some.c.outcome, sa.func.count()).group_by(some.c.record, some.c.outcome)
    found: dict[str, dict[str, int]] = {}
    for record, outcome, count in connection.execute(query):
        found.setdefault(record, {})[outcome or UNACCOUNTED] = count
    for record, ways in tallies.sums(connection, run_id).items():
        _add(found.setdefault(record, {}), ways)
    return found


def _add(found: dict[str, int], tallied: dict[str, int]) -> None:
    """Add tallies to the counts of rows; where a tally says how many were read, it says so of all of them."""
    for name, count in tallied.items():
        if name != tallies.EXTRACTED:
            found[name] = found.get(name, 0) + count
    if tallies.EXTRACTED in tallied:
        found.pop(UNACCOUNTED, None)
        found[UNACCOUNTED] = max(tallied[tallies.EXTRACTED] - sum(found.values()), 0)
