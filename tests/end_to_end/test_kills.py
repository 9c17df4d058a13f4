"""The orders flow is killed at every step, with SIGKILL, and run again: no order lost, none doubled.

A killed run goes on in one of two ways: Airflow notices that the task's heartbeat stopped and tries that
task again in the same run, or the run is given up and the next one reads on from the watermark.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from sandbox.shop.oracle import expect
from sandbox.shop.orders import NOW, variety
from tests.end_to_end.killing import NEXT, SAME, Victim, goes_on

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.shop.model import Order
    from tests.end_to_end.stack import Stack

LONG = 60_000
"""Milliseconds that an answer is kept back: longer than any test waits."""


def landing(victim: Victim) -> bool:
    """One drop lies in the landing archive."""
    return any((victim.stack.home / "staging" / "landing").rglob("*.xml*"))


def staged(victim: Victim) -> bool:
    """A batch is staged, and not noted in the ledger, or just so."""
    return any((victim.stack.home / "staging" / "batches").rglob("extracted/*/batch.json"))


def validating(victim: Victim) -> bool:
    return victim.tasks().get("validate") == "running"


def transforming(victim: Victim) -> bool:
    """The transform waits for what it looks up."""
    return victim.tasks().get("transform") == "running" and _caught(victim)


def loading(victim: Victim) -> bool:
    """NetSuite has done what it was asked and the answer is not there yet."""
    return _caught(victim)


def loaded(victim: Victim) -> bool:
    return victim.tasks().get("load") == "success"


def acknowledging(victim: Victim) -> bool:
    """The ledger has closed the run, and the shop is being told; the drop is still in its folder."""
    return victim.tasks().get("settle") == "running" and bool(victim.stack.control("sfcc", "GET")["requests"])


def moved(victim: Victim) -> bool:
    """Every drop was moved aside; the watermark was not."""
    return not list(victim.stack.orders_folder.glob("*.xml*"))


def _caught(victim: Victim) -> bool:
    return victim.stack.control("netsuite", "GET")["faults_left"] == 0


def the_answer_to(request: str, *, after: int = 0) -> dict[str, object]:
    """Let NetSuite do what it is asked, and keep the answer back."""
    return {"match": request, "skip": after, "times": 1, "timeout_after_commit": True, "seconds": LONG / 1000}


MOMENTS: dict[str, tuple[Callable[[Victim], bool], dict[str, object] | None]] = {
    "landing": (landing, None),
    "staged": (staged, None),
    "validating": (validating, None),
    "transforming": (transforming, {"match": "POST /query", "latency_ms": LONG}),
    "a customer in flight": (loading, the_answer_to("POST /record/v1/customer", after=2)),
    "an order in flight": (loading, the_answer_to("POST /record/v1/salesOrder", after=3)),
    "a deposit in flight": (loading, the_answer_to("POST /record/v1/customerDeposit", after=1)),
    "loaded": (loaded, None),
}
"""By name: the moment, and what NetSuite is told beforehand."""


def some_orders() -> list[Order]:
    """Orders that become several documents each: customers, orders, deposits."""
    return [
        variety(name, seed, site="RefArch")
        for name in ("plain", "several_lines", "card_captured", "several_shipments")
        for seed in range(2)
    ]


def leave(stack: Stack, orders: list[Order]) -> None:
    """Leave them as two drops."""
    half = len(orders) // 2
    stack.deliver("RefArch", orders[:half])
    stack.deliver("RefArch", orders[half:], NOW + timedelta(minutes=1))


@pytest.mark.parametrize(
    ("name", "go_on"),
    [
        ("landing", SAME),
        ("staged", NEXT),
        ("validating", SAME),
        ("transforming", NEXT),
        ("a customer in flight", SAME),
        ("an order in flight", NEXT),  # by the same run: test_kills_on_postgresql.py
        ("a deposit in flight", NEXT),
        ("loaded", SAME),
    ],
)
def test_killed_and_run_again(stack: Stack, name: str, go_on: str) -> None:
    orders = some_orders()
    leave(stack, orders)
    moment, fault = MOMENTS[name]
    stack.control("sfcc", "POST", json={"latency_ms": LONG})  # so that the run cannot end before it is killed
    if fault:
        stack.control("netsuite", "POST", json={"faults": [fault]})
    victim = Victim(stack)
    victim.wait_for(moment)
    victim.kill()
    stack.control("sfcc", "DELETE")
    goes_on(stack, go_on)
    same_in_both(stack, orders)
    if "in flight" in name:
        replayed(stack, orders)


def test_killed_while_the_shop_is_told(stack: Stack) -> None:
    orders = some_orders()
    leave(stack, orders)
    stack.control("sfcc", "POST", json={"latency_ms": LONG})
    victim = Victim(stack)
    victim.wait_for(acknowledging)
    assert not moved(victim)
    assert victim.kill()["settle"] == "running"
    stack.control("sfcc", "DELETE")
    goes_on(stack, NEXT)
    same_in_both(stack, orders)
    replayed(stack, orders)


@pytest.mark.parametrize("go_on", [SAME, NEXT])
def test_killed_after_the_drop_was_moved_and_before_the_watermark(stack: Stack, go_on: str) -> None:
    orders = some_orders()[:2]
    leave(stack, orders)
    stack.control("sfcc", "POST", json={"latency_ms": 1000})
    victim = Victim(stack)
    victim.wait_for(acknowledging)
    with victim.ledger_locked():  # settle stands still when it notes that the drop was moved
        stack.control("sfcc", "DELETE")
        victim.wait_for(moved)
        assert victim.kill()["settle"] == "running"
    goes_on(stack, go_on)
    same_in_both(stack, orders)
    replayed(stack, orders)


def replayed(stack: Stack, orders: list[Order]) -> None:
    """Leave the same drops again, under their own names: everything is unchanged, nothing is written."""
    assert not list(stack.orders_folder.glob("*.xml*")), "a settled drop is moved aside"
    stack.control("netsuite", "POST", "/reset")
    leave(stack, orders)
    again = stack.run()
    assert again["extracted"] == again["unchanged"] == len(orders)
    assert stack.writes() == {}


def same_in_both(stack: Stack, orders: list[Order]) -> None:
    """Every order, deposit and customer is in NetSuite once, and comes to what the shop says."""
    landed = [each for each in stack.sales_orders() if (each["externalid"] or "").startswith("sfcc")]
    expected = {order.order_no: expect(order) for order in orders}
    assert Counter(each["otherrefnum"] for each in landed) == {
        number: len(each.shipments) for number, each in expected.items()
    }
    assert len({each["externalid"] for each in landed}) == len(landed)
    for number, each in expected.items():
        assert stack.landed(number) == (each.due, each.captured or Decimal(0)), number
    assert len({each["entity"] for each in landed}) == len(stack.customers_made()) == len(orders)
