from __future__ import annotations

from datetime import timedelta

import pytest
from airflow.sdk import RetryAction

from cartage.errors import BatchError, Complaint, RecordError, RetryableError, SettingsError, UncertainError
from cartage.retrying import LONGEST_DELAY, ErrorTreePolicy
from cartage.systems.sfcc.hook import Problem, ShopRefused

POLICY = ErrorTreePolicy()


@pytest.mark.parametrize(
    "error",
    [
        BatchError("wrong password"),
        SettingsError("no", file="a.yaml"),
        RecordError("k", Complaint("c", "m")),
        ShopRefused("GET /orders", Problem(400, "Bad Request", "", "")),
    ],
)
def test_what_no_retry_mends_fails_at_once(error: Exception) -> None:
    assert POLICY.evaluate(error, 1, 5).action is RetryAction.FAIL


def test_the_other_side_says_how_long_to_wait() -> None:
    decision = POLICY.evaluate(RetryableError("busy", retry_after=7.5), 1, 5)
    assert decision.action is RetryAction.RETRY
    assert decision.retry_delay == timedelta(seconds=7.5)


@pytest.mark.parametrize("error", [RetryableError("busy"), UncertainError("no answer"), KeyError("a defect")])
def test_everything_else_waits_longer_each_time(error: Exception) -> None:
    delays = [POLICY.evaluate(error, number, 9).retry_delay for number in (1, 3, 30)]
    assert delays[0] < delays[1] <= delays[2] <= LONGEST_DELAY


def test_the_policy_survives_the_serialized_dag() -> None:
    assert isinstance(ErrorTreePolicy.deserialize(POLICY.serialize()), ErrorTreePolicy)
