"""Orders from the shop's SFTP folder into NetSuite, through every layer, as a data engineer would run it."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

import pytest

from sandbox.shop.bad import BAD_DROPS, bad_drop
from sandbox.shop.delivery import deliver
from sandbox.shop.oracle import expect
from sandbox.shop.orders import NOW, newer, random_orders, variety

if TYPE_CHECKING:
    from tests.end_to_end.stack import Stack


def test_orders_arrive_once_and_to_the_cent(stack: Stack) -> None:
    orders = [variety("plain", seed, site="RefArch") for seed in range(5)]
    orders += [variety("several_lines", seed, site="RefArch") for seed in range(5)]
    stack.deliver("RefArch", orders)

    first = stack.run()
    assert first["extracted"] == first["created"] == 10
    assert stack.totals().items() >= {order.order_no: expect(order).due for order in orders}.items()
    landed = {each["otherrefnum"]: each for each in stack.sales_orders()}
    for order in orders:
        seen = stack.shop_order(order.order_no, "RefArch")
        assert (seen["exportStatus"], seen["c_erpOrderNo"]) == ("exported", landed[order.order_no]["tranid"])
    window = stack.ledger.runs.last_settled_window("sfcc_netsuite", "orders")
    assert not list(stack.orders_folder.glob("*.xml*")), "a settled drop is moved aside"
    assert len(list((stack.orders_folder / "archive").iterdir())) == 1

    stack.control("netsuite", "POST", "/reset")
    stack.deliver("RefArch", orders, NOW + timedelta(hours=1))
    again = stack.run()
    assert again["extracted"] == again["unchanged"] == 10
    assert stack.writes() == {}
    assert stack.ledger.runs.last_settled_window("sfcc_netsuite", "orders").since == window.until


def test_a_newer_version_and_a_cancellation(stack: Stack) -> None:
    stack.setting("revision_sent: once", "revision_sent: versions")
    order, other, paid = (variety(name, 1, site="RefArch") for name in ("plain", "several_lines", "card_captured"))
    stack.deliver("RefArch", [order, other, paid])
    stack.run()
    rng = Random(1)
    changed = [newer(order, "address", rng), newer(other, "cancelled", rng), newer(paid, "cancelled", rng)]
    stack.deliver("RefArch", changed, NOW + timedelta(hours=1))
    counts = stack.run()
    assert counts["updated"] == 3
    asked = {each.key: each.complaints for each in stack.ledger.quarantine.open("sfcc_netsuite", "orders")}
    assert [each.code for each in asked.pop(f"RefArch/{paid.order_no}")] == ["refund_due"], "listed among the errors"
    status = {each["otherrefnum"]: each["status"] for each in stack.sales_orders()}
    assert status[other.order_no] in {"C", "H", "SalesOrd:C", "SalesOrd:H"}


def test_some_numbers_only(stack: Stack) -> None:
    wanted, other = (variety("plain", seed, site="RefArch") for seed in (1, 2))
    stack.deliver("RefArch", [wanted, other])
    assert stack.run(keys=[wanted.order_no])["created"] == 1
    counts = stack.run()
    assert (counts["created"], counts["unchanged"]) == (1, 1)


def test_bad_drops_cost_no_other_record(stack: Stack) -> None:
    stack.setting("max_quarantined_share: 0.2", "max_quarantined_share: 1.0")
    names = [name for name in BAD_DROPS if name != "gzip_bomb"]
    files = [bad_drop(name, at=NOW + timedelta(seconds=index)) for index, name in enumerate(names)]
    deliver(stack.home / "sandbox", files)
    counts = stack.run()
    good = sum(BAD_DROPS[name].good for name in names)
    bad = sum(BAD_DROPS[name].bad for name in names)
    assert counts["created"] == good, stack.reasons()
    assert counts["quarantined"] == bad, stack.reasons()
    for verdict in stack.verdicts().values():
        if verdict.outcome == "quarantined":
            assert verdict.complaints[0].message


def test_quarantined_orders_are_mended_in_the_erp_or_the_settings_and_tried_again(stack: Stack) -> None:
    stack.setting("max_quarantined_min: 10", "max_quarantined_min: 100")
    by_drone = variety("plain", 1, site="RefArch")
    by_drone.shipments[0].method = "DRONE"
    deliver(stack.home / "sandbox", [bad_drop("unknown_sku"), bad_drop("no_currency", at=NOW + timedelta(seconds=1))])
    stack.deliver("RefArch", [by_drone], NOW + timedelta(minutes=1))
    assert stack.run()["quarantined"] == BAD_DROPS["unknown_sku"].bad + BAD_DROPS["no_currency"].bad + 1 == 3
    held = stack.ledger.quarantine.open("sfcc_netsuite", "orders")
    told = [each.complaints[0].message for each in held]
    assert stack.shop_order(by_drone.order_no, "RefArch")["exportStatus"] == "ready"

    stack.create_item("NO-SUCH-SKU")
    stack.setting('PICKUP: "103"}', 'PICKUP: "103", DRONE: "102"}')
    stack.setting("max_quarantined_min: 100", "max_quarantined_min: 1")
    retried = stack.run(quarantine=[each.id for each in held])
    assert retried["created"] == 2, (told, stack.reasons())
    assert retried["quarantined"] == 1, "what fails again holds nobody back"
    assert len(stack.ledger.quarantine.open("sfcc_netsuite", "orders")) == 1
    (number,) = (each["tranid"] for each in stack.sales_orders() if each["otherrefnum"] == by_drone.order_no)
    seen = stack.shop_order(by_drone.order_no, "RefArch")
    assert (seen["exportStatus"], seen["c_erpOrderNo"]) == ("exported", number), "the shop learns of it then"


def test_too_many_failures_halt_the_run_before_anything_is_sent(stack: Stack) -> None:
    stack.setting("max_quarantined_min: 10", "max_quarantined_min: 1")
    deliver(stack.home / "sandbox", [bad_drop("no_currency")])
    stack.setting("max_quarantined_share: 0.2", "max_quarantined_share: 0.01")
    state, counts = stack.try_run()
    assert state == "failed"
    assert counts["unaccounted"] == 0
    assert counts["held"] == counts["extracted"] - counts["quarantined"]
    assert stack.writes() == {}


@pytest.mark.slow
def test_thousands_of_random_orders_are_equal_to_the_cent(stack: Stack) -> None:
    everything = []
    for index, site in enumerate(("RefArch", "RefArchUS")):
        orders = list(random_orders(1000, seed=index, site=site))
        everything += orders
        for part in range(2):
            at = NOW + timedelta(minutes=part)
            stack.deliver(site, orders[part * 500 : part * 500 + 500], at, compressed=part == 1)
    counts = stack.run()
    assert counts["extracted"] == 2000
    verdicts = stack.verdicts()
    totals = stack.totals()
    wrong = {}
    for order in everything:
        expected, verdict = expect(order), verdicts[f"{order.site}/{order.order_no}"]
        if verdict.outcome in {"created", "updated", "unchanged"} and totals.get(order.order_no) != expected.due:
            wrong[order.order_no] = (totals.get(order.order_no), expected.due, order.varieties)
    assert wrong == {}
    assert counts["quarantined"] + counts["rejected"] == 0, stack.reasons()
