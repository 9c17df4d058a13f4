"""Mending a stretch's bytes for the parser, at the speed of memory.

Two things are lost on xml2arrow: which element is there when it is empty, and that an element is
repeated. Both can be told in the bytes: the name of a first child is written before it as an
element, and texts of an element that is repeated are joined into one.

Searching a stretch for a tag with `bytes.find` or `re` costs as much as parsing it. So all tags are found at
once, with the bytes that they begin with (`Tags`): choosing among those is next to nothing. A text that is no tag is
found by comparing all pairs of neighbouring bytes, for its pair that is rarest in the document (`Needle`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from cartage.systems.sfcc.xml.rows import SEPARATOR

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

NAME = b"_first-child"
"""The element that holds the name of a first child."""

CACHED = 1 << 16
"""How many values are looked at together."""

_SAMPLE = 1 << 18
_OPEN = ord("<")
_CHILD = 64
"""Bytes behind a tag's beginning within which its name mostly ends."""

_KNOWN = 1000
_HEAD = 4
"""Bytes of a tag's name that are compared at once."""


class UnusualMarkupError(Exception):
    """What must be mended is written in a way that only a real parser can follow."""


class Tags:
    """Where tags begin in a piece of a document.

    Args:
        content: the piece.
        names: elements that will be asked for; an end tag's name begins with a slash.
    """

    def __init__(self, content: bytes, names: list[bytes]) -> None:
        self._content = content
        values = np.frombuffer(content, np.uint8)
        behind = max(len(content) - _HEAD, 1)  # every four bytes that stand together, as a number each, without a copy
        numbers = np.ndarray((behind,), "<u4", content, 1, (1,)) if len(content) > _HEAD else np.zeros(1, np.uint32)
        wanted = _pairs(names)
        places, heads, chosen, count = [np.empty(0, np.int64)], [np.empty(0, np.uint32)], [np.empty(0, np.int64)], 0
        for start in range(0, len(values), CACHED):
            place = np.flatnonzero(values[start : start + CACHED] == _OPEN) + start
            head = numbers[np.minimum(place, behind - 1)]
            choice = np.flatnonzero(wanted[head & 0xFFFF])
            places.append(place)
            heads.append(head[choice])
            chosen.append(choice + count)
            count += len(place)
        self._all = np.concatenate(places)
        self._heads, self._chosen = np.concatenate(heads), np.concatenate(chosen)

    def has_declarations(self) -> bool:
        """Tell whether any is a comment, a CDATA section, a declaration or an instruction, or too short to tell."""
        first = self._heads & 0xFF
        return b"<" in self._content[-_HEAD:] or bool(((first == ord("!")) | (first == ord("?"))).any())

    def places(self, name: bytes) -> list[tuple[int, int]]:
        """Give where an element's start tags begin, in ascending order, each with where the next tag begins."""
        mask, number = _head(name)
        chosen = self._chosen[self._heads & mask == number]
        after = np.append(self._all, len(self._content))[chosen + 1].tolist()
        pairs = zip(self._all[chosen].tolist(), after, strict=True)
        written = tuple(name + end for end in (b">", b" ", b"/", b"\n", b"\t", b"\r"))
        return [pair for pair in pairs if self._content.startswith(written, pair[0] + 1)]

    def repeated(self, name: bytes) -> list[int]:
        """Give where tags of an element begin, of either kind, that are followed by another of its start tags."""
        mask, number = _head(name)
        starts = self._chosen[self._heads & mask == number]
        mask, number = _head(b"/" + name)
        ends = self._chosen[self._heads & mask == number]
        followed = np.intersect1d(np.concatenate([starts, ends]) + 1, starts, assume_unique=True) - 1
        return sorted(self._all[followed].tolist())


def _pairs(names: list[bytes]) -> NDArray[np.bool_]:
    """Give which pairs of bytes, as numbers, a tag begins with that is asked for or belongs to no element."""
    wanted = np.zeros(1 << 16, bool)
    for name in names:
        if len(name) == 1:
            wanted[name[0] :: 256] = True
        else:
            wanted[int.from_bytes(name[:2], "little")] = True
    wanted[ord("!") :: 256] = True
    wanted[ord("?") :: 256] = True
    return wanted


def _head(name: bytes) -> tuple[int, int]:
    """Give the mask and the number that the bytes of a name are compared by."""
    head = name[:_HEAD]
    return (1 << 8 * len(head)) - 1, int.from_bytes(head, "little")


