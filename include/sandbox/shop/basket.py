"""Puts things into an order's basket: lines, shipments, shipping costs, taken from the sandbox's catalogue."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox.catalogue import OPTIONS, PRODUCTS, SHIPPING_METHODS, SITES, Product
from sandbox.shop.model import Address, Bundled, OptionLine, Order, ProductLine, Shipment, ShippingLine

if TYPE_CHECKING:
    from random import Random

BY_SKU = {product.sku: product for product in PRODUCTS}
GOODS = tuple(product for product in PRODUCTS if product.kind == "inventory")
SETS = tuple(product for product in PRODUCTS if product.kind == "kit")
SITE = {site.site: site for site in SITES}


def add_shipment(order: Order, rng: Random, *, address: Address | None = None, method: str | None = None) -> Shipment:
    """Add a shipment with its shipping line; ids count from 1 in eight digits, as SFCC numbers them."""
    method = method or rng.choice(("STANDARD", "EXPRESS"))
    shipment = Shipment(f"{len(order.shipments) + 1:08d}", method, address)
    order.shipments.append(shipment)
    order.shipping_lines.append(
        ShippingLine(
            base_price=SHIPPING_METHODS[method][1],
            tax_rate=SITE[order.site].tax_rate,
            text="Shipping",
            item_id=f"{method}_SHIPPING",
            shipment_id=shipment.shipment_id,
        )
    )
    return shipment


def add_line(
    order: Order, rng: Random, shipment: Shipment, product: Product | None = None, quantity: Decimal | int = 1
) -> ProductLine:
    """Add a product line to a shipment, of a given product or one that is not in the basket yet."""
    taken = {line.sku for line in order.lines}
    product = product or rng.choice([each for each in GOODS if each.sku not in taken] or GOODS)
    line = ProductLine(
        base_price=product.price,
        quantity=Decimal(quantity),
        tax_rate=SITE[order.site].tax_rate,
        text=product.name,
        sku=product.sku,
        name=product.name,
        shipment_id=shipment.shipment_id,
        position=len(order.lines) + 1,
        brand=product.brand,
        minimum=Decimal(1),
        step=Decimal(1),
    )
    order.lines.append(line)
    return line


def add_option(line: ProductLine, sku: str) -> OptionLine:
    """Choose an option of the catalogue for a line."""
    option_id, value_id = OPTIONS[sku]
    product = BY_SKU[sku]
    option = OptionLine(base_price=product.price, text=product.name, option_id=option_id, value_id=value_id, sku=sku)
    line.options.append(option)
    return option


def members(product: Product) -> list[Bundled]:
    """Give what a set of the catalogue holds."""
    return [Bundled(sku, BY_SKU[sku].name, Decimal(count)) for sku, count in product.members]


def another_address(order: Order, rng: Random, address: Address) -> Address:
    """Give a copy of an address that someone else in the same town has."""
    other = copy.deepcopy(address)
    other.first_name, other.address1 = "Robin", f"{order.site} Lane {rng.randint(1, 99)}"
    return other
