"""The shop's HTTP side as one Starlette application: Account Manager, SCAPI, OCAPI and the control routes."""

from __future__ import annotations

import asyncio
import uuid
from contextlib import asynccontextmanager
from random import Random
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.catalogue import SITES
from sandbox.sfcc.account_manager import AccountManager, ApiClient
from sandbox.sfcc.archives import Archives
from sandbox.sfcc.conduct import Conduct
from sandbox.sfcc.control import PATH, Misconduct
from sandbox.sfcc.export import MOST, export
from sandbox.sfcc.jobs import Jobs
from sandbox.sfcc.merchant import Merchant
from sandbox.sfcc.ocapi import DataApi
from sandbox.sfcc.ocapi_shop import ShopApi
from sandbox.sfcc.scapi import OrdersApi
from sandbox.sfcc.selling import Selling
from sandbox.sfcc.shipping_orders import ShippingOrders
from sandbox.sfcc.store import ShopStore
from sandbox.sfcc.webdav import WebDav
from sandbox.shop.orders import VARIETIES, make

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


class _Correlation:
    """ASGI middleware that echoes ``correlation-id`` as ``x-correlation-id``, or makes one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = dict(scope.get("headers", [])).get(b"correlation-id", str(uuid.uuid4()).encode())

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", []), (b"x-correlation-id", asked)]}
            await send(message)

        await self._app(scope, receive, marked)


class _Shop:
    """What the control routes do to the shop itself."""

    def __init__(self, home: Path, store: ShopStore, accounts: AccountManager) -> None:
        self._home = home
        self._store = store
        self._accounts = accounts

    async def tokens(self, request: Request) -> JSONResponse:
        if (await _json(request)).get("forget"):
            self._accounts.forget()
        return JSONResponse({"forgotten": True})

    async def orders(self, request: Request) -> JSONResponse:
        """Place orders as of now."""
        asked = await _json(request)
        unknown = set(asked.get("varieties", ())) - set(VARIETIES)
        if unknown:
            return JSONResponse({"error": f"no such varieties: {', '.join(sorted(unknown))}"}, 400)
        now, seed = self._store.clock(), asked.get("seed", 0)
        rng = Random(f"placed/{seed}")  # noqa: S311 - repeatable on purpose
        kinds = [VARIETIES[name] for name in asked.get("varieties", ())]
        placed = []
        for index in range(asked.get("count", 1)):
            order = make(kinds, rng, site=asked.get("site"), number=f"P{seed:03}{index:07d}", now=now)
            order.modified_at = now
            placed.append(order)
        self._store.put(placed)
        return JSONResponse({"orders": [{"site": order.site, "order_no": order.order_no} for order in placed]})

    async def export(self, request: Request) -> JSONResponse:
        """Run the export job, of one site or of all."""
        asked = await _json(request)
        sites = [asked["site"]] if "site" in asked else [site.site for site in SITES]
        drops = []
        for site in sites:
            name, count = export(
                self._home,
                self._store,
                site,
                at=self._store.clock(),
                version=asked.get("version", "26.5"),
                compressed=asked.get("gzip", False),
                limit=asked.get("limit", MOST),
                mark=asked.get("mark", True),
            )
            if name:
                drops.append({"name": name, "site": site, "orders": count})
        return JSONResponse({"drops": drops})


async def _json(request: Request) -> dict[str, Any]:
    return await request.json() if await request.body() else {}


def create_app(
    home: Path, client: ApiClient, conduct: Conduct | None = None, *, import_seconds: float | None = None
) -> ASGIApp:
    """Make the application over the shop in ``home/sfcc.db``.

    Args:
        home: the sandbox's home.
        client: who Account Manager knows.
        conduct: how the shop is told to misbehave; shared with its SFTP server.
        import_seconds: how often the shop imports feeds by itself; None: only when a job is started.
    """
    conduct = conduct or Conduct()
    store, accounts = ShopStore(home), AccountManager(client)
    jobs = Jobs(home, store, conduct)
    archives = Archives(home, store)
    shop = _Shop(home, store, accounts)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        if import_seconds:
            jobs.every(import_seconds)
        yield
        await asyncio.to_thread(jobs.close)
        store.close()

    app = Starlette(
        lifespan=lifespan,
        routes=[
            Route("/dwsso/oauth2/access_token", accounts.token, methods=["POST"]),
            *OrdersApi(store, accounts).routes(),
            *DataApi(store, accounts, jobs, archives).routes(),
            *Merchant(store).routes(),
            *ShopApi(store, accounts).routes(),
            *WebDav(home, accounts).routes(),
            *ShippingOrders(store).routes(),
            Route(PATH, conduct.show, methods=["GET"]),
            Route(PATH, conduct.set, methods=["POST", "PUT"]),
            Route(PATH, conduct.reset, methods=["DELETE"]),
            Route(f"{PATH}/tokens", shop.tokens, methods=["POST"]),
            Route(f"{PATH}/orders", shop.orders, methods=["POST"]),
            Route(f"{PATH}/export", shop.export, methods=["POST"]),
            *Selling(store).routes(),
        ],
        middleware=[Middleware(_Correlation)],
    )
    return Misconduct(app, conduct)
