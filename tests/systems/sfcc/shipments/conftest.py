"""The whole loop of shipments: a warehouse in NetSuite, a shop, and a run between them."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from airflow.providers.sftp.hooks.sftp import SFTPHook

from cartage.mapping import TargetMapping, load_mapping
from cartage.settings import Settings, load_settings
from cartage.staging import Staging
from cartage.systems.netsuite.hook import NetSuiteHook
from cartage.systems.netsuite.shipments.source import ShipmentSource
from cartage.systems.sfcc.hook import SfccHook
from cartage.systems.sfcc.sftp_folder import SftpFolder
from cartage.systems.sfcc.shipments.publishing import FeedPublisher
from cartage.systems.sfcc.shipments.shop_orders import ShopOrders
from cartage.systems.sfcc.shipments.target import ShipmentTarget
from cartage.systems.sfcc.shipments.transform import ShipmentTransformer
from cartage.systems.sfcc.small_feeds import SmallFeeds
from cartage.windows import Selection, Window
from tests.ledgers import new_ledger
from tests.sandbox.sfcc.feeds import Shop
from tests.systems.netsuite.shipments.warehouse import INTEGRATION, Warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cartage.ledger import Ledger
    from cartage.records.batch import Batch
    from cartage.records.outcome import Verdict
    from cartage.seams import Journal, Planned
    from sandbox.endpoints import Endpoints

INCLUDE = Path(__file__).parents[4] / "include"
START = datetime(2026, 1, 1, tzinfo=UTC)
SEEDS = itertools.count(100)
"""A seed for each order: the same one twice is the same order number, and tests share a shop and an ERP."""


@dataclass
class Loop:
    """A shop and an ERP, and a ledger between them.

    Attributes:
        looks: whether the integration names the shop's API, so that orders are looked at whatever the way.
    """

    shop: Shop
    warehouse: Warehouse
    ledger: Ledger
    settings: Settings
    netsuite: NetSuiteHook
    sfcc: SfccHook
    mapping: TargetMapping
    staging: Staging
    run: int = 0
    looks: bool = True

    def set(self, **changes: Any) -> None:
        """Change settings of the flow."""
        shipments = type(self.settings.shipments)(**{**self.settings.shipments.model_dump(by_alias=True), **changes})
        self.settings = self.settings.model_copy(update={"shipments": shipments})

    def place(self, *varieties: str, site: str = "RefArch") -> dict[str, Any]:
        """Place an order in the shop and give it as SCAPI shows it."""
        answer = self.shop.control("/orders", count=1, site=site, seed=next(SEEDS), varieties=list(varieties))
        return self.order(answer["orders"][0]["order_no"], site)

    def land(self, order: dict[str, Any], sku: str | None = "NL-1000", **more: Any) -> dict[str, str]:
        """Let an order land in NetSuite, a sales order a shipment, and give their ids by shipment.

        Args:
            order: as SCAPI shows it.
            sku: item of all its lines; None: of each line what was bought.
            **more: see `Warehouse.order`.
        """
        lines: dict[str, list[tuple[str, str | None, str, int]]] = {}
        for item in order["productItems"]:
            line = (
                f"p{item['position']}-{item['productId']}",
                item["shipmentId"],
                sku or item["productId"],
                int(item["quantity"]),
            )
            lines.setdefault(item["shipmentId"], []).append(line)
        site = more.pop("site", "RefArch")
        return {
            shipment: self.warehouse.order(
                order["orderNo"], some, site=site, shipment=shipment if len(lines) > 1 else None, **more
            )
            for shipment, some in lines.items()
        }

    def order(self, number: str, site: str = "RefArch") -> dict[str, Any]:
        return self.sfcc.order(number, site)

    def requests(self) -> dict[str, int]:
        """Give the requests that changed orders since counts were forgotten."""
        counted = requests.get(self.shop.endpoints.sfcc["control"], timeout=20).json()["requests"]
        return {name: count for name, count in counted.items() if "/orders" in name and not name.startswith("GET")}

    def forget(self) -> None:
        """No faults, and counts at zero."""
        requests.delete(self.shop.endpoints.sfcc["control"], timeout=20)

    def lose_ledger(self, path: Path) -> None:
        """Begin with a ledger that knows nothing."""
        self.ledger.close()
        self.ledger, self.run = new_ledger(path), 0

    def read(self, *keys: str) -> list[Batch]:
        source = ShipmentSource(self.netsuite, self.settings, INTEGRATION, START)
        now = datetime.now(UTC)
        window = Window(now - timedelta(hours=1), now + timedelta(seconds=1))
        return [each.batch for each in source.read(window, Selection(keys=keys))]

    def transformer(self) -> ShipmentTransformer:
        return ShipmentTransformer(self.settings.shipments, self.mapping, looked_at=self.looks)

    def target(self) -> ShipmentTarget:
        settings, hook = self.settings.shipments, self.sfcc
        return ShipmentTarget(
            settings,
            ShopOrders(hook) if self.looks or {"scapi", "events"} & set(settings.by) else None,
            self.publisher() if "feed" in settings.by else None,
        )

    def publisher(self) -> FeedPublisher:
        feed = self.settings.shipments.feed
        small = SmallFeeds(
            SftpFolder(SFTPHook(ssh_conn_id="sfcc_sftp", conn_retry_attempts=1)), feed.folder, feed.imported, lambda: self.sfcc,
            book=self.ledger.feeds(INTEGRATION, "shipments", self.run), staging=self.staging, flow="shipments.feeds",
        )  # fmt: skip
        return FeedPublisher(feed.form, small)

    def journal(self, holder: str = "load[0]") -> Journal:
        return self.ledger.journal(self.run, INTEGRATION, "sfcc", holder=holder)

    def new_run(self) -> None:
        now = datetime.now(UTC)
        if self.run:
            self.ledger.runs.close(self.run, "settled")
        self.run = self.ledger.runs.open(
            integration=INTEGRATION, flow="shipments", dag_id="d", dag_run_id=f"run-{self.run + 1}",
            run_type="scheduled", started_by=None, window=Window(now, now), selection=Selection(),
            settings_digest="0" * 64,
        )  # fmt: skip

    def tell(self, *numbers: str) -> dict[str, Verdict]:
        """Run the flow over these orders, and give verdicts by order number."""
        self.new_run()
        return self.tell_again(*numbers)

    def tell_again(self, *numbers: str) -> dict[str, Verdict]:
        """Run the last run's steps again, as a task that is tried again does."""
        found = {}
        for batch in self.read(*numbers):
            made = self.transformer().transform(batch)
            verdicts = [*made.verdicts, *self.target().write(made.documents, self.journal())]
            assert sorted(each.row for each in verdicts) == sorted(batch.root["order"].to_pylist())
            found |= {each.key.rpartition("/")[2]: each for each in verdicts}
        return found

    def plan(self, *numbers: str) -> list[Planned]:
        return [
            planned
            for batch in self.read(*numbers)
            for planned in self.target().plan(self.transformer().transform(batch).documents)
        ]

    def feeds(self) -> list[Path]:
        return sorted(self.shop.folder("shipments").glob("*.xml"))

    def take_feeds(self) -> list[dict[str, Any]]:
        """Let the shop's job read the feeds that wait, and give what the import said of them."""
        names = [each.name for each in self.feeds()]
        execution = self.shop.run("shipments")
        return [line for name in names for line in self.shop.outcome("shipments", name, execution).lines]

    def states(self, number: str, site: str = "RefArch") -> dict[str, tuple[str, str | None]]:
        """Give state and tracking number of an order's shipments, as the shop's customer sees them."""
        shipments = self.order(number, site)["shipments"]
        return {each["shipmentId"]: (each["shippingStatus"], each.get("trackingNumber")) for each in shipments}


