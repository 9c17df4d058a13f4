"""Guardrails against a real ledger: what is held, what the next runs make of it, and what a person is asked."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from cartage.operators.asking import Question
from cartage.operators.base import Passage
from cartage.operators.guardrails import conclude, hold
from cartage.records.columns import INSTANT
from cartage.records.outcome import Outcome, Verdict
from cartage.settings.guardrails import PriceGuardrail, StockGuardrail
from cartage.windows import Selection, Window
from tests.ledger.ledger_examples import KEY, NOON
from tests.ledgers import new_ledger
from tests.operators.test_judging import Row, falls, table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cartage.ledger import Ledger, State
    from cartage.ledger.proposals import Proposal

NAME, FLOW, RECORD = "shop_erp", "inventory", "stock"
RULES = StockGuardrail(to_zero_share=0.2, to_zero_min=3)
TEN = [Row(f"s{number}", None, "9") for number in range(10)]


@dataclass
class Flow:
    """A flow's runs over one ledger; each reads the rows it is given."""

    ledger: Ledger
    rules: Any = RULES
    integration: Any = field(default_factory=lambda: SimpleNamespace(name=NAME))
    flow: str = FLOW
    record: str = RECORD
    events: list[str] = field(default_factory=list)

    def run(self, rows: list[Row], selection: Selection | None = None) -> set[str]:
        """Run, tell the shop of what is not held, and give the skus that are."""
        selection = selection or Selection()
        now = datetime.now(UTC)
        run = self.ledger.runs.open(
            integration=NAME, flow=FLOW, dag_id=f"{NAME}.{FLOW}", dag_run_id=f"run at {now}", run_type="manual",
            started_by=None, window=Window(None, now), selection=selection, settings_digest="0",
        )  # fmt: skip
        told = {row["key"]: row["value"] for row in self.ledger.outcomes.known_values(NAME, RECORD).to_pylist()}
        rows = [replace(each, before=told.get(f"{each.group}/{each.sku}")) for each in rows]
        judged = table(rows)
        self.ledger.tallies.put(run, RECORD, 0, {"extracted": len(rows)})
        noted = judged.select(["record", "key", "hash", "value"]).rename_columns(["row", "key", "hash", "value"])
        noted = noted.append_column("version", pa.array([now.isoformat()] * len(rows), pa.string()))
        noted = noted.append_column("as_of", pa.array([NOON] * len(rows), INSTANT))
        self.ledger.outcomes.extracted(run, RECORD, noted, 0)
        settings: Any = SimpleNamespace(
            settings=SimpleNamespace(**{FLOW: SimpleNamespace(guardrail=self.rules)}), flow=FLOW
        )
        runtime: Any = self
        held = set(hold(runtime, settings, Passage(run, "0", {}, selection.dry_run, ()), judged).to_pylist())
        sent = [Verdict(row, f"{each.group}/{each.sku}", Outcome.CREATED)
                for row, each in enumerate(rows) if row not in held]  # fmt: skip
        self.ledger.outcomes.settle(run, RECORD, sent)
        balance = self.ledger.outcomes.balance(run)[RECORD]
        assert (balance.unaccounted, balance.count(Outcome.HELD)) == (0, len(held))
        self.ledger.runs.close(run, "settled")
        if not selection.dry_run:
            conclude(runtime, self.ledger.runs.get(run), self.context())
        return {rows[row].sku for row in held}

    def context(self) -> Any:
        """Give a task's context as far as `conclude` needs it."""
        told = SimpleNamespace(add=lambda asset, extra: self.events.append(f"{asset.name} {extra['proposals']}"))
        return {"outlet_events": _Events(told)}

    def states(self, name: str) -> tuple[State, ...]:
        """Give how a record stands."""
        story = self.ledger.stories.tell(NAME, f"list/{name}")
        return story.states if story else ()

    def newest(self) -> Proposal:
        """Give the newest proposal."""
        return self.ledger.proposals.recent(NAME)[0]


class _Events:
    def __init__(self, told: Any) -> None:
        self._told = told

    def __getitem__(self, alias: object) -> Any:
        return self._told


@pytest.fixture
def flow(tmp_path: Path) -> Iterator[Flow]:
    ledger = new_ledger(tmp_path / "ledger.db", KEY)
    yield Flow(ledger)
    ledger.close()


