"""Quantities as whole millionths of a unit: exact like decimals, as fast as integers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cartage.records.columns import QUANTITY

if TYPE_CHECKING:
    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]
    Flags = npt.NDArray[np.bool_]

ONE: int = 10**QUANTITY.scale
"""One unit in millionths."""

MOST: int = 10**12 * ONE
"""More units than anybody has: beyond it, sums would not fit into 64 bits."""


def millionths(column: pa.ChunkedArray) -> Ints:
    """Give a column of quantities in millionths, at most `MOST` either way; null is 0."""
    array = column.combine_chunks()
    array = (array if isinstance(array, pa.Array) else pa.concat_arrays(array.chunks)).cast(QUANTITY)
    if not len(array):
        return np.zeros(0, np.int64)
    words = np.frombuffer(array.buffers()[1], np.int64)[2 * array.offset : 2 * (array.offset + len(array))]
    low, high = words[0::2], words[1::2]
    fits = high == low >> 63
    units = np.where(fits, low, np.where(high < 0, -MOST, MOST))
    return np.where(np.asarray(array.is_null()), 0, np.clip(units, -MOST, MOST))


def quantities(values: Ints, null: Flags | None = None) -> pa.Array:
    """Give millionths as a column of quantities."""
    words = np.empty(2 * len(values), np.int64)
    words[0::2], words[1::2] = values, values >> 63
    mask = None if null is None or not null.any() else pa.array(~null).buffers()[1]
    return pa.Array.from_buffers(QUANTITY, len(values), [mask, pa.py_buffer(words.tobytes())])


def texts(quantity: pa.Array) -> pa.Array:
    """Write quantities down as plain decimal numbers: 12, 0.5."""
    return pc.utf8_rtrim(pc.utf8_rtrim(pc.cast(quantity, pa.string()), "0"), ".")


def numbers(values: Ints, null: Flags) -> pa.Array:
    """Write millionths down as plain decimal numbers, null where they are to be."""
    if (values % ONE).any():
        return texts(quantities(values, null))
    return pc.cast(pa.array(values // ONE, mask=null if null.any() else None), pa.string())
