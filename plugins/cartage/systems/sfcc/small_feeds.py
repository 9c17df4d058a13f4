"""Small feeds that a target writes whole: named by time and content, left at once, and followed into the shop.

The shop's jobs skip what is wrong in a feed and still say success. What they skipped stands in a log beside the feed, of
the form that `cartage.systems.sfcc.feeds.logs` describes.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import posixpath
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cartage.errors import Complaint
from cartage.systems.sfcc.feeds.jobs import ImportJob
from cartage.systems.sfcc.feeds.logs import SUFFIX

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from cartage.settings.feeds import FeedImport
    from cartage.systems.sfcc.hook import SfccHook
    from cartage.systems.sfcc.sftp_folder import SftpFolder

log = logging.getLogger(__name__)

Skipped = dict[str, list[Complaint]]
"""Why elements of a feed were skipped, by their id."""


class SmallFeeds:
    """Feeds of one kind, and the job of the shop's that imports them.

    Args:
        server: the shop's SFTP server.
        folder: where the job looks.
        settings: how the job is started, and where it leaves its logs.
        hook: the shop's API; None where no job is started.
    """

    def __init__(self, server: SftpFolder, folder: str, settings: FeedImport, hook: SfccHook | None) -> None:
        self._server = server
        self._folder = folder
        self._settings = settings
        self._hook = hook

    def leave(self, prefix: str, content: bytes) -> str:
        """Leave a feed for the shop's job, under a temporary name until it is whole.

        Names of one prefix sort by time, which is the order in which the shop imports them.

        Args:
            prefix: beginning of the name: the site, and what the feed tells of.
            content: the feed.

        Returns:
            The feed's name.

        Raises:
            BatchError: wrong credentials, unknown host key, no right to the folder.
            RetryableError: the server does not answer for now, or is full.
        """
        name = f"{prefix}_{datetime.now(UTC):%Y%m%dT%H%M%S%f}_{hashlib.sha256(content).hexdigest()[:12]}.xml"
        with self._server.connected():
            self._server.write(posixpath.join(self._folder, name), content)
        log.info("%s was left in %s", name, self._folder)
        return name

    def imported(self) -> str | None:
        """Have the shop import what was left, where the settings say so, and give why its job failed, if it did.

        Raises:
            RetryableError: the shop does not answer for now.
            BatchError: there is no such job, or the API client may not start it.
        """
        if self._settings.trigger != "job" or self._hook is None:
            return None
        ended = ImportJob(self._hook, self._settings).run()
        return None if ended is None or ended.well else ended.reason

    def skipped(self, name: str, id_name: str, ids: Collection[str], failed: str | None) -> Skipped:
        """Give what the shop is known not to have taken of a feed.

        Args:
            name: the feed.
            id_name: what tells its elements apart in the log: ``order-no``, ``store-id``, ``list-id``.
            ids: those of its elements: all are skipped when the feed was refused.
            failed: why the job failed; then a feed without a log was not taken.
        """
        for folder in self._settings.logs:
            content = io.BytesIO()
            with self._server.connected():
                found = self._server.read(posixpath.join(folder, name + SUFFIX), content)
            if found:
                return read_log(content.getvalue().splitlines(), id_name, ids)
        if failed is None:
            return {}
        reason = f"the shop's job {self._settings.job} failed ({failed}) and left no log of {name}"
        return {each: [Complaint("import_failed", reason)] for each in ids}


def read_log(lines: Iterable[bytes], id_name: str, ids: Collection[str]) -> Skipped:
    """Read an import's log: JSON documents, the last one a summary; see `SmallFeeds.skipped`."""
    skipped: Skipped = {}
    for line in lines:
        entry: dict[str, Any] = json.loads(line)
        words = f"the shop skipped it: {entry.get('message') or 'it gives no reason'}"
        reason = Complaint(str(entry.get("code") or "skipped"), words)
        if entry.get("severity") == "ERROR":
            return {each: [reason] for each in ids}
        if entry.get("severity") and entry.get("skipped", True):
            skipped.setdefault(str((entry.get("ids") or {}).get(id_name)), []).append(reason)
    return skipped
