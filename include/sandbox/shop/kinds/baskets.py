"""What lies in the basket: lines, quantities, options, bundles, bonus lines, gift certificates."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox.shop.basket import BY_SKU, SETS, add_line, add_option, members
from sandbox.shop.model import Adjustment, Bundled, CertificateLine, Order, ProductLine
from sandbox.shop.pricing import extended
from sandbox.shop.varieties import Stage, variety

if TYPE_CHECKING:
    from random import Random

_BASKET = Stage.BASKET


@variety(_BASKET)
def plain(order: Order, rng: Random) -> None:
    """One product, once, to one address, paid by card."""


@variety(_BASKET)
def several_lines(order: Order, rng: Random) -> None:
    """Two to six more products."""
    for _ in range(rng.randint(2, 6)):
        add_line(order, rng, order.shipments[0], quantity=rng.randint(1, 3))


@variety(_BASKET)
def same_product_twice(order: Order, rng: Random) -> None:
    """The same product in two lines, one of them with an option."""
    first = order.lines[0]
    again = add_line(order, rng, order.shipments[0], BY_SKU[first.sku])
    add_option(again, "GIFT-WRAP")


@variety(_BASKET)
def several_quantity(order: Order, rng: Random) -> None:
    """A quantity above one: 3 x 18.99 gross rounds its tax per line."""
    add_line(order, rng, order.shipments[0], BY_SKU["NL-1003"], quantity=3)
    order.lines[0].quantity = Decimal(rng.randint(2, 12))


@variety(_BASKET)
def fractional_quantity(order: Order, rng: Random) -> None:
    """Goods by the metre: quantity 2.75, with a unit."""
    line = add_line(order, rng, order.shipments[0], BY_SKU["NL-1014"])
    line.quantity, line.unit = Decimal(rng.randint(5, 40)) / 4, "m"
    line.minimum = line.step = Decimal("0.25")


@variety(_BASKET)
def huge_quantity(order: Order, rng: Random) -> None:
    """A very large quantity of a very cheap thing."""
    add_line(order, rng, order.shipments[0], BY_SKU["NL-1019"], quantity=rng.randint(5_000, 12_000))


@variety(_BASKET)
def leading_zero_sku(order: Order, rng: Random) -> None:
    """A sku that is a bar code with leading zeros."""
    add_line(order, rng, order.shipments[0], BY_SKU["0012345678905"])


@variety(_BASKET)
def option(order: Order, rng: Random) -> None:
    """One option on a line; it adds to the total."""
    add_option(order.lines[0], rng.choice(("WARRANTY-2Y", "MONOGRAM", "GIFT-WRAP")))


@variety(_BASKET)
def several_options(order: Order, rng: Random) -> None:
    """Three options on a line of several units."""
    line = add_line(order, rng, order.shipments[0], quantity=rng.randint(2, 3))
    for sku in ("WARRANTY-2Y", "MONOGRAM", "GIFT-WRAP"):
        add_option(line, sku)


def _set(order: Order, rng: Random) -> ProductLine:
    product = rng.choice(SETS)
    line = add_line(order, rng, order.shipments[0], product)
    line.bundled = members(product)
    return line


@variety(_BASKET)
def bundle(order: Order, rng: Random) -> None:
    """A set whose children are in its price."""
    _set(order, rng)


@variety(_BASKET)
def nested_bundle(order: Order, rng: Random) -> None:
    """A set that holds another set."""
    line = _set(order, rng)
    inner = SETS[0] if line.sku != SETS[0].sku else SETS[1]
    line.bundled.append(Bundled(inner.sku, inner.name, Decimal(1), members(inner)))


@variety(_BASKET)
def bundle_several(order: Order, rng: Random) -> None:
    """Several of a set, with an option on it."""
    line = _set(order, rng)
    line.quantity = Decimal(rng.randint(2, 4))
    add_option(line, "GIFT-WRAP")


@variety(_BASKET)
def bonus_line(order: Order, rng: Random) -> None:
    """A bonus product: an adjustment brings its price to zero, nothing else marks it."""
    line = add_line(order, rng, order.shipments[0])
    gift = -extended(line, order.currency)
    line.adjustments.append(Adjustment("bonus-product", gift, text="Bonus product", campaign_id="bonus"))


@variety(_BASKET)
def custom_bonus_line(order: Order, rng: Random) -> None:
    """A bonus product by custom code: its adjustment names the discount."""
    line = add_line(order, rng, order.shipments[0])
    gift = -extended(line, order.currency)
    line.adjustments.append(Adjustment("bonus-by-code", gift, discount=("bonus", None)))


@variety(_BASKET)
def free_product(order: Order, rng: Random) -> None:
    """A product whose price is zero from the start."""
    add_line(order, rng, order.shipments[0]).base_price = Decimal("0.00")


def _certificate(order: Order, rng: Random) -> None:
    customer = order.customer
    order.certificate_lines.append(
        CertificateLine(
            base_price=Decimal(rng.choice((25, 50, 100))).quantize(Decimal("0.01")),
            text="Gift certificate",
            shipment_id=order.shipments[0].shipment_id,
            merchant_id=f"GC-{order.order_no.strip()[:40]}-{len(order.certificate_lines) + 1}",
            certificate_id=f"{rng.randrange(36**16):016d}"[:16],
            recipient_email="friend@example.com",
            recipient_name="Friend & Family",
            sender_name=customer.name,
            message="Happy birthday!\nWith love",
        )
    )


@variety(_BASKET)
def gift_certificate_sold(order: Order, rng: Random) -> None:
    """A gift certificate besides goods: only in the order's total, never taxed."""
    _certificate(order, rng)


@variety(_BASKET, rare=True)
def only_gift_certificates(order: Order, rng: Random) -> None:
    """Two gift certificates and no product: nothing is shipped."""
    order.lines.clear()
    order.shipments[0].method = None
    order.shipping_lines.clear()
    _certificate(order, rng)
    _certificate(order, rng)


@variety(_BASKET)
def line_position_gaps(order: Order, rng: Random) -> None:
    """Lines whose positions have gaps, since something was taken out of the basket."""
    add_line(order, rng, order.shipments[0])
    add_line(order, rng, order.shipments[0])
    for index, line in enumerate(order.lines):
        line.position = 3 * index + 1


@variety(_BASKET, rare=True)
def many_lines(order: Order, rng: Random) -> None:
    """A hundred lines."""
    for _ in range(99):
        add_line(order, rng, order.shipments[0], quantity=rng.randint(1, 5))
