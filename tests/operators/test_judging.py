"""Which rows of a feed wait for a person: cases by cases, and what holds of any feed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cartage.ledger.told import Group
from cartage.operators.judging import FIRST_FEED, Judged, Past, Standing, judge
from cartage.records.columns import QUANTITY
from cartage.settings.guardrails import PriceGuardrail, StockGuardrail

STOCK = StockGuardrail(to_zero_share=0.2, to_zero_min=3)
PRICE = PriceGuardrail(move_share=0.5, deletion_share=0.2, deletion_min=3)
KNOWN = {"list": Group(told=12, above_nought=10)}


@dataclass(frozen=True)
class Row:
    """A row of a feed; its key is made of group and sku, its hash of the value unless one is given."""

    sku: str
    before: str | None
    value: str | None
    explained: str | None = None
    group: str = "list"
    hash: str | None = None


def table(rows: list[Row]) -> pa.Table:
    return pa.table(
        {
            "record": pa.array(range(len(rows)), pa.int64()),
            "key": pa.array([f"{each.group}/{each.sku}" for each in rows], pa.string()),
            "group": pa.array([each.group for each in rows], pa.string()),
            "sku": pa.array([each.sku for each in rows], pa.string()),
            "value": pa.array([each.value for each in rows], pa.string()),
            "before": pa.array([each.before for each in rows], pa.string()),
            "hash": pa.array([each.hash or f"h{each.value}" for each in rows], pa.string()),
            "explained": pa.array([each.explained and Decimal(each.explained) for each in rows], QUANTITY),
        }
    )


def falls(count: int, first: int = 0, **more: Any) -> list[Row]:
    """Give items that fall to zero."""
    return [Row(f"s{first + number}", str(number + 1), "0", **more) for number in range(count)]


def held(judged: Judged) -> set[int]:
    return {place for place, kept in enumerate(judged.keep.to_pylist()) if not kept}


def standing(judged: Judged, number: int = 1) -> Standing:
    """Give the draft of a judgement as the ledger gives it back."""
    (draft,) = [each.draft for each in judged.holdings if each.draft]
    rows = draft.rows.to_pylist() if draft.rows is not None else []
    return Standing(number, {row["key"]: (row["hash"], row["after"]) for row in rows})


TO_ZERO = ("list", "to_zero")


def test_a_break_that_moves_too_far_waits_like_the_price_of_one() -> None:
    rows = table([Row("a", "89", "89"), Row("b", "89", "88"), Row("c", "9", "90"), Row("d", "9", "9")])
    rows = rows.append_column("break", pa.array(["10 80 8", "10 80 79", "10 8 89", None]))
    judged = judge(rows, PRICE, {"list": Group(told=12, above_nought=10)})
    assert held(judged) == {0, 2}
    (draft,) = [each.draft for each in judged.holdings if each.draft]
    assert {each["sku"]: (each["before"], each["after"]) for each in draft.figures["examples"]} == {
        "a": ("80 from 10 on", "8 from 10 on"),
        "c": ("9", "90"),
    }
    assert (draft.figures["up"], draft.figures["down"]) == (1, 1)
    approved = Past(approved={("list", "price_move"): (standing(judged),)})
    assert held(judge(rows, PRICE, KNOWN, approved)) == set()
    worse = table([Row("a", "89", "89", hash="other")]).append_column("break", pa.array(["10 80 4"]))
    assert held(judge(worse, PRICE, KNOWN, approved)) == {0}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param(falls(3), {0, 1, 2}, id="3 of 10 sellable items, limit 2"),
        pytest.param(falls(2), set(), id="2 of 10: at the share, not above it"),
        pytest.param([*falls(2), Row("s9", "8", "2")], set(), id="a fall that leaves something is none to zero"),
        pytest.param([*falls(2), Row("s9", "0", "0")], set(), id="nought before"),
        pytest.param([*falls(2), Row("s9", None, "0")], set(), id="never told before"),
        pytest.param([*falls(2), *falls(5, 5, explained="5")], set(), id="known orders explain the falls"),
        pytest.param([*falls(2), Row("s9", "5", "0", "4")], {0, 1, 2}, id="known orders explain a part of the fall"),
        pytest.param([*falls(2), Row("s9", "perpetual", "0")], {0, 1, 2}, id="was never sold out before"),
        pytest.param([*falls(3), Row("s9", "5", "6")], {0, 1, 2}, id="the rest goes out"),
        pytest.param([*falls(2), *falls(2, group="other")], set(), id="each list by itself"),
        pytest.param([Row("s1", "3.5", "0.000000"), *falls(2, 5)], {0, 1, 2}, id="decimal texts"),
    ],
)
def test_stock_that_falls_to_zero(rows: list[Row], expected: set[int]) -> None:
    known = KNOWN | {"other": Group(10, 10)}
    assert held(judge(table(rows), STOCK, known)) == expected


def test_fewer_than_the_minimum_are_never_held() -> None:
    small = {"list": Group(told=3, above_nought=2)}
    assert held(judge(table(falls(2)), STOCK, small)) == set()
    assert held(judge(table(falls(2)), STOCK.model_copy(update={"to_zero_min": 2}), small)) == {0, 1}


@pytest.mark.parametrize(
    ("row", "guardrail"),
    [
        (Row("s", "10", "15"), None),
        (Row("s", "10", "15.01"), "price_move"),
        (Row("s", "10", "5"), None),
        (Row("s", "10", "4.99"), "price_move"),
        (Row("s", "0", "1"), "price_move"),
        (Row("s", None, "99"), None),
        (Row("s", "10", None), None),
        (Row("s", "19.90", "1.99"), "price_move"),
        (Row("s", "99999999999999.990000", "1"), "price_move"),
    ],
)
def test_a_price_that_moves(row: Row, guardrail: str | None) -> None:
    judged = judge(table([row]), PRICE, KNOWN)
    assert [each.guardrail for each in judged.holdings] == ([guardrail] if guardrail else [])


def test_deletions_of_a_large_share_of_a_book() -> None:
    rows = [Row(f"s{number}", "9.90", None) for number in range(3)]
    judged = judge(table([*rows, Row("s9", "9.90", "9.95")]), PRICE, KNOWN)
    assert held(judged) == {0, 1, 2}
    assert [(each.guardrail, each.draft.figures["share"]) for each in judged.holdings if each.draft] == [
        ("deletion", 0.3)
    ]
    assert held(judge(table(rows[:2]), PRICE, KNOWN)) == set()


def test_one_proposal_a_list_shows_the_worst() -> None:
    rows = [Row(f"s{number:02}", str(number), "0") for number in range(1, 31)]
    (holding,) = judge(table(rows), STOCK, {"list": Group(60, 50)}).holdings
    assert holding.draft
    figures = holding.draft.figures
    assert (holding.draft.count, figures["of"], figures["share"], figures["limit"]) == (30, 50, 0.6, 0.2)
    assert figures["examples"][0] == {"sku": "s30", "before": "30", "after": "0"}
    assert len(figures["examples"]) == 10


def test_the_first_feed_of_a_list_asks_once() -> None:
    rows = [Row("a", None, "5"), Row("b", None, "0"), Row("c", "4", "3", group="old")]
    known = {"old": Group(5, 5)}
    judged = judge(table(rows), STOCK, known)
    assert held(judged) == {0, 1}
    (holding,) = judged.holdings
    assert holding.draft
    assert (holding.draft.guardrail, holding.draft.count, holding.draft.figures["above_nought"]) == (FIRST_FEED, 2, 1)

    asked = Past(open={("list", FIRST_FEED): Standing(7)})
    (again,) = judge(table(rows), STOCK, known, asked).holdings
    assert (again.proposal, again.draft, again.records) == (7, None, (0, 1))
    assert held(judge(table(rows), STOCK, known, Past(opened=frozenset({"list"})))) == set()
    assert held(judge(table(rows), STOCK.model_copy(update={"first_feed": False}), known)) == set()
    refused = Past(declined={("list", FIRST_FEED): (Standing(7),)})
    assert [each.declined for each in judge(table(rows), STOCK, known, refused).holdings] == [True]


def test_identical_rows_are_not_asked_about_twice() -> None:
    first = judge(table(falls(4)), STOCK, KNOWN)
    again = judge(table(falls(4)), STOCK, KNOWN, Past(open={TO_ZERO: standing(first)}))
    assert [(each.proposal, each.draft) for each in again.holdings] == [(1, None)]
    assert held(again) == held(first)


def test_an_alarm_is_not_lowered_by_reading_fewer_rows() -> None:
    past = Past(open={TO_ZERO: standing(judge(table(falls(4)), STOCK, KNOWN))})
    judged = judge(table(falls(1)), STOCK, KNOWN, past)
    assert held(judged) == {0}
    assert [(each.proposal, each.draft) for each in judged.holdings] == [(1, None)]


def test_a_later_run_supersedes_a_proposal_whose_rows_changed() -> None:
    past = Past(open={TO_ZERO: standing(judge(table(falls(4)), STOCK, KNOWN))})
    recovered = [*falls(3), Row("s3", "4", "4")]
    (holding,) = judge(table(recovered), STOCK, KNOWN, past).holdings
    assert holding.draft
    assert (holding.draft.supersedes, holding.draft.count) == (1, 3)
    more = judge(table(falls(2, 8)), STOCK, KNOWN, past)
    assert held(more) == {0, 1}, "with the four that wait already they are too many"
    (holding,) = more.holdings
    assert holding.draft
    assert (holding.draft.count, holding.draft.figures["not_read_again"]) == (6, 4)


def test_a_proposal_of_which_nothing_is_left_is_over() -> None:
    past = Past(open={TO_ZERO: standing(judge(table(falls(3)), STOCK, KNOWN))})
    recovered = [replace(row, value=row.before) for row in falls(2)]
    judged = judge(table(recovered), STOCK, KNOWN, past, seen=["list/s2"])
    assert (judged.settled, judged.holdings, held(judged)) == ((1,), (), set())


def test_approved_rows_go_out_and_others_do_not() -> None:
    rows = falls(4)
    approved = Past(approved={TO_ZERO: (standing(judge(table(rows), STOCK, KNOWN)),)})
    assert held(judge(table(rows), STOCK, KNOWN, approved)) == set()
    changed = [replace(row, hash="another backorder") for row in rows]
    assert held(judge(table(changed), STOCK, KNOWN, approved)) == set(), "the value is the one that was approved"
    assert held(judge(table([*rows, *falls(3, 6)]), STOCK, KNOWN, approved)) == {4, 5, 6}


def test_a_no_holds_while_the_erp_says_the_same() -> None:
    rows = [Row("s", "10", "1"), Row("t", "10", "1")]
    past = Past(declined={("list", "price_move"): (standing(judge(table(rows), PRICE, KNOWN)),)})
    judged = judge(table(rows), PRICE, KNOWN, past)
    assert [(each.proposal, each.declined, each.records) for each in judged.holdings] == [(1, True, (0, 1))]
    other = judge(table([replace(rows[0], value="2"), rows[1]]), PRICE, KNOWN, past)
    assert [(each.proposal, each.declined, each.records) for each in other.holdings] == [
        (1, True, (1,)),
        (None, False, (0,)),
    ]


amounts = st.none() | st.decimals(0, 50, places=2).map(str)
feeds = st.lists(st.tuples(amounts, amounts, st.sampled_from(["list", "other", "new"]), amounts), max_size=40)


def made(drawn: list[tuple[str | None, str | None, str, str | None]]) -> list[Row]:
    """Give rows; of a new list nothing was told before."""
    return [Row(f"s{place}", None if group == "new" else before, value, explained, group)
            for place, (before, value, group, explained) in enumerate(drawn)]  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(feeds, st.sampled_from([STOCK, PRICE]))
def test_what_holds_of_any_feed(drawn: list[Any], rules: Any) -> None:
    rows = made(drawn)
    known = KNOWN | {"other": Group(8, 4)}
    judged = judge(table(rows), rules, known)
    once = [record for each in judged.holdings for record in each.records]
    assert sorted(once) == sorted(held(judged)), "every held row has one reason"
    for each in judged.holdings:
        assert each.draft
        assert each.draft.count == len(each.records)
        assert {rows[record].group for record in each.records} == {each.group}
    new = {place for place, row in enumerate(rows) if row.group == "new"}
    assert held(judged) >= new
    if rules is STOCK:
        explained = {place for place, row in enumerate(rows) if row.before and row.value and row.explained
                     and Decimal(row.explained) >= Decimal(row.before) - Decimal(row.value)}  # fmt: skip
        assert not (held(judged) - new) & explained

    past = Past(
        open={(each.group, each.guardrail): standing(Judged(judged.keep, (each,)), place)
              for place, each in enumerate(judged.holdings)}
    )  # fmt: skip
    again = judge(table(rows), rules, known, past)
    assert held(again) == held(judged)
    assert not any(each.draft for each in again.holdings), "nothing is asked twice"
    assert not again.settled
    approved = Past(
        approved={at: (each,) for at, each in past.open.items()},
        opened=frozenset(group for group, guardrail in past.open if guardrail == FIRST_FEED),
    )
    assert held(judge(table(rows), rules, known, approved)) == set()
