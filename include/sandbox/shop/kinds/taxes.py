# ruff: noqa: ARG001 - every change takes the order and a source of chance, whether it needs it or not
"""Taxes: net and gross sites, several rates, several taxes a line, grouped rounding, none at all."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox.shop.basket import BY_SKU, add_line
from sandbox.shop.model import Order, TaxPart
from sandbox.shop.varieties import Stage, variety

if TYPE_CHECKING:
    from random import Random

_TAXES = Stage.TAXES


@variety(_TAXES, site="RefArchUS")
def net_site(order: Order, rng: Random) -> None:
    """Prices without tax: the tax comes on top, line by line."""
    add_line(order, rng, order.shipments[0], quantity=3)


@variety(_TAXES, site="RefArch")
def gross_site(order: Order, rng: Random) -> None:
    """Prices with tax: net is gross less the rounded tax."""
    add_line(order, rng, order.shipments[0], quantity=3)


@variety(_TAXES, site="RefArch", group="rates")
def mixed_rates(order: Order, rng: Random) -> None:
    """Food at 7 %, books at 0 %, the rest at 19 %."""
    add_line(order, rng, order.shipments[0], BY_SKU["NL-1018"], quantity=4).tax_rate = Decimal("0.07")
    add_line(order, rng, order.shipments[0]).tax_rate = Decimal("0.00")


@variety(_TAXES, since="26.5", site="RefArchUS", group="rates")
def tax_items(order: Order, rng: Random) -> None:
    """State, county and city tax on every line, which version 26.5 writes one by one."""
    add_line(order, rng, order.shipments[0], quantity=2)
    rates = (("state_NJ", Decimal("0.06625")), ("county", Decimal("0.01")), ("city", Decimal("0.00625")))
    for line in (*order.lines, *order.shipping_lines):
        line.tax_rate = sum((rate for _, rate in rates), Decimal(0))
        line.tax_parts = [TaxPart(name, rate) for name, rate in rates]


@variety(_TAXES, since="23.4", group="grouped")
def tax_rounded_at_group(order: Order, rng: Random) -> None:
    """Taxes are rounded per rate, not per line, so that lines differ by a cent."""
    order.tax_rounded_at_group = True
    for sku in ("NL-1003", "NL-1005", "NL-1011", "NL-1015"):
        add_line(order, rng, order.shipments[0], BY_SKU[sku])


@variety(_TAXES, group="rates")
def zero_tax(order: Order, rng: Random) -> None:
    """No tax at all: export, or a tax-free customer."""
    for line in (*order.lines, *order.shipping(), *order.shipping_lines):
        line.tax_rate = Decimal("0.00")


@variety(_TAXES, group="rates")
def tiny_rate(order: Order, rng: Random) -> None:
    """A rate below a thousandth, which a double writes in powers of ten."""
    add_line(order, rng, order.shipments[0], quantity=3).tax_rate = Decimal("0.0005")


@variety(_TAXES, site="RefArch")
def reduced_shipping_rate(order: Order, rng: Random) -> None:
    """Shipping at another rate than the goods."""
    for line in order.shipping_lines:
        line.tax_rate = Decimal("0.07")
