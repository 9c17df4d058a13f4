"""What the console asks of the ledger: counts that stay, finding, and stories, on both databases."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from cartage.errors import Complaint
from cartage.ledger import Entry
from cartage.ledger.counts import SOME
from cartage.ledger.engine import Database
from cartage.ledger.migrating import downgrade, migrate
from cartage.ledger.searching import MOST
from cartage.ledger.terms import shortened
from cartage.records.outcome import Outcome, Verdict
from cartage.seams import Attempt, DocumentResult, Drop
from cartage.windows import Selection
from tests.ledger.ledger_examples import NOON, document, rows

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from cartage.ledger import Ledger

NO_ITEM = Complaint("unknown_item", "RefArch/2: NetSuite knows no item of sku 4711")


def carry(ledger: Ledger, run: int) -> None:
    """Create order 1 as SO1042, quarantine order 2, leave order 3 without an outcome."""
    ledger.outcomes.extracted(run, "order", rows("RefArch/1", "RefArch/2", "RefArch/3"), 0)
    journal = ledger.journal(run, "shop_erp", "netsuite")
    (claim,) = journal.claim([document("1")])
    attempt = Attempt(NOON, "POST", "/salesOrder", 204, "{}", None, 12)
    journal.results([DocumentResult(claim.document, "created", "77", "SO1042", (), (attempt,))])
    entry = Entry(1, "RefArch/2", "1", "validate", (NO_ITEM,), b"{}", emails=("ada@example.com",))
    ledger.quarantine.put(run, "orders", "order", [entry])
    ledger.outcomes.settle(
        run,
        "order",
        [Verdict(0, "RefArch/1", Outcome.CREATED, (), "77"), Verdict(1, "RefArch/2", Outcome.QUARANTINED, (NO_ITEM,))],
    )


def ways(ledger: Ledger, flow: str = "orders") -> list[dict[str, int]]:
    """Give the counts of a flow's runs, newest first."""
    return [dict(each.ways) for each in ledger.overview.runs("shop_erp", flow)]


def test_what_a_run_did_is_kept_when_its_outcomes_are_forgotten(ledger: Ledger, start: Callable[..., int]) -> None:
    run = start()
    carry(ledger, run)
    so_far = ways(ledger)
    ledger.runs.close(run, "settled")
    assert so_far == ways(ledger) == [{"created": 1, "quarantined": 1, "unaccounted": 1}]
    ledger.forget(datetime.now(UTC) + timedelta(days=1))
    assert not list(ledger.outcomes.verdicts(run))
    assert ways(ledger) == so_far


def test_a_failed_run_that_settles_after_all_counts_anew(ledger: Ledger, start: Callable[..., int]) -> None:
    run = start()
    carry(ledger, run)
    ledger.runs.close(run, "failed", note="load failed")
    ledger.outcomes.settle(run, "order", [Verdict(2, "RefArch/3", Outcome.CREATED, (), "78")])
    ledger.runs.close(run, "settled")
    assert ways(ledger) == [{"created": 2, "quarantined": 1}]


def test_tallied_records_count_with_those_noted_singly(ledger: Ledger, start: Callable[..., int]) -> None:
    run = start(flow="inventory")
    ledger.tallies.put(run, "stock", 0, {"extracted": 1_000, "unchanged": 990})
    ledger.outcomes.extracted(run, "stock", rows(*(f"list/{number}" for number in range(10))), 0)
    ledger.outcomes.settle(run, "stock", [Verdict(row, f"list/{row}", Outcome.UPDATED) for row in range(7)])
    assert ways(ledger, "inventory") == [{"unchanged": 990, "updated": 7, "unaccounted": 3}]
    ledger.runs.close(run, "failed")
    assert ways(ledger, "inventory") == [{"unchanged": 990, "updated": 7, "unaccounted": 3}]
    assert ledger.outcomes.balance(run)["stock"].unaccounted == 3


