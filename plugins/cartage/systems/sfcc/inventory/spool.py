"""Batches that are gone through twice, though they are given only once."""

from __future__ import annotations

import tempfile
from typing import IO, TYPE_CHECKING, Self

import pyarrow as pa

from cartage.records.stock import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import TracebackType

    from cartage.records.batch import Batch

KEPT = ("stock",)
"""Tables that are needed again; all others are used up the first time."""


class Spool:
    """Keeps batches of stock in a file, so that a million records take no memory while the last one is waited for.

    Use it as a context manager: the file goes with it.
    """

    def __init__(self) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove the file."""
        self._file.close()

    def keep(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        """Give the batches on, each once it is kept."""
        for batch in batches:
            with pa.ipc.new_stream(self._file, TABLES[KEPT[0]]) as writer:
                writer.write_table(batch.root.cast(TABLES[KEPT[0]]))
            yield batch

    def roots(self) -> Iterator[pa.Table]:
        """Give the root tables of all kept batches, in their order."""
        end = self._file.tell()
        self._file.seek(0)
        while self._file.tell() < end:
            with pa.ipc.open_stream(self._file) as reader:
                yield reader.read_all()
