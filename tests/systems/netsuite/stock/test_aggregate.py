"""Counts by item and location become what each inventory list can sell: exact, and never more than there is."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cartage.quality import check, load_suite
from cartage.settings.inventory import InventoryList, Safety
from cartage.systems.netsuite.stock.aggregate import aggregate
from cartage.systems.netsuite.stock.counted import COUNTED
from tests.systems.netsuite.stock.counting import (
    available,
    column,
    counted,
    items,
    levels,
    lines,
    members,
    only,
    plan,
    under,
)
from tests.systems.netsuite.stock.served import INCLUDE, settings_with

BASE = settings_with()
UNITS = st.decimals(min_value=-1000, max_value=100_000, places=6) | st.none()
TWO_LISTS = {"web": ["1", "2"], "store": ["2"]}


@given(
    counts=st.dictionaries(st.tuples(st.integers(1, 6), st.integers(1, 5)), st.tuples(UNITS, UNITS)),
    lists=st.dictionaries(
        st.sampled_from("abcd"), st.lists(st.sampled_from("12345"), min_size=1, unique=True), min_size=1
    ),
    shelf=st.sets(st.sampled_from("abcd")),
)
@settings(max_examples=30)
def test_lists_add_up_to_the_millionth(
    counts: dict[tuple[int, int], tuple[Any, Any]], lists: dict[str, list[str]], shelf: set[str]
) -> None:
    configured = only(BASE, lists)
    for name in shelf & lists.keys():
        configured.inventory.lists[name] = InventoryList(locations=tuple(lists[name]), quantity="on_hand")
    one = {key: pair[0] for key, pair in counts.items()}
    other = {key: None if pair[0] is None else pair[1] or Decimal(0) for key, pair in counts.items()}
    batch = aggregate(counted(items(*({"id": n} for n in range(1, 7))), levels(one, other)), plan(configured))
    expected: dict[str, Decimal] = {}
    for name, locations in lists.items():
        for item in range(1, 7):
            found = [
                (other if name in shelf else one)[key] for key in counts if key[0] == item and str(key[1]) in locations
            ]
            if found:
                expected[f"{name}/S{item}"] = max(Decimal(0), sum((each or Decimal(0) for each in found), Decimal(0)))
    assert available(batch) == expected


@given(
    stock=st.dictionaries(st.tuples(st.integers(1, 3), st.integers(1, 3)), UNITS),
    needed=st.dictionaries(st.integers(1, 3), st.decimals("0.5", "7", places=1), min_size=1),
)
@settings(max_examples=30)
def test_a_kit_is_made_of_its_scarcest_member_at_each_location(
    stock: dict[tuple[int, int], Any], needed: dict[int, Decimal]
) -> None:
    configured = only(BASE, {"web": ["1", "3"], "all": ["1", "2", "3"]})
    kit = members(*((9, member, units) for member, units in needed.items()))
    batch = aggregate(counted(items({"id": 9, "kind": "Kit"}), levels(stock), kit), plan(configured))

    def possible(location: int) -> int:
        return int(
            min(
                max(stock.get((member, location)) or Decimal(0), Decimal(0)) // units
                for member, units in needed.items()
            )
        )

    found = available(batch)
    for name, locations in (("web", (1, 3)), ("all", (1, 2, 3))):
        assert found.get(f"{name}/S9", 0) == sum(map(possible, locations))


def test_the_counts_stay_beside_their_sum() -> None:
    batch = aggregate(counted(items({"id": 1}), levels({(1, 1): 7, (1, 2): None})), plan(only(BASE, TWO_LISTS), {2: 3}))
    assert under(batch, "locations", "location_id", "available", "safety") == {
        "web/S1": [("1", 7, 0), ("2", None, 3)],
        "store/S1": [("2", None, 3)],
    }


def test_a_negative_count_lowers_its_list_and_is_warned_of() -> None:
    batch = aggregate(counted(items({"id": 1}), levels({(1, 1): 10, (1, 2): -4})), plan(only(BASE, TWO_LISTS)))
    assert available(batch) == {"web/S1": 6, "store/S1": 0}
    noted = check(batch, load_suite("stock", INCLUDE))
    assert not noted.failures
    assert {each.key: each.complaints[0].code for each in noted.warnings} == dict.fromkeys(
        ("web/S1", "store/S1"), "count_negative"
    )


def test_a_location_of_its_own_quantity() -> None:
    configured = only(BASE, TWO_LISTS, location_quantity={"2": "on_hand"})
    batch = aggregate(
        counted(items({"id": 1}), levels({(1, 1): 1, (1, 2): 2}, {(1, 1): 10, (1, 2): 20})), plan(configured)
    )
    assert available(batch) == {"web/S1": 21, "store/S1": 20}


@pytest.mark.parametrize("gone", [{"sku": None}, {"sku": None, "counted": False}])
def test_a_kit_with_a_member_that_is_gone_goes_out_as_nothing_with_a_warning(gone: dict[str, Any]) -> None:
    parts = pa.concat_tables([members((9, 1, 1)), members((9, 2, 1), **gone)])
    batch = aggregate(counted(items({"id": 9, "kind": "Kit"}), levels({(1, 1): 5}), parts), plan(only(BASE, TWO_LISTS)))
    assert available(batch) == {"web/S9": 0}
    assert under(batch, "members", "sku", "available") == {"web/S9": [("S1", 5), (None, None)]}
    noted = check(batch, load_suite("stock", INCLUDE))
    assert [(each.key, each.complaints[0].code) for each in noted.warnings] == [("web/S9", "member_missing")]


def test_what_is_not_counted_limits_no_kit() -> None:
    parts = pa.concat_tables([members((9, 1, 2)), members((9, 2, 1), counted=False)])
    batch = aggregate(counted(items({"id": 9, "kind": "Kit"}), levels({(1, 1): 5}), parts), plan(only(BASE, TWO_LISTS)))
    assert available(batch) == {"web/S9": 2}


@pytest.mark.parametrize(
    ("of_sku", "field", "of_category", "of_list", "kept"),
    [
        # sku   item  categ list   units kept back; the locations' records keep 2 + 3
        (None,  None, None, None,  5),
        (None,  None, None, 7,     7),
        (None,  None, None, 0,     0),
        (None,  None, 8,    7,     8),
        (None,  9,    8,    7,     9),
        (None,  0,    8,    7,     0),
        (4,     9,    8,    7,     4),
    ],
)  # fmt: skip
def test_what_is_more_special_keeps_back(of_sku: Any, field: Any, of_category: Any, of_list: Any, kept: int) -> None:
    safety = Safety(
        items={} if of_sku is None else {"S1": Decimal(of_sku)},
        categories={} if of_category is None else {"77": Decimal(of_category)},
    )
    configured = only(BASE, {"web": ["1", "2"]}, safety=safety)
    configured.inventory.lists["web"] = InventoryList(
        locations=("1", "2"), safety=None if of_list is None else Decimal(of_list)
    )
    item = items({"id": 1, "safety": None if field is None else Decimal(field), "category": "77"})
    batch = aggregate(counted(item, levels({(1, 1): 10, (1, 2): 10})), plan(configured, {1: 2, 2: 3}))
    assert column(batch, "safety") == {"web/S1": kept}
    assert available(batch) == {"web/S1": 20}


def test_kits_leave_their_members_what_is_kept_back_of_them() -> None:
    """Ten of a member, four kept back, two in a kit: three kits may be sold, so two of five are kept back."""
    parts = members((9, 1, 2), safety=Decimal(4))
    batch = aggregate(
        counted(items({"id": 9, "kind": "Kit"}), levels({(1, 1): 10}), parts), plan(only(BASE, {"web": ["1"]}))
    )
    assert (available(batch), column(batch, "safety")) == ({"web/S9": 5}, {"web/S9": 2})


def test_what_may_be_sold_beyond_the_stock() -> None:
    stock = items(
        {"id": 1, "handling": "Preorder ", "backorder": Decimal(5), "in_stock": "2026-10-26"},
        {"id": 2, "handling": "someday", "backorder": Decimal(5)},
        {"id": 3, "perpetual": True, "kind": "NonInvtPart"},
        {"id": 4, "handling": "backorder", "backorder": Decimal(-1), "in_stock": "2026-06-01"},
        {"id": 5, "handling": " ", "backorder": Decimal(5)},
    )
    configured = only(BASE, {"web": ["1"]})
    configured.inventory.lists["web"] = InventoryList(locations=("1",), site="RefArch")
    batch = aggregate(counted(stock, levels(dict.fromkeys([(1, 1), (2, 1), (4, 1), (5, 1)], 0))), plan(configured))
    rows = {row["sku"]: row for row in batch.root.to_pylist()}
    assert {sku: (row["handling"], row["backorder"], row["perpetual"]) for sku, row in rows.items()} == {
        "S1": ("preorder", 5, False), "S2": ("someday", 0, False), "S3": ("none", 0, True), "S4": ("backorder", 0, False),
        "S5": ("none", 0, False),
    }  # fmt: skip
    told = check([batch], load_suite("stock", INCLUDE))
    assert [(each.rule.name, each.rule.severity) for each in told.results if each.failing_rows] == [
        ("handling_unknown", "warning")
    ], "a word that the shop does not know is said, and the rest of the stock sold"
    # The day after Berlin went back to winter time, and a day of summer time.
    assert rows["S1"]["in_stock_at"] == datetime(2026, 10, 25, 23, tzinfo=UTC)
    assert rows["S4"]["in_stock_at"] == datetime(2026, 5, 31, 22, tzinfo=UTC)
    assert rows["S3"]["item_kind"] == "other"


def test_items_that_the_shop_may_not_sell_give_no_record() -> None:
    stock = items(
        {"id": 1, "inactive": True}, {"id": 2, "sku": None}, {"id": 3, "for_shop": False}, {"id": 4, "kind": COUNTED[1]}
    )
    batch = aggregate(
        counted(stock, levels({(n, 1): 5 for n in range(1, 5)})), plan(only(BASE, {"web": ["1"]})), first=70
    )
    assert [(row["stock"], row["key"], row["item_kind"]) for row in batch.root.to_pylist()] == [
        (70, "web/S4", "assembly")
    ]


LINES = {
    "waits": ({"item": 1, "quantity": 5, "committed": 2}, (5, 2)),
    "pending approval": ({"item": 1, "quantity": 5, "status": "A"}, (5, 0)),
    "no location": ({"item": 1, "quantity": 5, "location": None}, (5, 0)),
    "partly shipped": ({"item": 1, "quantity": 5, "committed": 2, "shipped": 3}, (5, 5)),
    "shipped": ({"item": 1, "quantity": 5, "shipped": 5, "status": "G"}, (5, 5)),
    "closed after a part": ({"item": 1, "quantity": 5, "shipped": 2, "closed": True}, (2, 2)),
    "order closed": ({"item": 1, "quantity": 5, "status": "H"}, (0, 0)),
    "order cancelled": ({"item": 1, "quantity": 5, "status": "C"}, (0, 0)),
    "committed elsewhere": ({"item": 1, "quantity": 5, "committed": 3, "location": 8}, (2, 0)),
    "counted twice by NetSuite": ({"item": 1, "quantity": 5, "committed": 5, "shipped": 5}, (5, 5)),
}


@pytest.mark.parametrize("case", LINES)
def test_what_a_line_takes_and_what_the_count_leaves_out_already(case: str) -> None:
    line, expected = LINES[case]
    batch = aggregate(
        counted(items({"id": 1}), levels({(1, 1): 5}), None, lines(line)), plan(only(BASE, {"web": ["1"]}))
    )
    assert under(batch, "order_lines", "quantity", "committed") == {"web/S1": [expected]}


def test_what_is_committed_still_lies_on_the_shelf_and_is_sold_once() -> None:
    """Where a list sells what is on hand, only what was shipped has left its count."""
    line = {"item": 1, "quantity": 5, "committed": 3, "shipped": 1}
    counts = counted(items({"id": 1}), levels({(1, 2): 6}, {(1, 2): 9}), None, lines({**line, "location": 2}))
    for changes in ({"quantity": "on_hand"}, {"location_quantity": {"2": "on_hand"}}):
        shelf = aggregate(counts, plan(only(BASE, TWO_LISTS, **changes)))
        assert available(shelf) == {"web/S1": 9, "store/S1": 9}
        assert under(shelf, "order_lines", "quantity", "committed") == {"web/S1": [(5, 1)], "store/S1": [(5, 1)]}
    free = aggregate(counts, plan(only(BASE, TWO_LISTS)))
    assert under(free, "order_lines", "quantity", "committed") == {"web/S1": [(5, 4)], "store/S1": [(5, 4)]}


def test_a_line_of_a_kit_stands_under_the_kit_and_its_members_in_their_units() -> None:
    stock = items({"id": 1}, {"id": 2}, {"id": 9, "kind": "Kit"})
    parts = members((9, 1, "2.5"), (9, 2, 1))
    order = lines({"item": 9, "quantity": 4, "committed": 3}, {"item": 1, "quantity": 1})
    found = aggregate(counted(stock, levels({(1, 1): 50, (2, 1): 9}), parts, order), plan(only(BASE, {"web": ["1"]})))
    assert under(found, "order_lines", "sku", "quantity", "committed") == {
        "web/S9": [("S9", 4, 3)],
        "web/S1": [("S1", 1, 0), ("S9", 10, Decimal("7.5"))],
        "web/S2": [("S9", 4, 3)],
    }


def test_a_line_stands_under_each_list_of_its_item() -> None:
    batch = aggregate(
        counted(
            items({"id": 1}), levels({(1, 1): 5, (1, 2): 5}), None, lines({"item": 1, "quantity": 3, "committed": 3})
        ),
        plan(only(BASE, TWO_LISTS)),
    )
    assert under(batch, "order_lines", "quantity", "committed") == {"web/S1": [(3, 3)], "store/S1": [(0, 0)]}
