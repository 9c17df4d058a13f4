"""Samples: where a recent record lies, for somebody who wants to try a change on a real one."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Literal

import sqlalchemy as sa

from cartage.ledger.states import number_of
from cartage.ledger.tables import drops, outcomes, quarantine, records, runs
from cartage.seams import Drop

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.engine import Connection

    from cartage.ledger.engine import Database

RUNS = 40
"""Newest runs that are looked into for a record of a kind."""

KEYS = 20
"""Records of one number at most: a shop's sites may share numbers."""

HELD, STAGED, DROPS = 3, 5, 10
"""How many places of each sort are given."""

Form = Literal["json", "xml"]


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
        """Give recent records, the likeliest first: those that were read last, then those held back.

        Of one number it is the other way round: what is held back is what a person looks at.

        Args:
            integration: the integration.
            record: kind of the records.
            number: number or key of one record; empty for any.
        """
        with self._database.read() as connection:
            keys = _keys(connection, integration, record, number) if number else None
            held = _held(connection, integration, record, keys, "json")
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
            rows = connection.execute(read.order_by(outcomes.c.run_id.desc()).limit(STAGED))
            staged = [Sample(flow, key, None, run_id, batch, row) for flow, key, run_id, batch, row in rows]
        return staged + held if keys is None else held + staged

    def unread(self, integration: str, record: str, number: str = "") -> list[Sample]:
        """Give records that could be named and not read: quarantine keeps the bytes that were found of them."""
        with self._database.read() as connection:
            keys = _keys(connection, integration, record, number) if number else None
            return _held(connection, integration, record, keys, "xml")

    def drops(self, integration: str, record: str, number: str = "") -> list[tuple[str, Drop]]:
        """Give drops of the landing archive with the flow that read each, the newest first.

        Args:
            integration: the integration.
            record: kind of the records that are wanted.
            number: number or key of a record: only drops of runs that read it; empty for any.
        """
        chosen = sa.select(drops.c.flow, *(drops.c[each.name] for each in fields(Drop))).where(
            drops.c.integration == integration, drops.c.state != "repeated"
        )
        with self._database.read() as connection:
            if number:
                keys = _keys(connection, integration, record, number)
                read = sa.select(outcomes.c.run_id).where(outcomes.c.record == record, outcomes.c.key.in_(keys))
                ids = list(connection.execute(read.order_by(outcomes.c.run_id.desc()).limit(STAGED)).scalars())
                chosen = chosen.where(drops.c.run_id.in_(ids))
            rows = connection.execute(chosen.order_by(drops.c.landed_at.desc()).limit(DROPS))
            return [(row.flow, Drop(*row[1:])) for row in rows]


def _keys(connection: Connection, integration: str, record: str, number: str) -> list[str]:
    """Give the keys of records of this number, and of what quarantine holds under it and never was a record."""
    where = records.c.number == number_of(number), records.c.integration == integration, records.c.record == record
    known = [*connection.execute(sa.select(records.c.key).where(*where).limit(KEYS)).scalars()]
    named = [key for key in known if "/" not in number or key == number]
    return list(dict.fromkeys([*named, number]))


def _held(
    connection: Connection, integration: str, record: str, keys: Collection[str] | None, form: Form
) -> list[Sample]:
    held = sa.select(quarantine.c.flow, quarantine.c.key, quarantine.c.id).where(
        quarantine.c.integration == integration, quarantine.c.record == record, quarantine.c.form == form,
        quarantine.c.payload.is_not(None),
    )  # fmt: skip
    if keys is not None:
        held = held.where(quarantine.c.key.in_(keys))
    rows = connection.execute(held.order_by(quarantine.c.id.desc()).limit(HELD))
    return [Sample(flow, key, id_) for flow, key, id_ in rows]
