"""Cutting a document into stretches of whole records, and a stretch into its records.

Records never stand in one another, so an end tag of the record's name, outside comments and CDATA,
is the end of a record. Comments and processing instructions are dropped and CDATA is written as
escaped text on the way: then every ``<`` is markup, and a stretch can be searched as bytes.
"""

from __future__ import annotations

import pickle
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cartage.systems.sfcc.xml.unpacking import DocumentDamaged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cartage.systems.sfcc.xml.document import Document

_HIDDEN = re.compile(rb"<!--.*?-->|<\?.*?\?>|<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_HIDING = re.compile(rb"<!--|<\?|<!\[CDATA\[")
_MAX_HIDDEN = 32 << 20
_MAX_STRETCH = 64 << 20


@dataclass(frozen=True)
class Stretch:
    """Whole records, one after the other, with what stands between them.

    Attributes:
        content: the bytes.
        line: the line where it begins, from 1; comments that were dropped are not counted.
        last: it is what is left at the document's end: it may be cut off, or hold no record.
    """

    content: bytes
    line: int
    last: bool = False

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the bytes as a buffer, which `cartage.crew` sends from where they lie."""
        return _stretch, (pickle.PickleBuffer(self.content), self.line, self.last)


def _stretch(content: Any, line: int, last: bool) -> Stretch:
    return Stretch(bytes(content), line, last)


@dataclass(frozen=True)
class Segment:
    """The bytes of one record.

    Attributes:
        content: from its start tag to its end tag, or as far as it goes.
        line: the line where it begins.
        whole: both tags are there.
    """

    content: bytes
    line: int
    whole: bool


class Cutter:
    """Cuts a document into stretches.

    Args:
        document: where to read.
        element: name of the element that is a record.
        size: about how many bytes a stretch has, as far as whole records allow.

    Attributes:
        end: the root's end tag.
        damage: after the last stretch: why the document is not whole, or None.
    """

    def __init__(self, document: Document, element: str, *, size: int) -> None:
        self._document = document
        self.end = document.end
        self._size = size
        name = f"{document.prefix}{element}"
        self._close = f"</{name}>".encode()
        self._any_close = re.compile(rf"</{re.escape(name)}\s*>|<{re.escape(name)}(?=[\s/])[^<>]*/>".encode())
        self._tags = re.compile(
            rf"(?P<open><{re.escape(name)}(?=[\s/>]))|(?P<close></{re.escape(name)}\s*>)|(?P<end></{re.escape(document.prefix + document.root)}\s*>)".encode()
        )
        self._self_closed = re.compile(rb"<[^\s/>]+(?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*/>")
        self.damage: str | None = None
        self._hidden = b""

    def __iter__(self) -> Iterator[Stretch]:
        """Give the stretches; the last one is given even when it is empty."""
        waiting: list[bytes] = []
        line = self._document.line
        for block in self._blocks():
            waiting.append(block)
            if sum(map(len, waiting)) < self._size:
                continue
            content, waiting = self._whole(waiting)
            if content:
                yield Stretch(content, line)
                line += count_lines(content)
        if self._hidden:
            self.damage = self.damage or "it is cut off within a comment or a CDATA section; export it again"
        yield Stretch(b"".join(waiting) + self._hidden, line, last=True)

    def _blocks(self) -> Iterator[bytes]:
        """Give the content with nothing hidden in it; note how it ended."""
        try:
            for block in self._document.content:
                shown = self._shown(self._hidden + block)
                if shown:
                    yield shown
        except DocumentDamaged as damage:
            self.damage = str(damage)

    def _shown(self, content: bytes) -> bytes:
        """Drop comments and instructions, escape CDATA; keep back what the block's end leaves open."""
        if has_pair(content, b"<!") or has_pair(content, b"<?"):
            content = _HIDDEN.sub(_escaped, content)
            opened = _HIDING.search(content)
            if opened and len(content) - opened.start() > _MAX_HIDDEN:
                self._hidden = b""
                raise DocumentDamaged("a comment or CDATA section is larger than 32 MB; export it without")
            if opened:
                self._hidden = content[opened.start() :]
                return content[: opened.start()]
        self._hidden = b""
        last = content.rfind(b"<", -9)
        if last >= 0 and b">" not in content[last:]:  # perhaps the first bytes of `<![CDATA[`
            self._hidden = content[last:]
            return content[:last]
        return content

    def _whole(self, waiting: list[bytes]) -> tuple[bytes, list[bytes]]:
        """Split blocks behind the last whole record: its end is mostly in the last block, which saves a copy."""
        at = waiting[-1].rfind(self._close)
        if at >= 0:
            cut = at + len(self._close)
            return b"".join([*waiting[:-1], waiting[-1][:cut]]), [waiting[-1][cut:]]
        buffer = b"".join(waiting)
        at = buffer.rfind(self._close) + len(self._close)
        if at < len(self._close):
            if len(buffer) < _MAX_STRETCH:
                return b"", waiting
            ends = [each.end() for each in self._any_close.finditer(buffer)]  # written in some unusual way
            at = ends[-1] if ends else 0
        return buffer[:at], [buffer[at:]]

    def segments(self, stretch: Stretch) -> tuple[list[Segment], str | None]:
        """Take a stretch apart, record by record.

        Returns:
            Its records, whole and broken, and what is wrong with the document around them, if anything.
        """
        found: list[Segment] = []
        content = stretch.content
        gaps: list[bytes] = []
        begin: int | None = None
        after, end = 0, len(content)

        def add(start: int, stop: int, *, whole: bool) -> None:
            line = stretch.line + content.count(b"\n", 0, start)
            found.append(Segment(content[start:stop], line, whole))

        for tag in self._tags.finditer(content):
            if tag["end"]:
                end = tag.start()
                break
            if tag["open"]:
                if begin is not None:
                    add(begin, tag.start(), whole=False)
                else:
                    gaps.append(content[after : tag.start()])
                begin = tag.start()
                closed = self._self_closed.match(content, begin)
                if closed:
                    add(begin, closed.end(), whole=True)
                    begin, after = None, closed.end()
            else:
                add(after if begin is None else begin, tag.end(), whole=begin is not None)
                begin, after = None, tag.end()
        if begin is not None:
            add(begin, end, whole=False)
        else:
            gaps.append(content[after:end])
        return found, self._around(stretch, gaps, content[end:])

    def _around(self, stretch: Stretch, gaps: list[bytes], rest: bytes) -> str | None:
        if any(gap.strip() and not _elements_only(gap) for gap in gaps):
            return f"text stands between records after line {stretch.line} that belongs to none; see the document"
        ended = self._tags.match(rest)
        if ended and rest[ended.end() :].strip():
            return "it goes on after its root element has ended; export it again"
        if stretch.last and not ended:
            return f"it is cut off: its end tag {self._document.end.decode()} is missing; export it again"
        if ended and not stretch.last:
            return "its root element ends before its last record; export it again"
        return None


def count_lines(content: bytes) -> int:
    """Count line feeds, four times as fast as `bytes.count` where there are many."""
    return int(np.count_nonzero(np.frombuffer(content, np.uint8) == 10))


def has_pair(content: bytes, pair: bytes) -> bool:
    """Tell whether two bytes stand together, at the speed of finding the second, which is rare in text."""
    first, second = pair[0], pair[1:]
    at = content.find(second)
    while at >= 0:
        if at and content[at - 1] == first:
            return True
        at = content.find(second, at + 1)
    return False


def _escaped(match: re.Match[bytes]) -> bytes:
    text = match[1]
    return b"" if text is None else text.replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;")


def _elements_only(gap: bytes) -> bool:
    """True when other elements stand there (a header), balanced as far as tags can tell."""
    text = re.sub(rb"<[^>]*>", b"\0", gap)
    opened, closed = len(re.findall(rb"<[^/][^>]*[^/]>|<[^/>]>", gap)), gap.count(b"</")
    return opened == closed and gap.lstrip().startswith(b"<") and gap.rstrip().endswith(b">") and b"\0" in text
