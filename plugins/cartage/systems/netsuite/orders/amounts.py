"""Money: exact amounts, the currency's minor unit, and splitting without losing any of it.

docs/decisions/0004-money-on-a-line.md says why amounts are split as they are.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from cartage.records.columns import MONEY

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ZERO = Decimal(0)

_NO_MINOR_UNIT = frozenset(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ]
)
_THREE_DIGITS = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])


@lru_cache(maxsize=256)
def minor_unit(currency: str) -> Decimal:
    """Give the smallest amount of a currency (ISO 4217): 0.01 of EUR, 1 of JPY, 0.001 of KWD."""
    if currency in _NO_MINOR_UNIT:
        return Decimal(1)
    return Decimal("0.001") if currency in _THREE_DIGITS else Decimal("0.01")


def rounded(amount: Decimal, unit: Decimal) -> Decimal:
    """Round to the unit, half away from zero, as SFCC and NetSuite do."""
    return amount.quantize(unit, ROUND_HALF_UP)


def split(amount: Decimal, weights: Sequence[Decimal], unit: Decimal) -> list[Decimal]:
    """Split an amount by weight, in sequence: each takes its share of what is left, the last takes the rest.

    The shares always sum to `amount`. All but the last are whole units. A weight below zero counts as zero; when
    no weight is above zero, the last of them takes everything.
    """
    shares = [ZERO] * len(weights)
    if not amount or not weights:
        return shares
    left, weight_left = amount, sum((each for each in weights if each > 0), ZERO)
    if not weight_left:
        shares[-1] = amount
        return shares
    for place, weight in enumerate(weights):
        if weight <= 0:
            continue
        share = left if weight == weight_left else rounded(left * weight / weight_left, unit)
        shares[place] = share
        left -= share
        weight_left -= weight
    return shares


def whole_units(amounts: Sequence[Decimal], unit: Decimal) -> list[Decimal]:
    """Round amounts so that their sum is the rounded sum: what one loses to rounding, the next one gets.

    Shops that tax in groups write fractions of a cent on lines; NetSuite keeps none.
    """
    results, carried = [], ZERO
    for amount in amounts:
        result = rounded(amount + carried, unit)
        carried += amount - result
        results.append(result)
    return results


def total(amounts: Iterable[Decimal]) -> Decimal:
    """Sum amounts exactly."""
    return sum(amounts, ZERO)


def with_known(table: pa.Table) -> pa.Table:
    """Add `known_net` and `known_tax` to rows that have `net`, `tax` and `gross`, any of which may be left out.

    A net amount that the document left out is gross less tax, a tax that it left out is gross less net, else zero.
    A net that cannot be known stays null. All in Arrow on decimal128, so exact.
    """
    zero = pa.scalar(ZERO, MONEY)
    net, tax, gross = table["net"], table["tax"], table["gross"]
    known_tax = pc.coalesce(tax, _money(pc.subtract(gross, net)), zero)
    known_net = pc.coalesce(net, _money(pc.subtract(gross, known_tax)))
    return table.append_column("known_net", known_net).append_column("known_tax", known_tax)


def with_adjustments(lines: pa.Table, adjustments: pa.Table) -> pa.Table:
    """Add the sums of each line's own adjustments, `own_net` and `own_tax`, and whether it has whole units.

    Args:
        lines: the lines, `with_known`.
        adjustments: all adjustments, `with_known`; those of totals are passed over.

    Returns:
        The lines with `own_net`, `own_tax` (zero where there are none) and `cents`, true when every amount of the
        line is a whole hundredth: the rare others need rounding.
    """
    on_lines = adjustments.filter(pc.is_valid(adjustments["line"]))
    sums = on_lines.group_by("line").aggregate([("known_net", "sum"), ("known_tax", "sum")])
    place = pc.index_in(lines["line"], value_set=sums["line"])
    zero = pa.scalar(ZERO, MONEY)
    own_net = pc.coalesce(_money(sums["known_net_sum"]).take(place), zero)
    own_tax = pc.coalesce(_money(sums["known_tax_sum"]).take(place), zero)
    cents = [_in_cents(each) for each in (lines["known_net"], lines["known_tax"], own_net, own_tax)]
    return (
        lines.append_column("own_net", own_net)
        .append_column("own_tax", own_tax)
        .append_column("cents", pc.and_(pc.and_(cents[0], cents[1]), pc.and_(cents[2], cents[3])))
    )


def _in_cents(amounts: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.fill_null(pc.equal(pc.round(amounts, ndigits=2), amounts), True)


def _money(amounts: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.cast(amounts, MONEY)
