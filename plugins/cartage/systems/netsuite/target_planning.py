"""A dry run: says what would be done with each document, and compares, by reading only."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cartage.errors import Complaint
from cartage.records.document import newest
from cartage.seams import Planned
from cartage.systems.netsuite import comparing, payload
from cartage.systems.netsuite.target_documents import records_of, resolved

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor

    from cartage.records.batch import Batch
    from cartage.systems.netsuite.reading import Reader
    from cartage.systems.netsuite.target_deciding import Desk, DocumentId
    from cartage.systems.netsuite.target_documents import Document, Record
    from cartage.systems.netsuite.writing_orders import Decision


class Planner:
    """Plans one batch.

    Args:
        desk: decides.
        reader: bulk look-ups.
        executor: where records that must be read one by one are read side by side.
    """

    def __init__(self, desk: Desk, reader: Reader, executor: Executor) -> None:
        self._desk = desk
        self._reader = reader
        self._executor = executor
        self._decisions: dict[DocumentId, Decision | None] = {}
        self._customers: dict[DocumentId, Decision] = {}
        self._ids: dict[str, str] = {}

    def plan(self, documents: Batch) -> Iterator[Planned]:
        """Say what a run would do with each document of the batch."""
        records, older = newest(records_of(documents))
        for record in older:
            yield from map(_superseded, record.documents)
        self._decisions = self._desk.decide(records, {})
        self._customers = self._choose([each for each in records if self._desk.needs_customer(each, self._decisions)])
        self._ids = _internal_ids(self._customers)
        for planned in self._with_comparisons(records, list(self._executor.map(self._one, records))):
            yield from planned

    def _choose(self, records: list[Record]) -> dict[DocumentId, Decision]:
        """Decide about the customers of these records."""
        wanted = {each.id: each for record in records for each in record.customers}
        return self._desk.customers([(each, None) for each in wanted.values()])

    def _one(self, record: Record) -> list[Planned]:
        """Say what would be done with one record's documents."""
        plans = []
        for document in record.customers:
            decision = self._customers.get(document.id)
            if decision is not None:
                if self._desk.customer_needs_look(document, decision, None):
                    decision = self._desk.customer_closer(document, decision)
                plans.append(self._plan(document, decision))
        for document in record.sent:
            decision = self._decisions.get(document.id) or self._desk.closer(document, self._ids)
            self._decisions[document.id] = decision
            plans.append(self._plan(document, decision))
        return plans

    def _plan(self, document: Document, decision: Decision) -> Planned:
        body = document.body if decision.action == "adopt" else decision.body  # what we would have written
        return Planned(
            document.row,
            document.wanted,
            decision.action,
            payload.dumps(resolved(body, self._ids)) if body else "",
            decision.changes,
            decision.complaints,
            decision.compared,
        )

    def _with_comparisons(self, records: list[Record], plans: list[list[Planned]]) -> Iterator[list[Planned]]:
        """Put beside each order that something else wrote what we would have written."""
        found: dict[str, list[Document]] = {}
        for record in records:
            for document in record.orders:
                decision = self._decisions.get(document.id)
                if decision is not None and decision.action == "adopt" and decision.internal_id:
                    found.setdefault(decision.internal_id, []).append(document)
        if not found:
            yield from plans
            return
        taken_over = {each.row for documents in found.values() for each in documents}
        chosen = _internal_ids(self._choose([each for each in records if each.row in taken_over]))
        compared = comparing.adopted(self._reader, found, chosen)
        first = {documents[0].wanted: compared[id_] for id_, documents in found.items()}
        for each in plans:
            yield [replace(plan, compared=first.get(plan.document, plan.compared)) for plan in each]


def _internal_ids(customers: dict[DocumentId, Decision]) -> dict[str, str]:
    return {id_[1]: each.internal_id for id_, each in customers.items() if each.internal_id}


def _superseded(document: Document) -> Planned:
    words = Complaint("superseded", "the same batch holds a newer copy of it")
    return Planned(document.row, document.wanted, "skip", "", complaints=(words,))
