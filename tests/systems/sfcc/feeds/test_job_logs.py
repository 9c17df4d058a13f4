"""SFCC's own import steps leave no file on the SFTP server: their logs are read over WebDAV, as a merchant's shop has them."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from cartage.errors import BatchError, SettingsError
from cartage.records.outcome import Outcome
from cartage.settings.feeds import FeedImport
from cartage.yamlfile import check, parse
from tests.systems.sfcc.feeds.feed_rows import batch, rows_of, stock_row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cartage.records.outcome import Verdict
    from cartage.systems.sfcc.feeds.target import FeedPublisher
    from tests.systems.sfcc.feeds.feed_rows import Row
    from tests.systems.sfcc.feeds.grounds import Ground

pytestmark = pytest.mark.usefixtures("permissions")


@pytest.fixture
def ground(ground: Ground) -> Ground:
    """Runs that read the logs of the shop's job over WebDAV."""
    ground.imports(log="webdav", logs=())
    return ground


@pytest.fixture
def permissions(ground: Ground) -> Iterator[None]:
    yield
    permit(ground, None)


def permit(ground: Ground, readable: list[str] | None) -> None:
    """Set what the API client may read of WebDAV; None: what deploy/sfcc has."""
    requests.post(f"{ground.shop.sfcc['control']}/webdav", json={"readable": readable}, timeout=20).raise_for_status()


def unknown(number: int, sku: str = "NO-SUCH", group: str = "RefArch-inventory") -> Row:
    return stock_row(number, sku=sku, group=group, as_of=datetime.now(UTC))


def later(ground: Ground, rows: list[Row] | None = None) -> tuple[FeedPublisher, list[Verdict]]:
    run = ground.open_run()
    target = ground.target(run)
    return target, list(target.publish([batch(rows)] if rows else [], ground.book(run)))


def late(target: FeedPublisher) -> list[tuple[str, str]]:
    return [(each.key, each.complaints[0].code) for each in target.late]


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_what_the_shop_skips_is_rejected_with_the_words_of_its_log(ground: Ground, *, packed: bool) -> None:
    ground.feeds |= {"gzip": packed, "max_records": 4}
    # The same sku twice: only its place in the feed says which list the log means.
    rows = [
        *rows_of(3),
        unknown(7),
        unknown(8, group="store-berlin"),
        stock_row(9, sku="NL-1001", group="store-berlin"),
    ]
    verdicts = {each.key: each for each in ground.publish(rows)}
    refused = {key: each for key, each in verdicts.items() if each.outcome is Outcome.REJECTED}
    assert sorted(refused) == ["RefArch-inventory/NO-SUCH", "store-berlin/NO-SUCH"]
    for each in refused.values():
        assert each.complaints[0].code == "data_error"
        assert "the site catalogue has no product NO-SUCH" in each.complaints[0].message
        assert "(DATAERROR in ImportInventoryLists-" in each.complaints[0].message
    assert {each.outcome for key, each in verdicts.items() if key not in refused} == {Outcome.CREATED}
    assert {each.state for each in ground.book(1).of_run()} == {"imported"}


def test_a_feed_that_the_log_says_was_refused_holds_its_rows(ground: Ground) -> None:
    ground.feeds |= {"max_records": 2}
    ground.control(imports=[{"feed": "*_0002.xml", "refuse": True}])
    run = ground.open_run()
    publishing = ground.target(run).publish([batch(rows_of(5))], ground.book(run))
    told = [next(publishing).row for _ in range(3)]
    with pytest.raises(BatchError, match=r"_0002\.xml: the shop refused the whole feed .*told to refuse"):
        next(publishing)
    assert told == [0, 1, 4]
    assert [each.state for each in ground.book(run).of_run()] == ["imported", "refused", "imported"]


