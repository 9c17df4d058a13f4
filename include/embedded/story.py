"""What happens in the demo: a merchant's day in three parts, told while it happens."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import requests

from cartage.ledger import Ledger
from cartage.ledger.states import number_of
from cartage.records.outcome import Outcome
from embedded.airflow import ENDED, Client

if TYPE_CHECKING:
    from collections.abc import Callable

    from embedded.processes import Processes

INTEGRATION = "sfcc_netsuite"
INTO_THE_ERP = ("customers", "orders")
TO_THE_SHOP = ("locations", "inventory", "prices", "shipments")
PROPOSALS = "proposals"
SHIPPED_ORDERS = 6
APPEARS_SECONDS = 40
"""How long a run that Airflow starts by itself is waited for."""
READING_SECONDS = 3
"""How long a person reads a question. An answer within the first second can meet Airflow 3.3.2 still putting the task
to rest: its scheduler then takes the task for lost, and asks again."""


def dag_id(flow: str) -> str:
    """Give the id of a flow's DAG."""
    return f"{INTEGRATION}.{flow}"


class Day:
    """The demo's day.

    Args:
        client: Airflow's REST API.
        processes: Airflow's processes, watched while it waits.
        netsuite: address of the sandbox's NetSuite.
        say: prints a line.
    """

    def __init__(self, client: Client, processes: Processes, netsuite: str, say: Callable[[str], None]) -> None:
        self._client = client
        self._processes = processes
        self._netsuite = netsuite
        self._say = say
        self.well = True

    def morning(self) -> None:
        """Switch every flow on and let each run once; a person answers what the guardrails ask."""
        for flow in (*INTO_THE_ERP, *TO_THE_SHOP, PROPOSALS):
            self._client.wait_for_dag(dag_id(flow), self._processes)
        self._client.switch(dag_id(PROPOSALS), on=True)
        self._say("Switching on what goes into the ERP, and its locations")
        self._see({flow: self._first(flow) for flow in (*INTO_THE_ERP, "locations")})
        self._say("Switching on what comes out of the ERP: stock and prices")
        self._see({flow: self._first(flow) for flow in ("inventory", "prices")})
        self._answer()

    def noon(self) -> None:
        """Let the warehouse work, then run what tells the shop of it; `more` orders have come meanwhile."""
        self._say(f"In the warehouse: {self._ship()} orders leave; stock comes in, and a price changes")
        self._office("receive", {"item": "NL-1000", "location": "1", "quantity": 7})
        self._office("price", {"item": "NL-1001", "level": "1", "currency": "EUR", "price": "79.00"})
        self._see({"orders": self._client.trigger(dag_id("orders"))})
        self._see({"shipments": self._first("shipments")})
        self._see({flow: self._client.trigger(dag_id(flow)) for flow in ("inventory", "prices")})

    def _ship(self) -> int:
        """Fulfil some of the orders that the ERP took, as far as it lets us, and give how many."""
        shipped = 0
        for number in self._created():
            document: dict[str, Any] = {"order_no": number, "tracking": [f"1Z{number}"], "carrier": "UPS"}
            answer = requests.post(f"{self._netsuite}/sandbox/office/fulfil", json=document, timeout=30)
            shipped += answer.ok
            if shipped == SHIPPED_ORDERS:
                break
        return shipped

    def _created(self) -> list[str]:
        ledger = Ledger.from_connection("cartage_ledger")
        newest = ledger.runs.recent(INTEGRATION, "orders", limit=1)[0]
        made = (each for each in ledger.outcomes.verdicts(newest.id, "order") if each.outcome is Outcome.CREATED)
        return [number_of(each.key) for each in made]

    def _office(self, errand: str, document: dict[str, Any]) -> None:
        requests.post(f"{self._netsuite}/sandbox/office/{errand}", json=document, timeout=30).raise_for_status()

    def _answer(self) -> None:
        """Approve what the guardrails ask, as a person does in the UI, and see the approved rows go out."""
        asked = self._asked()
        if not asked:
            return
        self._say("A person is asked about the first feeds, and says yes (in the UI: Required Actions)")
        for each in asked:
            print(f"    {each['subject']}", flush=True)
            self._approve(each)
        self._until_idle(PROPOSALS, meanwhile=self._answer_again)
        for flow in ("inventory", "prices"):
            self._until_idle(flow)

    def _answer_again(self) -> None:
        """Answer what Airflow asks a second time, as it does when its scheduler was busy at the first answer."""
        again = self._waiting()
        if again:
            time.sleep(READING_SECONDS)
        for each in again:
            print(f"    {each['subject']} (Airflow lost the answer and asks again)", flush=True)
            self._approve(each)

    def _approve(self, question: dict[str, Any]) -> None:
        task = question["task_instance"]
        path = (
            f"/dags/{task['dag_id']}/dagRuns/{task['dag_run_id']}/taskInstances/{task['task_id']}/{task['map_index']}"
        )
        self._client.call("PATCH", f"{path}/hitlDetails", json={"chosen_options": ["Approve"], "params_input": {}})

    def _waiting(self) -> list[dict[str, Any]]:
        """Give the questions that nobody has answered."""
        path = f"/dags/{dag_id(PROPOSALS)}/dagRuns/~/hitlDetails"
        answer = self._client.call("GET", path, params={"response_received": "false"})["hitl_details"]
        return [each for each in answer if each["task_instance"]["state"] == "awaiting_input"]

    def _asked(self) -> list[dict[str, Any]]:
        """Give the questions that wait, once they are there: one of each flow."""
        found: list[dict[str, Any]] = []
        deadline = time.monotonic() + APPEARS_SECONDS
        proposals = Ledger.from_connection("cartage_ledger").proposals.recent(INTEGRATION)
        flows = {each.flow for each in proposals if each.state == "open"}
        while len(found) < len(flows) and time.monotonic() < deadline:
            self._processes.check()
            found = self._waiting()
            time.sleep(0.5)
        time.sleep(READING_SECONDS)
        return found

    def _first(self, flow: str) -> str:
        """Switch a flow on and give the run that Airflow starts; when it was on before, start one."""
        name = dag_id(flow)
        if self._client.is_on(name):
            return self._client.trigger(name)
        before = {each["dag_run_id"] for each in self._client.runs(name)}
        self._client.switch(name, on=True)
        deadline = time.monotonic() + APPEARS_SECONDS
        while time.monotonic() < deadline:
            self._processes.check()
            for each in self._client.runs(name):
                if each["dag_run_id"] not in before:
                    return str(each["dag_run_id"])
            time.sleep(0.3)
        return self._client.trigger(name)

    def _see(self, runs: dict[str, str]) -> None:
        """Wait for the runs, by flow, and remember whether all went well."""
        states = self._client.wait_for_runs({dag_id(flow): run for flow, run in runs.items()}, self._processes)
        for flow, run in runs.items():
            print(f"    {flow:<10} run {run}: {states[dag_id(flow)]}", flush=True)
        self.well = self.well and set(states.values()) == {"success"}

    def _until_idle(self, flow: str, seconds: float = 300, meanwhile: Callable[[], None] | None = None) -> None:
        """Wait until no run of a flow is queued or running; do something at each look."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self._processes.check()
            runs = self._client.runs(dag_id(flow))
            if all(each["state"] in ENDED for each in runs):
                self.well = self.well and all(each["state"] == "success" for each in runs)
                return
            if meanwhile:
                meanwhile()
            time.sleep(0.5)
        self._say(f"{flow} is still busy after {seconds:.0f} s")
        self.well = False
