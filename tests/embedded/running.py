"""The embedded stack as `make demo` runs it, in a folder of a test's own: sandbox, Airflow's processes, a client."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, ClassVar

import requests

from embedded import airflow
from embedded.environment import Home, environment
from embedded.processes import Processes, free_port
from sandbox.shop.delivery import deliver, order_drop
from sandbox.shop.orders import NOW
from tests.end_to_end.stack import ROOT
from tests.sandbox import forked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from cartage.ledger import Ledger
    from cartage.ledger.runs import Run
    from sandbox.shop.model import Order
    from tests.sandbox.forked import Forked

FLOW = "sfcc_netsuite.orders"
PATIENCE = 180

WARM_DAG = '''"""Tells what a task's process had imported before the task began; Airflow finds it by the word dag."""
import sys

from airflow.sdk import dag, task


@dag(schedule=None)
def warm():
    @task
    def imported() -> dict[str, bool]:
        return {name: name in sys.modules for name in ("great_expectations", "pandas", "pyarrow.compute", "sqlalchemy")}

    imported()


warm()
'''


class Told(BaseHTTPRequestHandler):
    """Keeps the alerts that are posted to it."""

    alerts: ClassVar[list[dict[str, Any]]] = []

    def do_POST(self) -> None:
        """Keep what is posted."""
        self.alerts.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (its name there)
        """Say nothing."""


@dataclass
class Running:
    """A sandbox and a whole Airflow between its two halves.

    Attributes:
        home: where all state lies.
        include: the include folder the flows read; a copy, so that tests may change settings.
        sandbox: the sandbox's process.
        endpoints: its ``endpoints.json``.
        processes: Airflow's.
        client: its REST API.
    """

    home: Home
    include: Path
    sandbox: Forked
    endpoints: dict[str, Any]
    processes: Processes
    client: airflow.Client
    surroundings: dict[str, str]

    @classmethod
    def start(cls, folder: Path, settings: Mapping[str, str], variables: Mapping[str, str]) -> Running:
        """Start everything on free ports.

        Args:
            folder: where all state will lie.
            settings: texts of the integration's file, and what to write instead.
            variables: of the environment, besides those of the embedded stack.
        """
        home = Home(folder / "cartage", folder / "sandbox")
        include, dags = folder / "include", folder / "dags"
        for name in ("integrations", "mappings", "expectations"):
            shutil.copytree(ROOT / "include" / name, include / name)
        shutil.copytree(ROOT / "dags", dags, ignore=shutil.ignore_patterns("__pycache__"))
        (dags / "warm.py").write_text(WARM_DAG, encoding="utf-8")
        sandbox = forked.start(home.sandbox)
        endpoints = sandbox.endpoints()
        port = free_port()
        surroundings = environment(home, port, endpoints["airflow"]) | {
            "CARTAGE_INCLUDE": str(include),
            "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
            **variables,
        }
        processes = Processes(home.logs, surroundings)
        try:
            for old, new in settings.items():
                change(include, old, new)
            airflow.prepare(surroundings)
            airflow.start(processes, port)
            client = airflow.Client(port, home.secrets()["password"])
            client.wait_for_dag(FLOW, processes)
        except BaseException:
            processes.stop()
            sandbox.end(signal.SIGTERM)
            raise
        return cls(home, include, sandbox, endpoints, processes, client, surroundings)

    def stop(self) -> None:
        """End every process."""
        if "ledger" in self.__dict__:
            self.ledger.close()
        end_triggerer(self.processes, "airflow-triggerer")
        self.processes.stop()
        self.sandbox.end(signal.SIGTERM)

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger, opened from this process."""
        from cartage.ledger import Ledger

        os.environ["AIRFLOW_CONN_CARTAGE_LEDGER"] = self.surroundings["AIRFLOW_CONN_CARTAGE_LEDGER"]
        return Ledger.from_connection("cartage_ledger")

    @cached_property
    def _hook(self) -> Any:
        from cartage.systems.netsuite.hook import NetSuiteHook

        os.environ["AIRFLOW_CONN_NETSUITE"] = self.surroundings["AIRFLOW_CONN_NETSUITE"]
        return NetSuiteHook("netsuite")

    def sales_order(self, order_no: str) -> dict[str, Any] | None:
        """Ask NetSuite's REST for the sales order of an order of the shop; None when there is none."""
        query = f"SELECT id FROM transaction WHERE type = 'SalesOrd' AND custbody_ctg_order_no = '{order_no}'"
        found = [each["id"] for each in self._hook.suiteql(query, key="id")]
        return self._hook.get("salesOrder", found[0], expandSubResources="true") if found else None

    def ordered(self) -> set[str]:
        """Give the skus that the shop's orders in NetSuite have taken."""
        query = (
            "SELECT t.id, l.id AS line, i.itemid AS sku FROM transaction t JOIN transactionline l ON l.transaction = t.id "
            "JOIN item i ON i.id = l.item "
            "WHERE t.type = 'SalesOrd' AND t.custbody_ctg_order_no IS NOT NULL AND l.mainline = 'F'"
        )
        return {str(each["sku"]) for each in self._hook.suiteql(query, key=("id", "line"))}

    def deliver(self, orders: Sequence[Order], at: datetime = NOW) -> None:
        """Leave a drop of orders of RefArch."""
        deliver(self.home.sandbox, [order_drop("RefArch", orders, at)])

    def wait(self, ready: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
        """Wait until `ready` gives something, and give it."""
        deadline = time.monotonic() + seconds
        while not (found := ready()):
            self.processes.check()
            assert time.monotonic() < deadline, (
                f"{what} did not come within {seconds:.0f} s; logs in {self.home.folder}"
            )
            time.sleep(0.3)
        return found

    def finish(self, run_id: str) -> str:
        """Wait for a run of the orders flow to end, and give its state."""
        return self.client.wait_for_run(FLOW, run_id, self.processes, PATIENCE)

    def run(self, **conf: Any) -> Run:
        """Run the orders flow by hand to its good end, and give what the ledger has of it."""
        run_id = self.client.trigger(FLOW, conf)
        assert self.finish(run_id) == "success", self.client.task_states(FLOW, run_id)
        return self.ran(run_id)

    def first_run(self) -> dict[str, Any]:
        """Switch the orders flow on, and give the first run of that, ended well.

        It is the schedule's; when another test has had that one, a run by hand, which does the same.
        """
        scheduled = {"run_type": "scheduled", "limit": 1}
        had = self.client.call("GET", f"/dags/{FLOW}/dagRuns", params=scheduled)["total_entries"]
        self.client.switch(FLOW, on=True)
        if had:
            self.client.trigger(FLOW)
        first: dict[str, Any] = self.wait(lambda: self.client.runs(FLOW), "the first run")[0]
        assert self.finish(first["dag_run_id"]) == "success"
        return first

    def ran(self, run_id: str) -> Run:
        """Give what the ledger has of the newest attempt of a run."""
        return next(each for each in self.ledger.runs.recent("sfcc_netsuite", "orders") if each.dag_run_id == run_id)

    def counts(self, run: Run) -> dict[str, int]:
        """Give a run's counts that are not nought."""
        balance = self.ledger.outcomes.balance(run.id).get("order")
        if balance is None:
            return {}
        from cartage.records.outcome import Outcome

        counts = {each.value: balance.count(each) for each in Outcome}
        assert balance.unaccounted == 0
        return {name: number for name, number in counts.items() if number}

    def watermark(self) -> datetime | None:
        """Give where the flow's asset says the next live run begins."""
        assets = self.client.call("GET", "/assets", params={"name_pattern": FLOW})["assets"]
        path = f"{self.client.base}/api/v2/assets/{assets[0]['id']}/state-store/watermark"
        answer = self.client.session.get(path, timeout=30)
        return datetime.fromisoformat(answer.json()["value"]) if answer.ok else None

    def parse_again(self) -> None:
        """Have Airflow parse the flow's file, as it does by itself after a while; that would take a third of the time."""
        token = self.client.call("GET", f"/dags/{FLOW}")["file_token"]
        self.client.call("PUT", f"/parseDagFile/{token}")

    def backfill(self, body: Mapping[str, str | int]) -> bool:
        """Ask for a backfill; on SQLite Airflow may find its database locked (503), and wants to be asked again."""
        answer = self.client.session.post(f"{self.client.base}/api/v2/backfills", json=body, timeout=60)
        assert answer.ok or answer.status_code in {409, 503}, answer.text
        return answer.status_code != 503

    def links(self, run_id: str, task: str) -> dict[str, str | None]:
        """Give a task's links in the UI, by name."""
        path = f"/dags/{FLOW}/dagRuns/{run_id}/taskInstances/{task}/links"
        found: dict[str, str | None] = self.client.call("GET", path)["extra_links"]
        return found

    def open(self, address: str, *, signed_in: bool = True) -> requests.Response:
        """Open an address of Airflow's web server."""
        session = self.client.session if signed_in else requests
        return session.get(self.client.base + address, timeout=30)

    def weights(self, run_id: str) -> set[int]:
        """Give the priority weights of a run's tasks."""
        tasks = self.client.call("GET", f"/dags/{FLOW}/dagRuns/{run_id}/taskInstances")["task_instances"]
        return {each["priority_weight"] for each in tasks}

    def netsuite(self, method: str, path: str = "", **kwargs: Any) -> Any:
        """Call the control interface of the sandbox's NetSuite."""
        answer = requests.request(method, self.endpoints["netsuite"]["control"] + path, timeout=30, **kwargs)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def written(self) -> dict[str, int]:
        """Give the writes that NetSuite took so far, by record type."""
        return {name: count for name, count in self.netsuite("GET")["writes"].items() if count}


def end_triggerer(processes: Processes, name: str) -> None:
    """End Airflow's triggerer at once, if it runs: it would wait ten seconds for triggers that nobody has."""
    with suppress(KeyError, ProcessLookupError):
        os.killpg(processes.running[name].pid, signal.SIGKILL)


def change(include: Path, old: str, new: str) -> None:
    """Change the integration's file; `old` must be in it."""
    path = include / "integrations" / "sfcc_netsuite.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in the settings"
    path.write_text(text.replace(old, new), encoding="utf-8")
