"""Feed rows out of stock records, by columns: what each says, and by what it is known to say nothing new."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cartage.records.batch import Batch
from cartage.records.columns import INSTANT
from cartage.records.inventory_feed import ROWS
from cartage.records.stock import BEYOND
from cartage.systems.sfcc.inventory.units import millionths, numbers, quantities, texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from cartage.systems.sfcc.inventory.units import Flags, Ints

KIT = "kit"
STAMPED = "@"
"""What parts a hash that says the content once more, and why, from the content."""


@dataclass
class Figures:
    """The figures of a batch, a place a record, in millionths of a unit.

    Attributes:
        free: units that the shop may sell, before safety stock; below zero, more was sold than there was.
        safety: units to keep back.
        beyond: units that may be sold beyond the stock.
        after: of the units that the shop sold and did not take back, those that it counts from after the date itself.
        explained: units of a fall that orders explain.
        as_of: date of the allocation, microseconds of Unix time.
        touched: the shop's own turnover moved since it was last told.
        perpetual: is never sold out.
        stopped: must not be sold any more.
    """

    free: Ints
    safety: Ints
    beyond: Ints
    after: Ints
    explained: Ints
    as_of: Ints
    touched: Flags
    perpetual: Flags
    stopped: Flags


def figures_of(root: pa.Table, as_of: Ints) -> Figures:
    """Give the figures of stock records as the ERP counts them, dated, before anything the shop sold."""
    count = len(root)
    stopped = ~np.asarray(pc.fill_null(pc.equal(root["state"], "active"), False))
    handled = np.asarray(pc.is_in(root["handling"], pa.array(BEYOND)))
    return Figures(
        free=millionths(root["available"]),
        safety=np.maximum(millionths(root["safety"]), 0),
        beyond=np.where(handled & ~stopped, np.maximum(millionths(root["backorder"]), 0), 0),
        after=np.zeros(count, np.int64),
        explained=np.zeros(count, np.int64),
        as_of=as_of,
        touched=np.zeros(count, np.bool_),
        perpetual=np.asarray(pc.fill_null(root["perpetual"], False)) & ~stopped,
        stopped=stopped,
    )


def rows_of(root: pa.Table, figures: Figures, told: pa.Table, drift: pa.ChunkedArray | None = None) -> Batch:
    """Make the feed rows.

    Safety stock comes off last. What was sold beyond the stock comes off what may be sold beyond it.

    Args:
        root: stock records.
        figures: of them.
        told: what the shop was last told of them: columns `hash`, `value`, `as_of`.
        drift: how the shop has them otherwise, null where it does not; None when nobody looked.
    """
    perpetual = figures.perpetual
    allocation = np.where(figures.stopped, 0, np.maximum(figures.free + figures.after - figures.safety, 0))
    beyond = np.maximum(figures.beyond - np.maximum(-(figures.free + figures.after), 0), 0)
    value = np.maximum(allocation - figures.after, 0) + beyond
    unsold = figures.stopped | perpetual
    columns = {
        "record": root["stock"],
        "key": root["key"],
        "version": root["version"],
        "group": root["list_id"],
        "sku": root["sku"],
        "allocation": quantities(allocation, perpetual),
        "as_of": pa.array(figures.as_of, pa.int64()).cast(INSTANT),
        "perpetual": pa.array(perpetual),
        "handling": _but(unsold | ~np.asarray(pc.is_in(root["handling"], pa.array(BEYOND))), "none", root["handling"]),
        "backorder": quantities(beyond, perpetual | (figures.beyond == 0)),
        "in_stock_at": _but(unsold, pa.scalar(None, INSTANT), root["in_stock_at"]),
        "explained": quantities(_explained(figures, value, told)),
        "value": numbers(value, perpetual),
        "told": told["hash"],
        "before": told["value"],
        "drift": pa.nulls(len(root), pa.string()) if drift is None else drift,
    }
    columns["hash"] = _hashes(columns, numbers(allocation, perpetual), figures)
    return Batch("inventory_feed", {"rows": pa.table({name: columns[name] for name in ROWS.names}, ROWS)})


def _explained(figures: Figures, value: Ints, told: pa.Table) -> Ints:
    """Give how much of a fall since what was told last orders explain."""
    if not figures.explained.any():
        return figures.explained
    fall: Ints = np.maximum(millionths(told["value"].cast(pa.decimal128(38, 6))) - value, 0)
    explained: Ints = np.minimum(figures.explained, fall)
    return explained


def _hashes(columns: dict[str, pa.Array], allocation: pa.Array, figures: Figures) -> pa.Array:
    """Give what tells one row's content from another's. It is short, so it is the content itself.

    An allocation of 10 after the shop sold 3 and 3 came back says the same as the 10 before, and yet must go out:
    the shop still takes its 3 off. So where the shop's own turnover moved since it was last told, up to the
    allocation's date, the date becomes part of the hash. Where nothing moved, the hash told last is given again,
    with the date it may have, so that a row goes out once for what moved and not twice.

    Args:
        columns: of the rows.
        allocation: as a number, null where it is perpetual.
        figures: of the rows.
    """
    parts = [_or(allocation, "perpetual"), _one(columns["handling"])]
    parts.append(_or(columns["backorder"], "", texts))
    parts.append(_or(_one(columns["in_stock_at"]), "", _micros))
    content = pc.binary_join_element_wise(*parts, "|")
    last = _one(columns["told"])
    hashes = content
    if pc.any(pc.match_substring(last, STAMPED)).as_py():
        same = pc.fill_null(pc.equal(pc.replace_substring_regex(last, f"{STAMPED}.*$", ""), content), False)
        hashes = pc.if_else(same, last, content)
    touched = figures.touched & ~figures.perpetual
    if touched.any():
        date = pc.cast(pa.array(figures.as_of // 1_000_000), pa.string())
        hashes = pc.if_else(pa.array(touched), pc.binary_join_element_wise(content, date, STAMPED), hashes)
    return hashes


def _but(these: Flags, value: str | pa.Scalar, column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Give some rows another value; most often none."""
    return pc.if_else(pa.array(these), value, column) if these.any() else column


def _or(column: pa.Array, nothing: str, write: Callable[[pa.Array], pa.Array] = lambda text: text) -> pa.Array | str:
    """Write a column, and a word where it is null."""
    if column.null_count == len(column):
        return nothing
    return pc.fill_null(write(column), nothing) if column.null_count else write(column)


def _micros(moments: pa.Array) -> pa.Array:
    return pc.cast(pc.cast(moments, pa.int64()), pa.string())


def _one(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
