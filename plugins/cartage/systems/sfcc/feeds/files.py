"""Feeds as files: lists and books with their headers, cut by size and count, hashed as they are written."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, cast

import numpy as np

from cartage.systems.sfcc.feeds.texts import content, sizes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    import pyarrow as pa
    from numpy.typing import NDArray

    from cartage.settings.feeds import Feeds
    from cartage.systems.sfcc.feeds.forms import Form
    from cartage.systems.sfcc.feeds.spool import Block

MEGABYTE = 1_000_000
_LEVEL = 6
"""Of gzip. It and the file's own time are fixed, so that the same rows make the same bytes."""


@dataclass(frozen=True)
class Written:
    """A finished file.

    Attributes:
        number: its number within the run, from 1.
        path: where it lies.
        hash: SHA-256 of its bytes, in hex.
        size: its bytes.
        records: how many it holds.
    """

    number: int
    path: Path
    hash: str
    size: int
    records: int


class FeedFiles:
    """Writes lines into as few files as the settings allow.

    Args:
        form: how the feed is built.
        settings: how large a file may be, and whether it is compressed.
        folder: where the files go.
        header: gives a group's header.
    """

    def __init__(self, form: Form, settings: Feeds, folder: Path, header: Callable[[str], str]) -> None:
        self._form = form
        self._settings = settings
        self._folder = folder
        self._header = header
        self._open: _File | None = None
        self.written: list[Written] = []

    def write(self, blocks: Iterable[Block], placed: Callable[[Block, slice, int], None]) -> list[Written]:
        """Write everything.

        Args:
            blocks: the lines, by group.
            placed: told of each block which of its lines went into the file of which number.

        Returns:
            The files, in their order.
        """
        for block in blocks:
            start, ends = 0, np.concatenate([[0], np.cumsum(sizes(block.texts))])
            while start < len(block.texts):
                file = self._file(block.group)
                count = file.room(ends, start)
                if count == 0:
                    self._close()
                    continue
                file.take(block.texts.slice(start, count))
                placed(block, slice(start, start + count), file.number)
                start += count
        self._close()
        return self.written

    def _file(self, group: str) -> _File:
        if self._open is None:
            self._open = _File(self._form, self._settings, self._folder, len(self.written) + 1)
        self._open.turn_to(group, self._header)
        return self._open

    def _close(self) -> None:
        if self._open is not None:
            self.written.append(self._open.close())
            self._open = None


class _File:
    """One file while it is written."""

    def __init__(self, form: Form, settings: Feeds, folder: Path, number: int) -> None:
        self.number = number
        self.records = 0
        self._form = form
        self._most_records = settings.max_records
        self._most_bytes = settings.max_megabytes * MEGABYTE
        self._path = folder / f"{number}.xml"
        self._raw = _Hashing(self._path.open("wb"))
        self._packed: gzip.GzipFile | None = None
        if settings.gzip:
            self._packed = gzip.GzipFile("", "wb", _LEVEL, cast("IO[bytes]", self._raw), mtime=0)
        self._out = self._packed or self._raw
        self._group: str | None = None
        self._bytes = 0
        self._put(f'<?xml version="1.0" encoding="UTF-8"?>\n<{form.root} xmlns="{form.namespace}">\n')

    def turn_to(self, group: str, header: Callable[[str], str]) -> None:
        """Close the group before and open this one, unless it is open."""
        if group != self._group:
            self._end_group()
            self._put(f"<{self._form.group}>\n{header(group)}<{self._form.items}>\n")
            self._group = group

    def room(self, ends: NDArray[np.int64], start: int) -> int:
        """Say how many lines from `start` on still fit; a line that is larger than a file has one of its own."""
        left = self._most_bytes - self._bytes - len(self._end())
        fits = int(np.searchsorted(ends, ends[start] + left, side="right")) - 1 - start
        fits = min(max(fits, 0), self._most_records - self.records)
        return 1 if fits == 0 and self.records == 0 else fits

    def take(self, lines: pa.Array) -> None:
        """Write lines of the group that is open."""
        whole = content(lines)
        self._out.write(whole)
        self._bytes += len(whole)
        self.records += len(lines)

    def close(self) -> Written:
        """Write the file to its end."""
        self._end_group()
        self._put(f"</{self._form.root}>\n")
        if self._packed is not None:
            self._packed.close()
        self._raw.close()
        return Written(self.number, self._path, self._raw.digest.hexdigest(), self._raw.size, self.records)

    def _end(self) -> str:
        return f"</{self._form.items}>\n</{self._form.group}>\n</{self._form.root}>\n"

    def _end_group(self) -> None:
        if self._group is not None:
            self._put(f"</{self._form.items}>\n</{self._form.group}>\n")

    def _put(self, text: str) -> None:
        self._bytes += self._out.write(text.encode())


class _Hashing:
    """Passes bytes on, counts and hashes them."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()
        self.size = 0

    def write(self, content: Any) -> int:
        """Write."""
        self.digest.update(content)
        self.size += len(content)
        return self._file.write(content)

    def flush(self) -> None:
        """Bring what is written to the file."""
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()
