"""Shipping costs: on the header with a method, or as item lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartage.systems.netsuite.orders.amounts import ZERO, total
from cartage.systems.netsuite.orders.model import SHIPPING, SalesLine, SalesOrder, ShopOrder

if TYPE_CHECKING:
    from cartage.settings import Orders


def place_shipping(order: ShopOrder, parts: list[SalesOrder], settings: Orders) -> None:
    """Put each sales order's shipping where it belongs.

    It goes to the header when the setting says so, there is one shipment, and no product has shipping of its own:
    NetSuite's header holds one cost and one method. Else every shipping line is an item line.
    """
    of_products = any(line.kind == "product_shipping" for part in parts for line in part.lines)
    several = len(parts) > 1 or any(part.extra.get("multi_ship_to") for part in parts)
    to_header = settings.shipping == "header" and not several and not of_products
    for part in parts:
        costs = [line for line in part.lines if line.kind in SHIPPING]
        _set_method(part)
        if to_header:
            _to_header(order, part, costs)
        else:
            _to_lines(order, part, costs, settings)


def _set_method(part: SalesOrder) -> None:
    if part.shipment is not None:
        part.extra["shipping_method"] = part.shipment["shipping_method"]


def _to_header(order: ShopOrder, part: SalesOrder, costs: list[SalesLine]) -> None:
    part.lines = [line for line in part.lines if line.kind not in SHIPPING]
    if not costs and not part.extra.get("shipping_method"):
        return
    part.shipping_cost = total(line.after for line in costs)
    part.shipping_taxes = [tax for line in costs for tax in line.taxes]
    part.extra["shipping_line_ids"] = [line.line_id for line in costs]
    if part.shipping_cost and not part.extra.get("shipping_method"):
        order.complain(
            "shipping_method_missing",
            "the order has shipping costs but its shipment names no shipping method, without which NetSuite takes none; "
            "set settings.orders.shipping to `item_line`, or mend the order in the shop",
            "shipments.shipping_method",
        )


def _to_lines(order: ShopOrder, part: SalesOrder, costs: list[SalesLine], settings: Orders) -> None:
    if part.extra.get("shipping_method"):
        part.shipping_cost = ZERO  # said outright, or NetSuite computes one for the method
    if costs and settings.items.shipping is None:
        order.complain(
            "item_not_set",
            "shipping needs item lines here (several shipments, or shipping of a product); name their item in "
            "settings.orders.items.shipping",
            "lines.kind",
        )
    for line in costs:
        line.extra["text"] = line.columns["text"] or line.columns["item_id"]
        line.quantity = None
