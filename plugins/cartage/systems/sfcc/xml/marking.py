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

NAME = b"_first-child"
"""The element that holds the name of a first child."""

CACHED = 1 << 16
"""How many values are looked at together."""

_SAMPLE = 1 << 18
_OPEN = ord("<")
_HEAD = 4
"""Bytes of a tag's name that are compared at once."""


class UnusualMarkupError(Exception):
    """What must be mended is written in a way that only a real parser can follow."""


class Tags:
    """Where tags begin in a piece of a document: those of some elements, and all that belong to none.

    Args:
        content: the piece.
        names: the elements.
    """

    def __init__(self, content: bytes, names: list[bytes]) -> None:
        self._content = content
        values = np.frombuffer(content, np.uint8)
        behind = max(len(content) - _HEAD, 1)  # every four bytes that stand together, as a number each, without a copy
        numbers = np.ndarray((behind,), "<u4", content, 1, (1,)) if len(content) > _HEAD else np.zeros(1, np.uint32)
        wanted = {_head(each) for name in names for each in (name, b"/" + name)} | {_head(b"!"), _head(b"?")}
        places, heads = [np.empty(0, np.int64)], [np.empty(0, np.uint32)]
        for start in range(0, len(values), CACHED):
            place = np.flatnonzero(values[start : start + CACHED] == _OPEN) + start
            head = numbers[np.minimum(place, behind - 1)]
            same = np.zeros(len(place), bool)
            for mask, number in wanted:
                same |= head & mask == number
            places.append(place[same])
            heads.append(head[same])
        self._at, self._heads = np.concatenate(places), np.concatenate(heads)

    def has_declarations(self) -> bool:
        """Tell whether any is a comment, a CDATA section, a declaration or an instruction, or too short to tell."""
        first = self._heads & 0xFF
        return b"<" in self._content[-_HEAD:] or bool(((first == ord("!")) | (first == ord("?"))).any())

    def places(self, name: bytes) -> list[int]:
        """Give where tags begin whose name begins so, in ascending order; an end tag's name begins with a slash."""
        mask, number = _head(name)
        same = self._heads & mask == number
        return [place for place in self._at[same].tolist() if self._content.startswith(name, place + 1)]


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
        self._names = [name.encode() for name in (*named, *repeated)]

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
            for place in tags.places(name):
                match = pattern.match(content, place)
                if match and match["odd"]:
                    raise UnusualMarkupError("an element whose first child matters has attributes")
                if match and match["text"].strip():
                    raise UnusualMarkupError("text stands where only elements may")
                if match:
                    after = match.end("tag")
                    edits.append((after, after, b"<%b>%b</%b>" % (NAME, match["child"], NAME)))
        for name, pattern in self._repeated:
            edits += _joins(content, tags, pattern, name)
        return _edited(content, sorted(edits), start, end)


def _named(name: str) -> re.Pattern[bytes]:
    return re.compile(
        rf"(?P<tag><{re.escape(name)}(?:>|(?P<odd>\s)))(?(odd)|(?P<text>[^<]*)<(?P<child>[A-Za-z_][\w.-]*)[\s/>])".encode()
    )


def _repeated(name: str) -> re.Pattern[bytes]:
    tag = re.escape(name)
    return re.compile(rf"(?:</{tag}>|(?P<blank><{tag}/>))\s*(?:<{tag}>|(?P<empty><{tag}/>)|(?P<odd><{tag}\s))".encode())


def _joins(content: bytes, tags: Tags, pattern: re.Pattern[bytes], name: bytes) -> Iterator[tuple[int, int, bytes]]:
    for place in sorted(tags.places(name) + tags.places(b"/" + name)):
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
