"""Child rows beside their parents: the tiers of prices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def below(rows: pa.Table, tiers: pa.Table) -> tuple[pa.Table, NDArray[np.int64]]:
    """Give tiers in the order of the rows that they belong to, by quantity, and the place of each one's row.

    Args:
        rows: with a column `record`.
        tiers: with columns `record` and `quantity`; those of no row are left out.
    """
    at = pc.index_in(tiers["record"], value_set=whole(rows, "record"))
    placed = tiers.append_column("row", at.cast(pa.int64())).filter(pc.is_valid(at))
    placed = placed.sort_by([("row", "ascending"), ("quantity", "ascending")]).combine_chunks()
    return placed, placed["row"].to_numpy()


def whole(table: pa.Table, name: str) -> pa.Array:
    """Give a column as one array."""
    column = table[name]
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
