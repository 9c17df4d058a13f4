"""Imports store feeds (store.xsd)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.sfcc.feeds.importer import Importer
from sandbox.sfcc.feeds.log import Skip
from sandbox.sfcc.feeds.reading import Format
from sandbox.sfcc.feeds.structure import (
    CUSTOM_ATTRIBUTES,
    XML_LANG,
    Attribute,
    Found,
    Leaf,
    Shape,
    boolean,
    child,
    custom_values,
    decimal,
    language,
    matching,
    name,
    one_of,
    text,
)

if TYPE_CHECKING:
    from sandbox.sfcc.feeds.importer import Task
    from sandbox.sfcc.store import ShopStore

_LOCALISED = Leaf(text(), {XML_LANG: Attribute(language)})
_FIELDS = {
    "name": "name", "address1": "address1", "address2": "address2", "city": "city", "postal-code": "postal_code",
    "state-code": "state_code", "country-code": "country_code", "email": "email", "phone": "phone", "fax": "fax",
    "store-events": "store_events", "store-hours": "store_hours", "image": "image", "latitude": "latitude",
    "longitude": "longitude", "store-locator-enabled-flag": "store_locator_enabled",
    "demandware-pos-enabled-flag": "pos_enabled", "pos-enabled-flag": "pos_enabled", "pos-store-id": "pos_store_id",
}  # fmt: skip
"""Element -> field of OCAPI's store document."""

_STORE = Shape(
    (
        *(child(each, text(256)) for each in ("name", "address1", "address2", "city", "postal-code", "state-code")),
        child("country-code", matching(r"(?s).{2}", "a code of two letters")),
        *(child(each, text(256)) for each in ("email", "phone", "fax")),
        child("store-events", _LOCALISED, many=True),
        child("store-hours", _LOCALISED, many=True),
        child("image", text(256)),
        child("latitude", decimal(-90, 90)),
        child("longitude", decimal(-180, 180)),
        child("inventory-list-id", name(256)),
        child("store-locator-enabled-flag", boolean),
        child("demandware-pos-enabled-flag", boolean),
        child("pos-enabled-flag", boolean),
        child("pos-store-id", text(128)),
        child("custom-attributes", CUSTOM_ATTRIBUTES),
    ),
    {"store-id": Attribute(name(256), required=True), "mode": Attribute(one_of("delete"))},
)
_GROUP = Shape(
    (
        child("name", text(256)),
        child("stores", Shape((child("store", Shape((), {"store-id": Attribute(text(256), required=True)}), many=True),))),
        child("price-books", Shape(
            (child("price-book", Shape((), {"price-book-id": Attribute(text(256), required=True)}), many=True),)
        )),
        child("custom-attributes", CUSTOM_ATTRIBUTES),
    ),
    {"store-group-id": Attribute(name(256), required=True), "mode": Attribute(one_of("delete"))},
)  # fmt: skip
FORMAT = Format(
    "http://www.demandware.com/xml/impex/store/2007-04-30",
    {("stores",): ("store", "store-group")},
    {("stores", "store"): _STORE, ("stores", "store-group"): _GROUP},
)


class StoreImporter(Importer):
    """Takes the elements of one store feed.

    Merge makes and changes stores, update only changes them, replace forgets what the feed does not say of a store,
    delete deletes the stores that it names.
    """

    format = FORMAT
    kinds: ClassVar = {"store": ("store-id",), "store-group": ("store-group-id",)}

    def __init__(self, shop: ShopStore, task: Task) -> None:
        super().__init__(shop, task)
        self._stores = shop.stores
        self._inventory = shop.inventory

    def take(self, batch: list[Found]) -> None:
        """Take stores."""
        for found in batch:
            with self.judged(found):
                if found.name == "store-group":
                    raise Skip("not_enabled", "store groups are not enabled: ignored", "DATAWARNING")
                self._change(found, found.attributes["store-id"])

    def _change(self, found: Found, store_id: str) -> None:
        before = self._stores.get(store_id)
        if found.attributes.get("mode") == "delete" or self.mode == "delete":
            if not self._stores.delete(store_id):
                raise Skip("unknown_store", f"there is no store {store_id} to delete", "DATAWARNING")
            return
        if before is None and self.mode == "update":
            raise Skip("unknown_store", f"there is no store {store_id} to update")
        store: dict[str, Any] = before if before and self.mode != "replace" else {"id": store_id}
        for each in found.children:
            if each.name in _FIELDS:
                value = each.value
                store[_FIELDS[each.name]] = format(value, "f") if each.name in {"latitude", "longitude"} else value
        list_id = found.get("inventory-list-id")
        if list_id and self._inventory.header(list_id) is None:
            self.warn(found, "unknown_list", f"there is no inventory list {list_id}: the store keeps the one it had")
        elif list_id:
            store["inventory_id"] = list_id
        custom = custom_values(found.first("custom-attributes"))
        self._stores.put({**store, **{f"c_{each}": value for each, value in custom.items()}})
