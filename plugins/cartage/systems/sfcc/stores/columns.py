"""The columns that the mapping of locations may name, beside those of the neutral record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartage.records import location

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

LIST = {
    "id": "the inventory list",
    "default_instock": "whether products without a record count as in stock: see `inventory.feed.header`",
    "description": "its description, likewise",
    "use_bundle_inventory_only": "whether a bundle has stock of its own, likewise",
    "on_order": "whether it uses on-order: see `inventory.lists`",
}

OFFERED: Mapping[str, Collection[str]] = {
    "location": set(location.LOCATIONS.names),
    "stores": set(location.HOMES.names),
    "lists": set(LIST),
}
"""Columns by whose row they are of."""
