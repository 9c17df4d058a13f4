"""What the shop sold: noted once however often it is read, and given for as long as stock must leave room for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cartage.errors import Complaint
from cartage.ledger.quarantine import Entry
from cartage.records.booking import NOTED
from cartage.records.outcome import Outcome, Verdict
from cartage.seams import Drop

if TYPE_CHECKING:
    from collections.abc import Callable

    from cartage.ledger import Ledger

NOW = datetime.now(UTC)
LONG_AGO, SINCE = NOW - timedelta(days=3), NOW - timedelta(hours=1)
LINE = {
    "site": "RefArch",
    "order_no": "1",
    "line_id": "p1-A",
    "list_id": "main",
    "sku": "A",
    "quantity": Decimal("1.500000"),
    "booked_at": LONG_AGO,
    "exported_at": None,
    "cancelled": False,
    "version": "1",
}


def note(ledger: Ledger, *lines: dict[str, Any]) -> None:
    """Note lines that differ from `LINE`."""
    ledger.bookings.note("shop_erp", pa.Table.from_pylist([{**LINE, **each} for each in lines], NOTED))


def booked(ledger: Ledger, since: datetime = LONG_AGO) -> list[dict[str, Any]]:
    """Give what is booked in the main list."""
    return ledger.memory("shop_erp", "inventory", "stock").booked(["main"], since).to_pylist()


def end(ledger: Ledger, run: int, key: str, outcome: Outcome) -> None:
    """Let a run of orders end so for one of them."""
    rows = pa.table({"row": [0], "key": [key], "version": ["1"]})
    ledger.outcomes.extracted(run, "order", rows, batch=0)
    complaints = () if outcome is Outcome.CREATED else (Complaint("wrong", "it is wrong"),)
    if outcome is Outcome.QUARANTINED:
        ledger.quarantine.put(run, "orders", "order", [Entry(0, key, "1", "validate", complaints, b"{}")])
    ledger.outcomes.settle(run, "order", [Verdict(0, key, outcome, complaints, target_id="9")])


def test_a_line_is_booked_once_and_its_newest_version_holds(ledger: Ledger) -> None:
    note(ledger, {}, {"line_id": "p2-B", "sku": "B", "list_id": "other"})
    note(ledger, {})
    (line,) = booked(ledger)
    assert (line["quantity"], line["booked_at"], line["cancelled"]) == (Decimal("1.5"), LONG_AGO, False)
    note(ledger, {"version": "3", "cancelled": True}, {"version": "2", "quantity": Decimal(7)})
    note(ledger, {"version": "2"})
    (line,) = booked(ledger)
    assert (line["quantity"], line["cancelled"]) == (Decimal("1.5"), True)


def test_a_line_that_a_newer_version_lacks_was_given_back(ledger: Ledger) -> None:
    note(ledger, {}, {"line_id": "p2-A", "quantity": Decimal(2)})
    note(ledger, {"version": "2"})
    assert {each["line_id"]: each["cancelled"] for each in booked(ledger)} == {"p1-A": False, "p2-A": True}


def test_the_first_known_export_stays(ledger: Ledger) -> None:
    note(ledger, {"exported_at": SINCE})
    note(ledger, {"version": "2", "exported_at": NOW})
    note(ledger, {"version": "0", "exported_at": LONG_AGO})
    (line,) = booked(ledger)
    assert line["exported_at"] == LONG_AGO
    note(ledger, {"version": "3"})
    assert booked(ledger)[0]["exported_at"] == LONG_AGO


def test_what_the_erp_does_not_have_is_given_however_old_it_is(ledger: Ledger, start: Callable[..., int]) -> None:
    note(ledger, {}, {"order_no": "2"}, {"order_no": "3"})
    later = NOW + timedelta(hours=1)
    assert {each["order_no"] for each in booked(ledger, later)} == {"1", "2", "3"}
    run = start()
    end(ledger, run, "RefArch/1", Outcome.CREATED)
    end(ledger, start(), "RefArch/2", Outcome.QUARANTINED)
    assert {each["order_no"] for each in booked(ledger, later)} == {"2", "3"}
    found = {each["order_no"]: each for each in booked(ledger)}
    assert found["1"]["applied_by"] >= NOW
    assert found["1"]["acknowledged_by"] is None
    assert found["2"]["applied_by"] is None
    assert found["2"]["arrived_at"] >= NOW
    assert found["3"]["arrived_at"] is None
    ledger.runs.close(run, "settled")
    assert {each["order_no"]: each for each in booked(ledger)}["1"]["acknowledged_by"] >= NOW


def test_an_order_that_a_person_has_dealt_with_claims_nothing_more(ledger: Ledger, start: Callable[..., int]) -> None:
    note(ledger, {"order_no": "2"})
    end(ledger, start(), "RefArch/2", Outcome.QUARANTINED)
    (entry,) = ledger.quarantine.open("shop_erp")
    ledger.quarantine.dismiss(entry.id, "someone", "entered by hand")
    assert booked(ledger, NOW + timedelta(hours=1)) == []
    assert booked(ledger)[0]["applied_by"] >= NOW


def drop(name: str, state: Any, reason: str | None = None, age: int = 0) -> Drop:
    """Give a drop that landed some minutes ago."""
    landed = NOW - timedelta(minutes=age)
    return Drop(name, f"/outbound/{name}", name + state, 1, "RefArch", None, landed, "file:///x", state, reason)


def test_orders_are_not_known_beyond_a_drop_that_could_not_be_read(ledger: Ledger, start: Callable[..., int]) -> None:
    memory, book = ledger.memory("shop_erp", "inventory", "stock"), ledger.drops("shop_erp", "orders", start())
    assert memory.read_until() is None
    assert ledger.bookings.note_read("shop_erp", "orders", LONG_AGO)
    reasons = {"landed": None, "read": "cut short", "rejected": "no XML"}
    for minutes, (state, reason) in enumerate(reasons.items(), 1):
        until = SINCE + timedelta(minutes=minutes)
        before = memory.read_until()
        book.put(drop(f"{state}.xml", state, reason, age=9))
        assert not ledger.bookings.note_read("shop_erp", "orders", until)
        assert memory.read_until() == before
        assert ledger.bookings.note_read("shop_erp", "orders", until, [f"{state}.xml"])
        assert memory.read_until() == until
        book.put(drop(f"{state}.xml", "archived"))
    assert ledger.bookings.note_read("shop_erp", "orders", NOW), "all were mended and left again"
    assert ledger.bookings.note_read("shop_erp", "orders", LONG_AGO)
    assert memory.read_until() == NOW, "what is known stays known"


def test_what_the_shop_said_when_it_was_asked_is_remembered(ledger: Ledger) -> None:
    memory = ledger.memory("shop_erp", "inventory", "stock")
    assert memory.asked_until() is None
    memory.note_asked(pa.Table.from_pylist([LINE], NOTED), NOW)
    assert memory.asked_until() == NOW
    assert memory.read_until() is None
    assert [each["order_no"] for each in booked(ledger)] == ["1"]


def test_long_settled_bookings_are_forgotten(ledger: Ledger, start: Callable[..., int]) -> None:
    note(ledger, {}, {"order_no": "2"})
    end(ledger, start(), "RefArch/1", Outcome.CREATED)
    now = datetime.now(UTC)  # what the ledger notes as the time of an outcome
    ledger.bookings.forget("shop_erp", now - timedelta(minutes=1))
    assert len(booked(ledger)) == 2
    ledger.bookings.forget("shop_erp", now + timedelta(minutes=1))
    assert [each["order_no"] for each in booked(ledger)] == ["2"], "the ERP does not have it"
