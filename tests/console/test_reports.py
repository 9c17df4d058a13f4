"""Who sees a run's report, and that nothing else of staging is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from airflow.api_fastapi.app import init_auth_manager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from airflow.api_fastapi.core_api.security import get_user
from fastapi.testclient import TestClient

from cartage.console.app import application
from tests.end_to_end.conftest import airflow_database  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


pytestmark = pytest.mark.usefixtures("airflow_database")


@pytest.fixture
def console(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """Give the console over a staging folder with one report; no ledger is asked for it."""
    init_auth_manager()
    monkeypatch.setenv("CARTAGE_STAGING", str(tmp_path))
    folder = tmp_path / "reports" / "sfcc_netsuite.orders"
    folder.mkdir(parents=True)
    (folder / "7.html").write_text("the report")
    (tmp_path / "7.html").write_text("something else")
    app = application()
    yield TestClient(app)
    app.dependency_overrides.clear()


def as_(role: str | None) -> None:
    """Sign somebody in."""
    application().dependency_overrides[get_user] = lambda: SimpleAuthManagerUser(username="someone", role=role)


@pytest.mark.parametrize(("role", "status"), [("viewer", 200), (None, 403)])
def test_a_report_is_for_those_who_may_see_the_flow(console: TestClient, role: str | None, status: int) -> None:
    as_(role)
    page = console.get("/reports/sfcc_netsuite.orders/7")
    assert page.status_code == status
    assert ("the report" in page.text) is (status == 200)
    assert ("script-src" in page.headers["Content-Security-Policy"]) is (status == 403), "a report runs no script"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("flow", ["%2e%2e", "%2e", "..%2f.."])
def test_a_name_leads_nowhere_else(console: TestClient, flow: str) -> None:
    as_("admin")
    page = console.get(f"/reports/{flow}/7")
    assert page.status_code == 404
    assert "something else" not in page.text
