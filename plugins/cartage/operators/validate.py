"""Validate: leave out what is not taken, check the rest against expectations, set the failures aside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cartage.operators.base import FlowOperator, Passage
from cartage.operators.links import QualityReportLink

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from airflow.sdk import Context

    from cartage.context import FlowContext
    from cartage.operators.runtime import Runtime
    from cartage.quality import Report
    from cartage.records.batch import Batch, BatchRef
    from cartage.records.outcome import Verdict


@dataclass(frozen=True)
class Candidate:
    """A batch that is being checked.

    Attributes:
        ref: where it is staged.
        rows: the row numbers of its records.
    """

    ref: BatchRef
    rows: frozenset[int]


class ValidateOperator(FlowOperator):
    """Check the staged records; see `FlowOperator` for the arguments."""

    operator_extra_links = (QualityReportLink(),)

    def execute(self, context: Context) -> dict[str, Any]:  # noqa: ARG002 (Airflow's signature)
        """Do it.

        Returns:
            The `Passage` with batches of the records that passed.

        Raises:
            BatchError: too large a share failed, so nothing of the run is sent; or the suite does
                not fit the records.
        """
        passage = Passage.of(self.previous)
        if not passage.batches:
            return passage.as_dict()
        runtime = self.runtime()
        with runtime.pinned(passage.run, passage.pin) as flow:
            passed = self._check(runtime, flow, passage)
        return passage.with_batches(passed).as_dict()

    def _check(self, runtime: Runtime, flow: FlowContext, passage: Passage) -> list[dict[str, Any]]:
        from cartage.ledger.expectations import Found
        from cartage.operators.accounting import halt_if_too_many
        from cartage.quality import Report, check, load_suite
        from cartage.records.batch import FEEDS

        suite = load_suite(self.record, flow.include)
        candidates: list[Candidate] = []
        # All batches of the run in one go: a suite has a fixed cost, and only the columns it names are kept.
        checked = check(self._candidates(runtime, flow, passage, candidates, suite.reads), suite)
        passed = [self._set_aside(runtime, flow, passage, each, checked.failures) for each in candidates]
        report = Report(f"{self.integration}.{self.flow}", str(passage.run), passage.read)
        report.add(checked)
        runtime.ledger.expectations.note(
            passage.run,
            (
                Found(each.rule.name, each.rule.severity, each.evaluated, each.failing_rows, each.failing_records)
                for each in checked.results
            ),
        )
        if self.record not in FEEDS:  # of feeds no row stands for a record yet: their warnings are in the report
            noted = ((each.row, each.complaints) for each in checked.warnings)
            runtime.ledger.outcomes.warn(passage.run, self.record, noted)
        self._publish(report)
        halt_if_too_many(runtime, flow, passage.run)
        return [ref.as_dict() for ref in passed if ref.records]

    def _candidates(
        self,
        runtime: Runtime,
        flow: FlowContext,
        passage: Passage,
        found: list[Candidate],
        reads: Mapping[str, Collection[str]],
    ) -> Iterator[Batch]:
        """Give each batch without what goes no further, staged anew when something was left out.

        Of a batch with hundreds of columns only those are read that the suite and the sieve look at.
        """
        from cartage.records.batch import FEEDS, KINDS, BatchRef

        kind = KINDS[self.record]
        # Feeds compare contents, not versions, and what is unchanged falls out after the transform.
        sifted = self.record not in FEEDS
        take = _take(flow, self.flow) if sifted else {}
        wanted = {**reads, kind.ROOT: {*reads[kind.ROOT], *take, *((kind.START,) if kind.START else ()), "version"}}
        refs = [BatchRef(**each) for each in passage.batches]
        for ref, whole in zip(refs, flow.staging.read_each(refs, wanted), strict=True):
            batch = self._sieve(runtime, passage, ref.number, whole, take) if sifted else whole
            if not len(batch):
                continue
            rows = batch.root[kind.LINK]
            if len(batch) < len(whole):
                left = flow.staging.read(ref).only(rows.combine_chunks())
                kept = flow.staging.write(str(passage.run), "validated", ref.number, left)
            else:
                kept = ref
            found.append(Candidate(kept, frozenset(rows.to_pylist())))
            yield batch

    def _set_aside(
        self, runtime: Runtime, flow: FlowContext, passage: Passage, candidate: Candidate, failures: Sequence[Verdict]
    ) -> BatchRef:
        """Quarantine the failures of one batch and stage the rest."""
        from cartage.operators.accounting import quarantine

        ours = [each for each in failures if each.row in candidate.rows]
        if not ours:
            return candidate.ref
        batch = flow.staging.read(candidate.ref)
        quarantine(runtime, passage.run, "validate", ours, batch=batch)
        good = batch_without(batch, [each.row for each in ours])
        return flow.staging.write(str(passage.run), "validated", candidate.ref.number, good)

    def _sieve(
        self, runtime: Runtime, passage: Passage, number: int, batch: Batch, take: Mapping[str, Sequence[str]]
    ) -> Batch:
        """Leave out what has an outcome already, what is superseded and what the settings do not take."""
        from cartage.operators import sieve

        outcomes = runtime.ledger.outcomes
        batch = batch_without(batch, runtime.ledger.copies.decided(passage.run, self.record, number))
        if not len(batch):
            return batch
        known = outcomes.known(self.integration, self.record, batch.root["key"].to_pylist())
        versions = {key: state.version for key, state in known.items() if state.version}
        verdicts = sieve.superseded(batch, versions)
        batch = batch_without(batch, [each.row for each in verdicts])
        skipped = sieve.skipped(batch, take, runtime.deploy.start_at)
        outcomes.settle(passage.run, self.record, [*verdicts, *skipped])
        return batch_without(batch, [each.row for each in skipped])

    def _publish(self, report: Report) -> None:
        """Write the report where the console finds it, and leave its address for the task's link."""
        from airflow.sdk import ObjectStoragePath

        from cartage.operators.runtime import staging_root
        from cartage.quality import write

        page = ObjectStoragePath(staging_root()) / "reports" / report.flow / f"{report.run}.html"
        write(report, page)  # type: ignore[arg-type]
        self.page = f"/cartage/reports/{report.flow}/{report.run}"


def _take(flow: FlowContext, name: str) -> dict[str, Sequence[str]]:
    """Give what the settings take of a flow's records: allowed values by column."""
    take = getattr(getattr(flow.settings, name), "take", None)
    return {} if take is None else take.model_dump()


def batch_without(batch: Batch, rows: list[int]) -> Batch:
    """Give the batch without these rows."""
    from cartage.operators.sieve import without

    return without(batch, rows)
