from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from cartage.seams import Drop
from cartage.windows import Selection, Window
from tests.ledger.ledger_examples import NOON

if TYPE_CHECKING:
    from collections.abc import Callable

    from cartage.ledger import Ledger
    from cartage.ledger.drops import Drops


def book(ledger: Ledger, run: int) -> Drops:
    return ledger.drops("shop_erp", "orders", run)


def drop(name: str, content: str, *, minutes: int = 0) -> Drop:
    landed = NOON + timedelta(minutes=minutes)
    return Drop(
        name, f"/outbound/orders/{name}", content * 64, 1_000, "RefArch", None, landed, f"file:///landed/{name}"
    )


def test_a_drop_is_known_by_its_content(ledger: Ledger, start: Callable[..., int]) -> None:
    drops = book(ledger, start())
    first = drop("RefArch_orders_1.xml", "a")
    assert drops.find(first.hash) is None
    drops.put(first)
    assert book(ledger, start()).find(first.hash) == first
    assert ledger.drops("shop_erp", "customers", 1).find(first.hash) is None


def test_a_repeat_does_not_hide_the_first(ledger: Ledger, start: Callable[..., int]) -> None:
    first = drop("RefArch_orders_1.xml", "a")
    book(ledger, start()).put(replace(first, state="archived"))
    later = book(ledger, start())
    later.put(replace(drop("again.xml", "a", minutes=9), state="repeated", reason="RefArch_orders_1.xml"))
    later.put(replace(first, state="repeated", reason="RefArch_orders_1.xml"))  # put back under its own name
    found = later.find(first.hash)
    assert found is not None
    assert (found.name, found.state) == ("RefArch_orders_1.xml", "archived")


def test_a_window_of_landing_times_starts_inclusive_and_ends_exclusive(
    ledger: Ledger, start: Callable[..., int]
) -> None:
    drops = book(ledger, start())
    for minutes, content in ((30, "c"), (0, "a"), (15, "b")):
        drops.put(drop(f"{content}.xml", content, minutes=minutes))
    since, until = NOON, NOON + timedelta(minutes=30)
    assert [each.name for each in drops.landed_between(Window(since, until))] == ["a.xml", "b.xml"]
    assert [each.name for each in drops.landed_between(Window(None, until))] == ["a.xml", "b.xml"]


def test_what_no_run_settled_is_read_again(ledger: Ledger, start: Callable[..., int]) -> None:
    settled, failed, limited = start(), start(), start(selection=Selection(keys=("00017",)))
    book(ledger, settled).put(replace(drop("settled.xml", "a"), state="read"))
    book(ledger, failed).put(replace(drop("failed.xml", "b"), state="read"))
    book(ledger, limited).put(drop("limited.xml", "c"))
    book(ledger, failed).put(replace(drop("rejected.xml", "d"), state="rejected", reason="no XML"))
    for run, state in ((settled, "settled"), (failed, "failed"), (limited, "settled")):
        ledger.runs.close(run, state)
    assert [each.name for each in book(ledger, start()).unsettled()] == ["failed.xml", "limited.xml"]


def test_a_run_knows_what_it_could_not_read(ledger: Ledger, start: Callable[..., int]) -> None:
    drops = book(ledger, start())
    drops.put(replace(drop("whole.xml", "a"), state="archived"))
    drops.put(replace(drop("cut_off.xml", "b"), state="rejected", reason="cut_off.xml: no closing tag"))
    drops.put(replace(drop("again.xml", "a", minutes=9), state="repeated", reason="the same content as whole.xml"))
    assert [(each.name, each.reason) for each in drops.refused()] == [("cut_off.xml", "cut_off.xml: no closing tag")]
    assert book(ledger, start()).refused() == []


def test_a_retry_of_some_records_never_moves_aside_what_a_failed_run_read(
    ledger: Ledger, start: Callable[..., int]
) -> None:
    failed, retry = start(), start(selection=Selection(quarantine=(1,)))
    book(ledger, failed).put(replace(drop("half_done.xml", "a"), state="read"))
    ledger.runs.close(failed, "failed")
    settled = start()
    book(ledger, settled).put(replace(drop("done.xml", "b"), state="read"))
    ledger.runs.close(settled, "settled")
    assert [each.name for each in book(ledger, retry).done_with(NOON - timedelta(days=1))] == ["done.xml"]
    assert [each.name for each in book(ledger, retry).unsettled()] == ["half_done.xml"]
    live = start()
    book(ledger, live).put(replace(drop("half_done.xml", "a"), state="read"))
    assert {each.name for each in book(ledger, live).done_with(NOON - timedelta(days=1))} == {
        "done.xml",
        "half_done.xml",
    }
