from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cartage.errors import SettingsError
from cartage.operators.form import read_form, window_of
from cartage.windows import Window


def test_an_empty_form_limits_nothing() -> None:
    selection, since, until = read_form({"keys": [], "since": None, "dry_run": False}, backfill=False)
    assert not selection.limited
    assert (since, until) == (None, None)


def test_moments_without_a_zone_are_utc_and_others_are_turned() -> None:
    _, since, until = read_form({"since": "2026-03-29T02:30:00+01:00", "until": "2026-03-29T02:30:00"}, backfill=False)
    assert since == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert until == datetime(2026, 3, 29, 2, 30, tzinfo=UTC)


@pytest.mark.parametrize("text", ["yesterday", "29.03.2026", "2026-13-01"])
def test_a_wrong_date_names_the_field_and_what_to_write(text: str) -> None:
    with pytest.raises(SettingsError, match=r"params\.since .*write a date and time such as"):
        read_form({"since": text}, backfill=False)


def test_since_must_be_before_until() -> None:
    with pytest.raises(SettingsError, match="must be before"):
        read_form({"since": "2026-03-02", "until": "2026-03-01"}, backfill=False)


def test_keys_and_quarantine_exclude_each_other() -> None:
    with pytest.raises(SettingsError, match="exclude each other"):
        read_form({"keys": ["1"], "quarantine": [2]}, backfill=False)


@pytest.mark.parametrize(
    ("params", "backfill"),
    [({"keys": ["00017"]}, False), ({"dry_run": True}, False), ({"quarantine": [3]}, False), ({}, True)],
)
def test_whatever_limits_a_run_keeps_the_watermark(params: dict[str, object], backfill: bool) -> None:
    selection, _, _ = read_form(params, backfill=backfill)
    assert selection.limited


def test_what_a_person_asked_for_lies_over_the_live_window() -> None:
    live = Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC))
    asked = datetime(2025, 12, 1, tzinfo=UTC)
    assert window_of(asked, None, live) == Window(asked, live.until)


@pytest.mark.parametrize(
    ("since", "until", "words"),
    [
        (datetime(2030, 1, 1, tzinfo=UTC), None, r"params\.since .* lies in the future"),
        (None, datetime(2025, 12, 31, tzinfo=UTC), r"params\.until .* before the flow's watermark"),
    ],
)
def test_a_stretch_that_holds_nothing_is_told_instead_of_read(
    since: datetime | None, until: datetime | None, words: str
) -> None:
    live = Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC))
    with pytest.raises(SettingsError, match=words):
        window_of(since, until, live)