def test_of_a_big_run_under_way_only_a_part_is_added_up(
    ledger: Ledger, start: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert SOME > 1_000
    monkeypatch.setattr("cartage.ledger.counts.SOME", 2)
    run = start()
    carry(ledger, run)
    assert sum(ways(ledger)[0].values()) == 2


def test_runs_of_before_are_counted_by_the_migration(ledger: Ledger, url: str, start: Callable[..., int]) -> None:
    run = start()
    carry(ledger, run)
    stock = start(flow="inventory")
    ledger.tallies.put(stock, "stock", 0, {"extracted": 10, "unchanged": 10})
    ledger.runs.close(run, "settled")
    ledger.runs.close(stock, "settled")
    before = (ways(ledger), ways(ledger, "inventory"))
    database = Database(url)
    downgrade(database, "0002")
    migrate(database)
    database.close()
    assert (ways(ledger), ways(ledger, "inventory")) == before


def test_how_flows_stand(ledger: Ledger, start: Callable[..., int]) -> None:
    days = [datetime.now(UTC) - timedelta(hours=hours) for hours in (72, 48, 1)]
    nothing = ledger.overview.standings("shop_erp", ["orders"], days)["orders"]
    assert (nothing.newest, nothing.fresh_at, nothing.errors, nothing.days) == (None, None, 0, {})
    run = start()
    carry(ledger, run)
    ledger.runs.close(run, "settled")
    limited = start(run_type="backfill")
    ledger.runs.close(limited, "settled")
    found = ledger.overview.standings("shop_erp", ["orders", "prices"], days)
    orders = found["orders"]
    assert orders.newest is not None
    assert orders.newest.id == limited
    assert orders.fresh_at == ledger.runs.get(run).closed_at
    assert (orders.errors, orders.proposals) == (1, 0)
    assert orders.days == {2: {"created": 1, "quarantined": 1, "unaccounted": 1}}
    assert found["prices"].newest is None


def test_a_record_that_is_tried_again_counts_once_a_day(ledger: Ledger, start: Callable[..., int]) -> None:
    first = start()
    carry(ledger, first)
    ledger.runs.close(first, "settled")
    days = [datetime.now(UTC) - timedelta(days=1)]

    def again(outcome: Outcome, *, dry_run: bool = False) -> dict[str, int]:
        run = start(selection=Selection(keys=("2",), dry_run=dry_run))
        ledger.outcomes.extracted(run, "order", rows("RefArch/2"), 0)
        if outcome is Outcome.QUARANTINED:
            ledger.quarantine.put(run, "orders", "order", [Entry(0, "RefArch/2", "1", "validate", (NO_ITEM,), b"{}")])
        ledger.outcomes.settle(run, "order", [Verdict(0, "RefArch/2", outcome)])
        ledger.runs.close(run, "settled")
        return dict(ledger.overview.standings("shop_erp", ["orders"], days)["orders"].days[0])

    counted = {"created": 1, "quarantined": 1, "unaccounted": 1}
    assert again(Outcome.CREATED, dry_run=True) == counted
    assert again(Outcome.QUARANTINED) == counted
    assert again(Outcome.REJECTED) == {"created": 1, "rejected": 1, "unaccounted": 1}
    assert again(Outcome.SUPERSEDED) == {"created": 1, "rejected": 1, "superseded": 1, "unaccounted": 1}
    assert again(Outcome.CREATED) == {"created": 2, "superseded": 1, "unaccounted": 1}
    assert [each["quarantined"] for each in ways(ledger) if "quarantined" in each] == [1, 1], (
        "the runs did what they did"
    )
    tomorrow = [datetime.now(UTC) - timedelta(hours=2), datetime.now(UTC) + timedelta(seconds=0.2)]
    time.sleep(0.3)
    again(Outcome.CREATED)
    found = ledger.overview.standings("shop_erp", ["orders"], tomorrow)["orders"].days
    assert found[1] == {"created": 1}, "a day tells of its own"
    assert found[0] == {"created": 2, "superseded": 1, "unaccounted": 1}


def test_found_by_anything_that_names_it(ledger: Ledger, start: Callable[..., int]) -> None:
    carry(ledger, start())
    ledger.terms.note(
        "shop_erp",
        "order",
        [
            ("email", "RefArch/1", "Ada@Example.com"),
            ("phone", "RefArch/1", "+49 30 123456"),
            ("customer", "RefArch/1", "C9"),
            ("phone", "RefArch/3", "12"),
        ],
    )
    ledger.terms.note("shop_erp", "order", [("customer", "RefArch/1", "C9")])
    for asked in ("1", "RefArch/1", "SO1042", "77", "C9"):
        assert [(each.key, each.outcome, each.dag_id) for each in ledger.searching.find(asked)] == [
            ("RefArch/1", Outcome.CREATED, "shop_erp.orders")
        ], asked
    for asked in ("ADA@example.com", "0049 (30) 123-456"):
        found = {each.key for each in ledger.searching.find("", ledger.terms.digests(asked))}
        assert "RefArch/1" in found, asked
    held = {each.key for each in ledger.searching.find("", ledger.terms.digests("ada@example.com"))}
    assert held == {"RefArch/1", "RefArch/2"}
    assert ledger.searching.find("nothing") == []
    assert ledger.terms.digests("12") == []


def test_of_a_customer_with_many_orders_the_newest_are_found(ledger: Ledger, start: Callable[..., int]) -> None:
    keys = [f"RefArch/{number:03}" for number in range(MOST + 9)]
    ledger.outcomes.extracted(start(), "order", rows(*keys), 0)
    ledger.outcomes.extracted(start(flow="customers"), "customer", rows("RefArch/C9"), 0)
    ledger.terms.note("shop_erp", "order", [("email", key, "ada@example.com") for key in keys])
    ledger.terms.note("shop_erp", "order", [("customer", key, "C9") for key in keys])
    ledger.terms.note("shop_erp", "customer", [("email", "RefArch/C9", "ada@example.com")])
    newest = {"RefArch/C9", *keys[-MOST:]}
    assert {each.key for each in ledger.searching.find("", ledger.terms.digests("ada@example.com"))} == newest
    assert {each.key for each in ledger.searching.find("C9")} == newest


def test_addresses_are_kept_as_hashes(ledger: Ledger, url: str, start: Callable[..., int]) -> None:
    carry(ledger, start())
    ledger.terms.note("shop_erp", "order", [("email", "RefArch/1", "ada@example.com")])
    database = Database(url)
    with database.read() as connection:
        (term,) = connection.execute(sa.text("SELECT term FROM terms")).scalars()
    database.close()
    assert term == shortened(ledger.terms.digests("ada@example.com")[0])
    assert "ada" not in term


def test_a_story_in_one_line_of_time(ledger: Ledger, start: Callable[..., int]) -> None:
    run = start()
    carry(ledger, run)
    ledger.actions.note("ada", "reveal", "shop_erp", record="order", key="RefArch/1", note="the customer called")
    story = ledger.stories.tell("shop_erp", "RefArch/1")
    assert story is not None
    assert [(each.record, each.target_number) for each in story.states] == [("order", "SO1042")]
    assert [(each.type, each.number, each.pending) for each in story.documents] == [("salesOrder", "SO1042", False)]
    told = [(each.what, each.text) for each in story.steps]
    assert ("checked", "passed all checks") in told
    assert ("ended", "created") in told
    assert ("sent", "POST /salesOrder") in told
    assert (story.steps[-1].what, story.steps[-1].who, story.steps[-1].text) == (
        "done by hand",
        "ada",
        "reveal: the customer called",
    )
    assert set(story.runs) == {run}
    held = ledger.stories.tell("shop_erp", "RefArch/2")
    assert held is not None
    assert [each.what for each in held.steps] == ["read", "held back", "ended"]
    assert held.steps[1].complaints == (NO_ITEM,)


def test_the_drop_is_named_whose_moment_begins_the_version(ledger: Ledger, start: Callable[..., int]) -> None:
    run = start()
    for minute in range(9):
        at = NOON + timedelta(minutes=minute)
        drop = Drop(f"orders_{minute}.xml", f"/out/{minute}", f"{minute}", 1, "RefArch", at, NOON, f"file:/{minute}")
        ledger.drops("shop_erp", "orders", run).put(drop)
    version = f"{NOON + timedelta(minutes=7):%Y-%m-%dT%H:%M:%S.%fZ}/000000003"
    ledger.outcomes.extracted(run, "order", rows("RefArch/1", version=version), 0)
    ledger.outcomes.extracted(run, "order", rows("RefArch/2", version="unknown", first=1), 1)
    named, unnamed = (ledger.stories.tell("shop_erp", f"RefArch/{each}") for each in (1, 2))
    assert named is not None
    assert unnamed is not None
    assert [each.text for each in named.steps if each.what == "dropped"] == ["in orders_7.xml"]
    assert [each.what for each in unnamed.steps] == ["read"], "any of nine says nothing"


def test_there_is_no_story_of_what_never_came(ledger: Ledger, start: Callable[..., int]) -> None:
    carry(ledger, start())
    assert ledger.stories.tell("shop_erp", "RefArch/4") is None
    assert ledger.stories.tell("another", "RefArch/1") is None


def test_a_write_whose_answer_nobody_noted_is_told(ledger: Ledger, start: Callable[..., int]) -> None:
    run = start()
    ledger.outcomes.extracted(run, "order", rows("RefArch/1"), 0)
    ledger.journal(run, "shop_erp", "netsuite").claim([document("1")])
    story = ledger.stories.tell("shop_erp", "RefArch/1")
    assert story is not None
    assert ("unanswered", "salesOrder") in [(each.what, each.text) for each in story.steps]
    assert story.documents[0].pending
