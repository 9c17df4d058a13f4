"""What the shop was last told, looked up for a batch at a time."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from cartage.seams import Memory

FEW = 20_000
"""Records of a run up to which the ledger is asked for each batch's alone, and not for all at once."""


class LastTold:
    """Gives what the shop was last told of a batch's records, in the order of the batch.

    Args:
        memory: the ledger's.
        records: how many records the run has.
    """

    def __init__(self, memory: Memory, records: int) -> None:
        self._memory = memory
        self._all = memory.told().table.sort_by("key").combine_chunks() if records > FEW else None

    def of(self, keys: pa.ChunkedArray) -> pa.Table:
        """Give columns `hash`, `value` and `as_of`, a row a key; null where the shop was never told."""
        told = self._memory.told(keys.to_pylist()).table if self._all is None else self._between(keys)
        at = pc.index_in(keys, value_set=told["key"].combine_chunks())
        return told.select(["hash", "value", "as_of"]).take(at)

    def _between(self, keys: pa.ChunkedArray) -> pa.Table:
        """Give the stretch of all that is told in which a batch's keys lie: to look them up in all costs too much."""
        assert self._all is not None
        told = self._all["key"]
        ends = pc.min_max(keys)
        first = bisect_left(_Texts(told), ends["min"].as_py() or "")
        return self._all.slice(first, bisect_right(_Texts(told), ends["max"].as_py() or "") - first)


class _Texts:
    """A sorted column as `bisect` wants it."""

    def __init__(self, column: pa.ChunkedArray) -> None:
        self._column = column

    def __len__(self) -> int:
        return len(self._column)

    def __getitem__(self, index: int) -> str:
        return str(self._column[index].as_py())
