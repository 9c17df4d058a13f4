"""Imports updates of shipping orders (shippingorderupdatefeed.xsd), as shops with Order Management do.

A shipping order is updated by its number: its state, those of its items, and its parcels. A shipment of which all is
shipped is SHIPPED, its tracking number that of its first parcel, and the order is SHIPPED once all shipments are,
PART_SHIPPED once anything is. Nothing is ever un-shipped. Elements of the namespace ``urn:demandware.com:custom``, which
the schema lets in, are not served.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.catalogue import SITES
from sandbox.sfcc.feeds.importer import Importer, Mode
from sandbox.sfcc.feeds.log import Skip
from sandbox.sfcc.feeds.reading import Format
from sandbox.sfcc.feeds.structure import Found, Shape, Wrong, child, decimal, moment, one_of, text
from sandbox.sfcc.shipping_orders import ShippingOrders
from sandbox.sfcc.store import moment as written

if TYPE_CHECKING:
    from collections.abc import Callable

    from lxml.etree import _Element

    from sandbox.sfcc.feeds.importer import Task
    from sandbox.sfcc.store import ShopStore

Json = dict[str, Any]


def _nillable(read: Callable[[str], Any]) -> Callable[[str], Any]:
    """Read a text that may be nil, and then holds nothing."""
    return lambda value: read(value) if value else None


def _reference(value: str) -> str:
    if not value or value != value.strip():
        raise Wrong("is not a text without blanks around it")
    return value


_TEXT = _nillable(text())
_MOMENT = _nillable(moment)
_ITEM = Shape(
    (
        child("item_id", _TEXT),
        child("product_id", _TEXT),
        child("quantity", _nillable(decimal())),
        child("status", _nillable(one_of("shipped", "cancelled", "backorder", "warehouse"))),
        child(
            "tracking_refs",
            Shape((
                child("tracking_ref", Shape((child("quantity", _nillable(decimal())), child("ref", _reference, required=True))),
                      many=True),
            )),
        ),
    )
)  # fmt: skip
_PARCEL = Shape(
    (
        child("carrier", _TEXT),
        child("carrier_service", _TEXT),
        child("id", _reference, required=True),
        child("ship_date", _MOMENT, required=True),
        child("tracking_number", _TEXT),
        child("warehouse_id", _TEXT),
    )
)
_ORDER = Shape(
    (
        child("shipping_order_number", text(), required=True),
        child("ship_date", _MOMENT),
        child("status", _nillable(one_of("warehouse", "shipped", "cancelled"))),
        child("items", Shape((child("item", _ITEM, many=True),))),
        child("tracking_infos", Shape((child("tracking_info", _PARCEL, many=True),))),
    )
)
ROOT = "shipping_order_status_feed"
FORMAT = Format(
    "urn:demandware.com:oms:shipping_order_status_feed:99.9",
    {(ROOT,): ("feed_description", "shipping_orders"), (ROOT, "shipping_orders"): ("shipping_order",)},
    {
        (ROOT, "feed_description"): Shape((child("count", text()), child("created", _MOMENT))),
        (ROOT, "shipping_orders", "shipping_order"): _ORDER,
    },
)
_SHIPPED = ("not_shipped", "part_shipped", "shipped")


class ShippingOrderImporter(Importer):
    """Takes the shipping orders of one feed. Its file's name may begin with the site, ``RefArch_…``."""

    format = FORMAT
    kinds: ClassVar = {"feed_description": (), "shipping_order": ()}
    modes: ClassVar[tuple[Mode, ...]] = ("merge", "update")

    def __init__(self, shop: ShopStore, task: Task) -> None:
        super().__init__(shop, task)
        self._store = shop
        self._shipping = ShippingOrders(shop)
        sites = tuple(site.site for site in SITES)
        self._sites = next(((site,) for site in sites if task.feed.startswith(f"{site}_")), sites)

    def _read(self, place: tuple[str, ...], element: _Element) -> Found | None:
        number = element.findtext(f"{{{FORMAT.namespace}}}shipping_order_number")
        self.within = {"shipping-order-number": number} if number else {}
        return super()._read(place, element)

    def take(self, batch: list[Found]) -> None:
        """Take shipping orders."""
        for found in batch:
            if found.name != "shipping_order":
                continue
            self.within = {"shipping-order-number": str(found.get("shipping_order_number"))}
            with self.judged(found):
                self._update(found)

    def _update(self, found: Found) -> None:
        number = str(found.get("shipping_order_number"))
        meant = self._shipping.find(number, self._sites)
        if not meant:
            raise Skip("unknown_shipping_order", f"there is no shipping order {number}")
        if len(meant) > 1:
            raise Skip("ambiguous_shipping_order", f"{len(meant)} shipments may be meant by {number}")
        site, order, shipment = meant[0]
        if order.get("status") in {"cancelled", "failed"}:
            raise Skip(
                "order_cancelled", f"the order {order['orderNo']} was cancelled or failed, so nothing of it is shipped"
            )
        self._check(found, order, shipment)
        told = _document(number, found)
        shipped = told.get("status") == "shipped"
        parcels = [each["tracking_number"] for each in told["tracking_infos"] if each.get("tracking_number")]
        changed = dict(shipment)
        if shipped:
            changed["shippingStatus"] = "shipped"
        if parcels:
            changed["trackingNumber"] = parcels[0]
        shipments = [changed if each is shipment else each for each in order["shipments"]]
        some = shipped or any(each.get("status") == "shipped" for each in told["items"])
        self._store.change(
            site, order["orderNo"], {"shipments": shipments, **_order_state(order, shipments, some=some)}
        )
        self._shipping.put(site, order["orderNo"], shipment["shipmentId"], told)

    def _check(self, found: Found, order: Json, shipment: Json) -> None:
        """See that items and parcels are those of the shipment and of the feed."""
        products = {
            each["productId"] for each in order.get("productItems", ()) if each["shipmentId"] == shipment["shipmentId"]
        }
        parcels = {each.get("id") for each in _children(found, "tracking_infos")}
        for item in _children(found, "items"):
            product = item.get("product_id")
            if product is not None and product not in products:
                raise Skip("unknown_item", f"the shipment has no product {product}")
            refs = {each.get("ref") for each in _children(item, "tracking_refs")}
            if refs - parcels:
                raise Skip("unknown_tracking_ref", f"there is no tracking_info {min(refs - parcels)}")


