"""A document into batches: fast where it can, record by record where it must."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from cartage.records.batch import KINDS
from cartage.records.outcome import Outcome, Verdict
from cartage.seams import Read
from cartage.systems.sfcc.xml.cutting import Cutter, Segment, Stretch
from cartage.systems.sfcc.xml.document import Document, open_document
from cartage.systems.sfcc.xml.fast import Doubt, FastReader
from cartage.systems.sfcc.xml.slow import SlowReader
from cartage.systems.sfcc.xml.tables import Numbers, Origin, assemble
from cartage.systems.sfcc.xml.unpacking import blocks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cartage.errors import Complaint
    from cartage.mapping.source import SourceMapping
    from cartage.systems.sfcc.xml.rows import Found

_THREADS = 2


@dataclass(frozen=True)
class Limits:
    """How much is read at a time.

    Attributes:
        megabytes: how much of the document is read at a time: what bounds memory.
        max_megabytes: how large a document may be, unpacked.
    """

    megabytes: int = 8
    max_megabytes: int = 600


@dataclass
class Reading:
    """How the reading of a document went; complete when its last batch was taken.

    Attributes:
        damage: why the document is not whole, or None.
        doubts: why the fast reader stepped aside, a reason a stretch.
        records: how many records were seen, the unreadable ones included.
        size: how many bytes of the document they came from.
    """

    damage: str | None = None
    doubts: list[str] = field(default_factory=list)
    records: int = 0
    size: int = 0


@dataclass(frozen=True)
class _Taken:
    """A stretch after a reader: what it found, and of what it could not read, why."""

    found: Found
    stretch: Stretch
    segments: list[Segment] | None
    faults: dict[int, Complaint]
    records: int
    damage: str | None = None
    doubt: str | None = None


class DocumentReader:
    """Reads documents of one kind.

    Args:
        mapping: what to read.
        limits: how much at a time.
        fast: False reads every record by itself, as the slow reader does: for comparison.
    """

    def __init__(self, mapping: SourceMapping, limits: Limits | None = None, *, fast: bool = True) -> None:
        self.mapping = mapping
        self.limits = limits or Limits()
        self._fast = fast

    def read(self, path: Path, origin: Origin, numbers: Numbers, reading: Reading) -> Iterator[Read]:
        """Read a document, a stretch at a time, in the document's order.

        Stretches are parsed by two threads while the one before is put into tables: most of that work
        holds no interpreter lock.

        Args:
            path: the document, plain or gzip.
            origin: the site, drop and version that its records get; `position` and `columns` are set here.
            numbers: row numbers go on from here.
            reading: filled in on the way.

        Raises:
            DocumentRefused: before the first batch, when the document is not to be read at all.
        """
        document = open_document(blocks(path, max_megabytes=self.limits.max_megabytes), self.mapping)
        if document.empty:
            return
        cutter = self._cutter(document)
        fast, slow = FastReader(self.mapping, document), SlowReader(self.mapping, document)
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="sfcc-xml") as threads:
            waiting: deque[Future[_Taken]] = deque()
            for stretch in cutter:
                waiting.append(threads.submit(self._take, cutter, fast, slow, stretch))
                if len(waiting) > _THREADS:
                    yield from self._reads(document, waiting.popleft().result(), origin, numbers, reading)
            while waiting:
                yield from self._reads(document, waiting.popleft().result(), origin, numbers, reading)
        reading.damage = cutter.damage or reading.damage

    def _cutter(self, document: Document) -> Cutter:
        return Cutter(document, self.mapping.element, size=self.limits.megabytes * 1_000_000)

    def _reads(
        self, document: Document, taken: _Taken, origin: Origin, numbers: Numbers, reading: Reading
    ) -> Iterator[Read]:
        reading.damage = reading.damage or taken.damage
        reading.doubts += [taken.doubt] if taken.doubt else []
        place = replace(origin, position=reading.records, columns=document.columns)
        reading.records += taken.records
        reading.size += len(taken.stretch.content)
        if taken.records:
            yield self._batch(document, taken, place, numbers)

    def _take(self, cutter: Cutter, fast: FastReader, slow: SlowReader, stretch: Stretch) -> _Taken:
        content, end = stretch.content, cutter.end
        if stretch.last:
            content = content.rstrip()
            if not content.endswith(end):
                return self._take_slowly(cutter, slow, stretch)
            content = content.removesuffix(end)
            if not content.strip():
                return _Taken({}, stretch, None, {}, 0)
        if not self._fast:
            return self._take_slowly(cutter, slow, stretch)
        try:
            found = fast.find(content)
        except Doubt as doubt:
            return replace(self._take_slowly(cutter, slow, stretch), doubt=str(doubt))
        return _Taken(found, stretch, None, {}, len(found[self.mapping.elements[0]]))

    def _take_slowly(self, cutter: Cutter, slow: SlowReader, stretch: Stretch) -> _Taken:
        segments, damage = cutter.segments(stretch)
        found, faults = slow.find(segments)
        return _Taken(found, stretch, segments, faults, len(segments), damage)

    def _batch(self, document: Document, taken: _Taken, origin: Origin, numbers: Numbers) -> Read:
        first = numbers.next[KINDS[self.mapping.record].ROOT]
        made = assemble(self.mapping, taken.found, origin, numbers, records=taken.records)
        if not taken.faults and not made.faults:
            return Read(made.batch)
        segments = taken.segments
        if segments is None:
            segments = self._cutter(document).segments(taken.stretch)[0]
        slow = SlowReader(self.mapping, document)
        faults = {place: [fault] for place, fault in taken.faults.items()} | made.faults
        verdicts, originals = [], {}
        for place in sorted(faults):
            segment = segments[place]
            name = made.keys.get(place) or slow.key(segment) or f"({origin.position + place})"
            where = f"{origin.drop}, record {origin.position + place + 1}, line {segment.line}"
            complaints = tuple(replace(each, message=f"{where}: {each.message}") for each in faults[place])
            verdicts.append(Verdict(first + place, f"{origin.site}/{name}", Outcome.QUARANTINED, complaints))
            originals[first + place] = segment.content
        return Read(made.batch, tuple(verdicts), originals)
