"""The same-origin token: changes are taken only from the console's own pages.

Airflow's session cookie goes with every request that the browser sends, also with one that another site
made it send, as far as `SameSite=Lax` lets it. So a change must also carry a token that only a page of
ours knows: the user's name and an hour, signed with the API server's own key.
https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
"""

from __future__ import annotations

import hashlib
import hmac
import time
from urllib.parse import urlsplit

from airflow.api_fastapi.auth.tokens import get_signing_key
from fastapi import HTTPException, Request
from fastapi.security.utils import get_authorization_scheme_param

from cartage.console.access import SignedIn  # noqa: TC001 - FastAPI reads the annotation

HEADER = "X-Cartage-Token"
FIELD = "token"
HOUR = 3600
HOURS = 12
"""Hours that a token holds: a page may stay open for a working day."""


def token_for(user: str, *, at: float | None = None) -> str:
    """Give the token of a user's pages.

    Args:
        user: the user's name.
        at: seconds since the epoch; now unless said.
    """
    hour = int((time.time() if at is None else at) // HOUR)
    return f"{hour}.{_sign(user, hour)}"


def holds(token: str, user: str) -> bool:
    """Say whether a token is this user's, and not too old."""
    hour, _, signature = token.partition(".")
    if not (hour.isascii() and hour.isdigit() and len(hour) < 12):
        return False
    age = int(time.time() // HOUR) - int(hour)
    return 0 <= age <= HOURS and hmac.compare_digest(signature.encode(), _sign(user, int(hour)).encode())


def _sign(user: str, hour: int) -> str:
    key = hashlib.sha256(b"cartage-console:" + get_signing_key("api", "secret_key").encode()).digest()
    return hmac.new(key, f"{user}:{hour}".encode(), hashlib.sha256).hexdigest()


async def same_origin(request: Request, user: SignedIn) -> None:
    """Refuse a change that no page of ours sent; a dependency of every route that changes something.

    A call with a bearer token of its own needs none: no browser adds that by itself.

    Raises:
        HTTPException: 403, saying what to do.
    """
    scheme, credentials = get_authorization_scheme_param(request.headers.get("authorization"))
    if scheme.lower() == "bearer" and credentials:  # without credentials Airflow would look at the cookie
        return
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin" or not _own(request):
        raise HTTPException(403, "This request came from another site, so nothing was changed.")
    token = request.headers.get(HEADER)
    if token is None:
        token = str((await request.form()).get(FIELD, ""))
    if not holds(token, str(user.get_name())):
        raise HTTPException(403, "This page is too old, so nothing was changed: load it again and repeat.")


def _own(request: Request) -> bool:
    """Say whether the request names our own origin, or none: browsers name one with every change."""
    origin = request.headers.get("origin")
    if origin is None:
        return True
    host = request.headers.get("x-forwarded-host", request.headers.get("host", ""))
    return urlsplit(origin).netloc == host.split(",")[0].strip()
