"""What the shop is told of an item, case by case."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from cartage.errors import BatchError
from cartage.records import stock
from cartage.records.batch import Batch
from cartage.records.booking import BOOKED
from cartage.records.columns import INSTANT, TEXT
from cartage.seams import Told
from cartage.systems.sfcc.inventory.transform import allot
from tests.systems.sfcc.inventory.test_week import settings_of

S = datetime(2026, 3, 2, 12, tzinfo=UTC)
LIST = "RefArch-inventory"
KEY = f"{LIST}/A"
EARLY, LATE = S - timedelta(hours=3), S - timedelta(minutes=10)
"""Before and after the date, which is 56 minutes and 20 seconds before the count."""


class Memory:
    """Remembers what a case says."""

    def __init__(
        self, sold: list[dict[str, Any]], told: dict[str, Any] | None = None, read: datetime | None = S
    ) -> None:
        self._sold = [{**BOOKING, **each} for each in sold]
        self._told = [{"key": KEY, **told}] if told else []
        self._read = read

    def told(self, keys: Any = None) -> Told:
        del keys
        schema = pa.schema({"key": TEXT, "hash": TEXT, "value": TEXT, "as_of": INSTANT})
        return Told(pa.Table.from_pylist(self._told, schema))

    def booked(self, lists: Any, since: datetime) -> pa.Table:
        del lists, since
        return pa.Table.from_pylist(self._sold, BOOKED)

    def read_until(self) -> datetime | None:
        return self._read

    def asked_until(self) -> datetime | None:
        return None

    def note_asked(self, lines: pa.Table, at: datetime) -> None:
        raise NotImplementedError


BOOKING = {
    "site": "RefArch",
    "order_no": "1",
    "line_id": "p1-A",
    "list_id": LIST,
    "sku": "A",
    "quantity": Decimal(3),
    "booked_at": EARLY,
    "cancelled": False,
    "seen_at": LATE,
}
IN_ERP = {"arrived_at": LATE, "applied_by": S - timedelta(minutes=5)}


def row(memory: Memory, lines: list[dict[str, Any]] | None = None, **record: Any) -> dict[str, Any]:
    """Give the feed row of a record of 10 units."""
    root = {
        "stock": 0, "key": KEY, "version": S.isoformat(), "list_id": LIST, "sku": "A", "item_id": "1",
        "item_kind": "inventory", "state": "active", "available": Decimal(10), "safety": Decimal(0),
        "perpetual": False, "handling": "none", "counted_at": S, **record,
    }  # fmt: skip
    taking = [
        {"stock": 0, "site": "RefArch", "order_no": "1", "line_id": "p1-A", "sku": "A", **each} for each in lines or ()
    ]
    tables = {name: schema.empty_table() for name, schema in stock.TABLES.items()}
    tables["stock"] = pa.Table.from_pylist([root], stock.STOCK)
    tables["order_lines"] = pa.Table.from_pylist(taking, stock.ORDER_LINES)
    (made,) = allot([Batch("stock", tables)], settings_of(), memory)
    (found,) = made.documents.root.to_pylist()
    return dict(found)


def erp(committed: int, quantity: int = 3) -> list[dict[str, Any]]:
    """Give the order's line as the ERP has it."""
    return [{"quantity": Decimal(quantity), "committed": Decimal(committed)}]


CASES: list[tuple[str, dict[str, Any], list[dict[str, Any]], int, int]] = [
    # what, the booking, the ERP's line, allocation, what can be sold then
    ("sold before the date, not in the ERP", {}, [], 7, 7),
    ("sold before the date, in the ERP and committed", IN_ERP, erp(3), 10, 10),
    ("sold before the date, pending approval", IN_ERP, erp(0), 7, 7),
    ("sold before the date, committed in part", IN_ERP, erp(1), 8, 8),
    ("sold before the date, closed in the ERP", IN_ERP, erp(0, quantity=0), 10, 10),
    ("sold before the date, shipped and forgotten", IN_ERP, [], 10, 10),
    ("in the ERP only after the count", {**IN_ERP, "applied_by": S + timedelta(minutes=1)}, [], 7, 7),
    ("sold after the date, not in the ERP", {"booked_at": LATE}, [], 10, 7),
    ("sold after the date and committed", {"booked_at": LATE, **IN_ERP}, erp(3), 13, 10),
    ("cancelled before the date", {"cancelled": True, "seen_at": EARLY}, [], 10, 10),
    ("cancelled after the date", {"cancelled": True}, [], 7, 7),
    ("sold and cancelled after the date", {"booked_at": LATE, "cancelled": True}, [], 10, 10),
    ("sold from another list", {"list_id": "store-berlin"}, [], 10, 10),
]


