"""What an order must come to in the ERP, worked out from its lines alone.

The oracle shares no code with Cartage, and of the shop it uses the lines' amounts, not the totals:
a test that finds the document's totals, the oracle and the ERP equal has three witnesses.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from sandbox.catalogue import CURRENCIES, SITES
from sandbox.shop.model import Amounts, Order, Priced
from sandbox.shop.varieties import VARIETIES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date

    from sandbox.shop.model import Adjustment

Fate = Literal["carried", "skipped", "quarantined"]
_SKIPPED_STATUS = {"CREATED", "FAILED"}
_DIGITS = dict(CURRENCIES.values())
_SITES = {site.site: site for site in SITES}


@dataclass(frozen=True)
class ExpectedLine:
    """A product or option line with every discount in it.

    Attributes:
        sku: product, or the option's product.
        kind: product or option.
        shipment_id: shipment it goes with.
        quantity: units.
        amounts: net, tax and gross after line, shipment and order discounts; the shares of the latter two
            are taken in sequence, each line its part of what is left, the last the rest.
    """

    sku: str
    kind: str
    shipment_id: str
    quantity: Decimal
    amounts: Amounts


@dataclass(frozen=True)
class Expected:
    """What must be true in the ERP once the order is there.

    Attributes:
        order_no: the shop's order number.
        site: the shop's site.
        currency: currency of all amounts.
        fate: carried; skipped (its status is not taken by default); quarantined (it cannot be carried).
        day: its date in the site's own zone.
        total: the whole order, gift certificates sold included, before tenders.
        merchandise: all product and option lines after every discount.
        shipping: all shipping, product-level too, after every discount.
        certificates_sold: gift certificates sold.
        certificates_tendered: paid with gift certificates.
        captured: paid by captures of any other kind.
        lines: every product and option line.
        shipments: gross of goods, shipping and gift certificates by shipment, shares of order discounts included.
    """

    order_no: str
    site: str
    currency: str
    fate: Fate
    day: date
    total: Amounts
    merchandise: Amounts
    shipping: Amounts
    certificates_sold: Decimal
    certificates_tendered: Decimal
    captured: Decimal
    lines: tuple[ExpectedLine, ...]
    shipments: dict[str, Decimal]

    @property
    def due(self) -> Decimal:
        """What is left to pay after gift certificates."""
        return self.total.gross - self.certificates_tendered

    @property
    def by_sku(self) -> dict[str, tuple[Decimal, Decimal]]:
        """Quantity and net amount by sku."""
        found: dict[str, tuple[Decimal, Decimal]] = defaultdict(lambda: (Decimal(0), Decimal(0)))
        for line in self.lines:
            quantity, net = found[line.sku]
            found[line.sku] = (quantity + line.quantity, net + line.amounts.net)
        return dict(found)


def expect(order: Order) -> Expected:
    """Work out what the order must come to."""
    if order.bare:
        order = Order(order.order_no, order.site, order.placed_at, order.currency, order.taxation, order.customer)
        fate: Fate = "quarantined"
    else:
        fate = _fate(order)
    goods = _Lines(order, order.merchandise())
    for shipment in order.shipments:
        goods.spread(shipment.adjustments, shipment.shipment_id)
    goods.spread(order.adjustments)
    costs = _Lines(order, order.shipping())
    costs.spread(order.shipping_adjustments)
    sold = sum((line.amounts.gross for line in order.certificate_lines), Decimal(0))
    merchandise, shipping = goods.total(), costs.total()
    return Expected(
        order_no=order.order_no,
        site=order.site,
        currency=order.currency,
        fate=fate,
        day=order.placed_at.astimezone(ZoneInfo(_SITES[order.site].zone)).date(),
        total=merchandise + shipping + Amounts(sold, Decimal(0), sold),
        merchandise=merchandise,
        shipping=shipping,
        certificates_sold=sold,
        certificates_tendered=_paid(order, lambda element, _: element == "gift-certificate"),
        captured=_paid(order, lambda element, kind: element != "gift-certificate" and kind == "CAPTURE"),
        lines=tuple(_expected_lines(order, goods)),
        shipments=_by_shipment(order, goods, costs),
    )


def _fate(order: Order) -> Fate:
    if order.status in _SKIPPED_STATUS or order.confirmation_status != "CONFIRMED":
        return "skipped"
    sound = all(VARIETIES[name].sound for name in order.varieties if name in VARIETIES)
    return "carried" if sound else "quarantined"


def _paid(order: Order, which: Callable[[str | None, str | None], bool]) -> Decimal:
    return sum((each.amount for each in order.payments if which(each.element, each.transaction_type)), Decimal(0))


class _Lines:
    """Lines of an order with the shares of discounts that stand above them."""

    def __init__(self, order: Order, lines: Sequence[Priced]) -> None:
        self._gross = order.taxation == "gross"
        self._unit = Decimal(1).scaleb(-_DIGITS.get(order.currency, 2))
        self._lines = lines
        self._shipment = _shipment_of(order)
        self._found = [line.adjusted for line in lines]

    def amounts(self) -> list[tuple[Priced, Amounts]]:
        return list(zip(self._lines, self._found, strict=True))

    def total(self) -> Amounts:
        return sum(self._found, Amounts())

    def spread(self, adjustments: Iterable[Adjustment], shipment_id: str | None = None) -> None:
        """Take each adjustment from the lines, in sequence, by their price in the site's own terms so far.

        Its tax is taken from lines that bear tax: a line at 0 % never gets a negative tax.
        """
        at = [i for i, line in enumerate(self._lines) if shipment_id in {None, self._shipment[id(line)]}]
        for adjustment in adjustments:
            weights = [self._found[i].gross if self._gross else self._found[i].net for i in at]
            prices = self._shares(adjustment.amounts.gross if self._gross else adjustment.amounts.net, weights)
            taxed = [weight if self._found[i].tax else Decimal(0) for i, weight in zip(at, weights, strict=True)]
            taxes = self._shares(adjustment.amounts.tax, taxed if any(taxed) else weights)
            for i, price, tax in zip(at, prices, taxes, strict=True):
                self._found[i] += Amounts(price - tax, tax, price) if self._gross else Amounts(price, tax, price + tax)

    def _shares(self, amount: Decimal, weights: list[Decimal]) -> list[Decimal]:
        left, weight_left, found = amount, sum(weights, Decimal(0)), []
        for weight in weights:
            exact = left * weight / weight_left if weight_left else Decimal(0)
            share = exact.quantize(self._unit, ROUND_HALF_UP)
            found.append(share)
            left, weight_left = left - share, weight_left - weight
        return found


def _shipment_of(order: Order) -> dict[int, str]:
    """Give the shipment of every line, by the line's identity."""
    found = {id(costs): costs.shipment_id for costs in order.shipping_lines}
    found |= {id(line): line.shipment_id for line in order.lines}
    for line in order.lines:
        found |= {id(option): line.shipment_id for option in line.options}
        if line.shipping:
            found[id(line.shipping)] = line.shipment_id
    return found


def _expected_lines(order: Order, goods: _Lines) -> Iterable[ExpectedLine]:
    amounts = iter(goods.amounts())
    for line in order.lines:
        _, own = next(amounts)
        yield ExpectedLine(line.sku, "product", line.shipment_id, line.quantity, own)
        for option in line.options:
            _, own = next(amounts)
            yield ExpectedLine(option.sku, "option", line.shipment_id, line.quantity, own)


def _by_shipment(order: Order, goods: _Lines, costs: _Lines) -> dict[str, Decimal]:
    shipment_of = _shipment_of(order)
    found = {shipment.shipment_id: Decimal(0) for shipment in order.shipments}
    for line, amounts in (*goods.amounts(), *costs.amounts()):
        found[shipment_of[id(line)]] += amounts.gross
    for certificate in order.certificate_lines:
        found[certificate.shipment_id] += certificate.amounts.gross
    return found
