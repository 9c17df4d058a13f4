"""How a test plays with the shop: latency, faults, counts, orders placed, exports run.

``GET  /sandbox/control``         settings and the number of requests by method and path
``POST /sandbox/control``         ``{"latency_ms": 200, "faults": [...]}``; what is left out stays
``DELETE /sandbox/control``       no latency, no faults, counts at zero
``POST /sandbox/control/tokens``  ``{"forget": true}``: every access token is worthless from now
``POST /sandbox/control/orders``  ``{"count": 5, "site": "RefArch", "seed": 1, "varieties": ["bundle"]}``
``POST /sandbox/control/export``  ``{"site": "RefArch", "version": "26.5", "gzip": false, "limit": 1000, "mark": true}``

A fault is ``{"match": "PUT */export-status", "status": 503, "retry_after": 2, "body": "...", "times": 1}``: method
(or ``*``) and path with shell wildcards, read as the beginning of the path. Instead of a status it
can say ``"drop_connection": true`` or ``"drop_after_commit": true``: the connection is lost before or after
the request was carried out. New faults join those that are left.
"""

from __future__ import annotations

import asyncio
import fnmatch
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response

from sandbox.sfcc.problems import TYPES

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

PATH = "/sandbox/control"
_TITLES = {429: "Too Many Requests", 500: "Internal Server Error", 503: "Service Unavailable", 504: "Gateway Timeout"}


@dataclass
class Fault:
    """One way to fail, some number of times; the keys are those of the sandbox's NetSuite."""

    match: str
    times: int = 1
    status: int = 500
    retry_after: float | None = None
    body: str | None = None
    drop_connection: bool = False
    drop_after_commit: bool = False

    def strikes(self, method: str, path: str) -> bool:
        """Say whether it hits this request, and count it."""
        wanted, _, pattern = self.match.partition(" ")
        if self.times <= 0 or wanted not in {"*", method} or not fnmatch.fnmatchcase(path, pattern + "*"):
            return False
        self.times -= 1
        return True

    def response(self) -> Response:
        """Give the failing answer."""
        headers = {} if self.retry_after is None else {"retry-after": f"{self.retry_after:g}"}
        if self.status == 503:
            headers |= {"sfdc_load": "95", "sfdc_load_status": "THROTTLE"}
        if self.body is not None:
            return Response(self.body, self.status, headers=headers, media_type="text/html")
        title = _TITLES.get(self.status, "Error")
        kind = title.lower().replace(" ", "-")
        body = {"title": title, "type": TYPES + kind, "detail": "The sandbox was told to fail."}
        return JSONResponse(body, self.status, headers=headers, media_type="application/problem+json")


@dataclass
class Conduct:
    """How the shop behaves for now."""

    latency_ms: int = 0
    faults: list[Fault] = field(default_factory=list)
    requests: Counter[str] = field(default_factory=Counter)

    async def show(self, _: Request) -> JSONResponse:
        """Answer ``GET``."""
        faults = [asdict(each) for each in self.faults if each.times > 0]
        return JSONResponse({"latency_ms": self.latency_ms, "faults": faults, "requests": dict(self.requests)})

    async def set(self, request: Request) -> JSONResponse:
        """Answer ``POST``."""
        body: dict[str, Any] = await request.json()
        try:
            self.faults += [Fault(**each) for each in body.get("faults", [])]
            self.latency_ms = int(body.get("latency_ms", self.latency_ms))
        except (TypeError, ValueError) as error:
            return JSONResponse({"error": f"no such setting: {error}"}, 400)
        return await self.show(request)

    async def reset(self, request: Request) -> JSONResponse:
        """Answer ``DELETE``."""
        self.latency_ms, self.faults = 0, []
        self.requests.clear()
        return await self.show(request)


class Misconduct:
    """The outermost application: counts requests, waits, and fails as told; control requests pass untouched."""

    def __init__(self, app: ASGIApp, conduct: Conduct) -> None:
        self._app = app
        self._conduct = conduct

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"].startswith(PATH):
            await self._app(scope, receive, send)
            return
        method, path = scope["method"], scope["path"]
        self._conduct.requests[f"{method} {path}"] += 1
        if self._conduct.latency_ms:
            await asyncio.sleep(self._conduct.latency_ms / 1000)
        fault = next((each for each in self._conduct.faults if each.strikes(method, path)), None)
        if fault is None:
            await self._app(scope, receive, send)
        elif fault.drop_connection or fault.drop_after_commit:
            if fault.drop_after_commit:
                await self._app(scope, receive, _swallow)
            await _hang_up(send)
        else:
            await fault.response()(scope, receive, send)


async def _swallow(_: Message) -> None:
    """Take an answer that the client never gets."""


async def _hang_up(send: Send) -> None:
    """Lose the connection, without a single byte of an answer where the server lets us at its transport."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is not None:
        transport.abort()
        return
    # Another server than uvicorn: an answer that begins and ends too soon makes it close the connection.
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000000")]})
    await send({"type": "http.response.body", "body": b"{", "more_body": True})
