"""Small feeds that a target writes whole: named by time and content, left at once, and followed into the shop.

The shop's jobs skip what is wrong in a feed and still say success. What they skipped stands in a log, see
`cartage.systems.sfcc.feeds.logs`. A feed is known to the ledger from before it is left until its import was seen, so that
a log which comes after its run is read by a later one.
"""

from __future__ import annotations

import hashlib
import io
import logging
import posixpath
from dataclasses import replace
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING

from lxml import etree

from cartage.errors import BatchError, Complaint
from cartage.seams import Feed
from cartage.systems.sfcc.feeds.jobs import ImportJob
from cartage.systems.sfcc.feeds.logs import logs_of, skipped
from cartage.systems.sfcc.feeds.naming import moment_after

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from cartage.seams import FeedBook
    from cartage.settings.feeds import FeedImport
    from cartage.staging import Staging
    from cartage.systems.sfcc.feeds.reports import Entry, Report
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
        settings: how the job is started, and where it says what it skipped.
        api: gives the shop's API; None where no job is started and no log is read over WebDAV.
        book: what the ledger knows of the flow's feeds.
        staging: where our own copies lie.
        flow: name of the flow's feeds, for them.
    """

    def __init__(
        self,
        server: SftpFolder,
        folder: str,
        settings: FeedImport,
        api: Callable[[], SfccHook] | None,
        *,
        book: FeedBook,
        staging: Staging,
        flow: str,
    ) -> None:
        self._server = server
        self._folder = folder
        self._settings = settings
        self._api = api
        self._book = book
        self._staging = staging
        self._flow = flow
        self._logs = logs_of(settings, server, api)

    def leave(self, prefix: str, content: bytes, records: int) -> Feed:
        """Leave a feed for the shop's job, under a temporary name until it is whole.

        Names of one prefix sort by time, which is the order in which the shop imports them.

        Args:
            prefix: beginning of the name: the site, and what the feed tells of.
            content: the feed.
            records: how many records it tells of.

        Returns:
            The feed as the ledger knows it.

        Raises:
            BatchError: wrong credentials, unknown host key, no right to the folder.
            RetryableError: the server does not answer for now, or is full.
        """
        digest = hashlib.sha256(content).hexdigest()
        at = moment_after(datetime.now(UTC), self._book.newest(prefix))
        name = f"{prefix}_{at:%Y%m%dT%H%M%S%f}_{digest[:12]}.xml"
        landed = self._staging.land(self._flow, name, digest, io.BytesIO(content))
        feed = Feed(name, digest, len(content), records, posixpath.join(self._folder, name), landed)
        self._book.put(feed)
        with self._server.connected():
            self._server.write(feed.path, content)
        feed = replace(feed, state="sent")
        self._book.put(feed)
        log.info("%s was left in %s", name, self._folder)
        return feed

    def imported(self) -> str | None:
        """Have the shop import what was left, where the settings say so, and give why its job failed, if it did.

        Raises:
            RetryableError: the shop does not answer for now.
            BatchError: there is no such job, or the API client may not start it.
        """
        if self._settings.trigger != "job":
            return None
        if self._api is None:
            raise BatchError("a job is started by the shop's API, and there is none; this is a fault of the caller")
        ended = ImportJob(self._api(), self._settings).run()
        if ended is None:
            return None
        self._logs.follow(ended)
        return None if ended.well else ended.reason

    def skipped(
        self, feed: Feed, id_of: Callable[[Entry], str | None], ids: Collection[str], failed: str | None
    ) -> Skipped:
        """Give what the shop is known not to have taken of a feed.

        Args:
            feed: the feed.
            id_of: gives the id of the element that an entry of the log is about.
            ids: those of its elements: all are skipped when the feed was refused.
            failed: why the job failed; then a feed that no log speaks of was not taken.
        """
        report = self._report(feed)
        if report is None and failed is None:
            return {}
        if report is None:
            reason = f"the shop's job {self._settings.job} failed ({failed}) and no log speaks of {feed.name}"
            self._book.put(replace(feed, state="refused", reason=reason))
            return {each: [Complaint("import_failed", reason)] for each in ids}
        self._book.put(_after(feed, report))
        return skipped_of(report, id_of, ids)

    def overdue(self) -> Iterator[tuple[Feed, Report]]:
        """Give the feeds of this flow whose import was seen only now, and what the shop says of each.

        Raises:
            RetryableError: the server does not answer for now.
            BatchError: no right to the folder of the logs.
        """
        if self._settings.reads == "none":
            return
        known = [*self._book.waiting(), *(each for each in self._book.of_run() if each.state == "sent")]
        waiting = [each for each in known if posixpath.dirname(each.path) == self._folder]
        self._logs.look_for(waiting)
        for feed in waiting:
            report = self._report(feed)
            if report is not None:
                yield feed, report

    def noted(self, feed: Feed, report: Report) -> None:
        """Hear that what a report says was noted: the feed needs no second look."""
        self._book.put(_after(feed, report))

    def elements(self, feed: Feed, ids_in: Callable[[etree._Element], Iterable[str]]) -> list[str] | None:
        """Give the ids of all elements of a feed, from our copy; None when it is not there any more, or not whole.

        Args:
            feed: the feed.
            ids_in: gives the ids in a feed, given its root.
        """
        try:
            with self._content(feed) as copy:
                root = etree.parse(copy, etree.XMLParser(resolve_entities=False, no_network=True)).getroot()
        except (BatchError, etree.XMLSyntaxError) as error:
            log.error(  # noqa: TRY400 - a trace says nothing more
                "%s: our copy cannot be read (%s), so all that its run told counts as not taken, and is told again",
                feed.name,
                error,
            )
            return None
        return list(ids_in(root))

    def documents_of(self, feed: Feed, type_: str) -> list[str]:
        """Give the external ids of the documents that the feed's run told of; see `FeedBook`."""
        return self._book.documents_of(feed, type_)

    def _content(self, feed: Feed) -> IO[bytes]:
        return self._staging.open_landed(feed.landed_uri)

    def _report(self, feed: Feed) -> Report | None:
        if self._settings.reads != "file":
            return self._logs.report(feed.name, lambda: self._content(feed))
        with self._server.connected():
            return self._logs.report(feed.name, lambda: self._content(feed))


def skipped_of(report: Report, id_of: Callable[[Entry], str | None], ids: Collection[str]) -> Skipped:
    """Turn what a log says into why elements were skipped.

    Args:
        report: what it says.
        id_of: gives the id of the element that an entry is about.
        ids: those of all elements of the feed.
    """
    report.told()
    if report.refused is not None:
        reason = Complaint("feed_refused", f"the shop refused the whole feed: {report.refused}")
        return {each: [reason] for each in ids}
    found: Skipped = {}
    for entry in report.entries:
        id_ = id_of(entry)
        if entry.skipped and not entry.harmless and id_ is not None:
            found.setdefault(id_, []).append(skipped(entry, report))
    return found


def _after(feed: Feed, report: Report) -> Feed:
    return replace(feed, state="refused" if report.refused else "imported", reason=report.refused)
