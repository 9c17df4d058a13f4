"""What Cartage asks of Airflow's scheduler: backfills wait, and workers start warm.

Airflow loads this module through the entry point ``airflow.policy`` in every process.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING

from airflow.policies import hookimpl

if TYPE_CHECKING:
    from airflow.models.taskinstance import TaskInstance

BACKFILL_WEIGHT = 1
LIVE_WEIGHT = 1_000

# What a flow's tasks import. Forked workers inherit them, which takes seconds off every task.
# Modules only: a session, an engine or a TLS context must not cross a fork.
WARM = ("pandas", "pyarrow.parquet", "pyarrow.compute", "sqlalchemy", "requests", "lxml.etree", "great_expectations")


@hookimpl
def task_instance_mutation_hook(task_instance: TaskInstance) -> None:
    """Let live runs go before backfills when both wait for slots of the ERP's pool."""
    if not (task_instance.dag_id or "").count("."):
        return
    run = task_instance.dag_run if "dag_run" in task_instance.__dict__ else None
    backfill = run is not None and run.run_type == "backfill"
    task_instance.priority_weight = BACKFILL_WEIGHT if backfill else LIVE_WEIGHT


def preload(argv: list[str]) -> list[str]:
    """Import what tasks need when this process is one that forks them.

    Args:
        argv: the process's command line.

    Returns:
        The modules imported; empty in any other process.
    """
    forks = len(argv) > 1 and (argv[1] == "scheduler" or argv[1:3] == ["celery", "worker"])
    if not forks:
        return []
    for name in WARM:
        importlib.import_module(name)
    return list(WARM)


preload(sys.argv)
