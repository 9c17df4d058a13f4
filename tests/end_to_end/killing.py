"""Flows in processes of their own, killed at a chosen moment and taken up again.

A fork server does once what every run does first, so that a run to be killed begins at once: see `warmed.py`. What it
is doing is read off the outside: Airflow's tables, the ledger, the staging folder, the counts of the sandbox.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import sqlite3
import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.process import BaseProcess

    from tests.end_to_end.stack import Stack

PATIENCE = 240.0
_LOOK = 0.02
"""Seconds between two looks: often enough to catch a step, seldom enough not to slow it down."""


class Victim:
    """A run of a flow that is going to be killed.

    Args:
        stack: where it runs.
        flow: the flow.
        again: take up the run that was killed before, instead of starting one.
    """

    def __init__(self, stack: Stack, flow: str = "orders", *, again: bool = False) -> None:
        self.stack = stack
        self.dag_id = f"sfcc_netsuite.{flow}"
        newest = self._ask("SELECT coalesce(max(id), 0) FROM dag_run WHERE dag_id = ?", self.dag_id)[0][0]
        self._before = newest - 1 if again else newest
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["tests.end_to_end.warmed"])
        target = _go_on if again else _run
        self._process: BaseProcess = context.Process(target=target, args=(dict(os.environ), flow), daemon=True)
        self._process.start()

    def wait_for(self, moment: Callable[[Victim], bool]) -> None:
        """Wait until the moment has come.

        Raises:
            AssertionError: the run ended before, or the moment never came.
        """
        deadline = time.monotonic() + PATIENCE
        while not moment(self):
            assert self._process.is_alive(), f"the run ended before it could be killed: {self.tasks()}"
            assert time.monotonic() < deadline, f"the moment never came: {self.tasks()}"
            time.sleep(_LOOK)

    def kill(self) -> dict[str, str | None]:
        """Kill it with SIGKILL, and give the states in which Airflow has its tasks."""
        assert self._process.is_alive()
        self._process.kill()
        self._process.join()
        return self.tasks()

    def tasks(self) -> dict[str, str | None]:
        """Give the states of the run's tasks, as Airflow's database has them; none before it begins."""
        query = (
            "SELECT task_id, state FROM task_instance WHERE run_id = "
            "(SELECT run_id FROM dag_run WHERE dag_id = ? AND id > ?)"
        )
        return dict(self._ask(query, self.dag_id, self._before))

    @staticmethod
    def _ask(query: str, *values: object) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(f"file:{_airflow_database()}?mode=ro", uri=True, timeout=10)) as database:
            return database.execute(query, values).fetchall()

    @contextmanager
    def ledger_locked(self) -> Iterator[None]:
        """Let nobody else write to the ledger, so that whoever wants to stands still there."""
        with closing(sqlite3.connect(self.stack.home / "ledger.db", timeout=10, isolation_level=None)) as database:
            database.execute("BEGIN IMMEDIATE")
            try:
                yield
            finally:
                database.execute("ROLLBACK")


SAME, NEXT = "the same run", "the next run"


def goes_on(stack: Stack, how: str, flow: str = "orders") -> None:
    """Let the killed run go on to its end, or give it up and run the next; every run then balances."""
    if how == SAME:
        assert take_up(flow) == "success", stack.reasons(flow)
    else:
        give_up()
        stack.run(flow)
    for run in stack.ledger.runs.recent("sfcc_netsuite", flow):
        assert run.state in ("settled", "failed"), "no run is left open"
        assert all(each.unaccounted == 0 for each in stack.ledger.outcomes.balance(run.id).values())


def give_up() -> None:
    """Mark the killed run as failed, as a person does, or Airflow when the tries are used up elsewhere."""
    with closing(sqlite3.connect(_airflow_database(), timeout=30)) as database, database:
        database.execute("UPDATE task_instance SET state = 'failed' WHERE state NOT IN ('success', 'skipped')")
        database.execute("UPDATE task_instance SET state = 'failed' WHERE state IS NULL")
        database.execute("UPDATE dag_run SET state = 'failed' WHERE state = 'running'")


def take_up(flow: str = "orders") -> str:
    """Try the tasks again that the killed run left, as Airflow does when their heartbeat stops.

    This is the loop of `dag.test()`, on the run that is there.

    Returns:
        The run's state at its end.
    """
    from airflow.models.dagrun import DagRun
    from airflow.sdk.definitions.dag import _run_task
    from airflow.serialization.serialized_objects import DagSerialization
    from airflow.utils.session import create_session
    from sqlalchemy import select

    from tests.end_to_end.stack import dag_of

    dag = dag_of(flow)
    with create_session() as session:
        newest = select(DagRun).where(DagRun.dag_id == dag.dag_id).order_by(DagRun.id.desc()).limit(1)
        run = session.scalars(newest).one()
        run.dag = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag))
        for each in run.get_task_instances(session=session):
            if each.state in ("running", "queued", "scheduled"):
                each.state = None
        while run.state == "running":
            session.commit()
            ready, _ = run.update_state(session=session)
            for each in ready:
                each.try_number += 1
                each.state = "scheduled"
            session.commit()
            for each in ready:
                _run_task(ti=each, task=dag.task_dict[each.task_id])
            session.expire_all()
        return str(run.state)


def _run(environment: dict[str, str], flow: str) -> None:
    """Run a flow, as the whole life of a process, which is too short to look for garbage."""
    gc.disable()
    os.environ.clear()
    os.environ.update(environment)
    from tests.end_to_end.stack import dag_of

    dag_of(flow).test()


def _go_on(environment: dict[str, str], flow: str) -> None:
    """Take up a flow's killed run, as the whole life of a process."""
    gc.disable()
    os.environ.clear()
    os.environ.update(environment)
    take_up(flow)


def _airflow_database() -> Path:
    return Path(os.environ["AIRFLOW_HOME"]) / "airflow.db"
