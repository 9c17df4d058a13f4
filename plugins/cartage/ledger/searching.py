"""Searching: from what people have in hand to the records it is about.

Every question is answered by an index and gives at most `MOST` records, so the ledger's size does not matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import sqlalchemy as sa

from cartage.ledger.console_tables import terms
from cartage.ledger.outbound_tables import bookings
from cartage.ledger.states import number_of
from cartage.ledger.tables import documents, quarantine, quarantine_lookups, records, runs
from cartage.ledger.terms import HASHED, shortened
from cartage.records.batch import KINDS
from cartage.records.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from cartage.ledger.engine import Database

MOST = 50
"""Records that one question gives."""

SHORTEST = 3
"""Characters that the beginning of a number must have."""

Place = tuple[str, str]
"""Integration and key: what a record's page is about, whatever kinds of records share the key."""


@dataclass(frozen=True)
class Hit:
    """A record that was found.

    Attributes:
        record: its kind.
        how: what was found: number, document, customer number, tracking number, SKU, e-mail or phone, beginning.
        flow: the flow that had it last.
        outcome: how it last ended; None while its first run is under way.
        target_number: its number in the target, as far as it has one.
    """

    integration: str
    record: str
    key: str
    how: str
    flow: str
    outcome: Outcome | None
    target_number: str | None
    last_at: datetime

    @property
    def dag_id(self) -> str:
        """The DAG of the flow that had it last."""
        return f"{self.integration}.{self.flow}"


class Searching:
    """Finds records."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, text: str, digests: Sequence[str] = ()) -> list[Hit]:
        """Find records by anything that names them, the newest first.

        Args:
            text: a number of the shop or the ERP, a key, a customer number, a SKU, a tracking number, an internal id.
            digests: keyed hashes of e-mail addresses or telephone numbers.
        """
        asked = text.strip()
        with self._database.read() as connection:
            found: dict[Place, str] = {}
            for how, places in self._ways(connection, asked, digests):
                for place in places:
                    found.setdefault(place, how)
            if not found and len(asked) >= SHORTEST:
                found = dict.fromkeys(self._beginning(connection, asked), "beginning")
            return self._hits(connection, found)

    def _ways(
        self, connection: Connection, asked: str, digests: Sequence[str]
    ) -> Iterable[tuple[str, Iterable[Place]]]:
        if asked:
            yield "number", self._numbered(connection, asked)
            yield "document", self._documents(connection, asked)
            yield "customer number", self._termed(connection, ("customer",), [asked])
            yield "tracking number", self._termed(connection, ("tracking",), [asked])
            yield "SKU", self._sold(connection, asked)
        if digests:
            yield "e-mail or phone", self._termed(connection, sorted(HASHED), [shortened(each) for each in digests])
            yield "e-mail or phone", self._held(connection, digests)

    @staticmethod
    def _numbered(connection: Connection, asked: str) -> list[Place]:
        query = sa.select(records.c.integration, records.c.key).where(records.c.number == number_of(asked))
        if "/" in asked:
            query = query.where(records.c.key == asked)
        return [(each.integration, each.key) for each in connection.execute(query.limit(MOST))]

    @staticmethod
    def _documents(connection: Connection, asked: str) -> list[Place]:
        found: list[Place] = []
        for column in (documents.c.number, documents.c.internal_id):
            query = sa.select(documents.c.integration, documents.c.key).where(column == asked).limit(MOST)
            found += [(each.integration, each.key) for each in connection.execute(query)]
        return found

    @classmethod
    def _termed(cls, connection: Connection, kinds: Sequence[str], values: Sequence[str]) -> list[Place]:
        """Find the records that are named so: of each kind those with the highest numbers, which are the newest."""
        found: list[Place] = []
        for kind, value in product(kinds, values):
            for integration, record in cls._named(connection, kind, value):
                of = sa.select(terms.c.key).where(
                    terms.c.kind == kind, terms.c.term == value,
                    terms.c.integration == integration, terms.c.record == record,
                )  # fmt: skip
                keys = connection.execute(of.order_by(terms.c.key.desc()).limit(MOST)).scalars()
                found += [(integration, key) for key in keys]
        return found

    @staticmethod
    def _named(connection: Connection, kind: str, value: str) -> Iterator[tuple[str, str]]:
        """Give integration and kind of the records that are named so, each by one look at the index."""
        group = (terms.c.integration, terms.c.record)
        query = sa.select(*group).where(terms.c.kind == kind, terms.c.term == value).order_by(*group).limit(1)
        row = connection.execute(query).one_or_none()
        while row:
            yield row.integration, row.record
            after = sa.tuple_(*group) > sa.tuple_(sa.literal(row.integration), sa.literal(row.record))
            row = connection.execute(query.where(after)).one_or_none()

    @staticmethod
    def _held(connection: Connection, digests: Sequence[str]) -> list[Place]:
        query = (
            sa.select(quarantine.c.integration, quarantine.c.key)
            .join(quarantine_lookups, quarantine_lookups.c.quarantine_id == quarantine.c.id)
            .where(quarantine_lookups.c.digest.in_(digests))
            .order_by(quarantine.c.id.desc())
        )
        return [(each.integration, each.key) for each in connection.execute(query.limit(MOST))]

    @staticmethod
    def _sold(connection: Connection, asked: str) -> list[Place]:
        """Find the last orders that a SKU was sold in."""
        query = (
            sa.select(bookings.c.integration, bookings.c.site, bookings.c.order_no)
            .where(bookings.c.sku == asked)
            .order_by(bookings.c.booked_at.desc())
            .limit(MOST)
        )
        return [(each.integration, f"{each.site}/{each.order_no}") for each in connection.execute(query)]

    @staticmethod
    def _beginning(connection: Connection, asked: str) -> list[Place]:
        """Find numbers that begin so; by the order of the index, so that it is one stretch of it."""
        query = (
            sa.select(records.c.integration, records.c.key)
            .where(records.c.number >= asked, records.c.number < asked + chr(0x10FFFF))
            .order_by(records.c.number)
        )
        return [(each.integration, each.key) for each in connection.execute(query.limit(MOST))]

    @staticmethod
    def _hits(connection: Connection, found: dict[Place, str]) -> list[Hit]:
        hits: list[Hit] = []
        for integration in sorted({place[0] for place in found}):
            keys = [key for mine, key in found if mine == integration]
            query = (
                sa.select(records, runs.c.flow)
                .join(runs, runs.c.id == records.c.run_id)
                .where(
                    records.c.integration == integration, records.c.record.in_(sorted(KINDS)), records.c.key.in_(keys)
                )
            )
            hits += [
                Hit(
                    integration=integration,
                    record=row.record,
                    key=row.key,
                    how=found[integration, row.key],
                    flow=row.flow,
                    outcome=None if row.outcome is None else Outcome(row.outcome),
                    target_number=row.target_number,
                    last_at=row.last_at,
                )
                for row in connection.execute(query)
            ]
        return sorted(hits, key=lambda each: each.last_at, reverse=True)
