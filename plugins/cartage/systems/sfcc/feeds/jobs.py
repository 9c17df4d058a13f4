"""Jobs of the shop, above all the one that imports: started over OCAPI, and waited for.

Source: https://developer.salesforce.com/docs/commerce/b2c-commerce/references/ocapi-data-api?meta=Jobs (the resource
``/jobs/{job_id}/executions`` and the document ``job_execution``). The API client needs the resources
``/jobs/*/executions`` and ``/jobs/*/executions/*`` in Business Manager's OCAPI settings.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from cartage.errors import BatchError, RetryableError
from cartage.systems.sfcc.hook import ShopRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cartage.settings.feeds import FeedImport
    from cartage.systems.sfcc.hook import SfccHook

log = logging.getLogger(__name__)

ALREADY_RUNNING = "JobAlreadyRunningException"
_OVER = frozenset({"finished", "aborted"})
_WELL = frozenset({"ok", "finished"})


@dataclass(frozen=True)
class Ended:
    """How an execution of the job ended.

    Attributes:
        well: whether the shop says success; elements may have been skipped all the same.
        reason: what it says.
        execution: all that it says: the document ``job_execution``.
    """

    well: bool
    reason: str
    execution: dict[str, Any] = field(default_factory=dict)


class ShopJob:
    """A job of the shop.

    Args:
        hook: the shop's API.
        job: the job's id.
        wait_seconds: how long to wait for its end.
        poll_seconds: between two looks at it.
        body: of the request that starts it; None: an empty one.
        sleep: how to wait, in seconds.
        clock: seconds that only go forward.
    """

    def __init__(
        self,
        hook: SfccHook,
        job: str,
        *,
        wait_seconds: float,
        poll_seconds: float,
        body: Mapping[str, Any] | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._hook = hook
        self._job = job
        self._wait_seconds = wait_seconds
        self._poll_seconds = poll_seconds
        self._body = body or {}
        self._sleep = sleep
        self._clock = clock
        self._path = f"/jobs/{quote(job, safe='')}/executions"

    _setting = "what the API client may do, in Business Manager"
    """What a person looks at when the shop refuses to start it."""

    def run(self) -> Ended | None:
        """Start the job and wait for its end; None when it goes on for longer than the settings wait.

        A job that runs already may have looked into the folder before our feeds were there, so it is waited for
        and started again.

        Raises:
            RetryableError: the shop does not answer for now.
            BatchError: there is no such job, or the API client may not start it.
        """
        until = self._clock() + self._wait_seconds
        execution = self._start(until)
        while execution is not None and execution.get("execution_status") not in _OVER:
            if not self._patient(until):
                log.warning("job %s goes on after %d s", self._job, self._wait_seconds)
                return None
            execution = self._hook.data("GET", f"{self._path}/{quote(str(execution['id']), safe='')}")
        return _ended(execution) if execution is not None else None

    def _start(self, until: float) -> dict[str, Any] | None:
        while True:
            try:
                started: dict[str, Any] = self._hook.data("POST", self._path, body=self._body)
            except ShopRefused as error:
                if error.problem.title != ALREADY_RUNNING:
                    raise BatchError(
                        f"job {self._job}: the shop answered {error.problem}; correct {self._setting}"
                    ) from error
                if not self._patient(until):
                    log.warning("job %s was running all the time", self._job)
                    return None
                continue
            if not isinstance(started, dict) or "id" not in started:
                raise RetryableError(f"job {self._job}: the shop's answer names no execution; it is tried again")
            log.info("job %s started, execution %s", self._job, started["id"])
            return started

    def _patient(self, until: float) -> bool:
        """Wait a little, unless the time is over."""
        left = until - self._clock()
        if left <= 0:
            return False
        self._sleep(min(self._poll_seconds, left))
        return True


class ImportJob(ShopJob):
    """The job that imports a kind of feed.

    Args:
        hook: the shop's API.
        settings: which job, and how long to wait for it.
        **more: as for `ShopJob`.
    """

    _setting = "`import.job`, or the job in Business Manager"

    def __init__(self, hook: SfccHook, settings: FeedImport, **more: Any) -> None:
        wait, poll = settings.wait_seconds, settings.poll_seconds
        super().__init__(hook, str(settings.job), wait_seconds=wait, poll_seconds=poll, **more)


def _ended(execution: dict[str, Any]) -> Ended:
    status = execution.get("exit_status") or {}
    code = str(status.get("code") or execution.get("execution_status"))
    steps = [_step(each) for each in execution.get("step_executions") or () if not _is_well(each.get("exit_status"))]
    reason = " ".join(str(each) for each in (code, status.get("message"), *steps) if each)
    well = _is_well(status or {"status": code})
    if well and (steps or code.lower() not in _WELL):
        log.warning("job %s ended well, and yet with %s", execution.get("job_id"), reason)
    return Ended(well, reason, execution)


def _is_well(status: dict[str, Any] | None) -> bool:
    """Say whether a status is a good one; a step that was not executed has none, and did no harm."""
    return status is None or str(status.get("status") or status.get("code")).lower() in _WELL


def _step(step: dict[str, Any]) -> str:
    status = step["exit_status"]
    return f"(step {step.get('step_id')}: {status.get('code')})"
