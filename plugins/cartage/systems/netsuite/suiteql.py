"""SuiteQL: pages by key, exact literals, lists in portions.

Oracle gives at most 100,000 rows of a result and asks for a unique order
(https://docs.oracle.com/en/cloud/saas/netsuite/ns-online-help/section_157909186990.html). Paging by
offset repeats and misses rows when the data changes in between. So each page asks for the rows
after the last key of the page before.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from typing import Any, TypeVar

from cartage.errors import BatchError

PAGE = 1000
IN_LIMIT = 1000
LONGEST_LITERAL = 4000
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
T = TypeVar("T")
Row = dict[str, str | None]
Fetch = Callable[[str, int], dict[str, Any]]


def quote(value: str | int | Decimal | datetime) -> str:
    """Write a value as a SuiteQL literal.

    Raises:
        TypeError: for other types: a float has no exact literal, a bool is ``'T'`` or ``'F'``, None is ``IS NULL``.
        ValueError: for text that no literal can hold.
    """
    if isinstance(value, datetime):
        return to_timestamp(value)
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise TypeError(f"no literal for {type(value).__name__}")
    if isinstance(value, (int, Decimal)):
        return f"{value:f}" if isinstance(value, Decimal) else str(value)
    if "\x00" in value or len(value.encode()) > LONGEST_LITERAL:
        raise ValueError("text with a NUL, or of more than 4,000 bytes, is no literal")
    return "'" + value.replace("'", "''") + "'"


def in_list(values: Iterable[str | int]) -> str:
    """Write values as the list of an IN condition, without brackets."""
    return ", ".join(quote(value) for value in values)


def in_chunks(values: Iterable[T], size: int = IN_LIMIT) -> Iterator[list[T]]:
    """Cut values into portions that an IN condition takes: at most 1,000. Repeated values are left out."""
    rest = iter(dict.fromkeys(values))
    while portion := list(islice(rest, size)):
        yield portion


def to_timestamp(moment: datetime) -> str:
    """Write a moment in UTC with an explicit format, since the default is the user's own.

    Raises:
        ValueError: when the moment has no zone.
    """
    if moment.tzinfo is None:
        raise ValueError("the moment has no time zone")
    return f"TO_TIMESTAMP('{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}', 'YYYY-MM-DD HH24:MI:SS')"


def pages(
    fetch: Fetch,
    query: str,
    *,
    key: str | Sequence[str],
    columns: Sequence[str] | None = None,
    page: int = PAGE,
    text_key: bool = False,
) -> Iterator[list[Row]]:
    """Read all rows of a query, a page at a time.

    Args:
        fetch: runs a query with a limit and gives NetSuite's answer.
        query: a SELECT without ORDER BY; it is wrapped as an inline view.
        key: the result's column, or columns, that no two rows share.
        columns: names of all columns, to restore those that NetSuite leaves out when they are null.
        page: rows a page, at most 1,000.
        text_key: the key's columns hold text and not numbers.

    Raises:
        BatchError: when the key is missing or not unique.
    """
    keys = [key] if isinstance(key, str) else list(key)
    if not keys or not all(NAME.fullmatch(each) for each in keys):
        raise ValueError(f"no column names: {keys}")
    if not 1 <= page <= PAGE:
        raise ValueError(f"a page holds 1 to {PAGE} rows")
    last: tuple[str, ...] | None = None
    while True:
        answer = fetch(_statement(query, keys, last, text=text_key), page)
        rows = [_row(each, columns) for each in answer.get("items", [])]
        marks = [_mark(row, keys) for row in rows]
        if len(set(marks)) != len(marks) or last in marks:
            raise BatchError(f"SuiteQL: {', '.join(keys)} is not unique in the query's rows; name a key that is")
        if rows:
            yield rows
        if len(rows) < page and not answer.get("hasMore"):
            return
        if not rows:
            raise BatchError("SuiteQL: NetSuite promises more rows and gives none")
        last = marks[-1]


def _statement(query: str, keys: list[str], last: tuple[str, ...] | None, *, text: bool) -> str:
    after = f" WHERE {_after(keys, last, text=text)}" if last else ""
    return f"SELECT * FROM ({query.strip().rstrip(';')}){after} ORDER BY {', '.join(keys)}"  # noqa: S608, values are quoted


def _after(keys: list[str], last: tuple[str, ...], *, text: bool) -> str:
    """Say that a row comes after the last one: by the first key, then by the second, and so on."""
    literals = [quote(each if text else _number(name, each)) for name, each in zip(keys, last, strict=True)]
    first = f"{keys[0]} > {literals[0]}"
    if len(keys) == 1:
        return first
    return f"({first} OR ({keys[0]} = {literals[0]} AND {_after(keys[1:], last[1:], text=text)}))"


def _number(name: str, value: str) -> Decimal:
    if not re.fullmatch(r"-?\d+(\.\d+)?", value):
        raise BatchError(f"SuiteQL: the key {name} holds no numbers; page with text_key=True")
    return Decimal(value)


def _row(item: dict[str, Any], columns: Sequence[str] | None) -> Row:
    """Give a row as texts, with what was left out as None."""
    row: Row = dict.fromkeys(each.lower() for each in columns or ())
    row.update((name, None if value is None else str(value)) for name, value in item.items() if name != "links")
    return row


def _mark(row: Row, keys: list[str]) -> tuple[str, ...]:
    found = [row.get(each.lower()) for each in keys]
    if None in found:
        raise BatchError(f"SuiteQL: a row has no {', '.join(keys)}; name a key that is never null")
    return tuple(str(each) for each in found)
