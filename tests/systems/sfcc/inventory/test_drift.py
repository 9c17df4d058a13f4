"""What the shop itself has of stock, against what it was told: over a real shop, its export and its import."""

from __future__ import annotations

import os
import struct
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING, Any
from zlib import crc32

import pyarrow as pa
import pytest
import requests

from cartage.operators.feeding import unlike
from cartage.records import stock
from cartage.records.batch import Batch
from cartage.records.outcome import Outcome
from cartage.settings.drift import StockDrift
from cartage.settings.inventory import InventoryList
from cartage.systems.sfcc.feeds.archive import ShopArchive
from cartage.systems.sfcc.feeds.drift import looked, name_strangers, strange_to
from cartage.systems.sfcc.feeds.forms import INVENTORY
from cartage.systems.sfcc.hook import SfccHook
from cartage.systems.sfcc.inventory.shop import ELEMENTS, as_told, look
from cartage.systems.sfcc.inventory.transform import allot
from sandbox.sfcc.database import stamp
from tests.systems.sfcc.inventory.remembered import TOLD as TOLD_SCHEMA
from tests.systems.sfcc.inventory.remembered import Remembered
from tests.systems.sfcc.inventory.test_week import settings_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cartage.seams import Transformed
    from cartage.settings import Settings
    from cartage.systems.sfcc.feeds.drift import Drift
    from sandbox.endpoints import Endpoints

LIST = "drift-list"
TOLD = datetime(2026, 3, 2, 9, tzinfo=UTC)
NOW = TOLD + timedelta(hours=12)


@dataclass
class Ground:
    """A list of the shop, what the ledger remembers of it, and looks at it.

    Attributes:
        shop: where it runs.
        settings: of the one list.
        memory: what was told.
    """

    shop: Endpoints
    settings: Settings
    memory: Remembered = field(default_factory=Remembered)

    def told(self, sku: str, content: str = "10|none||", *, at: datetime = TOLD, came_in: bool = True) -> None:
        """Tell the shop of an item, and remember it."""
        allocation, handling, backorder, _ = content.split("|")
        row = {"key": f"{LIST}/{sku}", "hash": content, "value": allocation, "as_of": at}
        self.memory.tell(pa.Table.from_pylist([row], schema=TOLD_SCHEMA))
        if not came_in:
            return
        given: dict[str, Any] = {"handling": handling, **({"backorder": backorder} if backorder else {})}
        perpetual = allocation == "perpetual"
        given |= {"perpetual": True} if perpetual else {"allocation": allocation, "at": stamp(at)}
        self.by_hand(sku, **given)

    def by_hand(self, sku: str, **changes: Any) -> None:
        """Change a record in Business Manager."""
        body = {"list": LIST, "sku": sku, **changes}
        requests.post(f"{self.shop.sfcc['control']}/stock", json=body, timeout=30).raise_for_status()

    def control(self, **conduct: Any) -> None:
        """Tell the shop how to behave."""
        requests.post(self.shop.sfcc["control"], json=conduct, timeout=30).raise_for_status()

    def look(self, now: datetime = NOW) -> Drift:
        """Look at what the shop has."""
        archive = ShopArchive(SfccHook("sfcc_api", sleep=lambda _: None), INVENTORY, self.settings.inventory.drift)
        return look(archive, self.memory, self.settings, frozenset(ELEMENTS.values()), f"drift-{os.getpid()}", now=now)

    def found(self, now: datetime = NOW) -> dict[str, str]:
        """Give what a look says, by sku."""
        rows = self.look(now).found.to_pylist()
        return {each["key"].partition("/")[2]: each["says"].partition(": ")[2] for each in rows}

    def allot(self, sku: str, available: int) -> Transformed:
        """Give what a full run tells of an item."""
        root = {
            "stock": 0, "key": f"{LIST}/{sku}", "version": NOW.isoformat(), "list_id": LIST, "sku": sku, "item_id": "1",
            "item_kind": "inventory", "state": "active", "available": Decimal(available), "safety": Decimal(0),
            "perpetual": False, "handling": "none", "counted_at": NOW,
        }  # fmt: skip
        tables = {name: schema.empty_table() for name, schema in stock.TABLES.items()}
        tables["stock"] = pa.Table.from_pylist([root], stock.STOCK)
        self.memory.read_up_to(NOW)
        (made,) = allot([Batch("stock", tables)], self.settings, self.memory, look=lambda _: self.look())
        return made


