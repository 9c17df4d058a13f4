"""Orders by REST instead of by drops: windows, pages, polling for cancellations, a busy shop."""

from __future__ import annotations

import copy
import threading
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.sfcc.store import ShopStore
from sandbox.shop.oracle import expect
from sandbox.shop.orders import NOW, VARIETIES, newer, variety

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.shop.model import Order
    from tests.end_to_end.stack import Stack

QUICK = (
    "plain", "several_lines", "option", "bundle", "gift_certificate_sold", "product_discount", "order_discount_amount",
    "order_shipping_discount", "several_shipments", "pickup", "card_captured", "gift_certificate_tendered", "guest",
    "tax_items", "custom_attributes", "number_with_slashes",
)  # fmt: skip
CLOSED = ("CANCELLED", "REPLACED")


def by_rest(stack: Stack, *, page: int = 200) -> None:
    """Let the flow read by REST."""
    stack.setting("source: drops ", "source: api ")
    stack.setting("page_size: 200", f"page_size: {page}")
    stack.setting("revision_sent: once", "revision_sent: versions")


def place(stack: Stack, orders: Iterable[Order]) -> None:
    """Place orders, or new versions of orders, in the shop, without a drop."""
    store = ShopStore(stack.home / "sandbox")
    store.put(orders)
    store.close()


def shop_writes(stack: Stack) -> int:
    """Give how many requests to change an order the shop got since it was asked to forget."""
    counted = stack.control("sfcc", "GET")["requests"]
    return sum(count for name, count in counted.items() if name.split()[0] in ("PUT", "PATCH"))


def placeable(names: Iterable[str]) -> list[Order]:
    """Give orders of these varieties, on both sites, that the default settings take and that are open."""
    sites = ("RefArch", "RefArchUS")
    found = [variety(name, 1, site=sites[index % 2]) for index, name in enumerate(names)]
    return [each for each in found if expect(each).fate == "carried" and each.status not in CLOSED]


def differing(stack: Stack, orders: Iterable[Order]) -> dict[str, Any]:
    """Give the orders whose total in NetSuite is not what is due."""
    totals = stack.totals()
    due = {each.order_no: (each.varieties, expect(each).due) for each in orders}
    return {no: (totals.get(no), each) for no, each in due.items() if totals.get(no) != each[1]}


def test_orders_by_rest(stack: Stack) -> None:
    by_rest(stack, page=5)
    orders = placeable(QUICK)
    for order in orders[:12]:  # more than a page of one moment
        order.modified_at = NOW
    refused = variety("plain", 9, site="RefArch")
    refused.status = "CREATED"
    place(stack, [*orders, refused])
    faults = [{"match": "GET */orders", "status": status, "retry_after": 0, "times": 1} for status in (429, 503)]
    stack.control("sfcc", "POST", json={"faults": faults})

    counts = stack.run()
    assert (counts["created"], counts["skipped"]) == (len(orders), 1), stack.reasons()
    assert stack.verdicts()[f"RefArch/{refused.order_no}"].complaints[0].code == "order_status_not_taken"
    assert differing(stack, orders) == {}
    assert stack.shop_order(orders[0].order_no, "RefArch")["exportStatus"] == "exported"

    # Telling the shop of an order modifies it there: the next window holds all of them again.
    stack.control("netsuite", "POST", "/reset")
    stack.control("sfcc", "DELETE")
    counts = stack.run()
    assert counts["unchanged"] == counts["extracted"] == len(orders), stack.reasons()
    assert stack.writes() == {}
    assert shop_writes(stack) == 0, "what the shop knows it is not told again, or it would never come to rest"

    cancelled = copy.deepcopy(newer(orders[0], "cancelled", Random(1)))
    cancelled.modified_at = datetime.now(UTC)
    place(stack, [cancelled])
    assert stack.run()["updated"] == 1, stack.reasons()
    status = {each["otherrefnum"]: each["status"] for each in stack.sales_orders()}
    assert status[cancelled.order_no] in {"C", "H", "SalesOrd:C", "SalesOrd:H"}


@pytest.mark.slow
def test_every_variety_by_rest(stack: Stack) -> None:
    by_rest(stack)
    orders = placeable(VARIETIES)
    place(stack, orders)
    counts = stack.run()
    untold = [each for each in orders if "shipment_discount" in each.varieties]  # SCAPI leaves it out
    assert (counts["created"], counts["quarantined"]) == (len(orders) - len(untold), len(untold)), stack.reasons()
    for each in untold:
        complaint = stack.verdicts()[f"{each.site}/{each.order_no}"].complaints[0]
        assert complaint.code == "does_not_add_up"
    assert differing(stack, [each for each in orders if each not in untold]) == {}


def test_orders_modified_while_they_are_listed_are_neither_lost_nor_doubled(stack: Stack) -> None:
    by_rest(stack, page=3)
    orders = [variety("plain", seed, site="RefArch") for seed in range(10)]
    for index, order in enumerate(orders):
        order.modified_at = NOW + timedelta(minutes=index)
    place(stack, orders)
    stack.control("sfcc", "POST", json={"latency_ms": 150})
    stop = threading.Event()

    def shuffle() -> None:
        """Let the shop's own staff touch the orders again and again."""
        store = ShopStore(stack.home / "sandbox")
        for touched in range(1000):
            if stop.wait(0.05):
                break
            store.change("RefArch", orders[touched % len(orders)].order_no, {"c_checkedBy": "staff"})
        store.close()

    staff = threading.Thread(target=shuffle)
    staff.start()
    try:
        stack.run()
    finally:
        stop.set()
        staff.join()
    stack.control("sfcc", "DELETE")
    stack.run()
    numbers = sorted(each["otherrefnum"] for each in stack.sales_orders() if not each["otherrefnum"].startswith("LEG"))
    assert numbers == sorted(each.order_no for each in orders)
