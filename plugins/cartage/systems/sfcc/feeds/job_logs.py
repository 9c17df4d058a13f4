"""Logs of the shop's import job, read over WebDAV with the API client that starts it.

OCAPI names an execution's log (``log_file_path`` of ``job_execution``, below WebDAV's address:
https://sfcclearning.com/infocenter/OCAPI/current/data/Documents/JobExecution.php). What an API client may read of WebDAV
is a JSON document in Business Manager (https://help.salesforce.com/s/articleView?id=cc.b2c_web_dav_client_permissions.htm):
``/logs`` for the jobs' logs, ``/impex/log`` for those of imports. A log that cannot be read condemns nothing: its feeds
count as told, a warning says why, and the next run looks again. `text_logs` says what is relied on in the logs.
"""

from __future__ import annotations

import gzip
import logging
import posixpath
import re
import tempfile
import zlib
from datetime import UTC, datetime, timedelta
from typing import IO, TYPE_CHECKING, Any, cast
from urllib.parse import quote

from cartage.errors import BatchError, CartageError
from cartage.systems.sfcc.feeds.limited import Limited, TooLarge
from cartage.systems.sfcc.feeds.places import ids_of
from cartage.systems.sfcc.feeds.reports import Entry, Report
from cartage.systems.sfcc.feeds.text_logs import TextLogs
from cartage.systems.sfcc.hook import ShopRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cartage.seams import Feed
    from cartage.systems.sfcc.feeds.jobs import Ended
    from cartage.systems.sfcc.feeds.text_logs import DataLine, Section
    from cartage.systems.sfcc.hook import SfccHook

    Json = dict[str, Any]

log = logging.getLogger(__name__)

IMPORT_LOGS = "/Impex/log"
"""Where imports leave logs of their own, by WebDAV."""

LARGEST = 256_000_000
"""Bytes of a log that are read: a line for each record of the largest feeds."""

MENTIONED = 50
"""Logs that one log mentions and that are followed, at most."""

EXECUTIONS = 3
"""Executions that ended after a feed was left, and whose logs are read for it: the first one should have taken it."""

MOST_EXECUTIONS = 20
"""Executions whose logs are read for all feeds, at most; the latest."""

_PAGE = 200
"""Executions that are looked through; OCAPI gives no more at a time."""

_SKEW = timedelta(minutes=5)
"""How far the shop's clock may be behind ours: executions that seem to have ended before are read too."""

_IN_MEMORY = 1 << 20
_TIME = re.compile(r"_(\d{8}T\d{6})")
"""When a feed was left, in its name."""