@pytest.fixture
def ground(shop: Endpoints) -> Iterator[Ground]:
    settings = settings_of()
    only = {LIST: InventoryList(locations=("1",))}
    drift = StockDrift(poll_seconds=0.01, wait_seconds=20, max_megabytes=1)
    inventory = settings.inventory.model_copy(update={"lists": only, "drift": drift})
    made = Ground(shop, settings.model_copy(update={"inventory": inventory}))
    yield made
    requests.delete(shop.sfcc["control"], timeout=30)
    for key in [*made.memory.told().table["key"].to_pylist(), f"{LIST}/NL-STRANGE", f"{LIST}/NL-1009"]:
        made.by_hand(key.partition("/")[2], delete=True)


def test_what_is_as_told_is_no_drift_however_much_was_sold(ground: Ground) -> None:
    ground.told("NL-1008")
    ground.told("NL-1001", "0.5|backorder|3|")
    ground.told("NL-1002", "perpetual|none||")
    ground.told("NL-1003", "4|none||@1772442000")  # told once more, since the shop's own turnover had moved
    line = {"sku": "NL-1008", "quantity": 3, "list": LIST}
    sold = requests.post(f"{ground.shop.sfcc['control']}/sell", json={"site": "RefArch", "lines": [line]}, timeout=30)
    assert sold.status_code == 200, sold.text
    assert ground.found() == {}


def test_what_somebody_changed_in_the_shop_is_found(ground: Ground) -> None:
    for sku in ("NL-1000", "NL-1001", "NL-1002", "NL-1003"):
        ground.told(sku)
    later = stamp(TOLD + timedelta(hours=2))
    ground.by_hand("NL-1000", allocation=7, at=later)
    ground.by_hand("NL-1001", perpetual=True)
    ground.by_hand("NL-1002", allocation=10, at=later)
    assert ground.found() == {
        "NL-1000": "the shop has 7 as of 2026-03-02T11:00:00Z and was told 10, set there by somebody else",
        "NL-1001": "the shop has perpetual as of 2026-03-02T09:00:00Z and was told 10, not what was told last",
        "NL-1002": "the shop has 10 as of 2026-03-02T11:00:00Z and was told 10, set there by somebody else",
    }, "an allocation that is set anew forgets what was sold, also when the number is the same"


def test_what_did_not_come_in_is_found_once_it_had_time_to(ground: Ground) -> None:
    ground.told("NL-1000", came_in=False)
    ground.told("NL-1001", "0|none||", came_in=False)
    ground.told("NL-1002", at=TOLD - timedelta(hours=1))
    ground.told("NL-1002", "12|none||", came_in=False)
    assert ground.found(TOLD + timedelta(minutes=50)) == {}, "its import may be to come"
    assert ground.found() == {
        "NL-1000": "the shop has none and was told 10, its record is gone, or never came in",
        "NL-1002": "the shop has 10 as of 2026-03-02T08:00:00Z and was told 12, not what was told last",
    }, "what cannot be sold needs no record"


def test_a_drifted_record_is_told_again_although_the_erp_says_the_same(ground: Ground) -> None:
    ground.told("NL-1000")
    assert unlike(ground.allot("NL-1000", 10).documents)[0].to_pylist() == [f"{LIST}/NL-1000"]
    ground.by_hand("NL-1000", allocation=7, at=stamp(NOW))
    made = ground.allot("NL-1000", 10)
    same, news = unlike(made.documents)
    (row,) = news.root.to_pylist()
    assert (len(same), row["allocation"], row["value"], row["before"]) == (0, 10, "10", "7"), "judged by what is there"
    assert row["as_of"] == NOW + timedelta(milliseconds=1), "the shop takes no older date than its own"
    assert row["hash"] == "10|none||", "from the next run on it is as if nothing had been"
    assert "the shop has 7" in row["drift"]


def test_a_record_that_is_missing_is_told_again_as_a_rise_from_nothing(ground: Ground) -> None:
    ground.told("NL-1000", came_in=False)
    ((row,),) = [unlike(ground.allot("NL-1000", 10).documents)[1].root.to_pylist()]
    assert (row["before"], row["told"]) == ("0", "the shop has: nothing")


