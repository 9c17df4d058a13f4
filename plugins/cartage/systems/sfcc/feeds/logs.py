"""What the shop says of the import of a feed, element by element.

SFCC skips what is wrong in a feed and still says success. What it skipped stands in the import's log, which its job
leaves as ``<feed>.log.jsonl`` in a folder of the SFTP server, a JSON document a line, the last one a summary. `docs/sfcc.md`
says how a merchant's job makes it of SFCC's own log::

    {"severity": "DATAERROR", "code": "unknown_product", "element": "record",
     "ids": {"list-id": "RefArch-inventory", "product-id": "4711"}, "skipped": true, "message": "…"}
    {"summary": {"feed": "inventory_….xml", "status": "OK", "elements": {"record": 1000}, "imported": 999, …}}
"""

from __future__ import annotations

import json
import logging
import posixpath
import tempfile
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

from cartage.errors import Complaint

if TYPE_CHECKING:
    from cartage.seams import Feed
    from cartage.settings.feeds import FeedImport
    from cartage.systems.sfcc.feeds.forms import Form
    from cartage.systems.sfcc.sftp_folder import SftpFolder

log = logging.getLogger(__name__)

SUFFIX = ".log.jsonl"
NOTHING_TO_DELETE = frozenset({"unknown_record", "unknown_table"})
"""Codes of warnings that a deletion found nothing: what it was to bring about is so."""

_IN_MEMORY = 1 << 20


@dataclass
class Seen:
    """What is known of a feed's import.

    Attributes:
        refused: why the shop refused all of it; None when it took it.
        skipped: why elements were skipped, by key: list or book, a slash, product.
        groups: why whole lists or books were.
    """

    refused: str | None = None
    skipped: dict[str, tuple[Complaint, ...]] = field(default_factory=dict)
    groups: dict[str, Complaint] = field(default_factory=dict)

    def of(self, key: str) -> tuple[Complaint, ...]:
        """Give why the record with this key was skipped; nothing when it was taken."""
        found = self.skipped.get(key, ())
        if not found and self.groups:
            return tuple(each for group, each in self.groups.items() if key.startswith(f"{group}/"))
        return found

    def all_of(self, key: str) -> tuple[Complaint, ...]:
        """Give why the record with this key did not come in, be it with the whole feed."""
        if self.refused is not None:
            return (Complaint("feed_refused", f"the shop refused the whole feed: {self.refused}"),)
        return self.of(key)


class ImportLogs:
    """The logs of a shop's imports.

    Args:
        server: where they lie.
        settings: in which folders.
        form: what kind of feeds.
    """

    def __init__(self, server: SftpFolder, settings: FeedImport, form: Form) -> None:
        self._server = server
        self._folders = settings.logs
        self._form = form

    def of(self, feed: Feed) -> Seen | None:
        """Give what the shop says of a feed; None while it says nothing.

        Raises:
            RetryableError: the server does not answer.
            BatchError: no right to the folder.
        """
        for folder in self._folders:
            with tempfile.SpooledTemporaryFile(_IN_MEMORY) as content:
                if self._server.read(posixpath.join(folder, feed.name + SUFFIX), content):
                    content.seek(0)
                    seen = read_log(content, self._form, feed.name)
                    if seen is not None:
                        return seen
        return None


def read_log(content: IO[bytes], form: Form, name: str) -> Seen | None:
    """Read a log; None when it is not whole.

    Args:
        content: its bytes.
        form: what kind of feed.
        name: of the feed, for what is said of it here.
    """
    seen = Seen()
    summary: dict[str, Any] | None = None
    reason = ""
    for line in content:
        entry = _entry(line)
        if entry is None:
            log.warning("the import log of %s has a line that cannot be read; it is looked at again later", name)
            return None
        summary = entry.get("summary", summary)
        if entry.get("severity") == "ERROR":
            reason = reason or str(entry.get("message") or entry.get("code"))
        elif entry.get("severity"):
            _note(entry, form, seen, name)
    if summary is None:
        return None
    if summary.get("status") == "ERROR":
        seen.refused = reason or "the shop gives no reason"
    log.info("%s: %s elements imported, %s skipped", name, summary.get("imported", "?"), summary.get("skipped", "?"))
    return seen


def _entry(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None


def _note(entry: dict[str, Any], form: Form, seen: Seen, name: str) -> None:
    """Note what one line says."""
    ids = entry.get("ids") or {}
    group, product = ids.get(form.group_id), ids.get("product-id")
    code, message = str(entry.get("code") or "skipped"), str(entry.get("message") or "no reason is given")
    if not entry.get("skipped", True):
        log.warning("%s: %s %s was taken in part: %s", name, entry.get("element"), product or group, message)
        return
    if entry["severity"] == "DATAWARNING" and code in NOTHING_TO_DELETE:
        log.info("%s: %s is gone already", name, product or group)
        return
    complaint = Complaint(code, f"the shop skipped it: {message} ({entry['severity']})")
    if group is not None and product is not None:
        key = f"{group}/{product}"
        seen.skipped[key] = (*seen.skipped.get(key, ()), complaint)
    elif group is not None:
        seen.groups[group] = complaint
    else:
        log.error("%s: the shop skipped an element in line %s without naming it: %s", name, entry.get("line"), message)
