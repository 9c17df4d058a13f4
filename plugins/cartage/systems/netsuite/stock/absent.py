"""Records of what the shop was told and NetSuite does not sell any more: they go to zero."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from cartage.records import stock
from cartage.records.batch import Batch
from cartage.records.columns import INSTANT, QUANTITY
from cartage.systems.netsuite.stock.aggregate import VERSION, kinds_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


def keys_of(lists: Sequence[str], skus: Sequence[str]) -> list[str]:
    """Give the keys that these skus have in all lists."""
    return [f"{name}/{sku}" for name in lists for sku in skus]


def absent(keys: pa.Array, items: pa.Table, at: datetime, first: int) -> Batch:
    """Give a record with nothing to sell for each of these keys.

    Args:
        keys: of records that the shop was told of, and that a count did not give.
        items: what NetSuite has: columns `ITEMS`. An item that is not in it is gone.
        at: the moment that this is true for.
        first: row number of the first record.
    """
    parts = pc.split_pattern(keys, "/", max_splits=1)
    sku = pc.list_element(parts, 1)
    place = pc.index_in(sku, value_set=items["sku"].combine_chunks())
    item_id = items["id"].cast(pa.string()).combine_chunks().take(place)
    inactive = pc.fill_null(items["inactive"].combine_chunks(), fill_value=False).take(place)
    size = len(keys)
    zero = pa.array([0] * size, pa.int64()).cast(pa.decimal128(38, 6)).cast(QUANTITY)
    columns = {
        "stock": pa.array(range(first, first + size)),
        "key": keys,
        "version": pa.repeat(at.strftime(VERSION), size),
        "list_id": pc.list_element(parts, 0),
        "sku": sku,
        "item_id": item_id,
        "item_kind": pc.fill_null(kinds_of(items).take(place), "other"),
        "state": pc.if_else(pc.is_null(item_id), "gone", pc.if_else(inactive, "inactive", "unmapped")),
        "available": zero,
        "safety": zero,
        "perpetual": pa.repeat(False, size),
        "handling": pa.repeat("none", size),
        "backorder": zero,
        "in_stock_at": pa.nulls(size, INSTANT),
        "counted_at": pa.repeat(pa.scalar(at, INSTANT), size),
    }
    empty = {name: schema.empty_table() for name, schema in stock.TABLES.items()}
    return Batch("stock", {**empty, "stock": pa.table([columns[name] for name in stock.STOCK.names], stock.STOCK)})
