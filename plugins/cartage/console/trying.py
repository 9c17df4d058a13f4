"""Trying a change on a real record: what its flow would send by the texts in force, and by the changed one."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cartage import yamlfile
from cartage.console.written import Text, all_texts, difference, in_force, laid_out
from cartage.context import FlowContext
from cartage.errors import BatchError, CartageError
from cartage.integrations import load_deploy
from cartage.records.batch import FEEDS, KINDS, BatchRef
from cartage.records.wire import from_json
from cartage.seams import DocumentKey, Planned
from cartage.settings import load_settings
from cartage.staging import Staging

if TYPE_CHECKING:
    from cartage.errors import Complaint
    from cartage.integrations import Integration
    from cartage.ledger import Ledger
    from cartage.ledger.samples import Sample
    from cartage.records.batch import Batch

TRIED = ("order", "customer", "shipment", "location")
"""Kinds of records that become documents; of feeds there is no payload of one record."""


@dataclass(frozen=True)
class Tried:
    """What a change does to one record.

    Attributes:
        key: the record's.
        where: where it was found, in words.
        documents: each document's name, its payload by the texts in force, and by the changed one, personal data masked.
        differences: of each document, as `difference` gives them.
        complaints: why the record would not be sent now.
    """

    key: str
    where: str
    documents: tuple[tuple[str, str, str], ...]
    differences: tuple[tuple[tuple[str, str], ...], ...]
    complaints: tuple[Complaint, ...]


def record_of(text: Text, body: str) -> str:
    """Give the kind of record that a text is tried on.

    Raises:
        BatchError: there is no payload to be shown of this one.
    """
    if text.kind == "settings":
        return "order"
    data = yamlfile.parse(body, "text").data
    record = str(data.get("record", "")) if isinstance(data, dict) else ""
    if "tables" in data or record not in TRIED or record in FEEDS:
        raise BatchError(
            "Only what makes documents of orders, customers, shipments and locations can be tried here; try this one by "
            "a dry run of its flow."
        )
    return record


def try_it(text: Text, body: str, ledger: Ledger, number: str = "") -> Tried:
    """Make a recent record's documents twice, by what is in force and by a changed text, and compare.

    The systems are only asked for references, nothing is sent, and nothing is noted.

    Raises:
        CartageError: no record is there to be tried on, or a system did not answer.
    """
    record = record_of(text, body)
    flow = text.flows[0]
    if text.kind == "mapping" and not _is_target(text, flow.integration, record):
        raise BatchError("Records of this kind go to the other system, so this mapping makes nothing of them.")
    sample, batch = _sample(ledger, flow.integration.name, record, number)
    now = _texts(ledger, flow.integration.name)
    before, _ = _documents(flow.integration, sample, batch, now)
    after, complaints = _documents(flow.integration, sample, batch, {**now, text: body})
    names = list(dict.fromkeys([*before, *after]))
    documents = tuple((name, before.get(name, ""), after.get(name, "")) for name in names)
    where = f"in quarantine as {sample.quarantine_id}" if sample.quarantine_id else f"staged by run {sample.run_id}"
    differences = tuple(difference(one, other) for _, one, other in documents)
    return Tried(sample.key, where, documents, differences, complaints)


def _is_target(text: Text, integration: Integration, record: str) -> bool:
    target = integration.erp.system if record in ("order", "customer") else integration.storefront.system
    return text.name.partition("/")[0] == target


def _texts(ledger: Ledger, integration: str) -> dict[Text, str]:
    """Give the newest revision of every text, as a run would pin them; `Text` is its own key."""
    found = {}
    for each in all_texts():
        body, revision = in_force(each, ledger)
        if revision and (each.kind == "mapping" or each.name == integration):
            found[each] = body
    return found


def _sample(ledger: Ledger, integration: str, record: str, number: str) -> tuple[Sample, Batch]:
    for sample in ledger.samples.of(integration, record, number):
        if (batch := _read(ledger, sample, record)) is not None:
            return sample, batch
    raise BatchError(
        f"There is no {record} {number or 'to try it on'}: neither in quarantine, nor staged by a recent run."
    )


def _read(ledger: Ledger, sample: Sample, record: str) -> Batch | None:
    """Read a record again; None when it is not there any more."""
    if sample.quarantine_id is not None:
        held = ledger.mending.payload(sample.quarantine_id)
        try:
            return from_json(held.body, 0) if held else None
        except (ValueError, KeyError, TypeError):
            return None
    root = os.environ.get("CARTAGE_STAGING")
    if not root:
        return None
    staging = Staging(root)
    folder = staging.root / "batches" / str(sample.run_id) / "extracted" / f"{sample.batch:05d}"
    try:
        batch = staging.read(BatchRef(str(folder), record, sample.batch, 0))
    except CartageError:
        return None
    one = batch.only(pa.array([sample.row], pa.int64()))
    return one if len(one) else None


def _documents(
    integration: Integration, sample: Sample, batch: Batch, texts: dict[Text, str]
) -> tuple[dict[str, str], tuple[Complaint, ...]]:
    """Make a record's documents by these texts: masked payloads by name, and why there are none."""
    overlay = next((body for each, body in texts.items() if each.kind == "settings"), None)
    with laid_out({each.path: body for each, body in texts.items() if each.kind == "mapping"}) as folder:
        joined = load_deploy(integration.name, folder)
        to_erp = batch.record in ("order", "customer")
        system = import_module(f"cartage.systems.{(joined.erp if to_erp else joined.storefront).system}.entry")
        context = FlowContext(
            integration=joined, flow=sample.flow, record=batch.record,
            settings=load_settings(joined.name, folder, overlay), include=folder,
            staging=Staging(os.environ.get("CARTAGE_STAGING") or str(folder / "staging")),
        )  # fmt: skip
        (made,) = system.transformer(context)([batch], len(batch))
    bodies: dict[str, str] = {}
    for row in made.documents.root.to_pylist():
        bodies[f"{row['type']} {row['external_id']}"] = _masked(system, row)
    return bodies, tuple(each for verdict in made.verdicts for each in verdict.complaints)


def _masked(system: Any, row: dict[str, Any]) -> str:
    names = ("type", "external_id", "kind", "key", "version", "hash")
    document = DocumentKey(**{name: row[name] or "" for name in names})
    planned = system.masked(Planned(row[KINDS["document"].LINK], document, "create", row["body"] or "{}"))
    try:
        return json.dumps(json.loads(planned.body), indent=2, ensure_ascii=False)
    except ValueError:
        return str(planned.body)
