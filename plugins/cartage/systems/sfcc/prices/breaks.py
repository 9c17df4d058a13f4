"""Quantity breaks as the guardrail looks at them: a slipped decimal point in the price of ten is no less wrong."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cartage.mapping.canonical import number
from cartage.records.columns import TEXT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Prices = Mapping[Decimal, Decimal]

_TOLD = re.compile(r"[A-Z]{3} (?P<tiers>[0-9.]+=[0-9.]+(?: [0-9.]+=[0-9.]+)*)(?: |$)")
_ONE = Decimal(1)


def breaks(told: pa.Array, hashes: pa.Array, tiers: pa.Table, parents: NDArray[np.int64]) -> pa.Array:
    """Give the break of each price that moves the most, null where the price of one unit moves as far.

    What the shop was told of breaks stands in the content hash as long as it is short enough to be read.

    Args:
        told: content hashes that the shop was last told.
        hashes: those of now.
        tiers: columns `quantity` and `amount`, by row.
        parents: place of each tier's row.
    """
    count = len(told)
    several = pc.or_kleene(
        pc.greater(pc.count_substring(told, "="), 1), pa.array(np.bincount(parents, minlength=count) > 1)
    )
    news = pc.fill_null(pc.and_(several, pc.not_equal(told, hashes)), fill_value=False)
    places = np.flatnonzero(np.asarray(news))
    if not len(places):
        return pa.nulls(count, TEXT)
    now: dict[int, dict[Decimal, Decimal]] = {place: {} for place in places.tolist()}
    mine = np.isin(parents, places)
    some = tiers.filter(pa.array(mine))
    for place, quantity, amount in zip(
        parents[mine].tolist(), some["quantity"].to_pylist(), some["amount"].to_pylist(), strict=True
    ):
        now[place][quantity] = amount
    texts: list[str | None] = [None] * count
    for place, prices in now.items():
        texts[place] = steepest(told[place].as_py(), prices)
    return pa.array(texts, TEXT)


def steepest(told: str, now: Prices) -> str | None:
    """Give the break that moves the most: from how many units on, the price that was told, the price of now.

    A break that is new, or gone, is held against what so many units cost otherwise.

    >>> steepest("EUR 1=89 10=80", {Decimal(1): Decimal(89), Decimal(10): Decimal(8)})
    '10 80 8'
    """
    found = _TOLD.match(told)
    if found is None or _ONE not in now:
        return None
    before = {Decimal(q): Decimal(a) for q, a in (each.split("=") for each in found["tiers"].split(" "))}
    if _ONE not in before:
        return None
    moves = {each: _moved(_at(before, each), _at(now, each)) for each in {*before, *now}}
    steepest_at = max(sorted(moves), key=lambda each: moves[each])
    if moves[steepest_at] <= moves[_ONE]:
        return None
    return " ".join(number(each) for each in (steepest_at, _at(before, steepest_at), _at(now, steepest_at)))


def _at(prices: Prices, quantity: Decimal) -> Decimal:
    return prices[max(each for each in prices if each <= quantity)]


def _moved(before: Decimal, after: Decimal) -> Decimal:
    return abs(after - before) / before if before else Decimal(after != before)
