"""Load: send one batch of documents, or say what would be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cartage.operators.base import FlowOperator, Passage
from cartage.records.outcome import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from airflow.sdk import Context

    from cartage.operators.runtime import Runtime
    from cartage.records.batch import Batch
    from cartage.seams import Planned, Target

PLANNED = {
    "create": Outcome.CREATED,
    "update": Outcome.UPDATED,
    "close": Outcome.UPDATED,
    "unchanged": Outcome.UNCHANGED,
    "adopt": Outcome.UNCHANGED,
    "skip": Outcome.SKIPPED,
    "quarantine": Outcome.QUARANTINED,
}
WEIGHT = ("quarantine", "create", "close", "update", "skip", "adopt", "unchanged")
"""Which of a record's planned actions names its outcome: the first that occurs."""


class LoadOperator(FlowOperator):
    """Write one batch; mapped over all of a run. See `FlowOperator` for the other arguments.

    Args:
        slots: slots of the ERP's pool this task holds, and so requests it may have under way.
    """

    def __init__(self, *, slots: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.slots = slots

    def execute(self, context: Context) -> dict[str, int]:  # noqa: ARG002 (Airflow's signature)
        """Do it.

        Returns:
            How many records ended each way.

        Raises:
            RetryableError: some documents could not be written for now; all others were.
            BatchError: nothing can be written, and no retry mends it.
        """
        from cartage.records.batch import BatchRef

        passage = Passage.of(self.previous)
        runtime = self.runtime()
        counts: dict[str, int] = {}
        with runtime.pinned(passage.run, passage.pin, concurrency=self.slots) as flow:
            documents = flow.staging.read(BatchRef(**passage.batches[0]))
            target = runtime.system(runtime.integration.erp.system).target(flow)
            if passage.dry_run:
                verdicts = self._plan(runtime, passage.run, target, documents)
            else:
                verdicts = self._write(runtime, passage, target, documents)
            runtime.ledger.outcomes.settle(passage.run, self.record, _counted(verdicts, counts))
        self.log.info("run %d, batch %d: %s", passage.run, passage.batches[0]["number"], counts)
        return counts

    def _write(self, runtime: Runtime, passage: Passage, target: Target, documents: Batch) -> Iterator[Verdict]:
        from cartage.operators.accounting import SET_ASIDE, quarantine
        from cartage.records.batch import BatchRef

        batch = passage.batches[0]["number"]
        journal = runtime.ledger.journal(
            passage.run, self.integration, runtime.integration.erp.system, holder=f"load[{batch}]"
        )
        records: Batch | None = None
        for verdict in target.write(documents, journal):
            if verdict.outcome in SET_ASIDE:
                records = records or runtime.staging.read(BatchRef(**passage.batches[1]))
                quarantine(runtime, passage.run, "load", [verdict], batch=records)
            yield verdict

    def _plan(self, runtime: Runtime, run: int, target: Target, documents: Batch) -> Iterator[Verdict]:
        plans = list(target.plan(documents))
        runtime.ledger.plans.put(run, plans)
        return _verdicts(plans)


def _verdicts(plans: Iterable[Planned]) -> Iterator[Verdict]:
    by_row: dict[int, list[Planned]] = {}
    for plan in plans:
        by_row.setdefault(plan.row, []).append(plan)
    for row, found in by_row.items():
        decisive = min(found, key=lambda plan: WEIGHT.index(plan.action))
        yield Verdict(row, decisive.document.key, PLANNED[decisive.action], decisive.complaints)


def _counted(verdicts: Iterable[Verdict], counts: dict[str, int]) -> Iterator[Verdict]:
    for verdict in verdicts:
        counts[verdict.outcome.value] = counts.get(verdict.outcome.value, 0) + 1
        yield verdict