@pytest.fixture(scope="session")
def default_settings() -> Settings:
    return load_settings("sfcc_netsuite", INCLUDE)


@pytest.fixture(scope="module")
def hooks(shop: Endpoints) -> Iterator[tuple[NetSuiteHook, SfccHook]]:  # noqa: ARG001 - it must run
    netsuite = NetSuiteHook("netsuite", concurrency=1)
    yield netsuite, SfccHook("sfcc_api", sleep=lambda _: None)
    netsuite.close()


@pytest.fixture(scope="session")
def mapping() -> TargetMapping:
    return load_mapping("sfcc", "shipment", INCLUDE)


@pytest.fixture
def loop(
    shop: Endpoints,
    default_settings: Settings,
    mapping: TargetMapping,
    hooks: tuple[NetSuiteHook, SfccHook],
    tmp_path: Path,
) -> Iterator[Loop]:
    token = json.loads((Path(shop.home) / "netsuite-credentials.json").read_text())["admin_token"]
    assert shop.netsuite is not None
    ledger = new_ledger(tmp_path / "ledger.db")
    warehouse, staging = Warehouse(shop.netsuite["base_url"], token), Staging(str(tmp_path / "staging"))
    loop = Loop(Shop(shop), warehouse, ledger, default_settings, *hooks, mapping, staging)
    loop.set(feed={})  # nobody starts the job but the test
    for feed in loop.feeds():
        feed.unlink()
    loop.forget()
    yield loop
    loop.forget()
    loop.ledger.close()
