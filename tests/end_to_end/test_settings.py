"""Other settings than the shipped ones, changed settings and mappings, and from when on they hold."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Any

from sandbox.shop.oracle import expect
from sandbox.shop.orders import NOW, VARIETIES, newer, variety

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.shop.model import Order
    from tests.end_to_end.stack import Stack

HOUR = timedelta(hours=1)
LINES = {
    "discounts: netted ": "discounts: item_line ",
    "options: line ": "options: memo ",
    "bundles: kit ": "bundles: exploded ",
    "shipping: header ": "shipping: item_line ",
    "gift_certificate_tender: negative_line ": "gift_certificate_tender: deposit ",
    "addresses: order_per_shipment ": "addresses: multi_ship_to ",
}
HEADER = {
    "discounts: netted ": "discounts: header ",
    "tax: suitetax ": "tax: tax_line ",
    "place: line}": "place: header}",
    "addresses: order_per_shipment ": "addresses: multi_ship_to ",
}
ERP = {"tax: suitetax ": "tax: erp ", "bundles: kit ": "bundles: exploded "}
MOVED = (
    "several_lines", "option", "bundle", "bonus_line", "gift_certificate_sold", "product_discount", "shipment_discount",
    "order_discount_percent", "order_shipping_discount", "several_shipments", "pickup_and_delivery", "card_captured",
    "gift_certificate_tendered", "gift_certificate_whole", "mixed_rates", "option_discount",
)  # fmt: skip


def change(stack: Stack, settings: dict[str, str]) -> None:
    """Change several settings."""
    for old, new in settings.items():
        stack.setting(old, new)


def carried(names: tuple[str, ...], seed: int) -> list[Order]:
    """Give orders of these varieties, on both sites, that the default settings take."""
    sites = ("RefArch", "RefArchUS")
    found = [variety(name, seed, site=sites[index % 2]) for index, name in enumerate(names)]
    return [each for each in found if expect(each).fate == "carried" and each.status not in ("CANCELLED", "REPLACED")]


def run_of(stack: Stack, orders: list[Order], hours: int = 0) -> dict[str, int]:
    """Leave orders as a drop for each site and run the flow."""
    for site in ("RefArch", "RefArchUS"):
        stack.deliver(site, [each for each in orders if each.site == site], NOW + hours * HOUR)
    return stack.run()


def differing(stack: Stack, orders: list[Order], due: Callable[[Any], Any]) -> dict[str, Any]:
    """Give the orders whose total in NetSuite is not what is due."""
    totals = stack.totals()
    return {
        each.order_no: (each.varieties, totals.get(each.order_no), due(expect(each)))
        for each in orders
        if totals.get(each.order_no) != due(expect(each))
    }


def test_discounts_shipping_options_and_bundles_as_lines(stack: Stack) -> None:
    change(stack, LINES | {"revision_sent: once": "revision_sent: versions"})
    orders = carried(tuple(VARIETIES), 23)
    assert run_of(stack, orders)["created"] == len(orders), stack.reasons()
    assert differing(stack, orders, lambda expected: expected.total.gross) == {}
    tendered = next(each for each in orders if "gift_certificate_tendered" in each.varieties)
    expected = expect(tendered)
    assert stack.landed(tendered.order_no)[1] == expected.certificates_tendered + expected.captured
    several = next(each for each in orders if "several_shipments" in each.varieties)
    assert sum(each["otherrefnum"] == several.order_no for each in stack.sales_orders()) == 1

    moved = [newer(each, "address", Random(1)) for each in orders if set(each.varieties) & set(MOVED)]
    assert len(moved) >= len(MOVED)
    assert run_of(stack, moved, hours=1)["updated"] == len(moved), stack.reasons()
    assert differing(stack, moved, lambda expected: expected.total.gross) == {}


def test_discounts_in_the_header_and_taxes_as_lines(stack: Stack) -> None:
    change(stack, HEADER)
    orders = carried(tuple(VARIETIES), 23)
    assert run_of(stack, orders)["created"] == len(orders), stack.reasons()
    assert differing(stack, orders, lambda expected: expected.due) == {}


def test_taxes_by_netsuite(stack: Stack) -> None:
    change(stack, ERP)
    stack.control("netsuite", "POST", json={"tax_rounding": "0.05"})
    orders = carried(("plain", "bundle", "product_discount", "several_quantity"), 24)
    assert run_of(stack, orders)["created"] == len(orders), stack.reasons()
    query = "SELECT id, otherrefnum, custbody_ctg_variance_total AS variance FROM transaction WHERE type = 'SalesOrd'"
    variances = {each["otherrefnum"]: each.get("variance") for each in stack.netsuite.suiteql(query, key="id")}
    totals, verdicts = stack.totals(), stack.verdicts()
    for order in orders:
        variance = totals[order.order_no] - expect(order).due
        assert variance, "NetSuite rounds in its own way here"
        assert Decimal(variances[order.order_no] or 0) == variance, "the variance is kept on the order"
        codes = [each.code for each in verdicts[f"{order.site}/{order.order_no}"].complaints]
        assert codes == ["total_differs"]
        assert stack.ledger.quarantine.open("sfcc_netsuite") == [], "and nobody is asked about them"
        assert status_of(stack, order) == "B", "taxes that NetSuite was asked for hold no order up"


def memo_of(stack: Stack, order: Order) -> str | None:
    """Give the memo of a plain order's sales order."""
    query = f"SELECT id, memo FROM transaction WHERE type = 'SalesOrd' AND otherrefnum = '{order.order_no}'"
    (found,) = stack.netsuite.suiteql(query, key="id", columns=["id", "memo"])
    return found["memo"]


