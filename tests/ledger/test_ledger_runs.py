from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from cartage.errors import BatchError
from cartage.windows import Selection, Window
from tests.ledger.ledger_examples import NOON

if TYPE_CHECKING:
    from collections.abc import Callable

    from cartage.ledger import Ledger

FLOW = ("shop_erp", "orders")


def test_a_tried_again_extract_gets_its_run_and_window_back(ledger: Ledger, start: Callable[..., int]) -> None:
    first = start("scheduled__1", until=NOON)
    again = start("scheduled__1", until=NOON + timedelta(hours=3))
    assert again == first
    assert ledger.runs.get(first).window == Window(NOON - timedelta(minutes=15), NOON)


def test_a_dag_run_cleared_after_it_was_closed_opens_another_attempt(ledger: Ledger, start: Callable[..., int]) -> None:
    first = start("scheduled__1")
    ledger.runs.close(first, "settled")
    second = start("scheduled__1")
    assert second != first
    assert [(each.id, each.attempt, each.state) for each in ledger.runs.recent(*FLOW)] == [
        (second, 2, "open"),
        (first, 1, "settled"),
    ]


def test_what_was_asked_for_comes_back(ledger: Ledger, start: Callable[..., int]) -> None:
    asked = Selection(keys=("00017", "00018"), dry_run=True)
    run = ledger.runs.get(start(selection=asked, run_type="manual"))
    assert run.selection == asked
    assert run.dry_run
    assert run.limited
    assert run.opened_at.utcoffset() == timedelta(0)


def test_runs_that_nobody_closed_are_found_for_adoption(ledger: Ledger, start: Callable[..., int]) -> None:
    abandoned, settled, live = start(), start(), start()
    start(flow="customers")
    ledger.runs.close(settled, "settled")
    assert [each.id for each in ledger.runs.still_open(*FLOW)] == [abandoned, live]
    ledger.runs.close(abandoned, "failed", "its DAG run was marked failed")
    assert [each.id for each in ledger.runs.still_open(*FLOW)] == [live]
    assert ledger.runs.get(abandoned).note == "its DAG run was marked failed"


def test_a_failed_run_may_still_settle_but_never_the_other_way(ledger: Ledger, start: Callable[..., int]) -> None:
    run = start()
    ledger.runs.close(run, "failed", "load failed")
    ledger.runs.close(run, "settled")
    ledger.runs.close(run, "failed", "late")
    assert ledger.runs.get(run).state == "settled"


def test_only_live_unlimited_settled_runs_seed_the_watermark(ledger: Ledger, start: Callable[..., int]) -> None:
    assert ledger.runs.last_settled_window(*FLOW) is None
    live = [start(until=NOON), start(until=NOON + timedelta(hours=1))]
    limited = [
        start(until=NOON + timedelta(hours=2), selection=Selection(keys=("1",))),
        start(until=NOON + timedelta(hours=3), selection=Selection(dry_run=True)),
        start(until=NOON + timedelta(hours=4), run_type="backfill"),
        start(until=NOON + timedelta(hours=4), run_type="manual_window"),
    ]
    failed = start(until=NOON + timedelta(hours=5))
    start(until=NOON + timedelta(hours=6))
    for run in (*reversed(live), *limited):
        ledger.runs.close(run, "settled")
    ledger.runs.close(failed, "failed")
    window = ledger.runs.last_settled_window(*FLOW)
    assert window is not None
    assert window.until == NOON + timedelta(hours=1)


def test_an_unknown_run_is_named(ledger: Ledger) -> None:
    with pytest.raises(BatchError, match="no run 4711"):
        ledger.runs.get(4711)


def test_a_time_without_a_zone_is_refused(ledger: Ledger, start: Callable[..., int]) -> None:
    with pytest.raises(Exception, match="without a zone"):
        start(until=datetime(2026, 3, 1, 12))  # noqa: DTZ001 - what is refused
    assert ledger.runs.recent(*FLOW) == []


def test_what_steps_found_stands_together_and_a_try_made_again_replaces_its_own(
    ledger: Ledger, start: Callable[..., int]
) -> None:
    run = start()
    for step, said in (("extract", ["unmapped"]), ("transform", ["drift: 3"]), ("transform", ["drift: 2"])):
        ledger.runs.find(run, said, step=step)
    assert ledger.runs.get(run).findings == ("unmapped", "drift: 2")
    for step in ("extract", "transform"):
        ledger.runs.find(run, [], step=step)
    assert ledger.runs.get(run).findings == ()
