"""Whole tables of NetSuite as Arrow columns: read page by page, proved complete, without an object for each row.

SuiteQL pages can repeat rows or miss some when many people work in the account. So pages go by key, a page
begins with the last key of the page before, so that no row hides behind a border, and the rows are compared
with how many NetSuite says there are: with each page, or by ``SELECT COUNT(*)``.
"""

from __future__ import annotations

import logging
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from cartage.errors import BatchError, RetryableError
from cartage.systems.netsuite.hook import SUITEQL
from cartage.systems.netsuite.reading import query
from cartage.systems.netsuite.suiteql import IN_LIMIT, PAGE, in_chunks, in_list

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from concurrent.futures import Executor

    from cartage.systems.netsuite.hook import NetSuiteHook

log = logging.getLogger(__name__)

TRIES = 3
"""How often a stretch is read before the task is to be tried again later."""

_FINE = pa.decimal128(38, 18)


class ColumnReader:
    """Reads the queries of ``queries/`` into Arrow tables.

    Args:
        hook: NetSuite's transport.
        executor: where portions of one look-up run side by side; None runs them one after the other.
        page: rows a request, at most 1,000.
    """

    def __init__(self, hook: NetSuiteHook, executor: Executor | None = None, page: int = PAGE) -> None:
        self._hook = hook
        self._executor = executor
        self._page = page

    def whole(self, name: str, schema: pa.Schema, /, **parts: str) -> pa.Table:
        """Give all rows of ``queries/{name}.sql``.

        Args:
            name: the query.
            schema: its columns. Texts become integers, decimals (finer ones are rounded down) and flags.
            parts: SQL for the query's placeholders; values in it must be quoted already.

        Raises:
            RetryableError: rows are missing, time and again: the account is being changed too fast, or overloaded.
            BatchError: the query's key is no key, or a value is not what its column holds.
        """
        return _typed(self._complete(name, schema, parts), schema)

    def some(self, name: str, schema: pa.Schema, values: Iterable[int | str], /, **parts: str) -> pa.Table:
        """Give the rows of a query for these values; ``{values}`` in it stands for a portion of them.

        Raises:
            RetryableError: see `whole`.
            BatchError: see `whole`.
        """
        portions = [{**parts, "values": in_list(portion)} for portion in in_chunks(values, IN_LIMIT)]
        run = self._executor.map if self._executor is not None and len(portions) > 1 else map
        found = list(run(lambda portion: self._complete(name, schema, portion), portions))
        return _typed(pa.concat_tables(found) if found else _texts([], schema), schema)

    def _complete(self, name: str, schema: pa.Schema, parts: Mapping[str, str]) -> pa.Table:
        """Read until there are at least as many rows as NetSuite counts; more were added meanwhile."""
        text, key = query(name)
        for placeholder, part in parts.items():
            text = text.replace("{" + placeholder + "}", part)
        for _ in range(TRIES):
            rows = self._rows(text, key, schema)
            if rows is not None:
                return rows
            log.warning("SuiteQL %s: rows are missing or repeated; reading again", name)
        raise RetryableError(
            f"SuiteQL {name}: rows are missing or repeated after {TRIES} readings; the account is overloaded or is "
            "being changed in bulk. It is read again later"
        )

    def _rows(self, text: str, key: tuple[str, ...], schema: pa.Schema) -> pa.Table | None:
        """Read all pages; None when a page lacks rows or does not go on from the one before."""
        pages: list[pa.Table] = []
        last: tuple[Decimal, ...] | None = None
        wanted: int | None = None
        while True:
            page, counted = self._ask(_from(text, key, last), self._page)
            marks = [_mark(row, key) for row in page]
            counted = self._count(text) if counted is None and wanted is None else counted
            wanted = counted if wanted is None else wanted
            if len(page) < min(counted or 0, self._page) or marks != sorted(marks) or (last and marks[:1] < [last]):
                return None
            if len(page) < self._page:
                found = pa.concat_tables([*pages, _texts(page, schema)])
                return found if len(found) >= (wanted or 0) else None
            if marks[0] == marks[-1]:
                raise BatchError(f"SuiteQL: a page of rows has one and the same {', '.join(key)}; name a finer key")
            last = marks[-1]
            # What else there is of the last key may stand on the next page, which begins with it.
            pages.append(_texts(page[: marks.index(last)], schema))

    def _count(self, text: str) -> int:
        """Ask how many rows there are, where an answer does not say so by itself."""
        rows, _ = self._ask(f"SELECT COUNT(*) AS counted FROM ({text})", 1)  # noqa: S608, values are quoted
        if not rows:
            raise RetryableError("SuiteQL: NetSuite did not say how many rows there are; it is asked again later")
        return int(rows[0]["counted"])

    def _ask(self, statement: str, limit: int) -> tuple[list[dict[str, Any]], int | None]:
        """Give the rows of a page, and how many the whole result has when the answer says so."""
        answer = self._hook.request(
            "POST",
            SUITEQL,
            json={"q": statement},
            params={"limit": limit},
            headers={"Prefer": "transient"},
            repeatable=True,
        )
        body = answer.body if isinstance(answer.body, dict) else {}
        return list(body.get("items") or ()), body.get("totalResults")


def _from(text: str, key: tuple[str, ...], last: tuple[Decimal, ...] | None) -> str:
    """Ask for the rows from a key on, in its order."""
    where = f" WHERE {_at_or_after(key, last)}" if last is not None else ""
    return f"SELECT * FROM ({text}){where} ORDER BY {', '.join(key)}"  # noqa: S608, the key is made of numbers


def _at_or_after(key: tuple[str, ...], last: tuple[Decimal, ...]) -> str:
    if len(key) == 1:
        return f"{key[0]} >= {last[0]:f}"
    return f"({key[0]} > {last[0]:f} OR ({key[0]} = {last[0]:f} AND {_at_or_after(key[1:], last[1:])}))"


def _mark(row: Mapping[str, Any], key: tuple[str, ...]) -> tuple[Decimal, ...]:
    try:
        return tuple(Decimal(str(row[name])) for name in key)
    except (KeyError, ArithmeticError):
        raise BatchError(
            f"SuiteQL: a row has no number as its {', '.join(key)}; name a key that is never null"
        ) from None


def _texts(rows: list[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    """Turn rows into columns of texts, with null for what was left out."""
    columns = {
        name: pa.array([None if (value := row.get(name)) is None else str(value) for row in rows], pa.string())
        for name in schema.names
    }
    return pa.table(columns)


def _typed(texts: pa.Table, schema: pa.Schema) -> pa.Table:
    return pa.table({field.name: _column(texts[field.name], field) for field in schema}, schema)


def _column(texts: pa.ChunkedArray, field: pa.Field) -> pa.ChunkedArray:
    if pa.types.is_string(field.type):
        return texts
    if pa.types.is_boolean(field.type):
        return pc.equal(texts, "T")
    try:
        return texts.cast(field.type)
    except pa.ArrowInvalid:
        return _finer(texts, field)


def _finer(texts: pa.ChunkedArray, field: pa.Field) -> pa.ChunkedArray:
    """Cut off what a column cannot hold: it is better to sell less than there is."""
    try:
        digits = field.type.scale if pa.types.is_decimal(field.type) else 0
        return pc.round(texts.cast(_FINE), ndigits=digits, round_mode="down").cast(field.type)
    except pa.ArrowInvalid:
        raise BatchError(f"SuiteQL: the column {field.name} holds something else than numbers") from None
