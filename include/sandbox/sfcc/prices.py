"""The shop's price books and their tables."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sandbox.sfcc.database import stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime
    from sqlite3 import Row

    from sandbox.sfcc.database import Database

_SCHEMA = """
CREATE TABLE IF NOT EXISTS price_books (book_id TEXT PRIMARY KEY, document TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS price_tables (
    book_id TEXT NOT NULL,
    product_id TEXT NOT NULL,
    online_from TEXT NOT NULL,
    online_to TEXT,
    tiers TEXT NOT NULL,
    info TEXT,
    modified_at TEXT NOT NULL,
    touched INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (book_id, product_id, online_from)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS tables_of_a_product ON price_tables (product_id);
"""


@dataclass
class PriceBook:
    """Header of a price book; texts by language, moments as `stamp` writes them."""

    book_id: str
    currency: str
    names: dict[str, str] = field(default_factory=dict)
    descriptions: dict[str, str] = field(default_factory=dict)
    online: bool = True
    online_from: str | None = None
    online_to: str | None = None
    parent: str | None = None
    feed_based: bool = False
    custom: dict[str, Any] = field(default_factory=dict)

    def holds(self, at: str) -> bool:
        """Say whether the book is online at a moment."""
        return self.online and (self.online_from or "") <= at and (self.online_to is None or at < self.online_to)


@dataclass
class Tier:
    """A price from a quantity on: an amount, or a percentage of the parent book's price."""

    quantity: Decimal
    value: Decimal
    percentage: bool = False


@dataclass
class PriceTable:
    """The prices of a product in a book for a time; an empty `online_from` is since ever."""

    book_id: str
    product_id: str
    online_from: str = ""
    online_to: str | None = None
    tiers: list[Tier] = field(default_factory=list)
    info: str | None = None
    modified_at: str = ""
    touched: int = 0

    def holds(self, at: str) -> bool:
        """Say whether the table counts at a moment."""
        return self.online_from <= at and (self.online_to is None or at < self.online_to)


class PriceBooks:
    """All price books of the shop."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        database.define(_SCHEMA)

    def book(self, book_id: str) -> PriceBook | None:
        """Give a book's header, or None."""
        row = self._database.row("SELECT document FROM price_books WHERE book_id = ?", (book_id,))
        return PriceBook(**json.loads(row["document"])) if row else None

    def books(self) -> list[PriceBook]:
        """Give all headers, by id."""
        rows = self._database.rows("SELECT document FROM price_books ORDER BY book_id")
        return [PriceBook(**json.loads(row["document"])) for row in rows]

    def put_book(self, book: PriceBook) -> None:
        """Make a book, or give it this header."""
        with self._database.transaction() as db:
            db.execute("INSERT OR REPLACE INTO price_books VALUES (?, ?)", (book.book_id, json.dumps(vars(book))))

    def delete_book(self, book_id: str) -> bool:
        """Delete a book with all its prices; says whether it was there."""
        with self._database.transaction() as db:
            db.execute("DELETE FROM price_tables WHERE book_id = ?", (book_id,))
            return db.execute("DELETE FROM price_books WHERE book_id = ?", (book_id,)).rowcount > 0

    def tables(self, book_id: str, product_ids: Sequence[str]) -> dict[str, dict[str, PriceTable]]:
        """Give the tables of products in a book: product -> online_from -> table."""
        found: dict[str, dict[str, PriceTable]] = {each: {} for each in product_ids}
        marks = ",".join("?" * len(found))
        sql = f"SELECT * FROM price_tables WHERE book_id = ? AND product_id IN ({marks})"  # noqa: S608
        for row in self._database.rows(sql, (book_id, *found)):
            found[row["product_id"]][row["online_from"]] = _table(row)
        return found

    def put_tables(self, book_id: str, tables: dict[str, dict[str, PriceTable]]) -> None:
        """Give products of a book just these tables."""
        values = [
            (each.book_id, each.product_id, each.online_from, each.online_to, _tiers(each.tiers), each.info,
             each.modified_at, each.touched)
            for some in tables.values() for each in some.values()
        ]  # fmt: skip
        with self._database.transaction() as db:
            db.executemany(
                "DELETE FROM price_tables WHERE book_id = ? AND product_id = ?", [(book_id, each) for each in tables]
            )
            db.executemany("INSERT INTO price_tables VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)

    def delete_untouched(self, book_id: str, import_id: int) -> None:
        """Delete the tables of a book that an import that replaces has not named."""
        with self._database.transaction() as db:
            db.execute("DELETE FROM price_tables WHERE book_id = ? AND touched <> ?", (book_id, import_id))

    def page(self, book_id: str, start: int, count: int) -> tuple[list[PriceTable], int]:
        """Give some tables of a book, by product and time, and how many it has in all."""
        rows = self._database.rows(
            "SELECT * FROM price_tables WHERE book_id = ? ORDER BY product_id, online_from LIMIT ? OFFSET ?",
            (book_id, count, start),
        )
        total = self._database.row("SELECT count(*) FROM price_tables WHERE book_id = ?", (book_id,))
        return [_table(row) for row in rows], int(total[0]) if total else 0

    def price(self, book: PriceBook, product_id: str, quantity: Decimal = Decimal(1)) -> Decimal | None:
        """Give what one unit costs in a book now, when so many are bought; None when the book does not say.

        Of tables that hold at the same time the one that began last counts.
        """
        at = stamp(self._clock())
        if not book.holds(at):
            return None
        holding = [each for each in self.tables(book.book_id, [product_id])[product_id].values() if each.holds(at)]
        if not holding:
            return None
        table = max(holding, key=lambda each: each.online_from)
        fitting = [each for each in table.tiers if each.quantity <= quantity]
        if not fitting:
            return None
        tier = max(fitting, key=lambda each: each.quantity)
        if not tier.percentage:
            return tier.value
        parent = self.book(book.parent) if book.parent else None
        base = self.price(parent, product_id, quantity) if parent else None
        return None if base is None else base * tier.value / 100


def _table(row: Row) -> PriceTable:
    tiers = [Tier(Decimal(each[0]), Decimal(each[1]), each[2]) for each in json.loads(row["tiers"])]
    return PriceTable(
        row["book_id"], row["product_id"], row["online_from"], row["online_to"], tiers, row["info"],
        row["modified_at"], row["touched"],
    )  # fmt: skip


def _tiers(tiers: Iterable[Tier]) -> str:
    return json.dumps([(format(each.quantity, "f"), format(each.value, "f"), each.percentage) for each in tiers])
