"""A running sandbox for tests: a process of its own on free loopback ports, in a home of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.endpoints import Endpoints

if TYPE_CHECKING:
    from collections.abc import Iterator

INCLUDE = Path(__file__).resolve().parents[2] / "include"
PATIENCE = 60.0


@contextmanager
def running_shop(home: Path) -> Iterator[Endpoints]:
    """Serve the whole sandbox (SFTP, SCAPI, NetSuite) from `home` until the block ends.

    The same home again brings back the same keys, credentials and orders, on other ports.
    """
    process = start(home)
    try:
        yield wait_for(home, process)
    finally:
        process.terminate()
        try:
            status = process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
    assert status == 0, (home / "sandbox.log").read_text()


def start(home: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start ``python -m sandbox`` on any free ports; its words go to ``home/sandbox.log``."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "sandbox.log").open("a") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "sandbox", "--home", str(home), "--port-base", "0", *arguments],
            env={**os.environ, "PYTHONPATH": str(INCLUDE)},
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
        )


def wait_for(home: Path, process: subprocess.Popen[str]) -> Endpoints:
    """Give the endpoints once the sandbox serves, or say what it said when it ended instead."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if (home / "endpoints.json").exists():
            return Endpoints.read(home)
        if process.poll() is not None:
            break
        time.sleep(0.02)
    raise AssertionError(f"the sandbox did not start: {(home / 'sandbox.log').read_text()}")
