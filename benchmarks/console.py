"""console_<page>: milliseconds that each page of the console takes over a ledger of a million records.

The console itself, in the web server that Airflow uses, asked over HTTP on loopback; beside each page an empty one of
the same server, with the same sign-in. A page that can be asked in several ways is as slow as its slowest.
"""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import requests
from cryptography.fernet import Fernet

from benchmarks.big_ledger import NAME, ORDERS, RUNS, digest_of, fill
from benchmarks.figures import Figure
from benchmarks.memory import Growth

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cartage.ledger import Ledger

ROOT = Path(__file__).resolve().parents[1]
TIMES = 9
"""Calls of each address; their median counts."""

MANY = f"{ORDERS // 2:08d}"

PAGES: dict[str, tuple[str, ...]] = {
    "overview": ("/",),
    "runs": (f"/flows/{NAME}.orders/runs", f"/flows/{NAME}.orders/runs?before={RUNS // 2}"),
    "find": (
        f"/records?q={MANY}", "/records?q=SO1200000", "/records?q=C00001000", "/records?q=sku-000042",
        f"/records?by={digest_of(ORDERS // 2)}", "/records?q=0000", "/records?q=nothing-has-this-number",
    ),
    "record": (f"/records/{NAME}/RefArch/{MANY}", f"/records/{NAME}/RefArch/00000000"),
    "errors": ("/errors", f"/errors?flow={NAME}.orders"),
    "mappings": ("/mappings", "/mappings/text?kind=mapping&name=netsuite/order"),
    "quality": ("/quality", f"/quality?flow={NAME}.orders"),
}  # fmt: skip
"""Addresses by page."""


def run() -> list[Figure]:
    """Measure all pages."""
    with tempfile.TemporaryDirectory(prefix="cartage-bench-") as folder:
        _airflow(Path(folder))
        ledger = fill(Path(folder) / "ledger.db", Fernet.generate_key().decode(), "benchmark")
        with _serving(ledger) as address, Growth() as growth, requests.Session() as session:
            empty = _median(session, f"{address}/empty")
            taken = {
                page: max(_median(session, address + each) for each in addresses) for page, addresses in PAGES.items()
            }
        ledger.close()
    return [Figure(f"console_{page}", value, "ms", empty, growth.peak_mb) for page, value in taken.items()]


def _airflow(home: Path) -> None:
    """Give this process an Airflow of its own, before anything imports it."""
    os.environ |= {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(home / "plugins"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        "CARTAGE_INCLUDE": str(ROOT / "include"),
    }
    subprocess.run([sys.executable, "-m", "airflow", "db", "migrate"], cwd=ROOT, check=True, capture_output=True)


@contextmanager
def _serving(ledger: Ledger) -> Iterator[str]:
    """Serve the console, with an empty page beside the others, to somebody who may see everything."""
    import uvicorn
    from airflow.api_fastapi.app import init_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
    from airflow.api_fastapi.core_api.security import get_user
    from fastapi.responses import HTMLResponse

    from cartage.console.app import application
    from cartage.console.ledgers import open_ledger

    init_auth_manager()
    app = application()
    user = SimpleAuthManagerUser(username="somebody", role="admin")
    app.dependency_overrides |= {get_user: lambda: user, open_ledger: lambda: ledger}
    app.add_api_route("/empty", lambda: HTMLResponse(""))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.05)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()


def _median(session: requests.Session, address: str) -> float:
    """Give the milliseconds that an answer takes."""
    taken = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        answer = session.get(address, headers={"Accept": "text/html"}, allow_redirects=False, timeout=60)
        taken.append((time.perf_counter() - begun) * 1000)
        if answer.status_code not in {200, 303}:
            raise RuntimeError(f"{address} answered {answer.status_code}: {answer.text[:300]}")
    return statistics.median(taken)