def status_of(stack: Stack, order: Order) -> str:
    """Give the status of a plain order's sales order."""
    return str(next(each["status"] for each in stack.sales_orders() if each["otherrefnum"] == order.order_no))[-1]


@contextmanager
def once_a_run_is_open(stack: Stack, act: Callable[[], object]) -> Iterator[None]:
    """Do something in the middle of the next run."""
    stop = threading.Event()

    def wait() -> None:
        while not stop.wait(0.02):
            if stack.ledger.runs.still_open("sfcc_netsuite", "orders"):
                act()
                return

    watching = threading.Thread(target=wait)
    watching.start()
    try:
        yield
    finally:
        stop.set()
        watching.join()


def test_changes_hold_from_the_next_run(stack: Stack) -> None:
    orders = [variety("plain", seed, site="RefArch") for seed in range(3)]
    path = stack.include / "mappings" / "netsuite" / "order.yaml"
    shipped = path.read_text(encoding="utf-8")
    with_memo = lambda words: shipped.replace("toBePrinted:", f'memo: {{const: "{words}"}}\n  toBePrinted:')  # noqa: E731

    def edit() -> None:
        path.write_text(with_memo("of the file"), encoding="utf-8")

    def revise() -> None:
        save = stack.ledger.revisions.save
        save("mapping", "netsuite/order", with_memo("of a revision"), author="tests", parent=None)
        pending = "settings: {sites: {RefArch: {order_status: A}}}"
        save("settings", "sfcc_netsuite", pending, author="tests", parent=None)

    # What changes while a run is under way is not that run's: it keeps what it began with.
    with once_a_run_is_open(stack, edit):
        run_of(stack, orders[:1])
    assert "of the file" in path.read_text(encoding="utf-8")
    with once_a_run_is_open(stack, revise):
        run_of(stack, orders[1:2], hours=1)
    assert stack.ledger.revisions.latest("settings", "sfcc_netsuite") is not None
    run_of(stack, orders[2:], hours=2)
    assert [memo_of(stack, each) for each in orders] == [None, "of the file", "of a revision"]
    assert [status_of(stack, each) for each in orders] == ["B", "B", "A"]
    runs = stack.ledger.runs.recent("sfcc_netsuite", "orders", limit=3)
    assert len({each.settings_digest for each in runs}) == 3