class Needle:
    """A short text that is searched for in many stretches of one document.

    Args:
        text: what to find, at least two bytes.
        sample: a piece of the document, to see which pair of bytes is rare in it.
    """

    def __init__(self, text: bytes, sample: bytes) -> None:
        self._text = text
        pairs = [text[n : n + 2] for n in range(len(text) - 1)]
        rarest = min(pairs, key=sample[:_SAMPLE].count)
        self._before = text.index(rarest)
        self._pair = int.from_bytes(rarest, "little")

    def places(self, content: bytes) -> Iterator[int]:
        """Give where the text begins, in ascending order."""
        found = []
        for offset in (0, 1):
            pairs = np.frombuffer(content, "<u2", max(len(content) - offset, 0) // 2, min(offset, len(content)))
            for start in range(0, len(pairs), CACHED):  # what fits the cache is compared three times as fast
                same = pairs[start : start + CACHED] == self._pair
                if same.any():
                    found += ((np.flatnonzero(same) + start) * 2 + offset).tolist()
        for place in sorted(found):
            if content.startswith(self._text, place - self._before):
                yield place - self._before


class Marker:
    """Mends stretches of one document.

    Args:
        named: elements whose first child's name matters, with their prefix.
        repeated: elements that may be repeated, with their prefix.
    """

    def __init__(self, named: list[str], repeated: list[str]) -> None:
        self._named = [(name.encode(), _named(name)) for name in named]
        self._repeated = [(name.encode(), _repeated(name)) for name in repeated]
        self._names = [name.encode() for name in (*named, *repeated, *(f"/{name}" for name in repeated))]
        self._known: dict[bytes, tuple[int, bytes]] = {}

    def tags(self, content: bytes) -> Tags:
        """Find the tags that mending looks at."""
        return Tags(content, self._names)

    def mend(self, content: bytes, tags: Tags, start: bytes, end: bytes) -> bytes:
        """Give the bytes that the parser is to read, with a root's tags around them.

        Raises:
            UnusualMarkupError: they cannot be mended without parsing them.
        """
        edits: list[tuple[int, int, bytes]] = []
        for name, pattern in self._named:
            for place, after in tags.places(name):
                written = content[place : after + _CHILD]  # mostly one of a few: known by what is inserted where
                known = self._known.get(written)
                if known is None:
                    known = self._first_child(pattern, content, place)
                    if known[1] and len(known[1]) < _CHILD and len(self._known) < _KNOWN:
                        self._known[written] = known
                if known[1]:
                    at = place + known[0]
                    edits.append((at, at, known[1]))
        for name, pattern in self._repeated:
            edits += _joins(content, tags, pattern, name)
        return _edited(content, sorted(edits), start, end)

    @staticmethod
    def _first_child(pattern: re.Pattern[bytes], content: bytes, place: int) -> tuple[int, bytes]:
        """Give how far behind a tag's beginning what is to be inserted, nothing when it has no child."""
        match = pattern.match(content, place)
        if not match:
            return 0, b""
        if match["odd"]:
            raise UnusualMarkupError("an element whose first child matters has attributes")
        if match["text"].strip():
            raise UnusualMarkupError("text stands where only elements may")
        return match.end("tag") - place, b"<%b>%b</%b>" % (NAME, match["child"], NAME)


def _named(name: str) -> re.Pattern[bytes]:
    return re.compile(
        rf"(?P<tag><{re.escape(name)}(?:>|(?P<odd>\s)))(?(odd)|(?P<text>[^<]*)<(?P<child>[A-Za-z_][\w.-]*)[\s/>])".encode()
    )


def _repeated(name: str) -> re.Pattern[bytes]:
    tag = re.escape(name)
    return re.compile(rf"(?:</{tag}>|(?P<blank><{tag}/>))\s*(?:<{tag}>|(?P<empty><{tag}/>)|(?P<odd><{tag}\s))".encode())


def _joins(content: bytes, tags: Tags, pattern: re.Pattern[bytes], name: bytes) -> Iterator[tuple[int, int, bytes]]:
    for place in tags.repeated(name):
        match = pattern.match(content, place)
        if not match:
            continue
        if match["blank"] or match["odd"]:
            raise UnusualMarkupError("an element that is repeated is written in an unusual way")
        yield match.start(), match.end(), SEPARATOR.encode() + (b"</" + name + b">" if match["empty"] else b"")


def _edited(content: bytes, edits: list[tuple[int, int, bytes]], start: bytes, end: bytes) -> bytes:
    pieces: list[bytes | memoryview] = [start]
    view, done = memoryview(content), 0
    for begin, until, text in edits:
        pieces += (view[done:begin], text)
        done = until
    pieces += (view[done:], end)
    return b"".join(pieces)
