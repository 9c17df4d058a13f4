"""Feeds of shipments: small files that a job of the shop's reads, in one of two forms.

``order``: an order-shaped document (order.xsd) that holds nothing but what changes. It is not for SFCC's own order
import, which is no safe way to change orders on production, but for the job step in ``deploy/sfcc``. ``shipping_order``:
shippingorderupdatefeed.xsd, for shops with Salesforce Order Management's objects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

from lxml import etree

ORDER = "http://www.demandware.com/xml/impex/order/2006-10-31"
SHIPPING_ORDER = "urn:demandware.com:oms:shipping_order_status_feed:99.9"

NIL = {"{http://www.w3.org/2001/XMLSchema-instance}nil": "true"}

Json = dict[str, Any]
Add = Callable[..., Any]
"""Adds an element to another: parent, name, text, attributes."""

Form = Literal["order", "shipping_order"]


def feed(form: Form, orders: Sequence[tuple[str, Json]]) -> bytes:
    """Write a feed.

    Args:
        form: which of the two.
        orders: order numbers with their bodies, as the mapping makes them.
    """
    root = _order_feed(orders) if form == "order" else _shipping_order_feed(body for _, body in orders)
    content: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return content


def _order_feed(orders: Sequence[tuple[str, Json]]) -> etree._Element:
    root, add = _document(ORDER, "orders")
    for number, body in orders:
        order = add(root, "order", None, {"order-no": number})
        if status := body.get("shipping-status"):
            add(add(order, "status"), "shipping-status", status)
        if shipments := body.get("shipments"):
            around = add(order, "shipments")
            for shipment in shipments:
                _shipment(add, around, shipment)
        _attributes(add, order, body.get("custom-attributes"))
    return root


def _shipment(add: Add, around: etree._Element, body: Json) -> None:
    shipment = add(around, "shipment", None, {"shipment-id": body["shipment-id"]})
    if status := body.get("shipping-status"):
        add(add(shipment, "status"), "shipping-status", status)
    if number := body.get("tracking-number"):
        add(shipment, "tracking-number", number)
    _attributes(add, shipment, body.get("custom-attributes"))


def _attributes(add: Add, owner: etree._Element, attributes: Json | None) -> None:
    """Write custom attributes; several values stand in elements of their own."""
    if not attributes:
        return
    around = add(owner, "custom-attributes")
    for name, value in attributes.items():
        if isinstance(value, list):
            attribute = add(around, "custom-attribute", None, {"attribute-id": name})
            for each in value:
                add(attribute, "value", str(each))
        else:
            add(around, "custom-attribute", _text(value), {"attribute-id": name})


_SEQUENCES = {
    "shipping_order": ("shipping_order_number", "ship_date", "status", "items", "tracking_infos"),
    "item": ("item_id", "product_id", "quantity", "status"),
    "tracking_info": ("carrier", "carrier_service", "id", "ship_date", "tracking_number", "warehouse_id"),
}
"""Order of the elements in shippingorderupdatefeed.xsd."""

_LISTS = {"items": "item", "tracking_infos": "tracking_info"}


def _shipping_order_feed(bodies: Iterable[Json]) -> etree._Element:
    root, add = _document(SHIPPING_ORDER, "shipping_order_status_feed")
    around = add(root, "shipping_orders")
    for body in bodies:
        for each in body.get("shipping_orders", ()):
            _sequence(add, around, "shipping_order", each)
    return root


def _sequence(add: Add, around: etree._Element, name: str, body: Json) -> None:
    element = add(around, name)
    for field in _SEQUENCES[name]:
        value = body.get(field)
        if value is None:
            if (name, field) == ("tracking_info", "ship_date"):  # must be there, and may be nil
                add(element, field, None, NIL)
            continue
        if field in _LISTS:
            inner = add(element, field)
            for each in value:
                _sequence(add, inner, _LISTS[field], each)
        else:
            add(element, field, _text(value))


def _document(namespace: str, name: str) -> tuple[etree._Element, Add]:
    def add(
        parent: etree._Element, name: str, text: str | None = None, attributes: dict[str, str] | None = None
    ) -> etree._Element:
        element = etree.SubElement(parent, f"{{{namespace}}}{name}", attributes or {})
        element.text = text
        return element

    return etree.Element(f"{{{namespace}}}{name}", nsmap={None: namespace}), add


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
