"""What the shop itself has of prices, against what it was told: over a real shop and its export."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from cartage.settings import load_settings
from cartage.settings.drift import Drift as DriftSettings
from cartage.systems.sfcc.feeds.archive import ShopArchive
from cartage.systems.sfcc.feeds.drift import looked
from cartage.systems.sfcc.feeds.forms import PRICES
from cartage.systems.sfcc.hook import SfccHook
from cartage.systems.sfcc.prices.shop import look
from tests.systems.sfcc.prices.test_price_rows import Memory, fed, row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cartage.settings.prices import Prices
    from cartage.systems.sfcc.feeds.drift import Drift
    from sandbox.endpoints import Endpoints
    from tests.systems.sfcc.prices.test_price_rows import Row

BOOK = "drift-book"
LATER = datetime(2027, 1, 1, tzinfo=UTC)
INCLUDE = Path(__file__).parents[4] / "include"


@dataclass
class Ground:
    """A book of the shop, what the ledger remembers of it, and looks at it."""

    shop: Endpoints
    settings: Prices
    memory: Memory = field(default_factory=Memory)

    def told(self, *rows: Row) -> None:
        """Remember that the shop was told of prices, and let it have them."""
        for each in fed(rows, self.memory)[0]:
            self.memory.told_before[each["key"]] = (each["hash"], each["value"])
            since = each["online_from"]
            if each["action"] != "delete":
                dated = {"online_from": since.strftime("%Y-%m-%dT%H:%M:%S.000Z")} if since else {}
                self.by_hand(each["sku"], amount=each["value"], **dated)

    def by_hand(self, sku: str, **changes: Any) -> None:
        """Change prices in Business Manager."""
        body = {"book": BOOK, "sku": sku, **changes}
        requests.post(f"{self.shop.sfcc['control']}/price", json=body, timeout=30).raise_for_status()

    def look(self) -> Drift:
        archive = ShopArchive(SfccHook("sfcc_api", sleep=lambda _: None), PRICES, self.settings.drift)
        return look(archive, self.memory, self.settings, f"prices-{os.getpid()}", now=datetime.now(UTC))

    def found(self) -> dict[str, str]:
        rows = self.look().found.to_pylist()
        return {each["key"].partition("/")[2]: each["says"].partition(": ")[2] for each in rows}


def ours(sku: str, amount: str = "19.90", **values: Any) -> Row:
    return row(sku, ((1, amount),), key=f"{BOOK}/{sku}", book_id=BOOK, **values)


@pytest.fixture
def ground(shop: Endpoints) -> Iterator[Ground]:
    settings = load_settings("sfcc_netsuite", INCLUDE).prices
    made = Ground(shop, settings.model_copy(update={"drift": DriftSettings(poll_seconds=0.01, wait_seconds=20)}))
    yield made
    for key in [*made.memory.told_before, f"{BOOK}/STRANGE"]:
        made.by_hand(key.partition("/")[2], delete=True)


def test_prices_that_are_as_told_are_no_drift(ground: Ground) -> None:
    ground.told(ours("A"), ours("B", "5", online_from=LATER))
    assert ground.found() == {}


def test_what_is_not_as_told_is_found_and_told_again(ground: Ground, caplog: pytest.LogCaptureFixture) -> None:
    rows = [ours("A"), ours("B"), ours("C"), ours("D", online_from=LATER), ours("E", state="gone"), ours("F")]
    ground.told(*rows)
    ground.by_hand("A", amount="1.99")
    ground.by_hand("B", delete=True)
    ground.by_hand("C", amount="9.90", online_from="2026-12-01T00:00:00.000Z")
    ground.by_hand("D", delete=True)
    ground.by_hand("D", amount="19.90")
    ground.by_hand("E", amount="5")
    assert ground.found() == {
        "A": "the shop has EUR 1=1.99 and was told EUR 1=19.9",
        "B": "the shop has no price and was told EUR 1=19.9",
        "C": "the shop has EUR 1=9.9 from 2026-12-01T00:00:00.000Z and was told EUR 1=19.9",
        "D": "the shop has EUR 1=19.9 and was told EUR 1=19.9 from 2027-01-01T00:00:00.000Z",
        "E": "the shop has EUR 1=5 and was told that there is no price",
    }
    ground.by_hand("STRANGE", amount="5")
    made, _ = fed(rows, ground.memory, look=ground.look)
    assert f"1 records that the ERP never gave, for example {BOOK}/STRANGE" in caplog.text
    going = {each["sku"]: each for each in made if each["hash"] != each["told"]}
    actions = {sku: each["action"] for sku, each in going.items()}
    assert actions == {"A": "put", "B": "put", "C": "replace", "D": "replace", "E": "delete"}, "what stands beside goes"
    assert (going["A"]["before"], going["A"]["value"]) == ("19.9", "19.9"), "the ERP's price did not move"


def test_prices_with_dates_are_spared_where_the_settings_spare_them(ground: Ground) -> None:
    feed = ground.settings.feed.model_copy(update={"deletion": "delete"})
    ground.settings = ground.settings.model_copy(update={"feed": feed})
    ground.told(ours("A"))
    ground.by_hand("A", amount="9.90", online_from="2026-12-01T00:00:00.000Z")
    assert ground.found() == {}


def test_a_book_that_is_gone_is_told_again_whole(ground: Ground) -> None:
    ground.memory.told_before["no-such-book/A"] = ("EUR 1=19.9", "19.9")
    assert list(ground.found()) == ["A"]


def test_an_export_that_never_ends_is_not_waited_for_for_ever(ground: Ground) -> None:
    ground.told(ours("A"))
    impatient = DriftSettings(poll_seconds=0.01, wait_seconds=0)
    ground.settings = ground.settings.model_copy(update={"drift": impatient})
    notes: list[str] = []
    assert len(looked(ground.look, "price books", notes).found) == 0
    assert "did not end within 0 s" in notes[0]
