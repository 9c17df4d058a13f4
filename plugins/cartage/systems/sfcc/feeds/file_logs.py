"""Logs of imports that a job step of the merchant's leaves on the SFTP server: a JSON document a line.

``<feed>.log.jsonl`` appears whole; its last line is a summary. `docs/sfcc.md` has the form, ``deploy/sfcc`` a step that
writes it::

    {"severity": "DATAERROR", "code": "unknown_product", "element": "record",
     "ids": {"list-id": "RefArch-inventory", "product-id": "4711"}, "skipped": true, "message": "…"}
    {"summary": {"feed": "inventory_….xml", "status": "OK", "elements": {"record": 1000}, "imported": 999, …}}
"""

from __future__ import annotations

import json
import logging
import posixpath
import tempfile
from typing import IO, TYPE_CHECKING, Any

from cartage.systems.sfcc.feeds.reports import Entry, Report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from cartage.seams import Feed
    from cartage.systems.sfcc.feeds.jobs import Ended
    from cartage.systems.sfcc.sftp_folder import SftpFolder

log = logging.getLogger(__name__)

SUFFIX = ".log.jsonl"
_IN_MEMORY = 1 << 20


class FileLogs:
    """Logs in folders of the shop's SFTP server; see `cartage.systems.sfcc.feeds.logs.ImportLogs`.

    Args:
        server: where they lie.
        folders: in which folders.
    """

    def __init__(self, server: SftpFolder, folders: Sequence[str]) -> None:
        self._server = server
        self._folders = folders

    def look_for(self, feeds: Sequence[Feed]) -> None:
        """Do nothing: a log is found by its feed's name."""

    def follow(self, ended: Ended) -> None:
        """Do nothing."""

    def report(self, name: str, content: Callable[[], IO[bytes]]) -> Report | None:  # noqa: ARG002 - of the seam
        """Give what is said of a feed; None while nothing is, or not to its end.

        Raises:
            RetryableError: the server does not answer.
            BatchError: no right to the folder.
        """
        for folder in self._folders:
            path = posixpath.join(folder, name + SUFFIX)
            with tempfile.SpooledTemporaryFile(_IN_MEMORY) as copy:
                if self._server.read(path, copy):
                    copy.seek(0)
                    report = read_report(copy, name, path)
                    if report is not None:
                        return report
        return None


def read_report(lines: Iterable[bytes], name: str, where: str) -> Report | None:
    """Read a log; None when it is not whole.

    Args:
        lines: of it.
        name: of the feed.
        where: of the log.
    """
    report, reason = Report(name, where), ""
    summary: dict[str, Any] | None = None
    for line in lines:
        said = _read(line)
        if said is None:
            log.warning("the import log of %s has a line that cannot be read; it is looked at again later", name)
            return None
        summary = said.get("summary", summary)
        if said.get("severity") == "ERROR":
            reason = reason or str(said.get("message") or said.get("code"))
        elif said.get("severity"):
            report.entries.append(_entry(said))
    if summary is None:
        return None
    if summary.get("status") == "ERROR":
        report.refused = reason or "the shop gives no reason"
    log.info("%s: %s elements imported, %s skipped", name, summary.get("imported", "?"), summary.get("skipped", "?"))
    return report


def _read(line: bytes) -> dict[str, Any] | None:
    """Give what a line says; None where it is not of the form."""
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict) or not isinstance(said.get("summary") or {}, dict):
        return None
    return said if isinstance(said.get("ids") or {}, dict) else None


def _entry(said: dict[str, Any]) -> Entry:
    ids = said.get("ids") or {}
    return Entry(
        severity=str(said["severity"]),
        code=str(said.get("code") or "skipped"),
        message=str(said.get("message") or "no reason is given"),
        element=said.get("element"),
        ids={str(name): str(value) for name, value in ids.items()},
        skipped=bool(said.get("skipped", True)),
        line=said["line"] if isinstance(said.get("line"), int) else None,
    )
