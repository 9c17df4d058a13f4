"""NetSuite's local times around the hour that comes twice, and the hour that does not come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from cartage.systems.netsuite.shipments.clock import Clock
from cartage.windows import Window

ZONES = ("Europe/Berlin", "America/New_York", "America/Los_Angeles", "Australia/Lord_Howe", "UTC")
NEVER = timedelta(0)
START = datetime(2026, 1, 1, tzinfo=UTC)
FORM = "%Y-%m-%d %H:%M:%S"

moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
around_the_change = st.datetimes(
    datetime(2026, 10, 24, 20),  # noqa: DTZ001
    datetime(2026, 10, 25, 6),  # noqa: DTZ001
    timezones=st.just(UTC),
)


def shown(moment: datetime, zone: str) -> datetime:
    """Give a moment as SuiteQL compares it: the local time, as if it were UTC."""
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=UTC)


@settings(max_examples=60)
@given(st.sampled_from((*ZONES, None)), st.one_of(moments, around_the_change), st.integers(1, 20_000), st.floats(0, 1))
def test_whatever_changed_within_the_window_lies_in_the_stretch(
    zone: str | None, since: datetime, seconds: int, share: float
) -> None:
    window = Window(since, since + timedelta(seconds=seconds))
    changed = since + timedelta(seconds=int((seconds - 1) * share))
    begin, end = Clock(zone).stretch(window, NEVER, START)
    for there in (zone,) if zone else ZONES:
        assert begin <= shown(changed, there) < end


@settings(max_examples=60)
@given(st.sampled_from(ZONES), st.one_of(moments, around_the_change), st.integers(0, 7_200), st.integers(0, 7_200))
def test_a_later_change_never_seems_older(zone: str, first: datetime, later: int, read_after: int) -> None:
    """The version of an order is its newest change: were a later one older, it would be passed over."""
    first = first.replace(microsecond=0)
    clock, second = Clock(zone), first + timedelta(seconds=later)
    seen_first = clock.moment(shown(first, zone).strftime(FORM), first + timedelta(seconds=min(read_after, later)))
    seen_second = clock.moment(shown(second, zone).strftime(FORM), second + timedelta(seconds=read_after))
    assert seen_first <= seen_second or later == 0


def test_the_hour_that_comes_twice_is_told_apart_by_when_it_was_read() -> None:
    clock = Clock("Europe/Berlin")
    summer, winter = datetime(2026, 10, 25, 0, 50, tzinfo=UTC), datetime(2026, 10, 25, 1, 10, tzinfo=UTC)
    assert clock.moment("2026-10-25 02:50:00", summer + timedelta(minutes=5)) == summer
    assert clock.moment("2026-10-25 02:10:00", winter + timedelta(minutes=5)) == winter


def test_a_flow_that_never_ran_begins_where_the_settings_say() -> None:
    begin, _ = Clock("UTC").stretch(Window(None, START + timedelta(days=1)), timedelta(hours=1), START)
    assert begin == START - timedelta(hours=1)
