"""What the shop must not be told, or does not take: nothing is lost, nothing undone, and a person learns of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cartage.errors import BatchError, RetryableError
from cartage.operators.accounting import needs_somebody
from cartage.records.outcome import Outcome

if TYPE_CHECKING:
    from tests.systems.sfcc.shipments.conftest import Loop


def codes(verdict: object) -> list[str]:
    return [each.code for each in verdict.complaints]  # type: ignore[attr-defined]


def test_an_order_that_the_shop_does_not_know_is_rejected(loop: Loop) -> None:
    sales_order = loop.warehouse.order("NOT-IN-SHOP", [("p1-NL-1000", "me", "NL-1000", 1)])
    elsewhere = loop.warehouse.order("PO-4711", [("", None, "NL-1000", 1)], adopted=True)
    loop.warehouse.ship(sales_order, numbers=["X"])
    loop.warehouse.ship(elsewhere, numbers=["Y"])
    told = loop.tell("NOT-IN-SHOP", "PO-4711")
    assert (told["NOT-IN-SHOP"].outcome, codes(told["NOT-IN-SHOP"])) == (Outcome.REJECTED, ["unknown_order"])
    assert (told["PO-4711"].outcome, codes(told["PO-4711"])) == (Outcome.SKIPPED, ["not_of_the_shop"])
    assert loop.feeds() == []
    again = loop.tell_again("NOT-IN-SHOP", "PO-4711")  # the task died before the ledger had the verdicts
    assert {key: (each.outcome, codes(each)) for key, each in again.items()} == {
        key: (each.outcome, codes(each)) for key, each in told.items()
    }


def test_nothing_is_unshipped(loop: Loop) -> None:
    order = loop.place()
    number = order["orderNo"]
    (sales_order,) = loop.land(order).values()
    fulfilment = loop.warehouse.ship(sales_order, numbers=["GONE"])
    loop.tell(number)
    loop.take_feeds()
    loop.warehouse.delete(fulfilment)
    verdict = loop.tell(number)[number]
    assert (verdict.outcome, codes(verdict)) == (Outcome.UNCHANGED, ["not_unshipped"])
    assert needs_somebody(verdict)
    shown = loop.order(number)
    assert (shown["shippingStatus"], shown["c_trackingNumbers"]) == ("shipped", ["GONE"])


def test_an_order_closed_before_anything_was_shipped(loop: Loop) -> None:
    order = loop.place()
    number = order["orderNo"]
    (sales_order,) = loop.land(order).values()
    loop.warehouse.close(sales_order)
    verdict = loop.tell(number)[number]
    assert (verdict.outcome, codes(verdict)) == (Outcome.QUARANTINED, ["cancelled_in_erp"])
    assert loop.order(number)["status"] == order["status"]

    loop.set(cancelled="cancel")
    assert loop.tell(number)[number].outcome is Outcome.UPDATED
    assert loop.order(number)["status"] == "cancelled"
    assert loop.tell(number)[number].outcome is Outcome.UNCHANGED


@pytest.mark.parametrize(("setting", "shown"), [("complete", "shipped"), ("report", "part_shipped")])
def test_an_order_closed_after_a_part_is_never_cancelled(loop: Loop, setting: str, shown: str) -> None:
    order = loop.place("several_lines")
    number = order["orderNo"]
    (sales_order,) = loop.land(order).values()
    loop.warehouse.ship(sales_order, {1: 1}, ["ONLY"])
    loop.warehouse.close(sales_order)
    loop.set(short=setting, cancelled="cancel")
    verdict = loop.tell(number)[number]
    loop.take_feeds()
    assert (verdict.outcome, codes(verdict)) == (Outcome.UPDATED, ["short_shipped"])
    assert needs_somebody(verdict), "what was paid and never shipped is refunded by a person, who must hear of it"
    seen = loop.order(number)
    assert (seen["shippingStatus"], seen["status"]) == (shown, order["status"])
    assert {each for each, _ in loop.states(number).values()} == {"shipped" if setting == "complete" else "not_shipped"}


@pytest.mark.parametrize("by", [("scapi", "feed"), ("feed",)])
@pytest.mark.parametrize("setting", ["complete", "report"])
def test_a_rest_that_is_closed_after_the_part_was_told_asks_somebody(
    loop: Loop, setting: str, by: tuple[str, ...]
) -> None:
    loop.set(short=setting, by=by)
    order = loop.place("several_lines")
    number = order["orderNo"]
    (sales_order,) = loop.land(order).values()
    loop.warehouse.ship(sales_order, {1: 1}, ["PART"])
    assert codes(loop.tell(number)[number]) == []
    loop.take_feeds()
    loop.warehouse.close(sales_order)
    verdict = loop.tell(number)[number]
    assert codes(verdict) == ["short_shipped"]
    assert needs_somebody(verdict)
    assert codes(loop.tell(number)[number]) == [], "it is said once"


def test_what_the_shop_cancelled_itself_is_no_errand_where_only_feeds_are_told(loop: Loop) -> None:
    """Its lines were closed in the ERP since the shop cancelled it: there is nothing left to tell."""
    loop.set(by=("feed",))
    order, other = loop.place(), loop.place()
    for each in (order, other):
        (sales_order,) = loop.land(each).values()
        loop.warehouse.close(sales_order)
    number = order["orderNo"]
    path = loop.sfcc.order_path(number, "/status")
    loop.sfcc.request("PUT", path, params={"siteId": "RefArch"}, body={"status": "cancelled"})
    told = loop.tell(number, other["orderNo"])
    assert told[number].outcome is Outcome.UNCHANGED
    assert (told[other["orderNo"]].outcome, codes(told[other["orderNo"]])) == (
        Outcome.QUARANTINED,
        ["cancelled_in_erp"],
    )


def test_what_the_shop_cancelled_is_not_shipped_by_us(loop: Loop) -> None:
    order = loop.place()
    number = order["orderNo"]
    (sales_order,) = loop.land(order).values()
    loop.warehouse.ship(sales_order, numbers=["LATE"])
    path = loop.sfcc.order_path(number, "/status")
    loop.sfcc.request("PUT", path, params={"siteId": "RefArch"}, body={"status": "cancelled"})
    verdict = loop.tell(number)[number]
    assert (verdict.outcome, codes(verdict)) == (Outcome.QUARANTINED, ["shop_order_cancelled"])
    assert loop.order(number)["shippingStatus"] == "not_shipped"
    assert loop.feeds() == []


@pytest.mark.parametrize(
    "fault",
    [
        {"match": "PUT */shipping-status", "status": 409, "times": 1},
        {"match": "PATCH *", "drop_after_commit": True, "times": 4},
    ],
)
def test_a_busy_shop_is_told_by_the_next_try(loop: Loop, fault: dict[str, object]) -> None:
    order, other = loop.place(), loop.place()
    (sales_order,), (another,) = loop.land(order).values(), loop.land(other).values()
    loop.warehouse.ship(sales_order, numbers=["TRY"])
    loop.warehouse.ship(another, numbers=["OTHER"])
    match = fault | {"match": str(fault["match"]).replace("*", f"*{order['orderNo']}", 1)}
    loop.shop.control(faults=[match])
    with pytest.raises(RetryableError):
        loop.tell(order["orderNo"], other["orderNo"])
    assert loop.order(other["orderNo"])["shippingStatus"] == "shipped"  # nobody waits for another's failure

    loop.forget()
    told = loop.tell_again(order["orderNo"], other["orderNo"])
    assert {each.outcome for each in told.values()} == {Outcome.UPDATED}
    loop.take_feeds()
    for number, tracking in ((order["orderNo"], "TRY"), (other["orderNo"], "OTHER")):
        assert loop.order(number)["shippingStatus"] == "shipped"
        assert {each for _, each in loop.states(number).values()} == {tracking}


def test_a_full_server_keeps_the_feed_back_and_nothing_else(loop: Loop) -> None:
    order = loop.place()
    number = order["orderNo"]
    (sales_order,) = loop.land(order).values()
    loop.warehouse.ship(sales_order, numbers=["FULL"])
    loop.shop.control(uploads=[{"match": "/inbound/shipments/*", "full": True, "after_bytes": 10}])
    with pytest.raises((RetryableError, BatchError)):
        loop.tell(number)
    assert loop.order(number)["shippingStatus"] == "shipped"
    assert loop.feeds() == []
    assert loop.tell_again(number)[number].outcome is Outcome.UPDATED
    loop.take_feeds()
    assert {each for _, each in loop.states(number).values()} == {"FULL"}


def test_a_dry_run_says_what_would_be_written_and_writes_nothing(loop: Loop) -> None:
    order = loop.place()
    number = order["orderNo"]
    (sales_order,) = loop.land(order).values()
    loop.warehouse.ship(sales_order, numbers=["DRY"])
    planned = {each.document.type: each for each in loop.plan(number)}
    assert {name: each.action for name, each in planned.items()} == {"order": "update", "shipments": "update"}
    assert {(each.field, each.there, each.sent) for each in planned["order"].compared} >= {
        ("shippingStatus", "not_shipped", "shipped"),
        ("c_trackingNumbers", None, "DRY"),
    }
    assert (loop.requests(), loop.feeds()) == ({}, [])
    assert loop.order(number) == order

    loop.shop.control(faults=[{"match": f"GET *{number}", "status": 400, "times": 1}])
    refused = loop.plan(number)
    assert {each.action for each in refused} == {"quarantine"}, "one order that is not shown costs the plan no other"
    assert {each.complaints[0].code for each in refused} == {"refused_by_the_shop"}


def test_what_the_job_skips_is_rejected_with_its_reason(loop: Loop) -> None:
    """The order is there, but not the shipment: REST takes the state, the feed's import skips the tracking number."""
    order, good = loop.place(), loop.place()
    number, other = order["orderNo"], good["orderNo"]
    (another,) = loop.land(good).values()
    loop.warehouse.ship(another, numbers=["GOOD"])
    sales_order = loop.warehouse.order(number, [("p1-NL-1000", "elsewhere", "NL-1000", 1)])
    loop.warehouse.ship(sales_order, numbers=["LOST"])
    logs = ["/inbound/shipments/archive", "/inbound/shipments/error"]
    imported = {"trigger": "job", "job": "cartage-import-shipments", "poll_seconds": 0.05, "logs": logs}
    loop.set(feed={"import": imported})
    told = loop.tell(number, other)
    assert (told[number].outcome, codes(told[number])) == (Outcome.REJECTED, ["unknown_shipment"])
    assert told[other].outcome is Outcome.UPDATED
    assert {each for _, each in loop.states(other).values()} == {"GOOD"}

    loop.shop.control(imports=[{"job": "cartage-import-shipments", "refuse": True}])
    loop.warehouse.ship(loop.warehouse.order(number, [("p2-NL-1000", "elsewhere", "NL-1000", 1)]), numbers=["MORE"])
    refused = loop.tell(number)[number]
    assert (refused.outcome, len(refused.complaints)) == (Outcome.REJECTED, 1)
