"""Airflow's database once a process; a sandbox and a ledger of its own for each test that asks."""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.stack import ROOT, Stack
from tests.postgres import postgres_ledger_url, postgres_server, postgres_tables  # noqa: F401 - fixtures

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def airflow_database(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Give the test process its Airflow database: made once, by whichever process is first, and copied by the others."""
    ours = Path(os.environ["AIRFLOW_HOME"]) / "airflow.db"
    folder = tmp_path_factory.getbasetemp()
    shared = (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "airflow.db"
    with shared.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not shared.exists():
            subprocess.run(
                [sys.executable, "-m", "airflow", "db", "migrate"], cwd=ROOT, check=True, capture_output=True
            )
            with closing(sqlite3.connect(ours)) as database, closing(sqlite3.connect(shared)) as copy:
                database.backup(copy)
        elif not ours.exists():
            shutil.copyfile(shared, ours)


def forget_watermarks() -> None:
    """Empty Airflow's asset state, which outlives a test: its next run would begin where another test's ended."""
    from airflow.models.asset_state_store import AssetStateStoreModel
    from airflow.utils.session import create_session

    with create_session() as session:
        session.query(AssetStateStoreModel).delete()


@pytest.fixture
def stack(airflow_database: None, tmp_path: Path) -> Iterator[Stack]:  # noqa: ARG001 (must be there first)
    """A fresh stack, with no watermark of an earlier test's; its settings and connections are no later test's."""
    forget_watermarks()
    before = dict(os.environ)
    running = Stack.start(tmp_path)
    yield running
    running.stop()
    for name in os.environ.keys() - before.keys():
        del os.environ[name]
    os.environ |= before
