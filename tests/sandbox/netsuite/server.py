"""A running NetSuite for tests: the sandbox's application under a real uvicorn on a free loopback port.

with running_netsuite(tmp_path, concurrency=15) as netsuite:
    netsuite.token()                       # an OAuth 2.0 access token of the integration's role
    netsuite.admin.get("/record/v1/salesOrder/1")   # as a person in the UI would
    netsuite.control(latency_ms=200)
"""

from __future__ import annotations

import socket
import threading
import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import jwt
import uvicorn

from sandbox.netsuite.app import create_app
from sandbox.netsuite.config import Credentials, NetSuiteConfig, make_credentials

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass
class NetSuiteEndpoint:
    """Where the running NetSuite is, and how to get in."""

    url: str
    account: str
    credentials: Credentials
    config: NetSuiteConfig
    client: httpx.Client = field(repr=False)

    @property
    def token_url(self) -> str:
        return f"{self.url}/services/rest/auth/oauth2/v1/token"

    def assertion(
        self, *, algorithm: str = "PS256", key: str | None = None, kid: str | None = None, **claims: Any
    ) -> str:
        """Sign a client assertion; every part can be made wrong."""
        now = int(time.time())
        payload = {
            "iss": self.credentials.client_id, "aud": self.token_url, "iat": now, "exp": now + 300,
            "scope": ["rest_webservices"],
        } | claims  # fmt: skip
        headers = {"kid": kid or self.credentials.certificate_id}
        return jwt.encode(payload, key or self.credentials.private_key, algorithm=algorithm, headers=headers)

    def grant(self, assertion: str) -> httpx.Response:
        """Ask for an access token."""
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion,
        }
        return self.client.post(self.token_url, data=form)

    def token(self) -> str:
        """Give an access token of the integration's role."""
        answer = self.grant(self.assertion())
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    @property
    def admin(self) -> httpx.Client:
        """A client with the administrator role, below /services/rest."""
        return self.session(self.credentials.admin_token)

    @property
    def integration(self) -> httpx.Client:
        """A client with the integration's role, below /services/rest."""
        return self.session(self.token())

    def session(self, token: str) -> httpx.Client:
        """A client that sends a bearer token, below /services/rest."""
        headers = {"Authorization": f"Bearer {token}"}
        # Loopback speaks no TLS; reading the certificates of the world would cost each test its time.
        return httpx.Client(base_url=f"{self.url}/services/rest", headers=headers, timeout=30, verify=False)

    def control(self, **document: Any) -> dict[str, Any]:
        """Tell the sandbox something; gives what it counted."""
        answer = self.client.post(f"{self.url}/sandbox/control", json=document)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def office(self, errand: str, **document: Any) -> dict[str, Any]:
        """Let people in the account do something; gives the ids of what was made or changed."""
        answer = self.client.post(f"{self.url}/sandbox/office/{errand}", json=document)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def counts(self) -> dict[str, Any]:
        """Give what was counted since the last reset."""
        return dict(self.client.get(f"{self.url}/sandbox/control").json())

    def reset(self) -> None:
        """Forget faults, latency and counts."""
        self.client.post(f"{self.url}/sandbox/control/reset").raise_for_status()

    def suiteql(self, query: str, limit: int = 1000, offset: int = 0) -> dict[str, Any]:
        """Run a query as the administrator."""
        with self.admin as client:
            answer = client.post(
                f"/query/v1/suiteql?limit={limit}&offset={offset}", json={"q": query}, headers={"Prefer": "transient"}
            )
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def rows(self, query: str) -> list[dict[str, str]]:
        """Give a query's rows, without their links."""
        return [{name: value for name, value in row.items() if name != "links"} for row in self.suiteql(query)["items"]]


@contextmanager
def running_netsuite(home: Path, **config: Any) -> Iterator[NetSuiteEndpoint]:
    """Run a NetSuite in a thread of this process.

    Args:
        home: folder that keeps its state; use it again to start with what was there.
        config: fields of `NetSuiteConfig`.
    """
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        settings = NetSuiteConfig(**({"base_url": url} | config))
        credentials = settings.credentials or make_credentials(home, settings.account)
        app = create_app(home, settings)
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="on", timeout_graceful_shutdown=2))
        thread = threading.Thread(
            target=server.run, kwargs={"sockets": [listener]}, name=f"netsuite-{uuid.uuid4().hex[:6]}", daemon=True
        )
        thread.start()
        while not server.started:
            if not thread.is_alive():
                raise RuntimeError("the sandbox's NetSuite did not start")
            time.sleep(0.01)
        with httpx.Client(timeout=30, verify=False) as client:
            try:
                yield NetSuiteEndpoint(url, settings.account, credentials, settings, client)
            finally:
                server.should_exit = True
                thread.join(timeout=15)
