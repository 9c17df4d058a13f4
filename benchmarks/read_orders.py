"""read_orders: an export of 50,000 orders into staged typed batches on disk, beside a bare walk of `lxml.etree.iterparse`.

The walk visits every element of the same file, as anything must that reads orders with it, does
nothing, and lets go of each order, so that its memory is bounded too.
"""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lxml import etree

from benchmarks.figures import Figure
from benchmarks.memory import Growth
from cartage.integrations import include_folder
from cartage.mapping.source import load_source
from cartage.staging import Staging
from cartage.systems.sfcc.batching import Batcher
from cartage.systems.sfcc.xml.reader import DocumentReader, Reading
from cartage.systems.sfcc.xml.tables import VERSION_TIME, Numbers, Origin
from sandbox.shop.bulk import write_bulk

if TYPE_CHECKING:
    from cartage.mapping.source import SourceMapping
    from cartage.records.batch import BatchRef

ORDERS = 50_000
BATCH_RECORDS = 1000


def stage(path: Path, mapping: SourceMapping, staging: Staging) -> list[BatchRef]:
    """Read an export and stage it in batches, as a run does, and say where they are."""
    numbers, reading = Numbers.start("order"), Reading()
    origin = Origin("RefArch", path.name, datetime.now(UTC).strftime(VERSION_TIME), 0, {})
    batcher = Batcher("order", BATCH_RECORDS, path.stat().st_size)
    staged, seen = [], 0
    for read in DocumentReader(mapping).read(path, origin, numbers, reading):
        for batch in batcher.add(read, reading.size - seen):
            staged.append(staging.write("1", "extracted", len(staged), batch.batch))
        seen = reading.size
    staged += [staging.write("1", "extracted", len(staged) + n, each.batch) for n, each in enumerate(batcher.rest())]
    if reading.damage or reading.doubts:
        raise RuntimeError(f"the benchmark's orders must be sound: {reading.damage or reading.doubts[0]}")
    return staged


def walk(path: Path) -> None:
    """Visit every element and do nothing with it."""
    for _, element in etree.iterparse(path):
        if element.tag.endswith("}order"):
            element.clear()


def run() -> Figure:
    """Measure."""
    mapping = load_source("sfcc", "order", include_folder())
    with tempfile.TemporaryDirectory() as folder:
        warm, path = Path(folder) / "warm.xml", Path(folder) / "RefArch_orders_20260615T120000.xml"
        write_bulk(warm, 50)
        write_bulk(path, ORDERS)
        stage(warm, mapping, Staging(str(Path(folder) / "warm")))
        walk(warm)
        size = path.stat().st_size / 1_000_000
        with Growth() as growth:
            begun = time.perf_counter()
            staged = stage(path, mapping, Staging(str(Path(folder) / "staging")))
            ours = size / (time.perf_counter() - begun)
        orders = sum(each.records for each in staged)
        if orders != ORDERS:
            raise RuntimeError(f"{ORDERS} orders were written and {orders} read")
        begun = time.perf_counter()
        walk(path)
        baseline = size / (time.perf_counter() - begun)
    return Figure("read_orders", ours, "MB/s", baseline, growth.peak_mb)


if __name__ == "__main__":
    print(run().line())
