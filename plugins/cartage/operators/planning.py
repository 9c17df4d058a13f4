"""The plan of a dry run, shown: from the ledger's plans to a page beside the quality report."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from airflow.sdk import ObjectStoragePath

from cartage.operators.runtime import staging_root

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cartage.ledger.runs import Run
    from cartage.operators.runtime import Runtime
    from cartage.quality import PlannedRecord, PlanReport
    from cartage.seams import Planned


def publish_plan(runtime: Runtime, run: Run) -> str:
    """Write the page of a dry run where the console finds it, and give its address.

    Args:
        runtime: the flow's.
        run: the dry run, all of its records accounted for.
    """
    from cartage.quality import write_plan

    report = collect(runtime, run)
    name = f"{run.id}-plan"
    page = ObjectStoragePath(staging_root()) / "reports" / report.flow / f"{name}.html"
    write_plan(report, page)  # type: ignore[arg-type]
    return f"/cartage/reports/{report.flow}/{name}"


def collect(runtime: Runtime, run: Run) -> PlanReport:
    """Add up a dry run's plans, values of people masked by the system that would be written to."""
    from cartage.quality import Aside, PlanReport

    system = runtime.target_system
    report = PlanReport(f"{run.integration}.{run.flow}", str(run.id), run.window, system.NAME)
    planned = _records(runtime.ledger.plans.of(run.id), system.masked)
    upcoming = next(planned, None)
    for verdict in runtime.ledger.outcomes.verdicts(run.id, runtime.record):  # both by row, so neither is held whole
        if upcoming is not None and upcoming.row == verdict.row:
            report.add(upcoming)
            upcoming = next(planned, None)
        else:
            report.set_aside(Aside(verdict.key, verdict.outcome.value, verdict.complaints))
    return report


def _records(plans: Iterator[Planned], masked: Callable[[Planned], Planned]) -> Iterator[PlannedRecord]:
    from cartage.quality import PlannedRecord

    for row, documents in groupby(plans, key=lambda each: each.row):
        of_row = [masked(each) for each in documents]
        yield PlannedRecord(row, of_row[0].document.key, of_row)
