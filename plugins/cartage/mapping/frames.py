"""Many rows at once: columns of Arrow, and their values as JSON texts.

A column is an Arrow array, or one value that every row has, or JSON that was written already, or Python values
where Arrow has no type for them. `json_of` writes a column as canonical JSON (see `cartage.mapping.canonical`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cartage.mapping import canonical

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from numpy.typing import NDArray

_ESCAPED = np.zeros(256, bool)
_ESCAPED[:32] = True
_ESCAPED[[ord('"'), ord("\\")]] = True

_SHORT = 6
"""Digits behind the point up to which Arrow never writes an exponent."""


class NotColumnar(Exception):  # noqa: N818 - not an error: the closures do it
    """The mapping has a rule that is not done by columns."""


@dataclass(frozen=True)
class Const:
    """A column that has the same value in every row; None: it has none."""

    value: Any


@dataclass(frozen=True)
class Json:
    """A column whose values are JSON texts already, null where there is none."""

    text: pa.Array


@dataclass(frozen=True)
class Values:
    """A column of Python values, for what Arrow has no type for."""

    values: list[Any]


Column: TypeAlias = "pa.Array | Const | Json | Values"


@dataclass
class Frame:
    """Rows as columns.

    Attributes:
        rows: how many there are.
        columns: by name; a function is called when its column is first asked for.
        children: child rows by name, which stand in the order of their parents.
    """

    rows: int
    columns: dict[str, Column | Callable[[], Column]]
    children: Mapping[str, Children] = field(default_factory=dict)

    def column(self, name: str) -> Column:
        """Give a column.

        Raises:
            KeyError: there is none of that name.
        """
        found = self.columns[name]
        if callable(found):
            found = self.columns[name] = found()
        return found


@dataclass(frozen=True)
class Children:
    """Child rows.

    Attributes:
        frame: all of them.
        offsets: where each parent's begin, and at last where they end.
    """

    frame: Frame
    offsets: NDArray[np.int64]


Text: TypeAlias = "str | pa.Array"
"""A piece of text: the same in every row, or each row's own."""


def joined(texts: Iterable[Text], rows: int, *, lenient: bool) -> pa.Array:
    """Write texts one behind the other.

    Args:
        texts: the pieces.
        rows: how many rows there are.
        lenient: whether a null is nothing; else it makes the whole row null.
    """
    pieces: list[Any] = []
    for each in texts:
        if isinstance(each, str) and pieces and isinstance(pieces[-1], str):
            pieces[-1] += each
        else:
            pieces.append(each)
    if all(isinstance(each, str) for each in pieces):
        return pa.repeat("".join(pieces), rows)
    scalars = [pa.scalar(each, pa.string()) if isinstance(each, str) else each for each in pieces]
    handling = "replace" if lenient else "emit_null"
    return pc.binary_join_element_wise(*scalars, "", null_handling=handling, null_replacement="")


def by_parent(texts: pa.Array, offsets: NDArray[np.int64], between: str) -> pa.Array:
    """Join the texts of each parent's children; a parent without any has null. Children that are null are left out."""
    if texts.null_count:
        there = pc.is_valid(texts).to_numpy(zero_copy_only=False)
        offsets = np.concatenate([[0], np.cumsum(there)])[offsets]
        texts = texts.drop_null()
    lists = pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), texts)
    alone = pc.binary_join(lists, between)
    empty = offsets[1:] == offsets[:-1]
    return pc.if_else(pa.array(~empty), alone, None) if empty.any() else alone


def json_of(column: pa.Array) -> list[Text]:
    """Write an array's values as JSON: the pieces that each row's text is joined of, null where the value is."""
    kind = column.type
    if pa.types.is_string(kind):
        return [_quoted(column)] if needs_escapes(column) else ['"', column, '"']
    if pa.types.is_decimal(kind) and kind.scale <= _SHORT:
        return [number_text(column)]
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind):
        return [pc.cast(column, pa.string())]
    return [by_value(column, canonical.dumps)]


