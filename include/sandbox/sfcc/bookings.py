"""What orders do to stock: they take it when they are placed, and give it back when they are cancelled.

A booking is of the moment the order was placed, every later movement of the moment the order changed. On a list with
on-order a booking is on-order until the order is exported, and turnover from then on (inventory.xsd).
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sandbox.sfcc.database import stamp
from sandbox.sfcc.inventory import ON_ORDER, SITE_LISTS, TURNOVER, ZERO

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.sfcc.database import Database
    from sandbox.sfcc.inventory import Inventory, InventoryList

Place = tuple[str, str]
"""A list, and a product in it."""


class Bookings:
    """The movements of stock that orders make. They stay known where a list has no record of the product yet."""

    def __init__(self, database: Database, inventory: Inventory) -> None:
        self._database = database
        self._inventory = inventory

    def wanted(self, site: str, document: Mapping[str, Any]) -> dict[Place, Decimal]:
        """Give what an order takes from where.

        A bundle takes its own record and, unless the list says ``use-bundle-inventory-only``, what is in it.

        Args:
            site: its site, whose list a line takes from that names none.
            document: the order as SCAPI answers it.
        """
        found: dict[Place, Decimal] = defaultdict(Decimal)
        headers: dict[str, InventoryList | None] = {}

        def take(list_id: str, item: Mapping[str, Any], times: Decimal) -> None:
            count = times * Decimal(str(item.get("quantity", 1)))
            found[list_id, item["productId"]] += count
            if list_id not in headers:
                headers[list_id] = self._inventory.header(list_id)
            header = headers[list_id]
            if header is None or not header.bundle_only:
                for each in item.get("bundledProductItems", ()):
                    take(list_id, each, count)

        for item in document.get("productItems", ()):
            take(item.get("inventoryId") or SITE_LISTS[site], item, Decimal(1))
        return dict(found)

    def asked(self, site: str, document: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Give what an order wants of which list, with what is available there: None where there is no end to it.

        A bundle without a record of its own is as available as what is in it.
        """
        found = []
        for (list_id, sku), quantity in self.wanted(site, document).items():
            units = self._inventory.available(list_id, sku)
            header = self._inventory.header(list_id)
            if header and not header.bundle_only and _is_bundle(sku, document):
                units = units if self._inventory.records(list_id, [sku]) else None
            found.append({"list": list_id, "sku": sku, "quantity": quantity, "available": units})
        return found

    def book(self, site: str, document: Mapping[str, Any]) -> None:
        """Bring the movements of an order in line with what it says now."""
        gone = document.get("status") in {"cancelled", "failed"}
        taken = self._taken(site, document["orderNo"])
        wanted = {} if gone else self.wanted(site, document)
        exported = document.get("exportStatus") == "exported"
        moved: list[tuple[Place, str, Decimal]] = []
        for place in {**taken, **wanted}:
            held, turned = taken.get(place, (ZERO, ZERO))
            if exported and held:
                moved += [(place, ON_ORDER, -held), (place, TURNOVER, held)]
                held, turned = ZERO, turned + held
            more = wanted.get(place, ZERO) - held - turned
            if more > 0:
                moved.append((place, TURNOVER if exported else self._kind(place[0]), more))
            elif more < 0:
                back = max(more, -held)
                moved += [(place, ON_ORDER, back), (place, TURNOVER, more - back)]
        placed = document["creationDate"]
        at = stamp(datetime.fromisoformat(document.get("lastModified", placed) if taken else placed))
        with self._database.transaction() as db:
            db.executemany(
                "INSERT INTO inventory_transactions (list_id, product_id, site, order_no, kind, quantity, at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    (*place, site, document["orderNo"], kind, format(quantity, "f"), at)
                    for place, kind, quantity in moved
                    if quantity
                ],
            )

    def _kind(self, list_id: str) -> str:
        header = self._inventory.header(list_id)
        return ON_ORDER if header and header.on_order else TURNOVER

    def _taken(self, site: str, order_no: str) -> dict[Place, tuple[Decimal, Decimal]]:
        """Give what an order has taken so far: on-order and turnover by place."""
        rows = self._database.rows(
            "SELECT list_id, product_id, kind, quantity FROM inventory_transactions WHERE site = ? AND order_no = ?",
            (site, order_no),
        )
        sums: dict[Place, dict[str, Decimal]] = defaultdict(lambda: {ON_ORDER: ZERO, TURNOVER: ZERO})
        for row in rows:
            sums[row["list_id"], row["product_id"]][row["kind"]] += Decimal(row["quantity"])
        return {place: (each[ON_ORDER], each[TURNOVER]) for place, each in sums.items()}


def _is_bundle(sku: str, document: Mapping[str, Any]) -> bool:
    def within(items: Any) -> bool:
        return any(
            (item["productId"] == sku and bool(item.get("bundledProductItems")))
            or within(item.get("bundledProductItems", ()))
            for item in items
        )

    return within(document.get("productItems", ()))
