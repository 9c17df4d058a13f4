"""Chooses, for each item of a book, which of NetSuite's prices it has. Pure, and a column at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cartage.records.columns import MONEY, QUANTITY

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from cartage.systems.netsuite.prices.books import Book

    Ints = npt.NDArray[np.int64]

ITEMS = pa.schema({"id": pa.int64(), "sku": pa.string(), "pricing_group": pa.int64(), "marginal": pa.bool_()})
"""A row an item that is for sale; further columns hold days, as the books name them."""

PRICES = pa.schema(
    {"item": pa.int64(), "price_level": pa.int64(), "currency": pa.int64(), "quantity": QUANTITY, "amount": MONEY}
)
"""A row a price: of one unit, from so many units on, 1 or more."""

CHOSEN = pa.schema({"item": pa.int64(), "quantity": QUANTITY, "amount": MONEY, "source": pa.string()})

_NONE = -1


@dataclass(frozen=True)
class _Rung:
    """A price level that each item may have, and what a price there is called."""

    levels: Ints
    source: str


def choose(book: Book, items: pa.Table, prices: pa.Table) -> pa.Table:
    """Give the prices of a book, with their quantity breaks.

    Args:
        book: says what goes before what.
        items: columns `ITEMS`.
        prices: columns `PRICES`, of these items; other currencies and levels may be among them.

    Returns:
        Columns `CHOSEN`, by item and then by quantity.
    """
    ids = items["id"].to_numpy()
    prices = prices.filter(pc.equal(prices["currency"], book.currency_id))
    prices = prices.filter(pc.is_in(prices["item"], value_set=items["id"].combine_chunks()))
    own = _own(book, ids)
    level, source = _climb(_rungs(book, items, ids), ids, prices)
    level[np.isin(ids, own["item"].to_numpy())] = _NONE
    at = np.asarray(pc.index_in(prices["item"], value_set=items["id"].combine_chunks()))
    fits = level[at] == prices["price_level"].to_numpy() if len(prices) else np.zeros(0, np.bool_)
    chosen = prices.filter(pa.array(fits)).select(["item", "quantity", "amount"])
    chosen = chosen.append_column("source", pa.array(source[at[fits]], pa.string()))
    chosen = pa.concat_tables([chosen.cast(CHOSEN), own]).sort_by([("item", "ascending"), ("quantity", "ascending")])
    return _without_marginal(chosen, items)


def _own(book: Book, ids: Ints) -> pa.Table:
    """Give the customer's own prices of these items: no quantity breaks."""
    mine = [item for item in ids.tolist() if item in book.amounts] if book.amounts else []
    return pa.table(
        {
            "item": mine,
            "quantity": pa.array([1] * len(mine), pa.int64()).cast(pa.decimal128(38, 6)),
            "amount": pa.array([book.amounts[item] for item in mine], MONEY),
            "source": ["customer"] * len(mine),
        },
    ).cast(CHOSEN)


def _rungs(book: Book, items: pa.Table, ids: Ints) -> list[_Rung]:
    """Give what may say the price of each item, the first goes first."""
    groups = np.asarray(pc.fill_null(items["pricing_group"], _NONE))
    rungs = [_Rung(_mapped(ids, book.item_levels), "customer"), _Rung(_mapped(groups, book.groups), "group")]
    if book.level is not None:
        rungs.append(_Rung(np.full(len(ids), book.level), "base" if book.level == book.base else "level"))
    if book.base is not None:
        rungs.append(_Rung(np.full(len(ids), book.base), "base"))
    return rungs


def _climb(rungs: list[_Rung], ids: Ints, prices: pa.Table) -> tuple[Ints, npt.NDArray[np.str_]]:
    """Give each item's level, the first where it has any price, and what that is called."""
    level = np.full(len(ids), _NONE, np.int64)
    source = np.full(len(ids), "", "U8")
    item, of = prices["item"].to_numpy(), prices["price_level"].to_numpy()
    for rung in rungs:
        for each in np.unique(rung.levels[rung.levels != _NONE]):
            has = (level == _NONE) & (rung.levels == each) & np.isin(ids, item[of == each])
            level[has], source[has] = each, rung.source
    return level, source


def _mapped(values: Ints, levels: Mapping[int, int]) -> Ints:
    if not levels:
        return np.full(len(values), _NONE, np.int64)
    return np.array([levels.get(each, _NONE) for each in values.tolist()], np.int64)


def _without_marginal(chosen: pa.Table, items: pa.Table) -> pa.Table:
    """Leave out quantity breaks that hold only for the units above them: the shop cannot sell so."""
    marginal = items.filter(pc.fill_null(items["marginal"], fill_value=False))["id"].combine_chunks()
    if not len(marginal):
        return chosen
    one = pa.scalar(1, pa.int64()).cast(pa.decimal128(38, 6)).cast(QUANTITY)
    breaks = pc.and_(pc.is_in(chosen["item"], value_set=marginal), pc.greater(chosen["quantity"], one))
    return chosen.filter(pc.invert(breaks))
