"""Asynchronous requests and batches: a job with a task for each record, done in the background.

https://docs.oracle.com/en/cloud/saas/netsuite/ns-online-help/section_157909186990.html
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from sandbox.netsuite.answers import RESOURCE, Refusal, dumps, resource
from sandbox.netsuite.record_service import Call, json_body
from sandbox.netsuite.store import utc_now

if TYPE_CHECKING:
    from sandbox.netsuite.account import Account
    from sandbox.netsuite.auth import Gatekeeper

ASYNC = "/services/rest/async/v1/job"
MOST_RECORDS = 100
_BATCH = re.compile(r"application/vnd\.oracle\.resource\+json\s*;\s*type=collection", re.IGNORECASE)
_KEPT = ("content-type", "x-netsuite-propertynamevalidation", "x-netsuite-propertyvaluevalidation")
_WRITES = ("POST", "PUT", "PATCH", "DELETE")

Task = dict[str, Any]


class Jobs:
    """The account's jobs; what was not done when the server stopped is done after the next start."""

    def __init__(self, account: Account, gatekeeper: Gatekeeper) -> None:
        self.account = account
        self.gatekeeper = gatekeeper
        self._working: set[asyncio.Task[None]] = set()

    def wanted(self, call: Call) -> bool:
        """Whether a request is to be done in the background."""
        prefer = call.headers.get("prefer", "").lower()
        return call.method in _WRITES and ("respond-async" in prefer or self._is_batch(call))

    def _is_batch(self, call: Call) -> bool:
        return len(call.parts) == 1 and bool(_BATCH.fullmatch(call.headers.get("content-type", "").strip()))

    def submit(self, call: Call) -> Response:
        """Take a request, and answer 202 with the job's address.

        Raises:
            Refusal: the batch is too large or not readable, or the idempotency key was used before.
        """
        base = call.base_url
        key = call.headers.get("x-netsuite-idempotency-key")
        store = self.account.store
        if key:
            known = store.query("SELECT id FROM job WHERE idempotency_key = ?", key)
            if known:
                raise Refusal(
                    "IDEMPOTENCY_ERROR", f"A request with the idempotency key {key} was already submitted.",
                    header="X-NetSuite-Idempotency-Key", headers={"Location": f"{base}{ASYNC}/{known[0][0]}"},
                )  # fmt: skip
        tasks = (
            self._batch(call)
            if self._is_batch(call)
            else [self._task(call, call.method, call.parts, call.body.decode())]
        )
        with store.transaction():
            id_ = store.next("job")
            store.query("INSERT INTO job VALUES (?, ?, ?, NULL, ?)", id_, key, utc_now(), dumps(tasks))
        self._start(id_)
        return Response(
            status_code=202, headers={"Location": f"{base}{ASYNC}/{id_}", "Preference-Applied": "respond-async"}
        )

    def _task(self, call: Call, method: str, parts: list[str], body: str) -> Task:
        headers = {name: value for name, value in call.headers.items() if name in _KEPT}
        return {
            "method": method, "parts": parts, "body": body, "query": dict(call.query), "headers": headers,
            "role": call.login.role, "base": call.base_url,
        }  # fmt: skip

    def _batch(self, call: Call) -> list[Task]:
        body = json_body(call.body, {})
        items = body.get("items") if isinstance(body, dict) else None
        if not isinstance(items, list) or not items:
            raise Refusal("INVALID_CONTENT", 'A batch is {"items": [...]} with at least one record.', path="items")
        if len(items) > MOST_RECORDS:
            raise Refusal(
                "INVALID_CONTENT", f"A batch holds at most {MOST_RECORDS} records, this one {len(items)}.", path="items"
            )
        tasks = []
        for position, item in enumerate(items):
            task = self._task(call, call.method, [call.parts[0], *self._key(call.method, item, position)], "")
            task["headers"]["content-type"] = "application/json"
            task["body"] = dumps({name: value for name, value in item.items() if name != "id"})
            tasks.append(task)
        return tasks

    def _key(self, method: str, item: Any, position: int) -> list[str]:
        """Give the part of a path that names a record of the batch."""
        if method == "POST":
            return []
        if not isinstance(item, dict) or not (item.get("id") or item.get("externalId")):
            raise Refusal(
                "INVALID_CONTENT", "A record of this batch needs id or externalId.", path=f"items[{position}]"
            )
        return [str(item["id"]) if item.get("id") else f"eid:{item['externalId']}"]

    def resume(self) -> None:
        """Go on with what an earlier run of the server left undone."""
        for (id_,) in self.account.store.query("SELECT id FROM job WHERE completed IS NULL"):
            self._start(id_)

    async def stop(self) -> None:
        """Stop working; what is undone stays for the next start."""
        for each in list(self._working):
            each.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await each

    def _start(self, id_: int) -> None:
        working = asyncio.get_running_loop().create_task(self._work(id_))
        self._working.add(working)
        working.add_done_callback(self._working.discard)

    async def _work(self, id_: int) -> None:
        """Do a job's tasks one after the other. Outcome and record change in one transaction, so a task is done once."""
        tasks = self._tasks(id_)
        for task in tasks:
            await asyncio.sleep(0)
            if "result" in task:
                continue
            task["started"] = utc_now()
            store = self.account.store
            try:
                with store.transaction():
                    task["result"] = self._do(task)
                    task["ended"] = utc_now()
                    store.query("UPDATE job SET tasks = ? WHERE id = ?", dumps(tasks), id_)
            except Refusal as refusal:
                answer = refusal.response()
                task["result"] = {"status": answer.status_code, "headers": {}, "body": bytes(answer.body).decode()}
                task["ended"] = utc_now()
                store.query("UPDATE job SET tasks = ? WHERE id = ?", dumps(tasks), id_)
        self.account.store.query("UPDATE job SET completed = ? WHERE id = ?", utc_now(), id_)

    def _do(self, task: Task) -> dict[str, Any]:
        login = self.gatekeeper.integration if task["role"] == "integration" else self.gatekeeper.administrator
        call = Call(
            self.account,
            login,
            task["base"],
            task["method"],
            task["parts"],
            task["query"],
            task["headers"],
            task["body"].encode(),
        )
        answer = call.answer()
        headers = {"Location": answer.headers["location"]} if "location" in answer.headers else {}
        return {"status": answer.status_code, "headers": headers, "body": bytes(answer.body).decode()}

    def _tasks(self, id_: int) -> list[Task]:
        rows = self.account.store.query("SELECT tasks FROM job WHERE id = ?", id_)
        if not rows:
            raise Refusal("NONEXISTENT_ID", f"There is no job {id_}.", status=404, url=str(id_))
        found: list[Task] = json.loads(rows[0][0])
        return found

    def show(self, parts: list[str], base: str) -> Response:
        """Answer for a job, its tasks, one task, or a task's result.

        Raises:
            Refusal: there is no such thing, or the result is not there yet.
        """
        if not parts[0].isdigit():
            raise Refusal("INVALID_ID", f"Invalid job id '{parts[0]}'.", url=parts[0])
        tasks = self._tasks(int(parts[0]))
        address = f"{base}{ASYNC}/{parts[0]}"
        if len(parts) == 1:
            return resource({
                "completed": all("result" in task for task in tasks), "id": parts[0], "progress": _progress(tasks),
                "links": [_self(address)], "task": {"links": [_self(f"{address}/task")]},
            })  # fmt: skip
        if parts[1] != "task" or len(parts) > 4 or (len(parts) == 4 and parts[3] != "result"):
            raise Refusal("NONEXISTENT_URL", "There is no such resource.", status=404)
        if len(parts) == 2:
            items = [{"id": str(at), "links": [_self(f"{address}/task/{at}")]} for at in range(1, len(tasks) + 1)]
            return resource({"links": [_self(f"{address}/task")], "count": len(items), "items": items, "hasMore": False,
                             "offset": 0, "totalResults": len(items)})  # fmt: skip
        if not parts[2].isdigit() or not 1 <= int(parts[2]) <= len(tasks):
            raise Refusal("NONEXISTENT_ID", f"The job has no task {parts[2]}.", status=404, url=parts[2])
        task = tasks[int(parts[2]) - 1]
        return self._result(task) if len(parts) == 4 else self._show_task(task, f"{address}/task/{parts[2]}", parts[2])

    def _show_task(self, task: Task, address: str, number: str) -> Response:
        shown = {
            "id": number, "completed": "result" in task, "progress": _progress([task]), "startTime": task.get("started"),
            "endTime": task.get("ended"), "operation": task["method"], "links": [_self(address)],
            "result": {"links": [_self(f"{address}/result")]},
        }  # fmt: skip
        return resource({name: value for name, value in shown.items() if value is not None})

    def _result(self, task: Task) -> Response:
        result = task.get("result")
        if result is None:
            raise Refusal("TASK_NOT_COMPLETED", "The task is not completed yet.", status=404)
        kind = f"{RESOURCE}; type=error" if result["status"] >= 400 else RESOURCE if result["body"] else None
        return Response(result["body"], result["status"], result["headers"], media_type=kind)


def _progress(tasks: list[Task]) -> str:
    if any("result" not in task for task in tasks):
        return "processing" if any("started" in task for task in tasks) else "pending"
    return "failed" if any(task["result"]["status"] >= 400 for task in tasks) else "succeeded"


def _self(address: str) -> dict[str, str]:
    return {"rel": "self", "href": address}
