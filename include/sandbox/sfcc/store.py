"""The shop's own order table: what SCAPI answers from and exports are made of. SQLite, so it survives a restart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sandbox.sfcc.bookings import Bookings
from sandbox.sfcc.database import Database, ShopClock
from sandbox.sfcc.exact_json import dumps, loads
from sandbox.sfcc.inventory import Inventory
from sandbox.sfcc.metadata import Attributes
from sandbox.sfcc.prices import PriceBooks
from sandbox.sfcc.stores import Stores
from sandbox.shop.model import VERSIONS
from sandbox.shop.order_json import order_json
from sandbox.shop.order_xml import order_bytes

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from pathlib import Path

    from sandbox.shop.model import Order

_STATUSES = {
    "status": "status",
    "exportStatus": "export_status",
    "externalOrderStatus": "external_status",
    "confirmationStatus": "confirmation_status",
    "paymentStatus": "payment_status",
    "shippingStatus": "shipping_status",
}
"""Field of the SCAPI document -> column that filters look at."""

_EXTERNAL = ("externalOrderNo", "externalOrderStatus", "externalOrderText")
"""Fields that other systems write, besides custom attributes."""

NEXT_STATUS = {
    "created": {"created", "new", "completed", "cancelled", "failed"},
    "failed": {"failed", "created"},
    "new": {"new", "completed", "cancelled"},
    "completed": {"new", "completed", "cancelled"},
    "cancelled": {"new", "completed", "cancelled"},
}
"""Where an order's status may go: once placed it is never created or failed again."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (
    site TEXT NOT NULL,
    order_no TEXT NOT NULL,
    document TEXT NOT NULL,
    xml BLOB NOT NULL,
    created_at TEXT NOT NULL,
    modified_at TEXT NOT NULL,
    status TEXT,
    export_status TEXT,
    external_status TEXT,
    confirmation_status TEXT,
    payment_status TEXT,
    shipping_status TEXT,
    PRIMARY KEY (site, order_no)
);
CREATE INDEX IF NOT EXISTS orders_created ON orders (site, created_at);
CREATE INDEX IF NOT EXISTS orders_modified ON orders (site, modified_at);
"""


@dataclass(frozen=True)
class Query:
    """What a client asks of the order list.

    Attributes:
        site: site id.
        statuses: column -> the values that match.
        ranges: (column, comparison, moment): the moment in SCAPI's own form.
        sort: column to sort by.
        descending: newest first.
        limit: page size.
        offset: orders to leave out.
    """

    site: str
    statuses: dict[str, tuple[str, ...]]
    ranges: tuple[tuple[str, str, str], ...]
    sort: str
    descending: bool
    limit: int
    offset: int


def moment(value: datetime) -> str:
    """Write a moment in SCAPI's form, UTC with milliseconds; such texts sort by time."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{value.microsecond // 1000:03d}Z"


