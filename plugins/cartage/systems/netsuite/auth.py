"""Signing in to NetSuite: OAuth 2.0 client credentials by signed JWT, and token-based OAuth 1.0a."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import jwt
import requests
from oauthlib.oauth1 import SIGNATURE_HMAC_SHA256, Client
from requests.auth import AuthBase

from cartage.errors import BatchError, RetryableError, SettingsError
from cartage.systems.netsuite.connecting import check_trust

if TYPE_CHECKING:
    from cartage.systems.netsuite.account import Account

SCOPE = "rest_webservices"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_SECONDS = 300
RENEW_BEFORE = 120.0
CHECK_OAUTH2 = (
    "check the Airflow connection's account, client_id, certificate_id and private_key, that the certificate is "
    "active under Setup > Integration > OAuth 2.0 Client Credentials Setup, and this machine's clock"
)
CHECK_TBA = (
    "check the Airflow connection's account, consumer and token, that the token is active, and this machine's clock; "
    "Setup > Users/Roles > View Login Audit Trail says why"
)


class SignIn(Protocol):
    """How requests are signed."""

    advice: str

    def sign(self, session: requests.Session) -> AuthBase:
        """Give what signs the next request; `session` may be used to fetch a token."""

    def renew(self, refused: AuthBase) -> bool:
        """Drop what was refused with 401. True when another try may go better."""

    def role(self) -> str | None:
        """Give the internal id of the role that was signed in with, when it can be known."""


@dataclass(frozen=True)
class Token:
    """An access token and when, on the monotonic clock, it is renewed."""

    value: str
    renew_at: float


class Bearer(AuthBase):
    """Puts an access token on a request."""

    def __init__(self, token: Token) -> None:
        self.token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign the request."""
        request.headers["Authorization"] = f"Bearer {self.token.value}"
        return request


class ClientCredentials:
    """OAuth 2.0 client credentials: a signed JWT buys an access token, shared by all threads of the process.

    https://docs.oracle.com/en/cloud/saas/netsuite/ns-online-help/section_162730264820.html

    Args:
        account: of which `token_url`, `credentials`, `private_key` and `algorithm` are used.
    """

    advice = CHECK_OAUTH2
    _tokens: dict[tuple[str, str, str], Token] = {}  # noqa: RUF012, shared by all hooks of the process on purpose
    _gate = threading.Lock()

    def __init__(self, account: Account) -> None:
        self._account = account
        self._id = (account.token_url, account.credentials["client_id"], account.credentials["certificate_id"])

    def sign(self, session: requests.Session) -> AuthBase:
        """Give the token's signer; the token is fetched when there is none or it is about to expire.

        Raises:
            SettingsError: when the private key cannot be read.
            BatchError: when NetSuite does not accept the credentials.
            RetryableError: when the token endpoint cannot be reached.
        """
        with self._gate:
            token = self._tokens.get(self._id)
            if token is None or token.renew_at <= time.monotonic():
                token = self._fetch(session)
                self._tokens[self._id] = token
            return Bearer(token)

    def renew(self, refused: AuthBase) -> bool:
        """Drop the token, unless another thread already put a newer one in its place."""
        with self._gate:
            if isinstance(refused, Bearer) and self._tokens.get(self._id) == refused.token:
                del self._tokens[self._id]
        return True

    def role(self) -> str | None:
        """Read the role from the token: its `sub` is role and entity, parted by a semicolon.

        https://docs.oracle.com/en/cloud/saas/netsuite/ns-online-help/section_158255317571.html
        """
        with self._gate:
            token = self._tokens.get(self._id)
        try:
            claims = jwt.decode(token.value if token else "", options={"verify_signature": False})
        except jwt.PyJWTError:
            return None
        role, parted, _ = str(claims.get("sub", "")).partition(";")
        return role if parted and role else None

    def _fetch(self, session: requests.Session) -> Token:
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self._assertion(),
        }
        asked = time.monotonic()
        try:
            answer = session.post(
                self._account.token_url, data=form, timeout=self._account.timeout, allow_redirects=False
            )
        except requests.RequestException as error:
            check_trust(self._account.base_url, error)
            raise RetryableError(
                f"NetSuite's token endpoint at {self._account.base_url} cannot be reached ({type(error).__name__}): "
                f"check the connection's account and host, and the network"
            ) from error
        if answer.status_code == 429 or answer.status_code >= 500:
            raise RetryableError(f"NetSuite's token endpoint answered {answer.status_code}: it is busy or down")
        return self._read(answer, asked)

    def _read(self, answer: requests.Response, asked: float) -> Token:
        try:
            body = answer.json()
            value, lives = str(body["access_token"]), float(body.get("expires_in", 3600))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            reason = _oauth_error(answer)
            raise BatchError(
                f"NetSuite account {self._account.account} gave no access token (HTTP {answer.status_code}{reason}): "
                f"{self.advice}"
            ) from error
        return Token(value, asked + lives - min(RENEW_BEFORE, lives / 2))

    def _assertion(self) -> str:
        account, now = self._account, int(time.time())
        claims = {
            "iss": account.credentials["client_id"],
            "scope": SCOPE,
            "aud": account.token_url,
            "iat": now,
            "exp": now + ASSERTION_SECONDS,
        }
        headers = {"kid": account.credentials["certificate_id"]}
        try:
            return jwt.encode(claims, account.private_key, algorithm=account.algorithm, headers=headers)
        except (ValueError, TypeError, jwt.PyJWTError) as error:
            raise SettingsError(
                f"Airflow connection {account.connection!r}, field private_key: no PEM key that can sign "
                f"{account.algorithm} ({type(error).__name__})"
            ) from error


class Signature(AuthBase):
    """Signs a request by OAuth 1.0a, HMAC-SHA256, with the account as realm."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign the request; a JSON body is not part of the signature (RFC 5849, 3.4.1.3)."""
        _, headers, _ = self._client.sign(str(request.url), http_method=str(request.method))
        request.headers["Authorization"] = headers["Authorization"]
        return request


class TokenBased:
    """Token-based authentication: existing integrations go on, new ones use OAuth 2.0.

    https://docs.oracle.com/en/cloud/saas/netsuite/ns-online-help/section_1534941088.html

    Args:
        account: of which `credentials` and `realm` are used.
    """

    advice = CHECK_TBA

    def __init__(self, account: Account) -> None:
        credentials = account.credentials
        self._client = {
            "client_key": credentials["consumer_key"],
            "client_secret": credentials["consumer_secret"],
            "resource_owner_key": credentials["token_id"],
            "resource_owner_secret": credentials["token_secret"],
            "signature_method": SIGNATURE_HMAC_SHA256,
            "realm": account.realm,
        }

    def sign(self, session: requests.Session) -> AuthBase:  # noqa: ARG002, nothing has to be fetched
        """Give a signer of its own: nonce and timestamp are made for each request."""
        return Signature(Client(**self._client))

    def renew(self, refused: AuthBase) -> bool:  # noqa: ARG002, nothing can be renewed
        """Tell that another try gives the same."""
        return False

    def role(self) -> str | None:
        """Tell that the token does not show its role."""
        return None


def sign_in(account: Account) -> SignIn:
    """Give the way that the account's connection asks for."""
    return ClientCredentials(account) if account.auth == "oauth2" else TokenBased(account)


def _oauth_error(answer: requests.Response) -> str:
    """Give the OAuth error word, which names no secret, when there is one."""
    try:
        word = answer.json().get("error")
    except (ValueError, AttributeError):
        return ""
    return f", {word}" if isinstance(word, str) and word.isidentifier() else ""
