"""A ledger on each database it runs on: every test that asks for `ledger` runs on both."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from cryptography.fernet import Fernet

from cartage.ledger import Ledger
from cartage.seams import DocumentKey
from cartage.windows import Selection, Window

sys.path.insert(0, str(Path(__file__).parents[1]))
from postgres import postgres_server, postgres_url  # noqa: E402, F401 - fixtures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

KEY = Fernet.generate_key().decode()
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    """Give a ledger with its tables."""
    opened = Ledger.open(url, KEY)
    opened.migrate()
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


def rows(*keys: str, version: str = "2026-03-01T11:00:00Z", first: int = 0) -> pa.Table:
    """Give the extracted rows of these keys."""
    return table((first + place, key, version) for place, key in enumerate(keys))


def table(extracted: Iterable[tuple[int, str, str]]) -> pa.Table:
    """Give extracted rows (row, key, version) as `Outcomes.extracted` takes them."""
    schema = pa.schema([("row", pa.int64()), ("key", pa.string()), ("version", pa.string())])
    return pa.Table.from_pylist([dict(zip(schema.names, each, strict=True)) for each in extracted], schema=schema)


def document(number: str, *, version: str = "1", body: str = "a", type_: str = "salesOrder") -> DocumentKey:
    """Give the document of an order."""
    return DocumentKey(type_, f"shop_erp-RefArch-so-{number}", "order", f"RefArch/{number}", version, body * 64)
