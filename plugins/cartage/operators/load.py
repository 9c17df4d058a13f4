"""Load: send one batch of documents, or say what would be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cartage.errors import BatchError
from cartage.operators.base import FlowOperator, Passage
from cartage.records.outcome import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from airflow.sdk import Context

    from cartage.operators.runtime import Runtime
    from cartage.records.batch import Batch
    from cartage.seams import FeedBook, FeedTarget, Journal, Planned, Target

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
        from cartage.records.batch import FEEDS, BatchRef

        passage = Passage.of(self.previous)
        runtime = self.runtime()
        counts: dict[str, int] = {}
        with runtime.pinned(passage.run, passage.pin, concurrency=self.slots) as flow:
            target = runtime.target_system.target(flow)
            documents = (flow.staging.read(BatchRef(**each)) for each in passage.batches[::2])
            if passage.dry_run:
                verdicts = self._plan(runtime, passage.run, target, documents)
            elif self.record in FEEDS:
                feeds = runtime.ledger.feeds(self.integration, self.flow, passage.run)
                verdicts = self._published(runtime, passage, target, documents, feeds)
            else:
                journal = self._journal(runtime, passage)
                verdicts = self._set_aside(runtime, passage, target.write(next(documents), journal))
            runtime.ledger.outcomes.settle(passage.run, self.record, _counted(verdicts, counts))
        self.log.info("run %d, batch %d: %s", passage.run, passage.batches[0]["number"], counts)
        return counts

    def _journal(self, runtime: Runtime, passage: Passage) -> Journal:
        holder = f"load[{passage.batches[0]['number']}]"
        return runtime.ledger.journal(passage.run, self.integration, runtime.destination, holder=holder)

    def _published(
        self, runtime: Runtime, passage: Passage, target: FeedTarget, rows: Iterable[Batch], feeds: FeedBook
    ) -> Iterator[Verdict]:
        """Tell what no later run has told of, and set aside what was refused, of this run's feeds and then of earlier ones."""
        from cartage.operators.accounting import note_late
        from cartage.operators.outrun import still_news

        outrun: list[Verdict] = []
        verdicts = target.publish(still_news(runtime, passage.run, rows, outrun), feeds)
        yield from self._set_aside(runtime, passage, verdicts)
        yield from outrun
        note_late(runtime, passage.run, target.late)
        target.noted()

    def _set_aside(self, runtime: Runtime, passage: Passage, verdicts: Iterable[Verdict]) -> Iterator[Verdict]:
        """List what needs somebody, refused or not, with the record as it was before the transform."""
        from cartage.operators.accounting import needs_somebody, quarantine

        batches = Originals(runtime, passage)
        for verdict in verdicts:
            if needs_somebody(verdict):
                quarantine(runtime, passage.run, "load", [verdict], batch=batches.of(verdict.row))
            yield verdict

    def _plan(
        self, runtime: Runtime, run: int, target: Target | FeedTarget, documents: Iterable[Batch]
    ) -> Iterator[Verdict]:
        for batch in documents:
            plans = list(target.plan(batch))
            runtime.ledger.plans.put(run, plans)
            yield from _verdicts(plans)


class Originals:
    """The neutral records that a load's documents were made of, read when one is asked for, a batch at a time.

    Args:
        runtime: the flow's.
        passage: pairs of documents and records.
    """

    def __init__(self, runtime: Runtime, passage: Passage) -> None:
        self._runtime = runtime
        self._refs = passage.batches[1::2]
        self._at = -1
        self._rows: frozenset[int] = frozenset()
        self._batch: Batch | None = None

    def of(self, row: int) -> Batch:
        """Give the batch that holds the record with this row number.

        Raises:
            BatchError: none of them does; then a verdict names a row that the target was never given.
        """
        from cartage.records.batch import KINDS, BatchRef

        for _ in range(len(self._refs) + 1):  # verdicts come about in the order of the batches
            if self._batch is not None and row in self._rows:
                return self._batch
            self._at = (self._at + 1) % len(self._refs)
            self._batch = self._runtime.staging.read(BatchRef(**self._refs[self._at]))
            self._rows = frozenset(self._batch.root[KINDS[self._batch.record].LINK].to_pylist())
        raise BatchError(f"the target gave a verdict for row {row}, which this load never sent: a fault of the target")


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
