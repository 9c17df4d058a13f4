"""Tallies: how many records of a batch ended alike, where a row each would say nothing more.

A full feed of stock reads a million records of which a few thousand changed. The others are a number here,
and the accounting identity adds the two up; see `Outcomes.balance`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from cartage.ledger import rowsets
from cartage.ledger.outbound_tables import tallies
from cartage.records.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.engine import Connection

    from cartage.ledger.engine import Database

EXTRACTED = "extracted"
"""The tally of all records of a batch, however they end."""

WAYS = frozenset({EXTRACTED, *(each.value for each in Outcome)})

REST = -1
"""Stands in place of a batch for what a broken run left without an outcome."""


class Tallies:
    """The tallies of all runs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, run_id: int, record: str, batch: int, counts: Mapping[str, int]) -> None:
        """Set how many records of a batch ended each way.

        Doing it twice is doing it once: a count replaces the one that was there, and ways that `counts` does
        not name keep theirs. What `hold_rest` had held of this kind gives way, for somebody goes on with it.

        Args:
            run_id: the run.
            record: kind of the records.
            batch: the batch they lie in, from 0.
            counts: by outcome; ``extracted`` is how many records the batch holds in all, those that are noted
                singly by `Outcomes.extracted` among them.

        Raises:
            ValueError: a way that is no outcome, or a count below nought.
        """
        strange = sorted(set(counts) - WAYS)
        if strange or any(count < 0 for count in counts.values()):
            raise ValueError(f"a tally is a count of {EXTRACTED} or of an outcome, from 0 on: got {dict(counts)}")
        rows = [{"outcome": name, "count": count} for name, count in counts.items()]
        with self._database.write() as connection:
            self._forget_rest(connection, run_id, record)
            same = {"run_id": run_id, "record": record, "batch": batch}
            rowsets.upsert(connection, tallies, rows, same, update=("count",))

    def hold_rest(self, run_id: int, record: str, count: int) -> None:
        """Set how many records of a broken run are held that no row stands for; 0 for none."""
        with self._database.write() as connection:
            self._forget_rest(connection, run_id, record)
            row = {"outcome": Outcome.HELD.value, "count": count}
            rowsets.insert(connection, tallies, [row], {"run_id": run_id, "record": record, "batch": REST})

    @staticmethod
    def _forget_rest(connection: Connection, run_id: int, record: str) -> None:
        ours = sa.and_(tallies.c.run_id == run_id, tallies.c.record == record, tallies.c.batch == REST)
        connection.execute(sa.delete(tallies).where(ours))

    def of(self, run_id: int, record: str, batch: int) -> dict[str, int]:
        """Give the tallies of a batch, by outcome."""
        ours = sa.and_(tallies.c.run_id == run_id, tallies.c.record == record, tallies.c.batch == batch)
        with self._database.read() as connection:
            found = connection.execute(sa.select(tallies.c.outcome, tallies.c.count).where(ours))
            return {outcome: count for outcome, count in found}  # noqa: C416 - dict() does not take rows


def sums(connection: Connection, run_id: int) -> dict[str, dict[str, int]]:
    """Give the tallies of a run added up over its batches: by kind of record, then by outcome."""
    total = sa.cast(sa.func.sum(tallies.c.count), sa.BigInteger)
    query = sa.select(tallies.c.record, tallies.c.outcome, total).where(tallies.c.run_id == run_id)
    found: dict[str, dict[str, int]] = {}
    for record, outcome, count in connection.execute(query.group_by(tallies.c.record, tallies.c.outcome)):
        found.setdefault(record, {})[outcome] = count
    return found


def forget(connection: Connection, run_id: int, record: str) -> bool:
    """Forget the tallies of a kind in a run, and say whether there were any."""
    ours = sa.and_(tallies.c.run_id == run_id, tallies.c.record == record)
    return connection.execute(sa.delete(tallies).where(ours)).rowcount > 0
