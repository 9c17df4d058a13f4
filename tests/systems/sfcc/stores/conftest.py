"""The loop of locations: NetSuite's places, and a shop with stores and inventory lists."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from airflow.providers.sftp.hooks.sftp import SFTPHook

from cartage.mapping import load_mapping
from cartage.settings import Settings, load_settings
from cartage.settings.feeds import FeedImport
from cartage.staging import Staging
from cartage.systems.netsuite.hook import NetSuiteHook
from cartage.systems.netsuite.locations.source import LocationSource
from cartage.systems.sfcc.hook import SfccHook
from cartage.systems.sfcc.sftp_folder import SftpFolder
from cartage.systems.sfcc.small_feeds import SmallFeeds
from cartage.systems.sfcc.stores.target import StoreTarget
from cartage.systems.sfcc.stores.transform import LocationTransformer
from cartage.windows import Selection, Window
from tests.ledgers import new_ledger
from tests.sandbox.sfcc.feeds import Shop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cartage.ledger import Ledger
    from cartage.records.outcome import Verdict
    from cartage.seams import Read
    from sandbox.endpoints import Endpoints

INCLUDE = Path(__file__).parents[4] / "include"
INTEGRATION = "sfcc_netsuite"


@dataclass
class Places:
    """A shop, an ERP and a ledger between them."""

    shop: Shop
    ledger: Ledger
    settings: Settings
    staging: Staging
    imported: FeedImport = field(default_factory=FeedImport)
    run: int = 0

    def set(self, **changes: Any) -> None:
        locations = self.settings.locations.model_copy(update=changes)
        self.settings = self.settings.model_copy(update={"locations": locations})

    def read(self, *keys: str) -> Read:
        now = datetime.now(UTC)
        (read,) = LocationSource(NetSuiteHook("netsuite", concurrency=1), self.settings).read(
            Window(None, now), Selection(keys=keys)
        )
        return read

    def tell(self, *keys: str) -> dict[str, Verdict]:
        """Run the flow once, and give verdicts by location."""
        now = datetime.now(UTC)
        if self.run:
            self.ledger.runs.close(self.run, "settled")
        self.run = self.ledger.runs.open(
            integration=INTEGRATION, flow="locations", dag_id="d", dag_run_id=f"run-{self.run + 1}",
            run_type="scheduled", started_by=None, window=Window(now, now), selection=Selection(),
            settings_digest="0" * 64,
        )  # fmt: skip
        read = self.read(*keys)
        made = LocationTransformer(self.settings, load_mapping("sfcc", "location", INCLUDE)).transform(read.batch)
        target = self.target()
        journal = self.ledger.journal(self.run, INTEGRATION, "sfcc", holder="load[0]")
        verdicts = [*read.verdicts, *made.verdicts, *target.write(made.documents, journal)]
        rows = [*read.batch.root["location"].to_pylist(), *(each.row for each in read.verdicts)]
        assert sorted(each.row for each in verdicts) == sorted(rows)
        return {each.key: each for each in verdicts}

    def target(self) -> StoreTarget:
        server = SftpFolder(SFTPHook(ssh_conn_id="sfcc_sftp", conn_retry_attempts=1))
        known = {
            "book": self.ledger.feeds(INTEGRATION, "locations", self.run), "staging": self.staging, "flow": "locations.feeds",
        }  # fmt: skip
        return StoreTarget(
            SmallFeeds(server, self.settings.inventory.feed.folder, FeedImport(), None, **known),
            SmallFeeds(
                server, self.settings.locations.feed.folder, self.imported, lambda: SfccHook("sfcc_api"), **known
            ),
        )

    def feeds(self, kind: str) -> list[Path]:
        return sorted(self.shop.folder(kind).glob("*.xml"))

    def take_feeds(self) -> list[dict[str, Any]]:
        """Let the shop import what waits, lists before stores, and give what the imports said."""
        said = []
        for kind in ("inventory", "stores"):
            names = [each.name for each in self.feeds(kind)]
            execution = self.shop.run(kind)
            said += [line for name in names for line in self.shop.outcome(kind, name, execution).lines]
        return said

    def stores(self) -> dict[str, dict[str, Any]]:
        answer = requests.get(self.shop.endpoints.sfcc["control"] + "/stores", timeout=20).json()
        return {each["id"]: each for each in answer["stores"]}


@pytest.fixture
def places(shop: Endpoints, tmp_path: Path) -> Iterator[Places]:
    ledger = new_ledger(tmp_path / "ledger.db")
    places = Places(Shop(shop), ledger, load_settings(INTEGRATION, INCLUDE), Staging(str(tmp_path / "staging")))
    yield places
    for kind in ("inventory", "stores"):
        for feed in places.feeds(kind):
            feed.unlink()
    ledger.close()
