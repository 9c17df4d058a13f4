from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cartage.errors import Complaint
from cartage.seams import Attempt, DocumentResult
from tests.ledger.ledger_examples import KEY, NOON, document, rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from cartage.ledger import Ledger
    from cartage.ledger.journal import DocumentJournal

ROOT = Path(__file__).parents[2]
CLOSED_PERIOD = Complaint("closed_period", "RefArch/1: the period of 2026-02-28 is closed", "placed_at")


def journal(ledger: Ledger, run: int, holder: str = "", *, lease: timedelta = timedelta(minutes=15)) -> DocumentJournal:
    return ledger.journal(run, "shop_erp", "netsuite", holder=holder, lease=lease)


def test_a_document_of_one_run_is_refused_to_another(ledger: Ledger, start: Callable[..., int]) -> None:
    first, second = start(), start()
    assert journal(ledger, first).claim([document("1")])[0].granted
    refused = journal(ledger, second).claim([document("1"), document("2")])
    assert [each.granted for each in refused] == [False, True]


def test_external_ids_are_the_same_whatever_their_capitals(ledger: Ledger, start: Callable[..., int]) -> None:
    first, second = start(), start()
    plain = document("a1")
    assert journal(ledger, first).claim([plain])[0].granted
    shouted = replace(plain, external_id=plain.external_id.upper())
    assert not journal(ledger, second).claim([shouted])[0].granted


def test_a_written_document_tells_the_next_run_what_the_target_has(ledger: Ledger, start: Callable[..., int]) -> None:
    first, second = start(), start()
    mine = journal(ledger, first)
    (claim,) = mine.claim([document("1", version="v1")])
    assert (claim.known_id, claim.known_hash, claim.unfinished) == (None, None, False)
    mine.results([DocumentResult(claim.document, "created", "77", "SO1042")])
    (next_,) = journal(ledger, second).claim([document("1", version="v2", body="b")])
    assert next_.granted
    assert (next_.known_id, next_.known_hash, next_.known_version) == ("77", "a" * 64, "v1")
    assert not next_.unfinished


def test_a_tried_again_task_is_told_what_it_has_done(ledger: Ledger, start: Callable[..., int]) -> None:
    mine = journal(ledger, start(), "load[0]")
    claims = mine.claim([document("1"), document("2")])
    mine.results([DocumentResult(claims[0].document, "created", "77")])
    again = mine.claim([document("1"), document("2")])
    assert [(each.granted, each.done, each.unfinished) for each in again] == [
        (True, "created", False),
        (True, None, True),
    ]
    changed = mine.claim([document("1", body="b")])[0]
    assert (changed.granted, changed.done, changed.known_hash) == (True, None, "a" * 64)


def test_two_batches_of_one_run_keep_off_each_others_documents(ledger: Ledger, start: Callable[..., int]) -> None:
    run = start()
    assert journal(ledger, run, "load[0]").claim([document("1")])[0].granted
    assert not journal(ledger, run, "load[1]").claim([document("1")])[0].granted


def test_a_refused_document_keeps_its_id_and_is_tried_again(ledger: Ledger, start: Callable[..., int]) -> None:
    run = start()
    mine = journal(ledger, run)
    for version, outcome, internal in (("v1", "created", "77"), ("v2", "rejected", None)):
        (claim,) = mine.claim([document("1", version=version, body=version)])
        mine.results([DocumentResult(claim.document, outcome, internal, complaints=(CLOSED_PERIOD,))])
    (again,) = mine.claim([document("1", version="v2", body="v2")])
    assert (again.done, again.known_id, again.known_version) == (None, "77", "v1")


def test_letting_go_without_a_result_says_to_look_first(ledger: Ledger, start: Callable[..., int]) -> None:
    first, second = start(), start()
    mine = journal(ledger, first)
    claims = mine.claim([document("1")])
    attempt = Attempt(NOON, "PUT", "/record/v1/salesOrder/eid:1", None, "{}", None, 30_000, "timeout")
    mine.release(claims, [attempt])
    (other,) = journal(ledger, second).claim([document("1")])
    assert (other.granted, other.unfinished) == (True, True)