class ShopStore:
    """Orders of the shop by site and number, and the stock that they take. Safe for threads and processes (WAL).

    Attributes:
        database: where all of it is kept.
        clock: what time it is in the shop.
        inventory: its stock.
        bookings: what its orders do to stock.
        prices: its price books.
        stores: its stores.
        attributes: the custom attributes that its objects have.
    """

    def __init__(self, home: Path) -> None:
        self.database = Database(home)
        self.clock = ShopClock()
        self.database.define(_SCHEMA)
        self.inventory = Inventory(self.database, self.clock)
        self.bookings = Bookings(self.database, self.inventory)
        self.prices = PriceBooks(self.database, self.clock)
        self.stores = Stores(self.database)
        self.attributes = Attributes()

    def close(self) -> None:
        """Close the database."""
        self.database.close()

    def put(self, orders: Iterable[Order]) -> int:
        """Place orders, or new versions of orders; what other systems told the shop of an order stays."""
        count = 0
        with self.database.transaction() as db:
            for order in orders:
                document = self._with_external_side(order)
                self._write(db, order.site, order.order_no, document, order_bytes(order, VERSIONS[-1]))
                self.bookings.book(order.site, document)
                count += 1
        return count

    def _with_external_side(self, order: Order) -> dict[str, Any]:
        """Give an order's document with what other systems have told the shop, which a new version does not undo."""
        known = self.get(order.site, order.order_no) or {}
        document = {**{name: known[name] for name in known if name in _EXTERNAL or name.startswith("c_")}}
        document |= order_json(order)
        shipped = {each["shipmentId"]: each for each in known.get("shipments", [])}
        for shipment in document.get("shipments", []):
            before = shipped.get(shipment["shipmentId"], {})
            told = {name: before[name] for name in before if name == "trackingNumber" or name.startswith("c_")}
            shipment |= {**told, **shipment}
            if before.get("shippingStatus") == "shipped":
                shipment["shippingStatus"] = "shipped"
        return document

    @staticmethod
    def _write(db: sqlite3.Connection, site: str, order_no: str, document: dict[str, Any], xml: bytes) -> None:
        columns = [document.get(name) for name in _STATUSES]
        created = document["creationDate"]
        db.execute(
            "INSERT OR REPLACE INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (site, order_no, dumps(document), xml, created, document.get("lastModified", created), *columns),
        )

    def get(self, site: str, order_no: str) -> dict[str, Any] | None:
        """Give an order's SCAPI document, or None."""
        row = self.database.row("SELECT document FROM orders WHERE site = ? AND order_no = ?", (site, order_no))
        return loads(row["document"]) if row else None

    def find(self, query: Query) -> list[str]:
        """Give the documents of one page, as JSON texts."""
        terms, values = ["site = ?"], [query.site]
        for column, wanted in query.statuses.items():
            terms.append(f"{column} IN ({', '.join('?' * len(wanted))})")
            values += wanted
        for column, comparison, at in query.ranges:
            terms.append(f"{column} {comparison} ?")
            values.append(at)
        direction = "DESC" if query.descending else "ASC"
        # Column names and comparisons come from this module's and scapi's own constants, values are bound.
        sql = (
            f"SELECT document FROM orders WHERE {' AND '.join(terms)} "  # noqa: S608
            f"ORDER BY {query.sort} {direction}, order_no {direction} LIMIT ? OFFSET ?"
        )
        rows = self.database.rows(sql, (*values, query.limit, query.offset))
        return [row["document"] for row in rows]

    def change(self, site: str, order_no: str, changes: dict[str, Any]) -> bool:
        """Change fields of an order's document (None removes one); False when there is no such order.

        The modification time moves on, by at least a millisecond.
        """
        with self.database.transaction() as db:
            row = db.execute(
                "SELECT document, xml FROM orders WHERE site = ? AND order_no = ?", (site, order_no)
            ).fetchone()
            if row is None:
                return False
            document = {**loads(row["document"]), **changes}
            document = {name: value for name, value in document.items() if value is not None}
            document["lastModified"] = self._later(document.get("lastModified"))
            self._write(db, site, order_no, document, row["xml"])
            self.bookings.book(site, document)
        return True

    def _later(self, before: str | None) -> str:
        now = moment(self.clock())
        if before and now <= before:
            return moment(datetime.fromisoformat(before) + timedelta(milliseconds=1))
        return now

    def exportable(self, site: str, limit: int) -> list[tuple[str, bytes, dict[str, Any]]]:
        """Give the orders that an export takes: READY, and neither CREATED nor FAILED; oldest first."""
        rows = self.database.rows(
            "SELECT order_no, xml, document FROM orders WHERE site = ? AND export_status = 'ready' "
            "AND status NOT IN ('created', 'failed') ORDER BY created_at, order_no LIMIT ?",
            (site, limit),
        )
        return [(row["order_no"], row["xml"], loads(row["document"])) for row in rows]

    def count(self, site: str | None = None) -> int:
        """Give the number of orders, of one site or of all."""
        row = self.database.row("SELECT count(*) FROM orders WHERE site = coalesce(?, site)", (site,))
        return int(row[0]) if row else 0

    def sites_of(self, order_no: str) -> list[str]:
        """Give the sites that have an order of this number."""
        rows = self.database.rows("SELECT site FROM orders WHERE order_no = ? ORDER BY site", (order_no,))
        return [row["site"] for row in rows]
