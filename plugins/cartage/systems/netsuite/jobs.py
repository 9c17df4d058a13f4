"""Asynchronous requests and batches: submitted once, however often they are sent.

`Prefer: respond-async` turns a request into a job. Its idempotency key makes sending it again
harmless: NetSuite answers 400 IDEMPOTENCY_ERROR and names the first job
(https://docs.oracle.com/en/cloud/saas/netsuite/ns-online-help/subsect_164494900632.html). A batch
is such a request with up to 100 records of one type
(https://docs.oracle.com/en/cloud/saas/netsuite/ns-online-help/article_0127092747.html).
"""

from __future__ import annotations

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol
from urllib.parse import urlsplit

from cartage.errors import RetryableError, UncertainError
from cartage.systems.netsuite.answers import Answer, Detail, TargetRefused, details_of, refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

JOBS = "/services/rest/async/v1/job"
COLLECTION = "application/vnd.oracle.resource+json; type=collection"
BATCH_RECORDS = 100
FIRST_POLL = 0.2
LONGEST_POLL = 10.0
BatchMethod = Literal["POST", "PUT", "PATCH"]


class Sender(Protocol):
    """What of the hook is needed here."""

    def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool | None = None,
    ) -> Answer:
        """Send a request."""


@dataclass(frozen=True)
class Task:
    """One piece of work of a job.

    Attributes:
        id: the task's id within its job.
        completed: whether it ended.
        progress: NetSuite's word: pending, processing, succeeded, failed ...; empty when the list leaves it out.
    """

    id: str
    completed: bool
    progress: str


@dataclass(frozen=True)
class Job:
    """An asynchronous request.

    Attributes:
        id: the job's id.
        completed: whether all of it ended.
        progress: NetSuite's word: pending, processing, succeeded, failed ...
    """

    id: str
    completed: bool = False
    progress: str = "pending"


@dataclass(frozen=True)
class BatchResult:
    """What became of one record of a batch.

    Attributes:
        index: the record's place in what was given.
        internal_id: the record's id, when it was written.
        error: why NetSuite refused it, when it did.
    """

    index: int
    internal_id: str | None = None
    error: TargetRefused | None = field(default=None, compare=False)


