"""Splitting and summing: nothing lost, and Arrow's sums are those of plain arithmetic."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from neutral import adjustment, orders, product, shop_order

from cartage.systems.netsuite.orders.amounts import minor_unit, split, whole_units, with_adjustments, with_known

CENT = Decimal("0.01")
AMOUNTS = st.integers(-500_000, 500_000).map(lambda each: Decimal(each) / 100)
WEIGHTS = st.lists(st.integers(0, 90_000).map(lambda each: Decimal(each) / 100), min_size=1, max_size=12)
PARTS = st.one_of(st.none(), st.integers(-(10**9), 10**9).map(lambda each: Decimal(each) / 10**4))


@given(AMOUNTS, WEIGHTS)
def test_shares_sum_to_the_amount_in_whole_cents(amount: Decimal, weights: list[Decimal]) -> None:
    shares = split(amount, weights, CENT)
    assert sum(shares) == amount
    assert all(share == share.quantize(CENT) for share in shares)


@given(AMOUNTS, WEIGHTS)
def test_a_share_is_fair_to_a_cent_a_line(amount: Decimal, weights: list[Decimal]) -> None:
    whole = sum(weights)
    if not whole:
        return
    for share, weight in zip(split(amount, weights, CENT), weights, strict=True):
        assert abs(share - amount * weight / whole) <= CENT * len(weights)
        assert weight or not share


def test_the_last_line_takes_the_rest() -> None:
    assert split(Decimal("-10.00"), [Decimal(1)] * 3, CENT) == [Decimal("-3.33"), Decimal("-3.34"), Decimal("-3.33")]
    assert split(Decimal("-5.00"), [Decimal(90), Decimal("33.33"), Decimal("33.33")], CENT) == [
        Decimal("-2.87"), Decimal("-1.07"), Decimal("-1.06"),
    ]  # fmt: skip
    assert split(Decimal("-1.00"), [Decimal(0), Decimal(0)], CENT) == [Decimal(0), Decimal("-1.00")]


@given(st.lists(st.integers(-(10**7), 10**7).map(lambda each: Decimal(each) / 10**4), max_size=12))
def test_whole_units_sum_to_the_rounded_sum(amounts: list[Decimal]) -> None:
    found = whole_units(amounts, CENT)
    assert abs(sum(found) - sum(amounts)) <= CENT / 2
    assert all(each == each.quantize(CENT) for each in found)


@pytest.mark.parametrize(("currency", "unit"), [("EUR", "0.01"), ("JPY", "1"), ("KWD", "0.001")])
def test_currencies_have_their_own_smallest_amount(currency: str, unit: str) -> None:
    assert minor_unit(currency) == Decimal(unit)


def known(row: dict[str, Any]) -> tuple[Decimal | None, Decimal]:
    """The oracle: what a row's net and tax are when the document leaves some out."""
    net, tax, gross = row["net"], row["tax"], row["gross"]
    if tax is None:
        tax = gross - net if gross is not None and net is not None else Decimal(0)
    if net is None and gross is not None:
        net = gross - tax
    return net, tax


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(PARTS, PARTS, PARTS, st.lists(st.tuples(PARTS, PARTS), max_size=3)), min_size=1, max_size=8))
def test_sums_in_arrow_are_those_of_plain_decimals(
    given_lines: list[
        tuple[Decimal | None, Decimal | None, Decimal | None, list[tuple[Decimal | None, Decimal | None]]]
    ],
) -> None:
    lines = []
    for net, tax, gross, adjustments in given_lines:
        line = product("NL-1000", "0") | {"net": net, "tax": tax, "gross": gross}
        line["adjustments"] = [
            adjustment("p", "0") | {"net": each[0], "tax": each[1], "gross": None} for each in adjustments
        ]
        lines.append(line)
    tables = orders(shop_order(lines=lines, order_gross="0")).tables
    found = with_adjustments(with_known(tables["lines"]), with_known(tables["adjustments"])).to_pylist()
    for line, row in zip(lines, found, strict=True):
        assert (row["known_net"], row["known_tax"]) == known(line)
        parts = [known(each) for each in line["adjustments"]]
        assert row["own_net"] == sum((net for net, _ in parts if net is not None), Decimal(0))
        assert row["own_tax"] == sum((tax for _, tax in parts), Decimal(0))
        amounts = [
            each for each in (row["known_net"], row["known_tax"], row["own_net"], row["own_tax"]) if each is not None
        ]
        assert row["cents"] == all(each == each.quantize(CENT) for each in amounts)
