"""A NetSuite account with a warehouse, and the source that reads it."""

from __future__ import annotations

import json
import socket
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn

from cartage.settings import Settings, load_settings
from cartage.systems.netsuite.hook import NetSuiteHook
from cartage.systems.netsuite.shipments.source import ShipmentSource
from cartage.windows import Selection, Window
from sandbox.netsuite.app import create_app
from sandbox.netsuite.config import NetSuiteConfig, make_credentials
from tests.systems.netsuite.shipments.warehouse import INTEGRATION, Warehouse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

INCLUDE = Path(__file__).parents[4] / "include"
START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Any]]:
    """Serve an account for a file's tests; each of them uses orders of its own."""
    home = tmp_path_factory.mktemp("netsuite")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = int(taken.getsockname()[1])
    credentials = make_credentials(home)
    url = f"http://127.0.0.1:{port}"
    app = create_app(home, NetSuiteConfig(credentials=credentials, base_url=url, concurrency=10))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield url, credentials
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def warehouse(served: tuple[str, Any]) -> Warehouse:
    url, credentials = served
    return Warehouse(url, credentials.admin_token)


@pytest.fixture
def hook(served: tuple[str, Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[NetSuiteHook]:
    url, credentials = served
    fields = {
        "account": credentials.account, "client_id": credentials.client_id, "private_key": credentials.private_key,
        "certificate_id": credentials.certificate_id,
    }  # fmt: skip
    monkeypatch.setenv("AIRFLOW_CONN_NETSUITE", json.dumps({"conn_type": "netsuite", "host": url, "extra": fields}))
    hook = NetSuiteHook(concurrency=1)
    yield hook
    hook.close()


@pytest.fixture(scope="session")
def settings() -> Settings:
    return load_settings("sfcc_netsuite", INCLUDE)


Record = dict[str, Any]


@pytest.fixture
def read(hook: NetSuiteHook, settings: Settings) -> Callable[..., dict[str, Record]]:
    """Read a window of the last hour, or orders by number, and give records by order number with their child rows."""

    def read(
        *keys: str, since: datetime | None = None, until: datetime | None = None, more: Any = None, **changes: Any
    ) -> dict[str, Record]:
        shipments = settings.shipments.model_copy(update=changes)
        chosen = settings.model_copy(update={"shipments": shipments, **(more or {})})
        source = ShipmentSource(hook, chosen, INTEGRATION, START)
        now = datetime.now(UTC)
        window = Window(since or now - timedelta(hours=1), until or now + timedelta(seconds=1))
        found: dict[str, Record] = {}
        for each in source.read(window, Selection(keys=keys)):
            for order in each.batch.root.to_pylist():
                assert order["key"] not in found
                row = order["order"]
                children = {
                    name: [child for child in table.to_pylist() if child["order"] == row]
                    for name, table in each.batch.tables.items()
                    if name != "orders"
                }
                found[order["order_no"]] = order | children
        return found

    return read
