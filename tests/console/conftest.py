"""The console over a small ledger, and people who sign in to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from airflow.api_fastapi.app import init_auth_manager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from airflow.api_fastapi.core_api.security import get_user
from fastapi.testclient import TestClient

from cartage.console.app import application
from cartage.console.ledgers import open_ledger
from tests.console.small_ledger import KEY, Small
from tests.end_to_end.conftest import airflow_database  # noqa: F401 - a fixture
from tests.ledgers import new_ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

READER, OPERATOR = "viewer", "user"
"""Roles of Airflow's simple auth manager: one reads DAGs, the other may also start and change them."""


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    """Give a ledger in which a few things have happened; tests read it, and add what is their own."""
    ledger = new_ledger(tmp_path_factory.mktemp("console") / "ledger.db", KEY)
    yield Small.fill(ledger)
    ledger.close()


@pytest.fixture
def console(small: Small, airflow_database: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:  # noqa: ARG001, F811
    """Give a browser of somebody who has not signed in."""
    monkeypatch.delenv("CARTAGE_STAGING", raising=False)
    init_auth_manager()
    app = application()
    app.dependency_overrides[open_ledger] = lambda: small.ledger
    with TestClient(
        app, headers={"Accept": "text/html"}, follow_redirects=False, raise_server_exceptions=True
    ) as client:
        yield client
    app.dependency_overrides.clear()


@pytest.fixture
def sign_in(console: TestClient) -> Callable[[str | None], TestClient]:
    """Give a function that signs somebody in with a role of Airflow's, or with none."""

    def sign(role: str | None) -> TestClient:
        user = SimpleAuthManagerUser(username="someone", role=role)
        application().dependency_overrides[get_user] = lambda: user
        return console

    return sign


@pytest.fixture
def reader(sign_in: Callable[[str | None], TestClient]) -> TestClient:
    """Give a browser of somebody who may read all DAGs."""
    return sign_in(READER)


@pytest.fixture
def operator(sign_in: Callable[[str | None], TestClient]) -> TestClient:
    """Give a browser of somebody who may start and change all DAGs."""
    return sign_in(OPERATOR)
