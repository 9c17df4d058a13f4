"""orders_pipeline: read, validate, transform and payloads, without network, beside `xmltodict` merely parsing."""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import xmltodict

from benchmarks.figures import Figure
from benchmarks.memory import Growth
from cartage.integrations import include_folder
from cartage.mapping import load_mapping
from cartage.mapping.source import load_source
from cartage.operators.sieve import without
from cartage.quality import check, load_suite
from cartage.settings import load_settings
from cartage.staging import Staging
from cartage.systems.netsuite.entry import MAPPINGS
from cartage.systems.netsuite.side_by_side import Setup, transform_all
from cartage.systems.sfcc.xml.reader import DocumentReader, Limits, Reading
from cartage.systems.sfcc.xml.tables import VERSION_TIME, Numbers, Origin
from sandbox.catalogue import CURRENCIES, LOCATIONS, PRODUCTS, SHIPPING_METHODS, SPECIAL_ITEMS, TAX_CODES
from sandbox.shop.bulk import write_bulk

ORDERS = 50_000
INTEGRATION = "sfcc_netsuite"


class KnownReferences:
    """What the sandbox's NetSuite knows, without asking it."""

    def __init__(self) -> None:
        skus = [*(each.sku for each in PRODUCTS), *SPECIAL_ITEMS]
        methods = {name: id_ for name, (id_, _) in SHIPPING_METHODS.items()}
        self._names = {
            "item": {sku: str(number) for number, sku in enumerate(skus, 1)},
            "location": {id_: id_ for id_ in LOCATIONS},
            "currency": {id_: id_ for id_ in CURRENCIES},
            "tax_code": {id_: id_ for id_ in TAX_CODES} | {"default": "10"},
            "shipping_method": methods | {id_: id_ for id_ in methods.values()},
        }

    def find(self, kind: str, values: set[str]) -> dict[str, str]:
        """Give internal ids by value; a kind nobody listed knows every value."""
        known = self._names.get(kind)
        return {value: value if known is None else known[value] for value in values if known is None or value in known}


def carry(path: Path, staging: Staging) -> int:
    """Take an export through all steps but the network, staged between them as in a run, and give its documents."""
    include = include_folder()
    settings = load_settings(INTEGRATION, include)
    mappings = {name: load_mapping("netsuite", name, include) for name in MAPPINGS["order"]}
    reader = DocumentReader(load_source("sfcc", "order", include), Limits())
    origin = Origin("RefArch", path.name, datetime.now(UTC).strftime(VERSION_TIME), 0, {})
    reads = reader.read(path, origin, Numbers.start("order"), Reading())
    refs = [staging.write("1", "extracted", number, read.batch) for number, read in enumerate(reads)]
    checked = check((staging.read(ref) for ref in refs), load_suite("order", include))
    failed = {each.row for each in checked.failures}
    documents = 0
    setup = Setup(settings, mappings, INTEGRATION)
    batches = (without(staging.read(ref), sorted(failed)) for ref in refs)
    transformed = transform_all(batches, setup, KnownReferences(), sum(ref.records for ref in refs))
    for ref, made in zip(refs, transformed, strict=True):
        staging.write("1", "documents", ref.number, made.documents)
        documents += made.documents.root.num_rows
        if made.verdicts:
            raise RuntimeError(f"the benchmark's orders must be sound: {made.verdicts[0]}")
    return documents


def run() -> Figure:
    """Measure."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "RefArch_orders_20260615T120000.xml"
        write_bulk(path, ORDERS)
        staging = Staging(str(Path(folder) / "staging"))
        carry_small(folder)
        with Growth() as growth:
            begun = time.perf_counter()
            carry(path, staging)
            ours = ORDERS / (time.perf_counter() - begun)
        begun = time.perf_counter()
        with path.open("rb") as file:
            xmltodict.parse(file, item_depth=2, item_callback=lambda _path, _item: True)
        baseline = ORDERS / (time.perf_counter() - begun)
    return Figure("orders_pipeline", ours, "orders/s", baseline, growth.peak_mb)


def carry_small(folder: str) -> None:
    """Carry a few orders first, so that imports and caches of libraries count for neither side."""
    path = Path(folder) / "warm.xml"
    write_bulk(path, 50)
    carry(path, Staging(str(Path(folder) / "warm")))
