"""Whole tables by pages: complete, each row once, exact; and moments that no change of clocks hides."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cartage.errors import BatchError, RetryableError
from cartage.systems.netsuite.columnar import ColumnReader
from cartage.systems.netsuite.duplicates import without_duplicates
from cartage.systems.netsuite.hook import NetSuiteHook
from cartage.systems.netsuite.stock.counted import LEVELS
from cartage.systems.netsuite.stock.since import since
from cartage.systems.netsuite.stock.source import StockSource
from cartage.windows import Selection, Window
from tests.systems.netsuite.stock.counting import AT, available, only
from tests.systems.netsuite.stock.served import settings_with
from tests.systems.netsuite.transport.peer import Peer, Reply, Seen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.systems.netsuite.stock.served import Account

SUITEQL = "/services/rest/query/v1/suiteql"


class Scripted:
    """A NetSuite that gives these pages, one after the other, and this count, when it is asked for it."""

    def __init__(self, counted: int, *pages: list[dict[str, str]]) -> None:
        self.asked: list[str] = []
        self._counted = counted
        self._pages = list(pages)

    def __call__(self, seen: Seen) -> Reply:
        question = seen.json["q"]
        if "COUNT(*)" in question:
            return Reply(200, {"items": [{"links": [], "counted": str(self._counted)}]})
        self.asked.append(question)
        return Reply(200, {"items": [{"links": [], **row} for row in self._pages.pop(0)]})


@pytest.fixture
def peer() -> Iterator[Peer]:
    served = Peer()
    yield served
    served.close()


@pytest.fixture
def hook(peer: Peer, account: Account, monkeypatch: pytest.MonkeyPatch) -> Iterator[NetSuiteHook]:
    extra = {"account": "TSTDRV1", "client_id": "c", "certificate_id": "c", "timeout": 5,
             "private_key": account.endpoint.credentials.private_key}  # fmt: skip
    monkeypatch.setenv("AIRFLOW_CONN_NETSUITE", json.dumps({"conn_type": "netsuite", "host": peer.url, "extra": extra}))
    made = NetSuiteHook(concurrency=1, patience=5)
    yield made
    made.close()


def level(item: int, location: int, available: str | None = "1") -> dict[str, str]:
    row = {"item": str(item), "location": str(location), "available": available, "on_hand": available}
    return {name: value for name, value in row.items() if value is not None}


def read(hook: NetSuiteHook, peer: Peer, script: Scripted, page: int = 3) -> pa.Table:
    peer.on("POST", SUITEQL, script)
    return ColumnReader(hook, page=page).some("stock_levels", LEVELS, [1, 2, 3], locations="1")


def test_a_row_behind_the_border_of_a_page_is_not_lost(hook: NetSuiteHook, peer: Peer) -> None:
    """Two rows of item 1 at location 3, one at the end of a page, one at the beginning of the next."""
    script = Scripted(
        4, [level(1, 1), level(1, 2), level(1, 3, "5")], [level(1, 3, "5"), level(1, 3, "6")]
    )  # fmt: skip
    found = read(hook, peer, script)
    assert found["available"].to_pylist() == [1, 1, 5, 6]
    assert "(item > 1 OR (item = 1 AND location >= 3))" in script.asked[1]
    assert all(question.endswith("ORDER BY item, location") for question in script.asked)


def test_nulls_that_were_left_out_come_back_and_numbers_keep_their_digits(hook: NetSuiteHook, peer: Peer) -> None:
    script = Scripted(
        3, [level(1, 1, None), level(1, 2, ".5"), level(2, 1, "12345678.123456")], [level(2, 1, "12345678.123456")]
    )
    assert read(hook, peer, script)["available"].to_pylist() == [None, Decimal("0.5"), Decimal("12345678.123456")]


def test_what_is_finer_than_a_column_is_cut_off_so_that_less_is_sold(hook: NetSuiteHook, peer: Peer) -> None:
    script = Scripted(2, [level(1, 1, "1.9999999"), level(1, 2, "3")])
    assert read(hook, peer, script)["available"].to_pylist() == [Decimal("1.999999"), 3]


@pytest.mark.parametrize(
    "pages",
    [
        [[level(1, 1), level(1, 2), level(1, 3)], [level(1, 1), level(1, 2), level(1, 3)]],  # the first page again
        [[level(1, 1), level(1, 2)]],  # the second page is missing
        [[level(2, 1), level(1, 1), level(1, 2)]],  # out of order
    ],
)
def test_pages_that_do_not_go_on_are_read_again(hook: NetSuiteHook, peer: Peer, pages: Any) -> None:
    right = [[level(1, 1), level(1, 2), level(1, 3)], [level(1, 3), level(2, 1)]]
    assert len(read(hook, peer, Scripted(4, *pages, *right))) == 4


def test_rows_that_stay_away_are_asked_for_later(hook: NetSuiteHook, peer: Peer) -> None:
    with pytest.raises(RetryableError, match="rows are missing or repeated after 3 readings"):
        read(hook, peer, Scripted(3, *[[level(1, 1)]] * 3))


def test_what_is_no_number_is_an_error_that_names_the_column(hook: NetSuiteHook, peer: Peer) -> None:
    with pytest.raises(BatchError, match="available holds something else than numbers"):
        read(hook, peer, Scripted(1, [level(1, 1, "many")]))


VERSIONS = pa.schema({"item": pa.int64(), "units": pa.int64(), "changed": pa.string()})


@pytest.mark.parametrize(
    ("rows", "kept", "doubtful"),
    [
        ([(1, 5, "a"), (2, 6, "a")], [(1, 5), (2, 6)], []),
        ([(1, 5, "a"), (1, 5, "a"), (2, 6, "a")], [(1, 5), (2, 6)], []),  # the same row twice
        ([(1, 5, "a"), (1, 4, "b"), (1, 3, None)], [(1, 4)], []),  # the newest is right
        ([(1, 5, "a"), (1, 4, "a"), (2, 6, "a")], [(2, 6)], [1]),  # nobody knows
        ([(1, 5, None), (1, 4, None)], [], [1]),
    ],
)
def test_of_rows_with_one_key_one_is_kept_if_it_is_known_which(rows: Any, kept: Any, doubtful: list[int]) -> None:
    table = pa.Table.from_pylist([dict(zip(VERSIONS.names, row, strict=True)) for row in rows], VERSIONS)
    found, doubt = without_duplicates(table, ("item",), "changed")
    assert [(row["item"], row["units"]) for row in found.to_pylist()] == kept
    assert doubt["item"].to_pylist() == doubtful


@given(
    moment=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),  # noqa: DTZ001, made aware below
    later=st.timedeltas(timedelta(0), timedelta(hours=30)),
    zone=st.sampled_from(["UTC", "America/Los_Angeles", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Auckland"]),
    known=st.booleans(),
)
@settings(max_examples=150)
def test_whatever_happens_later_is_after_the_literal(
    moment: datetime, later: timedelta, zone: str, known: bool
) -> None:
    """NetSuite compares with moments as its user's clock showed them, in the repeated hour of autumn too."""
    begin = moment.replace(tzinfo=UTC)
    shown = (begin + later).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S")
    literal = since(begin, zone if known else None)
    assert literal.split("'")[1] <= shown


