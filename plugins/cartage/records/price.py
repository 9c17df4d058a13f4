"""Prices: what an item costs in a price book of the shop, as the ERP has it.

One record is one item in one price book, with its quantity breaks, for one stretch of time.
"""

from __future__ import annotations

from cartage.records.columns import INSTANT, MONEY, QUANTITY, ROW, TEXT, table

STATES = ("active", "gone")
"""Whether there is a price; of what is gone the shop's price is deleted."""

PRICES = table(
    {
        "price": (ROW, "row of this record; unique within a run"),
        "key": (TEXT, "the record's key: price book, a slash, sku"),
        "version": (TEXT, "moment it was read, ISO 8601 in UTC"),
        "book_id": (TEXT, "price book of the shop"),
        "sku": (TEXT, "sku, as the shop knows it"),
        "item_id": (TEXT, "internal id of the ERP's item; null when it is gone"),
        "state": (TEXT, "one of STATES"),
        "currency": (TEXT, "ISO 4217 code; the same throughout a book"),
        "online_from": (INSTANT, "from when the price holds; null: always"),
        "online_to": (INSTANT, "until when the price holds; null: for good"),
        "source": (TEXT, "which of the ERP's prices it is: customer, level, group, base"),
    }
)

TIERS = table(
    {
        "price": (ROW, "row of the record"),
        "quantity": (QUANTITY, "from how many units on; every price has a tier of 1"),
        "amount": (MONEY, "price of one unit"),
    }
)

TABLES = {"prices": PRICES, "tiers": TIERS}
ROOT = "prices"
LINK = "price"
START = None
EMAILS: tuple[str, ...] = ()
PHONES: tuple[str, ...] = ()
