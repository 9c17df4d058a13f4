"""Sales orders and fulfilments into records: how far an order of the shop is shipped.

What counts:

- A line counts when its item is shipped at all: inventory, assembly, kit and non-inventory items that NetSuite lets be
  fulfilled. Gift certificates, shipping costs, discounts and taxes never do. An option counts when its item does.
- A kit ships as its own line; its members are not looked at. Members of a bundle that was exploded are lines.
- A drop-shipped line counts by the fulfilment that marks it shipped, a line picked up in a store by the fulfilment that
  hands it over.
- A shipment without a line that counts is not told of: nothing of it will ever be shipped.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cartage.records.batch import Batch
from cartage.records.shipment import TABLES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from zoneinfo import ZoneInfo

    from cartage.systems.netsuite.shipments.model import Fulfilment, Line, SalesOrder, ShopOrder

Rows = dict[str, list[dict[str, Any]]]

VERSION = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True)
class Part:
    """A fulfilment that counts, and which lines of its sales order it ships."""

    sales_order: SalesOrder
    fulfilment: Fulfilment

    def contents(self) -> dict[str | None, dict[str, Decimal]]:
        """Give units by the shop's line, by shipment; lines without an id of the shop's go by their sku."""
        found: dict[str | None, dict[str, Decimal]] = defaultdict(dict)
        for number, units in self.fulfilment.units.items():
            line = self.sales_order.lines.get(number)
            if line is not None:
                name = line.line_id or line.sku or number
                found[line.shipment_id][name] = found[line.shipment_id].get(name, Decimal(0)) + units
        return found


class Assembler:
    """Makes records of orders.

    Args:
        counts: statuses of fulfilments that count as shipped.
        zones: time zone by site: the day that a fulfilment has is one of the site.
    """

    def __init__(self, counts: Collection[str], zones: Mapping[str, ZoneInfo]) -> None:
        self._counts = counts
        self._zones = zones

    def batch(self, orders: list[ShopOrder], first_row: int) -> Batch:
        """Make a batch; `first_row` is the row number of its first record."""
        rows: Rows = {name: [] for name in TABLES}
        for row, order in enumerate(orders, first_row):
            self._add(rows, row, order)
        return Batch("shipment", {name: pa.Table.from_pylist(rows[name], schema) for name, schema in TABLES.items()})

    def telling(self, order: ShopOrder) -> bool:
        """Whether there is anything to tell: something was shipped, or will not be."""
        self._count(order)
        return any(line.shipped or line.closed for line in _lines(order))

    def _count(self, order: ShopOrder) -> None:
        """Count what was shipped of each line, from the fulfilments that count.

        A line that no fulfilment is linked to keeps the quantity that NetSuite itself shows as fulfilled.
        """
        for sales_order in order.sales_orders:
            linked = {number for each in sales_order.fulfilments for number in each.units}
            for number in linked & sales_order.lines.keys():
                sales_order.lines[number].shipped = sum(
                    (each.units.get(number, Decimal(0)) for each in self._counting(sales_order)), Decimal(0)
                )

    def _counting(self, sales_order: SalesOrder) -> list[Fulfilment]:
        return [each for each in sales_order.fulfilments if each.status in self._counts]

    def _add(self, rows: Rows, row: int, order: ShopOrder) -> None:
        self._count(order)
        lines = list(_lines(order))
        parts = [Part(sales, each) for sales in order.sales_orders for each in self._counting(sales)]
        rows["orders"].append({"order": row, **_order(order, lines)})
        packages = [package for part in parts for package in self._packages(order.site, part)]
        rows["packages"] += [{"order": row, **each} for each in packages]
        rows["shipments"] += [{"order": row, **each} for each in self._shipments(order, lines, parts, packages)]
        rows["lines"] += [
            {
                "order": row,
                "shipment_id": line.shipment_id,
                "line_id": line.line_id,
                "sku": line.sku,
                "ordered": line.ordered,
                "shipped": line.shipped,
                "closed": line.closed,
            }
            for line in lines
        ]

    def _packages(self, site: str, part: Part) -> Iterator[dict[str, Any]]:
        """Give a package for each shipment and tracking number of a fulfilment."""
        for shipment_id, units in part.contents().items():
            contents = json.dumps({name: f"{each.normalize():f}" for name, each in units.items()})
            for number in part.fulfilment.numbers:
                yield {
                    "shipment_id": shipment_id,
                    "fulfilment_id": part.fulfilment.id,
                    "tracking_number": number,
                    "carrier": part.fulfilment.carrier,
                    "shipped_at": self._moment(site, part.fulfilment.day),
                    "contents": contents,
                }

    def _shipments(
        self, order: ShopOrder, lines: list[Line], parts: list[Part], packages: list[dict[str, Any]]
    ) -> Iterator[dict[str, Any]]:
        """Give the shipments that lines name; those of an earlier connector's orders name none."""
        for shipment_id in dict.fromkeys(line.shipment_id for line in lines):
            if shipment_id is None:
                continue
            own = [each for each in packages if each["shipment_id"] == shipment_id]
            shipping = [each.fulfilment for each in parts if shipment_id in each.contents()]
            first = own[0] if own else {}
            yield {
                "shipment_id": shipment_id,
                "status": _status([each for each in lines if each.shipment_id == shipment_id], ("SHIPPED",)),
                "tracking_number": first.get("tracking_number"),
                "carrier": first.get("carrier") or next((each.carrier for each in shipping if each.carrier), None),
                "shipped_at": self._moment(order.site, max((each.day or "" for each in shipping), default="")),
            }

    def _moment(self, site: str, day: str | None) -> datetime | None:
        """Give when a day began in the site's zone."""
        if not day:
            return None
        midnight = datetime.combine(datetime.fromisoformat(day).date(), time(), self._zones[site])
        return midnight.astimezone(UTC)


def _lines(order: ShopOrder) -> Iterator[Line]:
    for sales_order in order.sales_orders:
        yield from sales_order.lines.values()


def _status(lines: list[Line], words: tuple[str, ...] = ("SHIPPED", "PART_SHIPPED")) -> str:
    """Say how far lines are shipped; `words` are those for wholly and, where there is one, for partly."""
    if lines and all(line.done for line in lines):
        return words[0]
    if any(line.shipped for line in lines) and len(words) > 1:
        return words[1]
    return "NOT_SHIPPED"


def _order(order: ShopOrder, lines: list[Line]) -> dict[str, Any]:
    shipped, done = any(line.shipped for line in lines), all(line.done for line in lines)
    closed = bool(lines) and all(line.done or line.closed for line in lines)
    changed = max(each.changed for each in order.sales_orders)
    return {
        "key": order.key,
        "version": changed.strftime(VERSION),
        "site": order.site,
        "order_no": order.order_no,
        "erp_ids": json.dumps([each.id for each in order.sales_orders]),
        "erp_numbers": json.dumps([each.number for each in order.sales_orders if each.number]),
        "status": _status(lines),
        "closed": closed,
        "adopted": order.adopted,
        "cancelled": closed and not shipped,
        "short": closed and shipped and not done,
    }
