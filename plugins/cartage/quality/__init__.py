"""Validation: expectations into suites, checks of batches, and the report of a run.

What a record must be like stands in ``include/expectations/<record>.yaml``; Great Expectations decides it;
records that fail a critical expectation are quarantined, each with its reasons::

    suite = load_suite("order", include_folder())
    checked = check(batches, suite)         # all batches of a run at once: a suite has a fixed cost
    report = Report("sfcc_netsuite.orders", "17", window)
    report.add(checked)
    write(report, folder / "17.html")

Great Expectations takes seconds to import; only `load_suite` and `check` do.
"""

from cartage.quality.checks import Checked, Noted, Result, Statistics, check, share_exceeded
from cartage.quality.plan_report import Aside, PlannedRecord, PlanReport, write_plan
from cartage.quality.report import Report, write
from cartage.quality.suites import Suite, load_suite, read_suite

__all__ = [
    "Aside",
    "Checked",
    "Noted",
    "PlanReport",
    "PlannedRecord",
    "Report",
    "Result",
    "Statistics",
    "Suite",
    "check",
    "load_suite",
    "read_suite",
    "share_exceeded",
    "write",
    "write_plan",
]
