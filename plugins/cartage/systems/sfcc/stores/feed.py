"""Feeds of stores (store.xsd) and of inventory lists without records (inventory.xsd)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Sequence

Json = dict[str, Any]

STORES = "http://www.demandware.com/xml/impex/store/2007-04-30"
INVENTORY = "http://www.demandware.com/xml/impex/inventory/2007-05-31"

STORE = (
    "name", "address1", "address2", "city", "postal-code", "state-code", "country-code", "email", "phone", "fax",
    "store-events", "store-hours", "image", "latitude", "longitude", "inventory-list-id", "store-locator-enabled-flag",
    "demandware-pos-enabled-flag", "pos-enabled-flag", "pos-store-id",
)  # fmt: skip
"""Elements of a store in the order of store.xsd."""

HEADER = ("default-instock", "description", "use-bundle-inventory-only", "on-order")
"""Elements of a list's header in the order of inventory.xsd."""


def stores(bodies: Sequence[Json]) -> bytes:
    """Write a feed of stores, in the order of their ids."""
    root = etree.Element(f"{{{STORES}}}stores", nsmap={None: STORES})
    for body in sorted(bodies, key=lambda each: str(each["store-id"])):
        store = etree.SubElement(root, f"{{{STORES}}}store", {"store-id": body["store-id"]})
        _fill(store, STORES, STORE, body)
        attributes = body.get("custom-attributes")
        if attributes:
            around = etree.SubElement(store, f"{{{STORES}}}custom-attributes")
            for name, value in attributes.items():
                attribute = etree.SubElement(around, f"{{{STORES}}}custom-attribute", {"attribute-id": name})
                attribute.text = _text(value)
    return _bytes(root)


def lists(bodies: Sequence[Json]) -> bytes:
    """Write a feed of inventory lists that has their headers only: imported by Merge, it makes them and no more."""
    root = etree.Element(f"{{{INVENTORY}}}inventory", nsmap={None: INVENTORY})
    for body in sorted(bodies, key=lambda each: str(each["list-id"])):
        around = etree.SubElement(root, f"{{{INVENTORY}}}inventory-list")
        header = etree.SubElement(around, f"{{{INVENTORY}}}header", {"list-id": body["list-id"]})
        _fill(header, INVENTORY, HEADER, body)
    return _bytes(root)


def _fill(element: Any, namespace: str, names: Sequence[str], body: Json) -> None:
    for name in names:
        if body.get(name) is not None:
            etree.SubElement(element, f"{{{namespace}}}{name}").text = _text(body[name])


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _bytes(root: Any) -> bytes:
    content: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return content
