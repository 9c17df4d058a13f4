"""SFCC as the target of flows that go out in feeds: stock and prices."""

from __future__ import annotations

import gzip
import logging
import posixpath
import tempfile
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lxml import etree

from cartage.errors import BatchError, RetryableError
from cartage.records.outcome import Outcome, Verdict
from cartage.seams import Feed, Late
from cartage.systems.sfcc.feeds.contents import keys_of
from cartage.systems.sfcc.feeds.drift import complaint
from cartage.systems.sfcc.feeds.logs import logs_of, seen_of
from cartage.systems.sfcc.feeds.naming import by_number, feed_name, moment_after
from cartage.systems.sfcc.feeds.planning import planned
from cartage.systems.sfcc.feeds.writing import FeedWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from cartage.errors import Complaint
    from cartage.records.batch import Batch
    from cartage.seams import FeedBook, Planned
    from cartage.settings.feeds import Feeds
    from cartage.staging import Staging
    from cartage.systems.sfcc.feeds.files import Written
    from cartage.systems.sfcc.feeds.headers import Headers
    from cartage.systems.sfcc.feeds.jobs import ImportJob
    from cartage.systems.sfcc.feeds.logs import ImportLogs, Seen
    from cartage.systems.sfcc.feeds.rendering import Renderer
    from cartage.systems.sfcc.sftp_folder import SftpFolder

log = logging.getLogger(__name__)


