"""Imports that end after their run: what the shop did not take comes to light in a later one, and nothing is lost."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from cartage.operators.following import follow_feeds
from cartage.records.outcome import Outcome
from tests.systems.netsuite.shipments.warehouse import INTEGRATION

if TYPE_CHECKING:
    from cartage.context import FlowContext
    from cartage.ledger.quarantine import Quarantined
    from cartage.operators.runtime import Runtime
    from tests.systems.sfcc.shipments.conftest import Loop

JOB = {"job": "cartage-import-shipments", "poll_seconds": 0.05}
FILES = ["/inbound/shipments/archive", "/inbound/shipments/error"]
WAYS = {
    "file": {"form": "order", "import": {"logs": FILES}},
    "webdav": {"form": "order", "import": JOB},
    "shipping orders": {"form": "shipping_order", "import": JOB},
}


@pytest.fixture(params=["file", "shipping orders"])
def late(loop: Loop, request: pytest.FixtureRequest) -> Loop:
    """A loop whose shop imports by its own schedule, after the run."""
    loop.set(by=("feed",), feed=WAYS[request.param])
    return loop


def follow(loop: Loop) -> None:
    """Do what `settle` does at the end of a run."""
    system = SimpleNamespace(follower=lambda _: loop.publisher())
    runtime = SimpleNamespace(
        target_system=system, ledger=loop.ledger, integration=SimpleNamespace(name=INTEGRATION), flow="shipments",
        destination="sfcc", record="shipment",
    )  # fmt: skip
    follow_feeds(cast("Runtime", runtime), cast("FlowContext", None), loop.run)


def waiting(loop: Loop) -> dict[str, Quarantined]:
    return {each.key.rpartition("/")[2]: each for each in loop.ledger.quarantine.open(INTEGRATION, "shipments")}


def cancel(loop: Loop, number: str, status: str = "cancelled") -> None:
    path = loop.sfcc.order_path(number, "/status")
    loop.sfcc.request("PUT", path, params={"siteId": "RefArch"}, body={"status": status})


def shipped(loop: Loop, *numbers: str) -> list[str]:
    """Place orders and ship them; gives their numbers."""
    made = []
    for tracking in numbers:
        order: dict[str, Any] = loop.place()
        (sales_order,) = loop.land(order, sku=None).values()
        loop.warehouse.ship(sales_order, numbers=[tracking])
        made.append(order["orderNo"])
    return made


def test_what_the_shop_skips_after_the_run_goes_to_quarantine_and_out_again(late: Loop) -> None:
    fine, wrong = shipped(late, "FINE", "WRONG")
    assert {each.outcome for each in late.tell(fine, wrong).values()} == {Outcome.UPDATED}
    follow(late)
    assert waiting(late) == {}  # the shop has not looked yet

    cancel(late, wrong)
    late.shop.run("shipments")
    late.new_run()
    follow(late)
    entry = waiting(late)[wrong]
    assert set(waiting(late)) == {wrong}
    assert "cancelled or failed" in entry.complaints[0].message
    late.new_run()
    follow(late)
    assert len(late.ledger.quarantine.open(INTEGRATION, "shipments")) == 1  # said once

    cancel(late, wrong, "new")  # a person undid the cancellation, and has the order tried again
    assert late.tell(wrong)[wrong].outcome is Outcome.UPDATED
    late.shop.run("shipments")
    late.new_run()
    follow(late)
    assert {each for _, each in late.states(wrong).values()} == {"WRONG"}
    assert late.tell(fine)[fine].outcome is Outcome.UNCHANGED


@pytest.mark.parametrize("whole", [True, False])
def test_a_feed_that_was_refused_whole_takes_all_its_orders_along(
    loop: Loop, caplog: pytest.LogCaptureFixture, *, whole: bool
) -> None:
    loop.set(by=("feed",), feed=WAYS["webdav"])
    numbers = shipped(loop, "A", "B")
    loop.tell(*numbers)
    if not whole:  # a machine lost its power
        (copy,) = Path(loop.staging.root.path).glob("landing/*/*/RefArch_*.xml")
        os.truncate(copy, 300)
    loop.shop.control(imports=[{"job": "cartage-import-shipments", "refuse": True}])
    loop.shop.run("shipments")
    loop.new_run()
    follow(loop)
    assert set(waiting(loop)) == set(numbers)
    assert {each.complaints[0].code for each in waiting(loop).values()} == {"feed_refused"}
    loop.new_run()
    follow(loop)
    assert caplog.text.count("our copy cannot be read") == (0 if whole else 1), "it is said once"


def test_what_was_told_again_meanwhile_is_left_alone(loop: Loop) -> None:
    loop.set(by=("feed",), feed=WAYS["file"])
    order = loop.place("several_lines")
    number = order["orderNo"]
    (sales_order,) = loop.land(order).values()
    loop.warehouse.ship(sales_order, {1: 1}, ["OLD"])
    loop.tell(number)
    (old,) = loop.feeds()
    loop.warehouse.ship(sales_order, numbers=["NEW"])
    loop.tell(number)
    loop.shop.control(imports=[{"feed": old.name, "refuse": True}])
    loop.shop.run("shipments")
    loop.new_run()
    follow(loop)
    assert waiting(loop) == {}
    assert {each for _, each in loop.states(number).values()} == {"OLD"}


def test_a_server_that_lets_nobody_in_costs_the_run_nothing(
    loop: Loop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    loop.set(by=("feed",), feed=WAYS["file"])
    (number,) = shipped(loop, "X")
    loop.tell(number)
    connection = json.loads(os.environ["AIRFLOW_CONN_SFCC_SFTP"])
    monkeypatch.setenv("AIRFLOW_CONN_SFCC_SFTP", json.dumps({**connection, "password": "no more"}))
    loop.new_run()
    follow(loop)
    assert "the next run looks again" in caplog.text
