"""What the shop was last told, found for all records of a run at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cartage.seams import Memory

FEW = 20_000
"""Records of a run up to which the ledger is asked for these alone, and not for all it was ever told."""


class LastTold:
    """Gives what the shop was last told of a run's records, a stretch of them at a time.

    They are looked up together: to look some thousands up in a million costs nearly as much as to look up all.

    Args:
        memory: the ledger's.
        keys: of the records, in their order.
    """

    def __init__(self, memory: Memory, keys: Sequence[pa.ChunkedArray]) -> None:
        wanted = pa.chunked_array([chunk for each in keys for chunk in each.chunks], pa.string())
        told = memory.told(wanted.to_pylist() if len(wanted) <= FEW else None).table
        told = told.combine_chunks()  # what came in many pieces is slow to take from
        self._told = told.select(["hash", "value", "as_of"])
        self._at = pc.index_in(wanted, value_set=told["key"].combine_chunks())

    def of(self, start: int, count: int) -> pa.Table:
        """Give columns `hash`, `value` and `as_of` of some records, null where the shop was never told.

        Args:
            start: place of the first record.
            count: how many.
        """
        return self._told.take(self._at.slice(start, count)).combine_chunks()
