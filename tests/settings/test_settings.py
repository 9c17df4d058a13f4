"""Settings fail early: every wrong key is named with its file, its line and what to write instead."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cartage.errors import SettingsError
from cartage.integrations import include_folder, integration_names, load_deploy
from cartage.settings import Settings, Silence, load_settings

SHIPPED = Path(__file__).parents[2] / "include"
TEXT = (SHIPPED / "integrations" / "sfcc_netsuite.yaml").read_text(encoding="utf-8")


@pytest.fixture
def include(tmp_path: Path) -> Path:
    (tmp_path / "integrations").mkdir()
    return tmp_path


def _write(include: Path, old: str, new: str) -> int:
    """Write the shipped settings with one change, and give its line."""
    assert TEXT.count(old) == 1, old
    text = TEXT.replace(old, new)
    (include / "integrations" / "sfcc_netsuite.yaml").write_text(text, encoding="utf-8")
    return TEXT[: TEXT.index(old)].count("\n") + 1


def _overlaid(overlay: str) -> Settings:
    return load_settings("sfcc_netsuite", SHIPPED, overlay)


def test_the_shipped_settings_are_read() -> None:
    settings = load_settings("sfcc_netsuite", SHIPPED)
    assert settings.sites["RefArch"].timezone == ZoneInfo("Europe/Berlin")
    assert settings.sites["RefArchUS"].currencies == {"USD": "2"}
    assert settings.orders.tolerance == Decimal("0.01")
    assert isinstance(settings.orders.tolerance, Decimal)
    assert settings.orders.payments["credit_card"].account == "200"
    assert settings.orders.drops.regex.fullmatch("RefArch_orders_20260101T101500.xml.gz")["site"] == "RefArch"  # type: ignore[index]


def test_the_shipped_file_holds_every_key_and_every_default() -> None:
    """The file is the list of keys: what the models know beyond it would be a setting that nobody finds."""
    settings = load_settings("sfcc_netsuite", SHIPPED)

    def unset(model: object, path: str) -> list[str]:
        fields = type(model).model_fields  # type: ignore[attr-defined]
        missing = [f"{path}.{name}" for name in fields if name not in model.model_fields_set]  # type: ignore[attr-defined]
        for name in fields:
            value = getattr(model, name)
            if hasattr(value, "model_fields_set"):
                missing += unset(value, f"{path}.{name}")
        return missing

    assert unset(settings, "settings") == []


def test_deploy_settings_are_read_without_the_rest(include: Path) -> None:
    _write(include, "batch_records: 1000", "batch_rekords: many")
    orders = load_deploy("sfcc_netsuite", include).flow("orders")
    assert orders.start_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert orders.timeout == timedelta(hours=2)
    with pytest.raises(SettingsError, match="did you mean `batch_records`"):
        load_settings("sfcc_netsuite", include)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "timeout_minutes: 120\n  customers",
            "timeout_minutes: long\n  customers",
            "must be a whole number, not `long`",
        ),
        ("orders:\n    schedule", "orders:\n    shedule", "unknown key; did you mean `schedule`"),
        ('orders:\n    schedule: "*/15 * * * *"', 'orders:\n    schedule: "every hour"', "no cron expression"),
        ("system: netsuite", "system: netsweet", "no system of cartage.systems; did you mean `netsuite`"),
        ("2026-01-01T00:00:00Z\n    description: Order", "2026-01-01\n    description: Order", "timezone"),
        ("name: sfcc_netsuite", "name: other", "but the file is sfcc_netsuite.yaml"),
        ("concurrency: 5", "concurrency: 0", "greater than or equal to 1"),
    ],
)
def test_a_wrong_deploy_setting_is_named(include: Path, old: str, new: str, said: str) -> None:
    line = _write(include, old, new)
    with pytest.raises(SettingsError) as caught:
        load_deploy("sfcc_netsuite", include)
    assert said in str(caught.value)
    assert caught.value.line in (line, line + 1)
    assert str(caught.value).startswith(str(include / "integrations" / "sfcc_netsuite.yaml"))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("zone: Europe/Berlin", "zone: Europe/Berln", "`sites.RefArch.zone`: `Europe/Berln` is no time zone; did you mean `Europe/Berlin`?"),
        ("erp_zone: UTC", "erp_zone: America/Los_Angles", "`erp_zone`: `America/Los_Angles` is no time zone; did you mean"),
        ("discounts: netted", "disconts: netted", "`orders.disconts`: unknown key; did you mean `discounts`?"),
        ("discounts: netted", "discounts: nettet", "did you mean `netted`?"),
        ("batch_records: 1000", "batch_records: a lot", "`batch_records`: must be a whole number, not `a lot`"),
        ('tolerance: "0.01"', "tolerance: a cent", "`orders.tolerance`: must be a number, not `a cent`"),
        ("adopt: true", "adopt: maybe", "must be true or false, not `maybe`"),
        ("order_status: [NEW, ", "order_status: [NEWW, ", "`orders.take.order_status[0]`: `NEWW` is not known"),
        ('subsidiary: "1"', "subsidiary: 1", 'must be a text, not `1`; write it in quotes: "1"'),
        ('stores: {store-boston: "5"}', "stores: store-boston", "must be a mapping"),
        ('location: "4"', "location: [4]", "must be a text, not a list"),
        ('{EUR: "1"', '{EURO: "1"', "`EURO` is no ISO 4217 code"),
        ("folder: /outbound/orders ", "folder: outbound/orders ", "is no absolute folder"),
        ("archive: /outbound/orders/archive", "archive: /outbound/orders", "is the same folder as `folder`"),
        ("'(?P<site>[A-Za-z0-9-]+)_orders_", "'(?P<shop>[A-Za-z0-9-]+)_orders_", "has no group named `site`"),
        ("'(?P<site>[A-Za-z0-9-]+)_orders_", "'(?P<site>[A-Za-z0-9-+_orders_", "is no regular expression"),
        ("max_quarantined_share: 0.2 #", "max_quarantined_share: 20 #", "less than or equal to 1"),
        ("default: {deposit: when_captured} ", "standard: {deposit: when_captured} ", "has no `default:`"),
        ("guests: by_email ", "guests: default_customer ", "must be a customer's internal id"),
        ('hours: "mon-sun 08:00-22:00"', 'hours: "mon-sun 8-22"', "is no stretch of a week"),
        ("email: []", "email: [nobody]", "`alerts.email[0]`: `nobody` is no e-mail address"),
        ("      order: {}", "      order: {gift: custcol_gift}", "its id starts with `custbody_`"),
        ("customer_list: RefArchUS", "customer_list: RefArch", "give both sites the same subsidiary"),
        ("left_out: []", "left_out: [Berlin]", "`locations.left_out[0]`: must be the internal id of a NetSuite location"),
        ("left_out: []", 'left_out: ["2"]', "`locations.left_out[0]`: is also in inventory.lists.store-berlin"),
        ("headers: {}  ", "headers: {RefArch-inventry: {}}  ", "is no list of `inventory.lists`; did you mean `RefArch-inventory`?"),
        ("headers: {eur-sale:", "headers: {eur-sail:", "is no book of `prices.books`; did you mean `eur-sale`?"),
        ("customers: null  ", "customers: {currencies: [EUR], only: [Acme]}  ", "must be the internal id of a NetSuite customer"),
        ("eur-wholesale: {", 'eur-wholesale: {groups: {Gold: "3"}, ', "must be the internal id of a pricing group"),
    ],
)  # fmt: skip
def test_a_wrong_run_setting_is_named_with_its_line(include: Path, old: str, new: str, said: str) -> None:
    line = _write(include, old, new)
    with pytest.raises(SettingsError) as caught:
        load_settings("sfcc_netsuite", include)
    assert said in str(caught.value)
    assert re.search(rf"sfcc_netsuite.yaml:({line}|{line + 1}|{line - 1}): ", str(caught.value))


def test_a_line_item_needs_its_item() -> None:
    with pytest.raises(
        SettingsError, match=r"`orders.items.tax`: must name an item of the ERP, since `tax` is `tax_line`"
    ):
        _overlaid("settings: {orders: {tax: tax_line, items: {tax: null}}}")


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        _overlaid("settings:\n  batch_records: x\n  orders:\n    taxx: erp\n    tolerance: y\n")
    told = str(caught.value).splitlines()
    assert [line.split(": ")[0] for line in told] == ["revision:2", "revision:4", "revision:5"]


def test_an_overlay_changes_only_what_it_names() -> None:
    settings = _overlaid("settings:\n  orders:\n    tolerance: 0.05\n    take: {order_status: [NEW]}\n")
    assert settings.orders.tolerance == Decimal("0.05")
    assert settings.orders.take.order_status == ("NEW",)
    assert settings.orders.take.confirmation_status == ("CONFIRMED",)
    assert settings.sites == load_settings("sfcc_netsuite", SHIPPED).sites


def test_an_overlay_cannot_touch_deploy_settings() -> None:
    with pytest.raises(SettingsError, match=r"revision:1: `flows`: a revision holds only `settings:`"):
        _overlaid("flows: {}\n")


def test_an_empty_overlay_is_none() -> None:
    assert _overlaid(" \n") == load_settings("sfcc_netsuite", SHIPPED)


@pytest.mark.parametrize(
    ("moment", "watched"),
    [
        ("2026-11-20T08:00", True),
        ("2026-11-20T07:59", False),
        ("2026-11-20T22:00", False),
        ("2026-11-21T23:59", True),
        ("2026-11-22T12:00", False),
    ],
)
def test_silence_is_watched_by_hour_of_the_week(moment: str, *, watched: bool) -> None:
    silence = Silence(hours="mon-fri 08:00-22:00, sat 10:00-24:00")
    limit = silence.limit(datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo("Europe/Berlin")))
    assert (limit is not None) is watched


def test_include_is_found_beside_the_plugins_or_by_an_absolute_path(
    monkeypatch: pytest.MonkeyPatch, include: Path
) -> None:
    monkeypatch.delenv("CARTAGE_INCLUDE", raising=False)
    assert include_folder() == SHIPPED
    assert "sfcc_netsuite" in integration_names(include_folder())
    monkeypatch.setenv("CARTAGE_INCLUDE", str(include))
    assert include_folder() == include
    monkeypatch.setenv("CARTAGE_INCLUDE", "include")
    with pytest.raises(SettingsError, match="absolute path"):
        include_folder()
