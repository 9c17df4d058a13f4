"""What Cartage asks of Airflow's scheduler: backfills wait, and workers start warm.

Airflow loads this module through the entry point ``airflow.policy`` in every process.
"""

from __future__ import annotations

import gc
import importlib
import logging
import sys
from typing import TYPE_CHECKING

from airflow import settings
from airflow.configuration import conf
from airflow.policies import hookimpl

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun
    from airflow.models.taskinstance import TaskInstance

BACKFILL_WEIGHT = 1
LIVE_WEIGHT = 1_000
STEPS = frozenset({"ExtractOperator", "ValidateOperator", "TransformOperator", "LoadOperator", "SettleOperator"})

# What a flow's tasks import. Forked workers inherit them, which takes seconds off every task.
# Modules only: a session, an engine or a TLS context must not cross a fork.
WARM = ("pandas", "pyarrow", "pyarrow.compute", "sqlalchemy", "requests", "lxml.etree", "great_expectations")


@hookimpl
def task_instance_mutation_hook(task_instance: TaskInstance, dag_run: DagRun | None) -> None:
    """Let live runs go before backfills when both wait for slots of the ERP's pool.

    Args:
        task_instance: of any DAG; only the steps of flows are ours.
        dag_run: its run; None when Airflow has it not at hand, and calls again when it has.
    """
    if task_instance.operator not in STEPS:
        return
    run = dag_run or task_instance.__dict__.get("dag_run")  # asking for it would query, which is forbidden here
    backfill = run is not None and run.run_type == "backfill"
    task_instance.priority_weight = BACKFILL_WEIGHT if backfill else LIVE_WEIGHT


def preload(argv: list[str]) -> list[str]:
    """Import what tasks need when this process is one that forks them.

    Args:
        argv: the process's command line.

    Returns:
        The modules imported; empty in any other process.
    """
    local = "LocalExecutor" in conf.get("core", "executor")
    forks = argv[1:3] == ["celery", "worker"] or (argv[1:2] == ["scheduler"] and local)
    if not forks:
        return []
    logging.getLogger("great_expectations").setLevel(logging.WARNING)  # it logs hundreds of lines at its import
    for name in WARM:
        importlib.import_module(name)
    gc.freeze()  # modules stay: whoever looked through them for garbage would copy their pages into every fork
    return list(WARM)


# Airflow calls the hook for new tasks only when it takes it to do something, which it notices of an
# `airflow_local_settings.py` but not of an entry point (3.3.2, `settings.import_local_settings`).
settings.task_instance_mutation_hook.is_noop = False  # type: ignore[attr-defined]
preload(sys.argv)
