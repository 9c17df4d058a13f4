"""Drops as a source: taken once each, archived before they are read, moved aside once they are settled."""

from __future__ import annotations

import logging
import tempfile
from collections import deque
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cartage.records.outcome import Outcome
from cartage.seams import Drop, Read
from cartage.systems.sfcc.batching import Batcher
from cartage.systems.sfcc.drop_names import climbs, is_document, understand
from cartage.systems.sfcc.xml.reader import DocumentReader, Limits, Reading
from cartage.systems.sfcc.xml.tables import VERSION_TIME, Numbers, Origin
from cartage.systems.sfcc.xml.unpacking import DocumentDamaged, DocumentRefused

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from typing import Protocol

    from cartage.mapping.source import SourceMapping
    from cartage.records.outcome import Verdict
    from cartage.seams import DropBook
    from cartage.settings import Drops
    from cartage.staging import Staging
    from cartage.systems.sfcc.sftp_folder import RemoteFile, SftpFolder
    from cartage.windows import Selection, Window

    class Acknowledger(Protocol):
        """Tells the shop what became of its records."""

        def acknowledge(self, verdicts: Iterable[Verdict]) -> None:
            """Tell it; doing it twice is doing it once."""


log = logging.getLogger(__name__)

UNSETTLED = ("landed", "read")
"""States of drops that are read again until the run that reads them settles."""

_REMEMBERED = timedelta(days=30)
_UNPACKED = 12
"""How much larger an export is than its gzip file, for the size of batches; measured on exports of orders."""


@dataclass(frozen=True)
class Flow:
    """What a source must know of its flow.

    Attributes:
        name: ``sfcc_netsuite.orders``; the landing archive is kept by it.
        drops: the settings of its drops.
        sites: the sites that the settings know.
        batch_records: records staged together.
    """

    name: str
    drops: Drops
    sites: Collection[str]
    batch_records: int


