"""The stores in which lines of plain orders are picked up: `shipments.place_lines` for all at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cartage.systems.netsuite.bulk.kinds import OPTION
from cartage.systems.netsuite.bulk.vectors import flags, where

if TYPE_CHECKING:
    from cartage.systems.netsuite.bulk.lines import Lines
    from cartage.systems.netsuite.bulk.tables import Run, Tables
    from cartage.systems.netsuite.bulk.vectors import Flags, Ints

_OWNERS = ("line", "shipment", "order")
"""Whose attribute names a line's store, the nearest first."""


def stores(tables: Tables, run: Run, lines: Lines, good: Flags) -> pa.Array:
    """Give the store of each line, null where it is sent; take orders out of `good` whose store has no location."""
    of_goods, known = lines.kind <= OPTION, run.known.locations
    lists = lines.column("inventory_list_id")
    own = pa.array(list(run.site.stores), pa.string())
    found = where(of_goods & flags(pc.is_in(lists, value_set=own)), lists)
    named = run.settings.orders.pickup.attribute
    attributes = tables.rows["attributes"]
    told = attributes.among("name", [named] if named else [])
    if told.any():
        by_owner = _named(tables, np.flatnonzero(told))
        concerned = np.flatnonzero(of_goods & tables.any_of("attributes", told)[lines.owner])
        texts = found.to_pylist()
        numbers = [
            tables.rows["lines"].number("line")[lines.row],
            tables.rows["shipments"].number("shipment")[lines.shipment],
        ]
        numbers.append(tables.rows["orders"].number("order")[lines.owner])
        for place in concerned.tolist():
            for owner, rows in zip(_OWNERS, numbers, strict=True):
                if value := by_owner.get((int(lines.owner[place]), owner, int(rows[place]))):
                    texts[place] = value
                    break
        found = pa.array(texts, pa.string())
    there = flags(pc.is_valid(found))
    located = pa.array([store for store, location in run.site.stores.items() if location in known], pa.string())
    odd = there & ~flags(pc.is_in(found, value_set=located))
    if run.settings.orders.pickup.place == "header":
        odd = there
    good[lines.owner[odd]] = False
    return found


def _named(tables: Tables, rows: Ints) -> dict[tuple[int, str, int], str | None]:
    """Give the first value of each owner's attribute, by the order's place, the kind of owner and its number."""
    table, owners = tables.rows["attributes"], tables.owners["attributes"][rows].tolist()
    columns = (table[name].take(pa.array(rows)).to_pylist() for name in ("owner", "owner_row", "value"))
    found: dict[tuple[int, str, int], str | None] = {}
    for order, owner, number, value in zip(owners, *columns, strict=True):
        found.setdefault((order, owner, number), value)
    return found
