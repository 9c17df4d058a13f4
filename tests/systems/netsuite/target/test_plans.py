"""What a dry run says beside what NetSuite has: of an earlier connector's orders, and of later versions."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sandbox.netsuite.people import (
    LEGACY_ORDER_NUMBERS,
    REGULAR_CUSTOMER_NO,
    REGULAR_EMAIL,
    SEED_CUSTOMERS,
    SEED_ORDERS,
)
from tests.systems.netsuite.target.shop import Order

if TYPE_CHECKING:
    from cartage.seams import Planned
    from tests.systems.netsuite.target.conftest import Desk


def legacy(desk: Desk) -> Order:
    """The shop's side of the order that the earlier connector wrote, to the cent."""
    skus = {sku: _item(desk, sku) for sku, _, _ in SEED_ORDERS[0].lines}
    return Order(
        LEGACY_ORDER_NUMBERS[0],
        email=REGULAR_EMAIL,
        customer_no=REGULAR_CUSTOMER_NO,
        lines=tuple(
            (f"L{at}", skus[sku], quantity, str(amount))
            for at, (sku, quantity, amount) in enumerate(SEED_ORDERS[0].lines)
        ),
        shipping=str(SEED_ORDERS[0].shipping_cost),
        tax=str(there(desk)["taxTotal"]),
        date=str(there(desk)["tranDate"]),
    )


def there(desk: Desk) -> dict[str, Any]:
    """Give the earlier connector's order as a person sees it."""
    rows = list(
        desk.hook.suiteql(f"SELECT id FROM transaction WHERE otherrefnum = '{LEGACY_ORDER_NUMBERS[0]}'", key="id")
    )
    return desk.erp.get("salesOrder", str(rows[0]["id"]))


def _item(desk: Desk, sku: str) -> str:
    rows = list(desk.hook.suiteql(f"SELECT id FROM item WHERE itemid = '{sku}'", key="id"))
    return str(rows[0]["id"])


def _values(plan: Planned) -> dict[str, tuple[str | None, str | None]]:
    return {each.field: (each.there, each.sent) for each in plan.compared}


def test_an_order_of_an_earlier_connector_that_agrees_is_seen_to_agree(desk: Desk) -> None:
    order = legacy(desk)
    plan = desk.plan(order)["salesOrder"]
    assert plan.action == "adopt"
    assert not [each for each in plan.compared if each.differs]
    total, tax = (f"{there(desk)[name]:.2f}" for name in ("total", "taxTotal"))
    assert _values(plan) == {
        "total": (total, total),
        "tax": (tax, tax),
        "shipping": ("4.16", "4.16"),
        "date": (order.date, order.date),
        "customer id": (SEED_CUSTOMERS[0].id, SEED_CUSTOMERS[0].id),
        "lines": ("2", "2"),
        "NL-1000: quantity": ("1", "1"),
        "NL-1000: amount": ("109.16", "109.16"),
        "NL-1011: quantity": ("2", "2"),
        "NL-1011: amount": ("16.72", "16.72"),
    }
    assert '"otherRefNum":"LEGACY-0001"' in plan.body, "what would have been sent is shown"
    assert desk.erp.writes() == {}


def test_every_difference_from_an_earlier_connector_is_named(desk: Desk) -> None:
    order = legacy(desk)
    (first, sku, _, _), _second = order.lines
    changed = replace(
        order,
        lines=((first, sku, 2, "109.17"), ("L9", desk.items["ITEM2"], 1, "10.00")),
        shipping="5.00",
        email="nobody@new.example",
        customer_no="94001",
    )
    plan = desk.plan(changed)["salesOrder"]
    values = _values(plan)
    tax = there(desk)["taxTotal"]
    differing = {each.field for each in plan.compared if each.differs}
    assert values["total"] == (f"{there(desk)['total']:.2f}", f"{Decimal('124.17') + tax:.2f}")
    assert values["shipping"] == ("4.16", "5.00")
    assert values["customer id"] == ("501", "a new one")
    assert values["NL-1000: quantity"] == ("1", "2")
    assert values["NL-1000: amount"] == ("109.16", "109.17")
    assert values["NL-1011: amount"] == ("16.72", None)
    assert {"total", "shipping", "customer id", "NL-1000: quantity", "NL-1011: quantity"} < differing
    assert not {"tax", "lines"} & differing
    assert len([each for each in plan.compared if each.there is None and each.field.endswith("amount")]) == 1
    assert "customer" not in desk.plan(changed), "a run would not touch the customer either"
    assert desk.erp.writes() == {}


def test_a_later_version_shows_what_is_there_beside_what_would_be_sent(desk: Desk) -> None:
    desk.set(orders={"revision_sent": "versions"})
    order = Order("PLAN-1", email="plan1@new.example", customer_no="94101")
    desk.write(order)
    (line, item, _, _), kept = order.lines
    plan = desk.plan(replace(order, lines=((line, item, 3, "30.00"), kept), version="2026-03-02T10:00:00Z"))[
        "salesOrder"
    ]
    assert plan.action == "update"
    values = _values(plan)
    assert values["item[L1].quantity"] == ("2", "3")
    assert values["item[L1].amount"] == ("20", "30")
    assert set(values) == set(plan.changes)

    desk.set(orders={"revision_sent": "once"})
    held = desk.plan(replace(order, lines=(kept,), version="2026-03-02T10:00:00Z"))["salesOrder"]
    assert held.action == "quarantine"
    assert any(each.field == "item[L1]" and each.there and each.sent is None for each in held.compared)
