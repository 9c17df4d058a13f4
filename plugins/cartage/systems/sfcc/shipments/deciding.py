"""What of an order differs from what the shop has, and what may be written: no request is sent here.

Nothing is ever un-shipped: what the shop shows as shipped stays so, with a warning. An order that the shop has
cancelled is never shipped by us. Cancelling gives back stock and coupons, so it is done only where a setting says so
and nothing was shipped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cartage.errors import Complaint
from cartage.records.order import ERP_ORDER_NO
from cartage.systems.sfcc.shipments.transform import cancelled_in_erp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cartage.seams import DocumentOutcome
    from cartage.settings.shipments import Shipments
    from cartage.systems.sfcc.documents import Document

Json = dict[str, Any]

RESOURCES = {
    "paymentStatus": "/payment-status",
    "confirmationStatus": "/confirmation-status",
    "exportStatus": "/export-status",
    "externalOrderStatus": "/external-status",
    "shippingStatus": "/shipping-status",
    "status": "/status",
}
"""Field of the order -> the resource that writes it, in the order they are written: what ends an order goes last."""

RANKS = {"not_shipped": 0, "part_shipped": 1, "shipped": 2}
GONE = frozenset({"cancelled", "failed", "failed_with_reopen", "replaced"})
"""Statuses of orders that nothing is shipped of."""

KEPT = frozenset({f"c_{ERP_ORDER_NO}"})
"""Attributes that are only written where the shop has none: the acknowledgement of orders owns them."""


@dataclass(frozen=True)
class Call:
    """A request that changes an order."""

    method: str
    resource: str
    body: Json


@dataclass(frozen=True)
class Decision:
    """What is done with one document.

    Attributes:
        outcome: what becomes of it once the calls are made.
        calls: the requests, in their order.
        complaints: why it is not written, or what a person should know.
    """

    outcome: DocumentOutcome
    calls: tuple[Call, ...] = ()
    complaints: tuple[Complaint, ...] = ()


def decide(document: Document, shop: Mapping[str, Any], settings: Shipments) -> Decision:
    """Decide about what REST writes of an order.

    Args:
        document: of type `order`.
        shop: the order as SCAPI shows it.
        settings: settings of the flow.
    """
    if document.action == "cancel":
        return _cancelling(document, shop, settings)
    gone = refusal(document, shop)
    if gone is not None:
        return Decision("quarantined", complaints=(gone,))
    wanted = dict(document.body)
    status = wanted.get("shippingStatus")
    complaints = remarks(document, shop, settings, status)
    if _further(shop, status):
        wanted.pop("shippingStatus")
    if shop.get("status") in ("created", None):
        wanted.pop("status", None)
    calls = tuple(_calls(wanted, shop))
    return Decision("updated" if calls else "unchanged", calls, complaints)


def remarks(
    document: Document, shop: Mapping[str, Any], settings: Shipments, status: str | None
) -> tuple[Complaint, ...]:
    """Give what a person must do about an order although the shop is told of it.

    Args:
        document: what the shop is told, by REST or by a feed.
        shop: the order as SCAPI shows it; empty where nobody looks.
        settings: settings of the flow.
        status: how far the order is shipped by the document, in SCAPI's words; None where it does not say.
    """
    found = [_short(document.key, settings)] if document.facts.get("short") else []
    if status is not None and _further(shop, status):
        found.append(_not_unshipped(document.key, shop, status))
    return tuple(found)


def refusal(document: Document, shop: Mapping[str, Any]) -> Complaint | None:
    """Say why nothing of an order may be told, if so: the shop has taken it back."""
    if shop.get("status") not in GONE:
        return None
    return Complaint(
        "shop_order_cancelled",
        f"{document.key}: the shop has it as {shop['status']}, but the ERP ships it. Stop the parcel and close the ERP's "
        "order, or undo the cancellation in Business Manager",
        "orders.status",
    )


def _cancelling(document: Document, shop: Mapping[str, Any], settings: Shipments) -> Decision:
    if shop.get("status") in GONE:
        return Decision("unchanged")
    shipped = shop.get("shippingStatus") in ("part_shipped", "shipped")
    if settings.cancelled == "report" or "scapi" not in settings.by or shipped:
        return Decision("quarantined", complaints=(cancelled_in_erp(document.key),))
    return Decision("updated", (Call("PUT", RESOURCES["status"], {"status": "cancelled"}),))


def _calls(wanted: Json, shop: Mapping[str, Any]) -> list[Call]:
    """Give the requests that bring the shop's order to what is wanted; attributes go first, in one."""
    attributes = _differing({name: value for name, value in wanted.items() if name.startswith("c_")}, shop)
    calls = [Call("PATCH", "", attributes)] if attributes else []
    for field, resource in RESOURCES.items():
        if field in wanted and shop.get(field) != wanted[field]:
            calls.append(Call("PUT", resource, {"status": wanted[field]}))
    return calls


