"""NetSuite's stock as a source: what changed in a window, or everything."""

from __future__ import annotations

import logging
import math
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from cartage.errors import Complaint, SettingsError
from cartage.records.batch import empty
from cartage.seams import Read
from cartage.systems.netsuite.column_source import ColumnSource, Given, shared_skus, two_items
from cartage.systems.netsuite.stock.absent import absent, keys_of
from cartage.systems.netsuite.stock.aggregate import aggregate, sellable
from cartage.systems.netsuite.stock.counted import KIT, Counted, Plan
from cartage.systems.netsuite.stock.reading import StockReader
from cartage.systems.netsuite.stock.since import since
from cartage.systems.netsuite.stock.units import millionths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from cartage.records.outcome import Verdict
    from cartage.seams import Memory
    from cartage.settings import Settings
    from cartage.systems.netsuite.hook import NetSuiteHook
    from cartage.windows import Selection, Window

log = logging.getLogger(__name__)

MOST_COUNTED = 150
"""Batches of counted items; with those of what is gone a run stays below 200."""

MOST_ABSENT = 40
NAMED = 20
"""Locations that are named."""

FEWEST_ITEMS = 200
"""Items in a batch: each costs half a dozen requests, however few records it gives."""


class StockSource(ColumnSource):
    """Reads stock: a record for each item and inventory list.

    Everything in a batch is true for the moment of NetSuite's clock before the first query, or newer. The shop's
    order lines are read before the counts: what is committed in between is missed in the lines and seen in the
    counts, so that the shop sells less for a while and never more.

    Args:
        hook: NetSuite's transport.
        settings: all run settings.
        memory: what the ledger remembers of this flow; without it nothing that is gone can be found.
        **more: as for `ColumnSource`.
    """

    def __init__(self, hook: NetSuiteHook, settings: Settings, memory: Memory | None = None, **more: Any) -> None:
        if not settings.inventory.lists:
            raise SettingsError("inventory.lists: name at least one inventory list and the locations that feed it")
        super().__init__(hook, settings, memory, **more)

    def read(self, window: Window, selection: Selection) -> Iterator[Read]:
        """Give stock, by item.

        Args:
            window: its beginning, moved back by the overlap, says what counts as changed. Its end says nothing: what
                is counted is always the newest. Without a beginning everything is read.
            selection: with `keys`, these skus; with `full`, everything, and what the shop was told of and is gone.

        Raises:
            SettingsError: the settings name locations that NetSuite does not have.
            RetryableError: NetSuite does not answer for now, or is changed faster than it can be read.
            BatchError: NetSuite refuses the role or a query.
        """
        at = self._hook.server_time()
        with self._columns() as columns:
            reader = StockReader(columns, self._settings)
            locations = reader.locations()
            whole = not selection.keys and (selection.full or window.since is None)
            if whole:
                self._report_unmapped(reader)
            items = self._items(reader, window, selection, whole=whole)
            # What stays as it is, is said once a day and not every ten minutes.
            plan = self._plan(locations, self._note if whole else log.warning)
            run = _Run(reader, self._settings, plan, items, at, whole=whole, note=self._note)
            yield from run.counted()
            yield from run.absent(self._told(run, selection, whole=whole))

    def _plan(self, locations: pa.Table, say: Callable[[str], None]) -> Plan:
        ids, (safety, _) = locations["id"].to_pylist(), millionths(locations["safety"])
        unused = frozenset(locations["id"].filter(locations["inactive"]).to_pylist())
        mapped = {location for each in self._settings.inventory.lists.values() for location in each.locations}
        for each in sorted(unused):
            if str(each) in mapped:
                say(f"location {each} is inactive in NetSuite: what lies there is not sold")
        return Plan.of(self._settings, dict(zip(ids, safety.tolist(), strict=True)), unused)

    def _report_unmapped(self, reader: StockReader) -> None:
        found = reader.unmapped(self._settings.locations.left_out).to_pylist()
        if found:
            named = ", ".join(f"{each['id']} ({each['items']} items)" for each in found[:NAMED])
            self._note(
                f"{len(found)} locations hold stock and no inventory list takes it: {named}{' …' if found[NAMED:] else ''}; "
                "name them in inventory.lists, or in locations.left_out"
            )

    def _items(self, reader: StockReader, window: Window, selection: Selection, *, whole: bool) -> pa.Table:
        if whole:
            return reader.all_items()
        if selection.keys:
            return reader.named(selection.keys)
        assert window.since is not None
        begin = since(window.since - timedelta(minutes=self._settings.overlap_minutes), self._settings.erp_zone)
        items = reader.items(sorted(reader.changed(begin)))
        # Another item may have the same sku although it did not change.
        return reader.named(sorted(set(items["sku"].drop_null().to_pylist()))) if len(items) else items

    def _told(self, run: _Run, selection: Selection, *, whole: bool) -> pa.ChunkedArray:
        """Give the keys that the shop was told of, of all items or of those that are read."""
        if self._memory is None:
            return pa.chunked_array([], pa.string())
        if whole:
            return self._memory.told().table["key"]
        skus, given = {*run.items["sku"].drop_null().to_pylist(), *selection.keys}, run.given_keys()
        candidates = [key for key in keys_of(run.plan.lists, sorted(skus)) if key not in given]
        return self._memory.told(candidates).table["key"] if candidates else pa.chunked_array([], pa.string())


