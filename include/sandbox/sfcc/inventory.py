"""The shop's stock: inventory lists, their records, and every single movement with its time.

ATS = allocation + preorder/backorder allocation - turnover - on-order (inventory.xsd). An allocation is set for a
moment, its reset date: turnover counts only movements from that moment on, so that setting it again zeroes what lies
before, and nothing else. On-order is untouched by it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sandbox.catalogue import PRODUCTS, SITES, STOCK_CASES
from sandbox.sfcc.database import stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime
    from sqlite3 import Row

    from sandbox.sfcc.database import Database

ZERO = Decimal(0)
SITE_LISTS = {site.site: f"{site.site}-inventory" for site in SITES}
"""Site -> the list that its orders are booked on, unless a line names another."""

ON_ORDER_LISTS = frozenset({"RefArchUS-inventory"})
"""Lists that begin with on-order; a feed's header may change that."""

STORE_LISTS = {store: store for site in SITES for store in site.stores}
"""Store -> its list: a pick-up line's inventory-list-id is the store's id."""

TURNOVER, ON_ORDER = "turnover", "on_order"
"""Kinds of movements."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS products (sku TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS inventory_lists (
    list_id TEXT PRIMARY KEY,
    default_instock INTEGER NOT NULL DEFAULT 0,
    description TEXT,
    bundle_only INTEGER NOT NULL DEFAULT 0,
    on_order INTEGER NOT NULL DEFAULT 0,
    custom TEXT NOT NULL DEFAULT '{}',
    created_at TEXT NOT NULL,
    modified_at TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS inventory_records (
    list_id TEXT NOT NULL,
    product_id TEXT NOT NULL,
    allocation TEXT,
    reset_at TEXT,
    perpetual INTEGER NOT NULL DEFAULT 0,
    handling TEXT NOT NULL DEFAULT 'none',
    backorder TEXT,
    in_stock_at TEXT,
    custom TEXT NOT NULL DEFAULT '{}',
    created_at TEXT NOT NULL,
    modified_at TEXT NOT NULL,
    touched INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (list_id, product_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS inventory_transactions (
    id INTEGER PRIMARY KEY,
    list_id TEXT NOT NULL,
    product_id TEXT NOT NULL,
    site TEXT NOT NULL,
    order_no TEXT NOT NULL,
    kind TEXT NOT NULL,
    quantity TEXT NOT NULL,
    at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS transactions_of_a_record ON inventory_transactions (list_id, product_id);
CREATE INDEX IF NOT EXISTS transactions_of_an_order ON inventory_transactions (site, order_no);
"""


@dataclass
class InventoryList:
    """Header of an inventory list."""

    list_id: str
    default_instock: bool = False
    description: str | None = None
    bundle_only: bool = False
    on_order: bool = False
    custom: dict[str, Any] = field(default_factory=dict)


@dataclass
class Record:
    """What the shop was told of a product in a list.

    Attributes:
        allocation: units, None when none was ever set.
        reset_at: moment that the allocation is true for (`stamp`); turnover counts from here.
        backorder: preorder or backorder allocation.
        in_stock_at: when it will be in stock (`stamp`).
    """

    list_id: str
    product_id: str
    allocation: Decimal | None = None
    reset_at: str | None = None
    perpetual: bool = False
    handling: str = "none"
    backorder: Decimal | None = None
    in_stock_at: str | None = None
    custom: dict[str, Any] = field(default_factory=dict)
    created_at: str = ""
    modified_at: str = ""


@dataclass
class Stock:
    """A record with what was moved since: the figures of OCAPI's product inventory record."""

    record: Record
    turnover: Decimal = ZERO
    on_order: Decimal = ZERO

    @property
    def ats(self) -> Decimal:
        """Give the quantity that is available to sell."""
        return self.level + (self.record.backorder or ZERO) - self.on_order

    @property
    def level(self) -> Decimal:
        """Give allocation minus turnover."""
        return (self.record.allocation or ZERO) - self.turnover


