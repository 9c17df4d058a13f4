"""Units to keep back: by sku, by the item's field, by category, by list, by location; the first that is known counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cartage.systems.netsuite.stock.units import millionths

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cartage.systems.netsuite.stock.counted import Plan
    from cartage.systems.netsuite.stock.units import Ints

UNKNOWN = -1
"""Nothing is said of the item itself."""


def of_items(items: pa.Table, plan: Plan) -> Ints:
    """Give what is kept back of each item in every list, in millionths, or `UNKNOWN`.

    Args:
        items: columns `sku`, `safety` and `category`.
        plan: what the settings say.
    """
    kept = _mapped(items["category"], plan.category_safety)
    field, null = millionths(items["safety"])
    kept = np.where(null, kept, np.maximum(field, 0))
    by_sku = _mapped(items["sku"], plan.sku_safety)
    return np.where(by_sku == UNKNOWN, kept, by_sku)


def in_lists(own: Ints, lists: Ints, locations: Ints, plan: Plan) -> Ints:
    """Give what is kept back in a list.

    Args:
        own: what is said of the item itself.
        lists: the list's number.
        locations: what the list's locations keep back together.
        plan: what the settings say of the list.
    """
    of_list = plan.list_safety[lists]
    return np.where(own != UNKNOWN, own, np.where(of_list != UNKNOWN, of_list, locations))


def _mapped(column: pa.ChunkedArray, units: Mapping[str, int]) -> Ints:
    if not units:
        return np.full(len(column), UNKNOWN, np.int64)
    places = pc.index_in(column, value_set=pa.array(list(units)))
    known = pa.array(list(units.values()), pa.int64()).take(places.combine_chunks())
    return np.asarray(pc.fill_null(known, UNKNOWN)).astype(np.int64)
