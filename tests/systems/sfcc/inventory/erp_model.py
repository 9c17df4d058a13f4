"""An ERP that counts, commits, ships and takes back as NetSuite does, and gives its stock as neutral records."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

from cartage.records import stock
from cartage.records.batch import Batch

REMEMBERED = timedelta(hours=72)
"""How long lines of orders that are done are told of; see `inventory.orders_lookback_hours`."""


@dataclass
class Line:
    """A line of a sales order: units of an item, or of a kit."""

    site: str
    order_no: str
    line_id: str
    sku: str
    location: str
    ordered: int
    approved: bool
    committed: int = 0
    shipped: int = 0
    closed: bool = False
    touched: datetime | None = None

    @property
    def taken(self) -> int:
        """Units that the line takes, now or later."""
        return self.shipped if self.closed else self.ordered

    @property
    def open(self) -> bool:
        """Whether it still waits for something."""
        return not self.closed and self.shipped < self.ordered


@dataclass
class Erp:
    """Items on shelves by location, and the lines that take them."""

    kits: dict[str, dict[str, int]] = field(default_factory=dict)
    on_hand: dict[tuple[str, str], int] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    changed: dict[str, datetime] = field(default_factory=dict)

    def needs(self, sku: str) -> dict[str, int]:
        """Give the items that one unit takes."""
        return self.kits.get(sku, {sku: 1})

    def free(self, location: str, sku: str) -> int:
        """Give the quantity available of an item: on hand, less what is committed."""
        held = sum(
            each.committed * self.needs(each.sku).get(sku, 0) for each in self.lines if each.location == location
        )
        return self.on_hand.get((location, sku), 0) - held

    def unclaimed(self, location: str, sku: str) -> int:
        """Give what is free of an item, less what is owed to lines that wait for it."""
        owed = sum(
            (each.ordered - each.shipped - each.committed) * self.needs(each.sku).get(sku, 0)
            for each in self.lines
            if each.location == location and each.open
        )
        return self.free(location, sku) - owed

    def receive(self, location: str, sku: str, units: int, now: datetime) -> None:
        """Put units on the shelf, bought or given back, and commit them to who waits."""
        self.on_hand[location, sku] = self.on_hand.get((location, sku), 0) + units
        self.commit(now)
        self._touch(sku, now)

    def order(self, line: Line, now: datetime) -> None:
        """Take a line up."""
        self.lines.append(line)
        self.changes(line, now)

    def changes(self, line: Line, now: datetime) -> None:
        """Commit again after a line was approved, shipped or closed."""
        self.commit(now)
        line.touched = now
        self._touch(line.sku, now)

    def commit(self, now: datetime) -> None:
        """Commit what there is to approved lines, the oldest first."""
        for line in self.lines:
            wanted = line.ordered - line.shipped - line.committed if line.approved and not line.closed else 0
            while wanted and all(self.free(line.location, sku) >= n for sku, n in self.needs(line.sku).items()):
                line.committed, wanted, line.touched = line.committed + 1, wanted - 1, now
                self._touch(line.sku, now)

    def ship(self, line: Line, units: int, now: datetime) -> None:
        """Ship of what is committed."""
        line.committed, line.shipped = line.committed - units, line.shipped + units
        for sku, needed in self.needs(line.sku).items():
            self.on_hand[line.location, sku] -= needed * units
        self.changes(line, now)

    def close(self, line: Line, now: datetime) -> None:
        """Close a line: what is committed to it is free again."""
        line.committed, line.closed = 0, True
        self.changes(line, now)

    def told_lines(self, now: datetime) -> list[dict[str, Any]]:
        """Give the lines that are open or were touched lately, as they are now."""
        return [
            {"line": each, "taken": each.taken, "done": each.committed + each.shipped}
            for each in self.lines
            if each.open or (each.touched and each.touched >= now - REMEMBERED)
        ]

    def count(
        self, lists: dict[str, str], skus: list[str], lines: list[dict[str, Any]], at: datetime, *, safety: int = 0
    ) -> Batch:
        """Give stock records: a row a list and sku.

        Args:
            lists: location by inventory list.
            skus: items and kits to count.
            lines: as `told_lines` gave them, perhaps a moment ago.
            at: the moment that the count says it is true for.
            safety: units to keep back of everything.
        """
        root, members, taking = [], [], []
        for list_id, location in lists.items():
            for sku in skus:
                row = len(root)
                parts = {each: (self.free(location, each), n) for each, n in self.needs(sku).items()}
                free = min(there // n for there, n in parts.values())
                root.append(self._root(row, f"{list_id}/{sku}", (free, safety), at))
                if sku in self.kits:
                    members += [
                        {"stock": row, "sku": each, "needed": Decimal(n), "available": Decimal(free)}
                        for each, (free, n) in parts.items()
                    ]
                taking += [found for each in lines if (found := self._taking(row, sku, location, each))]
        tables = {
            "stock": pa.Table.from_pylist(root, stock.STOCK),
            "locations": stock.LOCATIONS.empty_table(),
            "members": pa.Table.from_pylist(members, stock.MEMBERS),
            "order_lines": pa.Table.from_pylist(taking, stock.ORDER_LINES),
        }
        return Batch("stock", tables)

    def _root(self, row: int, key: str, units: tuple[int, int], at: datetime) -> dict[str, Any]:
        list_id, sku = key.split("/")
        free, safety = units
        return {
            "stock": row,
            "key": key,
            "version": at.isoformat(),
            "list_id": list_id,
            "sku": sku,
            "item_id": sku,
            "item_kind": "kit" if sku in self.kits else "inventory",
            "state": "active",
            "available": Decimal(max(free, 0)),
            "safety": Decimal(safety),
            "perpetual": False,
            "handling": "none",
            "counted_at": at,
        }

    def _taking(self, row: int, sku: str, location: str, told: dict[str, Any]) -> dict[str, Any] | None:
        """Give what a line takes of an item, as far as it concerns a location."""
        line: Line = told["line"]
        times = 1 if line.sku == sku else self.kits.get(line.sku, {}).get(sku, 0)
        if not times:
            return None
        here = line.location == location
        return {
            "stock": row,
            "site": line.site,
            "order_no": line.order_no,
            "line_id": line.line_id,
            "sku": line.sku,
            "quantity": Decimal(times * (told["taken"] if here else told["taken"] - told["done"])),
            "committed": Decimal(times * told["done"] if here else 0),
        }

    def _touch(self, sku: str, now: datetime) -> None:
        for each in {sku, *self.needs(sku)}:
            self.changed[each] = now
            for kit, inside in self.kits.items():
                if each in inside:
                    self.changed[kit] = now