class Inventory:
    """All inventory lists of the shop."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        database.define(_SCHEMA)
        self._seed()

    def _seed(self) -> None:
        """Make the lists of the sites and stores, and know the catalogue's products."""
        now = stamp(self._clock())
        lists = [*SITE_LISTS.values(), *STORE_LISTS.values()]
        if not self.headers():
            with self._database.transaction() as db:
                db.executemany(
                    "INSERT OR IGNORE INTO inventory_lists (list_id, on_order, created_at, modified_at) "
                    "VALUES (?, ?, ?, ?)",
                    [(each, each in ON_ORDER_LISTS, now, now) for each in lists],
                )
        self.add_products(product.sku for product in (*PRODUCTS, *STOCK_CASES) if product.in_shop)

    def add_products(self, skus: Iterable[str]) -> None:
        """Let the site catalogue have products: feeds may name no others."""
        wanted = list(skus)
        if set(wanted) - self.known_products(wanted):
            with self._database.transaction() as db:
                db.executemany("INSERT OR IGNORE INTO products VALUES (?)", [(sku,) for sku in wanted])

    def known_products(self, skus: Sequence[str]) -> set[str]:
        """Give those of the skus that the site catalogue has."""
        found: set[str] = set()
        for part in _parts(skus):
            marks = ",".join("?" * len(part))
            sql = f"SELECT sku FROM products WHERE sku IN ({marks})"  # noqa: S608
            found |= {row["sku"] for row in self._database.rows(sql, part)}
        return found

    def header(self, list_id: str) -> InventoryList | None:
        """Give a list's header, or None."""
        row = self._database.row("SELECT * FROM inventory_lists WHERE list_id = ?", (list_id,))
        return _list(row) if row else None

    def headers(self) -> list[InventoryList]:
        """Give the headers of all lists, by id."""
        return [_list(row) for row in self._database.rows("SELECT * FROM inventory_lists ORDER BY list_id")]

    def put_list(self, header: InventoryList) -> None:
        """Make a list, or give it this header."""
        now = stamp(self._clock())
        with self._database.transaction() as db:
            db.execute(
                "INSERT INTO inventory_lists VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (list_id) DO UPDATE SET "
                "default_instock = excluded.default_instock, description = excluded.description, bundle_only = "
                "excluded.bundle_only, on_order = excluded.on_order, custom = excluded.custom, modified_at = "
                "excluded.modified_at",
                (header.list_id, header.default_instock, header.description, header.bundle_only, header.on_order,
                 json.dumps(header.custom), now, now),
            )  # fmt: skip

    def delete_list(self, list_id: str) -> bool:
        """Delete a list with its records; says whether it was there."""
        with self._database.transaction() as db:
            db.execute("DELETE FROM inventory_records WHERE list_id = ?", (list_id,))
            return db.execute("DELETE FROM inventory_lists WHERE list_id = ?", (list_id,)).rowcount > 0

    def records(self, list_id: str, product_ids: Sequence[str]) -> dict[str, Record]:
        """Give the records of products in a list, by product id."""
        found = {}
        for part in _parts(product_ids):
            marks = ",".join("?" * len(part))
            sql = f"SELECT * FROM inventory_records WHERE list_id = ? AND product_id IN ({marks})"  # noqa: S608
            found.update({row["product_id"]: _record(row) for row in self._database.rows(sql, (list_id, *part))})
        return found

    def page(self, list_id: str, start: int, count: int) -> tuple[list[Record], int]:
        """Give some records of a list, by product id, and how many it has in all."""
        rows = self._database.rows(
            "SELECT * FROM inventory_records WHERE list_id = ? ORDER BY product_id LIMIT ? OFFSET ?",
            (list_id, count, start),
        )
        total = self._database.row("SELECT count(*) FROM inventory_records WHERE list_id = ?", (list_id,))
        return [_record(row) for row in rows], int(total[0]) if total else 0

    def put_records(self, records: Iterable[Record], import_id: int = 0) -> None:
        """Write records as they are; `import_id` marks them as named by an import that replaces."""
        with self._database.transaction() as db:
            db.executemany(
                "INSERT OR REPLACE INTO inventory_records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (each.list_id, each.product_id, _text(each.allocation), each.reset_at, each.perpetual,
                     each.handling, _text(each.backorder), each.in_stock_at, json.dumps(each.custom),
                     each.created_at, each.modified_at, import_id)
                    for each in records
                ],
            )  # fmt: skip

    def delete_records(self, list_id: str, product_ids: Iterable[str]) -> None:
        """Delete records; what was moved stays known."""
        with self._database.transaction() as db:
            db.executemany(
                "DELETE FROM inventory_records WHERE list_id = ? AND product_id = ?",
                [(list_id, each) for each in product_ids],
            )

    def delete_untouched(self, list_id: str, import_id: int) -> int:
        """Delete the records of a list that an import that replaces has not named; gives their number."""
        with self._database.transaction() as db:
            return db.execute(
                "DELETE FROM inventory_records WHERE list_id = ? AND touched <> ?", (list_id, import_id)
            ).rowcount

    def stock(self, list_id: str, records: Sequence[Record]) -> list[Stock]:
        """Give records of one list with the figures that their movements make."""
        found = {each.product_id: Stock(each) for each in records}
        for part in _parts(list(found)):
            marks = ",".join("?" * len(part))
            sql = (
                "SELECT product_id, kind, quantity, at FROM inventory_transactions "  # noqa: S608
                f"WHERE list_id = ? AND product_id IN ({marks})"
            )
            for row in self._database.rows(sql, (list_id, *part)):
                one = found[row["product_id"]]
                if row["kind"] == ON_ORDER:
                    one.on_order += Decimal(row["quantity"])
                elif row["at"] >= (one.record.reset_at or ""):
                    one.turnover += Decimal(row["quantity"])
        return list(found.values())

    def available(self, list_id: str, product_id: str) -> Decimal | None:
        """Give how many units of a product may be sold from a list; None when there is no end to them."""
        record = self.records(list_id, [product_id]).get(product_id)
        header = self.header(list_id)
        if header is None:
            return ZERO
        if record is None:
            return None if header.default_instock else ZERO
        if record.perpetual:
            return None
        stock = self.stock(list_id, [record])[0]
        # Without a handling there is neither preorder nor backorder to sell from, whatever its allocation.
        return stock.ats - (ZERO if record.handling != "none" else record.backorder or ZERO)

    def transactions(self, list_id: str, product_id: str) -> list[dict[str, str]]:
        """Give every movement of a product in a list, oldest first."""
        rows = self._database.rows(
            "SELECT site, order_no, kind, quantity, at FROM inventory_transactions "
            "WHERE list_id = ? AND product_id = ? ORDER BY at, id",
            (list_id, product_id),
        )
        return [dict(row) for row in rows]


def _text(value: Decimal | None) -> str | None:
    return None if value is None else format(value, "f")


def _parts(values: Sequence[str], size: int = 900) -> Iterable[Sequence[str]]:
    """Cut a list so that each part fits into one query."""
    return (values[start : start + size] for start in range(0, len(values), size))


def _list(row: Row) -> InventoryList:
    return InventoryList(
        row["list_id"], bool(row["default_instock"]), row["description"], bool(row["bundle_only"]),
        bool(row["on_order"]), json.loads(row["custom"]),
    )  # fmt: skip


def _record(row: Row) -> Record:
    return Record(
        row["list_id"], row["product_id"], _number(row["allocation"]), row["reset_at"], bool(row["perpetual"]),
        row["handling"], _number(row["backorder"]), row["in_stock_at"], json.loads(row["custom"]), row["created_at"],
        row["modified_at"],
    )  # fmt: skip


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
