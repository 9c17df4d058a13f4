from __future__ import annotations

import gzip
import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from lxml import etree

from cartage.errors import BatchError, RetryableError
from cartage.operators.following import follow_feeds
from cartage.records.outcome import Outcome
from cartage.systems.sfcc.hook import SfccHook
from tests.systems.sfcc.feeds.feed_rows import batch, price_row, rows_of, stock_row
from tests.systems.sfcc.feeds.grounds import JOB, LOGS

if TYPE_CHECKING:
    from cartage.seams import Feed
    from tests.systems.sfcc.feeds.grounds import Ground


def products(files: dict[str, bytes]) -> list[str]:
    return [
        each.get("product-id") for content in files.values() for each in etree.fromstring(content).iter("{*}record")
    ]


def test_feeds_arrive_whole_with_names_that_sort_by_time(apart: Ground) -> None:
    apart.feeds |= {"max_records": 4, "gzip": True}
    rows = rows_of(10)
    rows[3]["before"] = "5"
    first = apart.publish(rows)
    apart.publish(rows_of(1))
    files = apart.on_server(apart.feeds["folder"])
    assert [name.rsplit("_", 1)[1] for name in files] == ["0001.xml.gz", "0002.xml.gz", "0003.xml.gz", "0001.xml.gz"]
    assert products({name: gzip.decompress(each) for name, each in files.items()})[:10] == [row["sku"] for row in rows]
    # Told for the first time is created, told anew is updated; each row once.
    assert [(each.row, each.key, each.outcome) for each in first] == [
        (row["record"], row["key"], Outcome.UPDATED if row["before"] else Outcome.CREATED) for row in rows
    ]
    # Our own copies lie in the landing archive.
    for feed in apart.book(1).of_run():
        assert feed.state == "sent"
        assert apart.staging.open_landed(feed.landed_uri).read() == files[feed.name]


def test_a_row_that_cannot_stand_in_a_feed_is_rejected_and_the_others_go_out(apart: Ground) -> None:
    rows = rows_of(3)
    rows[1]["sku"] = " NL-1001"
    verdicts = {each.row: each for each in apart.publish(rows)}
    assert verdicts[1].outcome is Outcome.REJECTED
    assert verdicts[1].complaints[0].field == "sku"
    assert products(apart.on_server(apart.feeds["folder"])) == ["NL-1000", "NL-1002"]
    assert not apart.publish([])


@pytest.mark.parametrize("full", [True, False], ids=["full", "dropped"])
def test_an_upload_broken_at_any_tenth_goes_on_where_it_stopped(apart: Ground, *, full: bool) -> None:
    folder = apart.feeds["folder"]
    apart.feeds |= {"max_records": 400}
    rows = rows_of(1200)
    run, size = apart.open_run(), 400 * 225  # bytes of a file, about: what matters is that it breaks all along it
    apart.control(
        uploads=[
            {"match": f"{folder}/*_0002.xml*", "full": full, "tenth": tenth, "of_bytes": size} for tenth in range(10)
        ]
    )
    for _ in range(10):
        with pytest.raises(RetryableError):
            apart.publish(rows, run)
        there = apart.on_server(folder)
        # Never half visible: only whole files have their names, and what broke is cleared away or still a part.
        assert [name.rsplit("_", 1)[1] for name in there if not name.endswith(".part")] == ["0001.xml"]
        assert {each.name.rsplit("_", 1)[1]: each.state for each in apart.book(run).of_run()} == {
            "0001.xml": "sent", "0002.xml": "intended", "0003.xml": "intended",
        }  # fmt: skip
    assert len(apart.publish(rows, run)) == len(rows)
    there = apart.on_server(folder)
    assert sorted(products(there)) == sorted(row["sku"] for row in rows)
    assert len(there) == 3
    assert {each.state for each in apart.book(run).of_run()} == {"sent"}


def test_what_was_sent_is_not_sent_again_and_an_intent_is_overwritten(apart: Ground) -> None:
    run, folder = apart.open_run(), apart.feeds["folder"]
    apart.publish(rows := rows_of(4), run)
    (name,) = apart.on_server(folder)
    (Path(apart.shop.sftp["root"]) / folder.lstrip("/") / name).unlink()  # the shop took it
    assert len(apart.publish(rows, run)) == 4
    assert apart.on_server(folder) == {}
    # Killed between the upload and its note: the file is there, and nobody knows.
    (feed,) = apart.book(run).of_run()
    apart.book(run).put(replace(feed, state="intended"))
    apart.publish(rows, run)
    apart.book(run).put(replace(feed, state="intended"))
    apart.publish(rows, run)
    assert list(apart.on_server(folder)) == [name]


def test_what_the_shop_skips_is_rejected_with_its_own_reason(ground: Ground) -> None:
    ground.imports()
    rows = [*rows_of(3), stock_row(90, sku="NO-SUCH", as_of=datetime.now(UTC))]
    verdicts = {each.key: each for each in ground.publish(rows)}
    refused = verdicts.pop("RefArch-inventory/NO-SUCH")
    assert refused.outcome is Outcome.REJECTED
    assert refused.complaints[0].code == "unknown_product"
    assert "no product NO-SUCH" in refused.complaints[0].message
    assert {each.outcome for each in verdicts.values()} == {Outcome.CREATED}
    assert ground.allocation("RefArch-inventory", "NL-1002") == 2
    assert [each.state for each in ground.book(1).of_run()] == ["imported"]


