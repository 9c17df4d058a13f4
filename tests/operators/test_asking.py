"""Which proposals a run of the DAG of proposals takes up, and which answers start a run of the flow."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException

from cartage.errors import RetryableError, SettingsError
from cartage.ledger.proposals import Draft
from cartage.operators.proposals import AskOperator, CollectOperator, SendOperator
from cartage.windows import Selection, Window
from tests.ledger.ledger_examples import KEY
from tests.ledgers import new_ledger
from tests.operators.test_guardrails import FLOW, NAME, TEN, Flow
from tests.operators.test_judging import Row, falls

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


FIGURES: dict[str, Any] = {"examples": [], "timeout_hours": 24, "approvers": []}


@pytest.fixture
def flow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flow]:
    """Give a flow whose first feed waits for an answer, over the ledger that the operators open."""
    path = tmp_path / "ledger.db"
    connection = {"conn_type": "sqlite", "host": str(path), "extra": {"key": KEY}}
    monkeypatch.setenv("AIRFLOW_CONN_CARTAGE_LEDGER", json.dumps(connection))
    ledger = new_ledger(path, KEY)
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


def collected(given: Any) -> list[list[int]]:
    """Give the proposals of each question."""
    asked = CollectOperator(task_id="collect", integration=NAME).execute(given)
    return [each["proposals"] for each in asked]


def ask(*numbers: int) -> AskOperator:
    return AskOperator(task_id="ask", question={"about": "inventory", "proposals": list(numbers)})


def answered(*numbers: int, option: str = "Approve", **field: list[str]) -> dict[str, Any]:
    """Answer a question about these, as Airflow tells the task when it goes on."""
    event = {
        "chosen_options": [option],
        "params_input": field,
        "responded_at": datetime.now(UTC),
        "responded_by_user": {"id": "erika", "name": "erika"},
        "timedout": False,
    }
    return ask(*numbers).execute_complete(context("first"), event)


def states(flow: Flow) -> dict[int, str]:
    return {each.id: each.state for each in flow.ledger.proposals.recent(NAME)}


def test_each_proposal_is_taken_up_by_one_run(flow: Flow) -> None:
    assert flow.newest().id == 1
    assert collected(context("first")) == [[1]]
    assert collected(context("first")) == [[1]], "the task is tried again"
    assert collected(context("second", states={"first": "running"})) == []
    assert collected(context("third", states={"first": "failed"})) == [[1]]
    assert flow.newest().asked_by == "third"


def test_all_first_feeds_of_a_flow_are_one_question_and_a_list_added_later_is_another(flow: Flow) -> None:
    flow.run([*TEN, Row("s0", None, "1", group="store")])
    assert collected(context("first")) == [[1, 2]]
    flow.run([*TEN, Row("s0", None, "1", group="store"), Row("s0", None, "1", group="added later")])
    assert collected(context("second", states={"first": "running"})) == [[3]]


def test_first_feeds_and_what_looks_wrong_are_two_questions(flow: Flow) -> None:
    flow.ledger.proposals.decide(1, "approved", by="erika")
    assert flow.run(TEN) == set()
    flow.run([*falls(4), Row("s0", None, "1", group="store")])
    assert collected(context("first")) == [[2], [3]]


def test_what_a_run_holds_is_asked_about_when_it_has_settled(flow: Flow) -> None:
    under_way = flow.ledger.runs.open(
        integration=NAME, flow=FLOW, dag_id=f"{NAME}.{FLOW}", dag_run_id="under way", run_type="manual",
        started_by=None, window=Window(None, datetime.now(UTC)), selection=Selection(), settings_digest="0",
    )  # fmt: skip
    flow.ledger.proposals.open(under_way, NAME, FLOW, "stock", Draft("store", "first_feed", FIGURES, None, 7))
    assert collected(context("first")) == [[1]]
    flow.ledger.runs.close(under_way, "settled")
    assert collected(context("second", states={"first": "running"})) == [[2]]


def test_what_was_rejected_is_asked_about_when_somebody_wants_it(flow: Flow) -> None:
    collected(context("first"))
    flow.ledger.proposals.decide(1, "rejected", by="otto")
    assert collected(context("second")) == []
    assert collected(context("second", proposals=[1])) == [[1]]
    assert flow.newest().state == "open"


def test_no_integration_asks_about_proposals_of_another(flow: Flow) -> None:
    run = flow.ledger.proposals.get(1).run_id
    theirs = flow.ledger.proposals.open(run, "theirs", FLOW, "stock", Draft("store", "first_feed", FIGURES, None, 7))
    flow.ledger.proposals.decide(theirs, "rejected", by="otto")
    with pytest.raises(SettingsError, match=rf"{NAME} has no proposal {theirs}"):
        collected(context("first", proposals=[theirs]))
    assert flow.ledger.proposals.get(theirs).state == "rejected"


def test_nobody_is_asked_about_what_was_superseded_meanwhile(flow: Flow) -> None:
    collected(context("first"))
    flow.ledger.proposals.supersede(1, "nothing of it is left")
    assert ask(1).execute(context("first")) == {"proposals": [1], "approved": []}


@pytest.fixture
def three(flow: Flow) -> Flow:
    """Give a flow whose three lists are asked about."""
    flow.run([*TEN, Row("s0", None, "1", group="berlin"), Row("s0", None, "1", group="munich")])
    assert collected(context("first")) == [[1, 2, 3]]
    return flow


def test_a_yes_is_about_all_unless_it_says_which(three: Flow) -> None:
    assert answered(1, 2, 3) == {"proposals": [1, 2, 3], "approved": [1, 2, 3]}
    assert {each.decided_by for each in three.ledger.proposals.recent(NAME)} == {"erika"}


def test_a_person_takes_some_out(three: Flow) -> None:
    chosen = ["list: first feed (1)", "munich: first feed (3)"]
    assert answered(1, 2, 3, approve=chosen) == {"proposals": [1, 2, 3], "approved": [1, 3]}
    assert states(three) == {1: "approved", 2: "rejected", 3: "approved"}


def test_a_no_is_about_all_whatever_the_form_says(three: Flow) -> None:
    assert answered(1, 2, 3, option="Reject", approve=["list: first feed (1)"])["approved"] == []
    assert set(states(three).values()) == {"rejected"}


def test_an_answer_about_something_else_decides_nothing(three: Flow) -> None:
    with pytest.raises(RetryableError, match="berlin: first feed"):
        answered(1, 2, 3, approve=["list: first feed (1)", "hamburg: first feed (4)"])
    assert set(states(three).values()) == {"open"}


def test_an_answer_leaves_alone_what_was_superseded_or_is_asked_about_elsewhere(three: Flow) -> None:
    three.ledger.proposals.supersede(1, "nothing of it is left")
    three.ledger.proposals.ask(2, "second", instead_of="first")
    assert answered(1, 2, 3) == {"proposals": [1, 2, 3], "approved": [3]}
    assert states(three) == {1: "superseded", 2: "open", 3: "approved"}


@pytest.mark.parametrize("state", ["rejected", "timed_out"])
def test_only_what_was_approved_is_sent(flow: Flow, state: Any) -> None:
    flow.ledger.proposals.decide(1, state, by=None)
    with pytest.raises(AirflowSkipException, match="nothing was approved"):
        SendOperator(task_id="send", answered={"proposals": [1], "approved": []}).execute(context("first"))
