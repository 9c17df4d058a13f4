"""Who may come in: OAuth 2.0 client credentials with a signed JWT, and token-based OAuth 1.0a.

Client credentials: https://docs.oracle.com/en/cloud/saas/netsuite/ns-online-help/section_162686838198.html
Token-based: https://docs.oracle.com/en/cloud/saas/netsuite/ns-online-help/section_4247337262.html
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qs, quote, unquote

import jwt
from oauthlib.oauth1.rfc5849 import signature
from oauthlib.oauth1.rfc5849.utils import parse_authorization_header
from starlette.responses import Response

from sandbox.netsuite.answers import Refusal, dumps

if TYPE_CHECKING:
    from starlette.requests import Request

    from sandbox.netsuite.config import Credentials, NetSuiteConfig
    from sandbox.netsuite.store import Store

ALGORITHMS = ["PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
"""Signatures of a client assertion. RSA PKCS#1 v1.5 (RS256) is refused: NetSuite deprecated it."""

SCOPE = "rest_webservices"
_HASHES = {"HMAC-SHA256": hashlib.sha256, "HMAC-SHA1": hashlib.sha1}
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_LEVELS = ("NONE", "VIEW", "CREATE", "EDIT", "FULL")

PERMISSIONS = {
    "customer": "LIST_CUSTJOB", "contact": "LIST_CONTACT", "salesOrder": "TRAN_SALESORD",
    "customerDeposit": "TRAN_CUSTDEP", "itemFulfillment": "TRAN_ITEMSHIP", "invoice": "TRAN_CUSTINVC",
    "cashSale": "TRAN_CASHSALE", "returnAuthorization": "TRAN_RTNAUTH", "location": "LIST_LOCATION",
    "subsidiary": "LIST_SUBSIDIARY", "shipItem": "LIST_SHIPITEM", "account": "LIST_ACCOUNT",
    "salesTaxItem": "LIST_TAXITEM", "customerSubsidiaryRelationship": "LIST_ENTITYSUBSIDIARYRELATION",
    "inventoryItem": "LIST_ITEM", "assemblyItem": "LIST_ITEM", "pricingGroup": "ADMI_ACCOUNTINGLIST",
    "classification": "LIST_CLASS", "kitItem": "LIST_ITEM", "nonInventorySaleItem": "LIST_ITEM",
    "otherChargeSaleItem": "LIST_ITEM", "discountItem": "LIST_ITEM", "giftCertificateItem": "LIST_ITEM",
    "currency": "LIST_CURRENCY", "priceLevel": "ADMI_ACCOUNTINGLIST", "paymentMethod": "ADMI_ACCOUNTINGLIST",
    "accountingPeriod": "ADMI_ACCTPERIODS",
}  # fmt: skip
"""Record type -> the permission that opens it."""

Role = Literal["integration", "administrator"]


@dataclass(frozen=True)
class Login:
    """Who sent a request, and what the role may do; `permissions` is None for one who may do all."""

    role: Role
    permissions: dict[str, str] | None

    def require(self, permission: str, level: str) -> None:
        """Check that the role has a permission at a level.

        Raises:
            Refusal: 403, naming the permission.
        """
        if self.permissions is None:
            return
        held = self.permissions.get(permission, "NONE")
        if _LEVELS.index(held) < _LEVELS.index(level):
            raise Refusal(
                "INSUFFICIENT_PERMISSION",
                f"Permission Violation: You need a higher level of the '{permission}' permission to access this page. "
                "Please contact your account administrator.",
                status=403,
            )


