"""Named transforms and conversions: pure, total on what they accept, and right about time."""

from __future__ import annotations

import inspect
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cartage.mapping import ValueRefused
from cartage.mapping.conversions import day_in, instant, integer, rounded, text
from cartage.mapping.transforms import TRANSFORMS

ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia", "Australia/Lord_Howe", "UTC")


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("trim", " Anna ", "Anna"),
        ("trim", "\t", None),
        ("one_line", "a\n  b\tc", "a b c"),
        ("upper", "straße", "STRASSE"),
        ("lower", "ÀB", "àb"),
        ("country", " de", "DE"),
        ("country", "", None),
        ("email", " Anna.Berg@Example.COM ", "Anna.Berg@example.com"),
        ("email_or_nothing", "not an address", None),
        ("email_or_nothing", "a@b.de", "a@b.de"),
        ("phone", "+49 (40) 123-4567", "+49401234567"),
        ("phone", "040/123 45 67", "0401234567"),
        ("phone", "12", None),
        ("given_names", "Anna Maria Berg", "Anna Maria"),
        ("given_names", "Berg", None),
        ("family_name", "Anna Maria Berg", "Berg"),
        ("family_name", " ", None),
        ("language", "de_DE", "de"),
        ("language", "pt-BR", "pt"),
        ("negate", Decimal("12.50"), Decimal("-12.50")),
        ("absolute", Decimal("-12.50"), Decimal("12.50")),
        ("percent", Decimal("0.08250000"), Decimal("8.25")),
        ("blank_to_null", " ", None),
        ("blank_to_null", " a", " a"),
    ],
)
def test_a_named_transform(name: str, value: Any, expected: Any) -> None:
    assert TRANSFORMS[name](value) == expected


@pytest.mark.parametrize(
    ("name", "value"), [("country", "DEU"), ("country", "4E"), ("email", "a@b"), ("email", "a b@c.de")]
)
def test_what_a_transform_refuses(name: str, value: str) -> None:
    with pytest.raises(ValueRefused):
        TRANSFORMS[name](value)


def test_every_transform_is_told_of_in_the_reference() -> None:
    for name, function in TRANSFORMS.items():
        assert len(inspect.cleandoc(function.__doc__ or "")) > 20, name


@settings(max_examples=150, deadline=None)
@given(st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1)), st.sampled_from(ZONES))  # noqa: DTZ001
def test_a_day_holds_the_moment_in_its_zone(moment: datetime, name: str) -> None:
    """The day that is written begins no later than the moment and ends after it, whatever the clocks did."""
    zone, moment = ZoneInfo(name), moment.replace(tzinfo=UTC)
    day = date.fromisoformat(day_in(zone, moment))
    begins = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    following = day + timedelta(days=1)
    ends = datetime(following.year, following.month, following.day, tzinfo=zone).astimezone(UTC)
    assert begins <= moment
    assert moment < ends or name == "Pacific/Apia"  # Apia skipped 30 December 2011 whole


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-03-29T00:59:59+00:00", "2026-03-29"),
        ("2026-10-25T21:59:59+00:00", "2026-10-25"),
        ("2026-10-25T22:59:59+00:00", "2026-10-25"),
        ("2026-10-25T23:00:00+00:00", "2026-10-26"),
        ("2026-10-25T02:30:00+02:00", "2026-10-25"),
        ("2026-12-31T23:00:00Z", "2027-01-01"),
        ("2026-12-31", "2026-12-31"),
    ],
)
def test_days_where_the_clocks_change(moment: str, day: str) -> None:
    assert day_in(ZoneInfo("Europe/Berlin"), moment) == day


@settings(max_examples=80, deadline=None)
@given(st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1)), st.sampled_from(ZONES))  # noqa: DTZ001
def test_an_instant_is_the_same_moment_to_the_second(local: datetime, name: str) -> None:
    moment = local.replace(tzinfo=ZoneInfo(name))
    assert datetime.fromisoformat(instant(moment)) == moment.astimezone(UTC).replace(microsecond=0)


@settings(max_examples=100, deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**13), max_value=10**13))
def test_rounding_moves_a_number_by_half_a_unit_at_most(number: Decimal) -> None:
    written = rounded(2)(number)
    assert abs(written - number) <= Decimal("0.005")
    assert written == written.quantize(Decimal("0.01"))
    assert rounded(2)(-number) == -written


@given(st.integers(-(10**13), 10**13))
@settings(max_examples=50, deadline=None)
def test_whole_numbers_survive_any_way_of_writing_them(number: int) -> None:
    assert integer(Decimal(number).scaleb(0).quantize(Decimal("0.000001"))) == number
    assert integer(text(Decimal(number))) == number


def test_a_day_column_stays_a_day() -> None:
    assert day_in(ZoneInfo("Pacific/Apia"), date(2026, 1, 1)) == "2026-01-01"
