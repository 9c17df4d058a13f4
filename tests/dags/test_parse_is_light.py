"""Parsing a DAG must not import what only tasks need: the DAG processor does it every few seconds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("pandas", "pyarrow", "great_expectations", "lxml", "sqlalchemy.orm", "paramiko")
SCRIPT = """
import sys
import airflow.sdk, airflow.policies, airflow.plugins_manager, airflow.listeners
before = set(sys.modules)
import runpy
for name in ("orders", "customers", "inventory", "proposals"):
    runpy.run_path(f"dags/{name}.py")
print(" ".join(sorted({module for module in set(sys.modules) - before if module in %r})))
"""


def test_nothing_heavy_is_imported() -> None:
    command = [sys.executable, "-c", SCRIPT % (HEAVY,)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1].strip() == ""
