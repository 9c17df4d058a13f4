"""What plain orders come to: shipping, taxes, totals, and whether they tie out with the shop's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cartage.mapping import canonical
from cartage.systems.netsuite.bulk.kinds import OPTION, PRODUCT_SHIPPING, TENDER
from cartage.systems.netsuite.bulk.vectors import MICRO, Flags, Ints, counted, flags, micros, picked, some, summed
from cartage.systems.netsuite.orders import taxes
from cartage.systems.netsuite.orders.amounts import ZERO
from cartage.systems.netsuite.orders.model import TaxPart
from cartage.systems.netsuite.orders.rows import plain

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from cartage.systems.netsuite.bulk.lines import Lines
    from cartage.systems.netsuite.bulk.parts import Parts
    from cartage.systems.netsuite.bulk.tables import Run, Tables


@dataclass(frozen=True)
class Sums:
    """Amounts of each sales order, in millionths.

    Attributes:
        on_header: which have their shipping on the header.
        has_cost: which have a shipping cost there, though it may be zero.
        shipping_cost: it, else zero.
        on_lines: shipping that stands on lines.
        tax: all taxes.
        discount: discounts on merchandise, zero or negative.
        tenders: gift certificates that it was paid with.
        total: what NetSuite comes to: without those.
    """

    on_header: Flags
    has_cost: Flags
    shipping_cost: Ints
    on_lines: Ints
    tax: Ints
    discount: Ints
    tenders: Ints
    total: Ints

    @classmethod
    def nothing(cls, count: int) -> Sums:
        """Give the sums of sales orders without lines."""
        no, zero = np.zeros(count, bool), np.zeros(count, np.int64)
        return cls(no, no, zero, zero, zero, zero, zero, zero)


def sums(tables: Tables, run: Run, parts: Parts, lines: Lines, good: Flags) -> Sums:
    """Add up the lines of each sales order, and take orders out of `good` that the rows would complain of."""
    of_line, rules = parts.of_line, run.settings.orders

    def total(amounts: Ints, which: Flags | None = None) -> Ints:
        return summed(amounts if which is None else np.where(which, amounts, 0), of_line, len(parts))

    costs = lines.of_shipping
    of_products = np.zeros(tables.count, bool)
    of_products[lines.owner[lines.kind == PRODUCT_SHIPPING]] = True
    on_header = ~of_products[parts.order] & ~parts.several & (rules.shipping == "header")
    have_costs = counted(of_line[costs], len(parts)) > 0
    method = flags(pc.is_valid(some(picked(tables.rows["shipments"]["shipping_method"], parts.shipment))))
    cost, tax = total(lines.after, costs), total(lines.tax_after)
    found = Sums(
        on_header=on_header,
        has_cost=method | (on_header & have_costs),
        shipping_cost=np.where(on_header, cost, 0),
        on_lines=np.where(on_header, 0, cost),
        tax=tax,
        discount=total(lines.off_net, lines.kind <= OPTION),
        tenders=-total(lines.net, lines.kind == TENDER),
        total=total(lines.after) + tax,
    )
    odd = on_header & have_costs & ~method & (cost != 0)
    if rules.items.shipping is None:
        odd |= ~on_header & have_costs
    good[parts.order[odd]] = False
    good &= _ties_out(tables, run, summed(found.total + found.tenders, parts.order, tables.count))
    return found


def _ties_out(tables: Tables, run: Run, total: Ints) -> Flags:
    """Compare with the shop's totals; an order that a rounding line would be added to is none of ours."""
    orders, rules = tables.rows["orders"], run.settings.orders
    gross, has_gross, small = micros(orders["order_gross"])
    net, _, small_net = micros(orders["order_net"])
    tax, _, small_tax = micros(orders["order_tax"])
    small &= has_gross | (small_net & small_tax)
    apart = np.abs(np.where(has_gross, gross, net + tax) - total)
    near: Flags = small & (apart <= int(rules.tolerance * MICRO))
    return near & (apart == 0) if rules.items.rounding else near


@dataclass(frozen=True)
class Rates:
    """Tax rates of lines, and what NetSuite calls the taxes.

    Attributes:
        percent: the rate in percent as a JSON number, null where the line has none.
        code: internal id of the tax code.
        type: name of the tax type.
    """

    percent: pa.Array
    code: pa.Array
    type: pa.Array


def rates(run: Run, lines: Lines, good: Flags) -> Rates:
    """Look up each distinct rate, and take orders out of `good` whose taxes have no name."""
    rules, known = run.settings.orders, run.known.tax_codes
    encoded = lines.or_parents("tax_rate").dictionary_encode()
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
    good[lines.owner[lines.taxed & ~flags(pc.and_(pc.is_valid(codes), pc.is_valid(types)))]] = False
    return Rates(percents, codes, types)