def feed_differs(body: Json, shop: Mapping[str, Any]) -> bool:
    """Whether the shop lacks anything that an order of a feed tells.

    Args:
        body: of a document of type `shipments`, as `completed` gives it.
        shop: the order as SCAPI shows it.
    """
    attributes = body.get("custom-attributes", {})
    if _differing({f"c_{name}": value for name, value in attributes.items()}, shop):
        return True
    return any(_shipment_differs(each, shop) for each in body.get("shipments", ()))


def _differing(attributes: Json, shop: Mapping[str, Any]) -> Json:
    """Give the attributes that the shop has otherwise; those that are `KEPT` only where it has none."""
    return {
        name: value
        for name, value in attributes.items()
        if shop.get(name) != value and not (name in KEPT and shop.get(name))
    }


def _shipment_differs(shipment: Json, shop: Mapping[str, Any]) -> bool:
    there = shop_shipment(shop, shipment["shipment-id"])
    if there is None:
        return True
    if shipment.get("shipping-status") == "SHIPPED" and there.get("shippingStatus") != "shipped":
        return True
    number = shipment.get("tracking-number")
    if number and there.get("trackingNumber") != number:
        return True
    return bool(
        _differing({f"c_{name}": value for name, value in shipment.get("custom-attributes", {}).items()}, there)
    )


def shop_shipment(shop: Mapping[str, Any], id_: str) -> Json | None:
    """Find a shipment: the export of orders names it by its number, REST by its id and by its number."""
    found = (each for each in shop.get("shipments") or () if id_ in (each.get("shipmentId"), each.get("shipmentNo")))
    return next(found, None)


def completed(body: Json, facts: Mapping[str, Any], shop: Mapping[str, Any]) -> Json:
    """Name the shipment of an order that another connector wrote: its lines do not say, but the shop may have only one."""
    shipments: list[Json] = shop.get("shipments") or []
    if body.get("shipments") or not facts.get("adopted") or len(shipments) != 1:
        return body
    only = {
        "shipment-id": shipments[0].get("shipmentId") or shipments[0].get("shipmentNo"),
        "shipping-status": "SHIPPED" if body.get("shipping-status") == "SHIPPED" else "NOT_SHIPPED",
        "tracking-number": facts.get("tracking_number"),
    }
    return {**body, "shipments": [{name: value for name, value in only.items() if value is not None}]}


def _rank(status: Any) -> int:
    return RANKS.get(str(status), 0)


def _further(shop: Mapping[str, Any], status: str | None) -> bool:
    """Whether the shop shows an order as further shipped than it is to be told."""
    return status is not None and _rank(shop.get("shippingStatus")) > _rank(status)


def _not_unshipped(key: str, shop: Mapping[str, Any], status: str) -> Complaint:
    return Complaint(
        "not_unshipped",
        f"{key}: the shop shows it as {shop['shippingStatus']}, the ERP as {status}. The shop's customer has been told, so "
        "it stays; look whether a fulfilment was deleted by mistake",
        "orders.status",
        asks=True,
    )


def _short(key: str, settings: Shipments) -> Complaint:
    how = "the shop shows it as shipped" if settings.short == "complete" else "it stays partly shipped in the shop"
    return Complaint(
        "short_shipped",
        f"{key}: part of it was shipped and the rest closed in the ERP; {how}. See that what was not shipped is refunded",
        "orders.short",
        asks=True,
    )
