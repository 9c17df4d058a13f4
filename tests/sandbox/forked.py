"""Sandboxes for tests, forked off a process that has imported everything: a start costs a tenth of a second.

A test process keeps one such parent. It ends with the test process, and its sandboxes end with it.
"""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.endpoints import Endpoints

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0
_PR_SET_PDEATHSIG = 1


class Forked:
    """One running sandbox.

    Args:
        pid: its process.
        home: where its state lies.
    """

    def __init__(self, pid: int, home: Path) -> None:
        self.pid = pid
        self.home = home

    def alive(self) -> bool:
        """Say whether it still runs; who has ended is reaped at once, by its parent."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def end(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Send it a signal and wait until it is gone."""
        if self.alive():
            os.kill(self.pid, number)
        deadline = time.monotonic() + 20
        while self.alive():
            assert time.monotonic() < deadline, f"sandbox {self.pid} does not end"
            time.sleep(0.01)

    def endpoints(self) -> dict[str, Any]:
        """Wait until it serves, and give its ``endpoints.json``."""
        written = self.home / "endpoints.json"
        deadline = time.monotonic() + PATIENCE
        while not written.exists():
            assert self.alive(), (self.home / "sandbox.log").read_text()
            assert time.monotonic() < deadline, "the sandbox did not start"
            time.sleep(0.02)
        found: dict[str, Any] = json.loads(written.read_text(encoding="utf-8"))
        return found


def start(home: Path) -> Forked:
    """Serve a sandbox on free ports, its state and its log in `home`."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "endpoints.json").unlink(missing_ok=True)
    parent = _parent()
    assert parent.stdin is not None
    assert parent.stdout is not None
    parent.stdin.write(f"{home.resolve()}\n")
    parent.stdin.flush()
    return Forked(int(parent.stdout.readline()), home)


@contextmanager
def serving(home: Path) -> Iterator[Endpoints]:
    """Serve a sandbox from `home` until the block ends."""
    sandbox = start(home)
    try:
        sandbox.endpoints()
        yield Endpoints.read(home)
    finally:
        sandbox.end(signal.SIGTERM)


@cache
def _parent() -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT / "include"), str(ROOT)))}
    return subprocess.Popen(
        [sys.executable, "-m", "tests.sandbox.forked"],
        cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def _fork_on_request() -> None:
    """Read homes from standard input, and fork a sandbox for each, until the input ends."""
    from sandbox import serving  # noqa: F401 - what all of them need is imported before the first fork

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            _serve(Path(line.strip()))
            os._exit(0)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


def _serve(home: Path) -> None:
    from sandbox.serving import Ports, serve

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log = os.open(home / "sandbox.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    asyncio.run(serve(home, Ports(), lambda _: None))


if __name__ == "__main__":
    _fork_on_request()
