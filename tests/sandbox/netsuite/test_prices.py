"""Prices by level, currency and quantity, as the flow of prices reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox import catalogue
from tests.sandbox.netsuite.conftest import put_order, refusal

if TYPE_CHECKING:
    import httpx

    from tests.sandbox.netsuite.server import NetSuiteEndpoint


def prices(netsuite: NetSuiteEndpoint, sku: str, level: str = "1", currency: str = "1") -> list[tuple[str, str]]:
    """Give an item's prices with the quantity from which each holds."""
    rows = netsuite.rows(
        "SELECT p.quantity, p.unitprice FROM pricing p JOIN item i ON i.id = p.item "
        f"WHERE i.itemid = '{sku}' AND p.pricelevel = {level} AND p.currency = {currency} ORDER BY p.quantity"
    )
    return [(row["quantity"], row["unitprice"]) for row in rows]


def line(level: str, currency: str, quantity: Any, price: float | None) -> dict[str, Any]:
    return {"currencyPage": {"id": currency}, "priceLevel": {"id": level}, "quantity": {"value": quantity}, "price": price}  # fmt: skip


def test_the_catalogues_prices_are_there(netsuite: NetSuiteEndpoint) -> None:
    assert prices(netsuite, "NL-1001") == [("0", "89"), ("10", "85"), ("100", "79")]
    assert prices(netsuite, "NL-1001", level="2") == [("0", "71.2"), ("10", "66.75")]
    assert prices(netsuite, "NL-1010", level="6") == [("0", "89")]
    for book in catalogue.PRICE_BOOKS.values():
        query = f"SELECT COUNT(*) AS n FROM pricing p JOIN currency c ON c.id = p.currency WHERE c.symbol = '{book.currency}' AND p.pricelevel = {book.level} AND p.quantity = 0"
        assert int(netsuite.rows(query)[0]["n"]) > 0


def test_sale_days_stand_on_the_item(netsuite: NetSuiteEndpoint) -> None:
    rows = netsuite.rows(
        "SELECT itemid FROM item WHERE custitem_ctg_sale_from <= SYSDATE AND custitem_ctg_sale_to >= SYSDATE ORDER BY itemid"
    )
    assert [row["itemid"] for row in rows] == sorted(catalogue.SALE_PRICES)


def test_a_customer_has_prices_of_its_own(netsuite: NetSuiteEndpoint) -> None:
    dealer = "customer WHERE custentity_ctg_customer_no = '00000508'"
    assert netsuite.rows(f"SELECT BUILTIN.DF(pricelevel) AS level FROM {dealer}") == [{"level": "Wholesale"}]
    assert netsuite.rows(
        f"SELECT BUILTIN.DF(p.item) AS sku, BUILTIN.DF(p.currency) AS currency, p.level, p.price FROM customerItemPricing p WHERE p.customer = (SELECT id FROM {dealer}) ORDER BY sku"
    ) == [
        {"sku": "NL-1000", "currency": "EUR", "level": "-1", "price": "99"},
        {"sku": "NL-1003", "currency": "EUR", "level": "3"},
    ]
    assert netsuite.rows(
        "SELECT BUILTIN.DF(g.group) AS items, BUILTIN.DF(g.level) AS level FROM customerGroupPricing g"
    ) == [{"items": "Outdoor", "level": "Employee"}]


def test_people_set_and_take_away_prices(netsuite: NetSuiteEndpoint) -> None:
    changed = "SELECT TO_CHAR(lastmodifieddate, 'YYYY-MM-DD HH24:MI:SS') AS at FROM item WHERE itemid = 'NL-1004'"
    before = netsuite.rows(changed)
    netsuite.office("price", item="NL-1004", level="Base Price", currency="EUR", quantity=5, price="140.00")
    netsuite.office("price", item="NL-1004", level="1", currency="EUR", price="0")
    assert prices(netsuite, "NL-1004") == [("0", "0"), ("5", "140")]
    netsuite.office("price", item="NL-1004", level="1", currency="EUR", price=None)
    assert prices(netsuite, "NL-1004") == [("5", "140")]
    assert netsuite.rows(changed) == before


def test_rest_merges_a_price_by_level_currency_and_quantity(
    netsuite: NetSuiteEndpoint, client: httpx.Client, person: httpx.Client
) -> None:
    body = {"price": {"items": [line("1", "1", "0", 70), line("1", "1", "12", 65), line("6", "1", 0, 60)]}}
    assert person.patch("/record/v1/inventoryItem/eid:NL-1008", json=body).status_code == 204
    assert prices(netsuite, "NL-1008") == [("0", "70"), ("12", "65")]
    assert prices(netsuite, "NL-1008", level="6") == [("0", "60")]
    assert prices(netsuite, "NL-1008", currency="2") == [("0", "64.9")]
    found = client.get("/record/v1/inventoryItem/eid:NL-1008/price?expandSubResources=true").json()["items"]
    assert {"currencyPage", "priceLevel", "quantity", "price"} <= found[0].keys()

    person.patch("/record/v1/inventoryItem/eid:NL-1008", json={"price": {"items": [line("1", "1", 12, None)]}})
    assert prices(netsuite, "NL-1008") == [("0", "70")]
    person.patch("/record/v1/inventoryItem/eid:NL-1008?replace=price", json={"price": {"items": [line("1", "1", 0, 71)]}})  # fmt: skip
    assert (prices(netsuite, "NL-1008"), prices(netsuite, "NL-1008", currency="2")) == ([("0", "71")], [])


@pytest.mark.parametrize(
    ("change", "path"),
    [({"priceLevel": None}, "price.items[0].priceLevel"), ({"currencyPage": None}, "price.items[0].currencyPage"),
     ({"quantity": {"value": "some"}}, "price.items[0].quantity"), ({"priceLevel": {"id": "77"}}, "price.items[0].priceLevel")],
)  # fmt: skip
def test_a_price_needs_its_level_and_currency(person: httpx.Client, change: dict[str, Any], path: str) -> None:
    body = {"itemId": f"NL-PRICE-{len(path)}-{change}"[:40], "price": {"items": [line("1", "1", 0, 5) | change]}}
    assert refusal(person.post("/record/v1/inventoryItem", json=body))["o:errorPath"] == path


def test_an_order_takes_the_break_that_its_quantity_reaches(client: httpx.Client) -> None:
    line = {"item": {"externalId": "NL-1001"}, "quantity": 12, "price": {"id": "1"}}
    assert put_order(client, item={"items": [line]})[1]["subtotal"] == 12 * 85
