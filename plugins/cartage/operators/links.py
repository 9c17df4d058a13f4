"""Links from a task in the Airflow UI to what a person may want to read.

Airflow asks for a link in the task's own process when the task has ended, whichever way, and keeps the answer. So the
operator remembers the address: an XCom that was never pushed would be logged as an error, on every run that has none.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseOperatorLink


class PageLink(BaseOperatorLink):
    """A page of a run, whose address the operator leaves in `FlowOperator.page`."""

    def get_link(self, operator: Any, *, ti_key: Any) -> str:  # noqa: ARG002 (Airflow's signature)
        """Give the page's address, or nothing when the run has no such page."""
        return str(operator.page)


class QualityReportLink(PageLink):
    """The quality report of a run, on its validate task; none when it had no records to check."""

    name = "Quality report"


class PlanLink(PageLink):
    """What a dry run would send, on its settle task; none of other runs."""

    name = "Plan"
