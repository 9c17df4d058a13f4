"""The first day in an account that another connector has filled: what is left alone, and what is taken over."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

from sandbox.netsuite import people
from sandbox.shop.demo import legacy_order
from sandbox.shop.orders import NOW, newer, variety
from sandbox.shop.varieties import VARIETIES

if TYPE_CHECKING:
    from sandbox.shop.model import Order
    from tests.end_to_end.stack import Stack

HOUR = timedelta(hours=1)
CLOSED = {"C", "H", "SalesOrd:C", "SalesOrd:H"}


def legacy(index: int) -> Order:
    """Give the shop's side of an order that an earlier connector wrote, paid for since."""
    order = legacy_order(people.SEED_ORDERS[index], Random(index), NOW + timedelta(days=20))
    VARIETIES["card_captured"].change(order, Random(1))
    return order


def test_orders_from_before_the_start_are_skipped_by_name(stack: Stack) -> None:
    stack.setting("start_at: 2026-01-01T00:00:00Z", f"start_at: {NOW - timedelta(days=30):%Y-%m-%dT%H:%M:%SZ}")
    orders = [variety("plain", seed, site="RefArch") for seed in (1, 2, 3)]
    orders[0].placed_at = orders[0].modified_at = NOW - timedelta(days=30, seconds=1)
    orders[1].placed_at = orders[1].modified_at = NOW - timedelta(days=30)
    stack.deliver("RefArch", orders)
    counts = stack.run()
    assert (counts["created"], counts["skipped"]) == (2, 1), stack.reasons()
    complaint = stack.verdicts()[f"RefArch/{orders[0].order_no}"].complaints[0]
    assert complaint.code == "before_start"
    assert orders[0].order_no in complaint.message
    assert orders[0].order_no not in stack.totals()


def test_what_an_earlier_connector_wrote_is_taken_over(stack: Stack) -> None:
    before = {each["otherrefnum"]: each for each in stack.sales_orders()}
    ids = {number: before[number]["id"] for number in people.LEGACY_ORDER_NUMBERS}
    here, there = legacy(0), legacy(1)
    stack.deliver("RefArch", [here])
    stack.deliver("RefArchUS", [there])
    stack.control("netsuite", "POST", "/reset")
    counts = stack.run()
    assert counts["unchanged"] == counts["extracted"] == 2, stack.reasons()
    assert stack.writes() == {}, "nothing is rewritten, no customer changed, no deposit made a second time"
    for order in (here, there):
        verdict = stack.verdicts()[f"{order.site}/{order.order_no}"]
        assert verdict.target_id == ids[order.order_no]
        assert {each.code for each in verdict.complaints} & {"adopted", "adopted_differs"}
        number = before[order.order_no]["tranid"]
        assert stack.shop_order(order.order_no, order.site)["c_erpOrderNo"] == number

    stack.deliver("RefArch", [here, newer(variety("plain", 1, site="RefArch"), "address", Random(1))], NOW + HOUR)
    stack.control("netsuite", "POST", "/reset")
    counts = stack.run()
    assert (counts["unchanged"], counts["created"]) == (1, 1), "what was taken over stays as it is"
    assert "salesOrder update" not in stack.writes()

    cancelled = newer(here, "cancelled", Random(1))
    stack.deliver("RefArch", [cancelled], NOW + 2 * HOUR)
    assert stack.run()["updated"] == 1, stack.reasons()
    after = {each["otherrefnum"]: each for each in stack.sales_orders()}
    assert after[here.order_no]["status"] in CLOSED
    kept = ("id", "tranid", "externalid", "foreigntotal", "entity")
    assert {name: after[here.order_no][name] for name in kept} == {name: before[here.order_no][name] for name in kept}
    assert after[there.order_no] == before[there.order_no]


def test_adoption_can_be_switched_off(stack: Stack) -> None:
    stack.setting("adopt: true", "adopt: false")
    order = legacy(0)
    stack.deliver("RefArch", [order])
    assert stack.run()["created"] == 1
    assert sum(each["otherrefnum"] == order.order_no for each in stack.sales_orders()) == 2
