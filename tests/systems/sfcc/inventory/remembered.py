"""What the ledger remembers, in simulated time: the `Memory` of the seams, kept in plain Python."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cartage.records.booking import BOOKED
from cartage.records.columns import INSTANT, TEXT
from cartage.seams import Told
from cartage.systems.sfcc.xml.tables import VERSION_TIME

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cartage.settings import Settings
    from tests.systems.sfcc.inventory.shop_model import Order

TOLD = pa.schema({"key": TEXT, "hash": TEXT, "value": TEXT, "as_of": INSTANT})


@dataclass
class Known:
    """What the flow of orders knows of an order."""

    arrived: datetime
    applied: datetime | None = None
    acknowledged: datetime | None = None
    cancelled: bool = False
    cancel_done: bool = False
    stuck_until: int | None = None


class Remembered:
    """Bookings, and what the shop was told."""

    def __init__(self) -> None:
        self.orders: dict[str, Known] = {}
        self._lines: dict[tuple[str, str], dict[str, Any]] = {}
        self._told: dict[str, dict[str, Any]] = {}
        self._read_until: datetime | None = None
        self._asked_until: datetime | None = None

    def note(self, orders: list[tuple[Order, bool]], exported: datetime, now: datetime, settings: Settings) -> None:
        """Note the orders of a drop; of each, whether it was cancelled when it was exported."""
        marked = settings.inventory.allocation.exported_by == "job"
        for order, cancelled in orders:
            known = self.orders.setdefault(order.number, Known(now))
            known.cancelled |= cancelled
            for sku, units in order.units.items():
                row = {
                    "site": order.site,
                    "order_no": order.number,
                    "line_id": order.line_id(sku),
                    "list_id": order.list_id,
                    "sku": sku,
                    "quantity": Decimal(units),
                    "booked_at": order.placed.replace(microsecond=0),  # documents are no finer
                    "exported_at": exported if marked else None,
                    "cancelled": cancelled,
                    "version": exported.strftime(VERSION_TIME),
                }
                self._put(row, now)

    def _put(self, row: dict[str, Any], now: datetime) -> None:
        """Keep the newer version of a line, and the earliest export."""
        line = (row["order_no"], row["line_id"])
        old = self._lines.get(line)
        exports = [each["exported_at"] for each in (old, row) if each and each["exported_at"]]
        if old is None or old["version"] < row["version"]:
            self._lines[line] = {**row, "seen_at": now}
        self._lines[line]["exported_at"] = min(exports, default=None)

    def asked_until(self) -> datetime | None:
        """Give the moment at which the shop was last asked."""
        return self._asked_until

    def note_asked(self, lines: pa.Table, at: datetime) -> None:
        """Note what the shop said."""
        for row in lines.to_pylist():
            self._put(row, at)
        self._asked_until = at

    def read_up_to(self, now: datetime) -> None:
        """Note that all that lay there is read."""
        self._read_until = now

    def tell(self, rows: pa.Table) -> None:
        """Note what the shop was told."""
        for row in rows.to_pylist():
            self._told[row["key"]] = {name: row[name] for name in TOLD.names}

    def forget(self, rows: pa.Table) -> None:
        """Note that the shop did not take it."""
        for row in rows.to_pylist():
            if self._told.get(row["key"], {}).get("hash") == row["hash"]:
                del self._told[row["key"]]

    def told(self, keys: Sequence[str] | None = None) -> Told:
        """Give what the shop was last told."""
        rows = [row for key, row in self._told.items() if keys is None or key in keys]
        return Told(pa.Table.from_pylist(rows, TOLD))

    def booked(self, lists: Sequence[str], since: datetime) -> pa.Table:
        """Give what was sold, as the ledger does: lines that are settled in the ERP for long are left out."""
        rows = []
        for line in self._lines.values():
            known = self.orders.get(line["order_no"]) or Known(line["booked_at"])
            recent = line["booked_at"] >= since or line["seen_at"] >= since
            if line["list_id"] in lists and (recent or known.applied is None or known.applied >= since):
                state = {
                    "arrived_at": known.arrived,
                    "applied_by": known.applied,
                    "acknowledged_by": known.acknowledged,
                }
                rows.append({**line, **state})
        return pa.Table.from_pylist(rows, BOOKED)

    def read_until(self) -> datetime | None:
        """Give the moment up to which exports are known."""
        return self._read_until
