"""Counts by item and location become stock records: what each inventory list can sell of each item.

Pure and columnar: a million rows take about a second.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cartage.records import stock
from cartage.records.batch import Batch
from cartage.records.columns import INSTANT
from cartage.systems.netsuite.stock import safety
from cartage.systems.netsuite.stock.counted import KINDS, KIT
from cartage.systems.netsuite.stock.kits import KitRecords, members_table, of_kits
from cartage.systems.netsuite.stock.order_lines import order_lines
from cartage.systems.netsuite.stock.placing import locations_table, place
from cartage.systems.netsuite.stock.records import Records
from cartage.systems.netsuite.stock.rows import Rows, find
from cartage.systems.netsuite.stock.units import millionths, quantities

if TYPE_CHECKING:
    from cartage.systems.netsuite.stock.counted import Counted, Plan
    from cartage.systems.netsuite.stock.placing import Placed
    from cartage.systems.netsuite.stock.units import Flags

VERSION = "%Y-%m-%dT%H:%M:%S.%fZ"
"""How a version says its moment: as text it sorts like the moment."""


def aggregate(counted: Counted, plan: Plan, first: int = 0) -> Batch:
    """Add up what was counted: a record for each item in each list that takes one of its locations.

    A negative count counts against its list, and a list that comes to less than nothing has 0; what was counted
    stays in `locations`. Perpetual items have a record in every list. Items that are inactive or not for the shop
    have none.

    Args:
        counted: what NetSuite said.
        plan: how the settings want it added up.
        first: row number of the first record; the others follow.
    """
    items = counted.items.filter(sellable(counted.items)).sort_by("id")
    kits = items["id"].filter(pc.equal(items["kind"], KIT)).combine_chunks()
    members = counted.members.filter(pc.is_in(counted.members["kit"], value_set=kits))
    levels = Rows.of(counted.levels)
    placed = place(levels.and_(of_kits(members, levels)) if len(kits) else levels, items["id"].to_numpy(), plan)
    records = _records(placed, items, plan, first)
    members_rows = stock.MEMBERS.empty_table()
    if len(kits):
        members_rows = _keep_for_members(records, items, members, levels, plan)
    at, _ = find(records.list * len(items) + records.item, placed.keys)
    return Batch(
        "stock",
        {
            "stock": _root(counted.at, records, items, plan),
            "locations": locations_table(placed, records.row[at], plan),
            "members": members_rows,
            "order_lines": order_lines(counted, records, items["id"].to_numpy(), plan),
        },
    )


def sellable(items: pa.Table) -> pa.ChunkedArray:
    """Say which items the shop may sell: active, with a sku, and for the shop when a field says which are."""
    active = pc.and_(pc.invert(pc.fill_null(items["inactive"], fill_value=False)), pc.is_valid(items["sku"]))
    return pc.and_(active, pc.fill_null(items["for_shop"], fill_value=True))


def _records(placed: Placed, items: pa.Table, plan: Plan, first: int) -> Records:
    perpetual = np.flatnonzero(_flags(items["perpetual"]))
    everywhere = (np.arange(len(plan.lists))[:, None] * len(items) + perpetual).ravel()
    keys = np.union1d(placed.keys, everywhere) if len(everywhere) else placed.keys
    at, _ = find(keys, placed.keys)
    available, of_locations = np.zeros(len(keys), np.int64), np.zeros(len(keys), np.int64)
    available[at] = np.maximum(placed.sums(placed.units), 0)
    of_locations[at] = placed.sums(plan.safety[placed.place])
    lists, item = np.divmod(keys, max(len(items), 1))
    kept = safety.in_lists(safety.of_items(items, plan)[item], lists, of_locations, plan)
    return Records(np.arange(first, first + len(keys)), lists, item, available, kept)


def _keep_for_members(records: Records, items: pa.Table, members: pa.Table, levels: Rows, plan: Plan) -> pa.Table:
    """Give the members' rows, and keep so many kits back that no member falls below what is kept of itself."""
    places = np.flatnonzero(np.asarray(pc.equal(items["kind"], KIT))[records.item])
    ids = items["id"].to_numpy()[records.item[places]]
    of_kits_only = KitRecords(records.row[places], ids, records.list[places], records.available[places])
    table, kept = members_table(members, levels, of_kits_only, plan)
    records.safety[places] = np.maximum(records.safety[places], kept)
    return table


def _root(at: datetime, records: Records, items: pa.Table, plan: Plan) -> pa.Table:
    item, lists = pa.array(records.item), pa.array(records.list)
    list_id, sku = pa.array(plan.lists, pa.string()).take(lists), items["sku"].combine_chunks().take(item)
    size = len(records.row)
    columns = {
        "stock": pa.array(records.row),
        "key": pc.binary_join_element_wise(list_id, sku, "/"),
        "version": pa.repeat(at.strftime(VERSION), size),
        "list_id": list_id,
        "sku": sku,
        "item_id": items["id"].cast(pa.string()).combine_chunks().take(item),
        "item_kind": kinds_of(items).take(item),
        "state": pa.repeat("active", size),
        "available": quantities(records.available),
        "safety": quantities(records.safety),
        "perpetual": pa.array(_flags(items["perpetual"])[records.item]),
        "counted_at": pa.repeat(pa.scalar(at, INSTANT), size),
    }
    columns |= {name: column.take(item) for name, column in _beyond(items).items()}
    columns["in_stock_at"] = _in_stock(items, records, plan)
    return pa.table([columns[name] for name in stock.STOCK.names], stock.STOCK)


def kinds_of(items: pa.Table) -> pa.Array:
    """Give what records call the kinds of items."""
    places = pc.index_in(items["kind"], value_set=pa.array(list(KINDS))).combine_chunks()
    return pc.fill_null(pa.array(list(KINDS.values())).take(places), "other")


def _beyond(items: pa.Table) -> dict[str, pa.Array]:
    """Give what may be sold beyond the stock: nothing, where the ERP's word is none that the shop knows.

    The word stays in the record, so that an expectation can say so.
    """
    word = pc.fill_null(pc.utf8_lower(pc.utf8_trim_whitespace(items["handling"])).combine_chunks(), "")
    handling = pc.if_else(pc.equal(word, ""), "none", word)
    units, _ = millionths(items["backorder"])
    handled = np.asarray(pc.is_in(handling, value_set=pa.array(stock.BEYOND)))
    more = np.where(handled, np.maximum(units, 0), 0)
    return {"handling": handling, "backorder": quantities(more)}


def _in_stock(items: pa.Table, records: Records, plan: Plan) -> pa.Array:
    """Give the beginning of the day on which an item is back, in the zone of the list's site."""
    days = items["in_stock"].combine_chunks()
    if days.null_count == len(days):
        return pa.nulls(len(records.row), INSTANT)
    distinct = days.unique()
    begins = [
        None if text is None else datetime.combine(date.fromisoformat(text[:10]), time(), zone).astimezone(UTC)
        for zone in plan.zones
        for text in distinct.to_pylist()
    ]
    of_item = np.asarray(pc.index_in(days, value_set=distinct))
    return pa.array(begins, INSTANT).take(pa.array(records.list * len(distinct) + of_item[records.item]))


def _flags(column: pa.ChunkedArray) -> Flags:
    return np.asarray(pc.fill_null(column, fill_value=False), np.bool_)
