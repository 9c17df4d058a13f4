# ruff: noqa: ARG001 - every change takes the order and a source of chance, whether it needs it or not
"""How an order is sent: several shipments, several methods, shipping per product, pick-up in store."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox.catalogue import SHIPPING_METHODS
from sandbox.shop import buyers
from sandbox.shop.basket import SITE, add_line, add_shipment, another_address
from sandbox.shop.model import Attribute, Order, ProductShipping, Shipment
from sandbox.shop.varieties import Stage, variety

if TYPE_CHECKING:
    from random import Random

_SHIPMENTS = Stage.SHIPMENTS


@variety(_SHIPMENTS)
def several_shipments(order: Order, rng: Random) -> None:
    """Three shipments, each with an address and a method of its own."""
    country = SITE[order.site].country
    for method in ("EXPRESS", "STANDARD"):
        shipment = add_shipment(order, rng, address=buyers.address(rng, country), method=method)
        add_line(order, rng, shipment, quantity=rng.randint(1, 2))


@variety(_SHIPMENTS)
def same_address_twice(order: Order, rng: Random) -> None:
    """Two shipments to one address."""
    shipment = add_shipment(order, rng, address=order.shipments[0].address)
    add_line(order, rng, shipment)


@variety(_SHIPMENTS)
def ship_to_neighbour(order: Order, rng: Random) -> None:
    """The shipping address is not the billing address."""
    billing = order.customer.billing
    assert billing
    order.shipments[0].address = another_address(order, rng, billing)


@variety(_SHIPMENTS)
def express(order: Order, rng: Random) -> None:
    """The express method for the first shipment."""
    _send_by(order, order.shipments[0], "EXPRESS")


def _send_by(order: Order, shipment: Shipment, method: str) -> None:
    shipment.method = method
    for line in order.shipping_lines:
        if line.shipment_id == shipment.shipment_id:
            line.item_id, line.base_price = f"{method}_SHIPPING", SHIPPING_METHODS[method][1]


@variety(_SHIPMENTS)
def free_method(order: Order, rng: Random) -> None:
    """A shipping method that costs nothing: a shipping line of zero, no discount."""
    _send_by(order, order.shipments[0], "STANDARD")
    order.shipping_lines[0].base_price = Decimal("0.00")


@variety(_SHIPMENTS)
def shipping_surcharge(order: Order, rng: Random) -> None:
    """A surcharge for shipping a bulky product, besides the shipment's costs."""
    line = add_line(order, rng, order.shipments[0], quantity=2)
    line.shipping = ProductShipping(
        base_price=Decimal("10.00"), quantity=line.quantity, tax_rate=line.tax_rate,
        text="Item Shipping Cost (Surcharge)", kind="surcharge", attributes=[Attribute("bulky", ("true",))],
    )  # fmt: skip


@variety(_SHIPMENTS)
def shipping_fixed_price(order: Order, rng: Random) -> None:
    """A fixed shipping price of one product in place of the shipment's costs."""
    line = add_line(order, rng, order.shipments[0])
    line.shipping = ProductShipping(
        base_price=Decimal("7.77"), quantity=line.quantity, tax_rate=line.tax_rate,
        text="Item Shipping Cost (Fixed)", kind="fixed-price",
    )  # fmt: skip


@variety(_SHIPMENTS, group="pickup")
def pickup(order: Order, rng: Random) -> None:
    """Pick-up in store: the shipment's custom attribute names it."""
    store = rng.choice(SITE[order.site].stores)
    shipment = order.shipments[0]
    _send_by(order, shipment, "PICKUP")
    shipment.attributes.append(Attribute("fromStoreId", (store,)))


@variety(_SHIPMENTS, group="pickup")
def pickup_by_inventory_list(order: Order, rng: Random) -> None:
    """Pick-up in store that shows only in the lines' inventory list."""
    store = rng.choice(SITE[order.site].stores)
    _send_by(order, order.shipments[0], "PICKUP")
    for line in order.lines:
        if line.shipment_id == order.shipments[0].shipment_id:
            line.inventory_list_id = store


@variety(_SHIPMENTS, group="pickup")
def pickup_and_delivery(order: Order, rng: Random) -> None:
    """One shipment picked up in store, another delivered."""
    pickup(order, rng)
    shipment = add_shipment(order, rng, address=order.customer.billing, method="STANDARD")
    add_line(order, rng, shipment)


@variety(_SHIPMENTS)
def gift_shipment(order: Order, rng: Random) -> None:
    """The whole shipment is a gift, with a message."""
    order.shipments[0].gift = True
    order.shipments[0].gift_message = "Alles Gute zum Geburtstag!\nDeine <Oma> & Opa"


@variety(_SHIPMENTS)
def gift_line(order: Order, rng: Random) -> None:
    """One line is a gift, with a message."""
    order.lines[0].gift = True
    order.lines[0].gift_message = 'To "you" & yours'


@variety(_SHIPMENTS)
def empty_shipment(order: Order, rng: Random) -> None:
    """A shipment without lines: someone emptied it before checkout."""
    shipment = add_shipment(order, rng, address=order.customer.billing, method="STANDARD")
    for line in order.shipping_lines:
        if line.shipment_id == shipment.shipment_id:
            line.base_price = Decimal("0.00")
