"""Copies of one record within a run: the newest goes on, the others are superseded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from cartage.errors import Complaint
from cartage.ledger.outcomes import UNDECIDED
from cartage.ledger.tables import outcomes
from cartage.records.outcome import Outcome, Verdict

if TYPE_CHECKING:
    from cartage.ledger.engine import Database
    from cartage.ledger.outcomes import Outcomes


class Copies:
    """What a run read more than once, answered by the database so that memory stays flat."""

    def __init__(self, database: Database, settled: Outcomes) -> None:
        self._database = database
        self._outcomes = settled

    def supersede(self, run_id: int, record: str) -> int:
        """Give every older copy of a record in this run the outcome superseded.

        The newest is the one of the highest version, and of those the one read last. Rows that
        have an outcome already count for nothing.

        Returns:
            How many copies were superseded.
        """
        place = sa.func.row_number().over(
            partition_by=outcomes.c.key,
            order_by=(sa.func.coalesce(outcomes.c.version, "").desc(), outcomes.c.row.desc()),
        )
        newest = sa.func.first_value(outcomes.c.version).over(
            partition_by=outcomes.c.key,
            order_by=(sa.func.coalesce(outcomes.c.version, "").desc(), outcomes.c.row.desc()),
        )
        ranked = (
            sa.select(outcomes.c.row, outcomes.c.key, place.label("place"), newest.label("newest"))
            .where(outcomes.c.run_id == run_id, outcomes.c.record == record, outcomes.c.outcome.is_(None))
            .subquery()
        )
        with self._database.read() as connection:
            older = connection.execute(sa.select(ranked).where(ranked.c.place > 1)).all()
        self._outcomes.settle(run_id, record, [_superseded(row) for row in older])
        return len(older)

    def decided(self, run_id: int, record: str, batch: int) -> list[int]:
        """Give the rows of a batch that have an outcome for good, so that later steps leave them out."""
        query = sa.select(outcomes.c.row).where(
            outcomes.c.run_id == run_id,
            outcomes.c.record == record,
            outcomes.c.batch == batch,
            sa.not_(UNDECIDED),
        )
        with self._database.read() as connection:
            return list(connection.execute(query).scalars())


def _superseded(row: sa.Row[tuple[int, str, int, str | None]]) -> Verdict:
    why = f"{row.key}: this run read a newer copy of it (version {row.newest})"
    return Verdict(row.row, row.key, Outcome.SUPERSEDED, (Complaint("superseded", why),))
