"""Processes that live and die with their owner.

Airflow's own ``standalone`` leaves children behind when it is killed, so each process gets a
session of its own here, and ending it ends the whole group.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

PATIENCE = 20.0
"""Seconds a process gets to end by itself before it is killed."""

_PR_SET_PDEATHSIG = 1


class StartError(RuntimeError):
    """A process did not come up; the message quotes the end of its log and names the file."""


def _die_with_parent() -> None:
    """Ask Linux to end this process when its owner is killed. A no-op elsewhere."""
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    except (OSError, AttributeError):
        return


@dataclass
class Processes:
    """A group of named processes with a log file each.

    Args:
        logs: folder for the log files.
        environment: environment of every process.
    """

    logs: Path
    environment: Mapping[str, str]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, command: Sequence[str]) -> None:
        """Start a process; its output goes to ``{name}.log``."""
        self.logs.mkdir(parents=True, exist_ok=True)
        with (self.logs / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(  # noqa: S603 (our own commands)
                list(command),
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 (this process has no threads)
            )

    def wait_until(self, ready: Callable[[], bool], *, what: str, seconds: float) -> None:
        """Wait until `ready` says so.

        Raises:
            StartError: when a process ended meanwhile or the time is up.
        """
        deadline = time.monotonic() + seconds
        while not ready():
            self.check()
            if time.monotonic() > deadline:
                raise StartError(f"{what} did not answer within {seconds:.0f} s; its log is in {self.logs}")
            time.sleep(0.2)

    def check(self) -> None:
        """Raise `StartError` when a process has ended by itself."""
        for name, process in self.running.items():
            if process.poll() is not None:
                log = self.logs / f"{name}.log"
                tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
                raise StartError(f"{name} ended with code {process.returncode}. The end of {log}:\n{tail}")

    def stop(self) -> None:
        """End every process and whatever it started: politely, then by force."""
        groups = [process.pid for process in self.running.values()]
        for pid in groups:
            _signal_group(pid, signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE
        for process in self.running.values():
            try:
                process.wait(timeout=max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                continue
        for pid in groups:
            _signal_group(pid, signal.SIGKILL)
        for process in self.running.values():
            process.wait()
        self.running.clear()


def _signal_group(pid: int, number: signal.Signals) -> None:
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def port_is_free(port: int) -> bool:
    """Say whether nothing listens on this loopback port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """Give a loopback port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
