"""The scaled way to run, natively: what docker-compose.yaml says, on PostgreSQL, Redis and Celery workers."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import psutil
import pytest

from sandbox.shop.delivery import deliver, order_drop
from sandbox.shop.oracle import expect
from sandbox.shop.orders import NOW, variety
from tests.scaled.composed import ENVIRONMENT, ROOT, needed
from tests.scaled.native import SERVICES, WORKERS, Scaled, dotenv

if TYPE_CHECKING:
    from pathlib import Path

ORDERS, LOCATIONS = "sfcc_netsuite.orders", "sfcc_netsuite.locations"


def test_the_guide_makes_every_secret_that_the_files_ask_for(tmp_path: Path) -> None:
    files = ("docker-compose.yaml", ENVIRONMENT)
    asked = set().union(*(needed((ROOT / each).read_text(encoding="utf-8")) for each in files))
    assert asked == set(dotenv(tmp_path))
    assert (tmp_path / ".env").stat().st_mode & 0o077 == 0, "nobody else is to read it"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_orders_go_in_and_stores_come_out_by_celery_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not shutil.which("redis-server"):
        pytest.skip("redis-server is not installed here (Debian: apt install redis-server)")
    orders = [variety(name, seed, site="RefArch") for name in ("plain", "card_captured") for seed in range(6)]
    with Scaled.start(tmp_path) as scaled:
        deliver(tmp_path / "sandbox", [order_drop("RefArch", orders, NOW)])
        runs = {flow: started(scaled, flow) for flow in (ORDERS, LOCATIONS)}
        with ThreadPoolExecutor(1) as beside:
            asked = beside.submit(scaled.wellness)
            states = scaled.client.wait_for_runs(runs, scaled.processes)
        ran = [task for run in runs.items() for task in scaled.tasks(*run)]
        assert set(states.values()) == {"success"}, ran
        assert asked.result() == dict.fromkeys(("postgres", "redis", *SERVICES, *WORKERS), "")

        assert {each["hostname"] for each in ran} == set(WORKERS), "both take a part, each with what the other staged"
        scaled.processes.wait_until(lambda: scaled.done_by_celery() == len(ran), what="Celery's own table", seconds=30)
        assert scaled.counts("orders") == {"created": len(orders)}
        assert scaled.counts("locations")["created"] > 0
        monkeypatch.setenv("AIRFLOW_CONN_NETSUITE", scaled.processes.environment["AIRFLOW_CONN_NETSUITE"])
        landed = scaled.sandbox.totals()  # with orders of an earlier connector
        assert {each.order_no: landed.get(each.order_no) for each in orders} == {
            each.order_no: expect(each).due for each in orders
        }
        assert scaled.sandbox.control("sfcc", "GET", "/stores")["stores"]

        assert "Quality of sfcc_netsuite.orders" in scaled.report(ORDERS, runs[ORDERS])
        assert scaled.client.call("GET", "/pools/netsuite")["slots"] == 5
        processes = scaled.everything()
        assert len(processes) > len((*SERVICES, *WORKERS))
        assert {address for each in processes for address in listened(each)} == {"127.0.0.1"}
    assert not [each for each in processes if each.is_running()]


def started(scaled: Scaled, dag_id: str) -> str:
    """Switch a flow on, and give the run that Airflow's scheduler begins."""
    scaled.client.wait_for_dag(dag_id, scaled.processes)
    scaled.client.switch(dag_id, on=True)
    scaled.processes.wait_until(lambda: bool(scaled.client.runs(dag_id)), what=f"a run of {dag_id}", seconds=60)
    return str(scaled.client.runs(dag_id)[0]["dag_run_id"])


def listened(process: psutil.Process) -> set[str]:
    """Give the addresses on which a process waits for others."""
    return {each.laddr.ip for each in process.net_connections("inet") if each.status == psutil.CONN_LISTEN}