@pytest.fixture
def stocked(flow: Flow) -> Flow:
    """Give a flow whose first feed was approved and sent."""
    flow.run(TEN)
    flow.ledger.proposals.decide(flow.newest().id, "approved", by="erika")
    assert flow.run(TEN) == set()
    assert flow.newest().state == "sent"
    flow.events.clear()
    return flow


def test_the_first_feed_asks_once(flow: Flow) -> None:
    everything = {each.sku for each in TEN}
    assert flow.run(TEN) == everything
    assert flow.run(TEN[:3]) == {"s0", "s1", "s2"}
    proposal = flow.newest()
    assert (proposal.id, proposal.guardrail, proposal.rows, proposal.state) == (1, "first_feed", 10, "open")
    asked = Question.about([proposal])
    assert asked.subject == "list: first feed, 10 items"
    assert "10 of them above nought" in asked.body
    assert "a full run of the flow sends the feed" in asked.body
    assert "only" not in asked.body, "there is nothing to choose from"
    assert flow.events == ["shop_erp.proposals [1]"] * 2, "told again while nobody asks"
    flow.ledger.proposals.ask(1, "asks")
    flow.run(TEN[:1])
    assert len(flow.events) == 2


def test_a_step_that_is_cleared_late_ends_no_question_about_newer_numbers(stocked: Flow) -> None:
    given_up = stocked.ledger.runs.open(
        integration=NAME, flow=FLOW, dag_id=f"{NAME}.{FLOW}", dag_run_id="given up", run_type="scheduled",
        started_by=None, window=Window(None, NOON), selection=Selection(), settings_digest="0",
    )  # fmt: skip
    stocked.ledger.runs.close(given_up, "failed")
    assert stocked.run(falls(4)) == {"s0", "s1", "s2", "s3"}
    runtime: Any = stocked
    settings: Any = SimpleNamespace(settings=SimpleNamespace(**{FLOW: SimpleNamespace(guardrail=RULES)}), flow=FLOW)
    calm = table([Row(each.sku, "9", "8") for each in falls(4)])
    assert not len(hold(runtime, settings, Passage(given_up, "0", {}, dry_run=False, batches=()), calm))
    assert stocked.newest().state == "open"


def test_what_a_person_approved_goes_out_and_that_is_the_end_of_it(stocked: Flow) -> None:
    zeros = falls(4)
    assert stocked.run([*zeros, Row("s9", None, "8")]) == {"s0", "s1", "s2", "s3"}, "the rest goes out"
    proposal = stocked.newest()
    assert (proposal.guardrail, proposal.rows, proposal.figures["of"], proposal.figures["share"]) == (
        "to_zero",
        4,
        10,
        0.4,
    )
    assert stocked.ledger.proposals.keys(proposal.id, NAME, FLOW) == [f"list/s{number}" for number in range(4)]
    assert stocked.run(zeros) == {"s0", "s1", "s2", "s3"}
    assert stocked.newest().id == proposal.id, "nobody is asked twice about the same"
    stocked.ledger.proposals.decide(proposal.id, "approved", by="erika")
    assert stocked.run(zeros, Selection(proposals=(proposal.id,))) == set()
    assert stocked.ledger.proposals.get(proposal.id).state == "sent"

    stocked.run([replace(each, value="5") for each in zeros])
    assert stocked.run(zeros) == {"s0", "s1", "s2", "s3"}, "another fall is another question"


def test_held_records_say_where_it_is_decided(stocked: Flow) -> None:
    stocked.run(falls(4))
    (state,) = stocked.states("s0")
    assert state.outcome is Outcome.HELD
    (complaint,) = state.complaints
    assert complaint.code == "held_to_zero"
    assert f"proposal {stocked.newest().id} is decided in Airflow" in complaint.message


def test_a_no_is_not_asked_about_again_while_the_erp_says_the_same(stocked: Flow) -> None:
    stocked.run(falls(4))
    proposal = stocked.newest()
    stocked.ledger.proposals.decide(proposal.id, "rejected", by="otto")
    assert stocked.run(falls(4)) == {"s0", "s1", "s2", "s3"}
    assert stocked.newest().id == proposal.id
    (complaint,) = stocked.states("s0")[0].complaints
    assert "was answered with a no" in complaint.message
    stocked.rules = RULES.model_copy(update={"ask_again_hours": 0.0})
    stocked.run(falls(4))
    assert stocked.newest().id == proposal.id + 1


