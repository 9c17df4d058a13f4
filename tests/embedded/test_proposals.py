"""People decide about what guardrails held: approve, reject, and no answer in time, with a running scheduler.

Questions are answered through Airflow's REST API, as its UI does. The flow is the real one, from NetSuite's stock
to the shop's inventory.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
import requests
import sqlalchemy as sa

from cartage.ledger.engine import Database
from cartage.ledger.outbound_tables import bookings
from embedded.story import READING_SECONDS
from sandbox.catalogue import PRODUCTS
from tests.embedded.running import Told, change

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cartage.ledger.proposals import Proposal
    from tests.embedded.running import Running

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

NAME = "sfcc_netsuite"
FLOW, ASKS = f"{NAME}.inventory", f"{NAME}.proposals"
LIST = "RefArch-inventory"
FALLING = 5
"""Items whose stock falls to zero; see `to_zero_min` and `to_zero_share` in the settings that the stack changes."""

BRIEF = "timeout_hours: 0.015 "  # 54 s
LONG = "timeout_hours: 24  "


class Warehouse:
    """NetSuite's stock, what the shop sells, and the questions between the two."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.client, self.proposals = running.client, running.ledger.proposals
        self.steady, *self.falling = self._untouched()[: FALLING + 1]

    def _untouched(self) -> list[str]:
        """Give items that no order of another test takes from, and no kit: their stock is what is counted here.

        Orders that wait in quarantine take from it too: room is left for what the shop sold and the ERP does not have.
        """
        ordered = self.running.ordered() | {sku for each in PRODUCTS for sku, _ in each.members}
        database = Database(f"sqlite:///{self.running.home.folder / 'ledger.db'}")
        with database.read() as connection:
            ordered |= set(connection.scalars(sa.select(bookings.c.sku).distinct()))
        database.close()
        untouched = [each.sku for each in PRODUCTS if each.kind == "inventory" and each.sku not in ordered]
        assert len(untouched) > FALLING, f"other tests order nearly everything; only {untouched} is left"
        return untouched

    def count(self, sku: str, units: int) -> float:
        """Let a stocktake find so many units of an item in all locations of the list; give what nobody has ordered."""
        free = 0.0
        for location, found in (("1", units), ("6", 0)):
            office = self.running.endpoints["netsuite"]["control"].replace("/control", "/office/receive")
            answer = requests.post(office, json={"item": sku, "location": location, "count": found}, timeout=30)
            answer.raise_for_status()
            free += max(float(answer.json()["available"]), 0)
        return free

    def sold(self, list_id: str, sku: str) -> float | None:
        """Give what the shop can sell of an item, as its own interface says; None when it knows no such stock."""
        sfcc = self.running.endpoints["sfcc"]
        login = (sfcc["client_id"], sfcc["client_secret"])
        grant = {"grant_type": "client_credentials"}
        token = requests.post(sfcc["token_url"], grant, auth=login, timeout=30).json()["access_token"]
        path = f"{sfcc['ocapi_data_url']}/inventory_lists/{list_id}/product_inventory_records/{sku}"
        answer = requests.get(path, headers={"authorization": f"Bearer {token}"}, timeout=30)
        return float(answer.json()["ats"]) if answer.ok else None

    def question(self, proposal: Proposal) -> dict[str, Any]:
        """Wait for the question about a proposal, read it for a moment, and give it."""

        def found() -> dict[str, Any] | None:
            path = f"/dags/{ASKS}/dagRuns/~/hitlDetails"
            answer = self.client.call("GET", path, params={"response_received": "false", "limit": 100})
            asked_by = self.proposals.get(proposal.id).asked_by
            ours = [each for each in answer["hitl_details"] if each["task_instance"]["dag_run_id"] == asked_by]
            return next((each for each in ours if self._is_read(each)), None)

        asked: dict[str, Any] = self.running.wait(found, f"the question about proposal {proposal.id}", 60)
        return asked

    @staticmethod
    def _is_read(question: dict[str, Any]) -> bool:
        """Say whether it was there for a while; see READING_SECONDS."""
        since = datetime.now(UTC) - datetime.fromisoformat(question["created_at"])
        return question["task_instance"]["state"] == "awaiting_input" and since.total_seconds() > READING_SECONDS

    def answer(self, question: dict[str, Any], option: str, *proposals: Proposal) -> requests.Response:
        """Answer a question; with an approval of these proposals only, where they are named."""
        task = question["task_instance"]
        path = f"/dags/{ASKS}/dagRuns/{quote(task['dag_run_id'])}/taskInstances/{task['task_id']}/{task['map_index']}"
        labels = [f"{each.group}: first feed ({each.id})" for each in proposals]
        body = {"chosen_options": [option], "params_input": {"approve": labels} if labels else {}}
        return self.client.session.patch(f"{self.client.base}/api/v2{path}/hitlDetails", json=body, timeout=60)

    def newest(self, group: str) -> Proposal:
        """Give the newest proposal of a list."""
        return next(each for each in self.proposals.recent(NAME, "inventory") if each.group == group)

    def state(self, group: str, *states: str) -> Proposal:
        """Wait until the newest proposal of a list is in one of these states, and give it."""
        self.running.wait(lambda: self.newest(group).state in states, f"{group} to be {states}", 90)
        return self.newest(group)

    def run(self, run_id: str) -> dict[str, int]:
        """Wait for a run of the flow to end well, and give its counts that are not nought."""
        running = self.running
        running.wait(lambda: run_id in {each["dag_run_id"] for each in self.client.runs(FLOW)}, run_id, 60)
        state = self.client.wait_for_run(FLOW, run_id, running.processes, 120)
        assert state == "success", self.client.task_states(FLOW, run_id)
        ran = next(each for each in running.ledger.runs.recent(NAME, "inventory") if each.dag_run_id == run_id)
        balance = running.ledger.outcomes.balance(ran.id)["stock"]
        assert balance.unaccounted == 0
        return {outcome.value: count for outcome, count in balance.outcomes.items()}

    def sent(self, proposal: Proposal) -> dict[str, int]:
        """Wait for the run that sends what was approved, and give its counts."""
        ended = f"__{proposal.asked_by}"
        started = lambda: [each["dag_run_id"] for each in self.client.runs(FLOW) if each["dag_run_id"].endswith(ended)]  # noqa: E731
        (run_id,) = self.running.wait(started, "the run that sends what was approved", 60)
        return self.run(run_id)


