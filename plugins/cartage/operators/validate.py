"""Validate: leave out what is not taken, check the rest against expectations, set the failures aside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cartage.operators.base import FlowOperator, Passage
from cartage.operators.links import REPORT_KEY, QualityReportLink

if TYPE_CHECKING:
    from airflow.sdk import Context

    from cartage.context import FlowContext
    from cartage.operators.runtime import Runtime
    from cartage.records.batch import Batch


class ValidateOperator(FlowOperator):
    """Check the staged records; see `FlowOperator` for the arguments."""

    operator_extra_links = (QualityReportLink(),)

    def execute(self, context: Context) -> dict[str, Any]:
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
            passed = self._check(runtime, flow, passage, context)
        return passage.with_batches(passed).as_dict()

    def _check(self, runtime: Runtime, flow: FlowContext, passage: Passage, context: Context) -> list[dict[str, Any]]:
        from cartage.operators.accounting import halt_if_too_many, quarantine
        from cartage.quality import Report, check, load_suite
        from cartage.records.batch import BatchRef

        suite = load_suite(self.record, flow.include)
        report = Report(f"{self.integration}.{self.flow}", str(passage.run), passage.read)
        passed = []
        for each in passage.batches:
            ref = BatchRef(**each)
            batch = self._sieve(runtime, flow, passage, ref.number, flow.staging.read(ref))
            checked = check(batch, suite)
            report.add(checked)
            quarantine(runtime, passage.run, "validate", checked.failures, batch=batch)
            good = batch_without(batch, [verdict.row for verdict in checked.failures])
            if len(good):
                passed.append(flow.staging.write(str(passage.run), "validated", ref.number, good).as_dict())
        self._publish(report, passage, context)
        halt_if_too_many(runtime, flow, passage.run)
        return passed

    def _sieve(self, runtime: Runtime, flow: FlowContext, passage: Passage, number: int, batch: Batch) -> Batch:
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
        take = getattr(getattr(flow.settings, self.flow), "take", None)
        columns = take.model_dump() if take is not None else {}
        skipped = sieve.skipped(batch, columns, runtime.deploy.start_at)
        outcomes.settle(passage.run, self.record, [*verdicts, *skipped])
        return batch_without(batch, [each.row for each in skipped])

    def _publish(self, report: Any, passage: Passage, context: Context) -> None:
        from airflow.sdk import ObjectStoragePath

        from cartage.operators.runtime import staging_root

        name = f"{self.integration}.{self.flow}"
        path = ObjectStoragePath(staging_root()) / "reports" / name / f"{passage.run}.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(report.html().encode())
        context["ti"].xcom_push(key=REPORT_KEY, value=f"/cartage/reports/{name}/{passage.run}")


def batch_without(batch: Batch, rows: list[int]) -> Batch:
    """Give the batch without these rows."""
    from cartage.operators.sieve import without

    return without(batch, rows)
