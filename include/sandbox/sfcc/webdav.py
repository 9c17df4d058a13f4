"""WebDAV over the instance's files: what an API client may read of ``/Sites/Logs`` and ``/Sites/Impex``, and delete there.

Nothing else is served. A client comes with a token of Account Manager; which folders it may read stands in a JSON
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
        self._readable = _granted(PERMISSIONS, "read", "read_write")
        self._writable = _granted(PERMISSIONS, "read_write")

    def routes(self) -> list[Route]:
        """Give the routes: the real one, and one of the sandbox's own that changes the permissions."""
        return [
            Route(SITES + "/{path:path}", self.read, methods=["GET", "HEAD"]),
            Route(SITES + "/{path:path}", self.delete, methods=["DELETE"]),
            Route(f"{PATH}/webdav", self.permit, methods=["POST"]),
        ]

    async def permit(self, request: Request) -> JSONResponse:
        """Answer ``POST …/webdav``: ``{"readable": ["/logs"]}``; null takes what ``deploy/sfcc`` has."""
        readable = (await request.json()).get("readable")
        given = _granted(PERMISSIONS, "read", "read_write") if readable is None else readable
        self._readable = tuple(each.lower() for each in given)
        return JSONResponse({"readable": self._readable})

    async def read(self, request: Request) -> Response:
        """Answer ``GET``, whole or by ``Range``."""
        found = self._found(request, self._readable)
        if isinstance(found, Response):
            return found
        kind = "application/zip" if found.suffix == ".zip" else "text/plain; charset=UTF-8"
        return FileResponse(found, media_type=kind)

    async def delete(self, request: Request) -> Response:
        """Answer ``DELETE``."""
        found = self._found(request, self._writable)
        if isinstance(found, Response):
            return found
        found.unlink()
        return Response(status_code=204)

    def _found(self, request: Request, granted: tuple[str, ...]) -> Path | Response:
        """Give the file that is asked for, or why not: a permission has to name it, or a folder above it."""
        try:
            self._accounts.check(request)
        except Problem:
            return Response("Unauthorized", 401, headers={"www-authenticate": 'Basic realm="WebDAV"'})
        outer, _, inner = request.path_params["path"].partition("/")
        asked = f"/{outer.lower()}/{inner}"
        if not any(asked == each or asked.startswith(f"{each}/") for each in granted):
            return Response("Forbidden", 403)
        path = self._place(outer.lower(), inner)
        return path if path is not None and path.is_file() else Response("Not Found", 404)

    def _place(self, outer: str, inner: str) -> Path | None:
        """Give the file, unless its name leads out of its folder."""
        if outer not in FOLDERS:
            return None
        folder = (self._home / FOLDERS[outer]).resolve()
        path = (folder / inner).resolve()
        return path if path.is_relative_to(folder) else None


def _granted(file: Path, *operations: str) -> tuple[str, ...]:
    """Give the paths on which a permissions document lets its first client do so; everything where there is no document."""
    if not file.exists():
        return tuple(f"/{each}" for each in FOLDERS)
    clients: list[dict[str, Any]] = json.loads(file.read_text())["clients"]
    permissions = clients[0]["permissions"]
    return tuple(each["path"].lower() for each in permissions if {*operations} & set(each["operations"]))
