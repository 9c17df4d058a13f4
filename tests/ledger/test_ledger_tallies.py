"""Kinds of which there are a million records: tallied, with a row only for what is worth one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from cartage.ledger import Balance
from cartage.ledger.told import VALUES, Group, groups
from cartage.operators.accounting import hold_rest
from cartage.records.columns import INSTANT
from cartage.records.outcome import Outcome, Verdict
from tests.ledger.ledger_examples import NOON, rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from cartage.ledger import Ledger

A, B, C = "berlin/a", "berlin/b", "munich/a"


def told(*keys: str, value: str | None = "7", hash_: str = "h1", version: str = "2026-03-01T11:00:00Z") -> pa.Table:
    """Give rows to note, each with what the shop will be told."""
    columns = {"hash": hash_, "value": value}
    table = rows(*keys, version=version)
    for name, text in columns.items():
        table = table.append_column(name, pa.array([text] * len(keys), pa.string()))
    return table.append_column("as_of", pa.array([NOON] * len(keys), INSTANT))


class Steps:
    """What `hold_rest` asks of a runtime."""

    flow = "inventory"
    integration = SimpleNamespace(name="shop_erp")

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger


def balance(ledger: Ledger, run: int) -> Balance:
    return ledger.outcomes.balance(run)["stock"]


def test_rows_noted_singly_are_among_the_tallied(ledger: Ledger, start: Callable[..., int]) -> None:
    run = start()
    ledger.tallies.put(run, "stock", 0, {"extracted": 1_000_000})
    ledger.tallies.put(run, "stock", 0, {"unchanged": 999_998})
    ledger.outcomes.extracted(run, "stock", told(A, B), 0)
    assert (balance(ledger, run).extracted, balance(ledger, run).unaccounted) == (1_000_000, 2)
    ledger.outcomes.settle(run, "stock", [Verdict(0, A, Outcome.CREATED), Verdict(1, B, Outcome.UNCHANGED)])
    assert balance(ledger, run) == Balance(1_000_000, {Outcome.UNCHANGED: 999_999, Outcome.CREATED: 1})
    assert balance(ledger, run).unaccounted == 0


def test_a_tally_is_set_and_not_added(ledger: Ledger, start: Callable[..., int]) -> None:
    run = start()
    for batch in (0, 1, 1):
        ledger.tallies.put(run, "stock", batch, {"extracted": 10, "unchanged": 4})
    ledger.tallies.put(run, "stock", 1, {"unchanged": 5, "skipped": 0})
    assert balance(ledger, run) == Balance(20, {Outcome.UNCHANGED: 9})
    assert ledger.tallies.of(run, "stock", 1) == {"extracted": 10, "unchanged": 5, "skipped": 0}


@pytest.mark.parametrize("counts", [{"lost": 1}, {"held": -1}])
def test_a_tally_of_no_outcome_is_a_defect(ledger: Ledger, start: Callable[..., int], counts: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="an outcome, from 0 on"):
        ledger.tallies.put(start(), "stock", 0, counts)


def test_more_outcomes_than_records_do_not_balance(ledger: Ledger, start: Callable[..., int]) -> None:
    run = start()
    ledger.tallies.put(run, "stock", 0, {"extracted": 2, "unchanged": 3})
    assert balance(ledger, run).unaccounted == -1


def test_what_a_broken_run_leaves_is_held_until_somebody_goes_on(ledger: Ledger, start: Callable[..., int]) -> None:
    run = start()
    steps: Any = Steps(ledger)
    ledger.tallies.put(run, "stock", 0, {"extracted": 10})
    ledger.outcomes.extracted(run, "stock", told(A), 0)
    for _ in range(2):
        hold_rest(steps, run, "step_failed", "the run's step transform failed")
        assert balance(ledger, run) == Balance(10, {Outcome.HELD: 10})
    ledger.tallies.put(run, "stock", 0, {"unchanged": 8})
    ledger.outcomes.settle(run, "stock", [Verdict(0, A, Outcome.CREATED)])
    assert balance(ledger, run).unaccounted == 1, "the held tally gave way, so that a lost record shows"


def test_a_tried_again_extract_counts_anew(ledger: Ledger, start: Callable[..., int]) -> None:
    run = start()
    ledger.tallies.put(run, "stock", 0, {"extracted": 3})
    ledger.outcomes.extracted(run, "stock", told(A, B), 0)
    ledger.outcomes.settle(run, "stock", [Verdict(0, A, Outcome.QUARANTINED)])
    ledger.outcomes.restart(run, "stock")
    assert ledger.outcomes.balance(run) == {}
    ledger.tallies.put(run, "stock", 0, {"extracted": 2})
    assert balance(ledger, run).unaccounted == 2


def test_a_tried_again_transform_notes_its_batch_anew(ledger: Ledger, start: Callable[..., int]) -> None:
    run = start()
    ledger.tallies.put(run, "stock", 0, {"extracted": 3})
    ledger.outcomes.extracted(run, "stock", told(A, B, C), 0)
    ledger.outcomes.settle(run, "stock", [Verdict(0, A, Outcome.CREATED), Verdict(1, B, Outcome.HELD)])
    ledger.outcomes.restart(run, "stock", 0)
    ledger.tallies.put(run, "stock", 0, {"unchanged": 2})
    assert balance(ledger, run) == Balance(3, {Outcome.CREATED: 1, Outcome.UNCHANGED: 2})


def test_a_record_remembers_what_the_shop_was_told(ledger: Ledger, start: Callable[..., int]) -> None:
    def tell(outcome: Outcome, value: str, hash_: str, day: int) -> None:
        run = start()
        ledger.outcomes.extracted(run, "stock", told(A, value=value, hash_=hash_, version=f"2026-03-0{day}"), 0)
        ledger.outcomes.settle(run, "stock", [Verdict(0, A, outcome)])

    def known() -> tuple[str | None, str | None, datetime | None]:
        state = ledger.outcomes.known("shop_erp", "stock", [A])[A]
        return state.hash, state.value, state.as_of

    for day, outcome in enumerate((Outcome.HELD, Outcome.REJECTED, Outcome.QUARANTINED), start=1):
        tell(outcome, "9", "h0", day)
        assert known() == (None, None, None)
    assert ledger.outcomes.known_values("shop_erp", "stock").num_rows == 0, "it was never told"
    tell(Outcome.CREATED, "7", "h1", 4)
    assert known() == ("h1", "7", NOON)
    for day, outcome in enumerate((Outcome.HELD, Outcome.REJECTED, Outcome.UNCHANGED), start=5):
        tell(outcome, "0", "h2", day)
        assert known() == ("h1", "7", NOON)
    tell(Outcome.UPDATED, "0", "h2", 8)
    assert known() == ("h2", "0", NOON)


def test_what_is_known_comes_in_columns(ledger: Ledger, start: Callable[..., int]) -> None:
    run = start()
    ledger.outcomes.extracted(run, "stock", told(A, C, value="0.00"), 0)
    ledger.outcomes.settle(run, "stock", [Verdict(0, A, Outcome.CREATED), Verdict(1, C, Outcome.CREATED)])
    run = start()
    ledger.outcomes.extracted(run, "stock", told(B, "munich/10", value="10", hash_="h3"), 0)
    ledger.outcomes.settle(run, "stock", [Verdict(0, B, Outcome.CREATED), Verdict(1, "munich/10", Outcome.CREATED)])
    known = ledger.outcomes.known_values("shop_erp", "stock")
    assert known.schema == VALUES
    assert sorted(known["key"].to_pylist()) == [A, B, "munich/10", C]
    one = ledger.outcomes.known_values("shop_erp", "stock", [B, "berlin/never"])
    assert one.to_pylist() == [{"key": B, "hash": "h3", "value": "10", "as_of": NOON}]
    assert ledger.outcomes.known_values("shop_erp", "stock", []).num_rows == 0
    found = groups(ledger._database, "shop_erp", "stock")
    assert found == {"berlin": Group(2, 1), "munich": Group(2, 1)}


def test_tallies_are_forgotten_with_their_run(ledger: Ledger, start: Callable[..., int]) -> None:
    run = start()
    ledger.tallies.put(run, "stock", 0, {"extracted": 1, "unchanged": 1})
    ledger.runs.close(run, "settled")
    assert ledger.forget(datetime.now(UTC) + timedelta(seconds=1))["tallies"] == 2
    assert ledger.outcomes.balance(run) == {}


def test_what_is_forgotten_as_told_is_still_known_to_be_there(ledger: Ledger, start: Callable[..., int]) -> None:
    run = start()
    ledger.outcomes.extracted(run, "stock", told(A), 0)
    ledger.outcomes.settle(run, "stock", [Verdict(0, A, Outcome.CREATED)])
    ledger.outcomes.untell("shop_erp", "stock", [A])
    (known,) = ledger.outcomes.known_values("shop_erp", "stock").to_pylist()
    assert known == {"key": A, "hash": None, "value": "7", "as_of": NOON}
    assert groups(ledger._database, "shop_erp", "stock") == {"berlin": Group(1, 1)}


def test_what_a_broken_run_may_have_told_is_in_doubt(ledger: Ledger, start: Callable[..., int]) -> None:
    run = start()
    ledger.outcomes.extracted(run, "stock", told(A, C), 0)
    ledger.outcomes.settle(run, "stock", [Verdict(0, A, Outcome.CREATED), Verdict(1, C, Outcome.CREATED)])
    broken, later = start(), NOON + timedelta(minutes=5)
    noted = told(A, B, value="3", hash_="h2", version="2026-03-02")
    noted = noted.set_column(noted.column_names.index("as_of"), "as_of", pa.array([later] * 2, INSTANT))
    ledger.outcomes.extracted(broken, "stock", noted, 0)
    ledger.outcomes.doubt("shop_erp", "stock", broken, [A, B])
    known = {each["key"]: each for each in ledger.outcomes.known_values("shop_erp", "stock").to_pylist()}
    assert known[A] == {"key": A, "hash": None, "value": "7", "as_of": later}, "no later feed is dated before"
    assert known[B] == {"key": B, "hash": None, "value": "3", "as_of": later}, "should it go, the shop must hear of it"
    assert known[C]["hash"] == "h1"
