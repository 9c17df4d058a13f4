"""A document into batches: fast where it can, record by record where it must."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cartage.crew import shared, workers_for
from cartage.records.batch import KINDS
from cartage.records.outcome import Outcome, Verdict
from cartage.seams import Read
from cartage.systems.sfcc.xml.cutting import Cutter, Segment, Stretch
from cartage.systems.sfcc.xml.document import Document, open_document
from cartage.systems.sfcc.xml.fast import Doubt, FastReader
from cartage.systems.sfcc.xml.slow import SlowReader
from cartage.systems.sfcc.xml.tables import Numbers, Origin, assemble, moved
from cartage.systems.sfcc.xml.unpacking import blocks, likely_size

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cartage.errors import Complaint
    from cartage.mapping.source import SourceMapping
    from cartage.records.batch import Batch
    from cartage.systems.sfcc.xml.rows import Found
    from cartage.systems.sfcc.xml.tables import Leads

WORTH_A_WORKER = 64_000_000
"""Bytes of a document: a worker process starts in the time that some 30 MB take to read."""

STRETCHES_AHEAD = 3
"""A stretch is done in less time than this process takes for one of its own and to stage those that came back."""


@dataclass(frozen=True)
class Limits:
    """How much is read at a time.

    Attributes:
        megabytes: how much of the document is read at a time: what bounds memory.
        max_megabytes: how large a document may be, unpacked.
    """

    megabytes: int = 5
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
class Taken:
    """A stretch after a reader: what it found, numbered as if nothing stood before it, and what could not be read.

    Attributes:
        batch: the records that could be read.
        leads: see `Assembled`.
        numbers: how many row numbers it took, by table.
        records: how many records it has, the unreadable ones included.
        size: how many bytes.
        condemned: the others, in order.
        damage: what is wrong with the document around its records, or None.
        doubt: why the fast reader stepped aside, or None.
    """

    batch: Batch
    leads: Leads
    numbers: Numbers
    records: int
    size: int
    condemned: tuple[Condemned, ...] = ()
    damage: str | None = None
    doubt: str | None = None


@dataclass(frozen=True)
class Condemned:
    """A record that could not be read.

    Attributes:
        place: its place in the stretch, from 0.
        key: its number, as far as it could be made out.
        segment: its bytes.
        faults: why.
    """

    place: int
    key: str | None
    segment: Segment
    faults: tuple[Complaint, ...]


@dataclass(frozen=True)
class Taking:
    """What is done with each stretch of one document, in any process: a `cartage.crew.Job`.

    Attributes:
        mapping: what to read.
        document: the document that the stretches are of; its content is not looked at.
        origin: what all its records get.
        fast: whether the fast reader is asked first.
    """

    mapping: SourceMapping
    document: Document
    origin: Origin
    fast: bool

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle what it is made of: this process may have begun, and its own readers cannot go to another one."""
        return Taking, (self.mapping, self.document, self.origin, self.fast)

    @cached_property
    def _fast_reader(self) -> FastReader:
        return FastReader(self.mapping, self.document)

    @cached_property
    def _slow_reader(self) -> SlowReader:
        return SlowReader(self.mapping, self.document)

    @cached_property
    def _cutter(self) -> Cutter:
        return Cutter(self.document, self.mapping.element, size=0)

    def do(self, stretch: Stretch) -> Taken:
        """Read a stretch."""
        content, end = stretch.content, self.document.end
        if stretch.last:
            content = content.rstrip()
            if not content.endswith(end):
                return self._slowly(stretch)
            content = content.removesuffix(end)
            if not content.strip():
                return self._taken({}, stretch, 0)
        if not self.fast:
            return self._slowly(stretch)
        try:
            found = self._fast_reader.find(content)
        except Doubt as doubt:
            return replace(self._slowly(stretch), doubt=str(doubt))
        return self._taken(found, stretch, len(found[self.mapping.elements[0]]))

    def _slowly(self, stretch: Stretch) -> Taken:
        segments, damage = self._cutter.segments(stretch)
        found, faults = self._slow_reader.find(segments)
        taken = self._taken(found, stretch, len(segments), {place: [each] for place, each in faults.items()}, segments)
        return replace(taken, damage=damage)

    def _taken(
        self,
        found: Found,
        stretch: Stretch,
        records: int,
        faults: dict[int, list[Complaint]] | None = None,
        segments: list[Segment] | None = None,
    ) -> Taken:
        numbers = Numbers.start(self.mapping.record)
        made = assemble(self.mapping, found, self.origin, numbers, records=records)
        faults = (faults or {}) | made.faults
        if faults and segments is None:
            segments = self._cutter.segments(stretch)[0]
        condemned = []
        for place in sorted(faults):
            assert segments is not None
            segment = segments[place]
            key = made.keys.get(place) or self._slow_reader.key(segment)
            condemned.append(Condemned(place, key, segment, tuple(faults[place])))
        return Taken(made.batch, made.leads, numbers, records, len(stretch.content), tuple(condemned))


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

    def read(
        self, path: Path, origin: Origin, numbers: Numbers, reading: Reading, *, workers: int | None = None
    ) -> Iterator[Read]:
        """Read a document, a stretch at a time, in the document's order.

        Stretches of a large document are shared with worker processes (`cartage.crew`).

        Args:
            path: the document, plain or gzip.
            origin: the site, drop and version that its records get; `position` and `columns` are set here.
            numbers: row numbers go on from here.
            reading: filled in on the way.
            workers: how many processes help; None: as many as the document is worth.

        Raises:
            DocumentRefused: before the first batch, when the document is not to be read at all.
        """
        document = open_document(blocks(path, max_megabytes=self.limits.max_megabytes), self.mapping)
        if document.empty:
            return
        if workers is None:
            workers = workers_for(likely_size(path), WORTH_A_WORKER)
        cutter = Cutter(document, self.mapping.element, size=self.limits.megabytes * 1_000_000)
        whole = replace(origin, position=0, columns=document.columns)
        taking = Taking(self.mapping, replace(document, content=iter(())), whole, self._fast)
        for taken in shared(taking, cutter, workers, STRETCHES_AHEAD):
            reading.damage = reading.damage or taken.damage
            reading.doubts += [taken.doubt] if taken.doubt else []
            place = replace(whole, position=reading.records)
            reading.records += taken.records
            reading.size += taken.size
            if taken.records:
                yield self._read(taken, place, numbers)
        reading.damage = cutter.damage or reading.damage

    def _read(self, taken: Taken, origin: Origin, numbers: Numbers) -> Read:
        """Give a stretch its place in the document and in the run."""
        first = numbers.next[KINDS[self.mapping.record].ROOT]
        batch = moved(taken.batch, taken.leads, self.mapping, origin, numbers)
        numbers.add(taken.numbers)
        verdicts, originals = [], {}
        for each in taken.condemned:
            place = origin.position + each.place
            where = f"{origin.drop}, record {place + 1}, line {each.segment.line}"
            complaints = tuple(replace(fault, message=f"{where}: {fault.message}") for fault in each.faults)
            key = f"{origin.site}/{each.key or f'({place})'}"
            verdicts.append(Verdict(first + each.place, key, Outcome.QUARANTINED, complaints))
            originals[first + each.place] = each.segment.content
        return Read(batch, tuple(verdicts), originals)
