"""Stock records into rows of inventory feeds: what the shop may be told so that nothing that sells out is sold again.

The ERP counts at a moment; the shop sells on, and learns of the count later. Telling it an allocation for a date
wipes out its own turnover from before that date, so an allocation is

    available, as the ERP counted it
    - units sold that this count does not leave out yet, whenever they were sold, directly or in kits
    + units of the item itself that the shop counts from after the date: it takes those off once more
    - units that the shop may give back to itself after the date, of orders from before it that were cancelled

and the date is no later than any order that may still be unknown (`dating`). The first line and the second are what
can be sold; the rest makes up for what the shop does by itself. It comes to the same as taking from the count what
was sold before the date and is not committed, and adding what was sold after it and is committed already.

Everything uncertain is read so that the shop sells less for a while. Nothing is lost by that: as soon as the date
has passed such a moment, the row is told again (`rows`).
"""

from __future__ import annotations

import logging
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cartage.errors import BatchError
from cartage.records.booking import BOOKED
from cartage.records.columns import INSTANT
from cartage.seams import Transformed
from cartage.systems.sfcc.feeds.drift import only_shown, overlaid
from cartage.systems.sfcc.feeds.told import LastTold
from cartage.systems.sfcc.inventory.ahead import ahead
from cartage.systems.sfcc.inventory.claims import Claims, Counted, of_kit
from cartage.systems.sfcc.inventory.dating import dates
from cartage.systems.sfcc.inventory.rows import KIT, figures_of, rows_of
from cartage.systems.sfcc.inventory.sold import NEVER, Move, Sold
from cartage.systems.sfcc.inventory.spool import Spool
from cartage.systems.sfcc.inventory.units import ONE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from cartage.context import FlowContext
    from cartage.records.batch import Batch
    from cartage.seams import Memory
    from cartage.settings import Settings
    from cartage.systems.sfcc.feeds.drift import Drift
    from cartage.systems.sfcc.inventory.rows import Figures
    from cartage.systems.sfcc.inventory.units import Ints

log = logging.getLogger(__name__)

LOOKED_BACK = timedelta(hours=96)
"""How far back bookings are looked at: twice as far as an allocation can be dated back."""

MOVED_ON = 1_000
"""Microseconds by which a record's date moves on at least; the shop knows milliseconds."""

SHOWN = 5
"""Records that a warning names."""


def transformer(flow: FlowContext) -> Callable[[Iterable[Batch], int], Iterator[Transformed]]:
    """Give what turns batches of stock into batches of inventory feed rows, in their order, told how many records.

    Raises:
        BatchError: the run has no memory; a fault of the caller.
    """
    from cartage.systems.sfcc.inventory.looking import looking
    from cartage.systems.sfcc.inventory.sales import asking

    memory = flow.memory
    if memory is None:
        raise BatchError("stock needs what the ledger remembers of it; this is a fault of the caller")
    ask = asking(flow)
    found = looking(flow)

    def transform(batches: Iterable[Batch], records: int) -> Iterator[Transformed]:  # noqa: ARG001 - the seam's form
        return allot(batches, flow.settings, memory, ask, found, notes=flow.notes)

    return transform


def allot(
    batches: Iterable[Batch],
    settings: Settings,
    memory: Memory,
    ask: Callable[[], datetime] | None = None,
    look: Callable[[Sequence[pa.ChunkedArray]], Drift] | None = None,
    *,
    notes: list[str] | None = None,
) -> Iterator[Transformed]:
    """Turn batches of stock into feed rows.

    Kits need what is sold of their members, which may be in any batch, so all are gone through before the first
    is turned.

    Args:
        batches: of kind stock.
        settings: the run's.
        memory: what the ledger remembers of the flow.
        ask: asks the shop for the orders that no export has brought yet; None when it is not to be asked.
        look: gives how the shop has its records otherwise than it was told, given the keys of all records; None when
            nobody is to look.
        notes: what a person should know of the run as a whole; it grows.

    Raises:
        BatchError: orders were not read for so long that no allocation can be dated.
        RetryableError: the shop does not answer for now.
    """
    with Spool() as spool:
        counted, counted_at, keys = Counted(), None, []
        for batch in spool.keep(batches):
            counted.add(batch)
            keys.append(batch.root["key"])
            oldest = pc.min(batch.root["counted_at"]).as_py()
            counted_at = min(filter(None, (counted_at, oldest)), default=None)
        # The look first: it takes its time, and allocations can be dated no later than the shop was asked.
        drift = look(keys) if look is not None else None
        if ask is not None:
            ask()
        allotment = _Allotment.made(settings, memory, counted, counted_at or datetime.now(UTC))
        told = LastTold(memory, keys)
        repair = settings.inventory.drift.found == "repair"
        starts = accumulate(map(len, keys), initial=0)

        def turned(given: tuple[pa.Table, int]) -> Transformed:
            root, start = given
            last = told.of(start, len(root))
            if drift is None or not len(drift.found):
                return Transformed(rows_of(root, allotment.figures(root, last), last), [])
            found = drift.of(root["key"])
            last = overlaid(last, found, repair=repair)
            made = Transformed(rows_of(root, allotment.figures(root, last), last, found["says"]), [])
            return made if repair else only_shown(made)

        yield from ahead(turned, zip(spool.roots(), starts, strict=False))
        allotment.report([] if notes is None else notes)


