"""A warehouse ships, and the shop's customer sees it: real SuiteQL, SCAPI and SFTP, and the shop's own import."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartage.records.outcome import Outcome

if TYPE_CHECKING:
    from pathlib import Path

    from tests.systems.sfcc.shipments.conftest import Loop

CARRIER = "STANDARD"
"""Name of the ERP's shipping method 101."""


def test_an_order_in_two_shipments_fulfilled_in_two_parts_ends_shipped(loop: Loop) -> None:
    order = loop.place("same_address_twice")
    number, (first, second) = order["orderNo"], [each["shipmentId"] for each in order["shipments"]]
    sales_orders = loop.land(order)

    loop.warehouse.ship(sales_orders[first], numbers=["1Z-FIRST"])
    assert loop.tell(number)[number].outcome is Outcome.UPDATED
    assert loop.take_feeds() == []
    assert loop.order(number)["shippingStatus"] == "part_shipped"
    assert loop.states(number) == {first: ("shipped", "1Z-FIRST"), second: ("not_shipped", None)}

    loop.warehouse.ship(sales_orders[second], numbers=["1Z-SECOND"])
    assert loop.tell(number)[number].outcome is Outcome.UPDATED
    assert loop.take_feeds() == []
    shown = loop.order(number)
    assert (shown["shippingStatus"], shown["c_trackingNumbers"]) == ("shipped", ["1Z-FIRST", "1Z-SECOND"])
    assert loop.states(number) == {first: ("shipped", "1Z-FIRST"), second: ("shipped", "1Z-SECOND")}
    assert shown["status"] == order["status"]  # completing it is a setting
    assert shown["c_trackingCarriers"] == [CARRIER], "by REST"
    assert [each["c_trackingCarrier"] for each in shown["shipments"]] == [CARRIER, CARRIER], "by the feed"


def test_one_shipment_in_two_parts_is_partly_shipped_until_the_second(loop: Loop) -> None:
    order = loop.place("several_lines")
    number, (shipment,) = order["orderNo"], [each["shipmentId"] for each in order["shipments"]]
    (sales_order,) = loop.land(order).values()

    loop.warehouse.ship(sales_order, {1: 1}, ["PART-1"])
    loop.tell(number)
    loop.take_feeds()
    assert loop.order(number)["shippingStatus"] == "part_shipped"
    assert loop.states(number) == {shipment: ("not_shipped", "PART-1")}

    loop.warehouse.ship(sales_order, numbers=["PART-2"])
    loop.set(complete=True)
    loop.tell(number)
    loop.take_feeds()
    shown = loop.order(number)
    assert (shown["shippingStatus"], shown["status"]) == ("shipped", "completed")
    assert shown["c_trackingNumbers"] == ["PART-1", "PART-2"]
    assert loop.states(number) == {shipment: ("shipped", "PART-1")}


def test_what_the_shop_knows_is_not_sent_again(loop: Loop, tmp_path: Path) -> None:
    order = loop.place()
    number = order["orderNo"]
    (sales_order,) = loop.land(order).values()
    loop.warehouse.ship(sales_order, numbers=["ONCE"])
    loop.tell(number)
    loop.take_feeds()

    loop.forget()
    assert loop.tell(number)[number].outcome is Outcome.UNCHANGED
    assert (loop.requests(), loop.feeds()) == ({}, [])

    loop.lose_ledger(tmp_path / "another.db")  # then the shop itself is looked at
    assert loop.tell(number)[number].outcome is Outcome.UNCHANGED
    assert (loop.requests(), loop.feeds()) == ({}, [])


def test_an_order_of_an_earlier_connector_is_told_of_its_only_shipment(loop: Loop) -> None:
    order = loop.place()
    number, shipment = order["orderNo"], order["shipments"][0]["shipmentId"]
    (sales_order,) = loop.land(order, adopted=True).values()
    loop.warehouse.ship(sales_order, numbers=["OLD-1", "OLD-2"])
    assert loop.tell(number)[number].outcome is Outcome.UPDATED
    loop.take_feeds()
    assert loop.states(number) == {shipment: ("shipped", "OLD-1")}
    assert loop.order(number)["c_trackingNumbers"] == ["OLD-1", "OLD-2"]
