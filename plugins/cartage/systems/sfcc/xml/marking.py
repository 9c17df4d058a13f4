"""Mending a stretch's bytes for the parser, at the speed of memory.

Two things are lost on xml2arrow: which element is there when it is empty, and that an element is
repeated. Both can be told in the bytes: the name of a first child is written before it as an
element, and texts of an element that is repeated are joined into one.

Searching a stretch for a tag with `bytes.find` or `re` costs as much as parsing it. Comparing all
pairs of neighbouring bytes at once, for the pair of the tag that is rarest in the document, costs a
quarter of that; what is found is then looked at one by one.
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


class UnusualMarkupError(Exception):
    """What must be mended is written in a way that only a real parser can follow."""


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
        sample: a piece of the document.
    """

    def __init__(self, named: list[str], repeated: list[str], sample: bytes) -> None:
        self._named = [(Needle(f"<{name}".encode(), sample), _named(name)) for name in named]
        self._repeated = [(Needle(f"{name}".encode(), sample), _repeated(name), name) for name in repeated]

    def mend(self, content: bytes, start: bytes, end: bytes) -> bytes:
        """Give the bytes that the parser is to read, with a root's tags around them.

        Raises:
            UnusualMarkupError: they cannot be mended without parsing them.
        """
        edits: list[tuple[int, int, bytes]] = []
        for needle, pattern in self._named:
            for place in needle.places(content):
                match = pattern.match(content, place)
                if match and match["odd"]:
                    raise UnusualMarkupError("an element whose first child matters has attributes")
                if match and match["text"].strip():
                    raise UnusualMarkupError("text stands where only elements may")
                if match:
                    after = match.end("tag")
                    edits.append((after, after, b"<%b>%b</%b>" % (NAME, match["child"], NAME)))
        for needle, pattern, name in self._repeated:
            edits += _joins(content, needle, pattern, f"{name}>".encode())
        return _edited(content, sorted(edits), start, end)


def _named(name: str) -> re.Pattern[bytes]:
    return re.compile(
        rf"(?P<tag><{re.escape(name)}(?:>|(?P<odd>\s)))(?(odd)|(?P<text>[^<]*)<(?P<child>[A-Za-z_][\w.-]*)[\s/>])".encode()
    )


def _repeated(name: str) -> re.Pattern[bytes]:
    tag = re.escape(name)
    return re.compile(rf"(?:</{tag}>|(?P<blank><{tag}/>))\s*(?:<{tag}>|(?P<empty><{tag}/>)|(?P<odd><{tag}\s))".encode())


def _joins(content: bytes, needle: Needle, pattern: re.Pattern[bytes], end: bytes) -> Iterator[tuple[int, int, bytes]]:
    for place in needle.places(content):
        begin = place - 2 if content.startswith(b"/", place - 1) else place - 1
        match = pattern.match(content, max(begin, 0))
        if not match:
            continue
        if match["blank"] or match["odd"]:
            raise UnusualMarkupError("an element that is repeated is written in an unusual way")
        yield match.start(), match.end(), SEPARATOR.encode() + (b"</" + end if match["empty"] else b"")


def _edited(content: bytes, edits: list[tuple[int, int, bytes]], start: bytes, end: bytes) -> bytes:
    pieces: list[bytes | memoryview] = [start]
    view, done = memoryview(content), 0
    for begin, until, text in edits:
        pieces += (view[done:begin], text)
        done = until
    pieces += (view[done:], end)
    return b"".join(pieces)
