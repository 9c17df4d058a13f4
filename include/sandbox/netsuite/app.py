"""The application: NetSuite's REST services on one port, and the sandbox's control beside them."""

from __future__ import annotations

import asyncio
import datetime as dt
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from sandbox.netsuite import office
from sandbox.netsuite.account import Account
from sandbox.netsuite.answers import Refusal, dumps, loads, resource
from sandbox.netsuite.asynchronous import Jobs
from sandbox.netsuite.auth import Gatekeeper, form_of
from sandbox.netsuite.config import NetSuiteConfig, make_credentials
from sandbox.netsuite.control import Control
from sandbox.netsuite.gate import FAULT, SERVER_SEND, Gate
from sandbox.netsuite.metadata import catalog
from sandbox.netsuite.record_service import RECORDS, Call, json_body, page_links, paging
from sandbox.netsuite.records import all_rules
from sandbox.netsuite.seed import seed, show_closed_periods
from sandbox.netsuite.suiteql import Page, SuiteQL

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from sandbox.netsuite.control import Fault

SUITEQL = "/services/rest/query/v1/suiteql"
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]


class NetSuiteApplication(Starlette):
    """Keeps the server's own `send` at hand, so that a fault can cut the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        scope.setdefault(SERVER_SEND, send)
        await super().__call__(scope, receive, send)


def create_app(home: Path, config: NetSuiteConfig) -> Starlette:
    """Make the application of one account.

    Args:
        home: folder that keeps its state; an empty one is seeded from the shop's catalogue.
        config: how it behaves. `base_url` may be filled in later, once the server knows its port.

    Returns:
        A Starlette application; `app.state.account` is the account, `app.state.control` its control.
    """
    credentials = config.credentials or make_credentials(home, config.account)
    config.credentials = credentials
    control = _fresh_control(config)
    account = Account(home, config, control, all_rules())
    seed(account)
    show_closed_periods(account)
    service = _Service(account, Gatekeeper(config, credentials, account.store, account.customization.permissions))

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        service.jobs.resume()
        yield
        await service.jobs.stop()
        service.suiteql.close()
        account.store.close()

    app = NetSuiteApplication(routes=service.routes(), lifespan=lifespan, exception_handlers={Refusal: _refused})
    app.add_middleware(Gate, control=control)
    app.state.account = account
    app.state.control = control
    return app


def _spoiled(page: Page, fault: Fault | None) -> Page:
    """Repeat or lose rows of a page when a fault says so."""
    if fault is None or not (fault.repeat_rows or fault.lose_rows):
        return page
    rows = page.rows[: len(page.rows) - fault.lose_rows] if fault.lose_rows else page.rows
    again = min(fault.repeat_rows, len(rows) // 2)
    return Page([*rows[: len(rows) - again], *rows[:again]], page.total)


async def _refused(_request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refusal)
    return refusal.response()


class _Service:
    """The handlers."""

    def __init__(self, account: Account, gatekeeper: Gatekeeper) -> None:
        self.account = account
        self.gatekeeper = gatekeeper
        self.suiteql = SuiteQL(account.store, account.control)
        self.jobs = Jobs(account, gatekeeper)

    def routes(self) -> list[Route]:
        return [
            Route("/services/rest/auth/oauth2/v1/token", self.token, methods=["POST"]),
            Route(SUITEQL, self.query, methods=["POST"]),
            Route("/services/rest/system/v1/serverTime", self.server_time, methods=["GET"]),
            Route(f"{RECORDS}/metadata-catalog", self.metadata, methods=["GET"]),
            Route(f"{RECORDS}/metadata-catalog/{{name}}", self.metadata, methods=["GET"]),
            Route("/services/rest/async/v1/job/{path:path}", self.job, methods=["GET"]),
            Route(f"{RECORDS}/{{path:path}}", self.record, methods=METHODS),
            Route("/sandbox/control", self.control, methods=["GET", "POST"]),
            Route("/sandbox/office/{errand}", self.office, methods=["POST"]),
            Route("/sandbox/control/reset", self.reset, methods=["POST"]),
        ]

    def _base(self, request: Request) -> str:
        return f"{request.url.scheme}://{request.url.netloc}"

    async def token(self, request: Request) -> Response:
        return self.gatekeeper.token(await form_of(request))

    async def record(self, request: Request) -> Response:
        login = self.gatekeeper.login(request)
        parts = request.path_params["path"].split("/")
        call = Call(
            self.account, login, self._base(request), request.method, parts, dict(request.query_params),
            dict(request.headers), await request.body(),
        )  # fmt: skip
        if self.jobs.wanted(call):
            return self.jobs.submit(call)
        return call.answer()

    async def job(self, request: Request) -> Response:
        self.gatekeeper.login(request)
        return self.jobs.show(request.path_params["path"].split("/"), self._base(request))

    async def query(self, request: Request) -> Response:
        login = self.gatekeeper.login(request)
        login.require("REPO_ANALYTICS", "VIEW")
        if "transient" not in request.headers.get("prefer", "").lower():
            raise Refusal("INVALID_HEADER", "The header Prefer: transient is required.", header="Prefer")
        body = json_body(await request.body(), request.headers)
        text = body.get("q") if isinstance(body, dict) else None
        if not isinstance(text, str):
            raise Refusal("INVALID_CONTENT", 'The body must be {"q": "SELECT ..."}.', path="q")
        limit, offset = paging(request.query_params)
        page = await asyncio.to_thread(self.suiteql.run, text, limit, offset, login)
        page = _spoiled(page, request.scope.get(FAULT))
        return resource({
            "links": page_links(f"{self._base(request)}{SUITEQL}", limit, offset, page.total), "count": len(page.rows),
            "hasMore": offset + limit < page.total, "items": page.rows, "offset": offset, "totalResults": page.total,
        })  # fmt: skip

    async def server_time(self, request: Request) -> Response:
        self.gatekeeper.login(request)
        now = dt.datetime.now(dt.UTC)
        return resource({"serverTime": now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03}Z"})

    async def metadata(self, request: Request) -> Response:
        self.gatekeeper.login(request)
        name = request.path_params.get("name")
        return resource(catalog(self.account, f"{self._base(request)}{RECORDS}", name))

    async def control(self, request: Request) -> Response:
        """Take a control document, or give what was counted; from this machine only."""
        _local(request)
        control: Control = self.account.control
        if request.method == "POST":
            try:
                document: dict[str, Any] = loads(await request.body())
                control.apply(document)
                show_closed_periods(self.account)
            except (ValueError, TypeError, ArithmeticError) as wrong:
                return Response(dumps({"error": str(wrong)}), 422, media_type="application/json")
        return Response(dumps(control.counts()), media_type="application/json")

    async def office(self, request: Request) -> Response:
        """Do what people in the office or the warehouse do; from this machine only."""
        _local(request)
        try:
            done = office.run(self.account, request.path_params["errand"], loads(await request.body()))
        except (LookupError, ValueError, TypeError, ArithmeticError) as wrong:
            return Response(dumps({"error": str(wrong)}), 422, media_type="application/json")
        return Response(dumps(done), media_type="application/json")

    async def reset(self, request: Request) -> Response:
        """Forget faults, latency, closed periods and counts; the records stay."""
        _local(request)
        config = self.account.config
        fresh = _fresh_control(config)
        active = self.account.control.active
        self.account.control.__dict__.update(fresh.__dict__ | {"active": active})
        show_closed_periods(self.account)
        return Response(dumps(fresh.counts()), media_type="application/json")


def _fresh_control(config: NetSuiteConfig) -> Control:
    return Control(
        concurrency=config.concurrency, closed_periods=set(config.closed_periods), time_zone=config.time_zone
    )


def _local(request: Request) -> None:
    """The control is for this machine only.

    Raises:
        Refusal: 403, the caller is elsewhere.
    """
    host = request.client.host if request.client else "127.0.0.1"
    if host not in ("127.0.0.1", "::1", "testclient"):
        raise Refusal("FORBIDDEN", "The sandbox's control answers on loopback only.", status=403)


__all__ = ["create_app"]
