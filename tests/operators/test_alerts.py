from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cartage.integrations import include_folder
from cartage.operators.alerts import drift_alert, drops_alert, quarantine_alert, silence_alerts
from cartage.settings import load_settings


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


def test_the_night_counts_for_nothing() -> None:
    settings = load_settings("sfcc_netsuite", include_folder())
    half_past_eight = datetime(2026, 11, 20, 7, 30, tzinfo=UTC)  # in Berlin; watched since eight
    assert silence_alerts(settings, {"RefArch": half_past_eight - timedelta(hours=10)}, half_past_eight) == []


@pytest.mark.parametrize(
    ("day", "silent", "speaks"), [(20, 35, True), (20, 25, False), (21, 235, False), (21, 245, True)]
)
def test_hours_of_few_orders_have_minutes_of_their_own(day: int, silent: int, *, speaks: bool) -> None:
    overlay = 'settings: {orders: {silence: {minutes: 30, hours: "mon-fri 08:00-22:00, sat 08:00-22:00 240 min"}}}'
    settings = load_settings("sfcc_netsuite", include_folder(), overlay)
    afternoon = datetime(2026, 11, day, 15, 0, tzinfo=UTC)  # of a Friday and a Saturday
    alerts = silence_alerts(settings, {"RefArch": afternoon - timedelta(minutes=silent)}, afternoon)
    assert bool(alerts) is speaks


@pytest.mark.parametrize(("failed", "speaks"), [(0, False), (5, False), (6, True)])
def test_a_share_in_quarantine_speaks_up(failed: int, speaks: bool) -> None:
    alert = quarantine_alert(
        "sfcc_netsuite.orders", "run 1", {"extracted": 100, "quarantined": failed, "rejected": 0}, 0.05
    )
    assert (alert is not None) is speaks


def test_what_the_shop_refused_of_earlier_feeds_speaks_up_though_the_run_itself_is_well() -> None:
    well = {"extracted": 100, "quarantined": 0, "rejected": 0}
    assert quarantine_alert("sfcc_netsuite.inventory", "run 1", well, 0.05, late=5) is None
    alert = quarantine_alert("sfcc_netsuite.inventory", "run 1", well, 0.05, late=400)
    assert alert is not None
    assert "400 of its earlier feeds" in alert.subject
    assert "400 records of earlier feeds were not taken by the shop" in alert.body
    assert alert.facts["late"] == 400


@pytest.mark.parametrize(
    ("drifted", "share", "speaks"), [(0, 0, False), (1, 0, True), (10, 0.01, False), (11, 0.01, True)]
)
def test_a_shop_that_drifted_too_far_speaks_up(drifted: int, share: float, *, speaks: bool) -> None:
    alert = drift_alert("sfcc_netsuite.inventory", "run 1", drifted, 1000, share)
    assert (alert is not None) is speaks
    assert alert is None or (alert.facts["drifted"] == drifted and f"{drifted} of 1000" in alert.subject)


def test_files_that_could_not_be_read_speak_up() -> None:
    assert drops_alert("sfcc_netsuite.orders", "run 1", []) is None
    alert = drops_alert("sfcc_netsuite.orders", "run 1", [f"RefArch_orders_{number}.xml" for number in range(7)])
    assert alert is not None
    assert "could not read 7" in alert.subject
    assert "RefArch_orders_4.xml and 2 more" in alert.body
