"""Asynchronous requests and batches against a server that keeps jobs as NetSuite does."""

from __future__ import annotations

import threading
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from cartage.errors import RetryableError, UncertainError
from cartage.systems.netsuite.answers import TargetRefused
from tests.systems.netsuite.transport.peer import Peer, Reply, Seen, refusal

if TYPE_CHECKING:
    from cartage.systems.netsuite.hook import NetSuiteHook
    from tests.systems.netsuite.transport.conftest import MakeHook

CUSTOMERS = "/services/rest/record/v1/customer"
JOB = "/services/rest/async/v1/job"
KEY = "cac827ea-3543-4cda-add2-bae634326c28"


class Queue:
    """Takes asynchronous requests: a job for each idempotency key, a task for each record."""

    def __init__(self, peer: Peer, *, lose_first_answer: bool = False) -> None:
        self.jobs: dict[str, str] = {}
        self.executed: list[dict[str, Any]] = []
        self._peer = peer
        self._lose = lose_first_answer
        self._gate = threading.Lock()

    def __call__(self, seen: Seen) -> Reply:
        assert "respond-async" in seen.headers["prefer"]
        key = seen.headers["x-netsuite-idempotency-key"]
        with self._gate:
            if key in self.jobs:
                again = refusal(400, "IDEMPOTENCY_ERROR", "A request with the same key is already submitted.")
                return Reply(400, again.body, {"Location": f"{JOB}/{self.jobs[key]}"})
            self.jobs[key] = job = str(len(self.jobs) + 1)
            records = seen.json.get("items", [seen.json])
            self.executed += records
        self._serve(job, records)
        if self._lose:
            self._lose = False
            return Reply(drop="unanswered")
        return Reply(202, headers={"Location": f"{JOB}/{job}", "Preference-Applied": "respond-async"})

    def _serve(self, job: str, records: list[dict[str, Any]]) -> None:
        at = f"{JOB}/{job}"
        pending = {"id": job, "completed": False, "progress": "pending"}
        self._peer.on(
            "GET", at, Reply(200, pending), Reply(200, pending | {"completed": True, "progress": "succeeded"})
        )
        links = [{"links": [{"rel": "self", "href": f"https://x{at}/task/{n}"}]} for n in range(len(records), 0, -1)]
        self._peer.on("GET", f"{at}/task", Reply(200, {"items": links}))
        for number, record in enumerate(records, 1):
            bad = refusal(400, "INVALID_CONTENT", f"Invalid value {record.get('email')} for email", "email")
            good = Reply(204, headers={"Location": f"https://x{CUSTOMERS}/{1000 + number}"})
            self._peer.on("GET", f"{at}/task/{number}", Reply(200, {"completed": True, "progress": "succeeded"}))
            self._peer.on("GET", f"{at}/task/{number}/result", bad if record.get("email") == "no mail" else good)


def test_an_asynchronous_request_is_followed_to_its_result(hook: NetSuiteHook, peer: Peer) -> None:
    queue = Queue(peer)
    peer.on("POST", CUSTOMERS, queue)
    job = hook.submit_async("POST", "customer", json={"lastName": "A"})
    assert not job.completed
    assert hook.wait(job.id).completed
    assert [answer.location for answer in hook.results(job.id)] == [f"https://x{CUSTOMERS}/1001"]
    assert uuid.UUID(next(iter(queue.jobs))).version == 4


def test_the_same_key_is_the_same_job(hook: NetSuiteHook, peer: Peer) -> None:
    queue = Queue(peer)
    peer.on("POST", CUSTOMERS, queue)
    jobs = {hook.submit_async("POST", "customer", json={"lastName": "A"}, idempotency_key=KEY).id for _ in range(3)}
    assert jobs == {"1"}
    assert len(queue.executed) == 1


def test_a_lost_answer_costs_no_second_execution(hook: NetSuiteHook, peer: Peer) -> None:
    queue = Queue(peer, lose_first_answer=True)
    peer.on("POST", CUSTOMERS, queue)
    job = hook.submit_async("POST", "customer", json={"lastName": "A"})
    assert (job.id, len(queue.executed), len(peer.requests("POST", CUSTOMERS))) == ("1", 1, 2)


