"""Prices an order the way B2C Commerce does: rounded per line, taxed net or gross, totals from lines.

- ``net-price``, ``tax`` and ``gross-price`` of a line are the line's own, before its adjustments.
- An order-level adjustment stays at the order; its tax follows the mean rate of the merchandise
  (as the storefront reference architecture's tax calculation has it).
- With the tax-basis preference the tax of a line is that of its adjusted price, order-level shares
  included, and adjustments carry none.
- Grouped taxation rounds the sum of each tax rate, not each line.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from sandbox.catalogue import CURRENCIES
from sandbox.shop.model import ZERO, Adjustment, Amounts, Order, Priced, Shipment, Totals

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_DIGITS = dict(CURRENCIES.values())


def rounded(amount: Decimal, currency: str) -> Decimal:
    """Round half up to the smallest unit of the currency."""
    return amount.quantize(Decimal(1).scaleb(-_DIGITS.get(currency, 2)), ROUND_HALF_UP)


def extended(line: Priced, currency: str) -> Decimal:
    """Give unit price times quantity, in the site's own terms, rounded."""
    return rounded(line.base_price * line.quantity, currency)


def adjusted_price(line: Priced, currency: str) -> Decimal:
    """Give the line's price after its own adjustments, in the site's own terms."""
    return extended(line, currency) + sum((each.price for each in line.adjustments), ZERO)


def shares(amount: Decimal, weights: Sequence[Decimal], currency: str) -> list[Decimal]:
    """Split an amount over weights in sequence: each takes its part of what is left, the last the rest."""
    left, weight_left, parts = amount, sum(weights, ZERO), []
    for weight in weights:
        part = rounded(left * weight / weight_left, currency) if weight_left else ZERO
        parts.append(part)
        left, weight_left = left - part, weight_left - weight
    return parts


class _Taxer:
    """Taxes prices of one order; under grouped taxation it carries the rounding of each rate along."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._exact: dict[Decimal, Decimal] = defaultdict(Decimal)

    def tax(self, price: Decimal, rate: Decimal) -> Decimal:
        exact = price * rate / (1 + rate) if self._order.taxation == "gross" else price * rate
        if not self._order.tax_rounded_at_group:
            return rounded(exact, self._order.currency)
        before = rounded(self._exact[rate], self._order.currency)
        self._exact[rate] += exact
        return rounded(self._exact[rate], self._order.currency) - before

    def amounts(self, price: Decimal, tax: Decimal) -> Amounts:
        if self._order.taxation == "gross":
            return Amounts(price - tax, tax, price)
        return Amounts(price, tax, price + tax)


def price(order: Order) -> None:
    """Fill in all amounts and totals of the order, from its prices, quantities and rates."""
    taxer = _Taxer(order)
    for line in order.lines:
        for option in line.options:
            option.quantity, option.tax_rate = line.quantity, line.tax_rate
    bases = _order_level_shares(order) if order.tax_basis else {}
    for each in (*order.merchandise(), *order.shipping()):
        _price_line(order, taxer, each, bases.get(id(each), ZERO))
    for certificate in order.certificate_lines:
        amount = extended(certificate, order.currency)
        certificate.amounts, certificate.tax_basis = Amounts(amount, ZERO, amount), amount
    _price_order_level(order, taxer)
    _total(order)


def _order_level_shares(order: Order) -> dict[int, Decimal]:
    """Give each line's part of the adjustments that stand above lines, by identity of the line."""
    parts: dict[int, Decimal] = defaultdict(Decimal)

    def spread(adjustments: Iterable[Adjustment], lines: Sequence[Priced]) -> None:
        for adjustment in adjustments:
            weights = [adjusted_price(line, order.currency) + parts[id(line)] for line in lines]
            for line, part in zip(lines, shares(adjustment.price, weights, order.currency), strict=True):
                parts[id(line)] += part

    for shipment in order.shipments:
        spread(shipment.adjustments, order.merchandise(shipment.shipment_id))
    spread(order.adjustments, order.merchandise())
    spread(order.shipping_adjustments, order.shipping())
    return parts


def _price_line(order: Order, taxer: _Taxer, line: Priced, share: Decimal) -> None:
    amount = extended(line, order.currency)
    line.tax_basis = adjusted_price(line, order.currency) + share if order.tax_basis else amount
    tax = taxer.tax(line.tax_basis, line.tax_rate)
    line.amounts = taxer.amounts(amount, tax)
    for part, taxed in zip(
        line.tax_parts, shares(tax, [each.rate for each in line.tax_parts], order.currency), strict=True
    ):
        part.amount = taxed
    for adjustment in line.adjustments:
        _price_adjustment(order, taxer, adjustment, line.tax_rate)


def _price_adjustment(order: Order, taxer: _Taxer, adjustment: Adjustment, rate: Decimal) -> None:
    tax = ZERO if order.tax_basis else taxer.tax(adjustment.price, rate)
    adjustment.amounts = (
        Amounts(adjustment.price, ZERO, adjustment.price) if order.tax_basis else taxer.amounts(adjustment.price, tax)
    )
    adjustment.tax_basis = ZERO if order.tax_basis else adjustment.price


def _mean_rate(lines: Iterable[Priced]) -> Decimal:
    total = sum((line.amounts for line in lines), Amounts())
    return total.gross / total.net - 1 if total.net else ZERO


def _price_order_level(order: Order, taxer: _Taxer) -> None:
    for shipment in order.shipments:
        rate = _mean_rate(order.merchandise(shipment.shipment_id))
        for adjustment in shipment.adjustments:
            _price_adjustment(order, taxer, adjustment, rate)
    for adjustments, lines in (
        (order.adjustments, order.merchandise()),
        (order.shipping_adjustments, order.shipping()),
    ):
        rate = _mean_rate(lines)
        for adjustment in adjustments:
            _price_adjustment(order, taxer, adjustment, rate)


def _sum(adjustments: Iterable[Adjustment]) -> Amounts:
    return sum((each.amounts for each in adjustments), Amounts())


def _total(order: Order) -> None:
    """Total shipments, then the order: what stands above a shipment is in no shipment's total."""
    for shipment in order.shipments:
        shipment.totals = _totals(order, shipment)
    order.totals = _totals(order, None)


def _totals(order: Order, shipment: Shipment | None) -> Totals:
    which = shipment.shipment_id if shipment else None
    merchandise, shipping = order.merchandise(which), order.shipping(which)
    totals = Totals(
        merchandize=sum((line.amounts for line in merchandise), Amounts()),
        adjusted_merchandize=sum((line.adjusted for line in merchandise), Amounts()),
        shipping=sum((line.amounts for line in shipping), Amounts()),
        adjusted_shipping=sum((line.adjusted for line in shipping), Amounts()),
    )
    for each in order.shipments if shipment is None else [shipment]:
        totals.adjusted_merchandize += _sum(each.adjustments)
    if shipment is None:
        totals.adjusted_merchandize += _sum(order.adjustments)
        totals.adjusted_shipping += _sum(order.shipping_adjustments)
    certificates = [each for each in order.certificate_lines if which in {None, each.shipment_id}]
    totals.total = sum((each.amounts for each in certificates), totals.adjusted_merchandize + totals.adjusted_shipping)
    return totals
