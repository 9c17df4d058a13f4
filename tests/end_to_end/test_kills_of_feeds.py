"""Flows back to the shop are killed at every step, with SIGKILL, and run again: no feed lost, none that does harm.

A feed that goes over twice has to be harmless: the same values, and no moment of a record moves backwards. See
`tests/end_to_end/test_kills.py` for how a killed run goes on.
"""

from __future__ import annotations

import json
import os
import socket
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.shop.orders import variety
from tests.end_to_end.conftest import forget_watermarks
from tests.end_to_end.killing import NEXT, SAME, Victim, goes_on
from tests.end_to_end.stack import Stack
from tests.end_to_end.test_shipments import office, shipments_of
from tests.end_to_end.test_stock import LIST, without_first_questions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LONG = 60_000
"""Milliseconds that an answer is kept back, or seconds that an upload stands still: longer than any test waits."""

HALF = 100
"""Bytes of a feed that have gone over when an upload stands still."""

WAREHOUSES = ("1", "6")
"""The locations of `LIST`."""


@dataclass
class Shelves:
    """NetSuite's shelves and the shop's, and what the shop said of each item so far.

    Attributes:
        dates: the moment of each item's allocation, as last seen.
    """

    stack: Stack
    dates: dict[str, datetime] = field(default_factory=dict)

    def inbound(self, kind: str = "inventory") -> Path:
        """Give the folder of the shop's that takes feeds of a kind."""
        return self.stack.home / "sandbox" / "sftp" / "inbound" / kind

    def went_over(self, _: Victim) -> bool:
        """Say whether a feed of stock lies there whole, for the shop to take."""
        return any(self.inbound().glob("*.xml"))

    def count(self, sku: str, units: int) -> None:
        """Let a stocktake find so many units of an item in all of the list's locations."""
        for location, found in zip(WAREHOUSES, (units, 0), strict=True):
            office(self.stack, "receive", item=sku, location=location, count=found)

    def allocation(self, sku: str) -> int:
        """Give how many units the shop was told of, and see that its moment did not move backwards."""
        from cartage.systems.sfcc.hook import SfccHook

        record = SfccHook("sfcc_api").data("GET", f"/inventory_lists/{LIST}/product_inventory_records/{sku}")
        told: dict[str, Any] = record["allocation"]
        moment = datetime.fromisoformat(told["reset_date"])
        assert moment >= self.dates.get(sku, moment), f"{sku} moved back to {moment}"
        self.dates[sku] = moment
        return int(told["amount"])

    def feeds(self, state: str) -> list[str]:
        """Give the names of the newest run's feeds in a state."""
        run = self.stack.ledger.runs.recent("sfcc_netsuite", "inventory", limit=1)[0]
        book = self.stack.ledger.feeds("sfcc_netsuite", "inventory", run.id)
        return [each.name for each in book.of_run() if each.state == state]

    def misbehave(self, **how: Any) -> None:
        """Tell the shop to."""
        self.stack.control("sfcc", "POST", json=how)

    def behave(self) -> None:
        """Tell the shop to behave; what stands still goes on."""
        self.stack.control("sfcc", "DELETE")
        self.stack.control("netsuite", "POST", "/reset")

    @contextmanager
    def uploading(self, flow: str = "inventory", *, again: bool = False) -> Iterator[Victim]:
        """Let a run bring its feed half over and stand still there; it is killed at the end."""
        self.misbehave(uploads=[{"match": f"/inbound/{flow}/*", "seconds": LONG, "after_bytes": HALF}])
        victim = Victim(self.stack, flow, again=again)
        victim.wait_for(lambda _: any(each.stat().st_size == HALF for each in self.inbound(flow).glob("*.xml.*")))
        yield victim
        victim.kill()
        self.behave()

    def settled(self) -> None:
        """See that all is told, once, and nothing lies around."""
        again = self.stack.run("inventory")
        assert (again["created"], again["updated"], again["held"]) == (0, 0, 0), self.stack.reasons("inventory")


@pytest.fixture(scope="module")
def running(airflow_database: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelves]:  # noqa: ARG001
    """Give shelves that the shop was told of."""
    before = dict(os.environ)
    forget_watermarks()
    stack = Stack.start(tmp_path_factory.mktemp("feeds"))
    surroundings = dict(os.environ)
    without_first_questions(stack)
    assert stack.run("inventory")["created"] > 100
    yield Shelves(stack)
    os.environ |= surroundings
    stack.stop()
    for name in os.environ.keys() - before.keys():
        del os.environ[name]
    os.environ |= before


@pytest.fixture
def shelves(running: Shelves) -> Iterator[Shelves]:
    running.behave()
    yield running
    running.behave()


def test_one_run_is_killed_at_each_of_its_steps(shelves: Shelves) -> None:
    before = shelves.allocation("NL-1001")
    shelves.count("NL-1001", before + 41)
    shelves.stack.control("netsuite", "POST", json={"faults": [{"match": "POST /query", "latency_ms": LONG}]})
    victim = Victim(shelves.stack, "inventory")
    victim.wait_for(lambda _: shelves.stack.control("netsuite", "GET")["faults_left"] == 0)
    assert victim.kill()["extract"] == "running"
    shelves.behave()
    for step in ("validate", "transform"):
        victim = Victim(shelves.stack, "inventory", again=True)
        victim.wait_for(lambda run, step=step: run.tasks().get(step) == "running")
        assert victim.kill()[step] == "running"
    with shelves.uploading(again=True):
        assert shelves.allocation("NL-1001") == before
    with shelves.uploading(again=True) as victim, victim.ledger_locked():  # so that it cannot note that it went over
        shelves.behave()
        victim.wait_for(shelves.went_over)
    assert not shelves.feeds("sent")
    shelves.misbehave(imports=[{"seconds": 1}])
    victim = Victim(shelves.stack, "inventory", again=True)
    victim.wait_for(lambda _: bool(shelves.feeds("sent")))
    assert victim.kill()["load"] == "running"

    goes_on(shelves.stack, SAME, "inventory")
    assert shelves.allocation("NL-1001") == before + 41
    (feed,) = shelves.feeds("imported")
    assert shelves.stack.counts("inventory")["updated"] >= 1
    assert not shelves.went_over(victim)
    assert (shelves.inbound() / "archive" / feed).exists()


