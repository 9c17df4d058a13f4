"""Which of NetSuite's prices an item has in a book: a table of cases, read from the top.

The item belongs to pricing group 7. Prices are written `amount`, or `amount, amount from 10 on`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cartage.systems.netsuite.prices.books import Book
from cartage.systems.netsuite.prices.choosing import ITEMS, PRICES, choose
from cartage.systems.netsuite.prices.records import Priced, records

BASE, WHOLESALE, STAFF, EUR, USD = 1, 2, 3, 10, 20
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)

CASES = """
customer's price | customer's level | group's level | book's level | base level | book has            | it is called
99               | -                | -             | -            | 50         | 99                  | customer
99               | 70, 65 from 10   | 60            | 55           | 50         | 99                  | customer
-                | 70, 65 from 10   | 60            | 55           | 50         | 70, 65 from 10      | customer
-                | blank            | 60, 58 from 5 | 55           | 50         | 60, 58 from 5       | group
-                | -                | 60            | 55, 51 from 3| 50         | 60                  | group
-                | -                | blank         | 55, 51 from 3| 50         | 55, 51 from 3       | level
-                | -                | -             | 55, 51 from 3| 50         | 55, 51 from 3       | level
-                | -                | -             | blank        | 50, 49 from 2 | 50, 49 from 2    | base
-                | blank            | blank         | blank        | 50         | 50                  | base
-                | -                | -             | blank        | -          | nothing             |
-                | -                | -             | blank        | blank      | nothing             |
99               | -                | -             | blank        | -          | 99                  | customer
"""
"""`-`: there is no such level for the item; `blank`: there is one, without a price in NetSuite's list."""

LEVELS = {"customer's level": 4, "group's level": STAFF, "book's level": WHOLESALE, "base level": BASE}


def rows() -> list[dict[str, str]]:
    head, *lines = [[cell.strip() for cell in line.split("|")] for line in CASES.strip().splitlines()]
    return [dict(zip(head, line, strict=True)) for line in lines]


def tiers(text: str) -> list[tuple[Decimal, Decimal]]:
    """Read `70, 65 from 10` as quantity and amount."""
    if text in ("-", "blank", "nothing"):
        return []
    parts = [part.split(" from ") for part in text.split(", ")]
    return [(Decimal(part[1] if len(part) > 1 else 1), Decimal(part[0])) for part in parts]


def prices(*found: tuple[int, int, int, Any, Any]) -> pa.Table:
    """Give item, level, currency, quantity, amount."""
    names = PRICES.names
    return pa.Table.from_pylist(
        [dict(zip(names, (*row[:3], Decimal(str(row[3])), Decimal(str(row[4]))), strict=True)) for row in found], PRICES
    )


def items(*found: tuple[int, int | None], marginal: bool = False, **days: str | None) -> pa.Table:
    schema = pa.schema([*ITEMS, *(pa.field(name, pa.string()) for name in days)])
    plain = [{"id": id_, "sku": f"S{id_}", "pricing_group": group, "marginal": marginal} | days for id_, group in found]
    return pa.Table.from_pylist(plain, schema)


@pytest.mark.parametrize("case", rows(), ids=lambda case: " / ".join(case.values()))
def test_precedence(case: dict[str, str]) -> None:
    listed = [
        (1, level, EUR, quantity, amount) for name, level in LEVELS.items() for quantity, amount in tiers(case[name])
    ]
    book = Book(
        "book", "EUR", EUR,
        level=None if case["book's level"] == "-" else WHOLESALE,
        groups={} if case["group's level"] == "-" else {7: STAFF},
        base=None if case["base level"] == "-" else BASE,
        amounts={1: Decimal(case["customer's price"])} if case["customer's price"] != "-" else {},
        item_levels={} if case["customer's level"] == "-" else {1: 4},
    )  # fmt: skip
    # Another item, another currency and another level must not mix in.
    noise = prices((2, BASE, EUR, 1, 1), (1, BASE, USD, 1, 2), (1, 99, EUR, 1, 3))
    chosen = choose(book, items((1, 7)), pa.concat_tables([prices(*listed), noise])).to_pylist()
    assert [(row["quantity"], row["amount"]) for row in chosen] == tiers(case["book has"])
    assert {row["source"] for row in chosen} == ({case["it is called"]} - {""})


def test_items_of_other_groups_have_the_books_level() -> None:
    book = Book("book", "EUR", EUR, level=WHOLESALE, groups={7: STAFF})
    listed = prices(*((item, level, EUR, 1, 100 * item + level) for item in (1, 2, 3) for level in (WHOLESALE, STAFF)))
    chosen = choose(book, items((1, 7), (2, 8), (3, None)), listed)
    assert dict(zip(chosen["item"].to_pylist(), chosen["amount"].to_pylist(), strict=True)) == {1: 103, 2: 202, 3: 302}


def test_a_break_that_holds_only_above_itself_is_left_out() -> None:
    listed = prices((1, BASE, EUR, 1, 10), (1, BASE, EUR, 10, 8))
    book = Book("book", "EUR", EUR, level=BASE)
    assert choose(book, items((1, None), marginal=True), listed)["amount"].to_pylist() == [10]
    assert choose(book, items((1, None)), listed)["amount"].to_pylist() == [10, 8]


