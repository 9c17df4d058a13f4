"""Prices as NetSuite's sandbox has them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from cartage.errors import SettingsError
from cartage.quality import check, load_suite
from cartage.settings import load_settings
from cartage.systems.netsuite.prices.source import PriceSource
from cartage.windows import Selection, Window
from tests.systems.netsuite.stock.served import INCLUDE, Remembered, settings_with

if TYPE_CHECKING:
    from cartage.seams import Read
    from cartage.settings import Settings
    from tests.systems.netsuite.stock.served import Account

DEALER = "settings: {prices: {customers: {currencies: [EUR]}}}"


def read(
    account: Account,
    *,
    keys: tuple[str, ...] = (),
    told: tuple[str, ...] = (),
    settings: Settings | None = None,
    notes: list[str] | None = None,
) -> list[Read]:
    source = PriceSource(account.hook, settings or settings_with(), Remembered(*told), notes=notes)
    return list(source.read(Window(None, datetime.now(UTC)), Selection(keys=keys)))


def prices(reads: list[Read]) -> dict[str, dict[int, Decimal]]:
    """Give amounts by quantity for each key; nothing for what is gone."""
    found: dict[str, dict[int, Decimal]] = {}
    for each in reads:
        keys = dict(zip(each.batch.root["price"].to_pylist(), each.batch.root["key"].to_pylist(), strict=True))
        found |= {key: {} for key in keys.values()}
        for row in each.batch.tables["tiers"].to_pylist():
            found[keys[row["price"]]][int(row["quantity"])] = row["amount"]
    return found


def states(reads: list[Read]) -> dict[str, tuple[str, str]]:
    rows = [row for each in reads for row in each.batch.root.to_pylist()]
    return {row["key"]: (row["state"], row["currency"]) for row in rows}


def quarantined(reads: list[Read]) -> dict[str, str]:
    return {verdict.key: verdict.complaints[0].code for each in reads for verdict in each.verdicts}


def test_levels_breaks_currencies_and_sale_days_become_books(account: Account) -> None:
    reads = read(account)
    found = prices(reads)
    assert found["eur-list/NL-1001"] == {1: Decimal("89.00"), 10: Decimal("85.00"), 100: Decimal("79.00")}
    assert found["usd-list/NL-1000"] == {1: Decimal("129.90")}
    assert found["eur-wholesale/NL-1000"] == {1: Decimal("103.92"), 10: Decimal("97.43")}
    assert {key for key in found if key.startswith("eur-sale/")} == {"eur-sale/NL-1002", "eur-sale/NL-1010"}
    row = next(row for each in reads for row in each.batch.root.to_pylist() if row["key"] == "eur-sale/NL-1002")
    assert (row["online_to"] - row["online_from"]).days in (21, 22)
    assert row["source"] == "level"
    assert "eur-list/NL-1102" not in found  # inactive
    for each in reads:
        checked = check(each.batch, load_suite("price", INCLUDE))
        assert not checked.failures


def test_a_dealers_own_prices_in_a_book_of_its_own(account: Account) -> None:
    found = prices(read(account, settings=settings_with(DEALER), keys=("NL-1000", "NL-1003", "NL-1004", "NL-1001")))
    mine = {key: amounts for key, amounts in found.items() if key.startswith("customer-")}
    assert mine == {
        "customer-508-EUR/NL-1000": {1: Decimal("99.00")},  # a price of its own
        "customer-508-EUR/NL-1003": {1: Decimal("13.29")},  # at the level for staff
        "customer-508-EUR/NL-1004": {1: Decimal("104.30")},  # its group's level
    }
    whole = "settings: {prices: {customers: {currencies: [EUR], levels: true, named_by: custentity_ctg_customer_no}}}"
    found = prices(read(account, settings=settings_with(whole), keys=("NL-1001",)))
    assert found["customer-00000508-EUR/NL-1001"] == {1: Decimal("71.20"), 10: Decimal("66.75")}


def test_books_of_customers_are_capped_and_the_rest_is_named(account: Account) -> None:
    with account.endpoint.admin as client:
        body = {"itemPricing": {"items": [{"item": {"externalId": "NL-1000"}, "currency": {"id": "1"},
                                           "level": {"id": "-1"}, "price": 100}]}}  # fmt: skip
        assert client.patch("/record/v1/customer/505", json=body).status_code == 204
    capped = settings_with("settings: {prices: {customers: {currencies: [EUR], max_books: 1}}}")
    notes: list[str] = []
    found = prices(read(account, settings=capped, keys=("NL-1000",), told=("customer-508-EUR/NL-1000",), notes=notes))
    assert found["customer-505-EUR/NL-1000"] == {1: 100}
    assert found["customer-508-EUR/NL-1000"] == {}  # no more: it would stay as it is for ever
    (said,) = notes
    assert "1 customers with prices of their own have no price book" in said


@pytest.mark.parametrize(("names", "customers"), [(("Twin", "Twin"), "505, 508"), (("A/B", "Own"), "505")])
def test_customers_whose_names_make_no_book_of_their_own_share_none(
    account: Account, names: tuple[str, str], customers: str
) -> None:
    """One book for two customers would show each the other's prices; a slash would part its keys elsewhere."""
    body: dict[str, Any] = {"itemPricing": {"items": [{"item": {"externalId": "NL-1000"}, "currency": {"id": "1"},
                                                       "level": {"id": "-1"}, "price": 100}]}}  # fmt: skip
    with account.endpoint.admin as client:
        assert client.patch("/record/v1/customer/505", json=body).status_code == 204
        for customer, name in zip(("505", "508"), names, strict=True):
            assert client.patch(f"/record/v1/customer/{customer}", json={"companyName": name}).status_code == 204
    named = settings_with("settings: {prices: {customers: {currencies: [EUR], named_by: companyname}}}")
    reads = read(account, settings=named, keys=("NL-1000",), told=("customer-Twin-EUR/NL-1000",))
    assert quarantined(reads) == {f"customers {customers}": "customer_without_book"}
    mine = {key: amounts for key, amounts in prices(reads).items() if key.startswith("customer-")}
    if names[0] == names[1]:
        assert mine == {}, "neither is told, nor is what the shop was told taken for gone"
    else:
        assert mine == {"customer-Own-EUR/NL-1000": {1: Decimal("99.00")}, "customer-Twin-EUR/NL-1000": {}}


