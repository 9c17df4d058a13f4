"""Imports price book feeds (pricebook.xsd): headers of books, and price tables."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from sandbox.sfcc.database import stamp
from sandbox.sfcc.feeds.importer import Importer
from sandbox.sfcc.feeds.log import Skip, ids
from sandbox.sfcc.feeds.reading import Format
from sandbox.sfcc.feeds.structure import (
    CUSTOM_ATTRIBUTES,
    LOCALISED,
    XML_LANG,
    Attribute,
    Child,
    Found,
    Leaf,
    Shape,
    boolean,
    child,
    custom_values,
    decimal,
    matching,
    moment,
    name,
    one_of,
    text,
)
from sandbox.sfcc.prices import PriceBook, PriceTable, Tier

if TYPE_CHECKING:
    from sandbox.sfcc.feeds.importer import Task
    from sandbox.sfcc.store import ShopStore

_HEADER = Shape(
    (
        child("currency", matching(r"[A-Z]{3}", "a currency"), required=True),
        child("display-name", LOCALISED, many=True),
        child("description", LOCALISED, many=True),
        child("online-flag", boolean),
        child("online-from", moment),
        child("online-to", moment),
        child("parent", name(256)),
        child("feed-based", boolean),
        child("custom-attributes", CUSTOM_ATTRIBUTES),
    ),
    {"pricebook-id": Attribute(name(256), required=True), "mode": Attribute(one_of("delete"))},
)
_ENTRY = Leaf(decimal(), {"quantity": Attribute(decimal())})
_TABLE = Shape(
    (
        child("online-from", moment),
        child("online-to", moment),
        Child({"amount": _ENTRY, "percentage": _ENTRY}, many=True),
        child("price-info", text(256)),
    ),
    {"product-id": Attribute(name(100), required=True), "mode": Attribute(one_of("delete", "delete-all"))},
)
_BOOK = ("pricebooks", "pricebook")
FORMAT = Format(
    "http://www.demandware.com/xml/impex/pricebook/2006-10-31",
    {
        ("pricebooks",): ("pricebook",),
        _BOOK: ("header", "price-tables"),
        (*_BOOK, "price-tables"): ("price-table",),
    },
    {(*_BOOK, "header"): _HEADER, (*_BOOK, "price-tables", "price-table"): _TABLE},
    frozenset({_BOOK}),
)


class PriceBookImporter(Importer):
    """Takes the elements of one price book feed.

    Modes are those of the import, for whole books: merge makes and changes, update only changes what is there,
    replace puts the feed's tables in the place of all that a book had, delete deletes the books that the feed names.
    Only replace changes a currency. A table is known by its product and the moment from which it holds; a plain
    ``delete`` takes just that one, ``delete-all`` all of the product's.
    """

    format = FORMAT
    kinds: ClassVar = {"header": ("pricebook-id",), "price-table": ("product-id",)}
    strict = frozenset({"header"})

    def __init__(self, shop: ShopStore, task: Task) -> None:
        super().__init__(shop, task)
        self._prices = shop.prices
        self._inventory = shop.inventory
        self._deleted = False
        self._book: PriceBook | None = None

    def take_head(self, found: Found) -> None:
        """Take a book's header."""
        self._close_book()
        self._book = None
        self._deleted = False
        book_id, currency = found.attributes["pricebook-id"], found.get("currency")
        self.within = ids(found, "pricebook-id")
        before = self._prices.book(book_id)
        if found.attributes.get("mode") == "delete" or self.mode == "delete":
            if not self._prices.delete_book(book_id):
                raise Skip("unknown_pricebook", f"there is no price book {book_id} to delete", "DATAWARNING")
            self._deleted = True
            return
        if before is None and self.mode == "update":
            raise Skip("unknown_pricebook", f"there is no price book {book_id} to update")
        if before and before.currency != currency and self.mode != "replace":
            message = f"the currency of price book {book_id} is {before.currency}; only mode REPLACE changes it"
            raise Skip("currency_change", message)
        self._check_parent(found, book_id)
        self._book = _header(found, before if before and self.mode != "replace" else PriceBook(book_id, currency))
        self._prices.put_book(self._book)

    def _check_parent(self, found: Found, book_id: str) -> None:
        parent, passed = found.get("parent"), {book_id}
        while parent:
            if parent in passed:
                raise Skip("parent_cycle", f"price book {book_id} would be its own parent")
            passed.add(parent)
            book = self._prices.book(parent)
            if book is None:
                raise Skip("unknown_parent", f"there is no price book {parent} to be the parent")
            parent = book.parent

    def take(self, batch: list[Found]) -> None:
        """Take tables of the book whose header came last."""
        if self._book is None:
            self.log.skip(0 if self._deleted else len(batch))
            return
        names = [each.attributes["product-id"] for each in batch]
        known = self._inventory.known_products(names)
        tables = self._prices.tables(self._book.book_id, names)
        if self.mode == "replace":
            mine = self.task.import_id
            tables = {
                product: {since: each for since, each in some.items() if each.touched == mine}
                for product, some in tables.items()
            }
        for found in batch:
            with self.judged(found):
                product_id = found.attributes["product-id"]
                if product_id not in known:
                    raise Skip("unknown_product", f"the site catalogue has no product {product_id}")
                self._change(found, tables[product_id], self._book)
        self._prices.put_tables(self._book.book_id, tables)

    def _change(self, found: Found, tables: dict[str, PriceTable], book: PriceBook) -> None:
        """Change the tables of a product as one element says."""
        since = found.get("online-from")
        key, mode = stamp(since) if since else "", found.attributes.get("mode")
        if mode is not None:
            gone = list(tables) if mode == "delete-all" else [each for each in tables if each == key]
            if not gone:
                raise Skip("unknown_table", "there is no such price table to delete", "DATAWARNING")
            for each in gone:
                del tables[each]
            return
        if self.mode == "update" and key not in tables:
            raise Skip("unknown_table", "there is no such price table to update")
        until = found.get("online-to")
        if until and since and until <= since:
            raise Skip("never_online", "online-to does not lie after online-from")
        tables[key] = PriceTable(
            book.book_id,
            found.attributes["product-id"],
            key,
            stamp(until) if until else None,
            self._tiers(found),
            found.get("price-info"),
            stamp(self.clock()),
            self.task.import_id,
        )

    def _tiers(self, found: Found) -> list[Tier]:
        """Give the prices of a table; negative ones are ignored, as SFCC does it."""
        entries = [*found.all("amount"), *found.all("percentage")]
        tiers: dict[Decimal, Tier] = {}
        negative = 0
        for each in entries:
            quantity = each.attributes.get("quantity", Decimal(1))
            if quantity <= 0:
                raise Skip("wrong_quantity", "a price is for a quantity of zero or less")
            if quantity in tiers:
                raise Skip("repeated_quantity", f"there are two prices for the quantity {quantity}")
            if each.value < 0:
                negative += 1
            else:
                tiers[quantity] = Tier(quantity, each.value, each.name == "percentage")
        if not tiers:
            code, message = ("negative_price", "all its prices are negative") if negative else ("no_price", "no price")
            raise Skip(code, f"{message}: ignored", "DATAWARNING")
        if negative:
            self.warn(found, "negative_price", f"{negative} of its prices are negative: ignored")
        if min(tiers) > 1:
            self.warn(
                found, "no_unit_price", "there is no price for the quantity 1: the product cannot be bought singly"
            )
        return [tiers[quantity] for quantity in sorted(tiers)]

    def finish(self) -> None:
        """End the last book."""
        self._close_book()

    def _close_book(self) -> None:
        if self._book is not None and self.mode == "replace":
            self._prices.delete_untouched(self._book.book_id, self.task.import_id)


def _header(found: Found, before: PriceBook) -> PriceBook:
    given = {
        field: found.get(element)
        for element, field in (("currency", "currency"), ("online-flag", "online"), ("parent", "parent"),
                               ("feed-based", "feed_based"))
        if found.first(element)
    }  # fmt: skip
    for element, field in (("online-from", "online_from"), ("online-to", "online_to")):
        if found.first(element):
            given[field] = stamp(found.get(element))
    names, descriptions = _localised(found, "display-name"), _localised(found, "description")
    return replace(
        before,
        **given,
        names={**before.names, **names},
        descriptions={**before.descriptions, **descriptions},
        custom={**before.custom, **custom_values(found.first("custom-attributes"))},
    )


def _localised(found: Found, element: str) -> dict[str, str]:
    return {each.attributes.get(XML_LANG, "x-default"): each.value for each in found.all(element)}
