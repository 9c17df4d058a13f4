"""Samples: where a recent record lies, for somebody who wants to try a change on a real one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from cartage.ledger.states import number_of
from cartage.ledger.tables import outcomes, quarantine, records, runs

if TYPE_CHECKING:
    from cartage.ledger.engine import Database

RUNS = 40
"""Newest runs that are looked into for a record of a kind."""

KEYS = 20
"""Records of one number at most: a shop's sites may share numbers."""


@dataclass(frozen=True)
class Sample:
    """A record that can be read again.

    Attributes:
        flow: the flow that read it.
        key: its key.
        quarantine_id: where it is held back; None for one that is staged.
        run_id: the run that staged it, `batch` the batch there and `row` its row.
    """

    flow: str
    key: str
    quarantine_id: int | None = None
    run_id: int = 0
    batch: int = 0
    row: int = 0


class Samples:
    """Finds records to try something on."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, integration: str, record: str, number: str = "") -> list[Sample]:
        """Give recent records, the likeliest first: those held back, then those that were read last.

        Args:
            integration: the integration.
            record: kind of the records.
            number: number or key of one record; empty for any.
        """
        with self._database.read() as connection:
            keys = None
            if number:
                known = sa.select(records.c.key).where(
                    records.c.number == number_of(number), records.c.integration == integration
                )
                named = (key for key in connection.execute(known.limit(KEYS)).scalars())
                keys = [key for key in named if "/" not in number or key == number]
            held = sa.select(quarantine.c.flow, quarantine.c.key, quarantine.c.id).where(
                quarantine.c.integration == integration, quarantine.c.record == record, quarantine.c.form == "json",
                quarantine.c.payload.is_not(None),
            )  # fmt: skip
            if keys is not None:
                held = held.where(quarantine.c.key.in_(keys))
            found = [Sample(*row) for row in connection.execute(held.order_by(quarantine.c.id.desc()).limit(3))]
            read = sa.select(runs.c.flow, outcomes.c.key, outcomes.c.run_id, outcomes.c.batch, outcomes.c.row).join(
                runs, runs.c.id == outcomes.c.run_id
            )
            read = read.where(runs.c.integration == integration, outcomes.c.record == record)
            if keys is not None:
                read = read.where(outcomes.c.key.in_(keys))
            else:
                newest = sa.select(runs.c.id).where(runs.c.integration == integration)
                recent = list(connection.execute(newest.order_by(runs.c.id.desc()).limit(RUNS)).scalars())
                read = read.where(outcomes.c.run_id.in_(recent))
            rows = connection.execute(read.order_by(outcomes.c.run_id.desc()).limit(5))
            staged = [Sample(flow, key, None, run_id, batch, row) for flow, key, run_id, batch, row in rows]
        return staged + found if keys is None else found + staged
