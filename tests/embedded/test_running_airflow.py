"""What only a whole running Airflow shows: schedules, backfills, runs lost by hand, pools, links, and its own files."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
import sqlalchemy as sa

from cartage.ledger.engine import Database
from cartage.ledger.tables import drops
from sandbox.sfcc.export import drop_name
from sandbox.shop.orders import NOW, variety
from tests.embedded.running import FLOW, Told, change

if TYPE_CHECKING:
    from cartage.ledger.runs import Run
    from tests.embedded.running import Running

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_a_week_in_the_life_of_a_flow(running: Running) -> None:
    orders = [variety("plain", seed, site="RefArch") for seed in range(12)]
    pool = running.client.call("GET", "/pools/netsuite")
    assert pool["slots"] == 5

    # The first run moves the watermark to where it ended.
    running.deliver(orders[:3])
    first = running.first_run()
    ran = running.ran(first["dag_run_id"])
    assert running.counts(ran) == {"created": 3}
    assert running.watermark() == ran.window.until
    assert running.weights(first["dag_run_id"]) == {1000}
    report_is_for_those_who_signed_in(running, first["dag_run_id"])

    forked_tasks_start_warm(running)
    limited_runs_leave_the_watermark(running, orders[3:5])
    a_lost_run_is_adopted(running, orders[5:9])
    a_failed_run_is_told(running)
    a_cleared_run_repeats_its_window(running)
    a_backfill_reads_archived_drops_again(running, ran)
    nothing_personal_is_left_with_airflow(running, orders)
    running.client.switch(FLOW, on=False)
    change(running.include, 'schedule: "* * * * *"', 'schedule: "0 0 1 * *"')
    running.parse_again()


def report_is_for_those_who_signed_in(running: Running, run_id: str) -> None:
    address = running.links(run_id, "validate")["Quality report"]
    assert address
    page = running.open(address)
    assert page.status_code == 200
    assert "Quality of sfcc_netsuite.orders" in page.text
    assert running.open(address, signed_in=False).status_code == 401
    assert running.open(address.replace("/reports/", "/reports/..%2F"), signed_in=True).status_code == 404


def forked_tasks_start_warm(running: Running) -> None:
    running.client.wait_for_dag("warm", running.processes)
    running.client.switch("warm", on=True)
    run_id = running.client.trigger("warm")
    assert running.client.wait_for_run("warm", run_id, running.processes, 60) == "success"
    path = f"/dags/warm/dagRuns/{run_id}/taskInstances/imported/xcomEntries/return_value"
    imported = running.client.call("GET", path)["value"]
    assert "True" in str(imported)
    assert "False" not in str(imported)


def limited_runs_leave_the_watermark(running: Running, orders: list) -> None:
    running.deliver(orders, NOW + timedelta(minutes=1))
    before = running.written()
    dry = running.run(dry_run=True)
    assert running.counts(dry) == {"created": 2}
    plan = running.links(dry.dag_run_id, "settle")["Plan"]
    assert plan
    assert orders[0].order_no in running.open(plan).text
    assert running.open(plan, signed_in=False).status_code == 401
    assert running.written() == before
    assert running.watermark() != dry.window.until

    some = running.run(keys=[orders[0].order_no])
    assert running.counts(some) == {"created": 1}
    assert running.watermark() != some.window.until

    until = datetime.now(UTC)
    stretch = running.run(since="2026-01-01T00:00:00Z", until=until.isoformat())
    assert running.counts(stretch)["created"] == 1
    assert running.watermark() != until

    live = running.run()
    assert running.watermark() == live.window.until


def a_lost_run_is_adopted(running: Running, orders: list) -> None:
    before = running.written()["salesOrder create"]
    slow = {"match": "POST /record/v1/salesOrder", "latency_ms": 30_000, "times": 2}  # two of the four go through
    running.netsuite("POST", json={"faults": [slow]})
    running.deliver(orders, NOW + timedelta(minutes=2))
    lost = running.client.trigger(FLOW)
    running.wait(lambda: running.netsuite("GET")["faults_left"] == 0, "its load")
    running.client.call("PATCH", f"/dags/{FLOW}/dagRuns/{lost}", json={"state": "failed"})
    assert running.finish(lost) == "failed"

    live = running.run()
    dead = running.ran(lost)
    assert dead.state == "failed"
    assert dead.note
    assert "adopted" in dead.note
    assert running.counts(dead) == {"held": 4}
    assert running.counts(live) == {"created": 4}
    assert running.written()["salesOrder create"] - before == 4, "each of them once"
    keys = [f"RefArch/{each.order_no}" for each in orders]
    known = running.ledger.outcomes.known("sfcc_netsuite", "order", keys)
    assert sorted(known) == sorted(keys)


def a_failed_run_is_told(running: Running) -> None:
    run_id = running.client.trigger(FLOW, {"since": "no date"})
    assert running.finish(run_id) == "failed"
    told = running.wait(lambda: [each for each in Told.alerts if each["facts"].get("run") == run_id], "the alert", 60)
    assert told[0]["kind"] == "failed"
    assert told[0]["facts"]["address"] == f"{running.client.base}/dags/{FLOW}/runs/{quote(run_id, safe='')}"


def a_cleared_run_repeats_its_window(running: Running) -> None:
    live = running.run()
    body = {"dry_run": False, "dag_run_id": live.dag_run_id, "task_ids": ["extract"], "include_downstream": True,
            "only_failed": False, "reset_dag_runs": True}  # fmt: skip
    running.client.call("POST", f"/dags/{FLOW}/clearTaskInstances", json=body)
    assert running.finish(live.dag_run_id) == "success"
    again = running.ran(live.dag_run_id)
    assert again.attempt == live.attempt + 1
    assert again.window == live.window


def a_backfill_reads_archived_drops_again(running: Running, first: Run) -> None:
    """Backfills a minute of an hour ago, in which a drop landed; meanwhile the flow runs on, now every minute.

    A backfill of the very minute that the schedule is about to begin would end Airflow's scheduler (3.3.2).
    """
    before = running.written()
    landed = landed_an_hour_earlier(running, first)
    change(running.include, 'schedule: "0 0 1 * *"', 'schedule: "* * * * *"')
    running.parse_again()
    running.wait(
        lambda: running.client.call("GET", f"/dags/{FLOW}")["timetable_summary"] == "* * * * *", "the new schedule"
    )
    minute = landed.replace(second=0, microsecond=0).isoformat()
    body = {"dag_id": FLOW, "from_date": minute, "to_date": minute, "max_active_runs": 1}
    running.wait(lambda: running.backfill(body), "the backfill")

    def begun() -> list[str]:
        return [each["dag_run_id"] for each in running.client.runs(FLOW) if each["run_type"] == "backfill"]

    run_id = running.wait(begun, "the backfill's run")[0]
    assert running.finish(run_id) == "success"
    assert running.weights(run_id) == {1}
    filled = running.ran(run_id)
    assert filled.window.as_dict()["since"] == minute
    assert running.counts(filled) == {"unchanged": 3}
    assert running.written() == before
    assert running.watermark() > filled.window.until


def landed_an_hour_earlier(running: Running, first: Run) -> datetime:
    """Let the first run's drops have landed an hour earlier than they did, and give the newest such time."""
    landed = first.window.until - timedelta(hours=1, microseconds=1)
    ours = (drops.c.name == drop_name("RefArch", NOW)) & (drops.c.landed_at < first.window.until)
    earlier = sa.update(drops).where(ours).values(landed_at=landed)
    database = Database(f"sqlite:///{running.home.folder / 'ledger.db'}")
    with database.write() as connection:
        assert connection.execute(earlier).rowcount == 1
    database.close()
    return landed


def nothing_personal_is_left_with_airflow(running: Running, orders: list) -> None:
    """Looks through every log, and through Airflow's database: XComs, rendered templates, states, audit log."""
    told = set()
    for order in orders[:9]:
        address = order.customer.billing
        told |= {order.customer.email, order.customer.name, address.last_name if len(address.last_name) > 5 else None}
    told = {each for each in told if each}
    assert len(told) > 9
    words = {each: [each.encode(), each.encode("unicode_escape")] for each in told}
    files = [each for each in running.home.airflow.rglob("*") if each.is_file()]
    files += [each for each in running.home.logs.rglob("*") if each.is_file()]
    assert any(each.suffix == ".log" for each in files)
    assert any(each.name == "airflow.db" for each in files)
    found = {}
    for file in files:
        content = file.read_bytes()
        for word, forms in words.items():
            if any(form in content for form in forms):
                found.setdefault(str(file), []).append(word)
    assert found == {}
