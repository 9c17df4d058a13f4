"""What the shop sold, and from when on it counts that itself.

SFCC's turnover is the sum of all inventory transactions after the date of the allocation, taken off and given back
alike (https://salesforcecommercecloud.github.io/b2c-dev-doc/docs/current/scriptapi/html/api/class_dw_catalog_ProductInventoryRecord.html).
Of each line it matters when its units were taken off, and, of a cancelled one, when they were given back. Both are
known within a stretch: from `since` to `until`. Whatever is not certain is read as what lets the shop sell less.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cartage.records.columns import INSTANT
from cartage.systems.sfcc.inventory.units import millionths
from cartage.systems.sfcc.xml.line_ids import LETTERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from cartage.settings import Settings
    from cartage.systems.sfcc.inventory.units import Flags, Ints

FOREVER = int(np.iinfo(np.int64).max)
ROUNDED = timedelta(seconds=1)
"""How much finer the shop knows the time of a sale than its orders say."""

NEVER = -FOREVER


@dataclass(frozen=True, slots=True)
class Move:
    """A line that took units from a list; moments in microseconds of Unix time.

    Attributes:
        line: whose, as `line_keys` writes it.
        list_id: from which list.
        sku: of what.
        units: millionths.
        since: the earliest moment that the shop's turnover can have grown by them; `FOREVER`: it has not.
        back_by: moment by which they were given back; None: they were not.
        unknown: nobody but the ERP's own lines can say whether its count leaves them out.
        counted: the shop certainly counts them in this record's turnover.
    """

    line: str
    list_id: str
    sku: str
    units: int
    since: int
    back_by: int | None
    unknown: bool
    counted: bool


class Sold:
    """The lines that the shop sold, by columns.

    Args:
        booked: as in `cartage.records.booking.BOOKED`.
        settings: the run's.
    """

    def __init__(self, booked: pa.Table, settings: Settings) -> None:
        self._table = booked
        self._settings = settings
        self.units = millionths(booked["quantity"])
        self.booked = _micros(booked["booked_at"], NEVER)
        self.applied = _micros(booked["applied_by"], FOREVER)
        self.cancelled: Flags = np.asarray(booked["cancelled"], np.bool_)
        seen = _micros(booked["seen_at"], FOREVER - _DAY)
        self.back_by: Ints = np.where(self.cancelled, seen + _span(settings.inventory.allocation.skew), NEVER)
        self.since, self.until = self._stretch()
        self.lists: list[str] = booked["list_id"].to_pylist()
        self.keys = pc.binary_join_element_wise(booked["list_id"], booked["sku"], "/").combine_chunks()
        self.lines = line_keys(booked)
        own = self._by_list(lambda list_id: _bundle_only(settings, list_id) is False)
        others = self._by_list(lambda list_id: _bundle_only(settings, list_id) is True)
        bundled = np.asarray(pc.starts_with(booked["line_id"], LETTERS["bundled"]), np.bool_)
        self.counted: Flags = ~bundled | own
        self.wanted: Flags = ~bundled | (settings.orders.bundles == "exploded")
        self._takes: Flags = ~(bundled & others)

    def moved_by(self, dates: Mapping[str, int]) -> pa.Table:
        """Give columns `key` and `moved_by`: by when the shop's turnover last moved, of what moved before the date."""
        before = (self.since <= self._dates(dates)) & self._takes
        ended = np.maximum(self.until, self.back_by)
        found = pa.table({"key": self.keys.filter(pa.array(before)), "moved_by": ended[before]})
        grouped = found.group_by("key").aggregate([("moved_by", "max")])
        return pa.table({"key": grouped["key"], "moved_by": grouped["moved_by_max"]})

    def moves(self, dates: Mapping[str, int], counted_at: int) -> list[Move]:
        """Give the lines that may change an allocation: all that the ERP's count and the date do not both settle.

        Args:
            dates: of the allocations, by list.
            counted_at: when the ERP counted; an order that it has had for longer is in its count.
        """
        date = self._dates(dates)
        after = (self.since > date) & ~self.cancelled
        back = self.cancelled & (self.back_by > date) & (self.since <= date)
        unknown = (self.applied > counted_at) & ~self.cancelled
        places = np.flatnonzero((after | back | unknown) & self._takes)
        rows = self._table.select(["list_id", "sku"]).take(pa.array(places)).to_pylist()
        lines = self.lines.take(pa.array(places)).to_pylist()
        return [
            Move(
                line=line,
                list_id=row["list_id"],
                sku=row["sku"],
                units=int(self.units[place]),
                since=int(self.since[place]),
                back_by=int(self.back_by[place]) if self.cancelled[place] else None,
                unknown=bool(unknown[place] and self.wanted[place]),
                counted=bool(self.counted[place]),
            )
            for place, row, line in zip(places.tolist(), rows, lines, strict=True)
        ]

    def live(self) -> Iterator[tuple[str, str, int, int]]:
        """Give list, sku, moment of the booking and units of every line that was not cancelled."""
        kept = ~self.cancelled & self._takes
        rows = self._table.select(["list_id", "sku"]).filter(pa.array(kept))
        columns = (rows["list_id"].to_pylist(), rows["sku"].to_pylist())
        return zip(*columns, self.booked[kept].tolist(), self.units[kept].tolist(), strict=True)

    def _stretch(self) -> tuple[Ints, Ints]:
        """Give the earliest and the latest moment that the shop's turnover can have grown; `FOREVER`: it has not."""
        rounded = _span(ROUNDED)
        since, until = self.booked - rounded, self.booked + rounded
        on_order = self._by_list(self._on_order)
        if on_order.any():
            exported_since, exported_until = self._exports()
            since = np.where(on_order, np.maximum(exported_since, since), since)
            until = np.where(on_order, np.maximum(exported_until, until), until)
        return since, until

    def _exports(self) -> tuple[Ints, Ints]:
        """Give the same of the moment at which orders were marked exported: on lists with on-order it counts."""
        allocation, table = self._settings.inventory.allocation, self._table
        known = _micros(table["exported_at"], FOREVER)
        seen = _micros(table["seen_at"], FOREVER - _DAY) + _span(allocation.skew)
        since = np.where(known < FOREVER, known - _span(allocation.transfer), FOREVER)
        until = np.where(known < FOREVER, np.maximum(known, seen), FOREVER)
        if allocation.exported_by == "cartage":
            ours = (known == FOREVER) & (self.applied < FOREVER)
            told = _micros(table["acknowledged_by"], FOREVER - _DAY) + _span(allocation.skew)
            since = np.where(ours, _micros(table["arrived_at"], NEVER), since)
            until = np.where(ours, told, until)
        return since, until

    def _on_order(self, list_id: str) -> bool:
        known = self._settings.inventory.lists.get(list_id)
        return known is not None and known.on_order

    def _by_list(self, holds: Callable[[str], bool]) -> Flags:
        """Say of each line what holds of its list."""
        column = self._table["list_id"].combine_chunks().dictionary_encode()
        column = column if isinstance(column, pa.DictionaryArray) else pa.concat_arrays(column.chunks)
        flags = np.array([holds(each) for each in column.dictionary.to_pylist()], np.bool_)
        return flags[np.asarray(column.indices)] if len(flags) else np.zeros(len(column), np.bool_)

    def _dates(self, dates: Mapping[str, int]) -> Ints:
        """Give the date of each line's list; before all time where it is not told of."""
        return np.fromiter((dates.get(each, NEVER) for each in self.lists), np.int64, len(self.lists))


def line_keys(lines: pa.Table) -> pa.Array:
    """Give one text for each line, the same in the shop's lines and in the ERP's."""
    parts = [lines[name] for name in ("site", "order_no", "line_id")]
    return pc.binary_join_element_wise(*parts, "\x1f", null_handling="replace").combine_chunks()


def _bundle_only(settings: Settings, list_id: str) -> bool | None:
    """Say whether bundles have stock of their own and leave that of their members alone; None when nobody said."""
    feed = settings.inventory.feed
    return feed.headers.get(list_id, feed.header).use_bundle_inventory_only


def _micros(column: pa.ChunkedArray, missing: int) -> Ints:
    """Give moments in microseconds of Unix time."""
    return np.asarray(pc.fill_null(column.cast(INSTANT).cast(pa.int64()), missing), np.int64)


def _span(span: timedelta) -> int:
    return span // timedelta(microseconds=1)


_DAY = _span(timedelta(days=1))