class Jobs:
    """Submits and follows asynchronous requests.

    Args:
        sender: sends the requests.
        concurrency: how many results of a batch are fetched at a time.
    """

    def __init__(self, sender: Sender, *, concurrency: int = 1) -> None:
        self._sender = sender
        self._concurrency = concurrency

    def submit(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> Job:
        """Submit a request to be executed later.

        Args:
            method: as of the synchronous request.
            path: as of the synchronous request.
            json: as of the synchronous request.
            params: as of the synchronous request.
            headers: as of the synchronous request.
            idempotency_key: a UUID; the same key is the same job, also days later. None: a new one.

        Returns:
            The job, or the first job with this key.
        """
        key = str(uuid.UUID(idempotency_key)) if idempotency_key else str(uuid.uuid4())
        told = {**(headers or {}), "X-NetSuite-Idempotency-Key": key}
        told["Prefer"] = ", ".join(filter(None, ["respond-async", told.get("Prefer")]))
        try:
            answer = self._sender.request(method, path, json=json, params=params, headers=told, repeatable=True)
        except TargetRefused as refused:
            if refused.code == "IDEMPOTENCY_ERROR" and refused.location:
                return Job(job_id(refused.location))
            raise
        if not answer.location:
            raise UncertainError(f"{method} {path}: NetSuite accepted the request ({answer.status}) but named no job")
        return Job(job_id(answer.location))

    def job(self, id_: str) -> Job:
        """Ask how far a job is."""
        body = self._sender.request("GET", f"{JOBS}/{id_}").body or {}
        return Job(id_, completed=_completed(body), progress=str(body.get("progress", "")))

    def wait(self, id_: str, *, patience: float = 900.0) -> Job:
        """Wait until a job ended, well or not.

        Args:
            id_: the job.
            patience: seconds; NetSuite's own limit of a request is 15 minutes.

        Raises:
            RetryableError: when it is still going on after that; the same idempotency key finds it again.
        """
        deadline, pause = time.monotonic() + patience, FIRST_POLL
        while not (job := self.job(id_)).completed:
            if time.monotonic() + pause >= deadline:
                raise RetryableError(
                    f"NetSuite job {id_} is still {job.progress} after {patience:.0f} s", retry_after=pause
                )
            time.sleep(pause)
            pause = min(LONGEST_POLL, pause * 1.5)
        return job

    def tasks(self, id_: str) -> list[Task]:
        """Give a job's tasks in their order."""
        body = self._sender.request("GET", f"{JOBS}/{id_}/task").body or {}
        found = []
        for entry in body.get("items", []):
            task = str(entry.get("id") or _self_link(entry).rsplit("/", 1)[-1])
            found.append(Task(task, _completed(entry), str(entry.get("progress", ""))))
        return sorted(found, key=lambda each: (len(each.id), each.id))

    def result(self, id_: str, task: str) -> Answer:
        """Give a task's answer, as the synchronous request would have got it.

        Raises:
            TargetRefused: what the synchronous request would have raised.
        """
        return self._sender.request("GET", f"{JOBS}/{id_}/task/{task}/result")

    def batch(
        self,
        method: BatchMethod,
        path: str,
        records: Sequence[Mapping[str, Any]],
        *,
        parallel: bool = False,
        headers: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
        patience: float = 900.0,
    ) -> list[BatchResult]:
        """Write up to 100 records of one type in one request, and wait for all of them.

        A record that is refused costs no other one.

        Args:
            method: POST creates, PATCH updates (each record names its ``id``), PUT upserts (its ``externalId``).
            path: the type's collection.
            records: the bodies.
            parallel: let NetSuite execute them side by side and not in order.
            headers: further headers.
            idempotency_key: a UUID: the same batch sent again is the same job.
            patience: seconds to wait for the job.

        Returns:
            A result for each record, in the order given.
        """
        if not 1 <= len(records) <= BATCH_RECORDS:
            raise ValueError(f"a batch holds 1 to {BATCH_RECORDS} records, not {len(records)}")
        told = {**(headers or {}), "Content-Type": COLLECTION}
        if parallel:
            told["Prefer"] = 'batch-processing="parallel"'
        body = {"items": [dict(each) for each in records]}
        job = self.submit(method, path, json=body, headers=told, idempotency_key=idempotency_key)
        self.wait(job.id, patience=patience)
        place = f"{method} {path.rsplit('/', 1)[-1]} (batch)"
        return list(self._results(job.id, place, records))

    def _results(self, id_: str, place: str, records: Sequence[Mapping[str, Any]]) -> Iterator[BatchResult]:
        """Match results with records: a task for each, or one task with a list of results."""
        tasks = self.tasks(id_)
        if len(tasks) == len(records) and len(tasks) > 1:
            with ThreadPoolExecutor(self._concurrency) as pool:
                asked = [
                    pool.submit(copy_context().run, self._of_task, id_, task.id, index, place, records[index])
                    for index, task in enumerate(tasks)
                ]
                yield from (each.result() for each in asked)
            return
        if len(tasks) != 1:
            raise UncertainError(f"{place}: job {id_} has {len(tasks)} tasks for {len(records)} records")
        try:
            answer = self.result(id_, tasks[0].id)
        except TargetRefused as refused:
            yield from (BatchResult(index, error=refused) for index in range(len(records)))
            return
        items = answer.body.get("items") if isinstance(answer.body, dict) else None
        if isinstance(items, list) and len(items) == len(records):
            for index, item in enumerate(items):
                yield _of_item(item, index, place, records[index])
        elif len(records) == 1 and answer.location:
            yield BatchResult(0, internal_id=record_id(answer.location))
        else:
            raise UncertainError(f"{place}: job {id_} ended without a result for each record; look them up by key")

    def _of_task(self, id_: str, task: str, index: int, place: str, record: Mapping[str, Any]) -> BatchResult:
        try:
            answer = self.result(id_, task)
        except TargetRefused as refused:
            return BatchResult(index, error=refusal(place, refused.status, refused.details, record))
        return _of_item({"location": answer.location, **(answer.body or {})}, index, place, record)


def job_id(location: str) -> str:
    """Give the id at the end of a job's Location."""
    return record_id(location)


def record_id(location: str) -> str:
    """Give the id at the end of a record's Location, for example ``107`` or ``eid:X``."""
    return urlsplit(location).path.rstrip("/").rsplit("/", 1)[-1]


def _completed(body: Mapping[str, Any]) -> bool:
    return body.get("completed") is True or str(body.get("completed")).lower() == "true"


def _self_link(entry: Mapping[str, Any]) -> str:
    links = entry.get("links") or []
    return next((str(each.get("href", "")) for each in links if each.get("rel") == "self"), "")


def _of_item(item: Mapping[str, Any], index: int, place: str, record: Mapping[str, Any]) -> BatchResult:
    details = details_of(item)
    status = int(item.get("status") or 0)
    if details or status >= 400:
        complaints = details or (Detail(f"HTTP_{status}", str(item.get("title", ""))),)
        return BatchResult(index, error=refusal(place, status or 400, complaints, record))
    if item.get("id"):
        return BatchResult(index, internal_id=str(item["id"]))
    location = str(item.get("location") or item.get("Location") or _self_link(item))
    if not location:
        raise UncertainError(f"{place}: record {index + 1} has neither an id nor an error; look it up by key")
    return BatchResult(index, internal_id=record_id(location))