def by_value(column: pa.Array, write: Callable[[Any], str | None]) -> pa.Array:
    """Write each distinct value once; values repeat within a column."""
    encoded = column.dictionary_encode()
    return pa.array([write(each) for each in encoded.dictionary.to_pylist()], pa.string()).take(encoded.indices)


def number_text(numbers: pa.Array) -> pa.Array:
    """Write decimals without the zeros at their end that say nothing, as `canonical.number` does."""
    if numbers.type.scale == 0:
        return pc.cast(numbers, pa.string())
    return pc.ascii_rtrim(pc.ascii_rtrim(pc.cast(numbers, pa.string()), "0"), ".")


def needs_escapes(texts: pa.Array) -> bool:
    """Tell whether any text holds a character that JSON writes otherwise."""
    content = content_of(texts)
    for start in range(0, len(content), 1 << 16):  # what fits the cache
        some = content[start : start + (1 << 16)]
        if int(some.min(initial=255)) < ord("#") and _ESCAPED[some[some < ord("#")]].any():
            return True
    return bool((content == ord("\\")).any())


def content_of(texts: pa.Array) -> NDArray[np.uint8]:
    """Give the bytes of all of an array's texts, one behind the other."""
    _, offsets, content = texts.buffers()
    if content is None or not len(texts):
        return np.empty(0, np.uint8)
    bounds = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    whole: NDArray[np.uint8] = np.frombuffer(content, np.uint8)[bounds[0] : bounds[-1]]
    return whole


def _quoted(texts: pa.Array) -> pa.Array:
    return by_value(texts, canonical.dumps)


def instant_text(moments: pa.Array) -> pa.Array:
    """Write moments as ``as: datetime`` does: in UTC, to the second, what is beyond it dropped."""
    seconds = pc.floor_temporal(moments, unit="second")
    text = pc.cast(pc.cast(seconds, pa.timestamp("s")), pa.string())
    return joined([pc.replace_substring(text, " ", "T"), "Z"], len(text), lenient=False)


def day_text(moments: pa.Array, zone: str) -> pa.Array:
    """Write the calendar day on which moments fall in an IANA zone.

    Raises:
        pa.ArrowInvalid: this machine has no data of the zone.
    """
    local = pc.local_timestamp(pc.cast(moments, pa.timestamp("us", tz=zone)))
    return pc.cast(pc.cast(pc.floor_temporal(local, unit="day"), pa.date32()), pa.string())


def python_values(column: Column, rows: int) -> list[Any]:
    """Give a column's values as Python objects.

    Raises:
        NotColumnar: it is JSON, whose values are not at hand.
    """
    if isinstance(column, Const):
        return [column.value] * rows
    if isinstance(column, Values):
        return column.values
    if isinstance(column, Json):
        raise NotColumnar("a column of JSON can only be written as it is")
    return plain_values(column)


def at_rows(column: Column, rows: NDArray[np.int64]) -> Column:
    """Give a column's values of these rows, in their sequence."""
    if isinstance(column, Const):
        return column
    if isinstance(column, Values):
        return Values([column.values[row] for row in rows.tolist()])
    places = pa.array(rows)
    return Json(column.text.take(places)) if isinstance(column, Json) else column.take(places)


def plain_values(column: pa.Array) -> list[Any]:
    """Give an array's values; decimals without the zeros at their end that say nothing."""
    values: list[Any] = column.to_pylist()
    if pa.types.is_decimal(column.type):
        return [None if each is None else plain(each) for each in values]
    return values


def plain(number: Any) -> Any:
    """Take the zeros off the end of a decimal that say nothing: 129.900000 is 129.9, 1E+2 is 100."""
    normal = number.normalize()
    return normal if normal.as_tuple().exponent <= 0 else normal.quantize(1)