def test_the_hour_that_autumn_repeats() -> None:
    """At 1:50 in New York, with the clocks going back at 2: what happens 20 minutes later shows 1:10."""
    at = datetime(2026, 11, 1, 5, 50, tzinfo=UTC)
    assert since(at, "America/New_York") == "TO_TIMESTAMP('2026-11-01 00:50:00', 'YYYY-MM-DD HH24:MI:SS')"
    assert since(at - timedelta(days=1), "America/New_York").split("'")[1] == "2026-10-31 01:50:00"


class Contradicting:
    """A NetSuite that gives item 1 twice at location 1, with quantities that differ, for so many readings."""

    def __init__(self, readings: int) -> None:
        self._left = readings

    def __call__(self, seen: Seen) -> Reply:
        items = {"id": "1", "sku": "ONE"}, {"id": "2", "sku": "TWO"}, {"id": "9", "sku": "KIT"}
        rows: dict[str, list[dict[str, str]]] = {
            "FROM aggregateitemlocation": [level(1, 1, "5"), level(1, 1, "7"), level(1, 2, "4"), level(2, 1, "3")],
            "FROM kititemmember": [{"kit": "9", "member": member, "needed": "1"} for member in ("1", "2")],
            "FROM location": [{"id": str(at), "name": "W", "inactive": "F"} for at in (1, 2)],
            "FROM item": [row | {"kind": "Kit" if row["id"] == "9" else "InvtPart", "inactive": "F"} for row in items],
        }
        question = seen.json["q"]
        found = next((each for name, each in rows.items() if name in question), [])
        if "parentitem IN" in question and "parentitem IN (9)" not in question:
            found = []
        if found is rows["FROM aggregateitemlocation"]:
            self._left -= 1
            found = found if self._left >= 0 else found[1:]
        return Reply(200, {"items": found, "totalResults": len(found)})


@pytest.mark.parametrize("readings", [1, 99])
def test_rows_that_contradict_each_other(hook: NetSuiteHook, peer: Peer, readings: int) -> None:
    """Read again, they may agree; else their item is set aside, and a kit does not count on it there."""
    peer.on("GET", "/services/rest/system/v1/serverTime", Reply(200, {"serverTime": "2026-03-01T12:00:00.000Z"}))
    peer.on("POST", SUITEQL, Contradicting(readings))
    settings_ = only(settings_with(), {"web": ["1", "2"]})
    read = list(StockSource(hook, settings_).read(Window(AT, AT), Selection(keys=("ONE", "TWO", "KIT"))))
    units = {key: int(each) for one in read for key, each in available(one.batch).items()}
    verdicts = {each.key: each.complaints[0].code for one in read for each in one.verdicts}
    if readings == 1:
        assert (units, verdicts) == ({"web/ONE": 11, "web/TWO": 3, "web/KIT": 3}, {})
    else:
        assert (units, verdicts) == ({"web/TWO": 3, "web/KIT": 0}, {"web/ONE": "duplicate_row"})
