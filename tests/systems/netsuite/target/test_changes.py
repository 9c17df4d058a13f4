"""Later versions, cancellations, hands on an order, and orders that an earlier connector wrote."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from cartage.errors import RetryableError
from cartage.records.outcome import Outcome
from sandbox.netsuite.people import LEGACY_ORDER_NUMBERS, REGULAR_CUSTOMER_NO, REGULAR_EMAIL, SEED_ORDERS
from tests.systems.netsuite.target.shop import Order

if TYPE_CHECKING:
    from cartage.ledger import Ledger
    from tests.systems.netsuite.target.conftest import Desk


def later(order: Order) -> Order:
    """The customer took one more of the first, left out the second, and added a third."""
    lines = (("L1", "ITEM", 3, "30.00"), ("L3", "ITEM2", 1, "5.00"))
    return replace(order, version=f"{order.version}+", lines=lines)


def fulfil(desk: Desk, order: Order) -> None:
    desk.erp.transform("salesOrder", f"eid:{order.order_id}", "itemFulfillment", {"shipStatus": {"id": "C"}})


def test_an_untouched_order_follows_the_shop_line_by_line_where_the_setting_says_so(desk: Desk) -> None:
    desk.set(orders={"revision_sent": "versions"})
    order = Order("U1", email="u1@new.example", customer_no="90001")
    desk.write(order)
    number = desk.lines(order)["L1"]["line"]
    verdict = desk.write(later(order))["U1"]
    assert verdict.outcome is Outcome.UPDATED
    lines = desk.lines(order)
    assert sorted(lines) == ["L1", "L3"]
    assert lines["L1"]["line"] == number
    assert lines["L1"]["quantity"] == 3
    assert desk.order(order)["total"] == later(order).total
    desk.erp.forget()
    assert desk.write(later(order))["U1"].outcome is Outcome.UNCHANGED
    assert desk.erp.writes() == {}


def test_an_order_is_written_once_by_default_and_a_later_version_asks_a_person(desk: Desk) -> None:
    order = Order("U2", email="u2@new.example", customer_no="90002")
    desk.write(order)
    before = desk.order(order)
    verdict = desk.write(later(order))["U2"]
    assert verdict.outcome is Outcome.QUARANTINED
    assert verdict.complaints[0].code == "changed_in_shop"
    assert "item[L1].quantity" in verdict.complaints[0].message
    assert desk.order(order) == before


def test_money_that_is_captured_later_becomes_a_deposit_without_asking(desk: Desk) -> None:
    order = Order(
        "U9", email="u9@new.example", customer_no="90009", extra={"order": {"custbody_ctg_payment_ids": "auth-1"}}
    )
    desk.write(order)
    captured = {"custbody_ctg_payment_ids": "capture-1"}
    paid = replace(order, version="2026-03-02", deposits=("34.90",), extra={"order": captured})
    assert desk.write(paid)["U9"].outcome is Outcome.UPDATED
    assert desk.erp.get("customerDeposit", f"eid:{order.deposit_id(0)}")["payment"] == Decimal("34.90")
    assert desk.order(order)["custbody_ctg_payment_ids"] == "capture-1"


def test_what_people_changed_in_netsuite_wins(desk: Desk) -> None:
    desk.set(orders={"revision_sent": "versions"})
    order = Order("U3", email="u3@new.example", customer_no="90003")
    desk.write(order)
    line = desk.lines(order)["L1"]["line"]
    desk.erp.update(
        "salesOrder", f"eid:{order.order_id}", {"item": {"items": [{"line": line, "amount": Decimal("15.00")}]}}
    )
    before = desk.order(order)
    verdict = desk.write(later(order))["U3"]
    assert verdict.outcome is Outcome.QUARANTINED
    assert verdict.complaints[0].code == "changed_by_hand"
    assert desk.order(order) == before


def test_money_that_came_in_is_booked_although_a_person_changed_the_order(desk: Desk) -> None:
    order = Order(
        "U5", email="u5@new.example", customer_no="90005", extra={"order": {"custbody_ctg_payment_ids": "auth"}}
    )
    desk.write(order)
    line = desk.lines(order)["L1"]["line"]
    desk.erp.update("salesOrder", f"eid:{order.order_id}", {"item": {"items": [{"line": line, "quantity": 1}]}})
    before = desk.order(order)
    paid = replace(
        order, version="2026-03-02", deposits=("34.90",), extra={"order": {"custbody_ctg_payment_ids": "capture"}}
    )
    desk.erp.forget()
    assert [each.action for each in desk.plan(paid).values()] == ["unchanged", "unchanged", "create"]
    verdict = desk.write(paid)["U5"]
    assert verdict.outcome is Outcome.UPDATED
    (told,) = verdict.complaints
    assert (told.code, told.asks) == ("changed_by_hand", False)
    assert "only the payments" in told.message
    assert desk.erp.writes() == {"customerDeposit create": 1}
    assert desk.erp.get("customerDeposit", f"eid:{order.deposit_id(0)}")["payment"] == Decimal("34.90")
    assert desk.order(order) == before
    assert desk.write(paid)["U5"].outcome is Outcome.UNCHANGED
    assert desk.erp.writes() == {"customerDeposit create": 1}


@pytest.mark.parametrize("fields", [{}, {"custbody_ctg_payment_ids": "capture"}])
def test_money_for_an_order_that_a_person_closed_is_booked_and_asks_for_its_refund(
    desk: Desk, fields: dict[str, str]
) -> None:
    order = Order(f"U7{len(fields)}", email="u7@new.example", customer_no="90007")
    desk.write(order)
    closed = [{"line": each["line"], "isClosed": True} for each in desk.lines(order).values()]
    desk.erp.update("salesOrder", f"eid:{order.order_id}", {"item": {"items": closed}})
    verdict = desk.write(replace(order, version="2026-03-02", deposits=("34.90",), extra={"order": fields}))[
        order.number
    ]
    assert verdict.outcome is Outcome.UPDATED
    (told,) = (each for each in verdict.complaints if each.asks)
    assert told.code == "refund_due"
    assert "refund it to the customer" in told.message


def test_what_the_shop_changed_besides_payments_still_asks_a_person(desk: Desk) -> None:
    desk.set(orders={"revision_sent": "versions"})
    order = Order("U6", email="u6@new.example", customer_no="90006")
    desk.write(order)
    desk.erp.update("salesOrder", f"eid:{order.order_id}", {"shippingCost": 1})
    desk.erp.forget()
    # A field that no hand touched, and that no part of the mark but the whole tells.
    paid = replace(
        order, version="2026-03-02", deposits=("34.90",), extra={"order": {"custbody_ctg_source_code": "new"}}
    )
    verdict = desk.write(paid)["U6"]
    assert (verdict.outcome, verdict.complaints[0].code) == (Outcome.QUARANTINED, "changed_by_hand")
    assert desk.erp.writes() == {}


def test_lines_of_an_order_that_is_partly_shipped_are_left_alone(desk: Desk) -> None:
    desk.set(orders={"revision_sent": "versions"})
    order = Order("U4", email="u4@new.example", customer_no="90004")
    desk.write(order)
    fulfil(desk, order)
    verdict = desk.write(later(order))["U4"]
    assert verdict.outcome is Outcome.QUARANTINED
    assert verdict.complaints[0].code == "already_fulfilled"


def test_a_cancellation_closes_every_line_even_after_a_hand_on_it(desk: Desk) -> None:
    order = Order("X1", email="x1@new.example", customer_no="91001")
    desk.write(order)
    line = desk.lines(order)["L2"]["line"]
    desk.erp.update("salesOrder", f"eid:{order.order_id}", {"item": {"items": [{"line": line, "quantity": 4}]}})
    cancelled = replace(order, cancel=True, version="2026-03-02")
    verdict = desk.write(cancelled)["X1"]
    assert verdict.outcome is Outcome.UPDATED
    assert all(each["isClosed"] for each in desk.lines(order).values())
    assert desk.order(order)["status"]["id"] == "H"
    desk.erp.forget()
    assert desk.write(cancelled)["X1"].outcome is Outcome.UNCHANGED
    assert desk.erp.writes() == {}


def test_a_cancellation_of_what_was_shipped_asks_a_person(desk: Desk) -> None:
    order = Order("X2", email="x2@new.example", customer_no="91002")
    desk.write(order)
    fulfil(desk, order)
    verdict = desk.write(replace(order, cancel=True, version="2026-03-02"))["X2"]
    assert verdict.outcome is Outcome.QUARANTINED
    assert verdict.complaints[0].code == "already_fulfilled"
    assert not any(each["isClosed"] for each in desk.lines(order).values())


def test_a_cancelled_order_with_an_open_deposit_is_closed_and_says_that_a_refund_is_due(desk: Desk) -> None:
    order = Order("X3", email="x3@new.example", customer_no="91003", deposits=("34.90",))
    desk.write(order)
    verdict = desk.write(replace(order, cancel=True, version="2026-03-02"))["X3"]
    assert verdict.outcome is Outcome.UPDATED
    assert [(each.code, each.asks) for each in verdict.complaints] == [("refund_due", True)]
    assert desk.order(order)["status"]["id"] == "H"


def test_the_deposit_of_a_replaced_order_is_for_the_one_that_replaces_it(desk: Desk) -> None:
    order = Order("X8", email="x8@new.example", customer_no="91008", deposits=("34.90",))
    desk.write(order)
    fields = {"custbody_ctg_replacement_order_no": "X8-2", "custbody_ctg_replace_reason": "wrong size"}
    verdict = desk.write(replace(order, cancel=True, version="2026-03-02", extra={"order": fields}))["X8"]
    (asked,) = verdict.complaints
    assert (asked.code, asked.asks) == ("deposit_to_apply", True)
    assert "apply it to the sales order of X8-2" in asked.message
    closed = desk.order(order)
    assert {name: closed[name] for name in fields} == fields, "why it was closed stands on the order"


def test_a_task_killed_after_it_closed_an_order_says_on_its_next_try_that_a_refund_is_due(
    desk: Desk, empty_ledger: Ledger
) -> None:
    order = Order("X9", email="x9@new.example", customer_no="91009", deposits=("34.90",))
    cancelled = replace(order, cancel=True, version="2026-03-02")
    desk.write(order)
    ours, run = desk.ledger, desk.run + 1
    desk.new_run()
    desk.claim(desk.batch(cancelled))
    desk.ledger, desk.run = empty_ledger, 0  # what the killed task sent, of which our ledger never heard
    desk.write(cancelled)
    desk.ledger, desk.run = ours, run
    for place in ("killed before the result was noted", "killed after it"):
        found, error = desk.write_some(cancelled, again=True)
        assert error is None
        assert found["X9"].outcome is Outcome.UPDATED, place
        assert [each.code for each in found["X9"].complaints] == ["refund_due"], place
    assert desk.erp.writes()["salesOrder update"] == 1


def test_an_order_cancelled_before_it_was_sent_is_skipped(desk: Desk) -> None:
    order = Order("X4", email="x4@new.example", customer_no="91004", cancel=True)
    for _ in range(2):
        verdict = desk.write(order)["X4"]
        assert verdict.outcome is Outcome.SKIPPED
        assert verdict.complaints[0].code == "cancelled_before_sent"
    assert desk.erp.writes() == {}


def test_a_cancellation_asks_a_person_where_the_setting_says_so(desk: Desk) -> None:
    order = Order("X5", email="x5@new.example", customer_no="91005")
    desk.write(order)
    changes = desk.settings.orders.changes.model_copy(update={"cancel": "quarantine"})
    desk.set(orders={"changes": changes})
    verdict = desk.write(replace(order, cancel=True, version="2026-03-02"))["X5"]
    assert verdict.outcome is Outcome.QUARANTINED
    assert desk.order(order)["status"]["id"] == "B"


def test_an_order_deleted_in_netsuite_is_not_sent_again(desk: Desk) -> None:
    order = Order("X6", email="x6@new.example", customer_no="91006")
    desk.write(order)
    desk.erp.delete("salesOrder", f"eid:{order.order_id}")
    verdict = desk.write(later(order))["X6"]
    assert verdict.outcome is Outcome.QUARANTINED
    assert verdict.complaints[0].code == "deleted_by_hand"


def legacy() -> Order:
    seeded = SEED_ORDERS[0]
    total = str(sum(each[2] for each in seeded.lines) + seeded.shipping_cost)
    return Order(
        LEGACY_ORDER_NUMBERS[0],
        email=REGULAR_EMAIL,
        customer_no=REGULAR_CUSTOMER_NO,
        deposits=("9.00",),
        expected_total=total,
    )


def test_an_order_of_an_earlier_connector_is_taken_over_without_rewriting_it(desk: Desk) -> None:
    for _ in range(2):
        verdict = desk.write(legacy())[legacy().number]
        assert verdict.outcome is Outcome.UNCHANGED
        assert verdict.target_id is not None
    assert desk.erp.get("salesOrder", verdict.target_id)["otherRefNum"] == legacy().number
    assert desk.erp.writes() == {}


def test_an_order_with_the_same_number_in_another_subsidiary_is_another_order(desk: Desk) -> None:
    order = Order(LEGACY_ORDER_NUMBERS[1], email="other@new.example", customer_no="92001")
    assert desk.write(order)[order.number].outcome is Outcome.CREATED


def test_nothing_is_taken_over_where_the_setting_says_no(desk: Desk) -> None:
    desk.set(orders={"adopt": False})
    order = replace(legacy(), deposits=())
    plan = desk.plan(order)
    assert plan["salesOrder"].action == "create"


def test_a_dry_run_says_what_a_run_would_do_and_writes_nothing(desk: Desk) -> None:
    desk.set(orders={"revision_sent": "versions"})
    known = Order("P1", email="p1@new.example", customer_no="93001")
    desk.write(known)
    desk.erp.forget()
    new = desk.plan(Order("P2", email="p2@new.example", customer_no="93002", deposits=("1.00",)))
    assert {name: each.action for name, each in new.items()} == {
        "customer": "create", "salesOrder": "create", "customerDeposit": "create",
    }  # fmt: skip
    assert '"otherRefNum":"P2"' in new["salesOrder"].body
    changed = desk.plan(later(known))
    assert changed["salesOrder"].action == "update"
    assert "item[L1].quantity" in changed["salesOrder"].changes
    assert desk.plan(known)["salesOrder"].action == "unchanged"
    assert desk.plan(replace(known, cancel=True))["salesOrder"].action == "close"
    assert desk.plan(replace(legacy(), deposits=()))["salesOrder"].action == "adopt"
    assert desk.erp.writes() == {}


def test_an_answer_lost_on_an_update_or_a_cancellation_does_it_once(desk: Desk) -> None:
    desk.set(orders={"revision_sent": "versions"})
    order = Order("Q1", email="q1@new.example", customer_no="99001")
    desk.write(order)
    desk.erp.fault("PATCH /record/v1/salesOrder", drop_after_commit=True)
    assert desk.write(later(order))["Q1"].outcome is Outcome.UPDATED
    assert sorted(desk.lines(order)) == ["L1", "L3"]
    assert desk.order(order)["total"] == later(order).total
    desk.erp.fault("PATCH /record/v1/salesOrder", drop_after_commit=True)
    cancelled = replace(order, cancel=True, version="2026-04-01")
    assert desk.write(cancelled)["Q1"].outcome is Outcome.UPDATED
    assert all(each["isClosed"] for each in desk.lines(order).values())
    assert desk.erp.writes()["salesOrder update"] == 2


def test_an_update_whose_fate_is_unknown_is_left_for_the_next_try(desk: Desk) -> None:
    desk.set(orders={"revision_sent": "versions"})
    order = Order("Q2", email="q2@new.example", customer_no="99002")
    desk.write(order)
    desk.erp.fault("PATCH /record/v1/salesOrder", status=500)
    found, error = desk.write_some(later(order))
    assert found == {}
    assert isinstance(error, RetryableError)
    found, error = desk.write_some(later(order), again=True)
    assert error is None
    assert found["Q2"].outcome is Outcome.UPDATED
    assert sorted(desk.lines(order)) == ["L1", "L3"]
