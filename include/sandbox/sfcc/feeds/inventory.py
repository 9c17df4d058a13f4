"""Imports inventory feeds (inventory.xsd): headers of lists, and records."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from sandbox.sfcc.database import stamp, unstamp
from sandbox.sfcc.feeds.importer import Importer
from sandbox.sfcc.feeds.log import Skip, ids
from sandbox.sfcc.feeds.reading import Format
from sandbox.sfcc.feeds.structure import (
    CUSTOM_ATTRIBUTES,
    Attribute,
    Found,
    Shape,
    boolean,
    child,
    custom_values,
    day,
    decimal,
    moment,
    name,
    one_of,
    text,
)
from sandbox.sfcc.inventory import InventoryList, Record

if TYPE_CHECKING:
    from datetime import datetime

    from sandbox.sfcc.feeds.importer import Task
    from sandbox.sfcc.store import ShopStore

MOST_PAST = timedelta(hours=48)
"""How old an allocation may be: the quota ``ProductInventoryRecordPO.maxReallocationTimeInPast``, enforced here."""

_HEADER = Shape(
    (
        child("default-instock", boolean, required=True),
        child("description", text(4000)),
        child("use-bundle-inventory-only", boolean),
        child("on-order", boolean),
        child("custom-attributes", CUSTOM_ATTRIBUTES),
    ),
    {"list-id": Attribute(name(256), required=True), "mode": Attribute(one_of("delete"))},
)
_RECORD = Shape(
    (
        child("allocation", decimal(0)),
        child("allocation-timestamp", moment),
        child("perpetual", boolean),
        child("preorder-backorder-handling", one_of("none", "preorder", "backorder")),
        child("preorder-backorder-allocation", decimal(0)),
        child("in-stock-date", day),
        child("in-stock-datetime", moment),
        child("ats", decimal(0)),
        child("on-order", decimal()),
        child("turnover", decimal()),
        child("custom-attributes", CUSTOM_ATTRIBUTES),
    ),
    {"product-id": Attribute(name(100), required=True), "mode": Attribute(one_of("delete"))},
)
_LIST = ("inventory", "inventory-list")
FORMAT = Format(
    "http://www.demandware.com/xml/impex/inventory/2007-05-31",
    {
        ("inventory",): ("inventory-list",),
        _LIST: ("header", "records"),
        (*_LIST, "records"): ("record",),
    },
    {(*_LIST, "header"): _HEADER, (*_LIST, "records", "record"): _RECORD},
    frozenset({_LIST}),
)


class InventoryImporter(Importer):
    """Takes the elements of one inventory feed.

    Modes are those of the import, for whole lists: merge makes and changes, update only changes what is there,
    replace puts the feed's records in the place of all that a list had, delete deletes the lists that the feed names.
    """

    format = FORMAT
    kinds: ClassVar = {"header": ("list-id",), "record": ("product-id",)}
    strict = frozenset({"header"})

    def __init__(self, shop: ShopStore, task: Task) -> None:
        super().__init__(shop, task)
        self._inventory = shop.inventory
        self._deleted = False
        self._list: InventoryList | None = None

    def take_head(self, found: Found) -> None:
        """Take a list's header."""
        self._close_list()
        self._list = None
        self._deleted = False
        list_id = found.attributes["list-id"]
        self.within = ids(found, "list-id")
        before = self._inventory.header(list_id)
        if found.attributes.get("mode") == "delete" or self.mode == "delete":
            if not self._inventory.delete_list(list_id):
                raise Skip("unknown_list", f"there is no inventory list {list_id} to delete", "DATAWARNING")
            self._deleted = True
            return
        if before is None and self.mode == "update":
            raise Skip("unknown_list", f"there is no inventory list {list_id} to update")
        self._list = _header(found, InventoryList(list_id) if before is None or self.mode == "replace" else before)
        self._inventory.put_list(self._list)

    def take(self, batch: list[Found]) -> None:
        """Take records of the list whose header came last."""
        if self._list is None:
            self.log.skip(0 if self._deleted else len(batch))
            return
        list_id, names = self._list.list_id, [each.attributes["product-id"] for each in batch]
        known = self._inventory.known_products(names)
        records = self._inventory.records(list_id, names)
        now, gone = self.clock(), set()
        changed: dict[str, Record] = {}
        for found in batch:
            product_id = found.attributes["product-id"]
            with self.judged(found):
                if product_id not in known:
                    raise Skip("unknown_product", f"the site catalogue has no product {product_id}")
                before = changed.get(product_id) or (None if product_id in gone else records.get(product_id))
                if found.attributes.get("mode") == "delete":
                    if before is None:
                        raise Skip("unknown_record", "there is no such record to delete", "DATAWARNING")
                    changed.pop(product_id, None)
                    gone.add(product_id)
                    continue
                if before is None and self.mode == "update":
                    raise Skip("unknown_record", "there is no such record to update")
                changed[product_id] = self._changed(found, list_id, before, now)
                gone.discard(product_id)
        self._inventory.delete_records(list_id, gone)
        self._inventory.put_records(changed.values(), self.task.import_id)

    def finish(self) -> None:
        """End the last list."""
        self._close_list()

    def _close_list(self) -> None:
        if self._list is not None and self.mode == "replace":
            self._inventory.delete_untouched(self._list.list_id, self.task.import_id)

    def _changed(self, found: Found, list_id: str, before: Record | None, now: datetime) -> Record:
        at = stamp(now)
        new = Record(list_id, found.attributes["product-id"], created_at=before.created_at if before else at)
        record = replace(before if before and self.mode != "replace" else new, modified_at=at)
        self._allocate(found, record, before, now)
        for element, field in (("perpetual", "perpetual"), ("preorder-backorder-handling", "handling"),
                               ("preorder-backorder-allocation", "backorder")):  # fmt: skip
            if found.first(element):
                setattr(record, field, found.get(element))
        in_stock = found.get("in-stock-datetime") or found.get("in-stock-date")
        if in_stock:
            record.in_stock_at = stamp(in_stock)
        record.custom = {**record.custom, **custom_values(found.first("custom-attributes"))}
        return record

    def _allocate(self, found: Found, record: Record, before: Record | None, now: datetime) -> None:
        """Set the allocation and the moment it is true for.

        Raises:
            Skip: the moment lies before that of the last allocation, too far back, or in the future.
        """
        at, allocation = found.get("allocation-timestamp"), found.get("allocation")
        if allocation is None:
            if at is not None:
                self.warn(
                    found, "timestamp_without_allocation", "an allocation-timestamp without allocation sets nothing"
                )
            return
        if at is not None and before and before.reset_at and at < unstamp(before.reset_at):
            raise Skip("timestamp_backwards", f"the allocation-timestamp lies before the last one, {before.reset_at}")
        if at is not None and at < now - MOST_PAST:
            raise Skip("timestamp_too_old", "the allocation-timestamp lies more than 48 hours back")
        if at is not None and at > now + timedelta(minutes=5):
            raise Skip("timestamp_in_future", "the allocation-timestamp lies in the future")
        record.allocation, record.reset_at = allocation, stamp(at or now)


def _header(found: Found, before: InventoryList) -> InventoryList:
    given = {
        field: found.get(element)
        for element, field in (("default-instock", "default_instock"), ("description", "description"),
                               ("use-bundle-inventory-only", "bundle_only"), ("on-order", "on_order"))
        if found.first(element)
    }  # fmt: skip
    return replace(before, **given, custom={**before.custom, **custom_values(found.first("custom-attributes"))})
