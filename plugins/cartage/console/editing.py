"""A record held back as text that people may change, and the way back: nothing wrong gets past it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cartage import yamlfile
from cartage.console.masking import BULLET, is_personal, mask, masked
from cartage.errors import CartageError
from cartage.records.batch import KINDS
from cartage.records.wire import from_json, to_json
from cartage.yamlfile import close

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from cartage.records.batch import Batch

Rows = dict[str, list[dict[str, Any]]]

FIXED = ("key", "version", "site")
"""What says which record it is; changing it would make another record of it."""

LONGEST = 2_000_000
"""Letters that an edited record may have."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with an edited record.

    Attributes:
        message: what, and what to write instead.
        field: where in the record, ``lines[2].quantity``; None for the whole.
        line: line of the text, counted from 1, where it is known.
        warning: noted with the record, which may go on all the same.
    """

    message: str
    field: str | None = None
    line: int | None = None
    warning: bool = False

    def __str__(self) -> str:
        """Say where and what; expectations say where by themselves."""
        named = self.field is None or self.message.startswith(f"{self.field}:")
        return self.message if named else f"{self.field}: {self.message}"


class EditError(CartageError):
    """An edited record cannot be accepted.

    Args:
        *problems: why, at least one.
    """

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(str(each) for each in problems))
        self.problems = problems


@dataclass(frozen=True)
class Edited:
    """An edited record that may go on.

    Attributes:
        body: the record as quarantine keeps it.
        warnings: what will be noted with it.
        emails: e-mail addresses that it names, and `phones` telephone numbers.
    """

    body: bytes
    warnings: tuple[Problem, ...]
    emails: tuple[str, ...]
    phones: tuple[str, ...]


def rows_of(body: bytes) -> tuple[str, Rows]:
    """Read a record that quarantine keeps: its kind, and its rows by table without the column that links them.

    Raises:
        ValueError: it is no record: nothing but the original of it is there.
    """
    document = json.loads(body)
    try:
        link = KINDS[document["record"]].LINK
        tables = {
            name: [{column: value for column, value in row.items() if column != link} for row in rows]
            for name, rows in document["tables"].items()
        }
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("the payload is no record") from error
    return document["record"], tables


def as_text(record: str, tables: Rows) -> str:
    """Write a record for people to change."""
    return json.dumps({"record": record, "tables": tables}, indent=2, ensure_ascii=False)


def readable(body: bytes, *, unmasked: bool, known: Collection[str] = ()) -> tuple[str, Rows]:
    """Give a record's kind and rows as this reader may see them; `known` as in `masked`."""
    record, tables = rows_of(body)
    return record, tables if unmasked else masked(record, tables, known)


def accept(text: str, before: bytes, expectations: str) -> Edited:
    """Check an edited record, its form first, then the expectations of its kind.

    Args:
        text: what the person wrote; what they left masked is what it was before.
        before: the record as it is kept.
        expectations: what is expected of it, as YAML: as the next run will read it.

    Raises:
        EditError: with all that is wrong.
    """
    record, original = rows_of(before)
    tables = _rows(_parsed(text), record)
    problems = [
        *_unmasked(record, tables, original),
        *_wrong_values(record, tables),
        *_identity(record, tables, original),
    ]
    if problems:
        raise EditError(*problems)
    try:
        batch = from_json(json.dumps({"record": record, "tables": tables}, default=str).encode(), 0)
    except (ValueError, TypeError, ArithmeticError, pa.ArrowException) as error:
        raise EditError(Problem(f"does not fit the record's columns: {error}")) from error
    warnings = _expected(batch, expectations)
    kind, root = KINDS[record], batch.root.to_pylist()[0]
    return Edited(
        body=to_json(batch, 0),
        warnings=warnings,
        emails=tuple(root[name] for name in kind.EMAILS or () if root[name]),
        phones=tuple(root[name] for name in kind.PHONES or () if root[name]),
    )


def _parsed(text: str) -> Any:
    if len(text) > LONGEST:
        raise EditError(Problem(f"the record is longer than {LONGEST:,} letters"))
    try:
        return json.loads(text, parse_float=Decimal)
    except json.JSONDecodeError as error:
        raise EditError(Problem(f"is no JSON: {error.msg} (column {error.colno})", line=error.lineno)) from error
    except RecursionError as error:
        raise EditError(Problem("is nested too deeply")) from error


