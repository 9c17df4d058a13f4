"""Orders land in NetSuite once, whatever happens on the way."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from cartage.errors import BatchError, RetryableError
from cartage.records.outcome import Outcome
from cartage.systems.netsuite import target
from tests.systems.netsuite.target.shop import Order

if TYPE_CHECKING:
    from cartage.ledger import Ledger
    from tests.systems.netsuite.target.conftest import Desk


def test_an_order_its_customer_and_its_deposit_land(desk: Desk) -> None:
    order = Order("A1", email="ada@new.example", customer_no="70001", deposits=("34.90",))
    verdict = desk.write(order)["A1"]
    assert verdict.outcome is Outcome.CREATED
    sales_order = desk.order(order)
    assert verdict.target_id == sales_order["id"]
    assert sales_order["total"] == order.total
    assert sales_order["custbody_ctg_version"] == order.version
    deposit = desk.erp.get("customerDeposit", f"eid:{order.deposit_id(0)}")
    assert deposit["salesOrder"]["id"] == sales_order["id"]
    assert deposit["customer"]["id"] == sales_order["entity"]["id"]
    assert sales_order["tranId"] in desk.numbers()


def test_sending_again_sends_nothing(desk: Desk) -> None:
    orders = [
        Order(f"B{at}", email=f"b{at}@new.example", customer_no=f"7100{at}", deposits=("34.90",)) for at in range(5)
    ]
    desk.write(*orders)
    desk.erp.forget()
    again = desk.write(*orders)
    assert {each.outcome for each in again.values()} == {Outcome.UNCHANGED}
    assert desk.erp.writes() == {}


def test_a_ledger_that_was_lost_doubles_nothing(desk: Desk, empty_ledger: Ledger) -> None:
    order = Order("B9", email="b9@new.example", customer_no="71009", deposits=("34.90",))
    desk.write(order)
    desk.erp.forget()
    desk.ledger, desk.run = empty_ledger, 0
    assert desk.write(order)["B9"].outcome is Outcome.UNCHANGED
    assert desk.erp.writes() == {}


def test_two_orders_of_one_new_customer_make_one_customer(desk: Desk) -> None:
    first = Order("C1", email="twice@new.example", customer_no="72001")
    desk.write(first, replace(first, number="C2"))
    assert desk.erp.writes()["customer create"] == 1
    assert desk.order(first)["entity"] == desk.order(replace(first, number="C2"))["entity"]


def test_the_same_order_twice_in_a_batch_lands_once_as_its_newest_copy(desk: Desk) -> None:
    old = Order("D1", email="d@new.example", customer_no="73001", version="1")
    new = replace(old, version="2", lines=(("L1", "ITEM", 1, "10.00"),))
    outcomes = [(each.row, each.outcome) for each in desk.verdicts(new, old)]
    assert sorted(outcomes) == [(0, Outcome.CREATED), (1, Outcome.SUPERSEDED)]
    assert desk.order(new)["total"] == new.total


def test_a_version_older_than_the_applied_one_changes_nothing(desk: Desk) -> None:
    order = Order("D2", email="d2@new.example", customer_no="73002", version="2")
    desk.write(order)
    desk.erp.forget()
    older = replace(order, version="1", lines=(("L1", "ITEM", 1, "10.00"),))
    assert desk.write(older)["D2"].outcome is Outcome.SUPERSEDED
    assert desk.erp.writes() == {}


@pytest.mark.parametrize("what", ["salesOrder", "customer", "customerDeposit"])
@pytest.mark.parametrize("fault", [{"drop_after_commit": True}, {"timeout_after_commit": True, "seconds": 4}])
def test_an_answer_lost_after_the_commit_doubles_nothing(desk: Desk, what: str, fault: dict[str, object]) -> None:
    number = f"E-{what}-{len(fault)}"
    order = Order(number, email=f"{number}@new.example", customer_no=f"74-{number.lower()}", deposits=("34.90",))
    desk.erp.fault(f"POST /record/v1/{what}", **fault)
    assert desk.write(order)[number].outcome is Outcome.CREATED
    assert desk.erp.writes()["salesOrder create"] == 1
    assert desk.erp.writes()["customer create"] == 1
    assert desk.erp.writes()["customerDeposit create"] == 1


def test_a_task_killed_after_a_write_finds_it_on_its_next_try(desk: Desk, empty_ledger: Ledger) -> None:
    order = Order("E2", email="e2@new.example", customer_no="74002", deposits=("34.90",))
    desk.write(order)
    desk.erp.forget()
    desk.ledger, desk.run = empty_ledger, 0
    desk.new_run()
    desk.claim(desk.batch(order))  # the intent was noted, NetSuite wrote, and then the task was killed
    found, error = desk.write_some(order, again=True)
    assert error is None
    assert found["E2"].outcome is Outcome.CREATED
    assert desk.erp.writes() == {}


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_burst_of_failures_is_ridden_out(desk: Desk, status: int) -> None:
    orders = [Order(f"F{status}{at}", email=f"f{at}@new.example", customer_no=f"7500{at}") for at in range(6)]
    desk.erp.fault("POST /record/v1/salesOrder", status=status, times=4, retry_after=1)
    found = desk.write(*orders)
    assert {each.outcome for each in found.values()} == {Outcome.CREATED}
    assert desk.erp.writes()["salesOrder create"] == 6


def test_a_deposit_that_fails_is_tried_again_alone_and_costs_no_other(desk: Desk, connect: Any) -> None:
    orders = [Order(f"G{at}", email=f"g{at}@new.example", customer_no=f"7600{at}") for at in range(3)]
    desk.erp.fault("POST /record/v1/customerDeposit", status=503, times=1000)
    paid = replace(orders[0], deposits=("34.90",))
    found, error = desk.write_some(paid, *orders[1:], hook=connect(patience=0.5))
    assert {key: each.outcome for key, each in found.items()} == {"G1": Outcome.CREATED, "G2": Outcome.CREATED}
    assert isinstance(error, RetryableError)
    desk.erp.reset()
    desk.erp.forget()
    retried, error = desk.write_some(paid, *orders[1:], again=True)
    assert error is None
    assert retried["G0"].outcome is Outcome.CREATED
    assert desk.erp.writes() == {"customerDeposit create": 1}


def test_a_refused_order_names_the_field_and_costs_no_other(desk: Desk) -> None:
    good = Order("H1", email="h1@new.example", customer_no="77001")
    bad = Order("H2", email="h2@new.example", customer_no="77002", lines=(("L1", "999999", 1, "10.00"),))
    found = desk.write(good, bad)
    assert found["H1"].outcome is Outcome.CREATED
    assert found["H2"].outcome is Outcome.REJECTED
    complaint = found["H2"].complaints[0]
    assert complaint.field is not None
    assert "item" in complaint.field
    assert "L1" in complaint.field


def test_wrong_credentials_condemn_the_run_at_once(desk: Desk, connect: Any) -> None:
    with pytest.raises(BatchError):
        desk.write(Order("H3", email="h3@new.example", customer_no="77003"), hook=connect(client_id="nobody"))


def test_what_is_kept_of_requests_is_masked(desk: Desk) -> None:
    order = Order("I1", email="ingrid@secret.example", customer_no="78001", first_name="Ingrid", last_name="Verborgen")
    desk.write(order)
    kept = desk.attempts()
    assert any(each.path.endswith("/salesOrder") and each.status == 204 for each in kept)
    for each in kept:
        for personal in ("Ingrid", "Verborgen", "secret.example", "Ring 1"):
            assert personal not in (each.request or "") + (each.answer or "")


def test_totals_that_a_script_changed_hold_the_order(desk: Desk) -> None:
    desk.erp.control(script_adds_fee="2.50")
    order = Order("J1", email="j1@new.example", customer_no="79001")
    verdict = desk.write(order)["J1"]
    assert verdict.outcome is Outcome.CREATED
    assert [(each.code, each.asks) for each in verdict.complaints] == [("total_differs", True)]
    assert str(order.total) in verdict.complaints[0].message
    held = desk.order(order)
    assert held["orderStatus"]["id"] == "A"
    assert held["custbody_ctg_variance_total"] == Decimal("2.5")


def test_a_closed_period_moves_the_order_to_the_next_open_day(desk: Desk) -> None:
    desk.erp.control(closed_periods=["2026-01"])
    order = Order("K1", email="k1@new.example", customer_no="80001", date="2026-01-31")
    verdict = desk.write(order)["K1"]
    assert verdict.outcome is Outcome.CREATED
    assert desk.order(order)["tranDate"] == "2026-02-01"
    assert "closed_period" in {each.code for each in verdict.complaints}


def test_a_closed_period_asks_a_person_where_the_setting_says_so(desk: Desk) -> None:
    desk.erp.control(closed_periods=["2026-01"])
    desk.set(orders={"closed_period": "quarantine"})
    verdict = desk.write(Order("K2", email="k2@new.example", customer_no="80002", date="2026-01-31"))["K2"]
    assert verdict.outcome is Outcome.QUARANTINED
    assert verdict.complaints[0].code == "closed_period"


def test_a_customer_that_another_task_writes_is_waited_for(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target, "WAITS", (0.0,))
    first = Order("M1", email="m@new.example", customer_no="81001")
    second = replace(first, number="M2")
    desk.new_run()
    claims = desk.claim(desk.batch(first), holder="load[1]")
    found, error = desk.write_some(second, again=True)
    assert found == {}
    assert isinstance(error, RetryableError)
    assert desk.erp.writes() == {}
    desk.journal("load[1]").release(claims)
    found, error = desk.write_some(second, again=True)
    assert found["M2"].outcome is Outcome.CREATED


def test_an_outage_ends_the_task_soon_and_the_next_try_sends_everything(desk: Desk, connect: Any) -> None:
    orders = [Order(f"O{at}", email=f"o{at}@new.example", customer_no=f"8200{at}") for at in range(40)]
    desk.erp.fault("POST /record/v1/customer", status=503, times=100_000)
    found, error = desk.write_some(*orders, hook=connect(concurrency=2, patience=0.3))
    assert found == {}
    assert isinstance(error, RetryableError)
    assert desk.erp.requests()["POST /record/v1/customer"] < 40
    desk.erp.reset()
    found, error = desk.write_some(*orders, again=True)
    assert error is None
    assert {each.outcome for each in found.values()} == {Outcome.CREATED}
