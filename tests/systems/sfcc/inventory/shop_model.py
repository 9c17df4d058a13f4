"""A shop that sells as SFCC does: allocations reset turnover by their date, on-order lists book at the export.

Written from inventory.xsd and the words of Salesforce's API on turnover and allocation reset dates, apart from the
sandbox's; `test_shop_model` holds the two against each other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

OLDEST = timedelta(hours=48)


@dataclass
class Order:
    """An order of one line a sku; times are the shop's."""

    site: str
    number: str
    list_id: str
    units: dict[str, int]
    placed: datetime
    modified: datetime
    cancelled: bool = False
    exported: datetime | None = None
    again: bool = False
    """A cancelled order that a re-export job shall bring."""
    before: list[dict[str, Any]] = field(default_factory=list)
    """What it was before each change."""

    def line_id(self, sku: str) -> str:
        return f"p{list(self.units).index(sku) + 1}-{sku}"

    def change(self, now: datetime) -> None:
        """Note that it changes now."""
        self.before.append(self.document())
        self.modified = now

    def listed(self, at: datetime) -> dict[str, Any] | None:
        """Give the order as an index has it that is as old as this."""
        versions = [*self.before, self.document()]
        return next((each for each in reversed(versions) if each["lastModified"] <= at.isoformat()), None)

    def document(self) -> dict[str, Any]:
        """Give the order as SCAPI does."""
        return {
            "orderNo": self.number,
            "creationDate": self.placed.isoformat(),
            "lastModified": self.modified.isoformat(),
            "status": "cancelled" if self.cancelled else "new",
            "exportStatus": "exported" if self.exported else "not_exported",
            "productItems": [
                {"productId": sku, "quantity": Decimal(units), "inventoryId": self.list_id}
                for sku, units in self.units.items()
            ],
        }


@dataclass
class Record:
    """What the shop was told of a sku in a list."""

    allocation: Decimal = Decimal(0)
    beyond: Decimal = Decimal(0)
    dated: datetime | None = None


@dataclass
class Shop:
    """Inventory lists, their records, and every single movement."""

    on_order: dict[str, bool]
    orders: dict[str, Order] = field(default_factory=dict)
    records: dict[tuple[str, str], Record] = field(default_factory=dict)
    turnover: dict[tuple[str, str], list[tuple[datetime, int]]] = field(default_factory=dict)
    waiting: dict[tuple[str, str], int] = field(default_factory=dict)

    def available(self, list_id: str, sku: str) -> Decimal:
        """Give what may be sold: allocation, plus what may be sold beyond it, less turnover and on-order."""
        key = (list_id, sku)
        record = self.records.get(key)
        if record is None:
            return Decimal(0)
        since = [units for at, units in self.turnover.get(key, ()) if record.dated is None or at >= record.dated]
        return record.allocation + record.beyond - sum(since) - self.waiting.get(key, 0)

    def buy(self, site: str, list_id: str, units: dict[str, int], now: datetime) -> Order | None:
        """Place an order when all of it is available."""
        if any(self.available(list_id, sku) < wanted for sku, wanted in units.items()):
            return None
        order = Order(site, f"{site}-{len(self.orders):05d}", list_id, units, now, now)
        self.orders[order.number] = order
        for sku, count in units.items():
            if self.on_order[list_id]:
                self.waiting[list_id, sku] = self.waiting.get((list_id, sku), 0) + count
            else:
                self._turn(order, sku, count, now)
        return order

    def export(self, order: Order, now: datetime) -> None:
        """Mark an order exported."""
        if order.exported or order.cancelled:
            return
        order.change(now)
        order.exported = now
        if self.on_order[order.list_id]:
            for sku, count in order.units.items():
                self.waiting[order.list_id, sku] -= count
                self._turn(order, sku, count, now)

    def cancel(self, order: Order, now: datetime) -> None:
        """Cancel an order: what it took comes back, as a movement of now."""
        order.change(now)
        order.cancelled = True
        for sku, count in order.units.items():
            if self.on_order[order.list_id] and not order.exported:
                self.waiting[order.list_id, sku] -= count
            else:
                self._turn(order, sku, -count, now)

    def load(self, rows: pa.Table, now: datetime) -> None:
        """Import a feed: a record whose date moves backwards, or is too old, is skipped."""
        for row in rows.to_pylist():
            record = self.records.setdefault((row["group"], row["sku"]), Record())
            if now - row["as_of"] > OLDEST or (record.dated and row["as_of"] < record.dated):
                continue
            record.allocation = row["allocation"]
            record.beyond = row["backorder"] or Decimal(0)
            record.dated = row["as_of"]

    def _turn(self, order: Order, sku: str, count: int, now: datetime) -> None:
        self.turnover.setdefault((order.list_id, sku), []).append((now, count))
