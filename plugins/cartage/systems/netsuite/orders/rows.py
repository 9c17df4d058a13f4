"""From Arrow tables to the rows that one order has, quickly.

Money repeats within a column, so each distinct amount is made into a Python object once and shared: many times
faster than ``to_pylist`` on decimals.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Row = dict[str, Any]


def values(column: pa.ChunkedArray) -> list[Any]:
    """Give a column's values as Python objects; decimals without the zeros that say nothing."""
    if column.null_count == len(column):
        return [None] * len(column)
    if pa.types.is_string(column.type):
        texts: list[Any] = column.to_numpy().tolist()
        return texts
    if pa.types.is_decimal(column.type):
        return _numbers(column)
    others: list[Any] = column.to_pylist()
    return others


def _numbers(column: pa.ChunkedArray) -> list[Decimal | None]:
    encoded = pc.dictionary_encode(column.combine_chunks())
    distinct = [plain(each) for each in encoded.dictionary.to_pylist()]
    shared = np.array([*distinct, None], dtype=object)
    places = pc.fill_null(encoded.indices, len(distinct)).to_numpy(zero_copy_only=False)
    numbers: list[Decimal | None] = shared[places].tolist()
    return numbers


def rows(table: pa.Table, more: Iterable[str] = ()) -> Iterator[Row]:
    """Give each row as a dict of all its columns.

    Args:
        table: the rows.
        more: keys that every dict shall have besides, without a value yet.
    """
    present = [name for name in table.column_names if table[name].null_count < table.num_rows]
    template: Row = dict.fromkeys([*table.column_names, *more])
    for row in zip(*(values(table[name]) for name in present), strict=True):
        made = template.copy()
        made.update(zip(present, row, strict=True))
        yield made


def by(table: pa.Table, link: str, more: Iterable[str] = ()) -> defaultdict[Any, list[Row]]:
    """Give the rows grouped by the value of a column, in the table's order; rows that have none are left out."""
    grouped: defaultdict[Any, list[Row]] = defaultdict(list)
    for row in rows(table, more):
        if row[link] is not None:
            grouped[row[link]].append(row)
    return grouped


def plain(number: Decimal) -> Decimal:
    """Take the zeros off the end of a number that say nothing: 129.900000 is 129.9, 1E+2 is 100."""
    normal = number.normalize()
    return normal if normal.as_tuple().exponent <= 0 else normal.quantize(Decimal(1))  # type: ignore[operator]
