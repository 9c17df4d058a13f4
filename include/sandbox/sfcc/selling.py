"""Control routes that play the shop's visitors and its clock: buy, look at movements, add products, set the time.

``POST /sandbox/control/sell``      ``{"site": "RefArch", "sku": "NL-1000", "quantity": 2}``, or several
    ``"lines": [{"sku", "quantity", "list"}]``. Answers the order, or 409 with what there was, and sells nothing.
``GET  /sandbox/control/movements`` ``?list=…&sku=…``: every movement of a product in a list
``POST /sandbox/control/products``  ``{"skus": [...]}``, or ``{"prefix": "BULK-", "count": 500000}``: the catalogue has them
``POST /sandbox/control/attributes`` ``{"Order": {"gift": "string"}}``: custom attributes of the merchant's own
``POST /sandbox/control/clock``     ``{"now": "2026-03-01T08:00:00Z"}`` stops the shop's clock there, null lets it go
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from random import Random
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.catalogue import Product
from sandbox.sfcc.control import PATH
from sandbox.sfcc.exact_json import dumps, loads
from sandbox.shop.basket import BY_SKU, add_line, members
from sandbox.shop.kinds.payments import pay
from sandbox.shop.order_json import order_json
from sandbox.shop.orders import make
from sandbox.shop.pricing import price

if TYPE_CHECKING:
    from starlette.requests import Request

    from sandbox.sfcc.store import ShopStore
    from sandbox.shop.model import Order

Json = dict[str, Any]


class Selling:
    """Buys from the shop as its visitors do: nobody gets what is not available to sell."""

    def __init__(self, store: ShopStore) -> None:
        self._store = store

    def routes(self) -> list[Route]:
        """Give the routes."""
        return [
            Route(f"{PATH}/sell", self.sell, methods=["POST"]),
            Route(f"{PATH}/movements", self.movements, methods=["GET"]),
            Route(f"{PATH}/products", self.products, methods=["POST"]),
            Route(f"{PATH}/attributes", self.attributes, methods=["POST"]),
            Route(f"{PATH}/clock", self.clock, methods=["POST"]),
        ]

    async def sell(self, request: Request) -> Response:
        """Place an order if everything in it is available."""
        asked = loads(await request.body())
        try:
            order = self._order(asked)
        except (KeyError, InvalidOperation, ValueError) as error:
            return JSONResponse({"error": f"not an order: {error!r}"}, 400)
        document = order_json(order)
        with self._store.database.transaction():
            lines = self._store.bookings.asked(order.site, document)
            if any(line["available"] is not None and line["available"] < line["quantity"] for line in lines):
                return Response(dumps({"error": "not_available", "lines": lines}), 409, media_type="application/json")
            self._store.put([order])
        sold = {"site": order.site, "order_no": order.order_no, "placed_at": document["placeDate"], "lines": lines}
        return Response(dumps(sold), media_type="application/json")

    def _order(self, asked: Json) -> Order:
        """Make an order of just the lines that are asked for."""
        site, now = asked.get("site", "RefArch"), self._store.clock()
        number = asked.get("order_no") or self._next_number()
        rng = Random(number)  # noqa: S311 - repeatable on purpose
        order = make([], rng, site=site, number=number, now=now)
        order.placed_at = order.modified_at = now
        order.lines.clear()
        for line in asked.get("lines") or [asked]:
            product = BY_SKU.get(line["sku"]) or Product(line["sku"], line["sku"], Decimal("10.00"))
            quantity = Decimal(str(line.get("quantity", 1)))
            if quantity <= 0:
                raise ValueError("a quantity is more than zero")
            made = add_line(order, rng, order.shipments[0], product, quantity)
            made.inventory_list_id = line.get("list")
            made.bundled = members(product)
        order.status = asked.get("status", "NEW")
        price(order)
        pay(order, rng)
        return order

    def _next_number(self) -> str:
        count = self._store.count() + 1
        while self._store.sites_of(f"S{count:09d}"):
            count += 1
        return f"S{count:09d}"

    async def movements(self, request: Request) -> Response:
        """Give every movement of a product in a list."""
        list_id, sku = request.query_params.get("list", ""), request.query_params.get("sku", "")
        return JSONResponse({"movements": self._store.inventory.transactions(list_id, sku)})

    async def products(self, request: Request) -> Response:
        """Let the catalogue have products."""
        asked = await request.json()
        skus = asked.get("skus") or [f"{asked['prefix']}{number:07d}" for number in range(asked["count"])]
        self._store.inventory.add_products(skus)
        return JSONResponse({"products": len(skus)})

    async def attributes(self, request: Request) -> Response:
        """Let system objects have custom attributes, until the shop is started again."""
        asked = await request.json()
        for of, types in asked.items():
            self._store.attributes.define(of, types)
        return JSONResponse(asked)

    async def clock(self, request: Request) -> Response:
        """Stop the shop's clock at a moment, or let it go."""
        now = (await request.json()).get("now")
        moment = datetime.fromisoformat(now) if now else None
        self._store.clock.set(moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC))
        return JSONResponse({"now": self._store.clock().isoformat()})