@pytest.fixture
def warehouse(running: Running) -> Iterator[Warehouse]:
    change(running.include, LONG, BRIEF)
    yield Warehouse(running)
    running.client.switch(FLOW, on=False)
    if BRIEF in (running.include / "integrations" / f"{NAME}.yaml").read_text():
        change(running.include, BRIEF, LONG)


def test_people_decide_what_guardrails_held(warehouse: Warehouse) -> None:
    running, client = warehouse.running, warehouse.client
    client.switch(FLOW, on=True)
    first = running.wait(lambda: client.runs(FLOW), "the first scheduled run")[0]["dag_run_id"]
    counts = warehouse.run(first)
    assert set(counts) == {"held"}, "nobody was asked yet, and the flow did not wait"
    assert warehouse.sold(LIST, warehouse.falling[0]) is None

    approved = warehouse.newest(LIST)
    question = warehouse.question(approved)
    lists = {each.group for each in warehouse.proposals.waiting(NAME, "inventory")}
    assert question["subject"].startswith(f"inventory: first feed of {len(lists)} lists, "), "one question for all"
    assert all(f"| `{each}` | first feed, " in question["body"] for each in lists)
    alerts = [each["subject"] for each in Told.alerts if each["kind"] == "proposal"]
    assert f"Cartage asks: {question['subject']}" in alerts
    assert warehouse.answer(question, "Approve", approved).ok
    assert warehouse.answer(question, "Reject").status_code == 409, "an answer stands"
    change(running.include, BRIEF, LONG)

    the_approved_list_goes_out(warehouse)
    begun = time.monotonic()
    client.trigger(ASKS, {"proposals": [warehouse.state("store-munich", "rejected").id]})
    stock_that_falls_to_zero_waits_for_a_person(warehouse)
    an_answer_to_what_was_superseded_is_not_acted_upon(warehouse)

    timed_out = warehouse.state("store-munich", "timed_out")
    assert timed_out.decided_by is None
    assert time.monotonic() - begun > 50
    rejected = warehouse.state("store-berlin", "rejected")
    assert rejected.decided_by == "admin"
    assert warehouse.sold("store-berlin", warehouse.falling[0]) is None
    assert warehouse.sold("store-munich", warehouse.falling[0]) is None
    story = running.ledger.stories.tell(NAME, f"store-berlin/{warehouse.falling[0]}")
    assert story is not None
    state = story.states[0]
    assert "was answered with a no" in state.complaints[0].message


def the_approved_list_goes_out(warehouse: Warehouse) -> None:
    approved = warehouse.state(LIST, "approved", "sent")
    assert approved.decided_by == "admin"
    counts = warehouse.sent(approved)
    assert counts["created"] > 20
    assert counts["held"] > 0, "the other lists still wait"
    assert warehouse.newest(LIST).state == "sent"
    assert (warehouse.sold(LIST, warehouse.falling[0]) or 0) > 0
    assert warehouse.sold("store-berlin", warehouse.falling[0]) is None


def stock_that_falls_to_zero_waits_for_a_person(warehouse: Warehouse) -> None:
    for sku in warehouse.falling:
        warehouse.count(sku, 0)
    free = warehouse.count(warehouse.steady, 77)
    counts = warehouse.run(warehouse.client.trigger(FLOW))
    assert counts["updated"] >= 1
    assert warehouse.sold(LIST, warehouse.steady) == free > 70, "the rest of the feed goes out"
    assert (warehouse.sold(LIST, warehouse.falling[0]) or 0) > 0
    proposal = warehouse.newest(LIST)
    assert (proposal.guardrail, proposal.rows, proposal.state) == ("to_zero", FALLING, "open")


def an_answer_to_what_was_superseded_is_not_acted_upon(warehouse: Warehouse) -> None:
    """One of the items comes back while the question waits, so that another question takes its place."""
    stale = warehouse.newest(LIST)
    question = warehouse.question(stale)
    free = warehouse.count(warehouse.falling[0], 5)
    counts = warehouse.run(warehouse.client.trigger(FLOW, {"keys": [warehouse.falling[0]]}))
    assert counts["updated"] == 1
    proposal = warehouse.newest(LIST)
    assert (proposal.rows, warehouse.proposals.get(stale.id).state) == (FALLING - 1, "superseded")

    assert warehouse.answer(question, "Approve").ok
    assert warehouse.answer(warehouse.question(proposal), "Approve").ok
    counts = warehouse.sent(warehouse.state(LIST, "approved", "sent"))
    assert counts["updated"] == FALLING - 1
    assert warehouse.proposals.get(proposal.id).state == "sent"
    back, *gone = [warehouse.sold(LIST, sku) for sku in warehouse.falling]
    assert 0 < (back or 0) <= free, "room may be left for what other tests' orders still wait for"
    assert gone == [0] * (FALLING - 1)
    stale = warehouse.proposals.get(stale.id)
    assert (stale.state, stale.decided_by) == ("superseded", None)
    assert not any(each["dag_run_id"].startswith(f"proposal__{stale.id}__") for each in warehouse.client.runs(FLOW))
