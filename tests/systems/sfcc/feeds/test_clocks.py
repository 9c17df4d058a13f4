"""Clocks of workers differ, and jump: names of feeds sort by time all the same, since the shop imports by name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cartage.systems.sfcc.feeds.naming import moment_after
from tests.systems.sfcc.feeds.feed_rows import batch, rows_of

if TYPE_CHECKING:
    from tests.systems.sfcc.feeds.grounds import Ground

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_a_feed_written_by_a_clock_that_is_behind_has_the_later_name(apart: Ground) -> None:
    for clock in (NOON, NOON - timedelta(minutes=7), NOON, NOON + timedelta(minutes=1)):
        run = apart.open_run()
        target = apart.target(run)
        target._now = lambda clock=clock: clock  # type: ignore[misc]
        list(target.publish([batch(rows_of(1))], apart.book(run)))
    names = [each.split("_")[1:3] for each in apart.on_server(apart.feeds["folder"])]
    assert names == [
        ["20261122T120000000Z", "1"], ["20261122T120000001Z", "2"], ["20261122T120000002Z", "3"], ["20261122T120100000Z", "4"],
    ]  # fmt: skip


def test_small_feeds_are_named_to_the_microsecond() -> None:
    assert moment_after(NOON, "RefArch_shipments_20261122T120000000250_abc.xml") == NOON + timedelta(microseconds=1250)
    assert moment_after(NOON, "RefArch_shipments_20261122T115959000000_abc.xml") == NOON


def test_a_clock_that_was_years_ahead_once_is_passed_over() -> None:
    assert moment_after(NOON, "inventory_20990101T000000000Z_1_0001.xml") == NOON
    assert moment_after(NOON, None) == NOON
