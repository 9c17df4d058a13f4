"""inventory_feed_full, inventory_feed_delta: rows of stock, as fetched from the ERP, to the finished feed on disk.

A million rows, each an item at a location, go through everything a run of the flow does with them between the ERP
and the shop: they are added up to lists, dated and allotted so that nothing is oversold, held against what the shop was last
told, and what is news is written as a feed. `full` tells everything for the first time; `delta` reads everything
again, after 1 % of the quantities changed. Beside both: the same full feed written element by element with
`lxml.etree.xmlfile`, from texts that are ready.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from lxml import etree

from benchmarks.figures import Figure
from benchmarks.memory import Growth
from cartage.integrations import include_folder
from cartage.ledger.told import VALUES
from cartage.operators.feeding import unlike
from cartage.records.booking import BOOKED
from cartage.records.columns import QUANTITY
from cartage.seams import Told
from cartage.settings import load_settings
from cartage.systems.netsuite.stock.aggregate import aggregate
from cartage.systems.netsuite.stock.counted import ITEMS, LEVELS, Counted, Plan
from cartage.systems.sfcc.feeds.forms import INVENTORY
from cartage.systems.sfcc.feeds.headers import headers_of
from cartage.systems.sfcc.feeds.rendering import Renderer
from cartage.systems.sfcc.feeds.rules import load
from cartage.systems.sfcc.feeds.texts import written
from cartage.systems.sfcc.feeds.writing import FeedWriter
from cartage.systems.sfcc.inventory.transform import allot

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cartage.records.batch import Batch
    from cartage.settings import Settings
    from cartage.systems.netsuite.stock.units import Ints

ROWS, CHANGED = 1_000_000, 100
"""Rows, and of how many of them one is changed."""

WRITTEN = ("sku", "allocation", "as_of", "perpetual", "handling")
"""Columns of what the feed says of each record; the other elements are empty here."""

WIDE = pa.decimal128(38, 6)

BATCHES = 150
"""What a full run is cut into (`cartage.systems.netsuite.stock.source`)."""


@dataclass(frozen=True)
class Memory:
    """What the shop was told, as if the ledger had been asked already; and no orders."""

    table: pa.Table
    at: datetime

    def told(self, keys: Sequence[str] | None = None) -> Told:
        """Give what the shop was last told."""
        return Told(self.table if keys is None else self.table.filter(pc.is_in(self.table["key"], pa.array(keys))))

    def booked(self, lists: Sequence[str], since: datetime) -> pa.Table:  # noqa: ARG002 - nothing was sold
        """Give no order."""
        return BOOKED.empty_table()

    def read_until(self) -> datetime | None:
        """Say that orders are known up to now."""
        return self.at

    def asked_until(self) -> datetime | None:
        """Say that the shop was not asked."""
        return None


@dataclass(frozen=True)
class Fetched:
    """What the ERP said: items, and their quantities at every location of a list."""

    at: datetime
    items: pa.Table
    levels: pa.Table

    def batches(self, plan: Plan) -> Iterator[Batch]:
        """Add it up, some items at a time, as the source does."""
        size, places, row = -(-len(self.items) // BATCHES), len(plan.locations), 0
        for start in range(0, len(self.items), size):
            items = self.items.slice(start, size)
            levels = self.levels.slice(start * places, len(items) * places)
            batch = aggregate(Counted(self.at, items, levels), plan, row)
            row += len(batch)
            yield batch


def fetched(at: datetime, locations: Ints) -> Fetched:
    """Make rows."""
    rng = np.random.default_rng(7)
    items = -(-ROWS // len(locations))
    ids = np.arange(1, items + 1)
    nothing = {field.name: pa.nulls(items, field.type) for field in ITEMS}
    said = {
        "id": pa.array(ids),
        "sku": pa.array([f"SKU-{number:07d}" for number in ids]),
        "kind": pa.repeat("InvtPart", items),
        "inactive": pa.repeat(pa.scalar(value=False), items),
    }
    quantities = pa.array(rng.integers(0, 500, ROWS)).cast(WIDE).cast(QUANTITY)
    of_items, at_locations = np.repeat(ids, len(locations))[:ROWS], np.tile(locations, items)[:ROWS]
    levels = [pa.array(of_items), pa.array(at_locations), quantities, quantities]
    return Fetched(at, pa.table({**nothing, **said}, ITEMS), pa.table(levels, LEVELS))


def changed(rows: Fetched) -> Fetched:
    """Change some quantities."""
    more = np.zeros(ROWS, np.int64)
    more[::CHANGED] = 1
    available = pc.add(rows.levels["available"], pa.array(more).cast(WIDE).cast(QUANTITY)).cast(QUANTITY)
    return Fetched(rows.at, rows.items, rows.levels.set_column(2, LEVELS.field("available"), available))


def told_of(rows: Fetched, settings: Settings) -> Memory:
    """Give what the shop has been told once these rows went out."""
    nobody = Memory(VALUES.empty_table(), rows.at)
    batches = allot(rows.batches(Plan.of(settings)), settings, nobody)
    return Memory(pa.concat_tables(each.documents.root.select(VALUES.names) for each in batches), rows.at)


def publish(rows: Fetched, settings: Settings, memory: Memory, folder: Path) -> int:
    """Take rows to the finished feed; gives how many records it holds."""
    renderer = Renderer(INVENTORY, load(INVENTORY, include_folder()))
    transformed = allot(rows.batches(Plan.of(settings)), settings, memory)
    news = (unlike(each.documents)[1] for each in transformed)
    with FeedWriter(renderer, headers_of(INVENTORY, settings), settings.inventory.feed, folder) as writer:
        return sum(each.records for each in writer.write(news))


def write_bare(rows: Fetched, settings: Settings, folder: Path) -> float:
    """Write the full feed element by element; gives the seconds, without those that making its texts takes."""
    seconds = 0.0
    nobody = Memory(VALUES.empty_table(), rows.at)
    with (
        (folder / "bare.xml").open("wb") as file,
        etree.xmlfile(file, encoding="UTF-8") as xml,
        xml.element("inventory", nsmap={None: INVENTORY.namespace}),
    ):
        for each in allot(rows.batches(Plan.of(settings)), settings, nobody):
            texts = [written(each.documents.root[name].combine_chunks()).to_pylist() for name in WRITTEN]
            begun = time.perf_counter()
            for sku, allocation, moment, perpetual, handling in zip(*texts, strict=True):
                with xml.element("record", {"product-id": sku}):
                    with xml.element("allocation"):
                        xml.write(allocation)
                    with xml.element("allocation-timestamp"):
                        xml.write(moment)
                    with xml.element("perpetual"):
                        xml.write(perpetual)
                    with xml.element("preorder-backorder-handling"):
                        xml.write(handling)
            seconds += time.perf_counter() - begun
    return seconds


def one_location_a_list(settings: Settings) -> Settings:
    """Give settings by which a row is a record, so that both sides count the same."""
    lists = {
        name: each.model_copy(update={"locations": each.locations[:1]})
        for name, each in settings.inventory.lists.items()
    }
    return settings.model_copy(update={"inventory": settings.inventory.model_copy(update={"lists": lists})})


def full() -> Figure:
    """Measure the first feed: everything is news."""
    return _measured("inventory_feed_full", told_before=False)


def delta() -> Figure:
    """Measure a feed after a small change."""
    return _measured("inventory_feed_delta", told_before=True)


def _measured(name: str, *, told_before: bool) -> Figure:
    settings = one_location_a_list(load_settings("sfcc_netsuite", include_folder()))
    plan = Plan.of(settings)
    rows = fetched(datetime.now(UTC).replace(microsecond=0), plan.locations)
    nobody, expected = Memory(VALUES.empty_table(), rows.at), ROWS
    with tempfile.TemporaryDirectory() as folder:
        small = Fetched(rows.at, rows.items.slice(0, 100), rows.levels.slice(0, 100 * len(plan.locations)))
        publish(small, settings, nobody, _made(folder, "warm"))
        memory = told_of(rows, settings) if told_before else nobody
        if told_before:
            rows, expected = changed(rows), ROWS // CHANGED
        with Growth() as growth:
            begun = time.perf_counter()
            records = publish(rows, settings, memory, _made(folder, "feed"))
            ours = ROWS / (time.perf_counter() - begun)
        if records != expected:
            raise RuntimeError(f"{expected} records were to be told, and {records} were")
        bare = ROWS / write_bare(rows, settings, _made(folder, "bare"))
    return Figure(name, ours, "rows/s", bare, growth.peak_mb)


def _made(folder: str, name: str) -> Path:
    made = Path(folder) / name
    made.mkdir()
    return made
