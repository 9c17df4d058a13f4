"""How far orders are shipped, read from fulfilments that a warehouse made in the sandbox's NetSuite."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from cartage.errors import BatchError, RetryableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.systems.netsuite.shipments.warehouse import Warehouse

    Read = Callable[..., dict[str, dict[str, Any]]]


def test_an_order_in_two_shipments_is_two_sales_orders_and_one_record(warehouse: Warehouse, read: Read) -> None:
    first = warehouse.order("T-1", [("p1-NL-1000", "me", "NL-1000", 2)], shipment="me")
    warehouse.order("T-1", [("p2-NL-1001", "gift", "NL-1001", 1)], shipment="gift")
    warehouse.ship(first, numbers=["1Z-A"])

    order = read()["T-1"]
    assert (order["key"], order["status"], order["closed"]) == ("RefArch/T-1", "PART_SHIPPED", False)
    assert len(json.loads(order["erp_ids"])) == 2
    shipments = {each["shipment_id"]: (each["status"], each["tracking_number"]) for each in order["shipments"]}
    assert shipments == {"me": ("SHIPPED", "1Z-A"), "gift": ("NOT_SHIPPED", None)}


def test_a_shipment_in_two_parts_is_shipped_with_the_second(warehouse: Warehouse, read: Read) -> None:
    order = warehouse.order("T-2", [("p1-NL-1000", "me", "NL-1000", 2), ("p2-NL-1001", "me", "NL-1001", 3)])
    warehouse.ship(order, {1: 2, 2: 1}, ["A1", "A2"])
    part = read()["T-2"]
    assert (part["status"], part["shipments"][0]["status"]) == ("PART_SHIPPED", "NOT_SHIPPED")
    assert [(each["line_id"], int(each["shipped"])) for each in part["lines"]] == [("p1-NL-1000", 2), ("p2-NL-1001", 1)]

    warehouse.ship(order, numbers=["B1"])
    whole = read()["T-2"]
    assert (whole["status"], whole["shipments"][0]["status"], whole["closed"]) == ("SHIPPED", "SHIPPED", True)
    assert [each["tracking_number"] for each in whole["packages"]] == ["A1", "A2", "B1"]
    assert json.loads(whole["packages"][0]["contents"]) == {"p1-NL-1000": "2", "p2-NL-1001": "1"}
    assert whole["packages"][0]["carrier"] == "STANDARD"
    assert whole["version"] >= part["version"]


def test_picked_and_packed_count_only_where_the_setting_says_so(warehouse: Warehouse, read: Read) -> None:
    order = warehouse.order("T-3", [("p1-NL-1000", "me", "NL-1000", 1)])
    fulfilment = warehouse.ship(order, status="A", numbers=["P1"])
    assert "T-3" not in read()
    assert read("T-3")["T-3"]["status"] == "NOT_SHIPPED"  # a person may ask for it all the same
    assert read(counts_as_shipped=("A", "B", "C"))["T-3"]["status"] == "SHIPPED"

    warehouse.set_status(fulfilment, "B")
    assert "T-3" not in read()
    assert read(counts_as_shipped=("B", "C"))["T-3"]["packages"][0]["tracking_number"] == "P1"

    warehouse.set_status(fulfilment, "C")
    assert read()["T-3"]["status"] == "SHIPPED"


def test_what_never_ships_holds_nothing_back(warehouse: Warehouse, read: Read) -> None:
    order = warehouse.order(
        "T-4",
        [
            ("p1-SET-CAMP", "me", "SET-CAMP", 2),
            ("o1.1-GIFT-WRAP", "me", "GIFT-WRAP", 1),
            ("g1-x", "email", "gift-certificate", 1),
        ],
    )
    warehouse.ship(order, {1: 1}, ["K1"])
    part = read()["T-4"]
    assert (part["status"], [int(each["shipped"]) for each in part["lines"]]) == ("PART_SHIPPED", [1, 0])

    warehouse.ship(order, {1: 1, 2: 1}, ["K2"])
    order_ = read()["T-4"]
    assert order_["status"] == "SHIPPED"
    assert [each["shipment_id"] for each in order_["shipments"]] == ["me"]  # of the certificate's, nothing ships
    assert {each["sku"] for each in order_["lines"]} == {"SET-CAMP", "GIFT-WRAP"}  # the kit, not its members


def test_an_order_closed_before_and_one_closed_after_a_part(warehouse: Warehouse, read: Read) -> None:
    never = warehouse.order("T-5", [("p1-NL-1000", "me", "NL-1000", 1)])
    warehouse.close(never)
    partly = warehouse.order("T-6", [("p1-NL-1000", "me", "NL-1000", 2), ("p2-NL-1001", "me", "NL-1001", 1)])
    warehouse.ship(partly, {1: 1}, ["S1"])
    warehouse.close(partly)

    found = read()
    states = {each: {flag: found[each][flag] for flag in ("cancelled", "short", "closed")} for each in ("T-5", "T-6")}
    assert states == {
        "T-5": {"cancelled": True, "short": False, "closed": True},
        "T-6": {"cancelled": False, "short": True, "closed": True},
    }
    assert (found["T-5"]["status"], found["T-6"]["status"]) == ("NOT_SHIPPED", "PART_SHIPPED")


def test_what_an_earlier_connector_wrote_counts_too(warehouse: Warehouse, read: Read, settings: Any) -> None:
    order = warehouse.order("T-7", [("", None, "NL-1000", 1)], adopted=True)
    warehouse.ship(order, numbers=["OLD"])
    found = read()["T-7"]
    assert (found["key"], found["status"], found["adopted"]) == ("RefArch/T-7", "SHIPPED", True)
    assert (found["shipments"], found["packages"][0]["tracking_number"]) == ([], "OLD")

    named = warehouse.order(
        "T-7b", [("", None, "NL-1000", 1)], adopted=True, externalId="sfcc_5fnetsuite-_52ef_41rch-so-_54-7b"
    )
    warehouse.ship(named)
    assert read("T-7b")["T-7b"]["adopted"] is False  # ours, by its external id, though its fields do not say so

    orders = settings.orders.model_copy(update={"adopt": False})
    assert "T-7" not in read(more={"orders": orders})


def test_an_order_of_which_nothing_was_shipped_is_not_read(warehouse: Warehouse, read: Read) -> None:
    order = warehouse.order("T-8", [("p1-NL-1000", "me", "NL-1000", 1)])
    assert "T-8" not in read()
    fulfilment = warehouse.ship(order)
    assert read()["T-8"]["status"] == "SHIPPED"
    assert read()["T-8"]["packages"] == []  # shipped without a tracking number
    warehouse.delete(fulfilment)
    assert "T-8" not in read()


def test_a_window_that_is_over_holds_nothing(warehouse: Warehouse, read: Read) -> None:
    order = warehouse.order("T-9", [("p1-NL-1000", "me", "NL-1000", 1)])
    warehouse.ship(order)
    long_ago = datetime.now(UTC) - timedelta(days=2)
    assert not read(since=long_ago, until=long_ago + timedelta(hours=2))
    assert "T-9" in read(since=long_ago)


def test_the_accounts_zone_moves_no_window(warehouse: Warehouse, read: Read) -> None:
    order = warehouse.order("T-10", [("p1-NL-1000", "me", "NL-1000", 1)])
    warehouse.ship(order)
    reference = read()["T-10"]
    try:
        for zone in ("America/Los_Angeles", "Pacific/Kiritimati"):
            warehouse.control(time_zone=zone)
            known = read(more={"erp_zone": zone, "overlap_minutes": 0})
            assert known["T-10"]["version"] == reference["version"], zone
            assert "T-10" in read(more={"erp_zone": None, "overlap_minutes": 0}), zone  # nobody said which zone it is
    finally:
        warehouse.control(time_zone="UTC")


@pytest.mark.parametrize("fault", ["lose_rows", "repeat_rows"])
def test_a_page_that_loses_rows_never_makes_an_order_shipped(warehouse: Warehouse, read: Read, fault: str) -> None:
    number = f"T-11-{fault}"
    order = warehouse.order(number, [("p1-NL-1000", "me", "NL-1000", 1), ("p2-NL-1001", "me", "NL-1001", 1)])
    warehouse.ship(order, {1: 1})
    for skip in (2, 4, 8):
        warehouse.control(faults=[{"match": "POST /query/v1/suiteql", fault: 2, "skip": skip, "times": 1}])
        try:
            assert read(number)[number]["status"] == "PART_SHIPPED", skip
        except (BatchError, RetryableError):
            pass  # to be read again is right, too
        finally:
            warehouse.reset()
