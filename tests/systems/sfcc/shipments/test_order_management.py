"""Shops with Order Management: shipping orders by feed and status events by SCAPI, from the warehouse to who subscribed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cartage.errors import RetryableError
from cartage.operators.accounting import needs_somebody
from cartage.records.outcome import Outcome

if TYPE_CHECKING:
    from tests.systems.sfcc.shipments.conftest import Loop

URLS = {"default": "https://track.example/{number}"}


def told(loop: Loop, number: str) -> list[dict[str, Any]]:
    """Give the events that the shop's subscribers got of an order."""
    return list(loop.shop.look(f"/oms-events?site=RefArch&order={number}")["events"])


def shipping_orders(loop: Loop, number: str) -> list[dict[str, Any]]:
    return list(loop.shop.look(f"/shipping-orders?order={number}")["shipping_orders"])


def test_subscribers_learn_of_each_parcel_once(loop: Loop) -> None:
    loop.set(by=("events",), tracking_urls=URLS)
    order = loop.place("several_lines")
    number = order["orderNo"]
    (sales_order,) = loop.land(order).values()

    loop.warehouse.ship(sales_order, {1: 1}, ["EV-1"])
    assert loop.tell(number)[number].outcome is Outcome.UPDATED
    loop.warehouse.ship(sales_order, numbers=["EV-2", "EV-3"])
    assert loop.tell(number)[number].outcome is Outcome.UPDATED
    assert loop.tell(number)[number].outcome is Outcome.UNCHANGED

    events = told(loop, number)
    sent = [each["event"]["fulfillmentEvent"] for each in events]
    assert [each["trackingNumber"] for each in sent] == ["EV-1", "EV-2", "EV-3"]
    assert {each["trackingUrl"] for each in sent} == {f"https://track.example/EV-{number}" for number in (1, 2, 3)}
    assert {each["type"] for each in sent} == {"shipped"}
    assert len({each["id"] for each in sent}) == 3
    # Lines are named as the shop's REST does, so that a subscriber can look them up.
    products = {each["itemId"]: each["productId"] for each in order["productItems"]}
    for each in events:
        lines = [line["id"] for line in each["event"]["fulfillmentEvent"]["lineItems"]]
        assert each["products"] == [products[line] for line in lines]
    first = order["productItems"][0]["itemId"]
    assert sent[0]["lineItems"] == [{"id": first, "quantity": 1}]
    assert loop.order(number)["shippingStatus"] == "not_shipped"  # events alone change nothing of the order


def test_lines_that_rest_has_no_id_of_hold_no_event_back(loop: Loop) -> None:
    """Options and members of bundles have none, and travel with their product; of nothing but such a person hears."""
    loop.set(by=("events",), tracking_urls=URLS)
    order = loop.place("option")
    number, (product, *_) = order["orderNo"], order["productItems"]
    line = (f"p{product['position']}-{product['productId']}", product["shipmentId"], "NL-1000", 1)
    option = (f"o{product['position']}.1-EXTRA", product["shipmentId"], "NL-1001", 1)
    sales_order = loop.warehouse.order(number, [line, option])
    loop.warehouse.ship(sales_order, {1: 1, 2: 1}, ["BOTH"])
    assert loop.tell(number)[number].outcome is Outcome.UPDATED
    (event,) = told(loop, number)
    assert event["event"]["fulfillmentEvent"]["lineItems"] == [{"id": product["itemId"], "quantity": 1}]

    loop.warehouse.ship(loop.warehouse.order(number, [option]), numbers=["ALONE"])
    verdict = loop.tell(number)[number]
    assert [each.code for each in verdict.complaints] == ["event_without_lines"]
    assert needs_somebody(verdict)
    assert len(told(loop, number)) == 1


def test_events_go_beside_the_other_ways(loop: Loop) -> None:
    loop.set(by=("scapi", "feed", "events"), tracking_urls=URLS)
    order = loop.place()
    number = order["orderNo"]
    (sales_order,) = loop.land(order).values()
    loop.warehouse.ship(sales_order, numbers=["ALL"])
    assert loop.tell(number)[number].outcome is Outcome.UPDATED
    assert loop.take_feeds() == []
    assert loop.order(number)["shippingStatus"] == "shipped"
    assert {each for _, each in loop.states(number).values()} == {"ALL"}
    assert len(told(loop, number)) == 1