class FeedPublisher:
    """Tells the shop by feeds: the `FeedTarget` of the seams, for stock and for prices.

    Every feed is noted as intended before its upload and as sent after it, with a name and bytes that a try made
    again makes again: a feed that went over half is sent over, one that went over whole is not.

    Args:
        renderer: makes lines of rows.
        headers: gives what stands above them.
        settings: where feeds go, how large they are, how their import is seen.
        server: the shop's SFTP server.
        staging: where our own copies lie.
        flow: name of the flow, for them.
        run: the run's id in the ledger.
        job: starts the shop's import; None: it imports by its own schedule.
        logs: say what the shop skipped; None: those in files, if the settings name folders of them.
        now: the time, for names.

    Attributes:
        late: what the shop turned out to have skipped of earlier feeds; whole once `publish` was read to its end.
    """

    def __init__(
        self,
        renderer: Renderer,
        headers: Headers,
        settings: Feeds,
        *,
        server: SftpFolder,
        staging: Staging,
        flow: str,
        run: int,
        job: ImportJob | None = None,
        logs: ImportLogs | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._renderer = renderer
        self._form = renderer.form
        self._headers = headers
        self._settings = settings
        self._server = server
        self._staging = staging
        self._flow = flow
        self._run = run
        self._job = job
        self._now = now
        self._logs = logs if logs is not None else logs_of(settings.imported, server, None)
        self._caught_up: list[Feed] = []
        self._book: FeedBook | None = None
        self.late: list[Late] = []

    def publish(self, batches: Iterable[Batch], feeds: FeedBook) -> Iterator[Verdict]:
        """Write feeds of all these rows, bring them over and, where it can be known, see them imported.

        Args:
            batches: feed rows.
            feeds: the run's book of feeds.

        Returns:
            A verdict for each row: created (never told before), updated, or rejected with a reason. Rows of a feed
            that the shop refused whole get none: they were not told.

        Raises:
            RetryableError: the server or the shop's API does not answer for now.
            BatchError: no right to the folder, no such job, or a feed was refused whole; then after all verdicts.
        """
        self._book = feeds
        with (
            tempfile.TemporaryDirectory(prefix="cartage-feeds-") as folder,
            FeedWriter(self._renderer, self._headers, self._settings, Path(folder)) as writer,
        ):
            written = writer.write(batches)
            with self._server.connected():
                self._catch_up(feeds)
                sent = self._send(written, feeds)
            seen = self._see_imported(sent, feeds)
            for each in writer.refused:
                yield Verdict(each.record, each.key, Outcome.REJECTED, each.complaints)
            yield from self._told_anew(_verdicts(writer, seen))
        refused = {number: each.refused for number, each in seen.items() if each is not None and each.refused}
        if refused:
            number, reason = next(iter(refused.items()))
            raise BatchError(
                f"{sent[number].name}: the shop refused the whole feed ({reason})"
                f"{f', and {len(refused) - 1} more' if len(refused) > 1 else ''}. Its records are held and the watermark "
                "stays: mend what it names, then clear the task `load`."
            )

    def noted(self) -> None:
        """Hear that what is `late` was noted: those feeds need no second look."""
        for feed in self._caught_up:
            if self._book is not None:
                self._book.put(feed)
        self._caught_up = []

    def plan(self, batch: Batch) -> Iterator[Planned]:
        """Say what `publish` would tell, without writing a feed."""
        return planned(self._renderer, batch)

    def _catch_up(self, feeds: FeedBook) -> None:
        """Look at the logs of feeds of earlier runs whose import nobody saw."""
        self.late, self._caught_up = [], []
        waiting = feeds.waiting()
        self._logs.look_for([*waiting, *(each for each in feeds.of_run() if each.state == "sent")])
        for feed in waiting:
            seen = self._seen(feed)
            if seen is None:
                continue
            self._caught_up.append(_after(feed, seen))
            late = [Late(feed.name, key, complaints) for key, complaints in self._missed(feed, seen, feeds)]
            if late:
                log.warning("%s of an earlier run: %d records were not imported", feed.name, len(late))
            self.late += late

    def _told_anew(self, verdicts: Iterable[Verdict]) -> Iterator[Verdict]:
        """Give verdicts on, and take what they are of out of `late`: what came of an earlier feed matters no more."""
        late = {each.key for each in self.late}
        anew = set()
        for verdict in verdicts:
            if verdict.key in late:
                anew.add(verdict.key)
            yield verdict
        self.late = [each for each in self.late if each.key not in anew]

    def _missed(self, feed: Feed, seen: Seen, feeds: FeedBook) -> Iterator[tuple[str, tuple[Complaint, ...]]]:
        """Give the records of a feed that the shop did not take: of a few the log says it, else our copy."""
        if seen.refused is None and not seen.groups:
            yield from seen.skipped.items()
            return
        for key in dict.fromkeys(self._keys(feed, feeds)):
            complaints = seen.all_of(key)
            if complaints:
                yield key, complaints

    def _keys(self, feed: Feed, feeds: FeedBook) -> Iterable[str]:
        """Give the keys of a feed's records; of one whose copy is gone or damaged, of all that its run told."""
        try:
            with self._staging.open_landed(feed.landed_uri) as content:
                return list(keys_of(content, self._form, packed=feed.name.endswith(".gz")))
        except (BatchError, etree.XMLSyntaxError, EOFError, zlib.error, gzip.BadGzipFile) as error:
            log.error(  # noqa: TRY400 - a trace says nothing more
                "%s: our copy cannot be read (%s), so all that its run told counts as not taken, and is told again",
                feed.name,
                error,
            )
            return feeds.records_of(feed)

    def _send(self, written: Sequence[Written], feeds: FeedBook) -> dict[int, Feed]:
        """Land all files and note them as intended, then bring over those that are not there yet."""
        known = by_number(each for each in feeds.of_run() if each.state != "refused")
        at, found = moment_after(self._now(), feeds.newest(self._form.file)), {}
        for file in written:
            feed = self._feed(file, known.get(file.number), at)
            if feed.state == "intended":
                with file.path.open("rb") as content:
                    feed = replace(feed, landed_uri=self._staging.land(self._flow, feed.name, feed.hash, content))
                feeds.put(feed)
            found[file.number] = feed
        for number, feed in found.items():
            if feed.state == "intended":
                with self._staging.open_landed(feed.landed_uri) as content:
                    self._server.put(feed.path, content, feed.size)
                found[number] = replace(feed, state="sent")
                feeds.put(found[number])
                log.info("%s: %d records, %d bytes", feed.path, feed.records, feed.size)
        return found

    def _feed(self, file: Written, before: Feed | None, at: datetime) -> Feed:
        """Give the feed that a file is: that of an earlier try, or a new one."""
        if before is not None and before.hash == file.hash:
            return before
        if before is not None and before.state == "intended":
            name = before.name
        else:
            name = feed_name(self._form.file, at, self._run, file.number, gzip=self._settings.gzip)
        return Feed(name, file.hash, file.size, file.records, posixpath.join(self._settings.folder, name), "")

    def _see_imported(self, sent: dict[int, Feed], feeds: FeedBook) -> dict[int, Seen | None]:
        """Have the feeds imported where the settings say so, and read what the shop says of it."""
        seen = self._read(sent, feeds)
        if self._job is None or all(each is not None for each in seen.values()):
            return seen
        ended = self._job.run()
        if ended is not None:
            self._logs.follow(ended)
        seen = self._read(sent, feeds)
        silent = [sent[number] for number, each in seen.items() if each is None]
        if ended is not None and not ended.well and silent:
            self._job_failed(silent, feeds, ended.reason)
        return seen

    def _read(self, sent: Mapping[int, Feed], feeds: FeedBook) -> dict[int, Seen | None]:
        if self._settings.imported.reads == "none" or not sent:
            return dict.fromkeys(sent)
        seen: dict[int, Seen | None] = {}
        with self._server.connected():
            for number, feed in sent.items():
                said = seen[number] = self._seen(feed)
                if said is not None:
                    feeds.put(_after(feed, said))
        return seen

    def _seen(self, feed: Feed) -> Seen | None:
        """Give what the shop says of a feed; None while it says nothing."""
        report = self._logs.report(feed.name, lambda: self._staging.open_landed(feed.landed_uri))
        return None if report is None else seen_of(report, self._form)

    def _job_failed(self, silent: Sequence[Feed], feeds: FeedBook, reason: str) -> None:
        """Say what follows of a job that failed without a word on some feeds.

        Raises:
            RetryableError: they lie where they were: the next try starts the job again.
            BatchError: it took them, and nobody knows what came in.
        """
        with self._server.connected():
            left = [feed for feed in silent if self._server.has(feed.path)]
        gone = [feed for feed in silent if feed not in left]
        if not gone:
            raise RetryableError(
                f"job {self._settings.imported.job} failed ({reason}) and left {left[0].name} where it was; it is started "
                "again. If it goes on, see the job's log in Business Manager"
            )
        for feed in gone:
            feeds.put(replace(feed, state="refused", reason=reason))
        raise BatchError(
            f"job {self._settings.imported.job} failed ({reason}) and says nothing of {gone[0].name}. Its records are held: "
            "see the job's log in Business Manager, then clear the task `load`."
        )


def _after(feed: Feed, seen: Seen) -> Feed:
    return replace(feed, state="refused" if seen.refused else "imported", reason=seen.refused)


def _verdicts(writer: FeedWriter, seen: Mapping[int, Seen | None]) -> Iterator[Verdict]:
    """Give the verdict of each row that stands in a feed, in the order of the batches."""
    for rows, files in writer.rows():
        columns = (*(rows[name].to_pylist() for name in ("record", "key", "new", "drift")), files.tolist())
        for record, key, new, drift, number in zip(*columns, strict=True):
            found = seen[number]
            outcome = Outcome.CREATED if new else Outcome.UPDATED
            noted = () if drift is None else (complaint(drift),)
            if found is None:
                yield Verdict(record, key, outcome, noted)
            elif found.refused is None:
                complaints = found.of(key)
                yield Verdict(record, key, Outcome.REJECTED if complaints else outcome, (*complaints, *noted))
