"""The console as an app. Airflow mounts it without any authentication of its own, so every route asks for a user."""

from __future__ import annotations

import logging
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING

from airflow.api_fastapi.core_api.security import get_user
from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from cartage.console.headers import DEFAULTS, Guarded
from cartage.console.layout import render
from cartage.console.pages import PAGES
from cartage.errors import CartageError

if TYPE_CHECKING:
    from fastapi.responses import Response

log = logging.getLogger(__name__)


@cache
def application() -> FastAPI:
    """Make the app.

    Every route needs a signed-in user: an anonymous call gets 401, and one who may not see a flow 403.
    """
    app = FastAPI(title="Cartage", docs_url=None, redoc_url=None, openapi_url=None, dependencies=[Depends(get_user)])
    for page in PAGES:
        app.include_router(page.router)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _misread)
    app.add_exception_handler(CartageError, _failed)
    app.add_exception_handler(Exception, _broken)
    app.add_middleware(Guarded)
    return app


async def _refused(request: Request, error: Exception) -> Response:
    """Answer what a route refused: 401, 403, 404 and the like."""
    assert isinstance(error, HTTPException)
    return _trouble(request, error.status_code, str(error.detail))


async def _misread(request: Request, error: Exception) -> Response:
    """Answer a request whose parts are not as they must be."""
    assert isinstance(error, RequestValidationError)
    wrong = "; ".join(f"{'.'.join(str(part) for part in each['loc'])}: {each['msg']}" for each in error.errors())
    return _trouble(request, 422, f"The address or the form is not as it must be: {wrong}.")


async def _failed(request: Request, error: Exception) -> Response:
    """Answer what went wrong on our side, with what to do about it."""
    log.warning("%s of %s failed: %s", request.method, request.url.path, error)
    return _trouble(request, 503, str(error))


async def _broken(request: Request, error: Exception) -> Response:  # noqa: ARG001 - it goes to the log, with its traceback
    """Answer what nobody foresaw; this answer passes by the app's middleware."""
    answer = _trouble(request, 500, "Something went wrong here. The API server's log says what; nothing was changed.")
    for name, value in DEFAULTS.items():
        answer.headers.setdefault(name, value)
    return answer


def _trouble(request: Request, status: int, detail: str) -> Response:
    if "text/html" not in request.headers.get("accept", ""):
        return JSONResponse({"detail": detail}, status)
    title = {401: "You are not signed in", 403: "Not allowed", 404: "Not found"}.get(status, HTTPStatus(status).phrase)
    return render(request, "trouble.html", None, status=status, title=title, detail=detail)
