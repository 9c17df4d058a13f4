"""The door of the REST services: concurrency limit, latency and faults, before anything is done.

Pure ASGI, so that a fault can also cut the connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from sandbox.netsuite.answers import Refusal

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from sandbox.netsuite.control import Control, Fault

SERVICES = "/services/rest"
SERVER_SEND = "sandbox.server_send"
"""Key of the scope under which the server's own `send` lies, before any middleware wrapped it."""
FAULT = "sandbox.fault"
"""Key of the scope under which the fault lies that a request meets."""
_TOKEN = "/auth/oauth2/v1/token"  # noqa: S105 - a path
_ID = re.compile(r"/(eid:[^/?]+|-?\d+)(?=/|$)", re.IGNORECASE)
_CODES = {429: "CONCURRENCY_LIMIT_EXCEEDED", 500: "UNEXPECTED_ERROR", 503: "SERVICE_UNAVAILABLE", 401: "INVALID_LOGIN"}


def path_class(path: str) -> str:
    """Give a path's class: ids are left out, so that requests can be counted by kind."""
    return _ID.sub("/{id}", path)


class Gate:
    """Wraps the application.

    Args:
        app: the application.
        control: what tests told the sandbox, and its counters.
    """

    def __init__(self, app: ASGIApp, control: Control) -> None:
        self.app = app
        self.control = control

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        path = scope.get("path", "")
        if scope["type"] != "http" or not path.startswith(SERVICES):
            await self.app(scope, receive, send)
            return
        inner = path.removeprefix(SERVICES)
        control = self.control
        control.requests[f"{scope['method']} {path_class(inner)}"] += 1
        if control.active >= control.concurrency and inner != _TOKEN:
            await self._answer(_limit(control.concurrency), scope, receive, send)
            return
        control.active += 1
        control.peak = max(control.peak, control.active)
        try:
            fault = await self._serve(inner, scope, receive, send)
        finally:
            control.active -= 1
        if fault is not None and fault.timeout_after_commit:
            await _hold(receive, fault.seconds)
            _cut(scope)

    async def _serve(self, inner: str, scope: Scope, receive: Receive, send: Send) -> Fault | None:
        control = self.control
        fault = control.fault(scope["method"], inner)
        delay = control.latency() + (fault.latency_ms / 1000 if fault else 0)
        if delay:
            await asyncio.sleep(delay)
        if fault is None:
            await self.app(scope, receive, self._counting(send))
        elif fault.timeout_after_commit or fault.drop_after_commit:
            # The work is done and the answer is lost: what a client must look up afterwards.
            await self.app(scope, receive, _nowhere)
            if fault.drop_after_commit:
                _cut(scope)
        elif fault.drop_connection:
            _cut(scope)
        elif fault.body is not None:
            await self._answer(
                Response(fault.body, fault.status or 200, media_type=fault.content_type), scope, receive, send
            )
        elif fault.status is not None:
            await self._answer(_failure(fault), scope, receive, send)
        else:
            scope[FAULT] = fault
            await self.app(scope, receive, self._counting(send))
        return fault

    async def _answer(self, response: Response, scope: Scope, receive: Receive, send: Send) -> None:
        await response(scope, receive, self._counting(send))

    def _counting(self, send: Send) -> Send:
        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.control.statuses[str(message["status"])] += 1
            await send(message)

        return counted


def _limit(concurrency: int) -> Response:
    return Refusal(
        "CONCURRENCY_LIMIT_EXCEEDED",
        f"Concurrent request limit exceeded. Your current concurrent request limit is {concurrency}. Request blocked.",
        status=429,
    ).response()


def _failure(fault: Fault) -> Response:
    status = fault.status or 500
    headers = {"Retry-After": f"{fault.retry_after:g}"} if fault.retry_after is not None else {}
    return Refusal(
        fault.code or _CODES.get(status, "UNEXPECTED_ERROR"), fault.detail, status=status, headers=headers
    ).response()


async def _nowhere(_message: Message) -> None:
    """Swallow an answer."""


async def _hold(receive: Receive, seconds: float) -> None:
    """Wait until the client goes away, or the time is over."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            message = await receive()
            while message["type"] != "http.disconnect":
                message = await receive()


def _cut(scope: Scope) -> None:
    """Cut the connection without an answer.

    ASGI has no word for it: uvicorn's transport is reached through the `send` that it gave the application.
    """
    cycle: Any = getattr(scope.get(SERVER_SEND), "__self__", None)
    transport = getattr(cycle, "transport", None)
    if transport is None:
        raise RuntimeError("the server's transport is out of reach: the fault cannot cut the connection")
    transport.abort()
    cycle.disconnected = True
