"""The instance's logs over WebDAV, and what OCAPI says of them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.sandbox.sfcc.feeds import WAIT, Shop, inventory, orders, record

if TYPE_CHECKING:
    from collections.abc import Iterator

PERMISSIONS = Path(__file__).resolve().parents[3] / "deploy" / "sfcc" / "permissions" / "webdav.json"
FEED = inventory(
    "webdav-1", "\n".join((record("NL-1000"), record("NO-SUCH"), record("NL-1001", mode=' mode="delete"')))
)


@pytest.fixture
def ours(ours: Shop) -> Iterator[Shop]:
    yield ours
    ours.control("/webdav", readable=None)


def read(shop: Shop, path: str, **headers: str) -> requests.Response:
    address = f"{shop.endpoints.sfcc['base_url']}/on/demandware.servlet/webdav{path}"
    return shop.session.get(address, headers=headers, timeout=WAIT)


def imported(shop: Shop, kind: str, feed: str, name: str) -> dict[str, Any]:
    shop.leave(kind, feed, name)
    return shop.run(kind)


def test_an_imports_log_is_found_by_its_jobs(ours: Shop) -> None:
    execution = imported(ours, "inventory", FEED, "webdav_1.xml")

    job = read(ours, execution["log_file_path"])

    assert job.headers["content-type"].startswith("text/plain")
    assert re.search(
        r"^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} GMT\] INFO SystemJobThread\|\d+\|cartage-import-inventory\|",
        job.text,
        re.MULTILINE,
    )
    name = re.search(r"cartage/inventory/webdav_1\.xml, log file \[([^\]]+)\]", job.text)
    assert name
    said = [re.sub(r"^\[.*? GMT\] ", "", line) for line in read(ours, f"/Sites/Impex/log/{name[1]}").text.splitlines()]
    assert said[1:7] == [
        "INFO ImportFile: cartage/inventory/webdav_1.xml",
        "INFO ImportMode: MERGE",
        "INFO Starting Import of 'inventory' from: cartage/inventory/webdav_1.xml",
        "WARN [DATAERROR] [5/30] Record: NO-SUCH: the site catalogue has no product NO-SUCH",
        "WARN [DATAWARNING] [6/44] Record: NL-1001: there is no such record to delete",
        "INFO Processed 1 header elements",
    ]
    assert "INFO Processed 4 total elements" in said
    assert FEED.splitlines()[4][:29].endswith('product-id="NO-SUCH">')  # the column is the one behind the start tag


def test_a_custom_step_writes_into_its_jobs_log(ours: Shop) -> None:
    execution = imported(ours, "shipments", orders('\n<order order-no="nobody"/>'), "webdav_2.xml")

    assert (
        "WARN [DATAERROR] [2/27] Order: nobody: there is no order nobody" in read(ours, execution["log_file_path"]).text
    )


def test_a_feed_that_is_refused_does_not_come_to_its_end(ours: Shop) -> None:
    execution = imported(ours, "inventory", "<inventory>", "webdav_3.xml")

    (name,) = re.findall(r"log file \[([^\]]+)\]", read(ours, execution["log_file_path"]).text)
    log = read(ours, f"/Sites/Impex/log/{name}").text
    assert "ERROR Import aborted: " in log
    assert "Processed" not in log
    assert [(each["step_id"], each["exit_status"]["code"]) for each in execution["step_executions"]] == [
        ("import", "ERROR")
    ]


def test_an_execution_says_what_the_reference_has(ours: Shop) -> None:
    execution = ours.run("inventory")

    assert execution["execution_scopes"] == ["Organization"]
    assert execution["log_file_path"] == f"/Sites/LOGS/jobs/{execution['job_id']}/{execution['log_file_name']}"
    (step,) = execution["step_executions"]
    assert (step["_type"], step["step_type_id"], step["execution_status"]) == (
        "job_step_execution", "ImportInventoryLists", "finished",
    )  # fmt: skip


def test_who_may_read_what(ours: Shop) -> None:
    path = ours.run("inventory")["log_file_path"]
    address = f"{ours.endpoints.sfcc['base_url']}/on/demandware.servlet/webdav{path}"

    nobody = requests.get(address, timeout=WAIT)
    assert (nobody.status_code, "www-authenticate" in nobody.headers) == (401, True)
    assert requests.get(address, headers={"authorization": "Bearer x"}, timeout=WAIT).status_code == 401
    assert read(ours, path).status_code == 200
    assert read(ours, path.replace("LOGS", "Logs")).status_code == 200
    assert read(ours, "/Sites/LOGS/jobs/cartage-import-inventory/nothing.log").status_code == 404
    assert read(ours, "/Sites/Cartridges/version1/x.js").status_code == 403
    assert read(ours, "/Sites/LOGS/%2e%2e/sfcc-credentials.json").status_code == 404
    ours.control("/webdav", readable=["/impex/log"])
    assert read(ours, path).status_code == 403


def test_a_part_is_given_to_who_asks_for_it(ours: Shop) -> None:
    path = ours.run("inventory")["log_file_path"]
    whole = read(ours, path).content

    part = read(ours, path, range="bytes=5-9")

    assert (part.status_code, part.content) == (206, whole[5:10])
    assert part.headers["content-range"] == f"bytes 5-9/{len(whole)}"


def test_what_is_deployed_is_what_is_needed() -> None:
    (client,) = json.loads(PERMISSIONS.read_text())["clients"]
    assert {each["path"]: each["operations"] for each in client["permissions"]} == {
        "/logs": ["read"], "/impex/log": ["read"], "/impex/src/instance": ["read_write"],
    }  # fmt: skip
