"""What differs between the shop's order and NetSuite's, and what people changed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cartage.systems.netsuite.writing_lines import content_of, difference, mark, touched


def order(*lines: tuple[str, str, str], **header: Any) -> dict[str, Any]:
    items = [
        {"custcol_ctg_line_id": name, "item": {"id": "5"}, "quantity": Decimal(quantity), "amount": Decimal(amount)}
        for name, quantity, amount in lines
    ]
    return {"item": {"items": items}, "shippingCost": Decimal("4.95"), **header}


def saved(body: dict[str, Any]) -> dict[str, Any]:
    """Give the order as NetSuite gives it: lines numbered, references named, numbers in its own way."""
    lines = [
        {**each, "line": number, "item": {**each["item"], "refName": "Jacket"}, "isClosed": False,
         "quantity": each["quantity"].normalize(), "quantityFulfilled": 0}
        for number, each in enumerate(body["item"]["items"], start=1)
    ]  # fmt: skip
    return {**body, "id": "9", "status": {"id": "B"}, "item": {"items": lines}}


money = st.decimals(min_value=0, max_value=10_000, places=2)
lines = st.lists(st.tuples(st.integers(1, 99).map(str), money.map(str)), min_size=1, max_size=6)


@settings(max_examples=50, deadline=None)
@given(lines)
def test_what_was_just_written_is_untouched_and_needs_nothing(wanted: list[tuple[str, str]]) -> None:
    body = order(*((f"L{at}", *each) for at, each in enumerate(wanted)))
    record = saved(body)
    assert touched(mark("a" * 64, body), record) == ()
    assert difference(body, record).changes == ()
    assert content_of(mark("a" * 64, body)) == "a" * 64
    assert len(mark("a" * 64, body)) < 300


def test_a_changed_line_goes_by_its_number_and_a_new_one_without() -> None:
    record = saved(order(("L1", "1", "10.00"), ("L2", "1", "5.00")))
    apart = difference(order(("L1", "1", "10.00"), ("L2", "2", "9.00"), ("L3", "1", "1.00")), record)
    sent = apart.patch["item"]["items"]
    assert [(each.get("line"), each["custcol_ctg_line_id"]) for each in sent] == [(2, "L2"), (None, "L3")]
    assert apart.replace == ()
    assert apart.changes == ("item[L2].quantity", "item[L2].amount", "item[L3]")


def test_a_line_that_went_away_needs_the_whole_sublist_each_line_by_its_number() -> None:
    record = saved(order(("L1", "1", "10.00"), ("L2", "1", "5.00")))
    apart = difference(order(("L2", "1", "5.00")), record)
    assert apart.replace == ("item",)
    assert [each["line"] for each in apart.patch["item"]["items"]] == [2]


def test_a_hand_on_a_line_or_an_address_is_noticed_and_a_fulfilment_is_not() -> None:
    body = order(("L1", "2", "10.00"), shippingAddress={"addr1": "Ring 1", "country": {"id": "DE"}})
    written = mark("a" * 64, body)
    record = saved(body)
    record["item"]["items"][0]["quantityFulfilled"] = 1
    assert touched(written, record) == ()
    record["item"]["items"][0]["quantity"] = 3
    record["shippingAddress"] = {"addr1": "Ring 2", "country": {"id": "DE", "refName": "Germany"}}
    assert touched(written, record) == ("item", "shippingAddress")


def test_lines_that_were_sent_with_their_tax_are_held_against_the_same() -> None:
    body = order(("L1", "2", "10.00"))
    (line,) = body["item"]["items"]
    line["grossAmt"] = Decimal("11.90")
    record = saved(body)  # NetSuite gives both amounts
    del line["amount"]
    written = mark("a" * 64, body)
    assert touched(written, record) == ()
    record["item"]["items"][0]["grossAmt"] = Decimal("11.80")
    assert touched(written, record) == ("item.grossAmt",)


def test_whose_order_it_is_and_its_approval_are_never_updated() -> None:
    body = order(("L1", "1", "1.00"), entity={"id": "2"}, orderStatus={"id": "B"}, tranDate="2026-03-02")
    record = {**saved(body), "entity": {"id": "1"}, "orderStatus": {"id": "A"}, "tranDate": "2026-03-01"}
    assert difference(body, record).patch == {}
