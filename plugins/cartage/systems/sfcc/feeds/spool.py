"""Lines that wait on disk for their place in a feed.

Batches come in the order of the source, but a list's header may stand only once in a file, above all of its records. So
every line is written down as it comes, and only where it lies is kept in memory: a few bytes a record.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cartage.systems.sfcc.feeds.texts import content, sizes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

    from numpy.typing import NDArray

    from cartage.systems.sfcc.feeds.rendering import Lines

_BLOCK = 1 << 20
_KEPT = pa.schema([("record", pa.int64()), ("key", pa.string()), ("new", pa.bool_())])


@dataclass(frozen=True)
class Stretch:
    """Lines of one group that came in one batch, by sku.

    Attributes:
        group: list or book.
        first: sku of the first.
        last: sku of the last.
        batch: number of the batch, from 0.
        start: place of the first line in its batch.
        offset: where it begins on disk.
        sizes: bytes of each line.
    """

    group: str
    first: str
    last: str
    batch: int
    start: int
    offset: int
    sizes: NDArray[np.int32]


class Spool:
    """Lines on disk, and what a verdict needs of each.

    Args:
        folder: an existing folder that nobody else uses.
    """

    def __init__(self, folder: Path) -> None:
        self._lines = (folder / "lines").open("w+b")
        self._path = folder / "rows.arrow"
        self._rows = pa.ipc.new_stream(str(self._path), _KEPT)
        self._offset = 0
        self._batches = 0
        self._stretches: list[Stretch] = []

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of the files."""
        self._rows.close()
        self._lines.close()

    def add(self, lines: Lines) -> None:
        """Take a batch's lines, which stand by group and sku."""
        if not len(lines.rows):
            return
        lengths = sizes(lines.texts).astype(np.int32)
        ends = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
        groups = lines.rows["group"].combine_chunks().dictionary_encode()
        skus = lines.rows["sku"]
        places = groups.indices.to_numpy()
        starts = [0, *(np.flatnonzero(np.diff(places)) + 1).tolist()]
        for start, stop in zip(starts, [*starts[1:], len(places)], strict=True):
            self._stretches.append(
                Stretch(
                    groups[start].as_py(), skus[start].as_py(), skus[stop - 1].as_py(), self._batches, start,
                    self._offset + int(ends[start]), lengths[start:stop],
                )
            )  # fmt: skip
        self._lines.write(content(lines.texts))
        self._offset += int(ends[-1])
        kept = [lines.rows["record"], lines.rows["key"], pc.is_null(lines.rows["before"])]
        self._rows.write_table(pa.Table.from_arrays(kept, schema=_KEPT), max_chunksize=len(places))
        self._batches += 1

    def stretches(self) -> list[Stretch]:
        """Give all lines, by group; within it by sku, as long as no two batches of it overlap."""
        return sorted(self._stretches, key=lambda each: (each.group, each.first, each.batch))

    def copy(self, offset: int, size: int) -> Iterator[bytes]:
        """Give the bytes of some lines, a block at a time."""
        self._lines.seek(offset)
        while size:
            block = self._lines.read(min(size, _BLOCK))
            size -= len(block)
            yield block

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Give `record`, `key` and `new` (never told before) of each batch's lines, in order; nothing can be added then."""
        self._rows.close()
        if not self._batches:
            return
        with pa.OSFile(str(self._path)) as file, pa.ipc.open_stream(file) as reader:
            yield from reader