def test_drift_is_only_shown_when_the_settings_want_it(ground: Ground) -> None:
    drift = ground.settings.inventory.drift.model_copy(update={"found": "report"})
    inventory = ground.settings.inventory.model_copy(update={"drift": drift})
    ground.settings = ground.settings.model_copy(update={"inventory": inventory})
    ground.told("NL-1000")
    ground.by_hand("NL-1000", allocation=7, at=stamp(NOW - timedelta(hours=1)))
    made = ground.allot("NL-1000", 10)
    (verdict,) = made.verdicts
    assert (len(made.documents), verdict.outcome, verdict.complaints[0].code) == (0, Outcome.UNCHANGED, "drift")
    changed = ground.allot("NL-1000", 11)
    assert (len(changed.documents), changed.verdicts) == (1, []), "what the ERP changed goes out all the same"


def test_what_the_shop_was_never_told_is_named(ground: Ground) -> None:
    ground.told("NL-1000")
    ground.by_hand("NL-STRANGE", allocation=5)
    ground.by_hand("NL-1009", allocation=5)
    strangers = ground.look().strangers
    assert strangers["key"].to_pylist() == [f"{LIST}/NL-1009", f"{LIST}/NL-STRANGE"]
    assert as_told(strangers).to_pylist()[1]["hash"] == "5|none||"
    notes: list[str] = []
    name_strangers(strange_to(strangers, [pa.chunked_array([[f"{LIST}/NL-1009"]])]), "lists", notes)
    assert notes == [f"lists of the shop: 1 records that the ERP never gave, for example {LIST}/NL-STRANGE"]


def test_a_list_of_which_the_shop_was_told_nothing_needs_no_look(ground: Ground) -> None:
    ground.control(faults=[{"match": "POST /s/-/dw/data/*", "status": 500, "times": 9}])
    assert ground.found() == {}


def odd_archive(*, flags: int = 0, method: int = 0) -> str:
    """Give an archive with one list that says how it is packed, and is not; all of its bytes are letters of ASCII."""
    header = struct.Struct("<HHHHHIIIHH")
    name = f"x/inventory-lists/{LIST}.xml".encode()
    content = next(each for number in count() if max((crc32(each := b"<a>%d</a>" % number)).to_bytes(4)) < 0x80)
    told = header.pack(20, flags, method, 0, 33, crc32(content), len(content), len(content), len(name), 0)
    local = b"PK\3\4" + told + name + content
    central = b"PK\1\2" + struct.pack("<H", 20) + told + bytes(14) + name
    ends = struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)
    return (local + central + b"PK\5\6" + ends).decode("ascii")


def served(body: str) -> dict[str, Any]:
    """Give the conduct of a shop that serves this as its archive."""
    return {"faults": [{"match": "GET /on/demandware.servlet/*", "status": 200, "body": body}]}


BROKEN: dict[str, dict[str, Any]] = {
    "the API is down": {"faults": [{"match": "POST /s/-/dw/data/*", "status": 503, "times": 9}]},
    "the client may not start it": {"faults": [{"match": "POST /s/-/dw/data/*", "status": 403, "times": 9}]},
    "the export fails": {"imports": [{"job": "sfcc-site-archive-export", "fail": True}]},
    "WebDAV is down": {"faults": [{"match": "GET /on/demandware.servlet/*", "status": 503, "times": 9}]},
    "WebDAV is closed": {"faults": [{"match": "GET /on/demandware.servlet/*", "status": 403, "times": 9}]},
    "not an archive": served("<html>"),
    "an archive with a password": served(odd_archive(flags=1)),
    "an archive of another packer": served(odd_archive(method=99)),
    "an archive without room for it": served("x" * 1_000_001),
}


@pytest.mark.parametrize("conduct", BROKEN.values(), ids=BROKEN)
def test_a_run_goes_on_without_a_shop_that_does_not_show_what_it_has(ground: Ground, conduct: dict[str, Any]) -> None:
    ground.told("NL-1000", came_in=False)
    ground.control(**conduct)
    notes: list[str] = []
    assert len(looked(ground.look, "lists", notes).found) == 0
    (said,) = notes
    assert said.startswith("lists of the shop could not be looked at, so this run finds no drift: ")
    ground.control(faults=[])
    requests.delete(ground.shop.sfcc["control"], timeout=30)
    assert list(ground.found()) == ["NL-1000"], "and the next one finds what there is"


def test_a_run_goes_on_without_room_for_what_the_shop_shows(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ground.told("NL-1000", came_in=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    notes: list[str] = []
    assert len(looked(ground.look, "lists", notes).found) == 0
    assert "No such file or directory" in notes[0]
