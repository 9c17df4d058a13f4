# ruff: noqa: ARG001 - every change takes the order and a source of chance, whether it needs it or not
"""Discounts: on products, options, the order, a shipment and its shipping.

They act in the order they stand in here, lines before shipments before the order, as promotions do.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox.shop.basket import add_line, add_option
from sandbox.shop.model import ZERO, Adjustment, Attribute, Order, Priced
from sandbox.shop.pricing import adjusted_price, rounded
from sandbox.shop.varieties import Stage, variety

if TYPE_CHECKING:
    from random import Random

_DISCOUNTS = Stage.DISCOUNTS


def _percent(order: Order, price: Decimal, percent: int) -> Decimal:
    return -rounded(price * percent / 100, order.currency)


def _off_line(order: Order, line: Priced, percent: int, promotion: str) -> Adjustment:
    amount = _percent(order, adjusted_price(line, order.currency), percent)
    adjustment = Adjustment(promotion, amount, text=f"{percent} % off", campaign_id="summer-sale")
    line.adjustments.append(adjustment)
    return adjustment


def _merchandise_price(order: Order) -> Decimal:
    """Price of all products after product- and order-level adjustments so far, in the site's own terms."""
    lines = sum((adjusted_price(line, order.currency) for line in order.merchandise()), ZERO)
    above = [*order.adjustments, *(each for shipment in order.shipments for each in shipment.adjustments)]
    return lines + sum((each.price for each in above), ZERO)


def _off_order(order: Order, amount: Decimal, promotion: str) -> Adjustment:
    """Lower the order by at most what is left of it."""
    adjustment = Adjustment(promotion, max(amount, -_merchandise_price(order)), text=promotion.capitalize())
    order.adjustments.append(adjustment)
    return adjustment


@variety(_DISCOUNTS)
def product_discount(order: Order, rng: Random) -> None:
    """A percentage off one line."""
    _off_line(order, order.lines[0], rng.choice((5, 10, 15, 33)), "product-sale")


@variety(_DISCOUNTS)
def several_product_discounts(order: Order, rng: Random) -> None:
    """Two discounts in sequence on one line, one of them from an A/B test."""
    line = order.lines[0]
    _off_line(order, line, 10, "product-sale")
    second = _off_line(order, line, rng.choice((3, 7)), "product-extra")
    second.campaign_id, second.abtest = None, ("homepage-test", "segment-b")


@variety(_DISCOUNTS)
def option_discount(order: Order, rng: Random) -> None:
    """A discount on an option, not on its product."""
    option = add_option(order.lines[0], rng.choice(("WARRANTY-2Y", "MONOGRAM")))
    option.quantity = order.lines[0].quantity
    _off_line(order, option, 50, "half-price-option")


@variety(_DISCOUNTS)
def manual_discount(order: Order, rng: Random) -> None:
    """A discount that an agent gave by hand, with a reason and a custom attribute."""
    adjustment = _off_line(order, order.lines[0], rng.randint(1, 20), "AGENT_DISCOUNT")
    adjustment.campaign_id = None
    adjustment.reason_code = "PRICE_MATCH"
    adjustment.manual = ("agent.smith", order.placed_at + timedelta(minutes=3))
    adjustment.discount = ("amount", format(-adjustment.price, "f"))
    adjustment.attributes = [Attribute("approvedBy", ("supervisor",))]


@variety(_DISCOUNTS)
def every_discount_kind(order: Order, rng: Random) -> None:
    """The eleven kinds of `discount` that custom code can export, a cent each."""
    kinds = (
        ("amount", "0.01"), ("bonus", None), ("bonus-choice", None), ("fixed-price", "9.99"),
        ("fixed-price-shipping", "1.00"), ("free", None), ("free-shipping", None), ("percentage", "10.0"),
        ("percent-off-options", "5.0"), ("price-book-id", "usd-sale-prices"), ("total-fixed-price", "50.00"),
    )  # fmt: skip
    line = add_line(order, rng, order.shipments[0], quantity=2)
    cent = min(rounded(Decimal("0.01"), order.currency), adjusted_price(line, order.currency) / len(kinds))
    line.adjustments += [Adjustment(f"by-code-{kind}", -cent, discount=(kind, value)) for kind, value in kinds]


