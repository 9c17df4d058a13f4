"""Links from a task in the Airflow UI to what a person may want to read."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseOperatorLink

REPORT_KEY = "quality_report"
PLAN_KEY = "plan"


class QualityReportLink(BaseOperatorLink):
    """The quality report of a run, on its validate task."""

    name = "Quality report"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:  # noqa: ARG002 (Airflow's signature)
        """Give the report's address, or nothing when the run had no records to check."""
        from airflow.sdk.execution_time.xcom import XCom

        found = XCom.get_value(key=REPORT_KEY, ti_key=ti_key)
        return str(found or "")


class PlanLink(BaseOperatorLink):
    """What a dry run would send, on its settle task."""

    name = "Plan"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:  # noqa: ARG002 (Airflow's signature)
        """Give the page's address, or nothing when the run was no dry run."""
        from airflow.sdk.execution_time.xcom import XCom

        found = XCom.get_value(key=PLAN_KEY, ti_key=ti_key)
        return str(found or "")
