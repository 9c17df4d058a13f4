"""Shipments: how far an order of the shop is fulfilled in the ERP.

One record is one order of the shop, with all its shipments as they stand now, since a shipment's state and the
order's follow from all lines.
"""

from __future__ import annotations

from cartage.records.columns import FLAG, INSTANT, QUANTITY, ROW, TEXT, table

STATUSES = ("NOT_SHIPPED", "PART_SHIPPED", "SHIPPED")
"""How far an order is shipped, in SFCC's words; a shipment is never PART_SHIPPED."""

ORDERS = table(
    {
        "order": (ROW, "row of this record; unique within a run"),
        "key": (TEXT, "the record's key: site, a slash, order number"),
        "version": (TEXT, "latest change of the order or its fulfilments in the ERP, ISO 8601 in UTC"),
        "site": (TEXT, "the shop's site"),
        "order_no": (TEXT, "the shop's order number"),
        "erp_ids": (TEXT, "internal ids of the ERP's orders it became, as a JSON array"),
        "erp_numbers": (TEXT, "their numbers, as a JSON array"),
        "status": (TEXT, "one of STATUSES"),
        "closed": (FLAG, "nothing more will be shipped: every line is shipped, closed or cancelled"),
        "adopted": (FLAG, "another connector wrote it to the ERP, so that it may be no order of the shop at all"),
        "cancelled": (FLAG, "nothing was shipped and nothing will be"),
        "short": (FLAG, "some of it was shipped, and the rest was closed"),
    }
)

SHIPMENTS = table(
    {
        "order": (ROW, "row of the order"),
        "shipment_id": (TEXT, "the shop's shipment"),
        "status": (TEXT, "NOT_SHIPPED or SHIPPED: shipped when all its lines are"),
        "tracking_number": (TEXT, "the first of its tracking numbers: the shop has room for one"),
        "carrier": (TEXT, "who carries it, as the ERP calls them"),
        "shipped_at": (INSTANT, "when its last part left"),
    }
)

PACKAGES = table(
    {
        "order": (ROW, "row of the order"),
        "shipment_id": (TEXT, "the shop's shipment; null when the ERP's lines do not say"),
        "fulfilment_id": (TEXT, "internal id of the ERP's fulfilment"),
        "tracking_number": (TEXT, "tracking number"),
        "carrier": (TEXT, "who carries it, as the ERP calls them"),
        "shipped_at": (INSTANT, "when it left"),
        "contents": (TEXT, "units of this shipment in the fulfilment by the shop's line, as a JSON object"),
    }
)

LINES = table(
    {
        "order": (ROW, "row of the order"),
        "shipment_id": (TEXT, "the shop's shipment"),
        "line_id": (TEXT, "the shop's line"),
        "sku": (TEXT, "sku"),
        "ordered": (QUANTITY, "units ordered"),
        "shipped": (QUANTITY, "units that count as shipped"),
        "closed": (FLAG, "the rest will not be shipped"),
    }
)

TABLES = {"orders": ORDERS, "shipments": SHIPMENTS, "packages": PACKAGES, "lines": LINES}
ROOT = "orders"
LINK = "order"
START = None
EMAILS: tuple[str, ...] = ()
PHONES: tuple[str, ...] = ()
