"""Transport to SFCC's Shopper-independent REST APIs (SCAPI, and OCAPI's Data API): token, session, retries, typed errors.

Facts: Account Manager hands out tokens for client credentials
(https://developer.salesforce.com/docs/commerce/commerce-api/guide/authorization-for-admin-apis.html);
errors are problem documents (RFC 7807); 503 and 429 shed load, with a Retry-After that is not promised.
"""

from __future__ import annotations

import json
import threading
import time
from decimal import Decimal
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import quote

import requests
from airflow.sdk import BaseHook

from cartage.errors import BatchError, CartageError, RetryableError
from cartage.systems.sfcc.answers import SHED, Problem, pause_after, problem_of, tested

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ACCOUNT_MANAGER = "https://account.demandware.com/dwsso/oauth2/access_token"
DATA_API = "/s/-/dw/data/v23_2"
"""Path of OCAPI's Data API (https://developer.salesforce.com/docs/commerce/b2c-commerce/references/ocapi-data-api)."""

WEBDAV = "/on/demandware.servlet/webdav/Sites"
"""Path of the instance's files
(https://help.salesforce.com/s/articleView?id=cc.b2c_web_dav_client_permissions.htm)."""

ATTEMPTS = 4
_CHUNK = 1 << 20
_CONNECT_SECONDS, _READ_SECONDS = 10, 65
"""SFCC itself gives up after 60 s and answers 504."""

NO_SITE = "no-such-site"
"""Asked for by the test button where the form names no site: Airflow tests forms that were not saved yet, whose flows and
sites nobody knows."""

_EARLY = 60
"""Seconds before its end that a token is renewed."""


class ShopRefused(CartageError):  # noqa: N818 - the shop's answer, told apart by its problem
    """The shop refused one request: its order is unknown, its value not allowed.

    Args:
        where: method and path.
        problem: what the shop said. Its detail may quote the request, so it is not in the message.
    """

    def __init__(self, where: str, problem: Problem) -> None:
        super().__init__(f"{where}: the shop answered {problem}; see the order in Business Manager")
        self.problem = problem


