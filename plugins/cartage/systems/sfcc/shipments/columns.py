"""The columns that the mapping of shipments may name, beside those of the neutral record.

The neutral columns keep their names and meanings. `TargetMapping.check` refuses a mapping that names others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartage.records import shipment

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

ORDER = {
    "shipping_status": "how far the order is shipped, as the shop is to show it: see the setting `shipments.short`",
    "complete": "whether the order's status becomes COMPLETED: see the setting `shipments.complete`",
    "erp_number": "number of the ERP's first order",
    "tracking_numbers": "all tracking numbers, each once; null when there is none",
    "carriers": "who carries it, each once, as the ERP calls them; null when nobody is named",
}

SHIPMENT = {
    "tracking_numbers": "all tracking numbers of the shipment; null when there is none",
    "lines": "its lines",
    "packages": "its packages",
}

LINE = {"state": "open, shipped or closed"}

PACKAGE = {
    "id": "the fulfilment's id and the package's place in it",
    "url": "address of the package's page: see the setting `shipments.tracking_urls`",
    "contents": "lines in the fulfilment it belongs to",
}

CONTENT = {"line_id": "the shop's line", "units": "units of it"}

OFFERED: Mapping[str, Collection[str]] = {
    "shipment": {*shipment.ORDERS.names, *ORDER},
    "shipments": {*shipment.SHIPMENTS.names, *SHIPMENT},
    "packages": {*shipment.PACKAGES.names, *PACKAGE},
    "lines": {*shipment.LINES.names, *LINE},
    "contents": set(CONTENT),
}
"""Columns by whose row they are of."""