def test_prices_go_the_same_road(ground: Ground) -> None:
    run, tiers = ground.open_run(), ((Decimal(1), Decimal("19.90")), (Decimal(10), Decimal("17.5")))
    rows = [price_row(1, sku="NL-1001", tiers=tiers), price_row(2, sku="NO-SUCH"),
            price_row(3, sku="NL-1002", action="delete", tiers=(), before="5")]  # fmt: skip
    verdicts = {each.row: each for each in ground.price_target(run).publish([batch(rows)], ground.book(run))}
    assert (verdicts[1].outcome, verdicts[3].outcome) == (Outcome.CREATED, Outcome.UPDATED)
    assert verdicts[2].outcome is Outcome.REJECTED
    assert "NO-SUCH" in verdicts[2].complaints[0].message
    assert [each.state for each in ground.book(run).of_run()] == ["imported"]


def test_a_feed_that_is_refused_whole_holds_its_rows_and_goes_out_anew(ground: Ground) -> None:
    ground.imports()
    ground.feeds |= {"max_records": 2}
    ground.control(imports=[{"feed": "*_0002.xml", "refuse": True}])
    run, rows = ground.open_run(), rows_of(5)
    publishing = ground.target(run).publish([batch(rows)], ground.book(run))
    verdicts = [next(publishing), next(publishing), next(publishing)]
    with pytest.raises(BatchError, match=r"refused the whole feed .*told to refuse"):
        next(publishing)
    assert [each.row for each in verdicts] == [0, 1, 4]
    assert [each.state for each in ground.book(run).of_run()] == ["imported", "refused", "imported"]
    # Somebody mended the shop and cleared the task: only that feed goes out again, under a name of its own.
    assert [each.row for each in ground.publish(rows, run)] == [0, 1, 2, 3, 4]
    assert [each.state for each in ground.book(run).of_run()] == ["imported", "refused", "imported", "imported"]
    assert ground.allocation("RefArch-inventory", "NL-1003") == 3


def test_a_job_that_runs_already_is_waited_for_and_started_again(ground: Ground) -> None:
    ground.imports()
    ground.control(imports=[{"fail": True, "seconds": 0.4}])
    SfccHook("sfcc_api").data("POST", f"/jobs/{JOB}/executions", body={})  # someone else's, before our feeds
    assert {each.outcome for each in ground.publish(rows_of(2))} == {Outcome.CREATED}
    assert ground.book(1).of_run()[0].state == "imported"


def test_a_job_that_fails_before_it_takes_the_feed_is_started_again_by_the_next_try(ground: Ground) -> None:
    ground.imports()
    ground.control(imports=[{"fail": True}])
    run, rows = ground.open_run(), rows_of(2)
    with pytest.raises(RetryableError, match="told to fail"):
        ground.publish(rows, run)
    assert {each.outcome for each in ground.publish(rows, run)} == {Outcome.CREATED}
    assert len(ground.book(run).of_run()) == 1


def test_a_job_that_nobody_knows_condemns_the_run(ground: Ground) -> None:
    ground.imports(job="no-such-job")
    with pytest.raises(BatchError, match=r"job no-such-job.*JobNotFoundException"):
        ground.publish(rows_of(1))


def test_what_an_earlier_feed_missed_comes_to_light_later(ground: Ground) -> None:
    # The shop imports by its own schedule, after the run: its rows count as told.
    ground.imports(trigger="none")
    rows = [*rows_of(2), stock_row(91, sku="NO-SUCH", as_of=datetime.now(UTC))]
    assert {each.outcome for each in ground.publish(rows)} == {Outcome.CREATED}
    ground.imports()
    ground.control(imports=[{"refuse": True, "times": 0}])
    run = ground.open_run()
    target = ground.target(run)
    list(target.publish([batch(rows_of(1))], ground.book(run)))  # its job takes both feeds
    run = ground.open_run()
    target = ground.target(run)
    list(target.publish([], ground.book(run)))
    assert [(each.key, each.complaints[0].code) for each in target.late] == [
        ("RefArch-inventory/NO-SUCH", "unknown_product")
    ]
    assert [each.state for each in ground.book(1).of_run()] == ["sent"]
    target.noted()
    assert [each.state for each in ground.book(1).of_run()] == ["imported"]
    list(target.publish([], ground.book(run)))
    assert target.late == []