@pytest.mark.parametrize(
    ("booking", "lines", "allocation", "value"), [each[1:] for each in CASES], ids=[each[0] for each in CASES]
)
def test_an_allocation_leaves_room_for_what_the_count_does_not_leave_out(
    booking: dict[str, Any], lines: list[dict[str, Any]], allocation: int, value: int
) -> None:
    told = row(Memory([booking]), lines)
    assert (told["allocation"], told["value"]) == (allocation, str(value))
    assert told["as_of"] == datetime(2026, 3, 2, 11, 3, 40, tzinfo=UTC)


def test_an_order_line_that_nobody_booked_claims_what_is_not_committed() -> None:
    assert row(Memory([]), erp(1))["allocation"] == 8


def test_safety_stock_comes_off_last_and_nothing_is_ever_below_zero(caplog: pytest.LogCaptureFixture) -> None:
    assert row(Memory([{}]), safety=Decimal(2))["allocation"] == 5
    assert row(Memory([{}]), safety=Decimal(9))["allocation"] == 0
    assert not caplog.records
    oversold = row(Memory([{"quantity": Decimal(12)}]))
    assert (oversold["allocation"], oversold["value"]) == (0, "0")
    assert f"more sold than there is, for example {KEY}" in caplog.text


def test_a_word_that_the_shop_does_not_know_sells_nothing_beyond_the_stock() -> None:
    told = row(Memory([]), handling="someday", backorder=Decimal(5))
    assert (told["allocation"], told["handling"], told["backorder"]) == (10, "none", None)


def test_what_was_sold_beyond_the_stock_comes_off_what_may_be_sold_beyond_it() -> None:
    told = row(Memory([{"quantity": Decimal(12)}]), handling="backorder", backorder=Decimal(5), in_stock_at=S)
    assert (told["allocation"], told["backorder"], told["handling"], told["value"]) == (0, 3, "backorder", "3")


def test_what_is_never_sold_out_has_no_allocation() -> None:
    told = row(Memory([{}]), perpetual=True)
    assert (told["allocation"], told["perpetual"], told["value"]) == (None, True, None)


@pytest.mark.parametrize("state", ["inactive", "gone", "unmapped"])
def test_what_must_not_be_sold_goes_to_zero(state: str) -> None:
    told = row(Memory([]), state=state, handling="backorder", backorder=Decimal(5), perpetual=True)
    assert (told["allocation"], told["perpetual"], told["handling"], told["backorder"]) == (0, False, "none", None)


def test_a_sale_and_a_delivery_of_the_same_size_are_told_although_the_number_is_the_same() -> None:
    """The shop goes on taking its own sale off, so the same number means something else now."""
    first = row(Memory([]))
    told = {name: first[name] for name in ("hash", "value")} | {"as_of": EARLY - timedelta(hours=1)}
    assert row(Memory([], told))["hash"] == first["hash"]
    again = row(Memory([IN_ERP], told), erp(3))
    assert again["allocation"] == first["allocation"]
    assert again["hash"] != first["hash"]
    later = {name: again[name] for name in ("hash", "value", "as_of")}
    assert row(Memory([IN_ERP], later), erp(3))["hash"] == again["hash"], "it is told once, not for ever"


def test_orders_explain_a_fall() -> None:
    told = {"hash": "10|none||", "value": "10", "as_of": EARLY - timedelta(hours=1)}
    assert row(Memory([{}], told))["explained"] == 3
    assert row(Memory([{}], told), available=Decimal(1))["explained"] == 3, "no more than was ordered"
    assert row(Memory([{}], {**told, "as_of": LATE}))["explained"] == 0, "the shop knew it when it was told"


def test_a_date_never_moves_back_nor_stands_still() -> None:
    told = row(Memory([], {"hash": "x", "value": "1", "as_of": LATE}))
    assert told["as_of"] == LATE + timedelta(milliseconds=1)


def test_stock_is_not_told_when_orders_were_not_read_for_two_days() -> None:
    with pytest.raises(BatchError, match="Run the flow of orders"):
        row(Memory([], read=S - timedelta(hours=47)))
