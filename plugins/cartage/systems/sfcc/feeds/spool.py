"""Lines that wait on disk for their place in a feed.

Batches come in the order of the source, but a list's header may stand only once in a file, above all of its records,
and these in the order of their skus. So every line is written down as it comes, and only its sku and its length are
kept in memory. At the end the lines of a list are merged: those of one batch are in order already, so that a
stretch of the result is some stretch of each batch, read in one piece.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cartage.systems.sfcc.feeds.children import whole
from cartage.systems.sfcc.feeds.texts import content, sizes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

    from numpy.typing import NDArray

    from cartage.systems.sfcc.feeds.rendering import Lines

MERGED = 20_000
"""Lines that are merged at a time."""

_KEPT = pa.schema([("record", pa.int64()), ("key", pa.string()), ("new", pa.bool_()), ("drift", pa.string())])


@dataclass(frozen=True)
class Block:
    """Lines of one list or book, in order.

    Attributes:
        group: list or book.
        texts: the lines.
        batches: number of the batch that each came in, from 0.
        rows: its place there.
    """

    group: str
    texts: pa.Array
    batches: NDArray[np.int32]
    rows: NDArray[np.int32]


@dataclass(frozen=True)
class _Stretch:
    """Lines of one group that came in one batch, by sku.

    Attributes:
        batch: number of the batch.
        start: place of the first line in its batch.
        offset: where it begins on disk.
        sizes: bytes of each line.
        skus: sku of each.
    """

    batch: int
    start: int
    offset: int
    sizes: NDArray[np.int32]
    skus: pa.Array


class Spool:
    """Lines on disk, and what a verdict needs of each.

    Args:
        folder: an existing folder that nobody else uses.
    """

    def __init__(self, folder: Path) -> None:
        self._lines = (folder / "lines").open("w+b", buffering=0)
        self._path = folder / "rows.arrow"
        self._rows = pa.ipc.new_stream(str(self._path), _KEPT)
        self._offset = 0
        self._batches = 0
        self._groups: dict[str, list[_Stretch]] = {}

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
        lengths = sizes(lines.texts).astype(np.int32)
        ends = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
        groups, skus = whole(lines.rows, "group").dictionary_encode(), whole(lines.rows, "sku")
        places = groups.indices.to_numpy()
        starts = [0, *(np.flatnonzero(np.diff(places)) + 1).tolist()]
        for start, stop in zip(starts, [*starts[1:], len(places)], strict=True):
            own = pa.concat_arrays([skus.slice(start, stop - start)])  # a copy, so that the batch can go
            stretch = _Stretch(self._batches, start, self._offset + int(ends[start]), lengths[start:stop], own)
            self._groups.setdefault(groups[start].as_py(), []).append(stretch)
        left = content(lines.texts)
        while left:
            left = left[self._lines.write(left) :]
        self._offset += int(ends[-1])
        new = pc.and_(pc.is_null(lines.rows["before"]), pc.is_null(lines.rows["drift"]))
        kept = [lines.rows["record"], lines.rows["key"], new, lines.rows["drift"]]
        self._rows.write_table(pa.Table.from_arrays(kept, schema=_KEPT), max_chunksize=len(places))
        self._batches += 1

    def blocks(self) -> Iterator[Block]:
        """Give all lines, by group and sku; of the same sku in the order in which they came."""
        for group in sorted(self._groups):
            yield from self._merged(group, self._groups[group])

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Give `record`, `key`, `new` (never told before) and `drift` of each batch's lines, in order.

        Nothing can be added then.
        """
        self._rows.close()
        if self._batches:
            with pa.OSFile(str(self._path)) as file, pa.ipc.open_stream(file) as reader:
                yield from reader

    def _merged(self, group: str, stretches: list[_Stretch]) -> Iterator[Block]:
        """Merge the lines of a group, some at a time."""
        stretches = sorted(stretches, key=lambda each: (each.skus[0].as_py(), each.batch))
        order = _order(pa.concat_arrays([each.skus for each in stretches]))
        firsts = np.concatenate([[0], np.cumsum([len(each.sizes) for each in stretches])])
        lengths = np.concatenate([each.sizes for each in stretches])
        ends = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
        starts = np.array([each.start for each in stretches])
        numbers = np.array([each.batch for each in stretches], np.int32)
        for start in range(0, len(order), MERGED):
            wanted = order[start : start + MERGED]
            found = np.sort(wanted)
            owners = np.searchsorted(firsts, found, side="right") - 1
            parts = []
            # A stretch is in order itself, so what is wanted of it stands in one piece.
            for owner, at in zip(*np.unique(owners, return_index=True), strict=True):
                last = np.searchsorted(owners, owner, side="right") - 1
                begin, end = int(ends[found[at]]), int(ends[found[last] + 1])
                parts.append(self._read(stretches[owner].offset + begin - int(ends[firsts[owner]]), end - begin))
            texts = _texts(b"".join(parts), lengths[found])
            if not np.array_equal(found, wanted):
                texts = texts.take(pa.array(np.searchsorted(found, wanted)))
            of = np.searchsorted(firsts, wanted, side="right") - 1
            yield Block(group, texts, numbers[of], (wanted - firsts[of] + starts[of]).astype(np.int32))

    def _read(self, offset: int, size: int) -> bytes:
        content = os.pread(self._lines.fileno(), size, offset)
        while len(content) < size:
            content += os.pread(self._lines.fileno(), size - len(content), offset + len(content))
        return content


def _order(skus: pa.Array) -> NDArray[np.int64]:
    """Give the places of skus in their order; most groups have it already."""
    if len(skus) < 2 or pc.all(pc.less_equal(skus.slice(0, len(skus) - 1), skus.slice(1))).as_py():
        return np.arange(len(skus))
    order: NDArray[np.int64] = pc.sort_indices(skus).to_numpy().astype(np.int64)
    return order


def _texts(content: bytes, lengths: NDArray[np.int32]) -> pa.Array:
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    return pa.StringArray.from_buffers(len(lengths), pa.py_buffer(offsets), pa.py_buffer(content))