def test_a_later_run_supersedes_what_recovered(stocked: Flow) -> None:
    stocked.run(falls(4))
    first = stocked.newest()
    assert stocked.run([Row("s0", None, "7")]) == set()
    second = stocked.newest()
    assert (second.rows, stocked.ledger.proposals.get(first.id).state) == (3, "superseded")
    stocked.run([Row(f"s{number}", None, "6") for number in (1, 2, 3)])
    assert stocked.ledger.proposals.get(second.id).state == "superseded"
    assert stocked.newest().id == second.id


def test_a_dry_run_opens_nothing(stocked: Flow) -> None:
    before = stocked.newest().id
    assert stocked.run(falls(4), Selection(dry_run=True)) == {"s0", "s1", "s2", "s3"}
    assert stocked.newest().id == before
    assert stocked.events == []


def test_the_question_shows_the_figures_and_the_worst(stocked: Flow) -> None:
    stocked.run([*falls(3), replace(falls(1)[0], sku="s|7")])
    asked = Question.about([stocked.newest()])
    assert asked.subject == "list: 3 items would go to zero, 30 % of what can be sold"
    assert "The limit is 20 %. | 3 of 10 | 2 |" in asked.body
    assert "| `list` | `s0` | 9 | 0 |" in asked.body
    assert "No answer within 24 hours is\na no" in asked.body


def test_the_question_about_prices(flow: Flow) -> None:
    flow.rules = PriceGuardrail(first_feed=False)
    flow.run([Row("a|b", None, "100.500000"), Row("c", None, "3")])
    assert flow.run([Row("a|b", None, "1"), Row("c", None, "4")]) == {"a|b"}
    asked = Question.about([replace(flow.newest(), record="price")])
    assert asked.subject == "list: 1 price would move by more than 50 %"
    assert "0 would rise, 1 would fall" in asked.body
    assert "| `list` | `a&#124;b` | 100.5 | 1 |" in asked.body


def test_one_question_about_the_first_feed_of_many_lists(flow: Flow) -> None:
    flow.run([Row(f"s{item}", None, str(item), group=f"store-{store:02}") for store in range(40) for item in range(5)])
    asked = Question.about(flow.ledger.proposals.waiting(NAME))
    assert asked.subject == "inventory: first feed of 40 lists, 200 items"
    for store in range(40):
        row = f"| `store-{store:02}` | first feed, 5 items. 4 of them above nought. | 5 | {store + 1} |"
        assert row in asked.body, "each list has its figures"
    assert "| `store-00` | `s4` | nothing | 4 |" in asked.body
    assert asked.body.count("| nothing |") == 15, "and a person can still read it"
    assert "take the others out of *Approve these lists*" in asked.body
    assert list(asked.choices)[:2] == ["store-00: first feed (1)", "store-01: first feed (2)"]


def test_one_question_about_what_looks_wrong_in_several_lists(flow: Flow) -> None:
    first = [*TEN, *(replace(each, group="other") for each in TEN)]
    flow.rules = RULES.model_copy(update={"first_feed": False})
    assert flow.run(first) == set()
    flow.run([*falls(5), *falls(4, group="other")])
    asked = Question.about(flow.ledger.proposals.waiting(NAME))
    assert asked.subject == "inventory: 9 items of 2 lists look wrong"
    assert (
        "| `list` | 5 items would go to zero, 50 % of what can be sold. The limit is 20 %. | 5 of 10 | 1 |"
        in asked.body
    )
    assert "| `other` | 4 items would go to zero" in asked.body
    assert asked.body.count("to_zero_share") == 1


def test_an_approval_that_no_run_sends_expires(stocked: Flow) -> None:
    stocked.run(falls(4))
    proposal = stocked.newest()
    stocked.ledger.proposals.decide(proposal.id, "approved", by="erika")
    stocked.rules = RULES.model_copy(update={"approval_hours": 1e-9})
    assert stocked.run(falls(4), Selection(dry_run=True)) == {"s0", "s1", "s2", "s3"}
    assert stocked.ledger.proposals.get(proposal.id).state == "approved", "a dry run changes nothing"
    assert stocked.run(falls(4)) == {"s0", "s1", "s2", "s3"}
    expired = stocked.ledger.proposals.get(proposal.id)
    assert (expired.state, expired.decided_by) == ("superseded", "erika")
    assert "no run sent it in time" in str(expired.note)
    asked = stocked.newest()
    assert (asked.id, asked.state) == (proposal.id + 1, "open")