class DropSource:
    """Reads what the shop leaves on its SFTP server.

    Args:
        folder: the server.
        flow: the flow's settings.
        mapping: how its documents are read.
        book: what the ledger knows of drops.
        staging: where the landing archive is.
        acknowledger: tells the shop of each record, or None.
    """

    def __init__(
        self,
        folder: SftpFolder,
        flow: Flow,
        mapping: SourceMapping,
        book: DropBook,
        staging: Staging,
        *,
        acknowledger: Acknowledger | None = None,
    ) -> None:
        self._server = folder
        self._flow = flow
        self._mapping = mapping
        self._book = book
        self._staging = staging
        self._acknowledger = acknowledger

    def read(self, window: Window, selection: Selection) -> Iterator[Read]:
        """Give all records of the window, a batch at a time.

        A scheduled run lands what is new on the server, and reads what landed in its window and what
        earlier runs left unsettled; a backfill reads the landing archive alone. Drops are read in the
        order they landed, so the same window gives the same rows with the same numbers again.

        Args:
            window: of landing times.
            selection: with keys, only the records with these numbers; a drop is then not counted as read.

        Raises:
            BatchError: unknown host key, wrong credentials, no such folder, an archive that lost a drop.
            RetryableError: the server does not answer for now.
        """
        if not selection.backfill:
            self._land(window)
        drops = self._drops(window, selection)
        numbers = Numbers.start(self._mapping.record)
        size = sum(each.size * (_UNPACKED if each.name.endswith(".gz") else 1) for each in drops)
        batcher = Batcher(self._mapping.record, self._flow.batch_records, size)
        for drop in drops:
            yield from self._read(drop, numbers, batcher, selection)
        yield from batcher.rest()

    def acknowledge(self, verdicts: Iterable[Verdict]) -> None:
        """Tell the shop what became of its records, then move what was read aside.

        While records of the run are held, its drops stay where they are and count as unsettled: the next run
        reads them again, even when they landed in a stretch that lies behind the watermark.
        """
        held: list[str] = []
        told = self._watched(verdicts, held)
        if self._acknowledger:
            self._acknowledger.acknowledge(told)
        deque(told, maxlen=0)  # whatever nobody asked for is looked at too
        if held:
            log.info("%d records are held, so no drop is moved aside yet", len(held))
            return
        self.finish()

    @staticmethod
    def _watched(verdicts: Iterable[Verdict], held: list[str]) -> Iterator[Verdict]:
        for each in verdicts:
            if each.outcome is Outcome.HELD:
                held.append(each.key)
            yield each

    def finish(self) -> None:
        """Move every drop that was read into the archive folder, or the rejected one with its reason beside it.

        What is on the server decides, so doing it again after a crash does the rest. A file that was
        written anew since it landed stays where it is, for the next run.
        """
        known: dict[str, list[Drop]] = {}
        for drop in self._book.done_with(datetime.now(UTC) - _REMEMBERED):
            known.setdefault(drop.path, []).append(drop)
        with self._server.connected():
            for folder, _ in self._folders():
                for file in self._server.files(folder):
                    found = self._same_content(file, known.get(file.path, []))
                    if found:
                        self._move(file, found)
        for drop in (each for several in known.values() for each in several if each.state == "read"):
            self._book.put(replace(drop, state="rejected" if drop.reason else "archived"))

    def _folders(self) -> list[tuple[str, str | None]]:
        """Give the folders to look into, each with the site that it stands for."""
        folder = self._flow.drops.folder
        if "{site}" not in folder:
            return [(folder, None)]
        return [(folder.replace("{site}", site), site) for site in sorted(self._flow.sites)]

    def _land(self, window: Window) -> None:
        """Copy every drop that has stopped growing into the landing archive."""
        with self._server.connected():
            for folder, site in self._folders():
                found = []
                for file in self._server.files(folder):
                    if climbs(file.name):
                        log.warning(
                            "%s: a file's name %r leads out of its folder; it is not touched", folder, file.name
                        )
                    elif is_document(file.name):
                        found.append(file)
                for file in self._server.settled(found, self._flow.drops.stable_seconds):
                    self._land_one(file, site, window)

    def _land_one(self, file: RemoteFile, folder_site: str | None, window: Window) -> None:
        with tempfile.TemporaryFile() as content:
            hash_ = self._server.fetch(file, content)
            if hash_ is None:
                log.info("%s changed while it was read; a later run takes it", file.path)
                return
            earlier = self._book.find(hash_)
            if earlier and earlier.path == file.path and earlier.state in UNSETTLED:
                return
            content.seek(0)
            uri = self._staging.land(self._flow.name, file.name, hash_, content)
        # The window was computed before the drop landed: counted into it, the same window finds it again.
        landed_at = min(datetime.now(UTC), window.until - timedelta(microseconds=1))
        drop = Drop(file.name, file.path, hash_, file.size, folder_site or "", None, landed_at, uri)
        try:
            drop = self._named(drop)
        except DocumentRefused:
            log.info("%s is landed, though its name is not understood", file.path)  # told when it is read
        if earlier and not earlier.reason:
            log.info("%s repeats %s: what of it is in the ERP will be found unchanged", file.path, earlier.path)
            if earlier.path != file.path:
                drop = replace(drop, state="repeated", reason=f"the same content as {earlier.name}, which came before")
        self._book.put(drop)

    def _drops(self, window: Window, selection: Selection) -> list[Drop]:
        """Give the drops to read, in the order they landed; a repeat only where the drop it repeats is not read too."""
        found = self._book.landed_between(window)
        if not selection.backfill:
            found = [*found, *self._book.unsettled()]
        chosen: dict[tuple[str, str], Drop] = {}
        hashes: set[str] = set()
        for each in sorted(found, key=lambda each: (each.landed_at, each.name, each.path)):
            if each.state != "repeated" or each.hash not in hashes:
                chosen[each.hash, each.path] = each
                hashes.add(each.hash)
        return list(chosen.values())

    def _read(self, drop: Drop, numbers: Numbers, batcher: Batcher, selection: Selection) -> Iterator[Read]:
        limits = Limits(max_megabytes=self._flow.drops.max_megabytes)
        reader = DocumentReader(self._mapping, limits)
        reading, landed = Reading(), drop
        try:
            drop = self._named(drop)
            version = (drop.exported_at or drop.landed_at).astimezone(UTC).strftime(VERSION_TIME)
            origin = Origin(drop.site, drop.name, version, 0, {})
            with self._staging.local_path(drop.landed_uri) as path:
                size = 0
                for read in reader.read(path, origin, numbers, reading):
                    size, before = reading.size, size
                    yield from batcher.add(_only(read, drop.site, selection.keys), reading.size - before)
        except DocumentRefused as refused:
            self._note(landed, self._refused(drop, refused), selection)
            return
        except DocumentDamaged as damaged:
            reading.damage = str(damaged)
        if reading.damage:
            log.warning("%s is damaged: %s. %d records of it were found.", drop.path, reading.damage, reading.records)
            self._note(landed, replace(drop, state="read", reason=f"{drop.name}: {reading.damage}"), selection)
        else:
            self._note(landed, replace(drop, state="read"), selection)

    def _named(self, drop: Drop) -> Drop:
        """Read site and export time off a drop's name, by the settings as they are now.

        Raises:
            DocumentRefused: the name says no known site.
        """
        folder = drop.path.removesuffix(f"/{drop.name}")
        folder_site = dict(self._folders()).get(folder)
        name = understand(drop.name, self._flow.drops, self._flow.sites, folder_site)
        return replace(drop, site=name.site, exported_at=name.exported_at)

    def _refused(self, drop: Drop, refused: DocumentRefused) -> Drop:
        log.warning("%s is rejected: %s", drop.path, refused)
        return replace(drop, state="read", reason=f"{drop.name}: {refused}")

    def _note(self, landed: Drop, read: Drop, selection: Selection) -> None:
        """Write down that a drop was read, unless it was settled before or this run reads only part of it."""
        if not selection.limited and landed.state in UNSETTLED:
            self._book.put(read)

    def _same_content(self, file: RemoteFile, drops: list[Drop]) -> Drop | None:
        """Find which known drop a file on the server is, if it is any."""
        same_size = [each for each in drops if each.size == file.size]
        untouched = [each for each in same_size if file.modified <= each.landed_at.timestamp()]
        if len(same_size) == 1 and untouched:
            return untouched[0]
        hash_ = self._server.hash(file) if same_size else None
        return next((each for each in same_size if each.hash == hash_), None)

    def _move(self, file: RemoteFile, drop: Drop) -> None:
        rejected = drop.state == "rejected" or (drop.state == "read" and drop.reason)
        folder = self._flow.drops.rejected if rejected else self._flow.drops.archive
        folder = folder.replace("{site}", drop.site)
        target = self._server.move(file.path, folder, file.name, drop.hash[:8])
        if rejected and drop.reason:
            self._server.write(f"{target}.reason.txt", f"{drop.reason}\n".encode())


def _only(read: Read, site: str, keys: tuple[str, ...]) -> Read:
    """Keep the records with these numbers."""
    if not keys:
        return read
    import pyarrow as pa
    import pyarrow.compute as pc

    wanted = {f"{site}/{key}" for key in keys}
    root = read.batch.root
    rows = root.filter(pc.is_in(root["key"], value_set=pa.array(sorted(wanted)))).column(0).combine_chunks()
    verdicts = tuple(each for each in read.verdicts if each.key in wanted)
    originals = {each.row: read.originals[each.row] for each in verdicts if each.row in read.originals}
    return Read(read.batch.only(rows), verdicts, originals)
