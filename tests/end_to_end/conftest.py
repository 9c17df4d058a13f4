"""Airflow's database once a process; a sandbox and a ledger of its own for each test that asks."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.stack import ROOT, Stack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def airflow_database() -> None:
    """Migrate the test process's Airflow database."""
    subprocess.run([sys.executable, "-m", "airflow", "db", "migrate"], cwd=ROOT, check=True, capture_output=True)


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
