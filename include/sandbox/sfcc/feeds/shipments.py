"""Reads shipment feeds as the job step in ``deploy/sfcc`` does, which a merchant adds to SFCC.

A feed is order-shaped (order.xsd), of just the elements that the step reads: statuses, external status, shipments
with state, tracking number and custom attributes, and custom attributes of the order. An order that the shop does
not have is never made. The file's name may begin with the site, ``RefArch_…``, since the document does not say it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.catalogue import SITES
from sandbox.sfcc.feeds.importer import Importer, Mode
from sandbox.sfcc.feeds.log import Skip
from sandbox.sfcc.feeds.reading import VERSION, Format
from sandbox.sfcc.feeds.structure import (
    CUSTOM_ATTRIBUTES,
    Attribute,
    Found,
    Shape,
    child,
    custom_values,
    name,
    one_of,
    text,
)
from sandbox.sfcc.store import NEXT_STATUS

if TYPE_CHECKING:
    from sandbox.sfcc.feeds.importer import Task
    from sandbox.sfcc.store import ShopStore

Json = dict[str, Any]
_SHIPMENT = Shape(
    (
        child("status", Shape((child("shipping-status", one_of("NOT_SHIPPED", "SHIPPED")),))),
        child("tracking-number", text(256)),
        child("custom-attributes", CUSTOM_ATTRIBUTES),
    ),
    {"shipment-id": Attribute(name(256), required=True)},
)
_STATUSES = Shape(
    (
        child("order-status", one_of("CREATED", "NEW", "OPEN", "COMPLETED", "CANCELLED", "REPLACED", "FAILED")),
        child("shipping-status", one_of("NOT_SHIPPED", "PART_SHIPPED", "SHIPPED")),
        child("confirmation-status", one_of("NOT_CONFIRMED", "CONFIRMED")),
        child("payment-status", one_of("NOT_PAID", "PART_PAID", "PAID")),
        child("export-status", one_of("NOT_EXPORTED", "EXPORTED", "READY", "FAILED")),
    )
)
_ORDER = Shape(
    (
        child("status", _STATUSES),
        child("cancel-code", text(256)),
        child("cancel-description", text(4000)),
        child("shipments", Shape((child("shipment", _SHIPMENT, many=True),))),
        child("external-order-no", text(256)),
        child("external-order-status", text(256)),
        child("external-order-text", text()),
        child("custom-attributes", CUSTOM_ATTRIBUTES),
    ),
    {"order-no": Attribute(name(50), required=True)},
)
FORMAT = Format(
    "http://www.demandware.com/xml/impex/order/2006-10-31",
    {("orders",): ("order",)},
    {("orders", "order"): _ORDER},
    attributes={"version": VERSION},
)
_FIELDS = {
    "shipping-status": "shippingStatus",
    "confirmation-status": "confirmationStatus",
    "payment-status": "paymentStatus",
    "export-status": "exportStatus",
}
_TEXTS = {
    "cancel-code": "cancelCode",
    "cancel-description": "cancelDescription",
    "external-order-no": "externalOrderNo",
    "external-order-status": "externalOrderStatus",
    "external-order-text": "externalOrderText",
}
_SHIPPED = ("not_shipped", "part_shipped", "shipped")
_SCAPI = {"open": "new", "replaced": "cancelled"}
"""Statuses that SCAPI has no word for, and the nearest that it has."""


class ShipmentImporter(Importer):
    """Takes the orders of one shipment feed."""

    format = FORMAT
    kinds: ClassVar = {"order": ("order-no",), "shipment": ("shipment-id",)}
    modes: ClassVar[tuple[Mode, ...]] = ("merge", "update")

    def __init__(self, shop: ShopStore, task: Task) -> None:
        super().__init__(shop, task)
        self._store = shop
        self._site = next((site.site for site in SITES if task.feed.startswith(f"{site.site}_")), None)

    def take(self, batch: list[Found]) -> None:
        """Take orders."""
        for found in batch:
            self.within = {}
            with self.judged(found):
                self._change(found, found.attributes["order-no"])

    def _change(self, found: Found, order_no: str) -> None:
        """Write an order: its shipments each by itself, then what concerns all of it."""
        site = self._site_of(order_no)
        document = self._store.get(site, order_no) or {}
        if document.get("status") in {"cancelled", "failed"}:
            raise Skip("order_cancelled", f"the order {order_no} was cancelled or failed, so nothing of it is shipped")
        given = found.first("shipments")
        if given:
            self.within = {"order-no": order_no}
            self._store.change(site, order_no, {"shipments": self._shipments(given, document)})
            self.within = {}
        changes = self._statuses(found, document)
        changes |= {field: found.get(element) for element, field in _TEXTS.items() if found.first(element)}
        self._store.change(site, order_no, changes | self._custom("Order", found))

    def _site_of(self, order_no: str) -> str:
        sites = [each for each in self._store.sites_of(order_no) if self._site in {None, each}]
        if not sites:
            raise Skip("unknown_order", f"there is no order {order_no}")
        if len(sites) > 1:
            raise Skip(
                "ambiguous_order", f"{', '.join(sites)} have an order {order_no}; begin the file's name with one"
            )
        return sites[0]

    def _custom(self, of: str, found: Found) -> Json:
        """Give custom attributes as a document has them."""
        values = custom_values(found.first("custom-attributes"))
        wrong = self._store.attributes.wrong(of, values)
        if wrong:
            raise Skip("unknown_attribute", wrong)
        return {f"c_{each}": value for each, value in values.items()}

    def _statuses(self, found: Found, document: Json) -> Json:
        """Give the order's statuses; nothing is ever un-shipped, since the customer has been told."""
        given = found.first("status")
        if given is None:
            return {}
        changes = {field: given.get(each).lower() for each, field in _FIELDS.items() if given.first(each)}
        before = document.get("shippingStatus", "not_shipped")
        if "shippingStatus" in changes and _SHIPPED.index(changes["shippingStatus"]) < _SHIPPED.index(before):
            del changes["shippingStatus"]
        wanted = (given.get("order-status") or "").lower()
        wanted = _SCAPI.get(wanted, wanted)
        if wanted:
            current = document.get("status", "created")
            if wanted not in NEXT_STATUS[current]:
                raise Skip("illegal_status", f"an order in status {current} cannot become {wanted}")
            changes["status"] = wanted
        return changes

    def _shipments(self, given: Found, document: Json) -> list[Json]:
        """Give the order's shipments with what the feed says of them, by their id or their number."""
        shipments = [dict(each) for each in document.get("shipments", [])]
        named = {each.get("shipmentNo"): each for each in shipments} | {each["shipmentId"]: each for each in shipments}
        for found in given.children:
            found.position = self.log.seen("shipment")
            with self.judged(found):
                shipment = named.get(found.attributes["shipment-id"])
                if shipment is None:
                    raise Skip("unknown_shipment", f"the order has no shipment {found.attributes['shipment-id']}")
                told = self._custom("Shipment", found)
                status = found.first("status")
                if status and status.get("shipping-status") == "SHIPPED":
                    told["shippingStatus"] = "shipped"
                if found.get("tracking-number"):
                    told["trackingNumber"] = found.get("tracking-number")
                shipment |= told
        return shipments
