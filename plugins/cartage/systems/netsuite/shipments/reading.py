"""Reads orders of the shop whole: all their sales orders, lines and fulfilments, in a few queries for many orders."""

from __future__ import annotations

import logging
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from cartage.systems.netsuite import external_ids
from cartage.systems.netsuite.reading import CountingReader
from cartage.systems.netsuite.shipments.model import ENDED, Fulfilment, SalesOrder, ShopOrder, letter, line_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from cartage.settings import Settings
    from cartage.systems.netsuite.hook import NetSuiteHook
    from cartage.systems.netsuite.suiteql import Row

log = logging.getLogger(__name__)

QUERIES = Path(__file__).parent / "queries"

Name = tuple[str, str]
"""Site and number of an order of the shop."""


@dataclass(frozen=True)
class Head:
    """A sales order, and the shop's order that it belongs to."""

    name: Name
    adopted: bool
    row: Row


class OrderReader:
    """Reads orders of the shop from NetSuite.

    Args:
        hook: NetSuite's transport.
        settings: all run settings.
        integration: name of the integration.
        moment: reads the times that SuiteQL writes.
    """

    def __init__(
        self, hook: NetSuiteHook, settings: Settings, integration: str, moment: Callable[[str], datetime]
    ) -> None:
        self._reader = CountingReader(hook, queries=QUERIES)
        self._settings = settings
        self._integration = integration
        self._moment = moment
        self._site_of = _sites_by_subsidiary(settings)

    def changed(self, since: datetime, until: datetime) -> list[Name]:
        """Give the orders that changed, or whose fulfilments did, in a stretch of NetSuite's own time."""
        ids: set[str] = set()
        for name in ("orders_changed", "fulfilments_changed"):
            rows = self._reader.all(name, since=since, until=until, integration=self._integration)
            ids |= {str(row["id"]) for row in rows}
        heads = self._heads(self._reader.rows("orders_by_id", sorted(ids, key=int)))
        return sorted({each.name for each in heads})

    def numbered(self, numbers: Iterable[str]) -> list[Name]:
        """Give the orders with these numbers, of whatever site."""
        heads = self._heads(self._reader.rows("orders_by_number", list(numbers)))
        wanted = set(numbers)
        return sorted({each.name for each in heads if each.name[1] in wanted})

    def read(self, names: Sequence[Name]) -> list[ShopOrder]:
        """Read these orders whole, in the order of their sites and numbers."""
        wanted = set(names)
        found: dict[Name, list[Head]] = defaultdict(list)
        for head in self._heads(self._reader.rows("orders_by_number", [number for _, number in names])):
            if head.name in wanted:
                found[head.name].append(head)
        sales_orders = self._sales_orders([head.row for heads in found.values() for head in heads])
        return [self._shop_order(name, found[name], sales_orders) for name in sorted(found)]

    @staticmethod
    def _shop_order(name: Name, heads: Sequence[Head], sales_orders: Mapping[str, SalesOrder]) -> ShopOrder:
        """Put an order together; what another connector wrote counts only where we wrote nothing."""
        own = [each for each in heads if not each.adopted] or list(heads)
        ids = sorted({str(each.row["id"]) for each in own}, key=int)
        return ShopOrder(*name, own[0].adopted, tuple(sales_orders[each] for each in ids))

    def _heads(self, rows: Iterable[Row]) -> list[Head]:
        found = {str(row["id"]): (row, self._head(row)) for row in rows}
        for row, head in found.values():
            if head is None and row.get("integration") == self._integration:
                log.warning(
                    "sales order %s belongs to the site %s, which the settings do not have: nothing is told of it",
                    row.get("tranid"),
                    row.get("site"),
                )
        return [head for _, head in found.values() if head is not None]

    def _head(self, row: Row) -> Head | None:
        """Name the shop's order of a sales order; None when it is not one of the shop's."""
        integration, number = row.get("integration"), row.get("order_no") or row.get("otherrefnum")
        found = self._site_of.get(row.get("subsidiary") or "")
        if integration == self._integration:  # a mapping may keep our own fields off
            site = row.get("site") or found
            return Head((site, number), False, row) if site in self._settings.sites and site and number else None
        if integration is not None or not number or not found or not self._settings.orders.adopt:
            return None
        return Head((found, number), not self._ours(row, found, number), row)

    def _ours(self, row: Row, site: str, number: str) -> bool:
        """Whether we wrote an order whose mapping keeps our own fields off: its external id says so."""
        whole = external_ids.sales_order(self._integration, site, number)
        return (row.get("externalid") or "").startswith(whole)

    def _sales_orders(self, heads: Sequence[Row]) -> dict[str, SalesOrder]:
        orders = {
            str(row["id"]): SalesOrder(
                str(row["id"]), row.get("tranid"), letter(row.get("status")), self._moment(str(row["modified"]))
            )
            for row in heads
        }
        shipments = {str(row["id"]): row.get("shipment_id") for row in heads}
        for row in self._reader.rows("order_lines", orders):
            order = orders[str(row["id"])]
            line = line_of(row, shipments[order.id], self._settings.orders.sku_field, ended=order.status in ENDED)
            if line is not None:
                order.lines[str(row["line"])] = line
                line.shipped = Decimal(row.get("received") or 0)
        self._add_fulfilments(orders)
        return orders

    def _add_fulfilments(self, orders: Mapping[str, SalesOrder]) -> None:
        found: dict[tuple[str, str], Fulfilment] = {}
        for row in sorted(self._reader.rows("fulfilments", orders), key=lambda each: int(str(each["id"]))):
            order = orders[str(row["order_id"])]
            order.changed = max(order.changed, self._moment(str(row["modified"])))
            made = Fulfilment(
                str(row["id"]),
                letter(row.get("status")),
                row.get("shipmethod") or row.get("shipcarrier"),
                row.get("day"),
            )
            order.fulfilments.append(made)
            found[order.id, made.id] = made
        for row in self._reader.rows("fulfilment_lines", orders) if found else ():
            units = found[str(row["order_id"]), str(row["id"])].units
            line = str(row["order_line"])
            units[line] = units.get(line, Decimal(0)) + Decimal(row.get("quantity") or 0)
        self._add_numbers(found)

    def _add_numbers(self, found: Mapping[tuple[str, str], Fulfilment]) -> None:
        by_id: dict[str, list[Fulfilment]] = defaultdict(list)
        for (_, id_), fulfilment in found.items():
            by_id[id_].append(fulfilment)
        rows = self._reader.rows("tracking_numbers", by_id)
        for row in sorted(rows, key=lambda each: int(str(each["id"]))):
            number = (row.get("trackingnumber") or "").strip()
            for fulfilment in by_id[str(row["fulfilment_id"])]:
                if number and number not in fulfilment.numbers:
                    fulfilment.numbers.append(number)


def _sites_by_subsidiary(settings: Settings) -> dict[str, str]:
    """Give the site of a subsidiary; one with several sites cannot tell whose order it has."""
    sites: dict[str, list[str]] = defaultdict(list)
    for name, site in settings.sites.items():
        sites[site.subsidiary].append(name)
    return {subsidiary: names[0] for subsidiary, names in sites.items() if len(names) == 1}
