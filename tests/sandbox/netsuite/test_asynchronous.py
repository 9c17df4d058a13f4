from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any

import simplejson

from tests.sandbox.netsuite.conftest import a_line, an_order, refusal, shown, unique

if TYPE_CHECKING:
    import httpx

    from tests.sandbox.netsuite.server import NetSuiteEndpoint

COLLECTION = "application/vnd.oracle.resource+json; type=collection"


def finished(client: httpx.Client, location: str) -> dict[str, Any]:
    """Wait for a job."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        job = dict(client.get(location).json())
        if job["completed"]:
            return job
        time.sleep(0.02)
    raise AssertionError("the job did not finish")


def batch(client: httpx.Client, method: str, record_type: str, items: list[dict[str, Any]]) -> httpx.Response:
    return client.request(
        method,
        f"/record/v1/{record_type}",
        content=simplejson.dumps({"items": items}),
        headers={"Content-Type": COLLECTION},
    )


def test_a_job_does_the_work_in_the_background(client: httpx.Client) -> None:
    key = unique("so")
    answer = client.put(f"/record/v1/salesOrder/eid:{key}", json=an_order(), headers={"Prefer": "respond-async"})
    assert answer.status_code == 202
    location = answer.headers["location"]
    assert finished(client, location)["progress"] == "succeeded"
    tasks = client.get(f"{location}/task").json()
    assert tasks["totalResults"] == 1
    task = client.get(f"{location}/task/1").json()
    assert (task["completed"], task["progress"]) == (True, "succeeded")
    result = client.get(f"{location}/task/1/result")
    assert result.status_code == 204
    assert result.headers["location"].endswith(f"/salesOrder/{shown(client, 'salesOrder', key)['id']}")


def test_a_failed_task_keeps_its_refusal(client: httpx.Client) -> None:
    answer = client.post(
        "/record/v1/salesOrder", json=an_order(entity={"id": "999"}), headers={"Prefer": "respond-async"}
    )
    assert finished(client, answer.headers["location"])["progress"] == "failed"
    assert refusal(client.get(f"{answer.headers['location']}/task/1/result"))["o:errorPath"] == "entity"


def test_the_same_key_twice_is_one_job(netsuite: NetSuiteEndpoint, client: httpx.Client) -> None:
    headers = {"Prefer": "respond-async", "X-NetSuite-Idempotency-Key": str(uuid.uuid4())}
    first = client.post("/record/v1/salesOrder", json=an_order(), headers=headers)
    again = client.post("/record/v1/salesOrder", json=an_order(), headers=headers)
    assert refusal(again)["o:errorCode"] == "IDEMPOTENCY_ERROR"
    assert again.headers["location"] == first.headers["location"]
    finished(client, first.headers["location"])
    assert netsuite.counts()["writes"] == {"salesOrder create": 1}


def test_the_key_means_nothing_without_async(netsuite: NetSuiteEndpoint, client: httpx.Client) -> None:
    headers = {"X-NetSuite-Idempotency-Key": str(uuid.uuid4())}
    assert [client.post("/record/v1/salesOrder", json=an_order(), headers=headers).status_code for _ in range(2)] == [
        204,
        204,
    ]
    assert netsuite.counts()["writes"] == {"salesOrder create": 2}


def test_a_batch_is_a_task_for_each_record(netsuite: NetSuiteEndpoint, client: httpx.Client) -> None:
    keys = [unique("so") for _ in range(3)]
    items = [an_order(externalId=key) for key in keys]
    items[1]["item"] = {"items": [a_line("NO-SUCH", 1, 1)]}
    answer = batch(client, "PUT", "salesOrder", items)
    assert answer.status_code == 202
    location = answer.headers["location"]
    assert finished(client, location)["progress"] == "failed"
    results = [client.get(f"{location}/task/{at}/result") for at in (1, 2, 3)]
    assert [result.status_code for result in results] == [204, 400, 204]
    assert refusal(results[1])["o:errorPath"] == "item.items[0].item"
    again = batch(client, "PATCH", "salesOrder", [{"externalId": keys[0], "memo": "batched"}])
    finished(client, again.headers["location"])
    assert shown(client, "salesOrder", keys[0])["memo"] == "batched"
    assert netsuite.counts()["writes"] == {"salesOrder create": 2, "salesOrder update": 1}


def test_a_batch_has_at_most_100_records(client: httpx.Client) -> None:
    assert refusal(batch(client, "POST", "salesOrder", [an_order()] * 101))["o:errorPath"] == "items"
    assert refusal(batch(client, "PATCH", "salesOrder", [{"memo": "whose?"}]))["o:errorPath"] == "items[0]"


def test_unknown_jobs_and_tasks(client: httpx.Client) -> None:
    assert refusal(client.get("/async/v1/job/99999"), 404)["o:errorCode"] == "NONEXISTENT_ID"
