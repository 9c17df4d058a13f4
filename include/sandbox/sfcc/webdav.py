"""WebDAV over the instance's logs: what an API client may read of ``/Sites/Logs`` and ``/Sites/Impex/log``.

Only reading is served. A client comes with a token of Account Manager; which folders it may read stands in a JSON
document, as Business Manager has it under Administration > Organization > WebDAV Client Permissions
(https://help.salesforce.com/s/articleView?id=cc.b2c_web_dav_client_permissions.htm). Until it is told otherwise the
sandbox takes the one of ``deploy/sfcc``. The names of the outer folders are taken in any case of letters: OCAPI writes
``/Sites/LOGS/jobs/…``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from sandbox.sfcc.control import PATH
from sandbox.sfcc.problems import Problem

if TYPE_CHECKING:
    from starlette.requests import Request

    from sandbox.sfcc.account_manager import AccountManager

SITES = "/on/demandware.servlet/webdav/Sites"
PERMISSIONS = Path(__file__).resolve().parents[3] / "deploy" / "sfcc" / "permissions" / "webdav.json"
FOLDERS = {"logs": "logs", "impex": "impex"}
"""Outer folder of WebDAV, in small letters -> folder of the sandbox's home."""


class WebDav:
    """Files of one instance.

    Args:
        home: the sandbox's home.
        accounts: who has a good token.
    """

    def __init__(self, home: Path, accounts: AccountManager) -> None:
        self._home = home
        self._accounts = accounts
        self._readable = _readable(PERMISSIONS)

    def routes(self) -> list[Route]:
        """Give the routes: the real one, and one of the sandbox's own that changes the permissions."""
        return [
            Route(SITES + "/{path:path}", self.read, methods=["GET", "HEAD"]),
            Route(f"{PATH}/webdav", self.permit, methods=["POST"]),
        ]

    async def permit(self, request: Request) -> JSONResponse:
        """Answer ``POST …/webdav``: ``{"readable": ["/logs"]}``; null takes what ``deploy/sfcc`` has."""
        readable = (await request.json()).get("readable")
        self._readable = _readable(PERMISSIONS) if readable is None else tuple(each.lower() for each in readable)
        return JSONResponse({"readable": self._readable})

    async def read(self, request: Request) -> Response:
        """Answer ``GET``, whole or by ``Range``."""
        try:
            self._accounts.check(request)
        except Problem:
            return Response("Unauthorized", 401, headers={"www-authenticate": 'Basic realm="WebDAV"'})
        outer, _, inner = request.path_params["path"].partition("/")
        if not self._may_read(f"/{outer.lower()}/{inner}"):
            return Response("Forbidden", 403)
        path = self._place(outer.lower(), inner)
        if path is None or not path.is_file():
            return Response("Not Found", 404)
        return FileResponse(path, media_type="text/plain; charset=UTF-8")

    def _may_read(self, path: str) -> bool:
        """Say whether a permission names this path or a folder above it."""
        return any(path == each or path.startswith(f"{each}/") for each in self._readable)

    def _place(self, outer: str, inner: str) -> Path | None:
        """Give the file, unless its name leads out of its folder."""
        if outer not in FOLDERS:
            return None
        folder = (self._home / FOLDERS[outer]).resolve()
        path = (folder / inner).resolve()
        return path if path.is_relative_to(folder) else None


def _readable(file: Path) -> tuple[str, ...]:
    """Give the paths that a permissions document lets its first client read, or everything where there is no document."""
    if not file.exists():
        return tuple(f"/{each}" for each in FOLDERS)
    clients: list[dict[str, Any]] = json.loads(file.read_text())["clients"]
    granted = clients[0]["permissions"]
    return tuple(each["path"].lower() for each in granted if {"read", "read_write"} & set(each["operations"]))
