"""Whatever the order and whatever the settings: the documents come to the shop's total, to the cent."""

from __future__ import annotations

from decimal import Decimal
from itertools import product as combinations
from typing import TYPE_CHECKING, Any

import pytest
from erp_sums import ZERO, all_amounts, amount, items, tax_total, tenders, total
from hypothesis import given, settings
from hypothesis import strategies as st
from neutral import adjustment, card, certificate_payment, money, orders, product, shipment, shipping, shop_order

from sandbox.catalogue import PRODUCTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Documents

CENTS = st.integers(1, 60_000).map(lambda each: Decimal(each) / 100)
RATES = st.sampled_from([Decimal(rate) for rate in ("0", "0.07", "0.19", "0.0825")])
SKUS = st.sampled_from([each.sku for each in PRODUCTS if each.kind == "inventory"])

CHOICES = {
    "discounts": ("netted", "item_line", "header"),
    "options": ("line", "memo"),
    "bundles": ("kit", "exploded"),
    "shipping": ("header", "item_line"),
    "gift_certificate_tender": ("negative_line", "deposit"),
    "addresses": ("order_per_shipment", "multi_ship_to"),
    "tax": ("suitetax", "tax_line"),
}


def cents(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"))


def taxed(net: Decimal, rate: Decimal) -> dict[str, str]:
    return money(str(net), str(cents(net * rate)))


def off(draw: st.DrawFn, name: str, most: Decimal, rate: Decimal, **others: Any) -> dict[str, Any]:
    net = -cents(most * draw(st.integers(0, 100)) / 100)
    return adjustment(name, str(net), str(cents(net * rate)), **others)


@st.composite
def shop_orders(draw: st.DrawFn) -> dict[str, Any]:
    """An order with what orders have: options, bundles, discounts at every height, parcels, certificates."""
    parcels = draw(st.integers(1, 3))
    names = [f"p{place}" for place in range(parcels)]
    lines, goods = [], ZERO
    for place in range(draw(st.integers(parcels, parcels + 3))):
        net, rate = draw(CENTS), draw(RATES)
        parcel = names[place % parcels]
        line = product(draw(SKUS), str(net), rate=str(rate), quantity=str(draw(st.integers(1, 4))), shipment_id=parcel)
        line |= taxed(net, rate)
        line["adjustments"] = [off(draw, f"line-{place}", net, rate) for _ in range(draw(st.integers(0, 1)))]
        goods += net + sum(Decimal(each["net"]) for each in line["adjustments"])
        if draw(st.booleans()):
            extra = draw(CENTS)
            line["options"] = [
                {"product_id": "MONOGRAM", "option_id": "monogram", "value_id": "a"} | taxed(extra, rate)
            ]
        if draw(st.booleans()):
            line["bundled"] = [{"product_id": "NL-1008", "quantity": "2"}]
        if draw(st.integers(0, 5)) == 0:
            line["product_shipping"] = [
                {"shipping_type": "surcharge", "tax_rate": str(rate)} | taxed(draw(CENTS), rate)
            ]
        lines.append(line)
    costs = draw(CENTS)
    lines += [shipping(**taxed_shipping(costs), shipment_id=name) for name in names]
    if draw(st.booleans()):
        lines.append({"kind": "gift_certificate", "shipment_id": names[-1]} | money(str(draw(CENTS)), "0"))
    above = [
        off(draw, f"order-{place}", goods / 3, Decimal("0.19"), scope="order")
        for place in range(draw(st.integers(0, 2)))
    ]
    if draw(st.booleans()):
        above.append(off(draw, "shipping", costs / 2, Decimal("0.19"), scope="shipping"))
    if draw(st.booleans()):
        above.append(off(draw, "parcel", Decimal("0.01"), Decimal("0.19"), scope="shipment", shipment_id=names[0]))
    payments = [certificate_payment(str(draw(CENTS) / 100)) for _ in range(draw(st.integers(0, 2)))]
    for each in payments:
        each["amount"] = str(cents(Decimal(each["amount"])))
    return shop_order(
        lines=lines, adjustments=above, shipments=[shipment(name) for name in names],
        payments=[*payments, card("AUTH")], taxation=draw(st.sampled_from(["net", "gross"])),
    )  # fmt: skip


def taxed_shipping(net: Decimal) -> dict[str, str]:
    found = taxed(net, Decimal("0.19"))
    return {"net": found["net"], "tax": found["tax"]}


def shop_total(order: dict[str, Any]) -> Decimal:
    """The order's total, added up from what the order says of its lines, apart from the batch's builder."""
    lines = [
        *order["lines"],
        *(child for line in order["lines"] for name in ("options", "product_shipping") for child in line.get(name, ())),
    ]
    found = [*lines, *order["adjustments"], *(each for line in order["lines"] for each in line.get("adjustments", ()))]
    return sum((Decimal(each["net"]) + Decimal(each["tax"]) for each in found), ZERO)


@settings(max_examples=40, deadline=None)
@given(
    order=shop_orders(),
    choice=st.fixed_dictionaries({name: st.sampled_from(values) for name, values in CHOICES.items()}),
)
def test_documents_come_to_the_shops_total(
    order: dict[str, Any], choice: dict[str, str], documents: Callable[..., Documents]
) -> None:
    found = documents(orders(order), **choice)
    assert not found.transformed.verdicts
    wanted = shop_total(order)
    assert sum(total(body) + tenders(body) for body in found.orders) == wanted
    for document in found.of("salesOrder"):
        body, expected = document["body"], document["expected"]
        assert Decimal(expected["total"]) == total(body)
        assert Decimal(expected["tax"]) == tax_total(body)
        assert Decimal(expected["shipping"]) == amount(body.get("shippingCost"))
        assert all(each == cents(each) for each in all_amounts(body))
        references = [
            line.get("taxDetailsReference") for line in items(body, "item") if line.get("taxDetailsReference")
        ]
        assert len(references) == len(set(references))
        used = {each["taxDetailsReference"]["id"] for each in items(body, "taxDetails")}
        assert used <= {*references, "SHIPPING"}
        ids = [line["custcol_ctg_line_id"] for line in items(body, "item")]
        assert len(ids) == len(set(ids))
    tendered = sum((Decimal(each["amount"]) for each in order["payments"] if each["kind"] == "gift_certificate"), ZERO)
    on_deposits = sum((amount(each["body"]["payment"]) for each in found.of("customerDeposit")), ZERO)
    on_lines = sum((tenders(body) for body in found.orders), ZERO)
    assert (on_deposits, on_lines) == (
        (tendered, ZERO) if choice["gift_certificate_tender"] == "deposit" else (ZERO, tendered)
    )


@pytest.mark.parametrize(
    "choice", list(combinations(("netted", "item_line", "header"), ("suitetax", "tax_line", "erp")))
)
def test_every_way_of_discounts_and_taxes_carries_the_same_money(
    choice: tuple[str, str], documents: Callable[..., Documents]
) -> None:
    discounts, tax = choice
    order = shop_order(
        lines=[
            product("NL-1000", "100.00", "19.00", adjustments=[adjustment("ten", "-10.00", "-1.90")]),
            product("NL-1001", "33.33", "2.33", rate="0.07"),
            shipping("4.95", "0.94"),
        ],
        adjustments=[adjustment("five", "-5.00", "-0.73", scope="order")],
    )
    found = documents(orders(order), discounts=discounts, tax=tax)
    booked = total(found.order)
    tax_of_shop = Decimal("19.64")
    assert booked == (shop_total(order) if tax != "erp" else shop_total(order) - tax_of_shop)
    assert found.of("salesOrder")[0]["expected"]["total"] == str(shop_total(order))
    assert amount(found.order["custbody_ctg_shop_tax"]) == tax_of_shop


def test_amounts_that_do_not_add_up_are_held_back_with_their_sums(documents: Callable[..., Documents]) -> None:
    order = shop_order(lines=[product("NL-1000", "100.00", "19.00"), shipping("4.95", "0.94")], order_gross="125.91")
    found = documents(orders(order))
    (complaint,) = found.complaints
    assert complaint.code == "does_not_add_up"
    assert complaint.field == "orders.order_gross"
    for part in (
        "125.91 EUR",
        "come to 124.89",
        "lines 100",
        "shipping 4.95",
        "tax 19.94",
        "1.02 apart",
        "tolerance 0.01",
    ):
        assert part in complaint.message
    assert not found.all


def test_a_cent_within_the_tolerance_passes_or_goes_to_the_rounding_item(documents: Callable[..., Documents]) -> None:
    order = shop_order(lines=[product("NL-1000", "100.00", "19.00"), shipping("4.95", "0.94")], order_gross="124.90")
    assert total(documents(orders(order)).order) == Decimal("124.89")
    rounded = documents(orders(order), items={"rounding": "rounding"})
    assert total(rounded.order) == Decimal("124.90")
    assert [amount(line["amount"]) for line in rounded.lines if line["custcol_ctg_kind"] == "rounding"] == [
        Decimal("0.01")
    ]


def test_fractions_of_a_cent_are_carried_from_line_to_line(documents: Callable[..., Documents]) -> None:
    """A shop that taxes in groups writes taxes such as 3.0324; their sum is what is owed."""
    lines = [
        product("NL-1000", "15.96", "3.0324"),
        product("NL-1001", "15.96", "3.0324"),
        product("NL-1002", "15.96", "3.0324"),
    ]
    found = documents(orders(shop_order(lines=lines, order_gross="56.98", tax_rounded_at_group=True)))
    assert total(found.order) == Decimal("56.98")
    assert [str(each["taxAmount"]) for each in items(found.order, "taxDetails")] == ["3.03", "3.03", "3.04"]


def test_a_currency_without_cents_gets_whole_amounts(
    documents: Callable[..., Documents], settings_with: Callable[..., Any]
) -> None:
    lines = [product("NL-1000", "1000", "100", rate="0.1"), product("NL-1001", "500", "50", rate="0.1")]
    given_off = [adjustment("third", "-100", "-10", scope="order")]
    order = shop_order(lines=lines, adjustments=given_off, currency="JPY")
    site = {"RefArch": {"currencies": {"JPY": "4"}}}
    found = documents(orders(order), settings_with(sites=site))
    assert [amount(line["amount"]) for line in found.lines] == [Decimal(933), Decimal(467)]
    assert total(found.order) == Decimal(1540)
