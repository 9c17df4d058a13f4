"""Concurrency, latency, faults, and what is left after a restart."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.sandbox.netsuite.conftest import an_order, put_order, refusal, shown, unique
from tests.sandbox.netsuite.server import NetSuiteEndpoint, running_netsuite

if TYPE_CHECKING:
    from pathlib import Path


def test_no_more_requests_at_a_time_than_the_account_allows(netsuite: NetSuiteEndpoint, client: httpx.Client) -> None:
    netsuite.control(latency_ms=300)
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: client.get("/record/v1/customer/501"), range(12)))
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(200) == 5
    assert statuses.count(429) == 7
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refusal(refused, 429)["o:errorCode"] == "CONCURRENCY_LIMIT_EXCEEDED"
    assert netsuite.counts()["peak_concurrency"] == 5
    assert netsuite.counts()["statuses"]["429"] == 7


def test_the_limit_can_be_raised(netsuite: NetSuiteEndpoint, client: httpx.Client) -> None:
    netsuite.control(latency_ms=[100, 200], concurrency=15)
    started = time.monotonic()
    with ThreadPoolExecutor(12) as pool:
        statuses = list(pool.map(lambda _: client.get("/record/v1/customer/501").status_code, range(12)))
    assert statuses == [200] * 12
    assert time.monotonic() - started >= 0.1


def test_a_fault_meets_only_what_it_matches_and_only_so_often(netsuite: NetSuiteEndpoint, client: httpx.Client) -> None:
    netsuite.control(faults=[{"match": "POST /record/v1/salesOrder", "times": 2, "status": 503, "retry_after": 2}])
    assert client.get("/record/v1/salesOrder").status_code == 200
    first = client.post("/record/v1/salesOrder", json=an_order())
    assert (first.status_code, first.headers["retry-after"]) == (503, "2")
    statuses = [client.post("/record/v1/salesOrder", json=an_order()).status_code for _ in range(2)]
    assert statuses == [503, 204]
    assert netsuite.counts()["writes"] == {"salesOrder create": 1}


def test_an_answer_can_be_no_json(netsuite: NetSuiteEndpoint, client: httpx.Client) -> None:
    netsuite.control(faults=[{"match": "* /record/v1", "body": "<html>Maintenance</html>", "status": 200}])
    answer = client.get("/record/v1/customer/501")
    assert (answer.status_code, answer.text, answer.headers["content-type"].partition(";")[0]) == (
        200,
        "<html>Maintenance</html>",
        "text/html",
    )


def test_the_work_can_be_done_and_the_answer_lost(netsuite: NetSuiteEndpoint, client: httpx.Client) -> None:
    key = unique("so")
    netsuite.control(faults=[{"match": f"PUT /record/v1/salesOrder/eid:{key}", "timeout_after_commit": True}])
    with pytest.raises(httpx.ReadTimeout):
        client.put(f"/record/v1/salesOrder/eid:{key}", json=an_order(), timeout=0.5)
    assert shown(client, "salesOrder", key)["externalId"] == key
    assert netsuite.counts()["active"] == 0


@pytest.mark.parametrize(("fault", "written"), [({"drop_connection": True}, 0), ({"drop_after_commit": True}, 1)])
def test_the_connection_can_be_cut(
    netsuite: NetSuiteEndpoint, client: httpx.Client, fault: dict[str, bool], written: int
) -> None:
    netsuite.control(faults=[{"match": "POST /record/v1/salesOrder"} | fault])
    with pytest.raises(httpx.TransportError):
        client.post("/record/v1/salesOrder", json=an_order())
    assert netsuite.counts()["writes_total"] == written
    assert client.get("/record/v1/customer/501").status_code == 200


def test_a_wrong_control_document_is_refused(netsuite: NetSuiteEndpoint) -> None:
    for document in ({"latency": 5}, {"faults": [{"status": 500}]}, {"faults": [{"match": "* /", "colour": "red"}]}):
        answer = netsuite.client.post(f"{netsuite.url}/sandbox/control", json=document)
        assert answer.status_code == 422
        assert "unknown" in answer.json()["error"] or "match" in answer.json()["error"]


def test_reading_writes_nothing(netsuite: NetSuiteEndpoint, client: httpx.Client) -> None:
    client.get("/record/v1/customer/501")
    client.get("/record/v1/salesOrder")
    counts = netsuite.counts()
    assert (counts["writes"], counts["writes_total"]) == ({}, 0)
    assert counts["requests"]["GET /record/v1/customer/{id}"] == 1


def test_a_failed_write_leaves_no_trace(netsuite: NetSuiteEndpoint, client: httpx.Client) -> None:
    before = netsuite.rows("SELECT COUNT(*) AS n, SUM(quantitycommitted) AS c FROM aggregateItemLocation")
    orders = netsuite.rows("SELECT COUNT(*) AS n FROM transaction")
    key = unique()
    assert client.put(f"/record/v1/salesOrder/eid:{key}", json=an_order(discountRate=-1)).status_code == 400
    assert client.get(f"/record/v1/salesOrder/eid:{key}").status_code == 404
    assert netsuite.rows("SELECT COUNT(*) AS n, SUM(quantitycommitted) AS c FROM aggregateItemLocation") == before
    assert netsuite.rows("SELECT COUNT(*) AS n FROM transaction") == orders


def test_state_survives_a_restart(tmp_path: Path) -> None:
    with running_netsuite(tmp_path) as first, first.integration as client:
        token = client.headers["Authorization"]
        key, order = put_order(client, custbody_ctg_order_no="00017")
        customers = first.rows("SELECT COUNT(*) AS n FROM customer")
    with running_netsuite(tmp_path) as second:
        headers = {"Authorization": token}
        found = httpx.get(f"{second.url}/services/rest/record/v1/salesOrder/eid:{key}", headers=headers)
        assert found.status_code == 200
        assert (found.json()["id"], found.json()["total"]) == (order["id"], order["total"])
        assert second.credentials.client_id == first.credentials.client_id
        assert second.rows("SELECT custbody_ctg_order_no AS n FROM transaction WHERE id = " + order["id"]) == [
            {"n": "00017"}
        ]
        assert second.rows("SELECT COUNT(*) AS n FROM customer") == customers
        with second.integration as client:
            assert int(put_order(client)[1]["id"]) > int(order["id"])
