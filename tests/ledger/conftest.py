"""A ledger on each database it runs on: every test that asks for `ledger` runs on both."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from cartage.ledger import Ledger
from cartage.windows import Selection, Window
from tests.ledger.ledger_examples import KEY, NOON
from tests.ledgers import lay_tables
from tests.postgres import postgres_ledger_url, postgres_server, postgres_tables, postgres_url  # noqa: F401 - fixtures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the URL of a database: to who asks for `ledger` one with its tables, to others an empty one."""
    migrated = "ledger" in request.fixturenames
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_ledger_url" if migrated else "postgres_url"))
    if migrated:
        lay_tables(tmp_path / "ledger.db")
    return f"sqlite:///{tmp_path / 'ledger.db'}"


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    """Give a ledger with its tables."""
    opened = Ledger.open(url, KEY)
    yield opened
    opened.close()


@pytest.fixture
def start(ledger: Ledger) -> Callable[..., int]:
    """Give a function that opens a run; each call without a name is another DAG run."""
    count = iter(range(1_000))

    def open_run(name: str | None = None, *, until: datetime = NOON, run_type: str = "scheduled",
                 flow: str = "orders", selection: Selection | None = None) -> int:  # fmt: skip
        return ledger.runs.open(
            integration="shop_erp",
            flow=flow,
            dag_id=f"shop_erp.{flow}",
            dag_run_id=name or f"run-{next(count)}",
            run_type=run_type,
            started_by=None,
            window=Window(until - timedelta(minutes=15), until),
            selection=selection or Selection(),
            settings_digest="0" * 64,
        )

    return open_run
