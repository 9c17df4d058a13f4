"""From texts to the types of the neutral tables: strictly, and without a float on the way."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cartage.records.columns import FLAG, INSTANT, MONEY, TEXT
from cartage.systems.sfcc.xml.rows import SEPARATOR, WHITE

if TYPE_CHECKING:
    from collections.abc import Callable

    from cartage.mapping.source import Column
    from cartage.systems.sfcc.xml.rows import Index

_FLAGS = pa.array(["false", "0", "true", "1"])
_DOUBLE = pa.decimal128(38, 20)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,2})?", re.ASCII)
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d+))?(Z|[+-]\d\d(?::?\d\d)?)?", re.ASCII)


def text_of(column: Column, texts: dict[str, pa.Array], rows: int) -> pa.Array:
    """Give a column's text: the first path that has one, then its reading, map and default.

    Args:
        column: where the text stands.
        texts: texts by path; paths without any text may be missing.
        rows: how many rows there are.
    """
    found = [texts[path] for path in column.first if path in texts]
    if not found:
        text = pa.nulls(rows, TEXT)
    else:
        found = [_READINGS[column.read_as](each) for each in found] if column.read_as else found
        text = found[0] if len(found) == 1 else pc.coalesce(*found)
    if column.map:
        text = pa.array(list(column.map.values()), TEXT).take(pc.index_in(text, pa.array(list(column.map), TEXT)))
    return text if column.default is None else pc.fill_null(text, column.default)


def typed(text: pa.Array, kind: pa.DataType) -> tuple[pa.Array, Index]:
    """Turn texts into a column's type.

    Money and quantities must fit their columns exactly. Rates are doubles in SFCC's schema, which may
    have 17 digits: they are rounded, half to even, to the digits of their column.

    Args:
        text: texts, trimmed.
        kind: a type of `cartage.records.columns`.

    Returns:
        The values, null where a text is not of the type, and the rows of these.
    """
    if text.null_count == len(text):
        return pa.nulls(len(text), kind), np.empty(0, np.int64)
    if kind == TEXT:
        return text if text.type == kind else text.cast(kind), np.empty(0, np.int64)
    try:
        return _VECTORS.get(str(kind), _exact)(text, kind), np.empty(0, np.int64)
    except pa.ArrowInvalid:
        return _one_by_one(text, kind)


def _one_by_one(text: pa.Array, kind: pa.DataType) -> tuple[pa.Array, Index]:
    """Find the texts that are not of the type, and read what the vectors are too strict for."""
    values: list[Any] = []
    wrong: list[int] = []
    for row, each in enumerate(text.to_pylist()):
        value = None if each is None else value_of(each, kind)
        if each is not None and value is None:
            wrong.append(row)
        values.append(value)
    return pa.array(values, kind), np.array(wrong, np.int64)


def value_of(text: str, kind: pa.DataType) -> Any:
    """Give one text as a value of a column's type, None when it is not of that type; see `typed`."""
    if kind == TEXT:
        return text
    if kind == FLAG:
        return {"true": True, "1": True, "false": False, "0": False}.get(text)
    if kind == INSTANT:
        return _instant(text)
    if not _NUMBER.fullmatch(text):
        return None
    value = Decimal(text)
    unit = Decimal(1).scaleb(-kind.scale)
    rounded = value.quantize(unit, rounding=ROUND_HALF_EVEN) if value.adjusted() < kind.precision else None
    if rounded is None or rounded.adjusted() >= kind.precision - kind.scale or (_is_exact(kind) and rounded != value):
        return None
    return rounded


def _instant(text: str) -> datetime | None:
    """Read xsd:dateTime; without a zone it is GMT, as SFCC exports every date."""
    match = _INSTANT.fullmatch(text)
    if not match:
        return None
    day, time, fraction, zone = match.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{time}{zone or 'Z'}")
    except ValueError:
        return None
    return moment.replace(microsecond=int((fraction or "0")[:6].ljust(6, "0"))).astimezone(UTC)


def _is_exact(kind: pa.DataType) -> bool:
    return bool(kind == MONEY)  # which is QUANTITY's type too


def _exact(text: pa.Array, kind: pa.DataType) -> pa.Array:
    return pc.cast(text, kind)


def _rounded(text: pa.Array, kind: pa.DataType) -> pa.Array:
    try:
        return pc.cast(text, kind)
    except pa.ArrowInvalid:
        return pc.cast(pc.round(pc.cast(text, _DOUBLE), kind.scale, round_mode="half_to_even"), kind)


def _flag(text: pa.Array, kind: pa.DataType) -> pa.Array:
    found = pc.index_in(text, _FLAGS)
    if found.null_count != text.null_count:
        raise pa.ArrowInvalid("not a flag")
    return pc.greater_equal(found, 2).cast(kind)


_VECTORS: dict[str, Callable[[pa.Array, pa.DataType], pa.Array]] = {"bool": _flag, "decimal128(12, 8)": _rounded}


def _last_four(text: pa.Array) -> pa.Array:
    digits = pc.replace_substring_regex(text, r"[\s-]+", "")
    return pc.struct_field(pc.extract_regex(digits, r"(?P<four>[0-9]{4})$"), "four")


def _first_of_several(text: pa.Array) -> pa.Array:
    first = pc.ascii_trim(pc.list_element(pc.split_pattern(text, SEPARATOR, max_splits=1), 0), WHITE)
    return pc.if_else(pc.equal(first, ""), None, first)


def _several(text: pa.Array) -> pa.Array:
    joined = pc.match_substring(text, SEPARATOR)
    if not pc.any(joined).as_py():
        return pa.nulls(len(text), TEXT)
    return pa.array(
        [
            json.dumps([part.strip(WHITE) for part in each.split(SEPARATOR)], ensure_ascii=False)
            if each and SEPARATOR in each
            else None
            for each in text.to_pylist()
        ],
        TEXT,
    )


_READINGS: dict[str, Callable[[pa.Array], pa.Array]] = {
    "last_four": _last_four,
    "first_of_several": _first_of_several,
    "several": _several,
}
