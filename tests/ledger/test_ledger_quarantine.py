from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet

from cartage.errors import Complaint, SettingsError
from cartage.ledger import Entry, Ledger
from cartage.ledger.engine import Database
from cartage.records.outcome import Outcome, Verdict
from cartage.windows import Selection
from tests.ledger.ledger_examples import KEY, rows

if TYPE_CHECKING:
    from collections.abc import Callable

A = "RefArch/00017"
EMAIL = "Jane.Doe@Example.com"
BODY = b'{"customer_email": "jane.doe@example.com"}'
UNKNOWN_ITEM = Complaint("unknown_item", f"{A}: NetSuite knows no item of sku 4711", "lines.product_id")


def entry(version: str = "v1", *, key: str = A, payload: bytes = BODY) -> Entry:
    return Entry(0, key, version, "transform", (UNKNOWN_ITEM,), payload, emails=(EMAIL,), phones=("+49 (30) 901820",))


def test_a_record_held_back_comes_back_whole(ledger: Ledger, start: Callable[..., int]) -> None:
    run = start()
    ledger.quarantine.put(run, "orders", "order", [entry()])
    (listed,) = ledger.quarantine.open("shop_erp", "orders")
    assert (listed.key, listed.stage, listed.state, listed.complaints) == (A, "transform", "open", (UNKNOWN_ITEM,))
    assert listed.payload is None
    (loaded,) = ledger.quarantine.load([listed.id])
    assert loaded.payload == BODY


def test_nothing_personal_lies_in_clear(ledger: Ledger, url: str, start: Callable[..., int]) -> None:
    ledger.quarantine.put(start(), "orders", "order", [entry()])
    database = Database(url)
    with database.read() as connection:
        stored = [
            repr(row).lower()
            for name in ("quarantine", "quarantine_lookups")
            for row in connection.execute(sa.text(f"SELECT * FROM {name}"))
        ]
    database.close()
    assert len(stored) == 3
    assert not [row for row in stored if "jane" in row or "901820" in row]


def test_it_is_found_by_address_and_number_however_written(ledger: Ledger, start: Callable[..., int]) -> None:
    ledger.quarantine.put(start(), "orders", "order", [entry()])
    for question in ({"email": " jane.doe@example.COM"}, {"phone": "0049 30 901820"}):
        assert [each.key for each in ledger.quarantine.find(**question)] == [A]
    assert ledger.quarantine.find(email="john@example.com") == []


def test_the_same_record_again_counts_a_try_instead_of_piling_up(ledger: Ledger, start: Callable[..., int]) -> None:
    ledger.quarantine.put(start(), "orders", "order", [entry("v1")])
    run = start()
    ledger.quarantine.put(run, "orders", "order", [entry("v2", payload=b"newer")])
    ledger.quarantine.put(run, "orders", "order", [entry("v2", payload=b"newer")])  # its task is tried again
    ledger.quarantine.put(start(), "orders", "order", [entry("v1", payload=b"older")])
    (held,) = ledger.quarantine.load([each.id for each in ledger.quarantine.open("shop_erp")])
    assert (held.tries, held.version, held.payload) == (3, "v2", b"newer")


def test_a_later_success_resolves_it_but_not_that_of_an_older_version(
    ledger: Ledger, start: Callable[..., int]
) -> None:
    ledger.quarantine.put(start(), "orders", "order", [entry("v2")])
    states = []
    for version in ("v1", "v3"):
        run = start()
        ledger.outcomes.extracted(run, "order", rows(A, version=version), 0)
        ledger.outcomes.settle(run, "order", [Verdict(0, A, Outcome.UPDATED, (), "77")])
        states.append([each.state for each in ledger.quarantine.find(email=EMAIL)])
    assert states == [["open"], ["resolved"]]
    assert ledger.quarantine.open("shop_erp") == []


def test_what_asks_a_person_ends_by_the_person_or_by_a_write_that_asks_no_more(
    ledger: Ledger, start: Callable[..., int]
) -> None:
    refund = Complaint("refund_due", "deposit 9 is still open: refund it", asks=True)

    def end(outcome: Outcome, *complaints: Complaint, version: str = "v1") -> list[str]:
        run = start()
        ledger.outcomes.extracted(run, "order", rows(A, version=version), 0)
        if complaints:
            asked = Entry(0, A, version, "load", complaints, BODY, emails=(EMAIL,))
            ledger.quarantine.put(run, "orders", "order", [asked])
        ledger.outcomes.settle(run, "order", [Verdict(0, A, outcome, complaints, "77")])
        assert ledger.quarantine.asking(run) == (complaints == (refund,))
        return [each.state for each in ledger.quarantine.find(email=EMAIL)]

    assert end(Outcome.UPDATED, refund) == ["open"], "it went through, and is asked all the same"
    assert end(Outcome.UNCHANGED) == ["open"], "the order came again; nobody has refunded anything"
    assert end(Outcome.QUARANTINED, UNKNOWN_ITEM, version="v2") == ["open"]
    (held,) = ledger.quarantine.open("shop_erp")
    assert held.complaints == (UNKNOWN_ITEM, refund), "a new reason does not wipe out what is still to be done"
    assert end(Outcome.UPDATED, version="v3") == ["resolved"]


def test_a_retry_takes_entries_up_and_gives_them_back(ledger: Ledger, start: Callable[..., int]) -> None:
    ledger.quarantine.put(start(), "orders", "order", [entry()])
    (held,) = ledger.quarantine.open("shop_erp")
    ledger.quarantine.retrying([held.id])
    assert [each.state for each in ledger.quarantine.open("shop_erp")] == ["retrying"]
    ledger.quarantine.reopen([held.id])
    assert [each.state for each in ledger.quarantine.open("shop_erp")] == ["open"]


def test_a_person_dismisses_it_once(ledger: Ledger, start: Callable[..., int]) -> None:
    ledger.quarantine.put(start(), "orders", "order", [entry()])
    (held,) = ledger.quarantine.open("shop_erp")
    assert ledger.quarantine.dismiss(held.id, "erika", "a test order")
    assert not ledger.quarantine.dismiss(held.id, "max", "again")
    (ended,) = ledger.quarantine.load([held.id])
    assert (ended.state, ended.ended_by, ended.ended_why) == ("dismissed", "erika", "a test order")
    ledger.quarantine.put(start(), "orders", "order", [entry()])
    assert len(ledger.quarantine.open("shop_erp")) == 1


def test_a_dry_run_holds_nothing_back(ledger: Ledger, start: Callable[..., int]) -> None:
    ledger.quarantine.put(start(selection=Selection(dry_run=True)), "orders", "order", [entry()])
    assert ledger.quarantine.open("shop_erp") == []


def test_keys_are_rotated_and_a_lost_key_is_named(ledger: Ledger, url: str, start: Callable[..., int]) -> None:
    ledger.quarantine.put(start(), "orders", "order", [entry()])
    new = Fernet.generate_key().decode()
    rotated, lost = Ledger.open(url, f"{new},{KEY}"), Ledger.open(url, new)
    (held,) = rotated.quarantine.open("shop_erp")
    assert rotated.quarantine.load([held.id])[0].payload == BODY
    assert rotated.quarantine.find(email=EMAIL)
    with pytest.raises(SettingsError, match="add the old key"):
        lost.quarantine.load([held.id])
    rotated.close()
    lost.close()
