"""Batches of even size out of stretches of any size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from cartage.records.batch import KINDS, Batch
from cartage.seams import Read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MOST = 200
"""Batches that a run may have: Airflow maps a task over each, 1,024 at most, and each costs about a second."""

_AIM = 180


class Batcher:
    """Gathers what was read and gives it on, a batch at a time, in the same order.

    Args:
        record: kind of record.
        records: records of a batch; it grows so that a run has at most `MOST` batches.
        size: bytes that the run reads in all, as far as known; 0 when it is not.
    """

    def __init__(self, record: str, records: int, size: int = 0) -> None:
        self._kind = KINDS[record]
        self._record = record
        self._records = records
        self._size = size
        self._seen = 0
        self._given = 0
        self._given_records = 0
        self._waiting: list[Read] = []

    def add(self, read: Read, size: int) -> Iterator[Read]:
        """Add a stretch, made of `size` bytes, and give the batches that are full by now."""
        self._waiting.append(read)
        self._seen += size
        while self._count() >= (wanted := self._wanted()):
            yield self._take(wanted)

    def rest(self) -> Iterator[Read]:
        """Give what is left."""
        while self._count():
            yield self._take(self._wanted())

    def _count(self) -> int:
        return sum(len(each.batch) + len(each.verdicts) for each in self._waiting)

    def _wanted(self) -> int:
        """Give how many records the next batch has."""
        if not self._size:  # doubled now and then: 1,240 times the setting fit into 200 batches
            return self._records << (self._given * 5 // MOST)
        records = self._count() + self._given_records
        coming = self._count() + max(self._size - self._seen, 0) * records / (self._seen or 1)
        return max(self._records, int(np.ceil(coming / max(_AIM - self._given, 1))))

    def _take(self, wanted: int) -> Read:
        """Take the first `wanted` records, readable or not, off what waits."""
        taken: list[Read] = []
        missing = wanted
        while missing and self._waiting:
            first = self._waiting.pop(0)
            count = len(first.batch) + len(first.verdicts)
            if count > missing:
                first, after = self._split(first, missing)
                self._waiting.insert(0, after)
                count = missing
            taken.append(first)
            missing -= count
        self._given += 1
        self._given_records += wanted - missing
        return self._joined(taken)

    def _split(self, read: Read, count: int) -> tuple[Read, Read]:
        """Split by row number; rows of every table are sorted by it."""
        link = self._kind.LINK
        rows = np.concatenate([read.batch.root[link].to_numpy(), [each.row for each in read.verdicts]])
        border = int(np.sort(rows)[count])
        before, after = {}, {}
        for name, table in read.batch.tables.items():
            at = int(np.searchsorted(table[link].to_numpy(), border))
            before[name], after[name] = table.slice(0, at), table.slice(at)
        return (
            self._part(read, before, lambda row: row < border),
            self._part(read, after, lambda row: row >= border),
        )

    def _part(self, read: Read, tables: dict[str, pa.Table], wanted: Callable[[int], bool]) -> Read:
        verdicts = tuple(each for each in read.verdicts if wanted(each.row))
        originals = {row: content for row, content in read.originals.items() if wanted(row)}
        return Read(Batch(self._record, tables), verdicts, originals)

    def _joined(self, reads: list[Read]) -> Read:
        if len(reads) == 1:
            return reads[0]
        tables = {name: pa.concat_tables([each.batch.tables[name] for each in reads]) for name in self._kind.TABLES}
        verdicts = tuple(verdict for each in reads for verdict in each.verdicts)
        originals = {row: content for each in reads for row, content in each.originals.items()}
        return Read(Batch(self._record, tables), verdicts, originals)
