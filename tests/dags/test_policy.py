"""What every DAG must have, whoever writes it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag

from cartage.integrations import include_folder, load_deploy
from cartage.retrying import ErrorTreePolicy

DAGS = Path(__file__).resolve().parents[2] / "dags"
FILES = sorted(DAGS.glob("*.py"))
EXPECTED = {
    f"sfcc_netsuite.{flow}" for flow in ("orders", "customers", "inventory", "prices", "shipments", "locations")
}
PROPOSALS = "sfcc_netsuite.proposals"
HEAVY = {"pandas", "pyarrow", "numpy", "lxml", "great_expectations", "requests", "sqlalchemy", "paramiko"}


@pytest.fixture(scope="module")
def bag() -> DagBag:
    return DagBag(str(DAGS))


def test_every_flow_has_its_dag(bag: DagBag) -> None:
    assert bag.import_errors == {}
    assert set(bag.dags) == EXPECTED | {PROPOSALS}


@pytest.mark.parametrize("dag_id", sorted(EXPECTED))
def test_policy(bag: DagBag, dag_id: str) -> None:
    dag = bag.dags[dag_id]
    assert dag.max_active_runs == 1
    assert dag.catchup is False
    assert dag.dagrun_timeout is not None
    assert {"cartage"} < set(dag.tags)
    assert dag.doc_md
    assert dag.description
    assert {"keys", "since", "until", "dry_run", "quarantine"} <= set(dag.params)
    for task in dag.tasks:
        assert task.owner != "airflow", "name an owner in the integration's file"
        assert task.retries >= 2
        assert isinstance(task.retry_policy, ErrorTreePolicy)
        assert task.execution_timeout is not None


def test_a_question_holds_up_nothing(bag: DagBag) -> None:
    dag = bag.dags[PROPOSALS]
    assert dag.max_active_runs > 10
    assert dag.dagrun_timeout is None, "the question has a time-out of its own, and its default is a no"
    assert dag.get_task("question.ask").execution_timeout is None
    assert dag.is_paused_upon_creation is False
    assert {"cartage", "proposals"} < set(dag.tags)
    assert dag.doc_md
    for task in dag.tasks:
        assert task.owner != "airflow"
        assert isinstance(task.retry_policy, ErrorTreePolicy)


@pytest.mark.parametrize("dag_id", sorted(EXPECTED))
def test_settle_is_the_only_leaf_and_always_runs(bag: DagBag, dag_id: str) -> None:
    leaves = [task for task in bag.dags[dag_id].tasks if not task.downstream_task_ids]
    assert [task.task_id for task in leaves] == ["settle"]
    assert leaves[0].trigger_rule == "all_done"


@pytest.mark.parametrize("dag_id", sorted(EXPECTED))
def test_tasks_that_call_the_erp_hold_slots_of_its_pool(bag: DagBag, dag_id: str) -> None:
    erp = load_deploy(dag_id.partition(".")[0], include_folder()).erp
    slots = {task.task_id: task.pool_slots for task in bag.dags[dag_id].tasks if task.pool == erp.connection}
    from_erp = bag.dags[dag_id].get_task("extract").origin == "erp"
    assert set(slots) == ({"extract"} if from_erp else {"transform", "load"})
    assert max(slots.values()) <= erp.concurrency


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_dag_files_are_short_and_light(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 60
    assert "airflow" in text.lower(), "Airflow's safe mode skips a file without the words"
    assert "dag" in text.lower()
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""])
    }
    assert not imported & HEAVY
