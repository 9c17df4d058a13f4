"""Jobs over OCAPI, the schedule, what goes wrong on request, and what a restart leaves."""

from __future__ import annotations

import io
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import paramiko
import pytest
import requests

from tests.sandbox.sfcc.feeds import WAIT, Shop, inventory, pricebook, record, table
from tests.sandbox.sfcc.test_sftp import signed_in
from tests.sandbox.shop_server import running_shop, start, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

JOB = "/jobs/cartage-import-inventory/executions"
FEED = inventory("jobs-1", record("NL-1000"))


def until(true: Callable[[], object]) -> None:
    limit = time.monotonic() + 30
    while not true():
        assert time.monotonic() < limit, "it did not come to pass"
        time.sleep(0.02)


def fault(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["fault"]["type"]


def test_a_job_runs_once_at_a_time(ours: Shop) -> None:
    ours.control(imports=[{"job": "cartage-import-inventory", "seconds": 0.6}])
    ours.leave("inventory", FEED)

    started = ours.data("POST", JOB).json()
    again = ours.data("POST", JOB)
    other = ours.data("POST", "/jobs/cartage-import-stores/executions")

    assert started["execution_status"] in {"pending", "running"}
    assert "exit_status" not in started
    assert fault(again) == (400, "JobAlreadyRunningException")
    assert again.json()["fault"]["arguments"] == {"jobId": "cartage-import-inventory"}
    assert other.status_code == 202, "another job runs beside it"
    ended = ours.ended("inventory", started["id"])
    assert (ended["status"], ended["exit_status"]["code"]) == ("OK", "OK")
    assert ended["duration"] >= 600
    assert ours.data("POST", JOB).status_code == 202


def test_jobs_are_found(ours: Shop) -> None:
    ours.leave("inventory", "<")
    failed = ours.run("inventory")
    fine = ours.run("pricebooks")
    term = {"term_query": {"fields": ["job_id"], "operator": "one_of", "values": [failed["job_id"], fine["job_id"]]}}
    bad = {"term_query": {"fields": ["status"], "operator": "is", "values": ["ERROR"]}}

    def found(query: dict[str, Any], **more: Any) -> list[str]:
        answer = ours.data("POST", "/job_execution_search", {"query": query, **more}).json()
        assert answer["_type"] == "job_execution_search_result"
        return [each["id"] for each in answer["hits"]]

    newest = {"sorts": [{"field": "start_time", "sort_order": "desc"}], "count": 2}
    assert found(term, **newest) == [fine["id"], failed["id"]]
    assert failed["id"] in found({"bool_query": {"must": [term, bad]}})
    assert fine["id"] not in found({"bool_query": {"must": [term, bad]}})
    assert set(found({"match_all_query": {}}, count=200)) >= {failed["id"], fine["id"]}
    assert fault(ours.data("POST", "/job_execution_search", {"query": {"text_query": {}}}))[0] == 400


def test_what_is_not_there_or_not_allowed(ours: Shop) -> None:
    base, path = ours.endpoints.sfcc["base_url"], "/jobs/cartage-import-inventory/executions"

    assert fault(ours.data("POST", "/jobs/nothing/executions")) == (404, "JobNotFoundException")
    assert fault(ours.data("GET", f"{path}/0")) == (404, "JobExecutionNotFoundException")
    assert fault(ours.data("POST", path, {"parameters": [{"name": "Mode", "value": "x"}]}))[0] == 400
    none = requests.post(f"{base}/s/-/dw/data/v23_2{path}", timeout=WAIT)
    assert fault(none) == (401, "AuthorizationHeaderMissingException")
    wrong = requests.post(f"{base}/s/-/dw/data/v23_2{path}", headers={"authorization": "Bearer x"}, timeout=WAIT)
    assert fault(wrong) == (401, "InvalidAccessTokenException")
    assert ours.scapi("GET", "x").status_code == 404, "a token without a scope is not one of SCAPI"
    plain = ours.session.get(
        f"{base}/checkout/orders/v1/organizations/{ours.endpoints.sfcc['organization']}/orders?siteId=RefArch",
        timeout=WAIT,
    )
    assert plain.status_code == 401
    assert ours.session.post(f"{base}/s/-/dw/data/v21_10{path}", timeout=WAIT).json()["_v"] == "21.10"


def test_an_import_fails_as_told(ours: Shop) -> None:
    ours.control(imports=[{"job": "cartage-import-*", "fail": True}, {"feed": "told*", "refuse": True}])
    ours.leave("inventory", FEED, "told.xml")

    failed = ours.run("inventory")
    assert failed["exit_status"]["code"] == "ERROR"
    assert (ours.folder("inventory") / "told.xml").exists(), "a job that failed took nothing"
    refused = ours.outcome("inventory", "told.xml", ours.run("inventory"))
    assert (refused.folder, refused.said("code")) == ("error", [("told",)])
    assert ours.take("inventory", FEED, name="told.xml").folder == "archive", "each fault strikes once"


def test_ocapi_fails_as_told_in_its_own_form(ours: Shop) -> None:
    ours.control(faults=[{"match": "GET *product_inventory_records", "status": 503}])

    answer = ours.data("GET", "/inventory_lists/RefArch-inventory/product_inventory_records")

    assert fault(answer) == (503, "ServiceUnavailableException")


@pytest.mark.parametrize("tenth", range(1, 11))
def test_an_upload_breaks_off_at_every_tenth(ours: Shop, tenth: int) -> None:
    size = 150_000
    ours.control(uploads=[{"match": "/inbound/inventory/*", "tenth": tenth, "of_bytes": size}])
    name = f"/inbound/inventory/broken_{tenth}.tmp"

    with signed_in(ours.endpoints) as sftp, pytest.raises((EOFError, OSError, paramiko.SSHException)):
        sftp.putfo(io.BytesIO(b"x" * (size + 1)), name)

    path = Path(ours.endpoints.sftp["root"] + name)
    assert path.stat().st_size == size * tenth // 10
    path.unlink()
    with signed_in(ours.endpoints) as sftp:
        sftp.putfo(io.BytesIO(b"x" * size), name)
    path.unlink()


def test_the_disk_is_full(ours: Shop) -> None:
    ours.control(uploads=[{"match": "/inbound/*", "full": True, "after_bytes": 1000}])

    with signed_in(ours.endpoints) as sftp:
        with sftp.open("/inbound/pricebooks/full.tmp", "wb") as file:
            file.write(b"x" * 1000)
            with pytest.raises(OSError, match="No space left"):
                file.write(b"x")
        assert sftp.stat("/inbound/pricebooks/full.tmp").st_size == 1000
        sftp.remove("/inbound/pricebooks/full.tmp")
        sftp.putfo(io.BytesIO(b"x"), "/inbound/pricebooks/full.tmp")
        sftp.remove("/inbound/pricebooks/full.tmp")


def test_an_upload_stands_still_until_the_shop_behaves(ours: Shop) -> None:
    ours.control(uploads=[{"match": "/inbound/inventory/*", "seconds": 60, "after_bytes": 4}])
    path = Path(ours.endpoints.sftp["root"] + "/inbound/inventory/slow.tmp")

    def upload() -> None:
        with signed_in(ours.endpoints) as sftp:
            sftp.putfo(io.BytesIO(b"0123456789"), "/inbound/inventory/slow.tmp")

    with ThreadPoolExecutor() as pool:
        uploading = pool.submit(upload)
        until(lambda: path.exists() and path.stat().st_size == 4)
        assert not uploading.done()
        requests.delete(ours.endpoints.sfcc["control"], timeout=30)
        uploading.result(timeout=30)
    assert path.read_bytes() == b"0123456789"
    path.unlink()


def test_state_survives_a_stop_and_a_schedule_takes_up_what_was_left(tmp_path: Path) -> None:
    process = start(tmp_path)
    shop = Shop(wait_for(tmp_path, process))
    shop.take("inventory", inventory("jobs-2", record("NL-1000", "<allocation>9</allocation>")))
    shop.take("pricebooks", pricebook("jobs-2", table("NL-1000")))
    order_no = shop.control("/sell", sku="NL-1000", quantity=4, list="jobs-2")["order_no"]
    shop.control(imports=[{"seconds": 60}])
    left = shop.leave("inventory", inventory("jobs-2", record("NL-1001")))
    begun = shop.data("POST", JOB).json()["id"]
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    (tmp_path / "endpoints.json").unlink()

    again = start(tmp_path, "--import-seconds", "0.1")
    try:
        shop = Shop(wait_for(tmp_path, again))

        until((shop.folder("inventory") / "archive" / left).exists)
        lost = shop.ended("inventory", begun)
        assert (lost["exit_status"]["code"], lost["execution_status"]) == ("ERROR", "finished")
        assert shop.stock("jobs-2", "NL-1000")["ats"] == 5
        assert shop.stock("jobs-2", "NL-1001")["ats"] == 5
        assert shop.order(order_no)["productItems"][0]["inventoryId"] == "jobs-2"
        assert shop.look("/pricebooks/jobs-2?product=NL-1000")["total"] == 1
    finally:
        again.terminate()
        assert again.wait(20) == 0


def test_it_stops_in_the_middle_of_a_slow_import(tmp_path: Path) -> None:
    with running_shop(tmp_path) as endpoints:
        shop = Shop(replace(endpoints))
        shop.control(imports=[{"seconds": 60}])
        shop.leave("inventory", FEED)
        assert shop.data("POST", JOB).status_code == 202
    assert [each.name for each in (tmp_path / "sftp" / "inbound" / "inventory").glob("*.xml")] == ["feed_0001.xml"]
