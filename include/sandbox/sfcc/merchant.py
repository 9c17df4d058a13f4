"""Control routes that play the merchant in Business Manager, who changes things behind everybody's back.

``POST /sandbox/control/stock``   ``{"list": …, "sku": …, "allocation": 7}``: sets the allocation, as of now (or ``"at"``); also
    ``"perpetual"``, ``"handling"`` and ``"backorder"``; with ``"delete": true`` the record goes
``POST /sandbox/control/price``   ``{"book": …, "sku": …, "amount": "7.90"}``: sets the item's price; with ``"online_from"``
    the one that begins then, beside any others; with ``"delete": true`` it has none
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.sfcc.control import PATH
from sandbox.sfcc.database import stamp
from sandbox.sfcc.inventory import InventoryList, Record
from sandbox.sfcc.prices import PriceBook, PriceTable, Tier

if TYPE_CHECKING:
    from starlette.requests import Request

    from sandbox.sfcc.store import ShopStore


class Merchant:
    """Edits stock and prices by hand."""

    def __init__(self, store: ShopStore) -> None:
        self._store = store

    def routes(self) -> list[Route]:
        """Give the routes."""
        return [
            Route(f"{PATH}/stock", self.stock, methods=["POST"]),
            Route(f"{PATH}/price", self.price, methods=["POST"]),
        ]

    async def stock(self, request: Request) -> JSONResponse:
        """Change a record of a list, or delete it."""
        asked = await request.json()
        list_id, sku, inventory = asked["list"], asked["sku"], self._store.inventory
        if asked.get("delete"):
            inventory.delete_records(list_id, [sku])
            return JSONResponse({"deleted": sku})
        now = stamp(self._store.clock())
        if inventory.header(list_id) is None:
            inventory.put_list(InventoryList(list_id))
        record = inventory.records(list_id, [sku]).get(sku) or Record(list_id, sku, created_at=now)
        if "allocation" in asked:  # Business Manager dates an allocation to the moment it is saved
            record = replace(record, allocation=Decimal(str(asked["allocation"])), reset_at=asked.get("at", now))
        if "backorder" in asked:
            record = replace(record, backorder=Decimal(str(asked["backorder"])))
        given = {name: asked[name] for name in ("perpetual", "handling") if name in asked}
        inventory.put_records([replace(record, **given, modified_at=now)])
        return JSONResponse({"changed": sku})

    async def price(self, request: Request) -> JSONResponse:
        """Set a price of an item in a book, or delete all that it has there."""
        asked = await request.json()
        book, sku, prices = asked["book"], asked["sku"], self._store.prices
        if prices.book(book) is None:
            prices.put_book(PriceBook(book, asked.get("currency", "EUR")))
        tables = {} if asked.get("delete") else prices.tables(book, [sku])[sku]
        if not asked.get("delete"):
            begins = asked.get("online_from", "")
            tiers = [Tier(Decimal(1), Decimal(str(asked["amount"])))]
            now = stamp(self._store.clock())
            tables = tables | {begins: PriceTable(book, sku, online_from=begins, tiers=tiers, modified_at=now)}
        prices.put_tables(book, {sku: tables})
        return JSONResponse({"changed": sku})