class JobLogs:
    """Logs of one job; see `cartage.systems.sfcc.feeds.logs.ImportLogs`.

    Args:
        hook: the shop's API.
        job: the job's id.
    """

    def __init__(self, hook: SfccHook, job: str) -> None:
        self._hook = hook
        self._job = job
        self._logs = TextLogs()
        self._read: set[str] = set()
        self._closed: set[str] = set()

    def look_for(self, feeds: Sequence[Feed]) -> None:
        """Find the executions that may have taken feeds, and read their logs, the earliest first."""
        times = sorted(filter(None, (_left_at(each.name) for each in feeds)))
        if not times:
            return
        try:
            ended = self._executions()
        except CartageError as error:
            log.warning(
                "job %s: nobody can say what became of %d earlier feeds, since its executions could not be searched (%s). "
                "Allow the API client the resource /job_execution_search in Business Manager, or set `import.log: none`",
                self._job,
                len(times),
                error,
            )
            return
        wanted: dict[str, Json] = {}
        for time in times:
            near = [each for at, each in ended if time - _SKEW <= at < time]
            after = [each for at, each in ended if at >= time]
            wanted |= {str(each.get("id")): each for each in (*near, *after[:EXECUTIONS])}
        for execution in list(wanted.values())[-MOST_EXECUTIONS:]:
            self._read_of(execution)

    def follow(self, ended: Ended) -> None:
        """Read the log of an execution."""
        self._read_of(ended.execution)

    def report(self, name: str, content: Callable[[], IO[bytes]]) -> Report | None:
        """Give what the logs say of a feed; None when they do not speak of its import."""
        section = self._logs.sections.get(name)
        if section is None or not section.telling:
            return None
        report = Report(name, section.where, section.refused)
        if section.ended:
            for each in section.errors:
                log.warning("%s: the shop imported it, and says: %s (%s)", name, each, section.where)
        if section.lost:
            log.warning("%s: %d more elements were not taken; see the log %s", name, section.lost, section.where)
        for line, ids in zip(section.lines, _ids(section, name, content), strict=True):
            report.entries.append(_entry(line, ids))
        skipped = sum(each.skipped for each in report.entries)
        log.info("%s: %d elements skipped, says %s", name, skipped, section.where)
        return report

    def _executions(self) -> list[tuple[datetime, Json]]:
        """Give the job's executions that have ended, with when, the earliest first."""
        query = {"term_query": {"fields": ["job_id"], "operator": "is", "values": [self._job]}}
        newest = [{"field": "start_time", "sort_order": "desc"}]
        body = {"query": query, "select": "(**)", "sorts": newest, "count": _PAGE}
        found = self._hook.data("POST", "/job_execution_search", body=body)
        ended = [(moment(each.get("end_time")), each) for each in found.get("hits") or ()]
        return sorted(((at, each) for at, each in ended if at is not None), key=lambda each: each[0])

    def _read_of(self, execution: Json) -> None:
        """Read an execution's log and the logs that it mentions, each once."""
        path = str(execution.get("log_file_path") or "")
        if not path or not execution.get("is_log_file_existing", True):
            log.warning(
                "job %s: execution %s names no log, so nobody can say what it skipped", self._job, execution.get("id")
            )
            return
        mentioned = self._read_log(below_sites(path))
        for each in mentioned[:MENTIONED]:
            self._read_log(posixpath.join(IMPORT_LOGS, each), of=posixpath.basename(path))

    def _read_log(self, path: str, *, of: str | None = None) -> list[str]:
        """Read a log; gives the names of logs that it mentions."""
        folder, name = path.split("/")[1].lower(), posixpath.basename(path)
        if path in self._read or folder in self._closed:
            return []
        self._read.add(path)
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as copy:
            try:
                self._hook.fetch(quote(path), cast("IO[bytes]", Limited(copy, LARGEST)))
            except TooLarge:
                log.warning("%s is larger than %d MB: only its beginning is read", path, LARGEST // 1_000_000)
            except CartageError as error:
                if isinstance(error, BatchError):  # no right to the folder: it is said once
                    self._closed.add(folder)
                self._unreadable(path, error, of)
                return []
            copy.seek(0)
            return self._logs.read(copy, name)

    def _unreadable(self, path: str, error: CartageError, of: str | None) -> None:
        """Say that a log could not be read, and what follows."""
        gone = isinstance(error, ShopRefused) and error.problem.status == 404
        if gone and of is not None:
            log.info("%s mentions %s, which is not there", of, path)  # a name that only looked like a log's
            return
        log.warning(
            "the log %s of job %s cannot be read (%s): what the shop skipped of its feeds is not known, and they count as "
            "told. Let the API client read /logs and /impex/log under Administration > Organization > WebDAV Client "
            "Permissions, or set `import.log: none`",
            path,
            self._job,
            error,
        )


def _ids(section: Section, name: str, content: Callable[[], IO[bytes]]) -> Sequence[Any]:
    """Say which elements the lines of a log mean, by our copy of the feed."""
    if not section.lines:
        return ()
    try:
        with content() as copy:
            unpacked = gzip.GzipFile(fileobj=copy) if name.endswith(".gz") else copy
            return ids_of(cast("IO[bytes]", unpacked), section.lines)
    except (BatchError, OSError, EOFError, zlib.error) as error:
        log.warning("%s: our copy cannot be read (%s), so nobody can say which records the log means", name, error)
        return [{}] * len(section.lines)


def _entry(line: DataLine, ids: Any) -> Entry:
    """Give a line of a log as an entry; SFCC's documentation has a data error skipped, a data warning taken in part."""
    error = line.severity == "DATAERROR"
    code = "data_error" if error else "data_warning"
    return Entry(line.severity, code, line.text, ids=ids, skipped=error, line=line.line)


def below_sites(path: str) -> str:
    """Give the path of a log below WebDAV's folder of sites, and never one that leads out of that."""
    return posixpath.normpath(f"/{path.strip('/')}").removeprefix("/Sites")


def moment(text: object) -> datetime | None:
    """Read a moment of the shop's; None while there is none, or where it is written in some other way."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _left_at(name: str) -> datetime | None:
    """Give when a feed was left, as its name says."""
    found = _TIME.search(name)
    return datetime.strptime(found[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC) if found else None
