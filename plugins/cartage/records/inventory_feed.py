"""Rows of an inventory feed: what the shop will be told of an item in a list. They are the documents of `stock`."""

from __future__ import annotations

from cartage.records.columns import FLAG, INSTANT, QUANTITY, ROW, TEXT, table

ROWS = table(
    {
        "record": (ROW, "row of the stock record in its run"),
        "key": (TEXT, "the record's key"),
        "version": (TEXT, "the record's version"),
        "group": (TEXT, "inventory list"),
        "sku": (TEXT, "sku, the shop's product id"),
        "allocation": (QUANTITY, "units that the shop may count on, as of `as_of`; null for a perpetual item"),
        "as_of": (INSTANT, "moment the allocation is true for: the feed's allocation-timestamp"),
        "perpetual": (FLAG, "is never sold out"),
        "handling": (TEXT, "none, preorder or backorder"),
        "backorder": (QUANTITY, "units that may be sold beyond the allocation"),
        "in_stock_at": (INSTANT, "when it will be in stock again"),
        "explained": (QUANTITY, "units of a fall since the last feed that known orders explain"),
        "hash": (TEXT, "content hash: rows with the same were told already"),
        "value": (TEXT, "what the shop can sell after the feed, as a decimal number: the guardrail looks at it"),
        "told": (TEXT, "the content hash that the shop was last told; null when it never was, or did not take it"),
        "before": (TEXT, "the value that the shop was last told; null when it never was"),
        "drift": (TEXT, "how the shop has it otherwise than it was told; null when it does not, or nobody looked"),
    }
)

TABLES = {"rows": ROWS}
ROOT = "rows"
LINK = "record"
