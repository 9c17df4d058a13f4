"""How a test plays with the shop: latency, faults, counts, orders placed, exports run.

``GET  /sandbox/control``         settings and the number of requests by method and path
``POST /sandbox/control``         ``{"latency_ms": 200, "faults": [...]}``; what is left out stays
``DELETE /sandbox/control``       no latency, no faults, counts at zero
``POST /sandbox/control/tokens``  ``{"forget": true}``: every access token is worthless from now
``POST /sandbox/control/orders``  ``{"count": 5, "site": "RefArch", "seed": 1, "varieties": ["bundle"]}``
``POST /sandbox/control/webdav``  ``{"readable": ["/logs"]}``: the folders that the API client may read; null: as at first
``POST /sandbox/control/export``  ``{"site": "RefArch", "version": "26.5", "gzip": false, "limit": 1000, "mark": true}``
``GET  /sandbox/control/oms-events``  ``?site=…&order=…``: OMS status events as the shop's subscribers would get them
``GET  /sandbox/control/shipping-orders``  ``?site=…&order=…``: shipping orders, as feeds told of them

Buying, movements of stock, the catalogue and the clock stand in `selling`, price books and stores in `ocapi_shop`.

A fault is ``{"match": "PUT */export-status", "status": 503, "retry_after": 2, "body": "...", "times": 1}``: method
(or ``*``) and path with shell wildcards, read as the beginning of the path. Instead of a status it
can say ``"drop_connection": true`` or ``"drop_after_commit": true``: the connection is lost before or after
the request was carried out. New faults join those that are left.

Imports and uploads fail by ``POST /sandbox/control`` too, each ``"times"`` times, once by default:

``{"imports": [{"job": "cartage-import-*", "feed": "*", "refuse": true}]}``  a feed is refused whole
``{"imports": [{"job": "…", "fail": true}]}``                                the job fails before it takes a feed
``{"imports": [{"job": "…", "seconds": 5}]}``                                the import of a feed is slow
``{"uploads": [{"match": "/inbound/inventory/*", "full": true, "after_bytes": 1000}]}``   the disk is full by then
``{"uploads": [{"match": "…", "tenth": 3, "of_bytes": 50000}]}``  the connection is lost at three tenths of the file
``{"uploads": [{"match": "…", "seconds": 5, "after_bytes": 1000}]}``  the upload stands still by then, and goes on
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from sandbox.sfcc.conduct import Conduct

PATH = "/sandbox/control"


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
            await fault.response(path)(scope, receive, send)


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
