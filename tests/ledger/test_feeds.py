from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cartage.seams import Feed

if TYPE_CHECKING:
    from collections.abc import Callable

    from cartage.ledger import Ledger
    from cartage.ledger.feeds import Feeds


def book(ledger: Ledger, run: int) -> Feeds:
    return ledger.feeds("shop_erp", "inventory", run)


def feed(name: str) -> Feed:
    return Feed(name, "a" * 64, 1_000, 10, f"/inbound/inventory/{name}", f"file:///landed/{name}")


def test_a_try_after_a_crash_finds_what_its_run_meant_to_send(ledger: Ledger, start: Callable[..., int]) -> None:
    run, other = start(flow="inventory"), start(flow="inventory")
    first, second = feed("inventory_1.xml"), feed("inventory_2.xml")
    for each in (second, first):
        book(ledger, run).put(each)
    book(ledger, run).put(replace(first, state="sent"))
    assert book(ledger, run).of_run() == [replace(first, state="sent"), second]
    assert book(ledger, other).of_run() == []
    assert ledger.feeds("shop_erp", "prices", run).of_run() == []


def test_the_newest_name_is_that_of_all_runs(ledger: Ledger, start: Callable[..., int]) -> None:
    earlier, later = start(flow="inventory"), start(flow="inventory")
    assert book(ledger, later).newest("lists") is None
    for run, name in (
        (earlier, "lists_2.xml"),
        (later, "lists_1.xml"),
        (later, "listsX9.xml"),
        (later, "stores_3.xml"),
    ):
        book(ledger, run).put(feed(name))
    assert book(ledger, later).newest("lists") == "lists_2.xml"


def test_feeds_wait_until_their_import_was_seen(ledger: Ledger, start: Callable[..., int]) -> None:
    earlier, later = start(flow="inventory"), start(flow="inventory")
    for name, state in (("2.xml", "sent"), ("1.xml", "sent"), ("3.xml", "intended"), ("4.xml", "refused")):
        book(ledger, earlier).put(replace(feed(name), state=state))
    book(ledger, later).put(replace(feed("5.xml"), state="sent"))
    assert [each.name for each in book(ledger, later).waiting()] == ["1.xml", "2.xml"]
    book(ledger, later).put(replace(feed("1.xml"), state="imported"))
    assert [each.name for each in book(ledger, later).waiting()] == ["2.xml"]
    # It is still a feed of the run that wrote it.
    assert [each.name for each in book(ledger, earlier).of_run()] == ["1.xml", "2.xml", "3.xml", "4.xml"]
