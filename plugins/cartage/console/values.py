"""The values of a record held back, as its page shows them and as its editor names them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cartage.console.editing import FIXED
from cartage.records.batch import KINDS
from cartage.records.columns import MONEY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cartage.console.editing import Rows

COUNTED = frozenset({"quantity", "position"})
"""Decimal columns of orders that are no amounts of money."""


def typed(record: str, tables: Rows) -> Rows:
    """Give a record's rows with numbers and moments as Python has them, and without the numbers that link its tables.

    Args:
        record: the kind.
        tables: rows as quarantine keeps them, where decimals and moments are texts.
    """
    known = KINDS[record].TABLES
    return {
        table: [
            {
                name: _value(name, value, known[table].field(name).type if name in known[table].names else None)
                for name, value in row.items()
                if name not in known[table].names or not pa.types.is_integer(known[table].field(name).type)
            }
            for row in rows
        ]
        for table, rows in tables.items()
        if table in known
    }


def _value(name: str, value: Any, kind: pa.DataType | None) -> Any:
    """Read a value by its column's type; what does not fit stays as it is, since that may be the fault."""
    if not isinstance(value, str) or kind is None:
        return value
    try:
        if pa.types.is_decimal(kind):
            number = Decimal(value)
            return _trimmed(number, 2 if kind == MONEY and name not in COUNTED else 0) if number.is_finite() else value
        if pa.types.is_timestamp(kind):
            moment = datetime.fromisoformat(value)
            return moment if moment.tzinfo else value
    except (InvalidOperation, ValueError):
        return value
    return value


def _trimmed(number: Decimal, least: int) -> Decimal:
    """Leave out the zeros at its end, but for the `least` digits after the point that money has."""
    exponent = int(number.normalize().as_tuple().exponent)
    return number.quantize(Decimal(1).scaleb(-max(least, -exponent, 0)))


def faults(record: str, named: Iterable[str]) -> set[str]:
    """Give the fields that complaints name, each as ``table.column``: those of the root may be named without it."""
    kind = KINDS.get(record)
    root = f"{kind.ROOT}." if kind else ""
    return {each if "." in each else f"{root}{each}" for each in named}


def columns(rows: list[dict[str, Any]]) -> list[str]:
    """Give the columns that any of the rows has a value in, in their order."""
    return list(dict.fromkeys(name for row in rows for name in row))


def at_fault(field: str, value: Any, rows: list[dict[str, Any]], named: set[str]) -> bool:
    """Say whether a value may be the one that a complaint is about: with a value, or where no row has one."""
    if field not in named:
        return False
    column = field.rpartition(".")[2]
    return value is not None or all(row.get(column) is None for row in rows)


def fields(record: str) -> dict[str, list[str]]:
    """Give what a person may change, by table: every column but those that say which record or row it is."""
    kind = KINDS.get(record)
    if kind is None:
        return {}
    return {
        table: [
            each.name
            for each in schema
            if not pa.types.is_integer(each.type) and not (table == kind.ROOT and each.name in FIXED)
        ]
        for table, schema in kind.TABLES.items()
    }
