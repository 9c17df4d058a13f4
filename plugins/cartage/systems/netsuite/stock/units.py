"""Quantities as whole millionths of a unit: exact like decimals, and as fast as integers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from cartage.records.columns import QUANTITY

if TYPE_CHECKING:
    from decimal import Decimal

    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]
    Flags = npt.NDArray[np.bool_]

ONE = 10**QUANTITY.scale
"""One unit in millionths."""

MOST = 10**12
"""Units that can be counted: a sum of thousands of locations still fits into 64 bits."""


def whole(units: Decimal) -> int:
    """Give a quantity in millionths, what is finer cut off."""
    return int(units * ONE)


def millionths(column: pa.ChunkedArray | pa.Array) -> tuple[Ints, Flags]:
    """Give a column of quantities in millionths, at most `MOST` units, and which of them are null; those read 0."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if array.type != QUANTITY:
        array = array.cast(QUANTITY)
    null = np.asarray(array.is_null())
    if not len(array):
        return np.zeros(0, np.int64), null
    words = np.frombuffer(array.buffers()[1], dtype=np.int64)[2 * array.offset : 2 * (array.offset + len(array))]
    low, high = words[0::2], words[1::2]
    units = np.where(high == low >> 63, low, np.where(high < 0, -MOST * ONE, MOST * ONE))
    return np.where(null, 0, np.clip(units, -MOST * ONE, MOST * ONE)), null


def quantities(values: Ints, null: Flags | None = None) -> pa.Array:
    """Give millionths as a column of quantities."""
    words = np.empty(2 * len(values), np.int64)
    words[0::2] = values
    words[1::2] = values >> 63
    mask = None if null is None or not null.any() else pa.array(~null).buffers()[1]
    return pa.Array.from_buffers(QUANTITY, len(values), [mask, pa.py_buffer(words.tobytes())])