@pytest.mark.parametrize("ended", ["closed", "lease"])
def test_a_dead_runs_claim_is_taken_over(ledger: Ledger, start: Callable[..., int], ended: str) -> None:
    dead, next_ = start(), start()
    lease = timedelta(0) if ended == "lease" else timedelta(hours=1)
    late = journal(ledger, dead, lease=lease)
    (claim,) = late.claim([document("1")])
    if ended == "closed":
        ledger.runs.close(dead, "failed")
    taker = journal(ledger, next_)
    (taken,) = taker.claim([document("1", body="b")])
    assert (taken.granted, taken.unfinished) == (True, True)
    # The dead was only slow: what it notes now does not undo who holds the document.
    late.results([DocumentResult(claim.document, "created", "77")])
    assert not journal(ledger, start()).claim([document("1")])[0].granted
    taker.results([DocumentResult(taken.document, "updated", "77")])
    (after,) = journal(ledger, start()).claim([document("1")])
    assert (after.known_hash, after.unfinished) == ("b" * 64, False)


def test_attempts_are_kept_short_and_found_by_order(ledger: Ledger, start: Callable[..., int]) -> None:
    run = start()
    ledger.outcomes.extracted(run, "order", rows("RefArch/1"), 0)
    mine = journal(ledger, run)
    (claim,) = mine.claim([document("1")])
    attempt = Attempt(NOON, "POST", "/record/v1/salesOrder", 400, "x" * 20_000, "a\x00b", 200, "INVALID_VALUE")
    mine.results([DocumentResult(claim.document, "rejected", complaints=(CLOSED_PERIOD,), attempts=(attempt,))])
    story = ledger.stories.tell("shop_erp", "RefArch/1")
    assert story is not None
    (sent,) = (each for each in story.steps if each.what == "sent")
    assert sent.text == "POST /record/v1/salesOrder"
    kept = sent.attempt
    assert kept is not None
    assert (kept.status, kept.milliseconds) == (400, 200)
    assert kept.request is not None
    assert kept.request.endswith("… (3616 more characters)")
    assert kept.answer == "ab"


def test_of_processes_that_race_exactly_one_is_granted(url: str, start: Callable[..., int]) -> None:
    numbers = [str(each) for each in range(60)]
    orders = [numbers, numbers[::-1], numbers]  # asked for in different orders, as a deadlock would like it
    racers = [_racer(url, start(), "race", *order) for order in orders]
    granted = [dict(zip(order, said, strict=True)) for order, said in zip(orders, _go(racers), strict=True)]
    assert {number: [each[number] for each in granted].count("granted") for number in numbers} == dict.fromkeys(
        numbers, 1
    )
    for racer in racers:
        assert racer.wait(20) == 0


def test_a_process_killed_between_claim_and_result_leaves_an_unfinished_intent(
    ledger: Ledger, url: str, start: Callable[..., int]
) -> None:
    run = start()
    racer = _racer(url, run, "die", "1")
    assert _go([racer]) == [["granted"]]
    os.kill(racer.pid, signal.SIGKILL)
    racer.wait(20)
    assert not journal(ledger, start()).claim([document("1")])[0].granted, "its run is open and its lease runs"
    (again,) = journal(ledger, run, "load[0]").claim([document("1")])
    assert (again.granted, again.done, again.unfinished) == (True, None, True)


def _racer(url: str, run: int, then: str, *numbers: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT / "plugins"), str(ROOT)))}
    return subprocess.Popen(
        [sys.executable, "-m", "tests.ledger.racer", url, KEY, str(run), "load[0]", then, *numbers],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment,
    )  # fmt: skip


def _go(racers: list[subprocess.Popen[str]]) -> list[list[str]]:
    """Wait until all are ready, start them at once, and give what each says."""
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    return [racer.stdout.readline().split() for racer in racers if racer.stdout is not None]