def _children(found: Found, name: str) -> list[Found]:
    around = found.first(name)
    return around.children if around else []


def _document(number: str, found: Found) -> Json:
    """Give a shipping order as JSON; nil values are left out."""
    told = {"shipping_order_number": number, **_values(found, "ship_date", "status")}
    items = [_values(each, "item_id", "product_id", "quantity", "status") for each in _children(found, "items")]
    parcels = [
        _values(each, "id", "carrier", "carrier_service", "ship_date", "tracking_number", "warehouse_id")
        for each in _children(found, "tracking_infos")
    ]
    return {**told, "items": items, "tracking_infos": parcels}


def _values(found: Found, *names: str) -> Json:
    values = {name: found.get(name) for name in names}
    return {
        name: written(value) if name == "ship_date" else value for name, value in values.items() if value is not None
    }


def _order_state(order: Json, shipments: list[Json], *, some: bool) -> Json:
    """Give the order's shipping status, if it moves on."""
    states = [each.get("shippingStatus") == "shipped" for each in shipments]
    wanted = "shipped" if all(states) else "part_shipped" if some or any(states) else "not_shipped"
    before = order.get("shippingStatus", "not_shipped")
    return {"shippingStatus": wanted} if _SHIPPED.index(wanted) > _SHIPPED.index(before) else {}