class SfccHook(BaseHook):
    """Sends requests to SCAPI with a token of Account Manager.

    Safe to use from several threads.

    Args:
        sfcc_conn_id: Airflow connection of type ``sfcc``.
        sleep: how to wait between tries, in seconds.
    """

    conn_name_attr = "sfcc_conn_id"
    default_conn_name = "sfcc_api"
    conn_type = "sfcc"
    hook_name = "Salesforce B2C Commerce"

    def __init__(self, sfcc_conn_id: str = default_conn_name, *, sleep: Callable[[float], None] = time.sleep) -> None:
        super().__init__()
        self.sfcc_conn_id = sfcc_conn_id
        self._sleep = sleep
        self._session = requests.Session()
        self._lock = threading.Lock()
        self._token: str | None = None
        self._token_ends = 0.0
        connection = self.get_connection(sfcc_conn_id)
        extra = connection.extra_dejson
        self._login, self._secret = connection.login, connection.password
        self._base = _address(connection.host, connection.schema, connection.port)
        self._instance = _address(extra.get("instance"), None, None) or self._base
        self._tenant, self._organization = extra.get("tenant"), extra.get("organization")
        self._token_url = extra.get("token_url") or ACCOUNT_MANAGER
        self._site = extra.get("site") or None
        missing = [
            name
            for name, value in (
                ("host", self._base),
                ("login (client id)", self._login),
                ("password (client secret)", self._secret),
                ("tenant", self._tenant),
                ("organization", self._organization),
            )
            if not value
        ]
        if missing:
            raise BatchError(f"connection {sfcc_conn_id}: {', '.join(missing)} not set; fill in the connection's form")

    @classmethod
    def get_ui_field_behaviour(cls) -> dict[str, Any]:
        """Say how the form's common fields are called; its own fields stand in `cartage.provider`."""
        return {
            "hidden_fields": ["schema", "port"],
            "relabeling": {"host": "Base URL", "login": "Client id", "password": "Client secret"},
            "placeholders": {
                "host": "https://abcd1234.api.commercecloud.salesforce.com",
                "tenant": "abcd_prd",
                "organization": "f_ecom_abcd_prd",
            },
        }

    def test_connection(self) -> tuple[bool, str]:
        """Sign in and ask for an order, for the test button: it tells a wrong secret, host, organization, scope or site."""
        try:
            token = self._renewed(None)
        except CartageError as error:
            return False, str(error)
        asked = {"siteId": self._site or NO_SITE, "limit": 1}
        return tested(self._send("GET", self._base + self.orders(), token, asked, None), self._site)

    def orders(self) -> str:
        """Give the path of the Orders API."""
        return f"/checkout/orders/v1/organizations/{self._organization}/orders"

    def order_path(self, order_no: str, resource: str = "") -> str:
        """Give the path of one order; its number may hold any character."""
        return f"{self.orders()}/{quote(order_no, safe='')}{resource}"

    def order(self, order_no: str, site: str) -> dict[str, Any]:
        """Give one order as the shop has it now.

        Raises:
            ShopRefused: the site has no such order.
        """
        found: dict[str, Any] = self.request("GET", self.order_path(order_no), params={"siteId": site})
        return found

    def data(self, method: str, path: str, *, body: Mapping[str, Any] | None = None) -> Any:
        """Send a request to OCAPI's Data API, which the instance itself serves; see `request`.

        Args:
            method: HTTP method.
            path: below the API's version, ``/jobs/{job_id}/executions``.
            body: sent as JSON.
        """
        return self.request(method, DATA_API + path, body=body, base=self._instance)

    def fetch(self, path: str, into: IO[bytes]) -> None:
        """Bring a file over from the instance's WebDAV, piece by piece; what breaks off is begun anew, a few times.

        Args:
            path: below the folder of sites, ``/Impex/src/instance/x.zip``.
            into: a file of ours, open for writing; empty.

        Raises:
            RetryableError: the shop sheds load, or does not answer.
            BatchError: the API client may not read the folder.
            ShopRefused: there is no such file.
        """
        for attempt in range(ATTEMPTS):
            into.seek(0)
            into.truncate()
            answer = self._webdav("GET", path, stream=True)
            if isinstance(answer, requests.Response) and answer.status_code not in SHED:
                with answer:
                    if not answer.ok:
                        self._result(f"GET {path}", answer)
                    try:
                        for chunk in answer.iter_content(_CHUNK):
                            into.write(chunk)
                    except requests.RequestException as error:
                        said = type(error).__name__
                    else:
                        return
            else:
                said = str(answer.status_code) if isinstance(answer, requests.Response) else type(answer).__name__
            pause = pause_after(answer, attempt)
            if attempt + 1 == ATTEMPTS or pause > _READ_SECONDS:  # who asks for longer is asked again by a later run
                break
            self._sleep(pause)
        raise RetryableError(
            f"GET {path}: the shop's WebDAV does not give the file for now ({said})", retry_after=pause
        )

    def discard(self, path: str) -> None:
        """Delete a file of the instance's WebDAV, as far as it lets us; a file that is gone already is no fault."""
        answer = self._webdav("DELETE", path)
        if isinstance(answer, requests.Response):
            answer.close()

    def _webdav(self, method: str, path: str, *, stream: bool = False) -> requests.Response | requests.RequestException:
        token = self._renewed(None)
        answer = self._send(method, self._instance + WEBDAV + path, token, None, None, stream=stream)
        if isinstance(answer, requests.Response) and answer.status_code == 401:
            answer.close()
            answer = self._send(method, self._instance + WEBDAV + path, self._renewed(token), None, None, stream=stream)
        return answer

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        base: str | None = None,
    ) -> Any:
        """Send a request; what may pass is tried again, a few times, with growing pauses.

        All requests that Cartage sends may be sent twice: they read, or set a value.

        Args:
            method: HTTP method.
            path: below the base URL.
            params: of the query.
            body: sent as JSON.
            base: another address than that of SCAPI.

        Returns:
            The answer's JSON, its numbers as `Decimal`; None when it has no body.

        Raises:
            RetryableError: the shop sheds load, or does not answer.
            BatchError: the token is refused, even a new one, or the organization is unknown.
            ShopRefused: the shop refused this request alone.
        """
        token = self._renewed(None)
        renewed = False
        for attempt in range(ATTEMPTS):
            answer = self._send(method, (base or self._base) + path, token, params, body)
            if isinstance(answer, requests.Response) and answer.status_code == 401 and not renewed:
                token, renewed = self._renewed(token), True
                answer = self._send(method, (base or self._base) + path, token, params, body)
            if isinstance(answer, requests.Response) and answer.status_code not in SHED:
                return self._result(f"{method} {path}", answer)
            pause = pause_after(answer, attempt)
            if attempt + 1 < ATTEMPTS and pause <= _READ_SECONDS:
                self._sleep(pause)
                continue
            break
        said = f"{problem_of(answer)}" if isinstance(answer, requests.Response) else type(answer).__name__
        raise RetryableError(
            f"{method} {path}: the shop does not answer for now ({said}); it is tried again later", retry_after=pause
        )

    def _send(
        self,
        method: str,
        address: str,
        token: str,
        params: Mapping[str, Any] | None,
        body: Mapping[str, Any] | None,
        *,
        stream: bool = False,
    ) -> requests.Response | requests.RequestException:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        content = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = json.dumps(body).encode()
        try:
            return self._session.request(
                method,
                address,
                params=params,
                data=content,
                headers=headers,
                timeout=(_CONNECT_SECONDS, _READ_SECONDS),
                stream=stream,
            )
        except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as error:
            return error

    def _result(self, where: str, answer: requests.Response) -> Any:
        if answer.ok:
            if not answer.content:
                return None
            try:
                return json.loads(answer.content, parse_float=Decimal)
            except ValueError as error:
                raise RetryableError(f"{where}: the shop's answer is no JSON; it is tried again later") from error
        problem = problem_of(answer)
        if answer.status_code in (401, 403):
            raise BatchError(
                f"{where}: the shop answered {problem}. Give the API client of connection {self.sfcc_conn_id} the scope "
                f"sfcc.orders.rw for tenant {self._tenant}; for OCAPI and WebDAV, allow it the resource in Business Manager."
            )
        if problem.kind in ("organization-not-found", "site-not-found"):
            raise BatchError(f"{where}: the shop answered {problem}; correct organization or sites")
        raise ShopRefused(where, problem)

    def _renewed(self, refused: str | None) -> str:
        """Give a token that is good, or that is at least not the refused one."""
        with self._lock:
            if self._token and self._token != refused and time.monotonic() < self._token_ends:
                return self._token
            try:
                answer = self._session.post(
                    self._token_url,
                    auth=(str(self._login), str(self._secret)),
                    data={
                        "grant_type": "client_credentials",
                        "scope": f"SALESFORCE_COMMERCE_API:{self._tenant} sfcc.orders.rw",
                    },
                    timeout=(_CONNECT_SECONDS, _READ_SECONDS),
                )
            except requests.RequestException as error:
                raise RetryableError("Account Manager does not answer; it is tried again later") from error
            if answer.status_code in SHED:
                raise RetryableError(
                    f"Account Manager answered {answer.status_code}; it is tried again later",
                    retry_after=pause_after(answer, 0),
                )
            if not answer.ok:
                raise BatchError(
                    f"connection {self.sfcc_conn_id}: Account Manager refused the API client ({answer.status_code}); "
                    "correct client id, secret, tenant, or its scopes"
                )
            granted = answer.json()
            self._token = str(granted["access_token"])
            self._token_ends = time.monotonic() + max(float(granted.get("expires_in", 1800)) - _EARLY, 1)
            return self._token


def _address(host: str | None, schema: str | None, port: int | None) -> str:
    if not host:
        return ""
    if "://" not in host:
        host = f"{schema or 'https'}://{host}"
    return (f"{host}:{port}" if port else host).rstrip("/")
