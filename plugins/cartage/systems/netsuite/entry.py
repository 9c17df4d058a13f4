"""How a flow gets at NetSuite: its source, its transformer and its target, made for one run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartage.errors import BatchError
from cartage.mapping import load_mapping
from cartage.systems.netsuite.guests import warn_of_limit
from cartage.systems.netsuite.hook import NetSuiteHook
from cartage.systems.netsuite.masking import masked
from cartage.systems.netsuite.origins import Origins
from cartage.systems.netsuite.references import NetSuiteReferences
from cartage.systems.netsuite.side_by_side import Setup, transform_all
from cartage.systems.netsuite.target import NetSuiteTarget

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from cartage.context import FlowContext
    from cartage.records.batch import Batch
    from cartage.seams import Source, Target, Transformed

__all__ = ["NAME", "masked", "source", "target", "transformer"]

NAME = "NetSuite"
"""What people call the system."""

MAPPINGS = {
    "order": ("order", "customer", "contact", "deposit"),
    "customer": ("customer", "contact"),
}
"""Mappings under ``include/mappings/netsuite`` that each kind of record needs."""


def transformer(flow: FlowContext) -> Callable[[Iterable[Batch], int], Iterator[Transformed]]:
    """Give what turns batches of the flow's records into documents, in their order, told how many records they hold.

    It asks NetSuite for references, one request at a time. Many records are transformed side by side.

    Raises:
        SettingsError: a mapping is wrong; with file and line.
    """
    hook = NetSuiteHook(flow.integration.erp.connection, concurrency=1)
    warn_of_limit(hook, flow.settings.customers)
    references = NetSuiteReferences(hook, flow.settings)
    mappings = {name: load_mapping("netsuite", name, flow.include) for name in MAPPINGS[flow.record]}
    setup = Setup(flow.settings, mappings, flow.integration.name)

    def transform(batches: Iterable[Batch], records: int) -> Iterator[Transformed]:
        return transform_all(batches, setup, references, records)

    return transform


def target(flow: FlowContext) -> Target:
    """Give the target, with as many requests at a time as the task holds slots."""
    hook = NetSuiteHook(flow.integration.erp.connection, concurrency=flow.concurrency)
    origins = Origins(
        flow.record, lambda: [load_mapping("netsuite", name, flow.include) for name in MAPPINGS[flow.record]]
    )
    return NetSuiteTarget(hook, flow.settings, flow.integration.name, origins)


def source(flow: FlowContext) -> Source:
    """Give the source of a flow out of NetSuite, with as many requests at a time as the task holds slots.

    Raises:
        BatchError: NetSuite is no source of such records.
    """
    hook = NetSuiteHook(flow.integration.erp.connection, concurrency=flow.concurrency)
    if flow.record == "stock":
        from cartage.systems.netsuite.stock.source import StockSource

        return StockSource(hook, flow.settings, flow.memory, concurrency=flow.concurrency, notes=flow.notes)
    if flow.record == "price":
        from cartage.systems.netsuite.prices.source import PriceSource

        return PriceSource(hook, flow.settings, flow.memory, concurrency=flow.concurrency, notes=flow.notes)
    if flow.record == "shipment":
        from cartage.systems.netsuite.shipments.source import ShipmentSource

        start_at = flow.integration.flow(flow.flow).start_at
        return ShipmentSource(hook, flow.settings, flow.integration.name, start_at)
    if flow.record == "location":
        from cartage.systems.netsuite.locations.source import LocationSource

        return LocationSource(hook, flow.settings)
    raise BatchError(f"NetSuite is no source of records of kind {flow.record}; this is a fault of the caller")
