"""Airflow, embedded: its processes on SQLite and LocalExecutor, and a client of its REST API."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import requests

from embedded.environment import USER
from embedded.processes import Processes, StartError
from embedded.sqlite import WAITING

if TYPE_CHECKING:
    from collections.abc import Mapping

START_SECONDS = 120
ANSWER_SECONDS = WAITING["timeout"] + 30
ENDED = ("success", "failed")
SHOWN = frozenset({"running", "success", "failed", "up_for_retry", "skipped"})
"""States of tasks that are worth a line."""


def prepare(environment: Mapping[str, str]) -> None:
    """Bring Airflow's metadata database and the ledger to the newest shape, and make the pools.

    Raises:
        StartError: quoting what the failing command said.
    """
    for what, arguments in (
        ("Airflow's metadata database", ["-m", "airflow", "db", "migrate"]),
        ("the ledger", ["-m", "cartage.setup"]),
    ):
        done = subprocess.run(  # noqa: S603 (our own commands)
            [sys.executable, *arguments], env=dict(environment), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise StartError(f"{what} could not be set up:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


def start(processes: Processes, port: int) -> None:
    """Start Airflow's processes, each bound to loopback or to nothing at all."""
    base = [sys.executable, "-m", "airflow"]
    api = ["api-server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    processes.start("airflow-api-server", [*base, *api])
    processes.start("airflow-scheduler", [*base, "scheduler", "--skip-serve-logs"])
    processes.start("airflow-dag-processor", [*base, "dag-processor"])
    processes.start("airflow-triggerer", [*base, "triggerer", "--skip-serve-logs"])
    processes.wait_until(lambda: healthy(port), what="Airflow's API server", seconds=START_SECONDS)


def healthy(port: int) -> bool:
    """Say whether the API server answers and the scheduler has reported to it."""
    try:
        answer = requests.get(f"http://127.0.0.1:{port}/api/v2/monitor/health", timeout=3)
        parts = answer.json()
    except (requests.RequestException, ValueError):
        return False
    return all(parts.get(part, {}).get("status") == "healthy" for part in ("metadatabase", "scheduler"))


class Client:
    """Airflow's REST API, as the embedded stack's one user."""

    def __init__(self, port: int, password: str) -> None:
        self.base = f"http://127.0.0.1:{port}"
        self.session = requests.Session()
        self.session.trust_env = False
        answer = self.session.post(f"{self.base}/auth/token", json={"username": USER, "password": password}, timeout=30)
        answer.raise_for_status()
        self.session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def call(self, method: str, path: str, **kwargs: Any) -> Any:
        """Call the API and give the answer's JSON.

        On SQLite two requests of the server can wait for each other until the database's patience is at its end
        (`embedded.sqlite`). What the server could not do for that is asked for once more.

        Raises:
            requests.HTTPError: on any status but 2xx.
        """
        url = f"{self.base}/api/v2{path}"
        answer = self.session.request(method, url, timeout=ANSWER_SECONDS, **kwargs)
        if answer.status_code >= requests.codes.server_error:
            answer = self.session.request(method, url, timeout=ANSWER_SECONDS, **kwargs)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def wait_for_dag(self, dag_id: str, processes: Processes) -> None:
        """Wait until Airflow has parsed a DAG.

        Raises:
            StartError: when it cannot be imported, with Airflow's words.
        """

        def known() -> bool:
            errors = self.call("GET", "/importErrors")["import_errors"]
            if errors:
                raise StartError(errors[0]["stack_trace"])
            answer = self.session.get(f"{self.base}/api/v2/dags/{dag_id}", timeout=30)
            return answer.ok

        processes.wait_until(known, what=f"the DAG {dag_id}", seconds=START_SECONDS)

    def is_on(self, dag_id: str) -> bool:
        """Say whether a flow is switched on."""
        return not self.call("GET", f"/dags/{dag_id}")["is_paused"]

    def switch(self, dag_id: str, *, on: bool) -> None:
        """Switch a flow on or off."""
        self.call("PATCH", f"/dags/{dag_id}", json={"is_paused": not on})

    def trigger(self, dag_id: str, conf: dict[str, Any] | None = None) -> str:
        """Start a run by hand and give its id."""
        body = {"logical_date": None, "conf": conf or {}}
        return str(self.call("POST", f"/dags/{dag_id}/dagRuns", json=body)["dag_run_id"])

    def runs(self, dag_id: str) -> list[dict[str, Any]]:
        """Give a DAG's runs, newest first."""
        found: list[dict[str, Any]] = self.call(
            "GET", f"/dags/{dag_id}/dagRuns", params={"order_by": "-run_after", "limit": 20}
        )["dag_runs"]
        return found

    def task_states(self, dag_id: str, run_id: str) -> dict[str, str]:
        """Give the state of each task of a run; mapped tasks are named with their index."""
        tasks = self.call("GET", f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances", params={"limit": 300})
        return {
            each["task_id"] + (f"[{each['map_index']}]" if each["map_index"] >= 0 else ""): each["state"] or "waiting"
            for each in tasks["task_instances"]
        }

    def wait_for_run(self, dag_id: str, run_id: str, processes: Processes, seconds: float = 600) -> str:
        """Wait for a run to end, and give its state; see `wait_for_runs`."""
        return self.wait_for_runs({dag_id: run_id}, processes, seconds)[dag_id]

    def wait_for_runs(self, runs: Mapping[str, str], processes: Processes, seconds: float = 600) -> dict[str, str]:
        """Wait for runs to end, printing each task's state as it changes.

        Args:
            runs: a run's id by its DAG's.
            processes: Airflow's, watched meanwhile.
            seconds: how long to wait.

        Returns:
            The state of each run, by its DAG.

        Raises:
            StartError: one of them does not end.
        """
        shown: dict[tuple[str, str], str] = {}
        states: dict[str, str] = {}
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            processes.check()
            for dag_id in runs.keys() - states.keys():
                self._show(dag_id, runs[dag_id], shown)
                state = str(self.call("GET", f"/dags/{dag_id}/dagRuns/{runs[dag_id]}")["state"])
                if state in ENDED:
                    states[dag_id] = state
            if len(states) == len(runs):
                return states
            time.sleep(0.5)
        waiting = ", ".join(f"run {runs[each]} of {each}" for each in sorted(runs.keys() - states.keys()))
        raise StartError(f"{waiting} did not end within {seconds:.0f} s")

    def _show(self, dag_id: str, run_id: str, shown: dict[tuple[str, str], str]) -> None:
        """Print the states of tasks that are new."""
        flow = dag_id.rpartition(".")[2]
        for task, state in self.task_states(dag_id, run_id).items():
            if shown.get((dag_id, task)) != state and state in SHOWN:
                shown[dag_id, task] = state
                print(f"    {flow:<10} {task:<14} {state}", flush=True)
