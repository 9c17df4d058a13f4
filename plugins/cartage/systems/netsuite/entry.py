"""How a flow gets at NetSuite: its transformer and its target, made for one run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartage.mapping import load_mapping
from cartage.systems.netsuite.hook import NetSuiteHook
from cartage.systems.netsuite.masking import masked
from cartage.systems.netsuite.references import NetSuiteReferences
from cartage.systems.netsuite.target import NetSuiteTarget
from cartage.systems.netsuite.transform import Transformed, to_documents

if TYPE_CHECKING:
    from collections.abc import Callable

    from cartage.context import FlowContext
    from cartage.records.batch import Batch
    from cartage.seams import Target

__all__ = ["NAME", "masked", "target", "transformer"]

NAME = "NetSuite"
"""What people call the system."""

MAPPINGS = {
    "order": ("order", "customer", "contact", "deposit"),
    "customer": ("customer", "contact"),
}
"""Mappings under ``include/mappings/netsuite`` that each kind of record needs."""


def transformer(flow: FlowContext) -> Callable[[Batch], Transformed]:
    """Give what turns a batch of the flow's records into documents.

    It asks NetSuite for references, one request at a time.

    Raises:
        SettingsError: a mapping is wrong; with file and line.
    """
    hook = NetSuiteHook(flow.integration.erp.connection, concurrency=1)
    references = NetSuiteReferences(hook, flow.settings)
    mappings = {name: load_mapping("netsuite", name, flow.include) for name in MAPPINGS[flow.record]}

    def transform(batch: Batch) -> Transformed:
        return to_documents(
            batch,
            settings=flow.settings,
            mappings=mappings,
            references=references,
            integration=flow.integration.name,
        )

    return transform


def target(flow: FlowContext) -> Target:
    """Give the target, with as many requests at a time as the task holds slots."""
    hook = NetSuiteHook(flow.integration.erp.connection, concurrency=flow.concurrency)
    return NetSuiteTarget(hook, flow.settings, flow.integration.name)
