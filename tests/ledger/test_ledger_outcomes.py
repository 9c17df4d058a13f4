from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cartage.errors import BatchError, Complaint, RetryableError
from cartage.ledger import Balance
from cartage.records.outcome import Outcome, Verdict
from cartage.seams import DocumentResult
from cartage.windows import Selection
from tests.ledger.ledger_examples import document, rows, table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cartage.ledger import Ledger

UNKNOWN_ITEM = Complaint("unknown_item", "RefArch/2: NetSuite knows no item of sku 4711", "lines.product_id")
A, B, C = "RefArch/1", "RefArch/2", "RefArch/3"


def test_every_extracted_record_is_owed_an_outcome(ledger: Ledger, start: Callable[..., int]) -> None:
    run = start()
    ledger.outcomes.extracted(run, "order", rows(A, B, C), 0)
    ledger.outcomes.extracted(run, "customer", rows("RefArch/c1"), 0)
    assert ledger.outcomes.balance(run) == {"customer": Balance(1), "order": Balance(3)}
    ledger.outcomes.settle(
        run, "order", [Verdict(0, A, Outcome.CREATED, (), "77"), Verdict(1, B, Outcome.REJECTED, (UNKNOWN_ITEM,))]
    )
    balance = ledger.outcomes.balance(run)["order"]
    assert balance.outcomes == {Outcome.CREATED: 1, Outcome.REJECTED: 1}
    assert balance.unaccounted == 1
    assert list(ledger.outcomes.unaccounted(run)) == [("customer", 0, "RefArch/c1"), ("order", 2, C)]
    assert list(ledger.outcomes.verdicts(run)) == [
        Verdict(0, A, Outcome.CREATED, (), "77"),
        Verdict(1, B, Outcome.REJECTED, (UNKNOWN_ITEM,)),
    ]


def test_extracting_twice_is_extracting_once(ledger: Ledger, start: Callable[..., int]) -> None:
    run = start()
    for _ in range(2):
        ledger.outcomes.extracted(run, "order", rows(A, B), 0)
    assert ledger.outcomes.balance(run)["order"].extracted == 2


def test_a_tried_again_extract_forgets_only_what_has_no_outcome(ledger: Ledger, start: Callable[..., int]) -> None:
    run = start()
    ledger.outcomes.extracted(run, "order", rows(A, B, C), 0)
    ledger.outcomes.settle(run, "order", [Verdict(0, A, Outcome.SKIPPED)])
    ledger.outcomes.restart(run, "order")
    ledger.outcomes.extracted(run, "order", rows(A, B), 0)
    balance = ledger.outcomes.balance(run)["order"]
    assert (balance.extracted, balance.unaccounted, balance.count(Outcome.SKIPPED)) == (2, 1, 1)


def test_a_record_that_takes_the_row_of_another_is_owed_an_outcome(ledger: Ledger, start: Callable[..., int]) -> None:
    """The first try set B aside; then A was modified and left the window, so that C stands where B stood."""
    run = start()
    ledger.outcomes.extracted(run, "order", rows(A, B, C), 0)
    ledger.outcomes.settle(run, "order", [Verdict(1, B, Outcome.QUARANTINED, (UNKNOWN_ITEM,))])
    ledger.outcomes.restart(run, "order")
    ledger.outcomes.extracted(run, "order", rows(B, C), 0)
    assert ledger.copies.decided(run, "order", 0) == []
    assert list(ledger.outcomes.unaccounted(run)) == [("order", 0, B), ("order", 1, C)]
    ledger.outcomes.settle(run, "order", [Verdict(0, B, Outcome.REJECTED), Verdict(1, C, Outcome.CREATED, (), "78")])
    assert ledger.outcomes.balance(run)["order"] == Balance(2, {Outcome.REJECTED: 1, Outcome.CREATED: 1})


def test_the_first_outcome_of_a_row_stays(ledger: Ledger, start: Callable[..., int]) -> None:
    run = start()
    ledger.outcomes.extracted(run, "order", rows(A), 0)
    ledger.outcomes.settle(run, "order", [Verdict(0, A, Outcome.CREATED, (), "77")])
    ledger.outcomes.settle(run, "order", [Verdict(0, A, Outcome.UNCHANGED, (), "77")])
    assert [each.outcome for each in ledger.outcomes.verdicts(run)] == [Outcome.CREATED]


def test_a_held_record_goes_on_when_the_broken_step_is_cleared(ledger: Ledger, start: Callable[..., int]) -> None:
    run = start()
    ledger.outcomes.extracted(run, "order", rows(A, B), 0)
    ledger.outcomes.settle(run, "order", [Verdict(0, A, Outcome.HELD), Verdict(1, B, Outcome.SKIPPED)])
    assert ledger.copies.decided(run, "order", 0) == [1]
    ledger.outcomes.settle(run, "order", [Verdict(0, A, Outcome.CREATED, (), "77"), Verdict(1, B, Outcome.CREATED)])
    balance = ledger.outcomes.balance(run)["order"]
    assert balance.outcomes == {Outcome.CREATED: 1, Outcome.SKIPPED: 1}


