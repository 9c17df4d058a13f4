from __future__ import annotations

import pytest
from airflow.sdk.api.datamodels._generated import DagRun, DagRunStateResponse

from cartage.operators.base import text_of
from cartage.operators.extract import UNSETTLED

KIND = DagRun.model_fields["run_type"].annotation
STATE = DagRunStateResponse.model_fields["state"].annotation


@pytest.mark.parametrize("kind", ["scheduled", "manual", "backfill", "asset_triggered"])
def test_kinds_of_runs_are_read_as_tasks_are_handed_them(kind: str) -> None:
    """A backfill that is not known for one would be read as a live run, and move the watermark."""
    assert text_of(KIND(kind)) == text_of(kind) == kind


def test_a_run_under_way_is_known_for_one() -> None:
    assert {text_of(STATE(each)) for each in UNSETTLED} == set(UNSETTLED)
    assert text_of(STATE("failed")) not in UNSETTLED
