"""The demo: an SFCC and a NetSuite on loopback, Airflow between them, and a merchant's day on its way."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from embedded import airflow
from embedded.environment import PORT, REPOSITORY, USER, Home, environment
from embedded.processes import Processes, StartError, free_port, port_is_free
from embedded.story import Day
from embedded.summary import OUTCOMES, Counts, print_reasons, print_table, read_counts
from sandbox.shop.demo import drops

if TYPE_CHECKING:
    from pathlib import Path
    from types import FrameType

    from sandbox.shop.demo import Demo

FLOW = "sfcc_netsuite.orders"
SANDBOX_SECONDS = 60


def run_demo() -> int:
    """Run the demo until Ctrl-C, or until it is done with ``DEMO_EXIT=1``.

    Returns:
        0 when every record is accounted for and every run ended well.
    """
    began = time.monotonic()
    home = Home(REPOSITORY / ".cartage", REPOSITORY / ".sandbox")
    port = _port()
    stopped = _stop_on_signals()
    sandbox = Processes(home.logs, _sandbox_environment())
    stack: Processes | None = None
    try:
        _say("Starting the sandbox: an SFCC (SFTP, SCAPI) and a NetSuite (REST, SuiteQL) on loopback")
        endpoints = start_sandbox(sandbox, home.sandbox)
        surroundings = environment(home, port, endpoints["airflow"])
        os.environ.update(
            {name: surroundings[name] for name in surroundings if name.startswith(("AIRFLOW", "CARTAGE"))}
        )
        _say("Leaving the first drops in the shop's SFTP folder")
        demo = drops(_first_moment(home))
        leave_drops(home.sandbox, demo, later=False)
        _say("Setting up Airflow's database, the ledger and the ERP's pool")
        airflow.prepare(surroundings)
        stack = Processes(home.logs, surroundings)
        _say(f"Starting Airflow on http://127.0.0.1:{port}")
        airflow.start(stack, port)
        well, counts = _work(stack, home, port, demo, endpoints)
        seconds = time.monotonic() - began
        _what_next(home, port, counts)
        if os.environ.get("DEMO_EXIT") != "1":
            print("\nAll of it stays up. Ctrl-C ends it.", flush=True)
            _stay(stack, sandbox, stopped)
    finally:
        _say("Ending every process")
        if stack:
            stack.stop()
        sandbox.stop()
    ok = well and counts.unaccounted == 0
    print(f"demo: {counts.line()} flows={len(counts.flows)} seconds={seconds:.0f}", flush=True)
    return 0 if ok else 1


def _stay(stack: Processes, sandbox: Processes, stopped: threading.Event) -> None:
    """Wait for Ctrl-C, watching that everything still runs."""
    with suppress(KeyboardInterrupt):
        while not stopped.wait(1):
            stack.check()
            sandbox.check()


def _work(stack: Processes, home: Home, port: int, demo: Demo, endpoints: dict[str, Any]) -> tuple[bool, Counts]:
    """Let the day happen: all flows run, more orders come, the warehouse ships, all flows run again."""
    client = airflow.Client(port, home.secrets()["password"])
    day = Day(client, stack, endpoints["netsuite"]["base_url"], _say)
    day.morning()
    _say("Leaving more drops: repeats, newer versions, cancellations")
    leave_drops(home.sandbox, demo, later=True)
    day.noon()
    counts = read_counts()
    print_table(counts)
    print_reasons()
    return day.well, counts


def _first_moment(home: Home) -> datetime:
    """Give the moment of this stack's first demo: a second one leaves the very same drops again."""
    path = home.folder / "demo.txt"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(datetime.now(UTC).isoformat(), encoding="utf-8")
    return datetime.fromisoformat(path.read_text(encoding="utf-8"))


def start_sandbox(processes: Processes, folder: Path) -> dict[str, Any]:
    """Start the sandbox and give what its ``endpoints.json`` says.

    Raises:
        StartError: when it does not come up.
    """
    written = folder / "endpoints.json"
    written.unlink(missing_ok=True)
    processes.start("sandbox", [sys.executable, "-m", "sandbox", "serve", "--home", str(folder)])
    processes.wait_until(written.exists, what="the sandbox", seconds=SANDBOX_SECONDS)
    endpoints: dict[str, Any] = json.loads(written.read_text(encoding="utf-8"))
    return endpoints


def leave_drops(folder: Path, demo: Demo, *, later: bool) -> None:
    """Put the demo's drops into the shop's SFTP folder: the first ones, or those that come later."""
    from sandbox.shop.delivery import deliver

    chosen = [drop for drop in demo.files if (drop.name in demo.later) is later]
    for path in deliver(folder, chosen):
        print(f"    {path.relative_to(folder)}", flush=True)


def _port() -> int:
    asked = os.environ.get("CARTAGE_PORT")
    if asked:
        if not port_is_free(int(asked)):
            raise StartError(f"port {asked} is taken: end what listens there, or give another CARTAGE_PORT")
        return int(asked)
    return PORT if port_is_free(PORT) else free_port()


def _sandbox_environment() -> dict[str, str]:
    paths = os.pathsep.join((str(REPOSITORY / "plugins"), str(REPOSITORY / "include")))
    return {**os.environ, "PYTHONPATH": paths}


def _stop_on_signals() -> threading.Event:
    """Make Ctrl-C and an end from outside (SIGTERM) the same, so that nothing is left behind."""
    stopped = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        if stopped.is_set():
            return  # it is ending already: a second Ctrl-C must not leave half of it behind
        stopped.set()
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM):  # a shell that starts jobs in the background ignores SIGINT
        signal.signal(number, stop)
    return stopped


def _say(text: str) -> None:
    print(f"==> {text}", flush=True)


def _what_next(home: Home, port: int, counts: Counts) -> None:
    password = home.secrets()["password"]
    shown = [name for name in OUTCOMES if counts.total(name)]
    print(
        f"\nAirflow UI   http://127.0.0.1:{port}   user {USER}   password {password}\n"
        f"Seen here    {', '.join(shown)}\n\n"
        "Try next\n"
        f"  - Open {FLOW} in the UI, then its last run, then validate: Quality report.\n"
        "  - Trigger it with a dry run, or with one order number.\n"
        "  - Look at sfcc_netsuite.proposals: what the guardrails asked, and who decided.\n"
        f"  - Put a file of your own into {home.sandbox / 'sftp' / 'outbound' / 'orders'} and wait for the next run.\n"
        f"  - Addresses and credentials of the sandbox: {home.sandbox / 'endpoints.json'}",
        flush=True,
    )
