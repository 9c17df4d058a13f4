"""Transform: turn neutral records into the documents that the target will be sent."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cartage.operators.base import FlowOperator, Passage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow.sdk import Context

    from cartage.seams import Cut

TOLD = 50
"""Shortened texts of a batch that the log names."""


class TransformOperator(FlowOperator):
    """Make documents by settings, mapping and look-ups; see `FlowOperator` for the arguments.

    It holds one slot of the ERP's pool, since it looks references up there.
    """

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Do it, and push what a person should know of the run as a whole under the key ``notes``.

        Returns:
            For each mapped load a `Passage` with pairs of batches: documents, and the records they are made of. A
            load gets one pair; of kinds that go out in feeds, one load gets all.

        Raises:
            BatchError: too large a share failed, so nothing of the run is sent.
        """
        passage = Passage.of(self.previous)
        if not passage.batches:
            return []
        from cartage.operators.accounting import halt_if_too_many, quarantine
        from cartage.records.batch import FEEDS, BatchRef

        runtime = self.runtime()
        full = runtime.ledger.runs.get(passage.run).selection.full
        with runtime.pinned(passage.run, passage.pin) as pinned:
            flow = replace(pinned, full=full, dry_run=passage.dry_run)
            transformer = runtime.target_system.transformer(flow)
            refs = [BatchRef(**each) for each in passage.batches]
            total = sum(ref.records for ref in refs)
            batches = flow.staging.read_each(refs)
            if self.record in FEEDS:
                from cartage.operators.feeding import Feeding

                fed = Feeding(runtime, flow, passage).of(zip(refs, transformer(batches, total), strict=True))
                runtime.ledger.runs.find(passage.run, flow.notes, step="transform")
                if flow.notes:
                    context["ti"].xcom_push(key="notes", value=flow.notes)
                return fed
            passages = []
            for ref, transformed in zip(refs, transformer(batches, total), strict=True):
                self._tell_of(transformed.shortened)
                if transformed.verdicts:
                    quarantine(runtime, passage.run, "transform", transformed.verdicts, batch=flow.staging.read(ref))
                if len(transformed.documents):
                    staged = flow.staging.write(str(passage.run), "documents", ref.number, transformed.documents)
                    passages.append(passage.with_batches([staged.as_dict(), ref.as_dict()]).as_dict())
            halt_if_too_many(runtime, flow, passage.run)
        return passages

    def _tell_of(self, shortened: Sequence[Cut]) -> None:
        """Say in the log which texts the target has no room for: their records go on without the rest of them."""
        for each in shortened[:TOLD]:
            self.log.warning(
                "%s: %s has %d characters, of which %d are sent", each.key, each.field, each.length, each.limit
            )
        if len(shortened) > TOLD:
            self.log.warning("%d more texts of this batch were shortened", len(shortened) - TOLD)