def test_what_was_decided_before_a_failure_is_kept(ledger: Ledger, start: Callable[..., int]) -> None:
    run = start()
    ledger.outcomes.extracted(run, "order", rows(A, B), 0)

    def until_it_fails() -> Iterator[Verdict]:
        yield Verdict(0, A, Outcome.CREATED, (), "77")
        raise RetryableError("NetSuite answered 503 for RefArch/2")

    with pytest.raises(RetryableError, match="503"):
        ledger.outcomes.settle(run, "order", until_it_fails())
    assert [each.key for each in ledger.outcomes.verdicts(run)] == [A]


def test_a_verdict_for_what_was_never_extracted_fails_the_run(ledger: Ledger, start: Callable[..., int]) -> None:
    run = start()
    ledger.outcomes.extracted(run, "order", rows(A), 0)
    for stray in (Verdict(9, A, Outcome.CREATED), Verdict(0, B, Outcome.CREATED)):
        with pytest.raises(BatchError, match="never extracted"):
            ledger.outcomes.settle(run, "order", [stray])
    assert ledger.outcomes.balance(run)["order"].unaccounted == 1


def test_the_next_run_knows_what_was_applied(ledger: Ledger, start: Callable[..., int]) -> None:
    run = start()
    ledger.outcomes.extracted(run, "order", rows(A, B, version="v1").append_column("hash", [["h1", "h2"]]), 0)
    journal = ledger.journal(run, "shop_erp", "netsuite")
    (claim,) = journal.claim([document("1")])
    journal.results([DocumentResult(claim.document, "created", "77", "SO1042")])
    ledger.outcomes.settle(
        run, "order", [Verdict(0, A, Outcome.CREATED, (), "77"), Verdict(1, B, Outcome.QUARANTINED, (UNKNOWN_ITEM,))]
    )
    known = ledger.outcomes.known("shop_erp", "order", [A, B, C])
    assert set(known) == {A, B}
    assert (known[A].version, known[A].hash, known[A].target_id, known[A].target_number) == ("v1", "h1", "77", "SO1042")
    assert (known[B].version, known[B].hash, known[B].outcome) == (None, None, Outcome.QUARANTINED)
    assert ledger.outcomes.known("other", "order", [A]) == {}


def test_an_older_copy_that_ends_late_does_not_undo_the_newer(ledger: Ledger, start: Callable[..., int]) -> None:
    for version, outcome, target in (("v2", Outcome.CREATED, "77"), ("v1", Outcome.REJECTED, None)):
        run = start()
        ledger.outcomes.extracted(run, "order", rows(A, version=version), 0)
        ledger.outcomes.settle(run, "order", [Verdict(0, A, outcome, (), target)])
    known = ledger.outcomes.known("shop_erp", "order", [A])[A]
    assert (known.version, known.outcome, known.target_id) == ("v2", Outcome.CREATED, "77")


def test_a_newer_version_that_is_refused_keeps_what_was_applied(ledger: Ledger, start: Callable[..., int]) -> None:
    for version, outcome, target in (("v1", Outcome.CREATED, "77"), ("v2", Outcome.REJECTED, None)):
        run = start()
        ledger.outcomes.extracted(run, "order", rows(A, version=version), 0)
        ledger.outcomes.settle(run, "order", [Verdict(0, A, outcome, (), target)])
    known = ledger.outcomes.known("shop_erp", "order", [A])[A]
    assert (known.version, known.outcome, known.target_id) == ("v1", Outcome.REJECTED, "77")


def test_copies_of_one_order_in_one_run(ledger: Ledger, start: Callable[..., int]) -> None:
    run = start()
    copies = table([(0, A, "2026-03-01T11:00:00Z"), (1, A, "2026-03-01T11:00:00Z"), (2, A, "2026-03-01T10:00:00Z")])
    ledger.outcomes.extracted(run, "order", copies, 0)
    assert ledger.copies.supersede(run, "order") == 2
    ledger.outcomes.settle(run, "order", [Verdict(1, A, Outcome.CREATED, (), "77")])
    assert [each.outcome.value for each in ledger.outcomes.verdicts(run)] == ["superseded", "created", "superseded"]
    assert ledger.outcomes.known("shop_erp", "order", [A])[A].outcome is Outcome.CREATED


def test_a_dry_run_touches_no_record(ledger: Ledger, start: Callable[..., int]) -> None:
    run = start(selection=Selection(dry_run=True))
    ledger.outcomes.extracted(run, "order", rows(A), 0)
    ledger.outcomes.settle(run, "order", [Verdict(0, A, Outcome.CREATED)])
    assert ledger.outcomes.balance(run)["order"].unaccounted == 0
    assert ledger.outcomes.known("shop_erp", "order", [A]) == {}
    assert ledger.overview.silence("shop_erp", "order") == {}


def test_verdicts_are_paged_without_loss(ledger: Ledger, start: Callable[..., int]) -> None:
    run = start()
    keys = [f"RefArch/{number:05}" for number in range(5_001)]
    ledger.outcomes.extracted(run, "order", rows(*keys), 0)
    ledger.outcomes.settle(run, "order", (Verdict(row, key, Outcome.UNCHANGED) for row, key in enumerate(keys)))
    assert [each.key for each in ledger.outcomes.verdicts(run)] == keys
