"""Small export documents for tests, readable where they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMESPACE = "http://www.demandware.com/xml/impex/order/2006-10-31"
HEAD = b'<?xml version="1.0" encoding="UTF-8"?>\n'


def order(number: str, inside: str = "") -> str:
    """Write an order with one line, and `inside` before its lines."""
    return f"""
    <order order-no="{number}">
        <order-date>2026-01-05T10:15:00.000Z</order-date>
        <currency>EUR</currency>
        {inside}
        <product-lineitems>
            <product-lineitem>
                <net-price>10.00</net-price><tax>1.90</tax><gross-price>11.90</gross-price>
                <position>1</position><product-id>NL-1000</product-id>
                <quantity unit="">1.0</quantity><tax-rate>0.19</tax-rate><shipment-id>s1</shipment-id>
            </product-lineitem>
        </product-lineitems>
    </order>"""


def export(
    orders: Sequence[str], *, root: str = "orders", namespace: str = NAMESPACE, end: str = "</orders>\n"
) -> bytes:
    """Write a whole document."""
    return HEAD + f'<{root} xmlns="{namespace}">{"".join(orders)}\n{end}'.encode()


def numbers(*wanted: str) -> bytes:
    """Write a whole document of orders with these numbers."""
    return export([order(each) for each in wanted])
