"""Quantities at locations, laid into the lists that take them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from cartage.records import stock
from cartage.systems.netsuite.stock.rows import find, starts_of
from cartage.systems.netsuite.stock.units import quantities

if TYPE_CHECKING:
    from cartage.systems.netsuite.stock.counted import Plan
    from cartage.systems.netsuite.stock.rows import Rows
    from cartage.systems.netsuite.stock.units import Ints


@dataclass(frozen=True)
class Placed:
    """Rows in the lists that take them, those of one list and item together.

    Attributes:
        rows: the quantities; a row is there once for each list that takes its location.
        place: the row's location, as its place in the plan.
        units: what the list takes of it, in millionths.
        keys: list number times the number of items, plus the item's place; each combination once, ascending.
        starts: where the rows of each key begin.
    """

    rows: Rows
    place: Ints
    units: Ints
    keys: Ints
    starts: Ints

    def sums(self, values: Ints) -> Ints:
        """Add values up, key by key."""
        return np.add.reduceat(values, self.starts) if len(self.starts) else np.zeros(0, np.int64)

    def counts(self) -> Ints:
        """Give how many rows each key has."""
        return np.diff(np.append(self.starts, len(self.place)))


def place(rows: Rows, ids: Ints, plan: Plan) -> Placed:
    """Lay rows into lists; those of other items, and of locations that no list takes, fall out.

    Args:
        rows: quantities by item and location.
        ids: internal ids of the items, ascending.
        plan: which list takes which location.
    """
    item, item_known = find(ids, rows.item)
    where, where_known = find(plan.locations, rows.location)
    kept = np.flatnonzero(item_known & where_known)
    sources, keys, units = [], [], []
    for lists, on_hand in zip(plan.rounds, plan.on_hand, strict=True):
        taken = kept[lists[where[kept]] >= 0]
        keys.append(lists[where[taken]] * len(ids) + item[taken])
        units.append(np.where(on_hand[where[taken]], rows.on_hand[taken], rows.available[taken]))
        sources.append(taken)
    key, unit, source = (np.concatenate(each) if each else np.zeros(0, np.int64) for each in (keys, units, sources))
    order = np.argsort(key, kind="stable")
    key, source = key[order], source[order]
    starts = starts_of(key)
    return Placed(rows.take(source), where[source], unit[order], key[starts], starts)


def locations_table(placed: Placed, record: Ints, plan: Plan) -> pa.Table:
    """Give the rows as the record's `locations`.

    Args:
        placed: the rows.
        record: row number of the record of each key.
        plan: which locations there are.
    """
    names = pa.array(plan.locations.astype(str), pa.string())
    columns = {
        "stock": pa.array(np.repeat(record, placed.counts())),
        "location_id": names.take(pa.array(placed.place)),
        "available": quantities(placed.rows.available, placed.rows.null),
        "on_hand": quantities(placed.rows.on_hand, placed.rows.null),
        "safety": quantities(plan.safety[placed.place]),
    }
    return pa.table(columns, stock.LOCATIONS)
