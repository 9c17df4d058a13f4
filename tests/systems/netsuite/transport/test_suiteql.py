"""SuiteQL against a database that really runs the statements."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cartage.errors import BatchError
from cartage.systems.netsuite.hook import SUITEQL, NetSuiteHook
from cartage.systems.netsuite.suiteql import in_chunks, in_list, quote, to_timestamp
from tests.systems.netsuite.transport.peer import Peer, Reply, Seen, refusal


class Database:
    """Answers SuiteQL as NetSuite does: texts, lower-case names, nulls left out, `links` in each row."""

    def __init__(self, *statements: str) -> None:
        self.file = sqlite3.connect(":memory:", check_same_thread=False)
        self.between: list[str] = []
        for each in statements:
            self.file.execute(each)

    def __call__(self, seen: Seen) -> Reply:
        limit = int(seen.query["limit"])
        assert seen.headers["prefer"] == "transient"
        cursor = self.file.execute(f"SELECT * FROM ({seen.json['q']}) LIMIT {limit + 1}")
        names = [each[0].lower() for each in cursor.description]
        found = [
            {name: str(value) for name, value in zip(names, row, strict=True) if value is not None} for row in cursor
        ]
        if self.between:
            self.file.execute(self.between.pop(0))
        items = [{"links": [], **row} for row in found[:limit]]
        body = {"items": items, "count": len(items), "hasMore": len(found) > limit}
        return Reply(200, json.dumps(body))


def rows(count: int) -> tuple[str, ...]:
    codes = [f"'t{number}'" if number % 3 else "NULL" for number in range(1, count + 1)]
    values = ", ".join(f"({number}, {code})" for number, code in enumerate(codes, 1))
    return "CREATE TABLE item (id INTEGER, upccode TEXT)", f"INSERT INTO item VALUES {values}"


def test_all_pages_are_read_once_and_in_order(hook: NetSuiteHook, peer: Peer) -> None:
    peer.on("POST", SUITEQL, Database(*rows(25)))
    found = list(hook.suiteql("SELECT id, upccode FROM item", key="id", columns=["id", "upcCode"], page=10))
    assert [row["id"] for row in found] == [str(number) for number in range(1, 26)]
    assert found[2] == {"id": "3", "upccode": None}
    assert found[3] == {"id": "4", "upccode": "t4"}
    assert len(peer.requests("POST", SUITEQL)) == 3


@pytest.mark.parametrize("count", [0, 1, 10, 20])
def test_a_last_page_that_is_full_or_empty_loses_nothing(hook: NetSuiteHook, peer: Peer, count: int) -> None:
    peer.on("POST", SUITEQL, Database(*rows(count) if count else rows(1)[:1]))
    assert len(list(hook.suiteql("SELECT id FROM item;", key="id", page=10))) == count


def test_rows_that_come_and_go_meanwhile_shift_nothing(hook: NetSuiteHook, peer: Peer) -> None:
    database = Database(*rows(30))
    database.between = ["DELETE FROM item WHERE id <= 5", "INSERT INTO item VALUES (-7, 'new'), (100, 'new')"]
    peer.on("POST", SUITEQL, database)
    found = [row["id"] for row in hook.suiteql("SELECT id FROM item", key="id", page=10)]
    assert found == [str(number) for number in range(1, 31)] + ["100"]


def test_a_key_of_two_columns_pages_too(hook: NetSuiteHook, peer: Peer) -> None:
    lines = ", ".join(f"({order}, {line})" for order in (9, 10, 11) for line in range(7))
    peer.on("POST", SUITEQL, Database("CREATE TABLE l (t INTEGER, n INTEGER)", f"INSERT INTO l VALUES {lines}"))
    found = [(row["t"], row["n"]) for row in hook.suiteql("SELECT t, n FROM l", key=("t", "n"), page=4)]
    assert found == [(order, str(line)) for order in ("9", "10", "11") for line in range(7)]


def test_a_text_key_is_compared_as_text(hook: NetSuiteHook, peer: Peer) -> None:
    names = ["o'neil", "00017", "9", "10", "Ü"]
    values = ", ".join(f"({quote(name)})" for name in names)
    peer.on("POST", SUITEQL, Database("CREATE TABLE e (name TEXT)", f"INSERT INTO e VALUES {values}"))
    found = [row["name"] for row in hook.suiteql("SELECT name FROM e", key="name", page=2, text_key=True)]
    assert sorted(map(str, found)) == sorted(names)


@pytest.mark.parametrize(
    ("values", "said"),
    [("(1), (1), (2)", "not unique"), ("(NULL)", "never null"), ("('x'), ('y'), ('z')", "text_key")],
)
def test_a_key_that_would_lose_rows_is_refused(hook: NetSuiteHook, peer: Peer, values: str, said: str) -> None:
    peer.on("POST", SUITEQL, Database("CREATE TABLE k (id)", f"INSERT INTO k VALUES {values}"))
    with pytest.raises(BatchError, match=said):
        list(hook.suiteql("SELECT id FROM k", key="id", page=2))


def test_an_account_that_gives_the_same_page_again_ends_the_run(hook: NetSuiteHook, peer: Peer) -> None:
    peer.on("POST", SUITEQL, Reply(200, {"items": [{"id": "1"}, {"id": "2"}], "hasMore": True}))
    with pytest.raises(BatchError):
        list(hook.suiteql("SELECT id FROM item", key="id", page=2))


def test_a_query_is_a_read_and_tried_again(hook: NetSuiteHook, peer: Peer) -> None:
    peer.on("POST", SUITEQL, Reply(drop="unanswered"), refusal(500, "UNEXPECTED_ERROR", "?"), Database(*rows(2)))
    assert len(list(hook.suiteql("SELECT id FROM item", key="id"))) == 2


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=200))
def test_a_quoted_text_is_the_text(value: str) -> None:
    assert sqlite3.connect(":memory:").execute(f"SELECT {quote(value)}").fetchone()[0] == value


@pytest.mark.parametrize(("value", "literal"), [(7, "7"), (Decimal("1E+2"), "100"), (Decimal("-0.10"), "-0.10")])
def test_a_number_is_written_plainly(value: Any, literal: str) -> None:
    assert quote(value) == literal


@pytest.mark.parametrize("value", [None, True, 1.5, b"x", ["x"]])
def test_what_has_no_literal_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        quote(value)


@pytest.mark.parametrize("value", ["a\x00b", "ü" * 2001])
def test_what_no_literal_can_hold_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="literal"):
        quote(value)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 50)), st.integers(1, 7))
def test_portions_hold_every_value_once(values: list[int], size: int) -> None:
    portions = list(in_chunks(values, size))
    assert [each for portion in portions for each in portion] == list(dict.fromkeys(values))
    assert all(1 <= len(portion) <= size for portion in portions)


def test_a_list_is_quoted_value_by_value() -> None:
    assert in_list(["a'b", "c"]) == "'a''b', 'c'"


def test_a_moment_is_written_in_utc_with_its_format() -> None:
    berlin = datetime(2026, 3, 1, 1, 30, tzinfo=timezone(timedelta(hours=1)))
    assert to_timestamp(berlin) == "TO_TIMESTAMP('2026-03-01 00:30:00', 'YYYY-MM-DD HH24:MI:SS')"
    assert quote(berlin) == to_timestamp(berlin.astimezone(UTC))
    with pytest.raises(ValueError, match="zone"):
        to_timestamp(datetime(2026, 3, 1))  # noqa: DTZ001
