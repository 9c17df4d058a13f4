"""Proposals: held back, asked about once, decided once, superseded, sent; and who decided."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from cartage.errors import Complaint, SettingsError
from cartage.ledger.proposals import ROWS, Draft
from cartage.records.outcome import Outcome, Verdict
from tests.ledger.test_ledger_tallies import A, B, C, told

if TYPE_CHECKING:
    from collections.abc import Callable

    from cartage.ledger import Ledger

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
WHERE = ("shop_erp", "inventory")


def draft(*keys: str, guardrail: str = "to_zero", after: str = "0", supersedes: int | None = None) -> Draft:
    rows = [{"key": key, "before": "7", "after": after, "hash": f"h{after}"} for key in keys]
    table = pa.Table.from_pylist(rows, schema=ROWS) if keys else None
    return Draft("berlin", guardrail, {"of": 10}, table, len(keys) or 1_000_000, supersedes)


def opened(ledger: Ledger, run: int, given: Draft) -> int:
    return ledger.proposals.open(run, *WHERE, "stock", given)


def test_a_proposal_is_asked_about_by_one_run(ledger: Ledger, start: Callable[..., int]) -> None:
    number = opened(ledger, start(flow="inventory"), draft(A, B))
    assert [each.id for each in ledger.proposals.unasked(*WHERE)] == [number]
    assert ledger.proposals.unasked("shop_erp", "prices") == []
    assert ledger.proposals.ask(number, "asks-1")
    assert not ledger.proposals.ask(number, "asks-2")
    assert ledger.proposals.ask(number, "asks-1"), "a task that is tried again"
    assert ledger.proposals.unasked("shop_erp") == []
    assert [each.asked_by for each in ledger.proposals.waiting("shop_erp")] == ["asks-1"]
    assert ledger.proposals.ask(number, "asks-3", instead_of="asks-1"), "the first run died"
    assert ledger.proposals.get(number).asked_by == "asks-3"


def test_the_ledger_says_who_decided(ledger: Ledger, start: Callable[..., int]) -> None:
    number = opened(ledger, start(), draft(A))
    before = datetime.now(UTC)
    proposal = ledger.proposals.decide(number, "approved", by="erika", note="stocktaking")
    assert (proposal.state, proposal.decided_by, proposal.note) == ("approved", "erika", "stocktaking")
    assert proposal.decided_at
    assert before <= proposal.decided_at <= datetime.now(UTC)
    assert ledger.proposals.decide(number, "rejected", by="otto").decided_by == "erika", "decided once"


def test_one_answer_decides_each_of_a_question(ledger: Ledger, start: Callable[..., int]) -> None:
    yes, no, gone, elsewhere = (opened(ledger, start(), draft(A)) for _ in range(4))
    for each in (yes, no, gone):
        ledger.proposals.ask(each, "asks")
    ledger.proposals.supersede(gone, "nothing is left of it")
    ledger.proposals.ask(elsewhere, "another run asks")
    decided = ledger.proposals.answer(
        {yes: "approved", no: "rejected", gone: "approved", elsewhere: "approved"}, by="erika", asked_by="asks"
    )
    assert [(each.id, each.state, each.decided_by) for each in decided] == [
        (yes, "approved", "erika"),
        (no, "rejected", "erika"),
        (gone, "superseded", None),
        (elsewhere, "open", None),
    ]


def test_approvals_expire(ledger: Ledger, start: Callable[..., int]) -> None:
    old, rejected, waiting = (opened(ledger, start(), draft(A)) for _ in range(3))
    ledger.proposals.decide(old, "approved", by="erika")
    ledger.proposals.decide(rejected, "rejected", by="otto")
    now = datetime.now(UTC)
    assert ledger.proposals.expire("shop_erp", "prices", now) == []
    assert ledger.proposals.expire(*WHERE, now - timedelta(hours=1)) == []
    assert ledger.proposals.expire(*WHERE, now) == [old]
    assert [ledger.proposals.get(each).state for each in (old, rejected, waiting)] == ["superseded", "rejected", "open"]
    assert ledger.proposals.get(old).decided_by == "erika"


def test_what_a_run_must_know(ledger: Ledger, start: Callable[..., int]) -> None:
    run = start()
    numbers = {
        state: opened(ledger, run, draft(A, guardrail=state))
        for state in ("open", "approved", "rejected", "timed_out", "superseded")
    }
    for state in ("approved", "rejected", "timed_out"):
        ledger.proposals.decide(numbers[state], state, by=None)  # type: ignore[arg-type]
    ledger.proposals.supersede(numbers["superseded"], "nothing is left of it")
    known = [each.state for each in ledger.proposals.standing(*WHERE, LONG_AGO, LONG_AGO)]
    assert sorted(known) == ["approved", "open", "rejected", "timed_out"]
    later = datetime.now(UTC) + timedelta(seconds=1)
    assert sorted(each.state for each in ledger.proposals.standing(*WHERE, later, LONG_AGO)) == ["approved", "open"]
    assert [each.state for each in ledger.proposals.standing(*WHERE, later, later)] == ["open"]
    assert ledger.proposals.standing("shop_erp", "prices", LONG_AGO, LONG_AGO) == []


def test_a_later_proposal_takes_the_place_of_an_open_one(ledger: Ledger, start: Callable[..., int]) -> None:
    first = opened(ledger, start(), draft(A, B))
    second = opened(ledger, start(), draft(B, C, supersedes=first))
    proposal = ledger.proposals.get(first)
    assert proposal.state == "superseded"
    assert f"proposal {second}" in str(proposal.note)
    assert ledger.proposals.keys(second, *WHERE) == [B, C]
    third = opened(ledger, start(), draft(C, supersedes=second))
    assert ledger.proposals.decide(second, "approved", by="erika").state == "superseded"
    ledger.proposals.decide(third, "approved", by="erika")
    opened(ledger, start(), draft(C, supersedes=third))
    assert ledger.proposals.get(third).state == "approved", "what was decided meanwhile stays decided"


def test_rows_of_a_proposal(ledger: Ledger, start: Callable[..., int]) -> None:
    many = opened(ledger, start(), draft(*(f"berlin/{number:05}" for number in range(5_001))))
    none = opened(ledger, start(), draft(guardrail="first_feed"))
    rows = ledger.proposals.rows([many, none])
    assert (rows[many].num_rows, rows[none].num_rows, rows[many].schema) == (5_001, 0, ROWS)
    assert rows[many].slice(0, 1).to_pylist() == [{"key": "berlin/00000", "before": "7", "after": "0", "hash": "h0"}]
    assert len(ledger.proposals.keys(many, *WHERE)) == 5_001
    with pytest.raises(SettingsError, match="run the flow with `full`"):
        ledger.proposals.keys(none, *WHERE)
    for number, integration, flow in ((99, *WHERE), (many, WHERE[0], "theirs"), (many, "theirs", WHERE[1])):
        with pytest.raises(SettingsError, match=rf"{integration}\.{flow} has no proposal {number}"):
            ledger.proposals.keys(number, integration, flow)


def test_an_approved_proposal_is_over_when_all_was_told(ledger: Ledger, start: Callable[..., int]) -> None:
    number = opened(ledger, start(), draft(A, B))
    first_feed = opened(ledger, start(), draft(guardrail="first_feed"))
    waiting = opened(ledger, start(), draft(C))
    assert ledger.proposals.conclude(*WHERE, run_id=1) == []
    for each in (number, first_feed):
        ledger.proposals.decide(each, "approved", by="erika")
    run = start()
    ledger.outcomes.extracted(run, "stock", told(A, B, value="0"), 0)
    ledger.outcomes.settle(run, "stock", [Verdict(0, A, Outcome.CREATED)])
    assert ledger.proposals.conclude(*WHERE, run_id=run) == [first_feed], "B is not told yet"
    ledger.outcomes.settle(run, "stock", [Verdict(1, B, Outcome.CREATED)])
    assert ledger.proposals.conclude(*WHERE, run_id=run) == [number]
    assert ledger.proposals.get(number).state == "sent"
    ledger.proposals.decide(waiting, "approved", by="erika")
    assert ledger.proposals.conclude(*WHERE, run_id=run, carried=[waiting]) == [waiting]
    assert [each.guardrail for each in ledger.proposals.standing(*WHERE, LONG_AGO, LONG_AGO)] == ["first_feed"]


def test_a_no_can_be_asked_about_again(ledger: Ledger, start: Callable[..., int]) -> None:
    number = opened(ledger, start(), draft(A))
    ledger.proposals.ask(number, "asks-1")
    ledger.proposals.decide(number, "rejected", by="otto")
    assert ledger.proposals.reopen(WHERE[0], [number]) == [number]
    proposal = ledger.proposals.get(number)
    assert (proposal.state, proposal.asked_by, proposal.decided_by) == ("open", None, None)
    assert "rejected by otto" in str(proposal.note)
    ledger.proposals.decide(number, "timed_out", by=None)
    opened(ledger, start(), draft(A))
    assert ledger.proposals.reopen(WHERE[0], [number]) == [], "another about the same waits already"


def test_many_rows_are_held_for_one_reason(ledger: Ledger, start: Callable[..., int]) -> None:
    run = start()
    ledger.outcomes.extracted(run, "stock", told(A, B, C), 0)
    ledger.outcomes.settle(run, "stock", [Verdict(0, A, Outcome.QUARANTINED)])
    why = Complaint("held_to_zero", "berlin: proposal 7 is decided in Airflow")
    for _ in range(2):
        ledger.outcomes.hold(run, "stock", [0, 1], why)
    found = {each.key: (each.outcome, each.complaints) for each in ledger.outcomes.verdicts(run)}
    assert found == {A: (Outcome.QUARANTINED, ()), B: (Outcome.HELD, (why,))}
    known = ledger.outcomes.known("shop_erp", "stock", [A, B, C])
    assert [known[key].outcome for key in (A, B, C)] == [Outcome.QUARANTINED, Outcome.HELD, None]
    story = ledger.stories.tell("shop_erp", B)
    assert story is not None
    assert [each.complaints for each in story.states] == [(why,)]
    ledger.outcomes.settle(run, "stock", [Verdict(1, B, Outcome.CREATED)])
    assert ledger.outcomes.balance(run)["stock"].count(Outcome.HELD) == 0


def test_a_record_tells_of_its_proposals(ledger: Ledger, start: Callable[..., int]) -> None:
    run = start()
    ledger.outcomes.extracted(run, "stock", told(A), 0)
    number = opened(ledger, run, draft(A))
    ledger.proposals.decide(number, "rejected", by="otto")
    story = ledger.stories.tell("shop_erp", A)
    assert story is not None
    asked = [each.text for each in story.steps if each.what == "asked"]
    assert asked == [f"proposal {number} of to zero, 7 to 0: rejected by otto"]


def test_decided_proposals_are_forgotten_with_their_rows(ledger: Ledger, start: Callable[..., int]) -> None:
    run = start()
    gone, stays = opened(ledger, run, draft(A)), opened(ledger, run, draft(B))
    ledger.proposals.decide(gone, "rejected", by="otto")
    opened(ledger, run, draft(guardrail="first_feed"))
    later = datetime.now(UTC) + timedelta(seconds=1)
    assert ledger.forget(later)["proposals"] == 1
    assert sorted(each.id for each in ledger.proposals.recent("shop_erp")) == [stays, stays + 1]
    assert ledger.proposals.rows([gone])[gone].num_rows == 0