def test_a_run_with_nothing_to_send_looks_all_the_same(ground: Ground) -> None:
    """Prices may not change for days: nobody would hear that the shop refused them."""
    ground.imports(trigger="none")
    rows = rows_of(2)
    told = ground.publish(rows)
    noted = {
        "row": [each.row for each in told],
        "key": [each.key for each in told],
        "version": pa.nulls(2, pa.string()),
    }
    ground.ledger.outcomes.extracted(1, "stock", pa.table(noted), 0)
    ground.ledger.outcomes.settle(1, "stock", told)
    ground.control(imports=[{"refuse": True}])
    ground.start_job()
    run = ground.open_run()
    system = SimpleNamespace(target=lambda _: ground.target(run), follower=lambda _: None)
    runtime: Any = SimpleNamespace(
        target_system=system, ledger=ground.ledger, record="stock", flow="inventory",
        integration=SimpleNamespace(name="shop_erp"),
    )  # fmt: skip
    flow: Any = SimpleNamespace(feeds=ground.book(run))
    for _ in range(2):  # the second time nothing is left to look for
        follow_feeds(runtime, flow, run)
        held = ground.ledger.quarantine.open("shop_erp", "inventory")
        assert [(each.key, each.complaints[0].code) for each in held] == [
            (row["key"], "feed_refused") for row in sorted(rows, key=lambda each: each["key"])
        ]
    assert ground.book(1).of_run()[0].state == "refused"


def test_what_is_told_anew_is_not_late(ground: Ground) -> None:
    ground.imports(trigger="none")
    ground.publish(rows := rows_of(3))
    (feed,) = ground.book(1).of_run()
    skipped = [{"severity": "DATAERROR", "code": "locked", "message": "locked", "skipped": True, "element": "record",
                "ids": {"list-id": row["group"], "product-id": row["sku"]}} for row in rows[:2]]  # fmt: skip
    _log(ground, feed, skipped, "OK")
    run = ground.open_run()
    target = ground.target(run)
    list(target.publish([batch(rows[1:])], ground.book(run)))
    assert [each.key for each in target.late] == [rows[0]["key"]]


@pytest.mark.parametrize(("packed", "left"), [(False, None), (False, 500), (True, 100)])
def test_an_earlier_feed_that_was_refused_whole_takes_all_its_records_along(
    ground: Ground, packed: bool, left: int | None
) -> None:
    ground.feeds["gzip"] = packed
    ground.imports(trigger="none")
    told = ground.publish(rows := rows_of(3))
    noted = {
        "row": [each.row for each in told],
        "key": [each.key for each in told],
        "version": pa.nulls(3, pa.string()),
    }
    ground.ledger.outcomes.extracted(1, "stock", pa.table(noted), 0)
    ground.ledger.outcomes.settle(1, "stock", told)
    (feed,) = ground.book(1).of_run()
    if left is not None:  # a machine lost its power
        os.truncate(feed.landed_uri.removeprefix("file://"), left)
    _log(ground, feed, [{"severity": "ERROR", "code": "invalid", "message": "not valid", "element": None}], "ERROR")
    run = ground.open_run()
    target = ground.target(run)
    list(target.publish([], ground.book(run)))
    assert [each.key for each in target.late] == [row["key"] for row in rows]
    assert "not valid" in target.late[0].complaints[0].message
    target.noted()
    assert ground.book(1).of_run()[0].state == "refused"


def test_a_skipped_header_takes_its_list_along_and_half_a_log_says_nothing(ground: Ground) -> None:
    ground.imports(trigger="none")
    run, rows = (
        ground.open_run(),
        [*rows_of(2), stock_row(9, group="store-berlin", sku="NL-1000", as_of=datetime.now(UTC))],
    )
    ground.publish(rows, run)
    (feed,) = ground.book(run).of_run()
    header = {"severity": "DATAERROR", "code": "unknown_list", "element": "header", "ids": {"list-id": "store-berlin"},
              "skipped": True, "message": "there is no such list"}  # fmt: skip
    _log(ground, feed, [header], None)
    assert {each.outcome for each in ground.publish(rows, run)} == {Outcome.CREATED}
    _log(ground, feed, [header], "OK")
    rejected = [each.key for each in ground.publish(rows, run) if each.outcome is Outcome.REJECTED]
    assert rejected == ["store-berlin/NL-1000"]


def test_a_dry_run_says_what_would_be_told_and_sends_nothing(apart: Ground) -> None:
    rows = rows_of(3)
    rows[1] |= {"before": "7", "handling": "preorder", "backorder": Decimal(5)}
    rows[2]["sku"] = "NL "
    planned = list(apart.target(apart.open_run()).plan(batch(rows)))
    assert [each.action for each in planned] == ["create", "update", "quarantine"]
    assert [(each.there, each.sent) for each in planned[1].compared] == [("7", "1")]
    body = json.loads(planned[1].body)
    assert (body["@product-id"], body["allocation"], body["preorder-backorder-allocation"]) == ("NL-1001", "1", "5")
    assert apart.on_server(apart.feeds["folder"]) == {}


def _log(ground: Ground, feed: Feed, lines: list[dict[str, Any]], status: str | None) -> None:
    """Leave a log as the shop's job does."""
    entries = [*lines, *([{"summary": {"feed": feed.name, "status": status}}] if status else [])]
    path = Path(ground.shop.sftp["root"]) / LOGS[0].lstrip("/") / f"{feed.name}.log.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in entries))