def test_a_key_that_is_no_uuid_is_refused_before_anything_is_sent(hook: NetSuiteHook, peer: Peer) -> None:
    with pytest.raises(ValueError, match="UUID"):
        hook.submit_async("POST", "customer", json={}, idempotency_key="order-17")
    assert peer.seen == []


def test_a_job_that_goes_on_is_for_later(hook: NetSuiteHook, peer: Peer) -> None:
    peer.on("GET", f"{JOB}/7", Reply(200, {"completed": False, "progress": "processing"}))
    with pytest.raises(RetryableError, match="processing"):
        hook.wait("7", patience=0.5)


def test_a_batch_gives_a_result_for_each_record_in_order(hook: NetSuiteHook, peer: Peer) -> None:
    queue = Queue(peer)
    peer.on("PUT", CUSTOMERS, queue)
    records = [{"externalId": f"c{number}", "email": f"c{number}@example.com"} for number in range(12)]
    records[7]["email"] = "no mail"
    with hook.recording() as attempts:
        results = hook.batch("PUT", "customer", records, parallel=True)
    assert sum(each.path.endswith("/result") for each in attempts) == 12, "fetched side by side, recorded here"
    assert [each.index for each in results] == list(range(12))
    assert [each.internal_id for each in results] == [str(1001 + n) if n != 7 else None for n in range(12)]
    refused = results[7].error
    assert isinstance(refused, TargetRefused)
    assert (refused.code, refused.complaints[0].field) == ("INVALID_CONTENT", "email")
    assert "no mail" not in str(refused)
    seen = peer.requests("PUT", CUSTOMERS)[0]
    assert seen.headers["content-type"] == "application/vnd.oracle.resource+json; type=collection"
    assert 'batch-processing="parallel"' in seen.headers["prefer"]
    assert seen.json == {"items": records}


def test_a_batch_whose_one_task_lists_the_results_is_understood(hook: NetSuiteHook, peer: Peer) -> None:
    peer.on("POST", CUSTOMERS, Reply(202, headers={"Location": f"{JOB}/5"}))
    peer.on("GET", f"{JOB}/5", Reply(200, {"completed": True, "progress": "succeeded"}))
    peer.on("GET", f"{JOB}/5/task", Reply(200, {"items": [{"id": "1", "completed": True, "progress": "succeeded"}]}))
    bad = refusal(400, "USER_ERROR", "This entity already exists.").body
    listed = [{"status": 204, "location": f"{CUSTOMERS}/31"}, bad]
    peer.on("GET", f"{JOB}/5/task/1/result", Reply(200, {"items": listed}))
    first, second = hook.batch("POST", "customer", [{"lastName": "A"}, {"lastName": "B"}])
    assert first.internal_id == "31"
    assert second.error is not None
    assert second.error.recognised == "already_exists"


def test_a_batch_that_tells_too_little_is_uncertain(hook: NetSuiteHook, peer: Peer) -> None:
    peer.on("POST", CUSTOMERS, Reply(202, headers={"Location": f"{JOB}/5"}))
    peer.on("GET", f"{JOB}/5", Reply(200, {"completed": True}))
    peer.on("GET", f"{JOB}/5/task", Reply(200, {"items": []}))
    with pytest.raises(UncertainError, match="0 tasks for 2 records"):
        hook.batch("POST", "customer", [{}, {}])


@pytest.mark.parametrize("count", [0, 101])
def test_a_batch_has_its_limits(hook: NetSuiteHook, peer: Peer, count: int) -> None:
    with pytest.raises(ValueError, match="1 to 100"):
        hook.batch("POST", "customer", [{}] * count)
    assert peer.seen == []


def test_a_request_that_is_refused_outright_is_a_refusal(make_hook: MakeHook, peer: Peer) -> None:
    peer.on("POST", CUSTOMERS, refusal(400, "INVALID_CONTENT", "no", "items[0].email"))
    with pytest.raises(TargetRefused):
        make_hook().submit_async("POST", "customer", json={})
