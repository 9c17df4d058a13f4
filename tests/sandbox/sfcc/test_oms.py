"""What shops with Order Management take: status events by SCAPI, and updates of shipping orders by feed."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from lxml import etree

if TYPE_CHECKING:
    import requests

    from tests.sandbox.sfcc.feeds import Shop

XSD = (
    Path(__file__).resolve().parents[3].parent / "shared" / "contracts" / "sfcc" / "xsd" / "shippingorderupdatefeed.xsd"
)
NIL = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"'
SEEDS = itertools.count(800)
FULFILMENT = {
    "id": "900-1", "occurredAt": "2026-11-20T23:00:00Z", "type": "shipped", "trackingNumber": "1Z", "carrier": "DHL",
    "trackingUrl": "https://track.example/1Z", "lineItems": [{"id": "pli", "quantity": 2}],
}  # fmt: skip
ADJUSTMENT = {
    "id": "ret-1", "type": "return", "occurredAt": "2026-11-20T23:00:00+01:00", "status": "completed",
    "lineItems": [{"id": "pli", "quantity": -1}], "totals": [{"type": "total", "amount": -1999, "displayText": "Refund"}],
}  # fmt: skip


def place(shop: Shop, *varieties: str) -> dict[str, Any]:
    answer = shop.control("/orders", site="RefArch", seed=next(SEEDS), varieties=list(varieties))
    return shop.order(answer["orders"][0]["order_no"])


@pytest.fixture(scope="module")
def order(signed_in_shop: Shop) -> dict[str, Any]:
    signed_in_shop.authorise()
    signed_in_shop.orders_token = ""
    return place(signed_in_shop)


def send(shop: Shop, number: str, body: Any) -> requests.Response:
    return shop.scapi("POST", f"{number}/oms-status-events", body)


class TestEvents:
    def test_subscribers_get_what_was_sent(self, ours: Shop) -> None:
        order = place(ours)
        line = order["productItems"][0]
        event = {**FULFILMENT, "lineItems": [{"id": line["itemId"], "quantity": 1}, {"id": "nothing", "quantity": 0}]}

        answer = send(ours, order["orderNo"], {"omsOrderId": "SO1", "fulfillmentEvent": event})

        assert (answer.status_code, answer.content) == (202, b"")
        (told,) = ours.look(f"/oms-events?site=RefArch&order={order['orderNo']}")["events"]
        assert told["event"] == {"omsOrderId": "SO1", "fulfillmentEvent": event}
        assert (told["products"], told["orderNo"]) == ([line["productId"], None], order["orderNo"])
        assert ours.order(order["orderNo"]) == order  # it changes nothing of the order

    def test_what_need_not_be_there(self, ours: Shop, order: dict[str, Any]) -> None:
        waiting = {name: FULFILMENT[name] for name in ("id", "occurredAt", "lineItems")} | {"type": "processing"}
        for body in ({"adjustment": ADJUSTMENT}, {"fulfillmentEvent": waiting}):
            assert send(ours, order["orderNo"], body).status_code == 202

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            ({}, "Exactly one"),
            ({"fulfillmentEvent": FULFILMENT, "adjustment": ADJUSTMENT}, "Exactly one"),
            ({"fulfillmentEvent": FULFILMENT, "more": 1}, "'$.more' is not known"),
            ({"fulfillmentEvent": {**FULFILMENT, "more": 1}}, "'$.fulfillmentEvent.more' is not known"),
            ({"fulfillmentEvent": {k: v for k, v in FULFILMENT.items() if k != "lineItems"}}, "lineItems' is required"),
            (
                {"fulfillmentEvent": {k: v for k, v in FULFILMENT.items() if k != "trackingNumber"}},
                "trackingNumber' is req",
            ),
            (
                {"fulfillmentEvent": {k: v for k, v in FULFILMENT.items() if k != "trackingUrl"}},
                "trackingUrl' is required",
            ),
            ({"fulfillmentEvent": {**FULFILMENT, "trackingUrl": "track"}}, "trackingUrl' must be a URI"),
            ({"fulfillmentEvent": {**FULFILMENT, "trackingNumber": ""}}, "trackingNumber' must be a text of 1 to 256"),
            ({"fulfillmentEvent": {**FULFILMENT, "occurredAt": "2026-11-20T23:00:00"}}, "must be a date-time"),
            ({"fulfillmentEvent": {**FULFILMENT, "lineItems": []}}, "a list of 1 to 200"),
            (
                {"fulfillmentEvent": {**FULFILMENT, "lineItems": [{"id": "x", "quantity": "2"}]}},
                "lineItems[0].quantity'",
            ),
            ({"fulfillmentEvent": {**FULFILMENT, "lineItems": [{"id": "x", "quantity": -1}]}}, "from 0 on"),
            ({"adjustment": {**ADJUSTMENT, "status": "done"}}, "one of pending, completed, failed"),
            ({"adjustment": {**ADJUSTMENT, "totals": [{"type": "tax", "amount": 1.5}]}}, "totals[0].amount'"),
            ({"omsOrderId": None, "adjustment": ADJUSTMENT}, "'$.omsOrderId' must be a text"),
        ],
    )
    def test_what_the_specification_forbids(self, ours: Shop, order: dict[str, Any], body: Any, words: str) -> None:
        answer = send(ours, order["orderNo"], body)
        assert answer.status_code == 400
        assert answer.json()["type"].endswith("/bad-request")
        assert words in answer.json()["detail"]

    def test_an_order_that_nobody_has(self, ours: Shop) -> None:
        assert send(ours, "nobody", {"fulfillmentEvent": FULFILMENT}).status_code == 404
        assert ours.look("/oms-events?order=nobody") == {"events": []}


def feed(*orders: str) -> str:
    inner = "\n".join(f"<shipping_order>{each}</shipping_order>" for each in orders)
    space = "urn:demandware.com:oms:shipping_order_status_feed:99.9"
    made = f'<shipping_order_status_feed xmlns="{space}"><shipping_orders>{inner}</shipping_orders></shipping_order_status_feed>'
    if XSD.exists():
        etree.XMLSchema(etree.parse(XSD)).assertValid(etree.fromstring(made))
    return made


def update(number: str, status: str = "shipped", parcel: str = "1Z", items: str = "") -> str:
    return (
        f"<shipping_order_number>{number}</shipping_order_number><status>{status}</status><items>{items}</items>"
        f"<tracking_infos><tracking_info><carrier>DHL</carrier><id>p1</id><ship_date {NIL}/>"
        f"<tracking_number>{parcel}</tracking_number></tracking_info></tracking_infos>"
    )


class TestShippingOrders:
    def test_an_order_is_shipped_when_all_its_shipping_orders_are(self, ours: Shop) -> None:
        order = place(ours, "same_address_twice")
        number, (first, second) = order["orderNo"], [each["shipmentId"] for each in order["shipments"]]
        product = next(each["productId"] for each in order["productItems"] if each["shipmentId"] == first)
        item = f"<item><product_id>{product}</product_id><quantity>1</quantity><status>shipped</status></item>"

        assert ours.take("shipments", feed(update(f"{number}-{first}", items=item)), name="RefArch_1.xml").lines == []
        part = ours.order(number)
        again = feed(update(f"{number}-{first}", "warehouse", "2Z"), update(f"{number}-{second}", parcel="3Z"))
        assert ours.take("shipments", again, name="RefArch_2.xml").lines == []
        whole = ours.order(number)

        def states(order: dict[str, Any]) -> list[tuple[str, str | None]]:
            return [(each["shippingStatus"], each.get("trackingNumber")) for each in order["shipments"]]

        assert (part["shippingStatus"], states(part)) == ("part_shipped", [("shipped", "1Z"), ("not_shipped", None)])
        assert (whole["shippingStatus"], states(whole)) == ("shipped", [("shipped", "2Z"), ("shipped", "3Z")])
        told = ours.look(f"/shipping-orders?order={number}")["shipping_orders"]
        assert [(each["shipping_order_number"], each["tracking_infos"][0]["carrier"]) for each in told] == [
            (f"{number}-{first}", "DHL"), (f"{number}-{second}", "DHL"),
        ]  # fmt: skip

    def test_what_is_wrong_is_skipped_by_its_number(self, ours: Shop) -> None:
        order, cancelled = place(ours), place(ours)
        ours.scapi("PUT", f"{cancelled['orderNo']}/status", {"status": "cancelled"})
        number = f"{order['orderNo']}-{order['shipments'][0]['shipmentId']}"
        gone = f"{cancelled['orderNo']}-{cancelled['shipments'][0]['shipmentId']}"
        stranger = "<item><product_id>NO-SUCH</product_id></item>"
        wrong = f"<shipping_order_number>{number}</shipping_order_number><status>lost</status>"

        taken = ours.take(
            "shipments",
            feed(update("nobody-me"), update(gone), update(number, items=stranger)).replace(
                "</shipping_orders>", f"<shipping_order>{wrong}</shipping_order></shipping_orders>"
            ),
            name="RefArch_3.xml",
        )

        assert taken.said("element", "code", "shipping-order-number") == [
            ("shipping_order", "unknown_shipping_order", "nobody-me"), ("shipping_order", "order_cancelled", gone),
            ("shipping_order", "unknown_item", number), ("shipping_order", "invalid", number),
        ]  # fmt: skip
        assert ours.order(order["orderNo"])["shippingStatus"] == "not_shipped"

    def test_another_document_is_refused(self, ours: Shop) -> None:
        assert ours.take("shipments", feed(update("x-y")).replace("shipping_orders>", "orders>")).folder == "error"
