"""push_orders: sales orders written to NetSuite a second, beside the most that its governance allows.

The sandbox's NetSuite, in a process of its own, serves 15 requests at a time and takes 200 ms for each: at
one write an order, no client can write more than 75 orders a second. Intents and results go to a real
ledger on SQLite. The customers are there already, as most are in a shop that has run for a while.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import requests
from cryptography.fernet import Fernet

from benchmarks.figures import Figure
from benchmarks.memory import Growth
from cartage.integrations import include_folder
from cartage.ledger import Ledger
from cartage.mapping import load_mapping
from cartage.mapping.source import load_source
from cartage.records.outcome import Outcome
from cartage.settings import load_settings
from cartage.systems.netsuite.entry import MAPPINGS
from cartage.systems.netsuite.hook import NetSuiteHook
from cartage.systems.netsuite.references import NetSuiteReferences
from cartage.systems.netsuite.target import NetSuiteTarget
from cartage.systems.netsuite.transform import to_documents
from cartage.systems.sfcc.xml.reader import DocumentReader, Limits, Reading
from cartage.systems.sfcc.xml.tables import VERSION_TIME, Numbers, Origin
from cartage.windows import Selection, Window
from sandbox.endpoints import Endpoints
from sandbox.shop.order_xml import write_orders
from sandbox.shop.orders import NOW, make

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cartage.records.batch import Batch
    from cartage.settings import Settings
    from sandbox.shop.model import Order

INTEGRATION, SITE = "sfcc_netsuite", "RefArch"
ORDERS, CUSTOMERS = 1000, 50
CONCURRENCY, LATENCY_MS = 15, 200
LIMIT = CONCURRENCY / (LATENCY_MS / 1000)
"""Requests a second that NetSuite allows: orders a second, at one write an order."""


def run() -> Figure:
    """Measure."""
    with tempfile.TemporaryDirectory() as folder, served(Path(folder) / "sandbox") as endpoints:
        os.environ |= endpoints.airflow
        settings = load_settings(INTEGRATION, include_folder())
        hook = NetSuiteHook("netsuite", concurrency=CONCURRENCY)
        desk = Desk(Path(folder), hook, settings)
        first = [plain_order(number) for number in range(CUSTOMERS)]
        desk.write(desk.documents(first))
        documents = desk.documents([again(first[number % CUSTOMERS], number) for number in range(ORDERS)])
        control(endpoints, latency_ms=LATENCY_MS, concurrency=CONCURRENCY)
        with Growth() as growth:
            begun = time.perf_counter()
            desk.write(documents)
            ours = ORDERS / (time.perf_counter() - begun)
    return Figure("push_orders", ours, "orders/s", LIMIT, growth.peak_mb)


def plain_order(number: int) -> Order:
    """Make an order without anything special, of a customer of its own."""
    return make([], Random(f"push/{number}"), site=SITE, number=f"PUSH{number:06d}", now=NOW)


def again(order: Order, number: int) -> Order:
    """Make another order of the same customer."""
    return replace(order, order_no=f"AGAIN{number:06d}", invoice_no=f"INV-AGAIN{number:06d}")


class Desk:
    """Makes documents of orders as a run does, and writes them with a ledger.

    Args:
        folder: where exports and the ledger lie.
        hook: NetSuite's transport.
        settings: the integration's.
    """

    def __init__(self, folder: Path, hook: NetSuiteHook, settings: Settings) -> None:
        self._folder = folder
        self._hook = hook
        self._settings = settings
        self._runs = 0
        extra = {"key": Fernet.generate_key().decode(), "hash_key": "benchmark"}
        connection = {"conn_type": "sqlite", "host": str(folder / "ledger.db"), "extra": extra}
        os.environ["AIRFLOW_CONN_CARTAGE_LEDGER"] = json.dumps(connection)
        self._ledger = Ledger.from_connection("cartage_ledger")
        self._ledger.migrate()

    def documents(self, orders: Sequence[Order]) -> Batch:
        """Give the documents of orders, by way of an export; a deposit would be a second write, so there is none."""
        include = include_folder()
        path = self._folder / f"{SITE}_orders_20260615T120000.xml"
        write_orders(path, orders)
        origin = Origin(SITE, path.name, NOW.strftime(VERSION_TIME), 0, {})
        (read,) = DocumentReader(load_source("sfcc", "order", include), Limits(megabytes=100)).read(
            path, origin, Numbers.start("order"), Reading()
        )
        made = to_documents(
            read.batch,
            settings=self._settings,
            mappings={name: load_mapping("netsuite", name, include) for name in MAPPINGS["order"]},
            references=NetSuiteReferences(self._hook, self._settings),
            integration=INTEGRATION,
        )
        if made.verdicts:
            raise RuntimeError(f"the benchmark's orders must be sound: {made.verdicts[0]}")
        return made.documents

    def write(self, documents: Batch) -> None:
        """Write documents in a run of their own."""
        self._runs += 1
        run = self._ledger.runs.open(
            integration=INTEGRATION,
            flow="orders",
            dag_id="benchmark",
            dag_run_id=f"run-{self._runs}",
            run_type="scheduled",
            started_by=None,
            window=Window(since=None, until=NOW),
            selection=Selection(),
            settings_digest="0" * 64,
        )
        target = NetSuiteTarget(self._hook, self._settings, INTEGRATION)
        journal = self._ledger.journal(run, INTEGRATION, "netsuite", holder="benchmark")
        verdicts = list(target.write(documents, journal))
        self._ledger.runs.close(run, "settled")
        wrong = [each for each in verdicts if each.outcome != Outcome.CREATED]
        orders = pc.sum(pc.equal(documents.root["type"], pa.scalar("salesOrder"))).as_py()
        if wrong or len(verdicts) != orders or len(documents) != 2 * orders:
            raise RuntimeError(f"{orders} orders of a customer each became {len(verdicts)} verdicts, {wrong[:1]}")


@contextmanager
def served(home: Path) -> Iterator[Endpoints]:
    """Serve the sandbox in a process of its own while a block runs."""
    home.mkdir(parents=True)
    command = [sys.executable, "-m", "sandbox", "serve", "--home", str(home), "--port-base", "0"]
    environment = os.environ | {"PYTHONPATH": str(include_folder())}
    with (home / "sandbox.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + 60
        while not (home / "endpoints.json").exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the sandbox did not start: {(home / 'sandbox.log').read_text()}")
            time.sleep(0.1)
        yield Endpoints.read(home)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)


def control(endpoints: Endpoints, **document: Any) -> None:
    """Tell the sandbox's NetSuite how to behave."""
    assert endpoints.netsuite is not None
    requests.post(endpoints.netsuite["control"], json=document, timeout=20).raise_for_status()
