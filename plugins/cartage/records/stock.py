"""Stock: how much of an item an inventory list of the shop can sell, as the ERP counts it.

One record is one item in one inventory list: several locations may add up to it. What the shop is told in
the end also depends on what it sold meanwhile; that is worked out later and stands in `inventory_feed`.
"""

from __future__ import annotations

from cartage.records.columns import FLAG, INSTANT, QUANTITY, ROW, TEXT, table

BEYOND = ("preorder", "backorder")
"""How something may be sold beyond the stock, in SFCC's words."""

STATES = ("active", "inactive", "gone", "unmapped")
"""Whether the item may be sold: inactive in the ERP, gone from it, or without a location of the list any more."""

STOCK = table(
    {
        "stock": (ROW, "row of this record; unique within a run"),
        "key": (TEXT, "the record's key: inventory list, a slash, sku"),
        "version": (TEXT, "moment it was counted, ISO 8601 in UTC; sorts two counts of one item"),
        "list_id": (TEXT, "inventory list of the shop"),
        "sku": (TEXT, "sku, as the shop knows it"),
        "item_id": (TEXT, "internal id of the ERP's item; null when it is gone"),
        "item_kind": (TEXT, "inventory, assembly, kit or other"),
        "state": (TEXT, "one of STATES"),
        "available": (QUANTITY, "units that can be sold, over the list's locations; of a kit what its members allow"),
        "safety": (QUANTITY, "units to keep back from it"),
        "perpetual": (FLAG, "is never sold out"),
        "handling": (TEXT, "none, or the ERP's word: preorder and backorder sell beyond the stock, any other nothing"),
        "backorder": (QUANTITY, "units that may be sold beyond the stock"),
        "in_stock_at": (INSTANT, "when it will be in stock again"),
        "counted_at": (INSTANT, "moment the count is true for, by the ERP's clock"),
    }
)

LOCATIONS = table(
    {
        "stock": (ROW, "row of the record"),
        "location_id": (TEXT, "internal id of the ERP's location"),
        "available": (QUANTITY, "units that can be sold there; null when nothing was ever counted"),
        "on_hand": (QUANTITY, "units on its shelves"),
        "safety": (QUANTITY, "units to keep back there"),
    }
)

MEMBERS = table(
    {
        "stock": (ROW, "row of the kit's record"),
        "sku": (TEXT, "sku of a member; null when the ERP does not have it any more"),
        "needed": (QUANTITY, "units of it in one kit"),
        "available": (QUANTITY, "units of it that can be sold, over the list's locations"),
    }
)

ORDER_LINES = table(
    {
        "stock": (ROW, "row of the record; a line stands under each list that its item is in"),
        "site": (TEXT, "site of the shop's order"),
        "order_no": (TEXT, "the shop's order number"),
        "line_id": (TEXT, "the shop's line"),
        "sku": (TEXT, "what was ordered: the item itself, or a kit that it is a member of"),
        "quantity": (
            QUANTITY,
            "units of the record's item that the line takes from the list; of what is closed only what was shipped",
        ),
        "committed": (
            QUANTITY,
            "of those, units that the list's count leaves out already: committed there, unless it counts what is on hand, or shipped",
        ),
    }
)

TABLES = {"stock": STOCK, "locations": LOCATIONS, "members": MEMBERS, "order_lines": ORDER_LINES}
ROOT = "stock"
LINK = "stock"
START = None
EMAILS: tuple[str, ...] = ()
PHONES: tuple[str, ...] = ()
