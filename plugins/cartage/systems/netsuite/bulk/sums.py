"""What plain orders come to: shipping, taxes, totals, and whether they tie out with the shop's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cartage.mapping import canonical
from cartage.systems.netsuite.bulk.lines import OPTION, PRODUCT, PRODUCT_SHIPPING
from cartage.systems.netsuite.bulk.vectors import MICRO, Flags, Ints, counted, flags, micros, summed
from cartage.systems.netsuite.bulk.vectors import some as not_empty
from cartage.systems.netsuite.orders import taxes
from cartage.systems.netsuite.orders.amounts import ZERO
from cartage.systems.netsuite.orders.model import TaxPart
from cartage.systems.netsuite.orders.rows import plain

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from cartage.systems.netsuite.bulk.lines import Lines
    from cartage.systems.netsuite.bulk.tables import Run, Tables


@dataclass(frozen=True)
class Sums:
    """Amounts of each order, in millionths.

    Attributes:
        on_header: which orders have their shipping on the header.
        has_cost: which have a shipping cost there, though it may be zero.
        shipping_cost: it, else zero.
        on_lines: shipping that stands on lines.
        tax: all taxes.
        discount: discounts on merchandise, zero or negative.
        total: what NetSuite comes to.
    """

    on_header: Flags
    has_cost: Flags
    shipping_cost: Ints
    on_lines: Ints
    tax: Ints
    discount: Ints
    total: Ints


def sums(tables: Tables, run: Run, lines: Lines, good: Flags) -> Sums:
    """Add up the lines of each order, and take out of `good` what the rows would complain of."""
    count, owner, rules = tables.count, lines.owner, run.settings.orders
    costs = lines.of_shipping
    per_product = np.zeros(count, bool)
    per_product[owner[lines.kind == PRODUCT_SHIPPING]] = True
    on_header = ~per_product if rules.shipping == "header" else np.zeros(count, bool)
    have_costs = counted(owner[costs], count) > 0
    method = tables.rows["shipments"]["shipping_method"].take(pa.array(np.maximum(tables.first("shipments"), 0)))
    has_method = flags(pc.is_valid(not_empty(method)))
    cost = summed(np.where(costs, lines.after, 0), owner, count)
    merchandise = np.isin(lines.kind, (PRODUCT, OPTION))
    tax = summed(lines.tax_after, owner, count)
    total = summed(lines.after, owner, count) + tax
    good &= ~(on_header & have_costs & ~has_method & (cost != 0))
    if rules.items.shipping is None:
        good &= ~(~on_header & have_costs)
    good &= _ties_out(tables, run, total)
    return Sums(
        on_header=on_header,
        has_cost=has_method | (on_header & have_costs),
        shipping_cost=np.where(on_header, cost, 0),
        on_lines=np.where(on_header, 0, cost),
        tax=tax,
        discount=summed(np.where(merchandise, lines.off_net, 0), owner, count),
        total=total,
    )


def _ties_out(tables: Tables, run: Run, total: Ints) -> Flags:
    orders, rules = tables.rows["orders"], run.settings.orders
    gross, has_gross, small = micros(orders["order_gross"])
    net, _, small_net = micros(orders["order_net"])
    tax, _, small_tax = micros(orders["order_tax"])
    shop = np.where(has_gross, gross, net + tax)
    small &= has_gross | (small_net & small_tax)
    apart = np.abs(shop - total)
    near = small & (apart <= int(rules.tolerance * MICRO))
    return near & (apart == 0) if rules.items.rounding else near


@dataclass(frozen=True)
class Rates:
    """Tax rates of lines, and what NetSuite calls the taxes.

    Attributes:
        percent: the rate in percent as a JSON number, null where the line has none.
        code: internal id of the tax code.
        type: name of the tax type.
        named: where both are known.
    """

    percent: pa.Array
    code: pa.Array
    type: pa.Array
    named: Flags


def rates(run: Run, lines: Lines) -> Rates:
    """Look up each distinct rate."""
    rules, known = run.settings.orders, run.known.tax_codes
    column = lines.or_parents("tax_rate")
    encoded = column.dictionary_encode()
    distinct: list[Decimal | None] = [plain(each) for each in encoded.dictionary.to_pylist()]
    places = pc.fill_null(encoded.indices, len(distinct))
    distinct.append(None)

    def laid_out(make: Callable[[Decimal | None], Any]) -> pa.Array:
        return pa.array([make(each) for each in distinct], pa.string()).take(places)

    def code(rate: Decimal | None) -> str | None:
        found = taxes.name_of(rules.tax_codes, TaxPart(None, rate, ZERO))
        return found if found in known else None

    codes = laid_out(code)
    types = laid_out(lambda rate: taxes.name_of(rules.tax_types, TaxPart(None, rate, ZERO)))
    percents = laid_out(lambda rate: None if rate is None else canonical.dumps(taxes.percent(rate)))
    return Rates(percents, codes, types, flags(pc.and_(pc.is_valid(codes), pc.is_valid(types))))
