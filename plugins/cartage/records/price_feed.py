"""Rows of a price feed: what the shop will be told an item costs in a book. They are the documents of `price`."""

from __future__ import annotations

from cartage.records.columns import INSTANT, MONEY, QUANTITY, ROW, TEXT, table

ROWS = table(
    {
        "record": (ROW, "row of the price record in its run"),
        "key": (TEXT, "the record's key"),
        "version": (TEXT, "the record's version"),
        "group": (TEXT, "price book"),
        "sku": (TEXT, "sku, the shop's product id"),
        "action": (TEXT, "put; replace: put, and all other prices of the item in the book go; delete: all go"),
        "currency": (TEXT, "ISO 4217 code of the book"),
        "as_of": (INSTANT, "moment the price was read"),
        "online_from": (INSTANT, "from when the price holds; null: always"),
        "online_to": (INSTANT, "until when the price holds; null: for good"),
        "hash": (TEXT, "content hash: rows with the same were told already"),
        "value": (TEXT, "price of one unit as a decimal number; null for a deletion. The guardrail looks at it"),
        "break": (
            TEXT,
            "break that moves further than the price of one: from how many units on, as told, as of now; or null",
        ),
        "told": (TEXT, "the content hash that the shop was last told; null when it never was, or did not take it"),
        "before": (TEXT, "the value that the shop was last told; null when it never was"),
        "drift": (TEXT, "how the shop has it otherwise than it was told; null when it does not, or nobody looked"),
    }
)

TIERS = table(
    {
        "record": (ROW, "row of the price record in its run"),
        "quantity": (QUANTITY, "from how many units on"),
        "amount": (MONEY, "price of one unit"),
    }
)

TABLES = {"rows": ROWS, "tiers": TIERS}
ROOT = "rows"
LINK = "record"