class _Run:
    """One reading."""

    def __init__(
        self,
        reader: StockReader,
        settings: Settings,
        plan: Plan,
        items: pa.Table,
        at: datetime,
        *,
        whole: bool,
        note: Callable[[str], None],
    ) -> None:
        self._note = note
        self.plan = plan
        self.items = items
        self._reader = reader
        self._settings = settings
        self._at = at
        self._given = Given()
        self._members = reader.members(self._kits(items)) if whole else None
        self._touched = since(at - timedelta(hours=settings.inventory.orders_lookback_hours), settings.erp_zone)

    def given_keys(self) -> set[str]:
        """Give the keys that records or verdicts were given of."""
        return set(self._given.keys.to_pylist())

    def counted(self) -> Iterator[Read]:
        """Give what can be sold, and name what cannot be told apart."""
        able = self.items.filter(sellable(self.items))
        twice = shared_skus(able)
        if len(twice):
            yield Read(empty("stock"), self._doubt(twice.to_pylist(), two_items(self._settings)))
        clear = able.filter(pc.invert(pc.is_in(able["sku"], value_set=twice))).sort_by("id")
        size = self._batch_items(len(clear))
        for start in range(0, len(clear), size):
            yield self._group(clear.slice(start, size))

    def absent(self, told: pa.ChunkedArray) -> Iterator[Read]:
        """Give records of nothing for what the shop was told of and was not given."""
        left = self._given.left_of(told.combine_chunks())
        lists = pc.list_element(pc.split_pattern(left, "/", max_splits=1), 0)
        ours = pc.is_in(lists, value_set=pa.array(self.plan.lists, pa.string()))
        if pc.any(pc.invert(ours)).as_py():
            foreign = ", ".join(sorted(lists.filter(pc.invert(ours)).unique().to_pylist()))
            self._note(f"the shop was told of lists that inventory.lists does not have any more: {foreign}; left alone")
        left = left.filter(ours)
        size = max(self._settings.batch_records, math.ceil(len(left) / MOST_ABSENT))
        for start in range(0, len(left), size):
            keys = left.slice(start, size)
            skus = pc.list_element(pc.split_pattern(keys, "/", max_splits=1), 1).unique().to_pylist()
            yield Read(self._given.count(absent(keys, self._reader.named(skus), self._at, self._given.rows)))

    def _batch_items(self, items: int) -> int:
        by_setting = self._settings.batch_records // len(self.plan.lists)
        return max(FEWEST_ITEMS, by_setting, math.ceil(items / MOST_COUNTED))

    def _group(self, items: pa.Table) -> Read:
        """Read and add up some items."""
        ids, kits = items["id"].to_pylist(), self._kits(items)
        members, around = self._around(ids, kits)
        lines = self._reader.order_lines(sorted({*ids, *around}), self._touched)
        inside = members.filter(pc.is_in(members["kit"], value_set=pa.array(kits, pa.int64())))["member"].to_pylist()
        levels, doubtful = self._reader.levels(sorted({*ids, *inside} - set(kits)))
        doubt = pc.is_in(items["id"], value_set=pa.array(sorted(doubtful), pa.int64()))
        verdicts = self._doubt(
            items.filter(doubt)["sku"].to_pylist(),
            Complaint(
                "duplicate_row",
                "NetSuite gives several quantities of this item at one location, and nothing says which is right; look "
                "at the item's locations there",
                "available",
            ),
        )
        clear = items.filter(pc.invert(doubt))
        counted = Counted(self._at, clear, levels, members, lines)
        return Read(self._given.count(aggregate(counted, self.plan, self._given.rows)), verdicts)

    def _kits(self, items: pa.Table) -> list[int]:
        kits: list[int] = items.filter(pc.equal(items["kind"], KIT))["id"].to_pylist()
        return kits

    def _around(self, ids: list[int], kits: list[int]) -> tuple[pa.Table, set[int]]:
        """Give what is in these kits, and in the kits that hold any of these items, and which those are."""
        if self._members is None:
            around = self._reader.kits_with(ids)
            return self._reader.members({*kits, *around}), around
        holding = self._members.filter(pc.is_in(self._members["member"], value_set=pa.array(ids, pa.int64())))
        around = set(holding["kit"].to_pylist())
        wanted = pa.array(sorted({*kits, *around}), pa.int64())
        return self._members.filter(pc.is_in(self._members["kit"], value_set=wanted)), around

    def _doubt(self, skus: Sequence[str], complaint: Complaint) -> tuple[Verdict, ...]:
        """Quarantine these skus in all lists."""
        return self._given.refuse((key, complaint) for key in keys_of(self.plan.lists, skus))