def make(
    listed: pa.Table,
    of: pa.Table | None = None,
    *,
    allow_zero: bool = False,
    doubtful: tuple[int, ...] = (),
    **book: Any,
) -> Priced:
    made = Book("book", "EUR", EUR, level=BASE, **book)
    stock = items((1, None)) if of is None else of
    return records(made, stock, choose(made, stock, listed), AT, 40, allow_zero=allow_zero, doubtful=doubtful)


@given(
    listed=st.dictionaries(
        st.tuples(st.integers(1, 4), st.integers(1, 20)), st.decimals("-1", "99999999", places=6), max_size=12
    )
)
@settings(max_examples=30)
def test_every_price_is_a_record_or_has_a_reason(listed: dict[tuple[int, int], Decimal]) -> None:
    """Amounts are told to the last digit; what is not positive, or has none for one unit, is told by name."""
    stock = items(*((item, None) for item in range(1, 5)))
    made = make(prices(*((item, BASE, EUR, quantity, amount) for (item, quantity), amount in listed.items())), stock)
    found: dict[str, dict[int, Decimal]] = {}
    names = dict(zip(made.batch.root["price"].to_pylist(), made.batch.root["sku"].to_pylist(), strict=True))
    for row in made.batch.tables["tiers"].to_pylist():
        found.setdefault(names[row["price"]], {})[int(row["quantity"])] = row["amount"]
    for item in range(1, 5):
        mine = {quantity: amount for (each, quantity), amount in listed.items() if each == item}
        sku = f"S{item}"
        good = bool(mine) and 1 in mine and min(mine.values()) > 0
        assert found.get(sku) == (mine if good else None)
        assert (sku in made.faults) == (bool(mine) and not good)
    assert made.batch.root["price"].to_pylist() == list(range(40, 40 + len(found)))


def code(made: Priced) -> dict[str, str]:
    assert not len(made.batch)
    return {sku: complaint.code for sku, complaint in made.faults.items()}


def test_what_cannot_be_a_price_is_set_aside() -> None:
    assert code(make(prices((1, BASE, EUR, 1, 0)))) == {"S1": "price_not_positive"}
    assert code(make(prices((1, BASE, EUR, 1, 5), (1, BASE, EUR, 10, -1)))) == {"S1": "price_not_positive"}
    assert code(make(prices((1, BASE, EUR, 10, 5)))) == {"S1": "no_price_for_one"}
    assert code(make(prices((1, BASE, EUR, 1, 5)), doubtful=(1,))) == {"S1": "duplicate_price"}
    assert code(make(prices((2, BASE, EUR, 1, 5)), doubtful=(1,))) == {"S1": "duplicate_price"}


def test_a_price_of_nothing_by_setting() -> None:
    assert make(prices((1, BASE, EUR, 1, 0)), allow_zero=True).batch.tables["tiers"]["amount"].to_pylist() == [0]
    assert code(make(prices((1, BASE, EUR, 1, "-0.01")), allow_zero=True)) == {"S1": "price_not_positive"}


class TestSaleDays:
    """A sale lasts from the first moment of its first day to the last of its last, where the site is."""

    LISTED = prices((1, BASE, EUR, 1, 5))
    COLUMNS: dict[str, Any] = {"sale_from": "a", "sale_to": "b", "undated": False, "zone": ZoneInfo("Europe/Berlin")}  # noqa: RUF012

    def make(self, begin: str | None, end: str | None, **more: Any) -> Priced:
        return make(self.LISTED, items((1, None), a_day=begin, b_day=end), **(self.COLUMNS | more))

    @pytest.mark.parametrize(
        ("begin", "end", "begins", "ends"),
        [
            # Both changes of the clocks lie within: days of 23 and of 25 hours.
            ("2026-03-29", "2026-03-29", datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC)),
            ("2026-10-25", "2026-10-25", datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC)),
            ("2026-07-01", None, datetime(2026, 6, 30, 22, tzinfo=UTC), None),
            (None, "2026-12-31", None, datetime(2026, 12, 31, 23, tzinfo=UTC)),
        ],
    )  # fmt: skip
    def test_days(self, begin: str | None, end: str | None, begins: datetime | None, ends: datetime | None) -> None:
        row = self.make(begin, end).batch.root.to_pylist()[0]
        assert (row["online_from"], row["online_to"]) == (begins, ends)

    def test_without_days_there_is_no_price_unless_the_settings_say_so(self) -> None:
        left_out = self.make(None, None)
        assert (len(left_out.batch), left_out.faults) == (0, {})
        row = self.make(None, None, undated=True).batch.root.to_pylist()[0]
        assert (row["online_from"], row["online_to"]) == (None, None)

    def test_days_in_the_wrong_order_are_set_aside(self) -> None:
        assert code(self.make("2026-03-02", "2026-02-27")) == {"S1": "sale_days_reversed"}
