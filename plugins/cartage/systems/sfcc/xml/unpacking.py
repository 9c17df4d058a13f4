"""From a file on disk to plain bytes: gzip undone, size bounded, a cut-off end told apart from a whole one."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from cartage.errors import CartageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BLOCK = 1_000_000
"""Bytes handed on at a time."""

_GZIP = b"\x1f\x8b"
_UNPACKED = 12
"""How much larger an export is than its gzip file."""


class DocumentRefused(CartageError):  # noqa: N818 - what became of it
    """A document that is not read at all: the message says why and what to do."""


class DocumentDamaged(CartageError):  # noqa: N818 - what became of it
    """A document that ends, or cannot be followed, before its end: what came before it holds."""


def likely_size(path: Path) -> int:
    """Give how many bytes a file has unpacked, of a gzip file about."""
    with path.open("rb") as file:
        packed = file.read(2) == _GZIP
    return path.stat().st_size * (_UNPACKED if packed else 1)


def blocks(path: Path, *, max_megabytes: int) -> Iterator[bytes]:
    """Give the unpacked content of a plain or gzip file, at most `BLOCK` bytes at a time.

    Args:
        path: the file. What it is, is seen from its first bytes; a name that ends in ``.gz`` must be gzip.
        max_megabytes: what it may unpack to. A gzip file is unpacked once beforehand to see that it
            stays below, so that a bomb is refused before any of its records is taken.

    Raises:
        DocumentRefused: it is larger than allowed, or named ``.gz`` and no gzip.
        DocumentDamaged: the gzip stream is cut off or broken; the blocks before were good.
    """
    limit = max_megabytes * 1_000_000
    with path.open("rb") as file:
        packed = file.read(2) == _GZIP
    if not packed:
        if path.suffix == ".gz" and path.stat().st_size:
            raise DocumentRefused("its name ends in .gz, but it is not gzip; name it .xml or pack it again")
        if path.stat().st_size > limit:
            raise _too_large(max_megabytes)
        yield from _plain(path)
        return
    size = 0
    try:
        for block in _gunzip(path):
            size += len(block)
            if size > limit:
                raise _too_large(max_megabytes)
    except DocumentDamaged:
        pass  # told again below, after the blocks that are good
    yield from _gunzip(path)


def _too_large(max_megabytes: int) -> DocumentRefused:
    return DocumentRefused(
        f"it unpacks to more than {max_megabytes} MB; export fewer records at a time, or raise drops.max_megabytes"
    )


def _plain(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield block


def _gunzip(path: Path) -> Iterator[bytes]:
    """Unpack with a bound on every step, which the gzip module does not give, and keep what was good."""
    unpacker = zlib.decompressobj(31)
    with path.open("rb") as file:
        while True:
            packed = unpacker.unconsumed_tail or unpacker.unused_data or file.read(BLOCK // 8)
            if unpacker.eof:
                if not packed.strip(b"\0"):
                    return
                unpacker = zlib.decompressobj(31)  # gzip files may be joined end to end
            if not packed:
                raise DocumentDamaged("the gzip file is cut off; export it again")
            try:
                block = unpacker.decompress(packed, BLOCK)
            except zlib.error as error:
                raise DocumentDamaged(f"the gzip file is broken ({error}); export it again") from error
            if block:
                yield block