def _rows(document: Any, record: str) -> Rows:
    if not isinstance(document, dict) or set(document) != {"record", "tables"} or document["record"] != record:
        raise EditError(Problem(f'must be {{"record": "{record}", "tables": {{…}}}} and nothing else'))
    tables = document["tables"]
    if not isinstance(tables, dict):
        raise EditError(Problem("must be a mapping of tables to lists of rows", "tables"))
    known = KINDS[record].TABLES
    for name, rows in tables.items():
        if name not in known:
            raise EditError(Problem(f"the {record} has no such table{close(name, known)}", name))
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise EditError(Problem("must be a list of rows, each a mapping", name))
    return tables


def _unmasked(record: str, tables: Rows, original: Rows) -> Iterator[Problem]:
    """Put back, in place, what the person never saw; say what cannot be put back."""
    for table, rows in tables.items():
        for number, row in enumerate(rows):
            before = original.get(table, [])
            old = before[number] if number < len(before) else {}
            for name, value in row.items():
                if not (isinstance(value, str) and BULLET in value):
                    continue
                there = old.get(name)
                if value == there:
                    continue
                if isinstance(there, str) and is_personal(record, table, name, there) and mask(there) == value:
                    row[name] = there
                else:
                    where = f"{table}[{number}].{name}"
                    yield Problem("is masked, and what stood here is not known: write the whole value", where)


def _wrong_values(record: str, tables: Rows) -> Iterator[Problem]:
    kind = KINDS[record]
    for table, rows in tables.items():
        schema = kind.TABLES[table]
        known = [name for name in schema.names if name != kind.LINK]
        for number, row in enumerate(rows):
            for name, value in row.items():
                where = f"{table}[{number}].{name}"
                if name not in known:
                    yield Problem(f"there is no such column{close(name, known)}", where)
                elif value is not None and (wrong := _misfit(value, schema.field(name).type)):
                    yield Problem(wrong, where)


def _misfit(value: Any, kind: pa.DataType) -> str | None:
    """Say why a value does not fit its column, None when it does."""
    if pa.types.is_boolean(kind):
        return None if isinstance(value, bool) else "must be true or false"
    if pa.types.is_integer(kind):
        whole = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63
        return None if whole else "must be a whole number"
    if pa.types.is_decimal(kind):
        return _no_decimal(value, kind)
    if not isinstance(value, str):
        return "must be a text: write it in quotes"
    return _no_moment(value) if pa.types.is_timestamp(kind) else None


def _no_decimal(value: Any, kind: pa.DataType) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        return 'must be a number such as "19.90"'
    try:
        number = Decimal(str(value))
        if not number.is_finite():
            return 'must be a number such as "19.90"'
        pa.scalar(number, kind)
    except InvalidOperation:
        return 'must be a number such as "19.90"'
    except pa.ArrowInvalid:
        return (
            f"has more digits than the {kind.precision - kind.scale} before and {kind.scale} after the point that fit"
        )
    return None


def _no_moment(value: str) -> str | None:
    try:
        aware = datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        aware = False
    return None if aware else "must be a moment with its zone, such as 2026-01-31T12:00:00Z"


def _identity(record: str, tables: Rows, original: Rows) -> Iterator[Problem]:
    kind = KINDS[record]
    rows, before = tables.get(kind.ROOT, []), original[kind.ROOT][0]
    if len(rows) != 1:
        yield Problem(f"must have exactly one row: it is one {record}", kind.ROOT)
        return
    for name in FIXED:
        if name in kind.TABLES[kind.ROOT].names and rows[0].get(name) != before.get(name):
            yield Problem("says which record this is and cannot be changed", f"{kind.ROOT}[0].{name}")


def _expected(batch: Batch, expectations: str) -> tuple[Problem, ...]:
    """Check the expectations; give what is only to be noted."""
    from cartage.quality import check, read_suite  # Great Expectations takes seconds to import

    checked = check(batch, read_suite(yamlfile.parse(expectations, f"expectations/{batch.record}.yaml")))
    failed = [each for failure in checked.failures for each in failure.complaints]
    if failed:
        raise EditError(*(Problem(each.message, each.field) for each in failed))
    noted = [each for one in checked.warnings for each in one.complaints]
    return tuple(Problem(each.message, each.field, warning=True) for each in noted)
