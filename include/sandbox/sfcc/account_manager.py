"""Account Manager: hands out bearer tokens for client credentials (RFC 6749, section 4.4)."""

from __future__ import annotations

import base64
import binascii
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from starlette.responses import JSONResponse

from sandbox.sfcc.problems import unauthorized

if TYPE_CHECKING:
    from starlette.requests import Request

READ, WRITE = "sfcc.orders", "sfcc.orders.rw"


@dataclass(frozen=True)
class ApiClient:
    """The API client that Account Manager knows.

    Attributes:
        client_id: its id.
        secret: its secret.
        tenant: the tenant it may act on, for example ``zzxy_001``.
        scopes: what it may ask for.
        token_seconds: how long a token lives; Account Manager's own are good for half an hour.
    """

    client_id: str
    secret: str
    tenant: str = "zzxy_001"
    scopes: tuple[str, ...] = (READ, WRITE)
    token_seconds: int = 1800

    @property
    def organization(self) -> str:
        """The tenant's organization id in SCAPI's paths."""
        return f"f_ecom_{self.tenant}"


class AccountManager:
    """Issues tokens and knows which are good."""

    def __init__(self, client: ApiClient) -> None:
        self.client = client
        self._tokens: dict[str, tuple[float, frozenset[str]]] = {}

    async def token(self, request: Request) -> JSONResponse:
        """Answer ``POST /dwsso/oauth2/access_token``."""
        if not self._knows(request.headers.get("authorization", "")):
            return _refused(401, "invalid_client", "Client authentication failed")
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        if form.get("grant_type") != "client_credentials":
            return _refused(400, "unsupported_grant_type", "Only client_credentials is served")
        asked = form.get("scope", "").split()
        wanted = frozenset(asked) - {f"SALESFORCE_COMMERCE_API:{self.client.tenant}"}
        # OCAPI asks for no scope: what a client may do there stands in the instance's OCAPI settings.
        if asked and (len(wanted) == len(set(asked)) or not wanted <= set(self.client.scopes)):
            return _refused(400, "invalid_scope", "Unknown/invalid scope(s): " + " ".join(sorted(wanted)))
        token = secrets.token_urlsafe(48)
        self._tokens[token] = (time.monotonic() + self.client.token_seconds, wanted)
        answer = {"access_token": token, "scope": " ".join(asked), "token_type": "Bearer"}
        return JSONResponse({**answer, "expires_in": self.client.token_seconds - 1})

    def _knows(self, authorization: str) -> bool:
        kind, _, encoded = authorization.partition(" ")
        try:
            login = base64.b64decode(encoded, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return False
        return kind.lower() == "basic" and secrets.compare_digest(
            login.encode(), f"{self.client.client_id}:{self.client.secret}".encode()
        )

    def check(self, request: Request, *, write: bool | None = None) -> None:
        """See that the request's token is good for what it does.

        Args:
            request: the request.
            write: whether it changes orders by SCAPI; None where no scope is needed, as by OCAPI.

        Raises:
            Problem: 401 when the token is missing, unknown, expired or lacks the scope.
        """
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        until, scopes = self._tokens.get(token, (0.0, frozenset()))
        if kind.lower() != "bearer" or until <= time.monotonic():
            raise unauthorized("The access token is missing, invalid or expired.")
        if write is not None and not scopes & ({WRITE} if write else {READ, WRITE}):
            raise unauthorized("The access token lacks the required scope.")

    def forget(self) -> None:
        """Make every token that was handed out worthless."""
        self._tokens.clear()


def _refused(status: int, error: str, description: str) -> JSONResponse:
    return JSONResponse({"error": error, "error_description": description}, status)