def test_what_a_lost_run_may_have_told_is_told_again_even_when_nothing_changed_since(shelves: Shelves) -> None:
    """Its feed lies in the shop's folder, and the next import takes it; meanwhile the ERP is back at what was told."""
    before = shelves.allocation("NL-1003")
    shelves.count("NL-1003", before + 3)
    shelves.count("NL-1007", shelves.allocation("NL-1007") + 3)
    with shelves.uploading() as victim, victim.ledger_locked():
        shelves.behave()
        victim.wait_for(shelves.went_over)
    assert shelves.feeds("intended"), "the ledger does not know that it went over"
    shelves.count("NL-1003", before)
    shelves.count("NL-1004", 44)
    office(shelves.stack, "item", item="NL-1007", inactive=True)
    goes_on(shelves.stack, NEXT, "inventory")
    assert shelves.allocation("NL-1004") == 44
    assert shelves.allocation("NL-1003") == before
    assert shelves.allocation("NL-1007") == 0, "it is gone, and the lost run's feed says that there is some"
    shelves.settled()
    office(shelves.stack, "item", item="NL-1007", inactive=False)


def test_a_run_killed_while_it_settles_asks_once_about_what_it_held(shelves: Shelves) -> None:
    """It has closed in the ledger; its watermark did not move, and nobody was told yet that there is something to ask."""
    stack, before = shelves.stack, shelves.allocation("NL-1005")
    changes = {
        "to_zero_min: 20 ": "to_zero_min: 1 ",
        "to_zero_share: 0.2 ": "to_zero_share: 0.0 ",
        "webhook: null ": "webhook: cartage_alerts ",
        "    quarantined_share: 0.05": "    quarantined_share: 0.0",
    }
    for old, new in changes.items():
        stack.setting(old, new)
    shelves.count("NL-1005", 0)
    shelves.count("NL-1006", 46)
    events = questions_raised()
    with socket.create_server(("127.0.0.1", 0)) as silent:  # whoever is told there waits for an answer
        host, port = silent.getsockname()
        os.environ["AIRFLOW_CONN_CARTAGE_ALERTS"] = json.dumps({"conn_type": "http", "host": host, "port": port})
        lost = newest(stack) + 1
        victim = Victim(stack, "inventory")
        victim.wait_for(lambda _: newest(stack) == lost and stack.ledger.runs.get(lost).state == "settled")
        assert victim.kill()["settle"] == "running"
    for old, new in list(changes.items())[2:]:
        stack.setting(new, old)
    proposal = stack.ledger.proposals.waiting("sfcc_netsuite")
    assert [(each.run_id, each.group, each.rows) for each in proposal] == [(lost, LIST, 1)]
    assert questions_raised() == events

    goes_on(stack, NEXT, "inventory")
    assert stack.ledger.proposals.waiting("sfcc_netsuite") == proposal, "the same one, and no other"
    assert questions_raised() == events + 1
    assert (shelves.allocation("NL-1005"), shelves.allocation("NL-1006")) == (before, 46)
    stack.ledger.proposals.decide(proposal[0].id, "approved", by="a person")
    stack.run("inventory", proposals=[proposal[0].id])
    assert shelves.allocation("NL-1005") == 0
    for old, new in list(changes.items())[:2]:
        stack.setting(new, old)


def newest(stack: Stack) -> int:
    """Give the number of the newest run of the flow."""
    return int(stack.ledger.runs.recent("sfcc_netsuite", "inventory", limit=1)[0].id)


def questions_raised() -> int:
    """Give how many events Airflow has that somebody is to be asked."""
    path = f"file:{os.environ['AIRFLOW_HOME']}/airflow.db?mode=ro"
    query = "SELECT count(*) FROM asset_event JOIN asset ON asset.id = asset_id WHERE name = 'sfcc_netsuite.proposals'"
    with closing(sqlite3.connect(path, uri=True, timeout=10)) as database:
        return int(database.execute(query).fetchone()[0])


def test_shipments_killed_between_the_shops_rest_and_the_feed(shelves: Shelves) -> None:
    stack, order = shelves.stack, variety("plain", 3, site="RefArch")
    stack.deliver("RefArch", [order])
    assert stack.run()["created"] == 1
    office(stack, "fulfil", order_no=order.order_no, tracking=["T-1"], carrier="UPS")
    with shelves.uploading("shipments"):
        shown = stack.shop_order(order.order_no, order.site)
        assert shown["shippingStatus"] == "shipped", "REST has told it"
        assert {tracking for _, tracking in shipments_of(stack, order).values()} == {None}
    goes_on(stack, SAME, "shipments")
    assert list(shipments_of(stack, order).values()) == [("shipped", "T-1")]
    assert not written(stack), "REST is not told again"
    assert len(list((shelves.inbound("shipments") / "archive").glob("*.xml"))) == 1
    again = stack.run("shipments")
    assert again["unchanged"] == again["extracted"] == 1
    assert not written(stack)


def written(stack: Stack) -> list[str]:
    """Give the requests that changed an order in the shop since it was last told to behave."""
    requests = stack.control("sfcc", "GET")["requests"]
    return [each for each in requests if "/orders/" in each and not each.startswith("GET ")]
