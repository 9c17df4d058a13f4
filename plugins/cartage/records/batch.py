"""Batches: up to N records as Arrow tables, staged on disk and passed between tasks by reference."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from cartage.records import (
    customer,
    document,
    inventory_feed,
    location,
    order,
    price,
    price_feed,
    shipment,
    stock,
)

KINDS = {
    "order": order,
    "customer": customer,
    "stock": stock,
    "price": price,
    "shipment": shipment,
    "location": location,
    "document": document,
    "inventory_feed": inventory_feed,
    "price_feed": price_feed,
}

FEEDS = {"stock": "inventory_feed", "price": "price_feed"}
"""Kinds of records that the target is told in feeds, and the kind of their rows there."""


@dataclass(frozen=True)
class BatchRef:
    """Where a staged batch lies. Small and impersonal, so it may travel by XCom.

    Attributes:
        uri: folder that holds an Arrow file for each table.
        record: kind of record, a key of `KINDS`.
        number: the batch's number within its run, from 0.
        records: how many records it holds (rows of the root table).
    """

    uri: str
    record: str
    number: int
    records: int

    def as_dict(self) -> dict[str, Any]:
        """Give the reference as plain JSON values."""
        return asdict(self)


@dataclass(frozen=True)
class Batch:
    """Records of one kind in memory: a table by name, linked by the root's row number."""

    record: str
    tables: dict[str, pa.Table]

    @property
    def root(self) -> pa.Table:
        """The table with a row a record."""
        return self.tables[KINDS[self.record].ROOT]

    def __len__(self) -> int:
        """Give the number of records."""
        return int(self.root.num_rows)

    def only(self, rows: pa.Array) -> Batch:
        """Keep the records whose row numbers are in `rows`, in every table."""
        link = KINDS[self.record].LINK
        kept = {name: each.filter(pc.is_in(each[link], value_set=rows)) for name, each in self.tables.items()}
        return Batch(self.record, kept)


def empty(record: str) -> Batch:
    """Make a batch with every table of the record and no row."""
    return Batch(record, {name: schema.empty_table() for name, schema in KINDS[record].TABLES.items()})