@variety(_DISCOUNTS, group="tax-basis")
def tax_basis(order: Order, rng: Random) -> None:
    """The site taxes adjusted prices only: adjustments carry zero tax, lines a smaller tax-basis."""
    order.tax_basis = True
    add_line(order, rng, order.shipments[0])
    _off_line(order, order.lines[0], 10, "product-sale")
    _off_order(order, Decimal("-3.33"), "welcome")


@variety(_DISCOUNTS)
def shipment_discount(order: Order, rng: Random) -> None:
    """A discount of one shipment: it stands under that shipment's totals."""
    shipment = order.shipments[0]
    add_line(order, rng, shipment)
    lines = sum((adjusted_price(line, order.currency) for line in order.merchandise(shipment.shipment_id)), ZERO)
    amount = max(Decimal("-2.50"), -lines - sum((each.price for each in shipment.adjustments), ZERO))
    shipment.adjustments.append(Adjustment("shipment-sale", amount, text="2.50 off this parcel", campaign_id="parcel"))


@variety(_DISCOUNTS)
def order_discount_amount(order: Order, rng: Random) -> None:
    """An amount off the order: it stands under totals, on no line."""
    add_line(order, rng, order.shipments[0], quantity=2)
    _off_order(order, Decimal(-rng.randint(1, 10)).quantize(Decimal("0.01")), "welcome")


@variety(_DISCOUNTS)
def order_discount_percent(order: Order, rng: Random) -> None:
    """A percentage off the order, over three lines so that shares leave a rest."""
    for _ in range(2):
        add_line(order, rng, order.shipments[0])
    _off_order(order, _percent(order, _merchandise_price(order), rng.choice((5, 10, 13))), "ten-off")


@variety(_DISCOUNTS)
def order_discounts_several(order: Order, rng: Random) -> None:
    """Two order-level discounts in sequence besides one on a line."""
    add_line(order, rng, order.shipments[0])
    _off_line(order, order.lines[0], 10, "product-sale")
    _off_order(order, _percent(order, _merchandise_price(order), 10), "ten-off")
    _off_order(order, Decimal("-1.11"), "loyalty")


@variety(_DISCOUNTS)
def order_discount_coupon(order: Order, rng: Random) -> None:
    """An order-level discount by coupon."""
    amount = _percent(order, _merchandise_price(order), rng.choice((15, 20)))
    adjustment = _off_order(order, amount, "newsletter")
    adjustment.coupon_id, adjustment.campaign_id = "NEWS-2026", "newsletter"


@variety(_DISCOUNTS, group="whole")
def order_discount_whole(order: Order, rng: Random) -> None:
    """A discount of all merchandise: only shipping is left to pay."""
    add_line(order, rng, order.shipments[0])
    _off_order(order, -_merchandise_price(order), "everything-free")


@variety(_DISCOUNTS, group="shipping-discount")
def shipping_discount(order: Order, rng: Random) -> None:
    """A percentage off the shipping costs of a shipment."""
    _off_line(order, order.shipping_lines[0], rng.choice((10, 50)), "shipping-sale")


@variety(_DISCOUNTS, group="shipping-discount")
def free_shipping(order: Order, rng: Random) -> None:
    """Shipping for nothing, by a full discount of every shipping line."""
    for line in order.shipping_lines:
        _off_line(order, line, 100, "free-shipping")


@variety(_DISCOUNTS, group="shipping-discount")
def order_shipping_discount(order: Order, rng: Random) -> None:
    """A discount of all shipping: it stands under totals/shipping-total."""
    price = sum((adjusted_price(line, order.currency) for line in order.shipping()), ZERO)
    order.shipping_adjustments.append(
        Adjustment("order-shipping", _percent(order, price, 25), text="25 % off shipping", campaign_id="shipping")
    )
