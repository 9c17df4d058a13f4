"""orders_pipeline: read, validate, transform and payloads, without network, beside `xmltodict` merely parsing."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import xmltodict

from benchmarks.figures import Figure
from benchmarks.memory import Growth
from benchmarks.read_orders import stage
from cartage.integrations import include_folder
from cartage.mapping import load_mapping
from cartage.mapping.source import load_source
from cartage.quality import check, load_suite
from cartage.settings import load_settings
from cartage.staging import Staging
from cartage.systems.netsuite.entry import MAPPINGS
from cartage.systems.netsuite.side_by_side import Setup, transform_all
from sandbox.catalogue import CURRENCIES, LOCATIONS, PRODUCTS, SHIPPING_METHODS, SPECIAL_ITEMS, TAX_CODES
from sandbox.shop.bulk import write_bulk

if TYPE_CHECKING:
    from cartage.quality import Suite
    from cartage.records.batch import BatchRef

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
    """Take an export through all steps but the network, staged between them as in a run, and give its documents.

    It calls what the operators call, in their order: each step is done with all batches before the next begins.
    """
    include = include_folder()
    refs = stage(path, load_source("sfcc", "order", include), staging)
    checked_refs = validate(refs, load_suite("order", include), staging)
    settings = load_settings(INTEGRATION, include)
    mappings = {name: load_mapping("netsuite", name, include) for name in MAPPINGS["order"]}
    setup = Setup(settings, mappings, INTEGRATION)
    records = sum(ref.records for ref in checked_refs)
    transformed = transform_all(staging.read_each(checked_refs), setup, KnownReferences(), records)
    documents = 0
    for ref, made in zip(checked_refs, transformed, strict=True):
        staging.write("1", "documents", ref.number, made.documents)
        documents += made.documents.root.num_rows
        if made.verdicts:
            raise RuntimeError(f"the benchmark's orders must be sound: {made.verdicts[0]}")
    return documents


def validate(refs: list[BatchRef], suite: Suite, staging: Staging) -> list[BatchRef]:
    """Check staged batches, all of which must pass."""
    failed = {each.row for each in check(staging.read_each(refs, suite.reads), suite).failures}
    if failed:
        raise RuntimeError(f"the benchmark's orders must be sound, and {len(failed)} are not")
    return refs


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
