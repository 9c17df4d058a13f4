"""Columns as numpy and Arrow arrays: exact amounts as whole numbers, texts of several rows as one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from cartage.records.columns import MONEY
from cartage.systems.netsuite.orders.model import join

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

MICRO = 1_000_000
"""Amounts are whole millionths of the currency: what `MONEY` holds."""

CENT = MICRO // 100

LARGEST = 10_000_000 * MICRO
"""Amounts beyond are left to the rows: a product of two amounts in cents must fit 64 bits."""


class Rows:
    """A table, column by column.

    Args:
        table: the rows.
    """

    def __init__(self, table: pa.Table) -> None:
        self._table = table
        self._columns: dict[str, pa.Array] = {}

    def __len__(self) -> int:
        """Give the number of rows."""
        return int(self._table.num_rows)

    def __getitem__(self, name: str) -> pa.Array:
        """Give a column in one piece."""
        if name not in self._columns:
            column = self._table[name]
            self._columns[name] = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
        return self._columns[name]

    def number(self, name: str) -> Ints:
        """Give a column of row numbers, -1 where there is none."""
        return ints(self[name], -1)

    def has(self, name: str) -> Flags:
        """Tell where a column has a value."""
        return flags(pc.is_valid(self[name]))

    def equals(self, name: str, value: Any) -> Flags:
        """Tell where a column has this value."""
        return flags(pc.equal(self[name], value))

    def among(self, name: str, values: Sequence[str]) -> Flags:
        """Tell where a column has one of these texts."""
        return flags(pc.is_in(self[name], value_set=pa.array(list(values), pa.string())))


def ints(column: pa.Array, missing: int) -> Ints:
    """Give whole numbers, `missing` where there is none."""
    numbers: Ints = pc.fill_null(column, missing).to_numpy(zero_copy_only=False)
    return numbers


def flags(column: pa.Array) -> Flags:
    """Give flags; null is false."""
    found: Flags = pc.fill_null(column, False).to_numpy(zero_copy_only=False)
    return found


def picked(column: pa.Array, rows: Ints | None) -> pa.Array:
    """Give a column's values at some rows; None: at all. A row of -1 gives null."""
    if rows is None:
        return column
    missing = rows < 0
    return column.take(pa.array(rows, mask=missing) if missing.any() else pa.array(rows))


def place_of(wanted: Ints, numbers: Ints) -> Ints:
    """Give the place of each wanted number among numbers, -1 where it is none of them."""
    if not len(numbers):
        return np.full(len(wanted), -1, np.int64)
    sequence = np.argsort(numbers, kind="stable")
    at = np.minimum(np.searchsorted(numbers, wanted, sorter=sequence), len(numbers) - 1)
    place = sequence[at]
    return np.where((wanted >= 0) & (numbers[place] == wanted), place, -1)


def micros(column: pa.Array) -> tuple[Ints, Flags, Flags]:
    """Give amounts as whole millionths.

    Args:
        column: decimals of scale 6.

    Returns:
        The amounts, zero where there is none; where there is one; and where it is small enough to reckon with.
    """
    count = len(column)
    if column.null_count == count:
        return np.zeros(count, np.int64), np.zeros(count, bool), np.ones(count, bool)
    halves = np.frombuffer(column.buffers()[1], np.int64)[2 * column.offset : 2 * (column.offset + count)]
    values, high = halves[0::2], halves[1::2]
    valid = flags(pc.is_valid(column)) if column.null_count else np.ones(count, bool)
    small = ~valid | ((high == values >> 63) & (values < LARGEST) & (values > -LARGEST))
    return np.where(valid & small, values, 0), valid, small


def money(amounts: Ints, there: Flags | None = None) -> pa.Array:
    """Give millionths as decimals, null where `there` is false."""
    halves = np.empty((len(amounts), 2), np.int64)
    halves[:, 0], halves[:, 1] = amounts, amounts >> 63
    made = pa.Array.from_buffers(MONEY, len(amounts), [None, pa.py_buffer(halves)])
    return made if there is None else pc.if_else(pa.array(there), made, None)


def summed(amounts: Ints, owners: Ints, count: int) -> Ints:
    """Sum amounts by owner."""
    sums = np.zeros(count, np.int64)
    np.add.at(sums, owners, amounts)
    return sums


def counted(owners: Ints, count: int) -> Ints:
    """Count rows by owner."""
    return np.bincount(owners, minlength=count).astype(np.int64)


def offsets(owners: Ints, count: int) -> Ints:
    """Give where each owner's rows begin, and at last where they end; `owners` is ascending."""
    return np.concatenate([[0], np.cumsum(np.bincount(owners, minlength=count))]).astype(np.int64)


def some(texts: pa.Array) -> pa.Array:
    """Make empty texts null."""
    empty = pc.equal(texts, "")
    return pc.if_else(empty, None, texts) if pc.any(empty).as_py() else texts


def words(*texts: pa.Array) -> pa.Array:
    """Join each row's texts by blanks, leaving out those that are empty; null when all are."""
    there = [some(each) for each in texts if each.null_count < len(each)]
    if not there:
        return texts[0]
    if len(there) == 1:
        return there[0]
    # Not null_handling="skip", which loses rows of nothing but nulls (Arrow 26.0).
    spaced = [pc.binary_join_element_wise(each, " ", "") for each in there]
    texts_of = pc.binary_join_element_wise(*spaced, "", null_handling="replace", null_replacement="")
    return some(pc.utf8_slice_codeunits(texts_of, 0, -1))


def together(owners: Ints, texts: pa.Array, count: int, longest: int = 4000) -> pa.Array:
    """Give each owner's texts as one, each once, parted by commas, as `join` does; null when there is none.

    Args:
        owners: of each text, ascending.
        texts: the texts.
        count: how many owners there are.
        longest: characters to keep.
    """
    if texts.null_count == len(texts):
        return pa.nulls(count, pa.string())
    there = flags(pc.is_valid(some(texts)))
    owners, texts = owners[there], texts.filter(pa.array(there))
    bounds = offsets(owners, count)
    counts = np.diff(bounds)
    result = picked(texts, np.where(counts > 0, bounds[:-1], -1))
    several = counts > 1
    if (pc.max(pc.binary_length(texts)).as_py() or 0) > longest:
        several = counts > 0
    return replaced(result, several, lambda owner: join(texts[bounds[owner] : bounds[owner + 1]].to_pylist(), longest))


def replaced(texts: pa.Array, rows: Flags, make: Callable[[int], str | None]) -> pa.Array:
    """Replace the texts of a few rows by what a function makes, given the row's place."""
    if not rows.any():
        return texts
    made = pa.array([make(int(row)) for row in np.flatnonzero(rows)], pa.string())
    return pc.replace_with_mask(texts, pa.array(rows), made)


def where(rows: Flags, then: Any, otherwise: Any = None) -> pa.Array:
    """Choose by row."""
    return pc.if_else(pa.array(rows), then, otherwise)