def test_a_changed_and_a_lost_price_although_nothing_says_when(account: Account) -> None:
    account.errand("price", item="NL-1012", level="1", currency="EUR", price="95.00")
    account.errand("price", item="NL-1012", level="1", currency="USD", price=None)
    told = ("eur-list/NL-1012", "usd-list/NL-1012", "usd-list/NEVER/WAS", "old-book/NL-1012", "customer-1-EUR/NL-1012")
    reads = read(account, told=told)
    assert prices(reads)["eur-list/NL-1012"] == {1: Decimal("95.00")}
    gone = {key: currency for key, (state, currency) in states(reads).items() if state == "gone"}
    assert gone == {"usd-list/NL-1012": "USD", "usd-list/NEVER/WAS": "USD"}
    only = read(account, keys=("NL-1012",), told=told)
    assert states(only).keys() == {"eur-list/NL-1012", "gbp-list/NL-1012", "eur-wholesale/NL-1012", "usd-list/NL-1012"}


def test_what_is_set_aside_is_not_taken_for_gone(account: Account) -> None:
    account.errand("price", item="NL-1013", level="1", currency="EUR", price="0")
    account.errand("price", item="NL-1014", level="1", currency="USD", price=None)
    account.errand("price", item="NL-1014", level="1", currency="USD", quantity=5, price="30")
    told = ("eur-list/NL-1013", "usd-list/NL-1014")
    reads = read(account, keys=("NL-1013", "NL-1014"), told=told)
    assert quarantined(reads) == {"eur-list/NL-1013": "price_not_positive", "usd-list/NL-1014": "no_price_for_one"}
    assert not set(told) & states(reads).keys()
    rows = [row for each in reads for row in each.batch.root["price"].to_pylist()]
    rows += [verdict.row for each in reads for verdict in each.verdicts]
    assert sorted(rows) == list(range(len(rows)))


def test_two_items_with_one_sku_are_set_aside(account: Account) -> None:
    for sku in ("NL-1016", "NL-1017"):
        account.errand("item", item=sku, fields={"upcCode": "4000000000016"})
    settings = settings_with("settings: {orders: {sku_field: upccode}}")
    reads = read(account, settings=settings, told=("eur-list/4000000000016",))
    assert set(quarantined(reads).values()) == {"duplicate_sku"}
    assert set(quarantined(reads)) == {f"{book}/4000000000016" for book in settings.prices.books}
    assert "eur-list/4000000000016" not in states(reads)


@pytest.mark.parametrize("fault", [{"lose_rows": 7}, {"repeat_rows": 7}])
def test_a_page_that_lost_or_repeated_rows_is_read_again(account: Account, fault: dict[str, Any]) -> None:
    expected = prices(read(account))
    account.endpoint.control(faults=[{"match": "POST /query/v1/suiteql", "skip": 5, "times": 2, **fault}])
    assert prices(read(account)) == expected


@pytest.mark.parametrize(
    ("books", "message"),
    [
        ('{eur-list: {currency: EUR, level: "77"}}', "NetSuite has no price level 77; there are"),
        (
            '{chf-list: {currency: CHF, level: "1"}}',
            r"prices.books.chf-list.currency: NetSuite has no active currency CHF",
        ),
    ],
)
def test_what_netsuite_does_not_have(account: Account, books: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        read(account, settings=settings_with(f"settings: {{prices: {{books: {books}}}}}"))


@pytest.mark.parametrize(
    ("overlay", "message"),
    [
        ('books: {eur-list: {currency: EUR, level: "1", site: RefArchUS}}', "the site RefArchUS does not sell in it, but in USD"),
        ('books: {eur-list: {currency: EUR, level: "1", site: Nowhere}}', "there is no site Nowhere"),
        (('books: {a: {currency: EUR, level: "1", taxation: net}, b: {currency: EUR, level: "2", taxation: gross}}\n'
         "    feed: {headers: {b: {parent: a}}}"), "is not that of its parent, net"),
        ('books: {b: {currency: USD, level: "1"}}\n    feed: {headers: {b: {parent: eur-list}}}', "is not that of its parent, EUR"),
        ("customers: {currencies: [EUR, USD], book: 'c-{customer}'}", "must have `{customer}` in it, and `{currency}`"),
    ],
)  # fmt: skip
def test_books_must_fit_their_site_and_their_parent(overlay: str, message: str) -> None:
    with pytest.raises(SettingsError) as wrong:
        load_settings("sfcc_netsuite", INCLUDE, f"settings:\n  prices:\n    {overlay}\n")
    assert message in str(wrong.value)


def test_a_net_book_of_a_gross_site() -> None:
    overlay = "settings: {sites: {RefArch: {taxation: gross}}, prices: {books: {eur-list: {taxation: net}}}}"
    with pytest.raises(SettingsError, match="the site RefArch sells gross"):
        load_settings("sfcc_netsuite", INCLUDE, overlay)
