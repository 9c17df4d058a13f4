"""How the shop is told to misbehave: over HTTP, in imports, and over SFTP."""

from __future__ import annotations

import asyncio
import fnmatch
from collections import Counter
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response

from sandbox.sfcc.feeds.importer import Aborted
from sandbox.sfcc.feeds.reading import Refused
from sandbox.sfcc.problems import TYPES

if TYPE_CHECKING:
    import threading

    from starlette.requests import Request

_TITLES = {429: "Too Many Requests", 500: "Internal Server Error", 503: "Service Unavailable", 504: "Gateway Timeout"}


class JobFailed(Exception):  # noqa: N818 - what happened, not what kind of class it is
    """A job ends with an error; the message says why."""


@dataclass
class Fault:
    """One way to fail, some number of times; the keys are those of the sandbox's NetSuite."""

    match: str
    times: int = 1
    status: int = 500
    retry_after: float | None = None
    body: str | None = None
    drop_connection: bool = False
    drop_after_commit: bool = False

    def strikes(self, method: str, path: str) -> bool:
        """Say whether it hits this request, and count it."""
        wanted, _, pattern = self.match.partition(" ")
        if self.times <= 0 or wanted not in {"*", method} or not fnmatch.fnmatchcase(path, pattern + "*"):
            return False
        self.times -= 1
        return True

    def response(self, path: str) -> Response:
        """Give the failing answer, in the form of the API that the path belongs to."""
        headers = {} if self.retry_after is None else {"retry-after": f"{self.retry_after:g}"}
        if self.status == 503:
            headers |= {"sfdc_load": "95", "sfdc_load_status": "THROTTLE"}
        if self.body is not None:
            return Response(self.body, self.status, headers=headers, media_type="text/html")
        title = _TITLES.get(self.status, "Error")
        kind = title.lower().replace(" ", "-")
        if "/dw/" in path:
            told = {"type": f"{title.replace(' ', '')}Exception", "message": "The sandbox was told to fail."}
            return JSONResponse({"_v": "23.2", "fault": {"arguments": {}, **told}}, self.status, headers=headers)
        body = {"title": title, "type": TYPES + kind, "detail": "The sandbox was told to fail."}
        return JSONResponse(body, self.status, headers=headers, media_type="application/problem+json")


@dataclass
class ImportFault:
    """One way for an import to go wrong, some number of times.

    Attributes:
        job: shell pattern of job ids.
        feed: shell pattern of feed names; a fault that fails the job does not look at it.
        times: how often.
        refuse: the feed is refused whole, whatever is in it.
        fail: the job ends with an error before it takes a feed.
        seconds: how long the import of a feed (or the failing job) takes before it begins.
    """

    job: str = "*"
    feed: str = "*"
    times: int = 1
    refuse: bool = False
    fail: bool = False
    seconds: float = 0.0


@dataclass
class UploadFault:
    """One way for an upload over SFTP to go wrong, some number of times.

    Attributes:
        match: shell pattern of the path that is written, ``/inbound/inventory/*``.
        times: how many uploads.
        full: the disk is full from here on; without it, and without `seconds`, the connection is lost.
        seconds: the upload stands still for so long, or until the sandbox is told to behave, and then goes on.
        after_bytes: how many bytes of the file are taken before it strikes.
        tenth: with `of_bytes`, another way to say so: after so many tenths of a file of that size.
        of_bytes: size of the file.
    """

    match: str
    times: int = 1
    full: bool = False
    seconds: float = 0.0
    after_bytes: int = 0
    tenth: int | None = None
    of_bytes: int | None = None

    def __post_init__(self) -> None:
        """Reckon the tenths."""
        if self.tenth is not None and self.of_bytes is not None:
            self.after_bytes = self.of_bytes * self.tenth // 10


@dataclass
class Conduct:
    """How the shop behaves for now."""

    latency_ms: int = 0
    faults: list[Fault] = field(default_factory=list)
    imports: list[ImportFault] = field(default_factory=list)
    uploads: list[UploadFault] = field(default_factory=list)
    requests: Counter[str] = field(default_factory=Counter)
    behaving: asyncio.Event = field(default_factory=asyncio.Event)

    async def show(self, _: Request) -> JSONResponse:
        """Answer ``GET``."""
        return JSONResponse(
            {
                "latency_ms": self.latency_ms,
                "faults": [asdict(each) for each in self.faults if each.times > 0],
                "imports": [asdict(each) for each in self.imports if each.times > 0],
                "uploads": [asdict(each) for each in self.uploads if each.times > 0],
                "requests": dict(self.requests),
            }
        )

    async def set(self, request: Request) -> JSONResponse:
        """Answer ``POST``."""
        body: dict[str, Any] = await request.json()
        try:
            self.faults += [Fault(**each) for each in body.get("faults", [])]
            self.imports += [ImportFault(**each) for each in body.get("imports", [])]
            self.uploads += [UploadFault(**each) for each in body.get("uploads", [])]
            self.latency_ms = int(body.get("latency_ms", self.latency_ms))
        except (TypeError, ValueError) as error:
            return JSONResponse({"error": f"no such setting: {error}"}, 400)
        return await self.show(request)

    async def reset(self, request: Request) -> JSONResponse:
        """Answer ``DELETE``."""
        self.latency_ms, self.faults, self.imports, self.uploads = 0, [], [], []
        self.behaving.set()
        self.behaving = asyncio.Event()
        self.requests.clear()
        return await self.show(request)

    def before_job(self, job_id: str, stop: threading.Event) -> None:
        """Do to a job what it was told.

        Raises:
            JobFailed: it is to fail.
            Aborted: it was stopped while it waited.
        """
        for fault in self.imports:
            if fault.times > 0 and fault.fail and fnmatch.fnmatchcase(job_id, fault.job):
                fault.times -= 1
                _wait(fault.seconds, stop)
                raise JobFailed("The sandbox was told to fail.")

    def before_import(self, job_id: str, feed: str, stop: threading.Event) -> None:
        """Do to the import of a feed what it was told.

        Raises:
            Refused: it is to be refused.
            Aborted: it was stopped while it waited.
        """
        for fault in self.imports:
            meant = fnmatch.fnmatchcase(job_id, fault.job) and fnmatch.fnmatchcase(feed, fault.feed)
            if fault.times > 0 and not fault.fail and meant:
                fault.times -= 1
                _wait(fault.seconds, stop)
                if fault.refuse:
                    raise Refused("told", "The sandbox was told to refuse.")

    def upload_fault(self, path: str) -> UploadFault | None:
        """Give the fault that meets an upload to a path, and count it."""
        for fault in self.uploads:
            if fault.times > 0 and fnmatch.fnmatchcase(path, fault.match):
                fault.times -= 1
                return fault
        return None

    async def stand_still(self, fault: UploadFault) -> None:
        """Wait as long as a fault says; no longer than until the next `reset`."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.behaving.wait(), fault.seconds)


def _wait(seconds: float, stop: threading.Event) -> None:
    if stop.wait(seconds):
        raise Aborted
