"""What cannot be carried is held back with every reason, the column it stands in and what to do; all others go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from golden_cases import basket, gift_certificate, jacket, two_shipments
from neutral import adjustment, card, customers, orders, product, shipment, shipping, shop_order

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Documents

CASES: dict[str, tuple[dict[str, Any], dict[str, Any], str, str, str]] = {
    "an item": (basket(product("NOPE-1", "1.00", "0.19")), {}, "unknown_item", "lines.product_id", "itemid is NOPE-1"),
    "a currency": (basket(jacket(), currency="CHF"), {}, "unknown_currency", "orders.currency", "RefArch.currencies"),
    "a shipping method": (
        basket(jacket(), shipments=[shipment("me", shipping_method="DRONE")]),
        {}, "unknown_shipping_method", "shipments.shipping_method", "method DRONE",
    ),
    "a store": (
        basket(jacket(), shipments=[shipment("me", attributes={"fromStoreId": "store-rome"})]),
        {}, "unknown_location", "attributes.value", "RefArch.stores",
    ),
    "a site": (basket(jacket(), site="RefArchIT"), {}, "unknown_site", "orders.site", "settings.sites"),
    "a tax": (basket(jacket()), {"tax_codes": {"default": "77"}}, "unknown_tax_code", "orders.site", "settings.orders.tax_codes"),
    "no lines": (shop_order(order_gross="0"), {}, "missing_required", "lines", "has no lines"),
    "no currency": (basket(jacket(), currency=None), {}, "missing_required", "orders.currency", "has no currency"),
    "no date": (basket(jacket(), placed_at=None), {}, "missing_required", "orders.placed_at", "has no placed_at"),
    "no total": (basket(jacket(), order_gross=None), {}, "missing_required", "orders.order_gross", "has no order_gross"),
    "no amount": (
        basket(jacket() | {"net": None, "gross": None}, order_gross="0"), {}, "amount_missing", "lines.net", "line 1",
    ),
    "another shipment": (basket(jacket(shipment_id="lost")), {}, "unknown_shipment", "lines.shipment_id", "shipment lost"),
    "costs without a method": (
        basket(jacket(), shipments=[shipment("me", shipping_method=None)]),
        {}, "shipping_method_missing", "shipments.shipping_method", "item_line",
    ),
    "no item for certificates": (
        basket(jacket(), gift_certificate("5.00")),
        {"items": {"gift_certificate": None}}, "item_not_set", "lines.kind", "items.gift_certificate",
    ),
    "no item for shipping": (two_shipments(), {"items": {"shipping": None}}, "item_not_set", "lines.kind", "items.shipping"),
    "a discount of nothing": (
        shop_order(lines=[jacket()], adjustments=[adjustment("free", "0.00", scope="shipping")]),
        {}, "adjustment_without_lines", "adjustments.scope", "free",
    ),
    "a payment without amount": (
        basket(jacket(), payments=[card("CAPTURE"), card("CAPTURE", "1.00")]),
        {}, "payment_without_amount", "payments.amount", "payment 0",
    ),
    "two stores on a header": (
        shop_order(
            lines=[jacket(inventory_list_id="store-berlin"), jacket(inventory_list_id="store-munich"), shipping("1.00", "0.19")]
        ),
        {"pickup": {"place": "header"}}, "several_stores", "attributes.value", "`line`",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_is_wrong_is_told_with_its_column_and_what_to_do(name: str, documents: Callable[..., Documents]) -> None:
    order, changed, code, column, words = CASES[name]
    found = documents(orders(order, basket(jacket(), order_no="00018")), **changed)
    verdicts = {verdict.key: verdict for verdict in found.transformed.verdicts}
    site = order["site"]
    verdict = verdicts[f"{site}/00017"]
    assert verdict.outcome == "quarantined"
    assert (code, column) in [(each.code, each.field) for each in verdict.complaints]
    assert any(words in each.message for each in verdict.complaints)
    if "settings" not in changed and not changed:
        assert {each["key"] for each in found.all} == {"RefArch/00018"}


def test_all_reasons_are_told_at_once(documents: Callable[..., Documents]) -> None:
    lines = [product("NOPE-1", "1.00", "0.19"), product("NOPE-2", "1.00", "0.19")]
    order = shop_order(lines=lines, shipments=[shipment("me", shipping_method="DRONE")], order_gross="9.00")
    assert documents(orders(order)).codes == [
        "does_not_add_up",
        "unknown_shipping_method",
        "unknown_item",
        "unknown_item",
    ]


def test_messages_hold_no_personal_data(documents: Callable[..., Documents]) -> None:
    for order, changed, *_ in CASES.values():
        for verdict in documents(orders(order), **changed).transformed.verdicts:
            text = " ".join(each.message for each in verdict.complaints).lower()
            assert not any(word in text for word in ("erika", "beispiel", "example.com", "weg 1", "123456"))


def test_netsuite_is_asked_once_for_each_kind(documents: Callable[..., Documents]) -> None:
    found = documents(orders(*(basket(jacket(), order_no=f"{number:05d}") for number in range(20))))
    asked = [kind for kind, _ in found.references.asked]
    assert len(asked) == len(set(asked))


def test_a_cancelled_order_is_closed_whatever_is_wrong_with_its_lines(documents: Callable[..., Documents]) -> None:
    order = shop_order(lines=[product("NOPE-1", "1.00", "0.19")], order_status="CANCELLED", order_gross="99.00")
    found = documents(orders(order))
    assert not found.transformed.verdicts
    assert [(each["type"], each["action"]) for each in found.all] == [("salesOrder", "cancel")]


def test_a_customer_without_a_number_or_of_a_foreign_site_is_held_back(documents: Callable[..., Documents]) -> None:
    found = documents(
        customers({"email": "a@example.com"}, {"customer_no": "1", "site": "RefArchIT"}, {"customer_no": "2"})
    )
    reasons = [(each.code, each.field) for verdict in found.transformed.verdicts for each in verdict.complaints]
    assert reasons == [("missing_required", "customers.customer_no"), ("unknown_site", "customers.site")]
    assert [each["match"]["customer_no"] for each in found.all] == ["2"]


def test_sites_that_share_a_customer_list_share_its_customers(
    documents: Callable[..., Documents], settings_with: Callable[..., Any]
) -> None:
    sites = {"RefArch": {"customer_list": "Nordlicht"}, "RefArchUS": {"customer_list": "Nordlicht", "subsidiary": "1"}}
    pair = [basket(jacket()), basket(jacket(), site="RefArchUS", currency="USD")]
    found = documents(orders(*pair), settings_with(sites=sites))
    assert len({each["external_id"] for each in found.of("customer")}) == 1
    assert len({each["external_id"] for each in found.of("salesOrder")}) == 2
