"""A running shop, and everything a source of drops needs, each test in a folder of its own."""

from __future__ import annotations

import os
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.sftp.hooks.sftp import SFTPHook

from cartage.mapping.source import SourceMapping, load_source
from cartage.settings import Drops
from cartage.staging import Staging
from cartage.systems.sfcc.sftp_folder import SftpFolder
from cartage.systems.sfcc.source import DropSource, Flow
from cartage.windows import Selection, Window
from tests.ledgers import new_ledger
from tests.sandbox import forked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cartage.ledger import Ledger
    from cartage.seams import Drop, DropBook, Read
    from sandbox.endpoints import Endpoints

INCLUDE = Path(__file__).resolve().parents[3] / "include"


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoints]:
    with forked.serving(tmp_path_factory.mktemp("shop")) as endpoints:
        before = dict(os.environ)
        os.environ |= endpoints.airflow
        yield endpoints
        for name in endpoints.airflow:
            os.environ.pop(name)
        os.environ |= {name: before[name] for name in endpoints.airflow if name in before}


@pytest.fixture(scope="session")
def order_mapping() -> SourceMapping:
    return load_source("sfcc", "order", INCLUDE)


@pytest.fixture(scope="session")
def customer_mapping() -> SourceMapping:
    return load_source("sfcc", "customer", INCLUDE)


@dataclass
class Ground:
    """A folder on the shop's server, a ledger, and runs over them."""

    root: Path
    settings: Drops
    mapping: SourceMapping
    ledger: Ledger
    staging: Staging
    server: SftpFolder
    batch_records: int = 1000
    sites: tuple[str, ...] = ("RefArch", "RefArchUS")
    runs: int = 0

    def leave(self, name: str, content: bytes, *, folder: str | None = None, age: float = 60) -> Path:
        """Leave a file on the shop's server, last written `age` seconds ago."""
        path = self.root / (folder or self.settings.folder).lstrip("/") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        then = datetime.now(UTC).timestamp() - age
        os.utime(path, (then, then))
        return path

    def on_server(self, folder: str) -> list[str]:
        path = self.root / folder.lstrip("/")
        return sorted(each.name for each in path.iterdir() if each.is_file()) if path.exists() else []

    def open_run(self, window: Window, selection: Selection | None = None) -> int:
        self.runs += 1
        return self.ledger.runs.open(
            integration="shop_erp", flow="orders", dag_id="shop_erp.orders", dag_run_id=f"run-{self.runs}",
            run_type="scheduled", started_by=None, window=window, selection=selection or Selection(),
            settings_digest="0" * 64,
        )  # fmt: skip

    def book(self, run: int) -> DropBook:
        return self.ledger.drops("shop_erp", "orders", run)

    def source(self, run: int, **changes: Any) -> DropSource:
        flow = Flow("shop_erp.orders", self.settings, self.sites, self.batch_records)
        return DropSource(
            changes.pop("server", self.server), flow, self.mapping, self.book(run), self.staging, **changes
        )

    def run(
        self, selection: Selection | None = None, window: Window | None = None, *, settle: bool = True
    ) -> list[Read]:
        """Read as a run does, and settle it as `settle` does."""
        window = window or self.window()
        run = self.open_run(window, selection)
        reads = list(self.source(run).read(window, selection or Selection()))
        self.ledger.runs.close(run, "settled" if settle else "failed")
        if settle:
            self.source(run).acknowledge([])
        return reads

    def window(self, hours: float = 1) -> Window:
        now = datetime.now(UTC)
        return Window(now - timedelta(hours=hours), now)

    def drops(self) -> dict[str, Drop]:
        now = datetime.now(UTC)
        return {each.name: each for each in self.book(0).landed_between(Window(None, now + timedelta(days=1)))}


@pytest.fixture
def ground(shop: Endpoints, order_mapping: SourceMapping, tmp_path: Path) -> Iterator[Ground]:
    folder = f"/outbound/{uuid.uuid4().hex}"
    ledger = new_ledger(tmp_path / "ledger.db")
    settings = Drops(
        folder=folder,
        pattern=r"(?P<site>[A-Za-z0-9-]+)_orders_(?P<exported_at>\d{8}T?\d{6}).*\.xml(\.gz)?",
        archive=f"{folder}/archive",
        rejected=f"{folder}/rejected",
        stable_seconds=1,
        max_megabytes=5,
    )
    root = Path(shop.sftp["root"])
    (root / folder.lstrip("/")).mkdir(parents=True)
    server = SftpFolder(SFTPHook(ssh_conn_id="sfcc_sftp"))
    yield Ground(root, settings, order_mapping, ledger, Staging(str(tmp_path / "staging")), server)
    ledger.close()