@pytest.mark.parametrize(("readable", "said"), [([], "403"), (["/logs"], "403")], ids=["none", "job alone"])
def test_a_log_that_may_not_be_read_condemns_nothing_and_is_read_later(
    ground: Ground, caplog: pytest.LogCaptureFixture, readable: list[str], said: str
) -> None:
    permit(ground, readable)
    with caplog.at_level(logging.WARNING):
        verdicts = ground.publish([*rows_of(1), unknown(7)])
    assert {each.outcome for each in verdicts} == {Outcome.CREATED}
    assert [each.state for each in ground.book(1).of_run()] == ["sent"]
    (warning,) = [each.message for each in caplog.records if "cannot be read" in each.message]
    assert said in warning
    assert "WebDAV Client Permissions" in warning
    # Somebody gave the right: the next run finds the execution, and its log.
    permit(ground, None)
    target, _ = later(ground)
    assert late(target) == [("RefArch-inventory/NO-SUCH", "data_error")]
    target.noted()
    assert [each.state for each in ground.book(1).of_run()] == ["imported"]
    assert late(later(ground)[0]) == []


def test_an_import_that_ends_after_its_run_is_read_by_the_next(ground: Ground) -> None:
    ground.feeds["import"] |= {"wait_seconds": 0}
    ground.control(imports=[{"seconds": 0.3}])
    assert {each.outcome for each in ground.publish([*rows_of(1), unknown(7)])} == {Outcome.CREATED}
    ground.feeds["import"] |= {"wait_seconds": 60}
    later(ground, rows_of(1))  # waits for the job that is under way, and starts it again
    target, _ = later(ground)
    assert late(target) == [("RefArch-inventory/NO-SUCH", "data_error")]


def test_a_damaged_copy_costs_the_names_of_what_was_skipped_and_not_the_run(
    ground: Ground, caplog: pytest.LogCaptureFixture
) -> None:
    ground.feeds["gzip"] = True
    ground.feeds["import"] |= {"trigger": "none"}
    ground.publish([*rows_of(1), unknown(7)])
    (feed,) = ground.book(1).of_run()
    copy = Path(feed.landed_uri.removeprefix("file://"))
    whole = copy.read_bytes()
    copy.write_bytes(whole[:40] + bytes(len(whole) - 40))  # as a lost machine leaves blocks that were never written
    ground.start_job()
    assert late(later(ground)[0]) == []
    assert "nobody can say which records the log means" in caplog.text


def test_a_job_of_the_shops_own_schedule_is_found(ground: Ground) -> None:
    ground.feeds["import"] |= {"trigger": "none"}
    ground.publish([*rows_of(1), unknown(7)])
    assert late(later(ground)[0]) == []  # it did not run yet
    ground.start_job()
    assert late(later(ground)[0]) == [("RefArch-inventory/NO-SUCH", "data_error")]


def test_a_try_made_again_reads_what_the_job_left_before(ground: Ground) -> None:
    run, rows = ground.open_run(), [*rows_of(1), unknown(7)]
    ground.control(faults=[{"match": "GET */webdav/", "status": 503, "times": 9}])
    assert {each.outcome for each in ground.publish(rows, run)} == {Outcome.CREATED}
    ground.control()
    requests.delete(ground.shop.sfcc["control"], timeout=20)
    outcomes = {each.key: each.outcome for each in ground.publish(rows, run)}
    assert outcomes["RefArch-inventory/NO-SUCH"] is Outcome.REJECTED


def test_an_instance_that_does_not_let_us_search_its_jobs_costs_the_run_nothing(
    ground: Ground, caplog: pytest.LogCaptureFixture
) -> None:
    ground.feeds["import"] |= {"trigger": "none"}
    ground.publish(rows_of(1))
    ground.control(faults=[{"match": "POST *job_execution_search", "status": 403, "times": 9}])
    with caplog.at_level(logging.WARNING):
        target, verdicts = later(ground, rows_of(2))
    assert (late(target), len(verdicts)) == ([], 2)
    assert "/job_execution_search" in caplog.text


@pytest.mark.parametrize(
    ("given", "reads"),
    [
        ({}, "none"),
        ({"job": "x"}, "webdav"),
        ({"job": "x", "logs": ["/a"]}, "file"),
        ({"job": "x", "log": "none"}, "none"),
    ],
)
def test_where_logs_are_read_by_default(given: dict[str, Any], reads: str) -> None:
    assert FeedImport.model_validate(given).reads == reads


@pytest.mark.parametrize(("text", "words"), [("log: webdav", "needs the job's id"), ("log: file", "needs the folders")])
def test_a_wrong_setting_is_named(text: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        check(FeedImport, parse(text, "settings.yaml"))