@dataclass
class _Allotment:
    """All that one run knows of sales, ready for its records.

    Attributes:
        dates: date of the allocations by list, microseconds of Unix time.
        claimed: millionths that are promised and still in the ERP's count, by the record's key.
        moves: lines that the shop counts from after the date, or may give back after it, by the record's key.
        moved_by: by when the shop's turnover last moved, by the record's key.
        news: booking moments and units taken of each record.
        counted: what the ERP says of kits and orders.
        overdrawn: keys of records of which more was sold than there is.
    """

    dates: dict[str, int]
    claimed: dict[str, int]
    moves: dict[str, list[Move]]
    moved_by: pa.Table
    news: dict[str, list[tuple[int, int]]]
    counted: Counted
    overdrawn: list[str]

    @classmethod
    def made(
        cls,
        settings: Settings,
        memory: Memory,
        counted: Counted,
        counted_at: datetime,
    ) -> _Allotment:
        """Look up what was sold, and add it up."""
        lists = list(settings.inventory.lists)
        dated = dates(settings, lists, memory.read_until(), memory.asked_until(), counted_at)
        micros = {name: _micros(date) for name, date in dated.items()}
        booked = memory.booked(lists, counted_at - LOOKED_BACK) if lists else BOOKED.empty_table()
        sold = Sold(booked, settings)
        moves = sold.moves(micros, _micros(counted_at - settings.inventory.allocation.skew))
        claims = Claims(settings)
        by_key: dict[str, list[Move]] = defaultdict(list)
        for move in moves:
            by_key[f"{move.list_id}/{move.sku}"].append(move)
        news: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for list_id, sku, at, units in sold.live():
            for key, taken in claims.taken(counted.kits, list_id, sku, units):
                news[key].append((at, taken))
        claimed = claims.add_up(counted, sold, moves)
        return cls(micros, claimed, by_key, sold.moved_by(micros), news, counted, [])

    def figures(self, root: pa.Table, last: pa.Table) -> Figures:
        """Give the figures of a batch, with everything that was sold."""
        lists = root["list_id"].combine_chunks().dictionary_encode()
        date = np.array([self._date(each) for each in lists.dictionary.to_pylist()], np.int64)[lists.indices.to_numpy()]
        told_at = np.asarray(pc.fill_null(last["as_of"].cast(INSTANT).cast(pa.int64()), NEVER))
        # Of two feeds of a date the shop would take whichever comes last: every record's date moves on with each.
        figures = figures_of(root, np.maximum(date, told_at + MOVED_ON))
        if len(self.moved_by):
            at = pc.index_in(root["key"], value_set=self.moved_by["key"].combine_chunks())
            moved = np.asarray(pc.fill_null(self.moved_by["moved_by"].take(at), NEVER))
            figures.touched = moved > told_at
        self._count(root, figures, told_at)
        return figures

    def _date(self, list_id: str) -> int:
        try:
            return self.dates[list_id]
        except KeyError:
            raise BatchError(
                f"inventory.lists has no list {list_id}, of which stock was read; run the flow anew"
            ) from None

    def _count(self, root: pa.Table, figures: Figures, told_at: Ints) -> None:
        """Bring what was sold into the figures of the records that it concerns."""
        if not (self.claimed or self.moves or self.news):
            return
        keys, kinds = root["key"].to_pylist(), root["item_kind"].to_pylist()
        for place, key in enumerate(keys):
            kit = self.counted.kits.get(key) if kinds[place] == KIT else None
            if kit is None and key not in self.claimed and key not in self.moves and key not in self.news:
                continue
            if figures.perpetual[place] or figures.stopped[place]:
                continue
            own = self.claimed.get(key, 0)
            free = int(figures.free[place])
            free = of_kit(free, kit, self.claimed, own) if kit else free - own
            after, back = self._turnover(key, int(figures.as_of[place]))
            figures.free[place] = free - back
            figures.after[place] = after
            figures.explained[place] = self._news(key, int(told_at[place]))
            if free + figures.beyond[place] < 0:
                self.overdrawn.append(key)

    def _turnover(self, key: str, date: int) -> tuple[int, int]:
        """Give what the shop takes off itself after the date, and what it may give back to itself after it."""
        after = back = 0
        for move in self.moves.get(key, ()):
            if move.back_by is None:
                after += move.units if move.since > date and move.counted else 0
            elif move.since <= date < move.back_by:
                back += move.units
        return after, back

    def _news(self, key: str, since: int) -> int:
        """Give how much orders since a moment took of a record; of a kit, what they took of its members."""
        kit = self.counted.kits.get(key)
        if not kit:
            return sum(units for at, units in self.news.get(key, ()) if at > since)
        taken = ((self._news(each.key, since), each.needed) for each in kit if each.key != key and each.needed > 0)
        return max((-(-units // needed) * ONE for units, needed in taken), default=0)

    def report(self, notes: list[str]) -> None:
        """Say what a person should know."""
        if self.overdrawn:
            said = (
                f"{len(self.overdrawn)} records have more sold than there is, for example "
                f"{', '.join(self.overdrawn[:SHOWN])}: the shop sells none of them, see the orders"
            )
            log.warning(said)
            notes.append(said)


def _micros(moment: datetime) -> int:
    return (moment - datetime.fromtimestamp(0, UTC)) // timedelta(microseconds=1)
