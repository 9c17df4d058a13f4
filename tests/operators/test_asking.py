"""Which proposals a run of the DAG of proposals takes up, and which answers start a run of the flow."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException

from cartage.ledger import Ledger
from cartage.operators.proposals import AskOperator, CollectOperator, SendOperator
from tests.ledger.ledger_examples import KEY
from tests.operators.test_guardrails import FLOW, NAME, TEN, Flow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def flow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flow]:
    """Give a flow whose first feed waits for an answer, over the ledger that the operators open."""
    path = tmp_path / "ledger.db"
    connection = {"conn_type": "sqlite", "host": str(path), "extra": {"key": KEY}}
    monkeypatch.setenv("AIRFLOW_CONN_CARTAGE_LEDGER", json.dumps(connection))
    ledger = Ledger.open(f"sqlite:///{path}", KEY)
    ledger.migrate()
    waiting = Flow(ledger)
    waiting.run(TEN)
    yield waiting
    ledger.close()


def context(run: str, *, proposals: list[int] | None = None, states: dict[str, str] | None = None) -> Any:
    """Give a task's context; `states` are those of other runs."""
    return {
        "dag_run": SimpleNamespace(run_id=run, dag_id=f"{NAME}.proposals"),
        "params": {"proposals": proposals},
        "ti": SimpleNamespace(get_dagrun_state=lambda _, run_id: (states or {})[run_id]),
    }


def collected(given: Any) -> list[int]:
    return CollectOperator(task_id="collect", integration=NAME).execute(given)


def test_each_proposal_is_taken_up_by_one_run(flow: Flow) -> None:
    assert flow.newest().id == 1
    assert collected(context("first")) == [1]
    assert collected(context("first")) == [1], "the task is tried again"
    assert collected(context("second", states={"first": "running"})) == []
    assert collected(context("third", states={"first": "failed"})) == [1]
    assert flow.newest().asked_by == "third"


def test_what_was_rejected_is_asked_about_when_somebody_wants_it(flow: Flow) -> None:
    collected(context("first"))
    flow.ledger.proposals.decide(1, "rejected", by="otto")
    assert collected(context("second")) == []
    assert collected(context("second", proposals=[1])) == [1]
    assert flow.newest().state == "open"


def test_nobody_is_asked_about_what_was_superseded_meanwhile(flow: Flow) -> None:
    flow.ledger.proposals.supersede(1, "nothing of it is left")
    assert AskOperator(task_id="ask", proposal=1).execute(context("first")) == {"proposal": 1, "state": "superseded"}


@pytest.mark.parametrize("state", ["rejected", "timed_out", "superseded"])
def test_only_what_was_approved_is_sent(flow: Flow, state: str) -> None:
    assert flow.flow == FLOW
    with pytest.raises(AirflowSkipException, match=f"proposal 1 is {state}"):
        SendOperator(task_id="send", answered={"proposal": 1, "state": state}).execute(context("first"))
