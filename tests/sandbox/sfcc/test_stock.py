"""Stock: what feeds set, what orders take, and what may be sold of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.sfcc.feeds import inventory, record

if TYPE_CHECKING:
    from decimal import Decimal

    from tests.sandbox.sfcc.feeds import Shop

SKU = "NL-1003"
ON_ORDER = "<default-instock>false</default-instock><on-order>true</on-order>"


def at(hour: int, minute: int = 0) -> str:
    return f"2026-03-01T{hour:02d}:{minute:02d}:00.000Z"


def allocation(units: int | str, moment: str | None = None, more: str = "") -> str:
    stamp = f"<allocation-timestamp>{moment}</allocation-timestamp>" if moment else ""
    return f"<allocation>{units}</allocation>{stamp}{more}"


def figures(shop: Shop, list_id: str, sku: str = SKU) -> tuple[Decimal, Decimal, Decimal]:
    """ATS, turnover, on-order."""
    found = shop.stock(list_id, sku)
    return found["ats"], found["inventory_turnover"], found["quantity_on_order"]


def buy(shop: Shop, list_id: str, quantity: int, status: int = 200, sku: str = SKU) -> dict[str, Any]:
    return shop.control("/sell", status, site="RefArch", sku=sku, quantity=quantity, list=list_id)


def test_nobody_buys_what_is_not_there(ours: Shop) -> None:
    ours.take("inventory", inventory("stock-1", record(SKU, allocation(5))))

    buy(ours, "stock-1", 3)
    refused = buy(ours, "stock-1", 3, status=409)

    assert refused["lines"] == [{"list": "stock-1", "sku": SKU, "quantity": 3, "available": 2}]
    assert figures(ours, "stock-1") == (2, 3, 0)
    buy(ours, "stock-1", 2)
    assert figures(ours, "stock-1") == (0, 5, 0)


def test_an_allocation_zeroes_only_the_turnover_from_before_its_moment(ours: Shop) -> None:
    for hour, units in ((8, 1), (10, 2), (12, 4)):
        ours.control("/clock", now=at(hour))
        if hour == 8:
            ours.take("inventory", inventory("stock-2", record(SKU, allocation(20, at(7)))))
        buy(ours, "stock-2", units)

    ours.take("inventory", inventory("stock-2", record(SKU, allocation(20, at(10)))))

    assert figures(ours, "stock-2") == (14, 6, 0), "the sale of 10:00 itself is not from before 10:00"
    ours.take("inventory", inventory("stock-2", record(SKU, allocation(20, at(10, 1)))))
    assert figures(ours, "stock-2") == (16, 4, 0)
    ours.control("/clock", now=at(13))
    ours.take("inventory", inventory("stock-2", record(SKU, allocation(20))))
    assert figures(ours, "stock-2") == (20, 0, 0), "without a moment it is now"
    assert ours.stock("stock-2", SKU)["allocation"]["reset_date"] == at(13)


@pytest.mark.parametrize(
    ("moment", "code"),
    [(at(9), "timestamp_backwards"), ("2026-02-27T11:59:00Z", "timestamp_backwards"), (at(15), "timestamp_in_future")],
)
def test_an_allocation_of_another_time_is_skipped(ours: Shop, moment: str, code: str) -> None:
    ours.control("/clock", now=at(12))
    list_id = f"stock-3-{moment}"
    ours.take("inventory", inventory(list_id, record(SKU, allocation(7, at(10)))))

    taken = ours.take(
        "inventory", inventory(list_id, record(SKU, allocation(9, moment, "<perpetual>true</perpetual>")))
    )

    assert taken.said("severity", "code", "product-id", "position", "skipped") == [("DATAERROR", code, SKU, 1, True)]
    assert (taken.folder, taken.execution["status"]) == ("archive", "OK"), "success does not mean complete"
    assert figures(ours, list_id) == (7, 0, 0)
    assert ours.stock(list_id, SKU)["perpetual_flag"] is False, "nothing of the element is imported"


def test_an_allocation_is_not_older_than_two_days(ours: Shop) -> None:
    ours.control("/clock", now=at(12))

    feed = record(SKU, allocation(1, "2026-02-27T12:00:00Z")) + record("NL-1004", allocation(1, "2026-02-27T11:59:59Z"))
    taken = ours.take("inventory", inventory("stock-4", feed))

    assert taken.said("code", "product-id") == [("timestamp_too_old", "NL-1004")]


def test_on_order_becomes_turnover_by_the_export(ours: Shop) -> None:
    ours.control("/clock", now=at(8))
    ours.take("inventory", inventory("stock-5", record(SKU, allocation(10, at(7))), ON_ORDER))
    first, second = buy(ours, "stock-5", 2)["order_no"], buy(ours, "stock-5", 3)["order_no"]
    assert figures(ours, "stock-5") == (5, 0, 5)
    ours.control("/clock", now=at(9))
    ours.scapi("PUT", f"{first}/export-status", {"status": "exported"})
    assert figures(ours, "stock-5") == (5, 2, 3)

    ours.take("inventory", inventory("stock-5", record(SKU, allocation(10, at(8, 30))), ON_ORDER))

    assert figures(ours, "stock-5") == (5, 2, 3), "exported at 9, placed at 8: it counts from 9"
    ours.control("/clock", now=at(10))
    ours.take("inventory", inventory("stock-5", record(SKU, allocation(10)), ON_ORDER))
    assert figures(ours, "stock-5") == (7, 0, 3), "an allocation leaves on-order alone"
    drops = ours.control("/export", site="RefArch")["drops"]
    assert figures(ours, "stock-5") == (7, 3, 0), "the shop's own export moves it too"
    for drop in drops:
        (ours.folder("").parent / "outbound" / "orders" / drop["name"]).unlink()
    assert ours.order(second)["exportStatus"] == "exported"


def test_what_a_cancelled_order_took_comes_back(ours: Shop) -> None:
    ours.control("/clock", now=at(8))
    ours.take("inventory", inventory("stock-6", record(SKU, allocation(10, at(7)))))
    ours.take("inventory", inventory("stock-7", record(SKU, allocation(10, at(7))), ON_ORDER))
    orders = {list_id: buy(ours, list_id, 4)["order_no"] for list_id in ("stock-6", "stock-7")}
    ours.control("/clock", now=at(9))
    ours.take("inventory", inventory("stock-6", record(SKU, allocation(6, at(8, 30)))))

    for order_no in orders.values():
        assert ours.scapi("PUT", f"{order_no}/status", {"status": "cancelled"}).status_code == 204
        assert ours.scapi("PUT", f"{order_no}/status", {"status": "cancelled"}).status_code == 204

    assert figures(ours, "stock-6") == (10, -4, 0), "given back at 9, though taken before the allocation of 8:30"
    assert figures(ours, "stock-7") == (10, 0, 0)
    movements = ours.look(f"/movements?list=stock-6&sku={SKU}")["movements"]
    assert [(each["quantity"], each["at"]) for each in movements] == [("4", at(8)), ("-4", at(9))]


def test_perpetual_and_backorder(ours: Shop) -> None:
    backorder = "<preorder-backorder-handling>{}</preorder-backorder-handling>"
    backorder += "<preorder-backorder-allocation>3</preorder-backorder-allocation>"
    backorder += "<in-stock-datetime>2026-09-01T00:00:00Z</in-stock-datetime>"
    feed = (
        record(SKU, "<perpetual>true</perpetual>")
        + record("NL-1004", allocation(1, more=backorder.format("backorder")))
        + record("NL-1005", allocation(1, more=backorder.format("none")))
    )
    ours.take("inventory", inventory("stock-8", feed))

    buy(ours, "stock-8", 1000)
    buy(ours, "stock-8", 4, sku="NL-1004")
    buy(ours, "stock-8", 2, 409, sku="NL-1005")

    stock = ours.stock("stock-8", "NL-1004")
    assert (stock["ats"], stock["stock_level"], stock["pre_order_back_order_handling"]) == (0, -3, "backorder")
    assert stock["in_stock_date"] == "2026-09-01T00:00:00.000Z"


def test_a_bundle_takes_what_is_in_it(ours: Shop) -> None:
    members = record("NL-1008", allocation(5)) + record("NL-1009", allocation(5))
    ours.take("inventory", inventory("stock-9", members + record("SET-CAMP", allocation(2))))
    only = "<default-instock>false</default-instock><use-bundle-inventory-only>true</use-bundle-inventory-only>"
    ours.take("inventory", inventory("stock-10", members + record("SET-CAMP", allocation(2)), only))

    for list_id in ("stock-9", "stock-10"):
        buy(ours, list_id, 2, sku="SET-CAMP")
        buy(ours, list_id, 1, 409, sku="SET-CAMP")

    assert [figures(ours, "stock-9", sku)[0] for sku in ("SET-CAMP", "NL-1008", "NL-1009")] == [0, 3, 1]
    assert [figures(ours, "stock-10", sku)[0] for sku in ("SET-CAMP", "NL-1008", "NL-1009")] == [0, 5, 5]


def test_what_was_sold_before_the_first_feed_is_known_to_it(ours: Shop) -> None:
    ours.control("/clock", now=at(8))
    ours.take("inventory", inventory("stock-11", "", "<default-instock>true</default-instock>"))
    buy(ours, "stock-11", 6)

    ours.control("/clock", now=at(9))
    ours.take("inventory", inventory("stock-11", record(SKU, allocation(10, at(7)))))

    assert figures(ours, "stock-11") == (4, 6, 0)


def test_a_line_without_a_list_takes_from_the_sites_own(ours: Shop) -> None:
    lists = ours.endpoints.sfcc["inventory_lists"]
    assert lists["sites"]["RefArchUS"] in lists["on_order"]
    ours.take("inventory", inventory("RefArchUS-inventory", record(SKU, allocation(5))))

    before = figures(ours, "RefArchUS-inventory")
    ours.control("/sell", site="RefArchUS", sku=SKU, quantity=2)

    assert figures(ours, "RefArchUS-inventory") == (before[0] - 2, 0, before[2] + 2)
