"""Runs that publish feeds to a running shop."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
from airflow.providers.sftp.hooks.sftp import SFTPHook

from cartage.settings.feeds import FeedImport, InventoryFeeds
from cartage.systems.sfcc.feeds.forms import INVENTORY, PRICES
from cartage.systems.sfcc.feeds.headers import headers_of
from cartage.systems.sfcc.feeds.jobs import ImportJob
from cartage.systems.sfcc.feeds.logs import logs_of
from cartage.systems.sfcc.feeds.rendering import Renderer
from cartage.systems.sfcc.feeds.rules import load
from cartage.systems.sfcc.feeds.target import FeedPublisher
from cartage.systems.sfcc.hook import SfccHook
from cartage.systems.sfcc.sftp_folder import SftpFolder
from cartage.windows import Selection, Window
from tests.systems.sfcc.feeds.feed_rows import INCLUDE, batch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cartage.ledger import Ledger
    from cartage.records.outcome import Verdict
    from cartage.seams import FeedBook
    from cartage.settings import Settings
    from cartage.settings.feeds import Feeds
    from cartage.staging import Staging
    from cartage.systems.sfcc.feeds.forms import Form
    from sandbox.endpoints import Endpoints
    from tests.systems.sfcc.feeds.feed_rows import Row

JOB = "cartage-import-inventory"
INBOUND = "/inbound/inventory"
LOGS = (f"{INBOUND}/archive", f"{INBOUND}/error")


@dataclass
class Ground:
    """The shop, a ledger, and runs that publish."""

    shop: Endpoints
    ledger: Ledger
    staging: Staging
    settings: Settings
    feeds: dict[str, Any] = field(default_factory=lambda: {"folder": INBOUND})
    runs: int = 0

    def open_run(self) -> int:
        self.runs += 1
        return self.ledger.runs.open(
            integration="shop_erp", flow="inventory", dag_id="shop_erp.inventory", dag_run_id=uuid.uuid4().hex,
            run_type="scheduled", started_by=None, window=Window(None, datetime.now(UTC)), selection=Selection(),
            settings_digest="0" * 64,
        )  # fmt: skip

    def book(self, run: int) -> FeedBook:
        return self.ledger.feeds("shop_erp", "inventory", run)

    def price_target(self, run: int) -> FeedPublisher:
        settings = self.settings.prices.feed  # as the integration's own file has it
        return self._publisher(PRICES, settings, settings.imported.model_copy(update={"poll_seconds": 0.05}), run)

    def target(self, run: int) -> FeedPublisher:
        settings = InventoryFeeds.model_validate(self.feeds)
        return self._publisher(INVENTORY, settings, settings.imported, run)

    def _publisher(self, form: Form, settings: Feeds, imported: FeedImport, run: int) -> FeedPublisher:
        hook = SfccHook("sfcc_api", sleep=lambda _: None)
        server = SftpFolder(SFTPHook(ssh_conn_id="sfcc_sftp", conn_retry_attempts=1))
        return FeedPublisher(
            Renderer(form, load(form, INCLUDE)),
            headers_of(form, self.settings),
            settings,
            server=server,
            staging=self.staging,
            flow=f"shop_erp.{form.file}",
            run=run,
            job=ImportJob(hook, imported) if imported.trigger == "job" else None,
            logs=logs_of(imported, server, lambda: hook),
        )

    def publish(self, rows: Sequence[Row], run: int | None = None) -> list[Verdict]:
        run = run or self.open_run()
        size = max(7, len(rows) // 4)
        batches = [batch(rows[start : start + size]) for start in range(0, len(rows), size)]
        return list(self.target(run).publish(batches, self.book(run)))

    def imports(self, **changes: Any) -> None:
        """Have the shop's job import what is sent, and read its logs."""
        self.feeds["import"] = {"trigger": "job", "job": JOB, "poll_seconds": 0.05, "logs": LOGS} | changes

    def start_job(self) -> None:
        """Run the shop's job as its own schedule does, to its end."""
        ImportJob(SfccHook("sfcc_api"), FeedImport(job=JOB, poll_seconds=0.05)).run()

    def control(self, **conduct: Any) -> None:
        requests.post(self.shop.sfcc["control"], json=conduct, timeout=20).raise_for_status()

    def on_server(self, folder: str) -> dict[str, bytes]:
        path = Path(self.shop.sftp["root"]) / folder.lstrip("/")
        return (
            {each.name: each.read_bytes() for each in sorted(path.iterdir()) if each.is_file()} if path.exists() else {}
        )

    def allocation(self, list_id: str, sku: str) -> Decimal | None:
        """Ask the shop's API what it has."""
        hook = SfccHook("sfcc_api")
        try:
            record = hook.data("GET", f"/inventory_lists/{list_id}/product_inventory_records/{sku}")
        except Exception as error:
            if "ProductInventoryRecordNotFound" in str(error):
                return None
            raise
        return Decimal(record["allocation"]["amount"])
