"""Chosen prices become records of a book, and those that cannot be right are set aside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cartage.errors import Complaint
from cartage.records import price
from cartage.records.batch import Batch
from cartage.records.columns import INSTANT, QUANTITY
from cartage.systems.netsuite.prices.books import day_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cartage.systems.netsuite.prices.books import Book

VERSION = "%Y-%m-%dT%H:%M:%S.%fZ"
"""How a version says its moment: as text it sorts like the moment."""

ONE = pa.array([1], pa.int64()).cast(pa.decimal128(38, 6)).cast(QUANTITY)[0]


@dataclass(frozen=True)
class Priced:
    """The prices of one book.

    Attributes:
        batch: records with their tiers.
        faults: skus of prices that cannot be right, each with the reason.
    """

    batch: Batch
    faults: dict[str, Complaint]


def records(
    book: Book,
    items: pa.Table,
    chosen: pa.Table,
    at: datetime,
    first: int,
    *,
    allow_zero: bool,
    doubtful: Sequence[int],
) -> Priced:
    """Make records of a book.

    Args:
        book: the book.
        items: columns `ITEMS` and those with days.
        chosen: columns `CHOSEN`.
        at: when it was read.
        first: row number of the first record.
        allow_zero: whether a price of 0 is one.
        doubtful: items with prices that contradict each other.
    """
    begins, ends, out = _days(book, items)
    at_item = pc.index_in(chosen["item"], value_set=items["id"].combine_chunks())
    chosen = chosen.filter(pa.array(~out[np.asarray(at_item)]))
    faults = _faults(chosen, allow_zero=allow_zero)
    ids = items["id"].to_numpy()
    faults |= dict.fromkeys(ids[(begins >= ends) & ~out & np.isin(ids, chosen["item"].to_numpy())].tolist(), _BACKWARDS)
    faults |= dict.fromkeys(doubtful, _DOUBT)
    good = chosen.filter(pc.invert(pc.is_in(chosen["item"], value_set=pa.array(list(faults), pa.int64()))))
    heads = good.group_by("item", use_threads=False).aggregate([("source", "first")]).sort_by("item")
    place = pc.index_in(heads["item"], value_set=items["id"].combine_chunks()).combine_chunks()
    rows = pa.array(range(first, first + len(heads)), pa.int64())
    sku = items["sku"].combine_chunks().take(place)
    size, where = len(heads), np.asarray(place).astype(np.int64)
    columns = {
        "price": rows,
        "key": pc.binary_join_element_wise(pa.scalar(book.id), sku, "/"),
        "version": pa.repeat(at.strftime(VERSION), size),
        "book_id": pa.repeat(book.id, size),
        "sku": sku,
        "item_id": heads["item"].cast(pa.string()),
        "state": pa.repeat("active", size),
        "currency": pa.repeat(book.currency, size),
        "online_from": _instants(begins[where], _ALWAYS),
        "online_to": _instants(ends[where], _FOR_GOOD),
        "source": heads["source_first"],
    }
    tier_rows = rows.take(pc.index_in(good["item"], value_set=heads["item"].combine_chunks()).combine_chunks())
    tables = {
        "prices": pa.table([columns[name] for name in price.PRICES.names], price.PRICES),
        "tiers": pa.table([tier_rows, good["quantity"], good["amount"]], price.TIERS),
    }
    skus = dict(zip(items["id"].to_pylist(), items["sku"].to_pylist(), strict=True))
    return Priced(Batch("price", tables), {skus[item]: complaint for item, complaint in faults.items()})


_BACKWARDS = Complaint(
    "sale_days_reversed",
    "the last day of the item's price lies before the first; mend the days in NetSuite",
    "online_to",
)
_DOUBT = Complaint(
    "duplicate_price",
    "NetSuite gives several prices for the same level, currency and quantity, and nothing says which is right",
    "tiers.amount",
)
_NO_FIRST = Complaint(
    "no_price_for_one",
    "there are prices for larger quantities but none for one unit, which the shop needs; give one in NetSuite",
    "tiers.quantity",
)
_ALWAYS, _FOR_GOOD = np.iinfo(np.int64).min, np.iinfo(np.int64).max


def _faults(chosen: pa.Table, *, allow_zero: bool) -> dict[int, Complaint]:
    """Name prices that the shop cannot have: of zero or below, or none for one unit."""
    zero = pa.scalar(0, pa.int64()).cast(pa.decimal128(38, 6)).cast(chosen["amount"].type)
    wrong = pc.less(chosen["amount"], zero) if allow_zero else pc.less_equal(chosen["amount"], zero)
    least = "below zero" if allow_zero else "zero or below"
    complaint = Complaint(
        "price_not_positive", f"a price is {least}; SFCC would ignore it and keep the old one", "tiers.amount"
    )
    found = dict.fromkeys(chosen.filter(wrong)["item"].to_pylist(), complaint)
    firsts = chosen.group_by("item", use_threads=False).aggregate([("quantity", "min")])
    late = firsts.filter(pc.greater(firsts["quantity_min"], ONE))["item"].to_pylist()
    return dict.fromkeys(late, _NO_FIRST) | found


def _days(book: Book, items: pa.Table) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give from when and until when each item's price holds, in microseconds, and which items have no price."""
    size = len(items)
    begins, ends = np.full(size, _ALWAYS), np.full(size, _FOR_GOOD)
    if book.sale_from:
        begins = _midnights(items[day_of(book.sale_from)], book, 0, _ALWAYS)
    if book.sale_to:
        ends = _midnights(items[day_of(book.sale_to)], book, 1, _FOR_GOOD)
    out = (begins == _ALWAYS) & (ends == _FOR_GOOD) & (not book.undated)
    return begins, ends, out


def _midnights(days: pa.ChunkedArray, book: Book, later: int, missing: int) -> np.ndarray:
    """Give the beginning of each day, or of the day after, where the book's days are: they can have 23 or 25 hours."""
    moments = {None: missing}
    for text in days.unique().drop_null().to_pylist():
        day = date.fromisoformat(text[:10]) + timedelta(days=later)
        moment = datetime.combine(day, time(), book.zone).astimezone(UTC)
        moments[text] = round(moment.timestamp()) * 1_000_000
    return np.array([moments[text] for text in days.to_pylist()], np.int64)


def _instants(values: np.ndarray, missing: int) -> pa.Array:
    return pa.array(values, pa.int64(), mask=values == missing).cast(INSTANT)


def gone(keys: pa.Array, currencies: Sequence[str], at: datetime, first: int) -> Batch:
    """Give a record for each key of a price that there is no more.

    Args:
        keys: book, a slash, sku.
        currencies: of each key's book.
        at: when it was read.
        first: row number of the first record.
    """
    parts = pc.split_pattern(keys, "/", max_splits=1)
    size = len(keys)
    columns = {
        "price": pa.array(range(first, first + size), pa.int64()),
        "key": keys,
        "version": pa.repeat(at.strftime(VERSION), size),
        "book_id": pc.list_element(parts, 0),
        "sku": pc.list_element(parts, 1),
        "item_id": pa.nulls(size, pa.string()),
        "state": pa.repeat("gone", size),
        "currency": pa.array(currencies, pa.string()),
        "online_from": pa.nulls(size, INSTANT),
        "online_to": pa.nulls(size, INSTANT),
        "source": pa.nulls(size, pa.string()),
    }
    table = pa.table([columns[name] for name in price.PRICES.names], price.PRICES)
    return Batch("price", {"prices": table, "tiers": price.TIERS.empty_table()})
