"""The shop's export job: writes READY orders as a drop and marks them EXPORTED.

A drop appears under its name at once: it is written as ``name.tmp`` and renamed.
"""

from __future__ import annotations

import gzip
import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from lxml import etree

from sandbox.shop.lines_xml import NAMESPACE

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.sfcc.store import ShopStore

ORDERS_FOLDER = "outbound/orders"
CUSTOMERS_FOLDER = "outbound/customers"
MOST = 1_000
"""Orders in one run of the export."""

_STATUS = {
    "order-status": "status",
    "shipping-status": "shippingStatus",
    "confirmation-status": "confirmationStatus",
    "payment-status": "paymentStatus",
    "export-status": "exportStatus",
}


def drop_name(site: str, at: datetime, *, kind: str = "orders", compressed: bool = False) -> str:
    """Name a drop: site, kind and a moment that sorts."""
    return f"{site}_{kind}_{at.astimezone(UTC):%Y%m%dT%H%M%S}.xml{'.gz' if compressed else ''}"


def put_file(folder: Path, name: str, content: bytes) -> Path:
    """Put a file into a folder under a name that appears only once it is whole."""
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f"{name}.tmp"
    temporary.write_bytes(content)
    return temporary.rename(folder / name)


def export(
    home: Path,
    store: ShopStore,
    site: str,
    *,
    at: datetime,
    version: str = "26.5",
    compressed: bool = False,
    limit: int = MOST,
    mark: bool = True,
) -> tuple[str | None, int]:
    """Run the export of one site.

    Args:
        home: the sandbox's home.
        store: the shop's orders.
        site: site to export.
        at: moment in the drop's name.
        version: value of ``orders/@version``.
        compressed: whether to gzip.
        limit: orders at most; a run never takes more than 1,000.
        mark: whether to mark the orders EXPORTED. False is what an optimistic lock does to a real
            export: the order is in the file, its status stays READY, and the next file has it again.

    Returns:
        The drop's name, None when nothing was ready, and the number of orders.
    """
    rows = store.exportable(site, min(limit, MOST))
    if not rows:
        return None, 0
    file = io.BytesIO()
    file.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<orders xmlns="{NAMESPACE}" version="{version}">\n'.encode())
    for _, xml, document in rows:
        file.write(_current(xml, document))
    file.write(b"</orders>\n")
    content = gzip.compress(file.getvalue(), mtime=0) if compressed else file.getvalue()
    name = drop_name(site, at, compressed=compressed)
    put_file(home / "sftp" / ORDERS_FOLDER, name, content)
    if mark:
        for order_no, _, _ in rows:
            store.change(site, order_no, {"exportStatus": "exported"})
    return name, len(rows)


def _current(xml: bytes, document: dict[str, Any]) -> bytes:
    """Bring an order's XML up to date with what the shop was told since: statuses, and its shipments' tracking."""
    root = etree.fromstring(b'<orders xmlns="' + NAMESPACE.encode() + b'">' + xml + b"</orders>")
    order = root[0]
    space = {"o": NAMESPACE}
    for name, field in _STATUS.items():
        for node in order.findall(f"o:status/o:{name}", space):
            written, now = (node.text or "").lower(), document.get(field)
            # SCAPI has no word for OPEN and REPLACED: only a status that really changed is written.
            if now and now != {"open": "new", "replaced": "cancelled"}.get(written, written):
                node.text = now.upper()
    shipments = {each["shipmentId"]: each for each in document.get("shipments", [])}
    for shipment in order.findall("o:shipments/o:shipment", space):
        _track(shipment, shipments.get(shipment.get("shipment-id"), {}))
    written_order: bytes = etree.tostring(order, encoding="utf-8", with_tail=False)
    return b"    " + written_order.replace(f' xmlns="{NAMESPACE}"'.encode(), b"", 1) + b"\n"


def _track(node: etree._Element, shipment: dict[str, Any]) -> None:
    """Bring a shipment's XML up to date: its state and its tracking number."""
    status = node.find(f"{{{NAMESPACE}}}status/{{{NAMESPACE}}}shipping-status")
    if status is not None and "shippingStatus" in shipment:
        status.text = shipment["shippingStatus"].upper()
    if "trackingNumber" not in shipment:
        return
    tracking = node.find(f"{{{NAMESPACE}}}tracking-number")
    if tracking is None:
        tracking = etree.Element(f"{{{NAMESPACE}}}tracking-number")
        before = [each for each in node if etree.QName(each).localname in {"status", "shipping-method"}]
        node.insert(len(before), tracking)
    tracking.text = shipment["trackingNumber"]