def test_an_event_that_the_shop_refuses_is_rejected_and_one_it_could_not_take_is_sent_again(loop: Loop) -> None:
    loop.set(by=("events",), tracking_urls={"default": "no address {number}"})
    order = loop.place()
    number = order["orderNo"]
    (sales_order,) = loop.land(order).values()
    loop.warehouse.ship(sales_order, numbers=["BAD"])
    verdict = loop.tell(number)[number]
    assert (verdict.outcome, verdict.complaints[0].code) == (Outcome.REJECTED, "refused_by_the_shop")

    loop.set(tracking_urls=URLS)
    loop.shop.control(faults=[{"match": f"POST *{number}/oms-status-events", "status": 503, "times": 9}])
    with pytest.raises(RetryableError):
        loop.tell(number)
    loop.forget()
    assert loop.tell_again(number)[number].outcome is Outcome.UPDATED
    assert [each["event"]["fulfillmentEvent"]["trackingNumber"] for each in told(loop, number)] == ["BAD"]


def test_shipping_orders_are_updated_by_their_feed(loop: Loop) -> None:
    loop.set(by=("feed",), feed={"form": "shipping_order"})
    order = loop.place("same_address_twice")
    number, (first, second) = order["orderNo"], [each["shipmentId"] for each in order["shipments"]]
    sales_orders = loop.land(order, sku=None)

    loop.warehouse.ship(sales_orders[first], numbers=["UP-1", "UP-1B"])
    assert loop.tell(number)[number].outcome is Outcome.UPDATED
    assert loop.take_feeds() == []
    assert loop.order(number)["shippingStatus"] == "part_shipped"
    assert loop.states(number) == {first: ("shipped", "UP-1"), second: ("not_shipped", None)}

    loop.warehouse.ship(sales_orders[second], numbers=["UP-2"])
    assert loop.tell(number)[number].outcome is Outcome.UPDATED
    assert loop.take_feeds() == []
    assert loop.order(number)["shippingStatus"] == "shipped"
    assert loop.states(number) == {first: ("shipped", "UP-1"), second: ("shipped", "UP-2")}
    parcels = {
        each["shipping_order_number"]: [parcel["tracking_number"] for parcel in each["tracking_infos"]]
        for each in shipping_orders(loop, number)
    }
    assert parcels == {f"{number}-{first}": ["UP-1", "UP-1B"], f"{number}-{second}": ["UP-2"]}
    assert loop.tell(number)[number].outcome is Outcome.UNCHANGED


def test_a_shipping_order_that_the_shop_skips_is_rejected(loop: Loop) -> None:
    loop.looks = False
    job = {"trigger": "job", "job": "cartage-import-shipments", "poll_seconds": 0.05}
    for import_ in (job, {**job, "logs": ["/inbound/shipments/archive", "/inbound/shipments/error"]}):
        # By the job's log over WebDAV, and by the file that the step leaves.
        loop.set(by=("feed",), feed={"form": "shipping_order", "import": import_})
        order, other = loop.place(), loop.place()
        (sales_order,), (another,) = loop.land(order, sku=None).values(), loop.land(other, sku=None).values()
        loop.warehouse.ship(sales_order, numbers=["NO"])
        loop.warehouse.ship(another, numbers=["YES"])
        path = loop.sfcc.order_path(order["orderNo"], "/status")
        loop.sfcc.request("PUT", path, params={"siteId": "RefArch"}, body={"status": "cancelled"})
        verdicts = loop.tell(order["orderNo"], other["orderNo"])
        refused = verdicts[order["orderNo"]]
        assert refused.outcome is Outcome.REJECTED
        assert "was cancelled or failed" in refused.complaints[0].message
        assert verdicts[other["orderNo"]].outcome is Outcome.UPDATED