class Gatekeeper:
    """Checks credentials and hands out access tokens."""

    def __init__(self, config: NetSuiteConfig, credentials: Credentials, store: Store, role: dict[str, str]) -> None:
        self.config = config
        self.credentials = credentials
        self.store = store
        self.integration = Login("integration", role if config.enforce_role else None)
        self.administrator = Login("administrator", None)
        self._seen: dict[str, float] = {}
        self._tokens: dict[str, float] = {}

    def login(self, request: Request) -> Login:
        """Say who sent the request.

        Raises:
            Refusal: 401 INVALID_LOGIN.
        """
        header = request.headers.get("authorization", "")
        scheme, _, rest = header.partition(" ")
        if scheme.lower() == "bearer":
            return self._bearer(rest.strip())
        if scheme.lower() == "oauth":
            self._signed(request, header)
            return self.administrator
        raise _no("Invalid login attempt. For more details, see the Login Audit Trail in the NetSuite UI.")

    def _bearer(self, token: str) -> Login:
        if hmac.compare_digest(token, self.credentials.admin_token):
            return self.administrator
        hashed = hashlib.sha256(token.encode()).hexdigest()
        expires = self._tokens.get(hashed)
        if expires is None:
            rows = self.store.query("SELECT expires FROM token WHERE hash = ?", hashed)
            expires = self._tokens[hashed] = rows[0][0] if rows else 0.0
        if expires < time.time():
            raise _no("Invalid login attempt: the access token is unknown or has expired.")
        return self.integration

    def _signed(self, request: Request, header: str) -> None:
        """Verify an OAuth 1.0a signature over method, address and parameters."""
        try:
            given = {name: unquote(value) for name, value in parse_authorization_header(header)}
        except ValueError:
            raise _no("Invalid login attempt: the Authorization header cannot be read.") from None
        known = self.credentials
        expected = {
            "realm": known.account, "oauth_consumer_key": known.consumer_key, "oauth_token": known.token_id,
        }  # fmt: skip
        for name, value in expected.items():
            if not hmac.compare_digest(given.get(name, "").encode(), value.encode()):
                raise _no(f"Invalid login attempt: {name} is not what this account knows.")
        method = given.get("oauth_signature_method", "")
        if method not in self.config.token_signatures or method not in _HASHES:
            raise _no("Invalid login attempt: oauth_signature_method must be HMAC-SHA256.")
        stamp = given.get("oauth_timestamp", "")
        if not stamp.isdigit() or abs(time.time() - int(stamp)) > 300:
            raise _no("Invalid login attempt: oauth_timestamp is more than five minutes off.")
        address = str(request.url)
        parameters = signature.collect_parameters(
            uri_query=request.url.query, headers={"Authorization": header}, exclude_oauth_signature=True
        )
        base = signature.signature_base_string(
            request.method, signature.base_string_uri(address), signature.normalize_parameters(parameters)
        )
        secret = f"{quote(known.consumer_secret, safe='')}&{quote(known.token_secret, safe='')}"
        right = base64.b64encode(hmac.digest(secret.encode(), base.encode(), _HASHES[method])).decode()
        if not hmac.compare_digest(right.encode(), given.get("oauth_signature", "").encode()):
            raise _no("Invalid login attempt: the signature does not fit.")
        self._once(f"{stamp} {given.get('oauth_nonce', '')}")

    def _once(self, nonce: str) -> None:
        now = time.monotonic()
        if nonce in self._seen:
            raise _no("Invalid login attempt: the nonce was used before.")
        if len(self._seen) > 10_000:
            self._seen = {each: at for each, at in self._seen.items() if now - at < 600}
        self._seen[nonce] = now

    def token(self, form: dict[str, str]) -> Response:
        """Answer a client credentials grant: an access token, or an OAuth error."""
        if form.get("grant_type") != "client_credentials":
            return _oauth_error("unsupported_grant_type", "grant_type must be client_credentials")
        if form.get("client_assertion_type") != _ASSERTION:
            return _oauth_error("invalid_request", f"client_assertion_type must be {_ASSERTION}")
        wrong = self._assertion_fault(form.get("client_assertion", ""))
        if wrong:
            return _oauth_error("invalid_client" if "client" in wrong else "invalid_grant", wrong)
        token = secrets.token_urlsafe(48)
        hashed = hashlib.sha256(token.encode()).hexdigest()
        expires = time.time() + self.config.token_seconds
        with self.store.transaction():
            self.store.query("DELETE FROM token WHERE expires < ?", time.time())
            self.store.query("INSERT INTO token VALUES (?, ?)", hashed, expires)
        self._tokens[hashed] = expires
        answer = {"access_token": token, "expires_in": str(self.config.token_seconds), "token_type": "Bearer"}
        return Response(dumps(answer), media_type="application/json", headers={"Cache-Control": "no-store"})

    def _assertion_fault(self, assertion: str) -> str | None:
        """Say what is wrong with a client assertion, or None."""
        known = self.credentials
        try:
            head = jwt.get_unverified_header(assertion)
            if head.get("alg") not in ALGORITHMS:
                return f"the assertion is signed with {head.get('alg')}, expected one of {', '.join(ALGORITHMS)}"
            if head.get("kid") != known.certificate_id:
                return "no active certificate has this kid"
            claims: dict[str, Any] = jwt.decode(
                assertion, known.public_key, algorithms=ALGORITHMS, audience=self.config.token_url,
                leeway=5, options={"require": ["iss", "aud", "iat", "exp", "scope"]},
            )  # fmt: skip
        except jwt.PyJWTError as wrong:
            return f"the assertion was refused: {wrong}"
        return self._claim_fault(claims)

    def _claim_fault(self, claims: dict[str, Any]) -> str | None:
        if claims["iss"] != self.credentials.client_id:
            return "no integration record has this client id"
        if claims["exp"] - claims["iat"] > 3600:
            return "exp must be at most 60 minutes after iat"
        scope = claims["scope"]
        if SCOPE not in (scope if isinstance(scope, list) else str(scope).replace(",", " ").split()):
            return f"the scope must hold {SCOPE}"
        return None

    def forget_tokens(self) -> None:
        """End every access token at once, as if their hour were over."""
        with self.store.transaction():
            self.store.query("DELETE FROM token")
        self._tokens.clear()


async def form_of(request: Request) -> dict[str, str]:
    """Read an URL-encoded form; repeated names keep their last value."""
    return {name: values[-1] for name, values in parse_qs((await request.body()).decode()).items()}


def _no(detail: str) -> Refusal:
    return Refusal("INVALID_LOGIN", detail, status=401, headers={"WWW-Authenticate": "Bearer"})


def _oauth_error(code: str, description: str) -> Response:
    status = 401 if code == "invalid_client" else 400
    return Response(dumps({"error": code, "error_description": description}), status, media_type="application/json")
