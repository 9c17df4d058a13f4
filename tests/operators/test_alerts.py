from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cartage.integrations import include_folder
from cartage.operators.alerts import quarantine_alert, silence_alerts, within_hours
from cartage.settings import load_settings

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("rule", "local", "inside"),
    [
        ("mon-sun 08:00-22:00", datetime(2026, 11, 21, 8, 0), True),
        ("mon-sun 08:00-22:00", datetime(2026, 11, 21, 22, 0), False),
        ("mon-fri 08:00-22:00", datetime(2026, 11, 21, 12, 0), False),
        ("mon-fri 08:00-22:00, sat 10:00-14:00", datetime(2026, 11, 21, 12, 0), True),
        ("fri-mon 10:00-14:00", datetime(2026, 11, 22, 12, 0), True),
    ],
)
def test_hours_of_the_week(rule: str, local: datetime, inside: bool) -> None:
    assert within_hours(rule, local.replace(tzinfo=BERLIN)) is inside


def test_a_silent_shop_is_noticed_in_its_own_hours_only() -> None:
    settings = load_settings("sfcc_netsuite", include_folder())
    noon = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)  # noon in Berlin, six in the morning in New York
    seen = {"RefArch": noon - timedelta(minutes=121), "RefArchUS": noon - timedelta(days=1), "gone": noon}
    alerts = silence_alerts(settings, seen, noon)
    assert [alert.facts["site"] for alert in alerts] == ["RefArch"]
    assert "121 minutes" in alerts[0].subject


def test_a_shop_that_just_sold_is_not_silent() -> None:
    settings = load_settings("sfcc_netsuite", include_folder())
    noon = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)
    assert silence_alerts(settings, {"RefArch": noon - timedelta(minutes=119)}, noon) == []


@pytest.mark.parametrize(("failed", "speaks"), [(0, False), (5, False), (6, True)])
def test_a_share_in_quarantine_speaks_up(failed: int, speaks: bool) -> None:
    alert = quarantine_alert("sfcc_netsuite.orders", {"extracted": 100, "quarantined": failed, "rejected": 0}, 0.05)
    assert (alert is not None) is speaks
