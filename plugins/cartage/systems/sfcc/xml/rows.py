"""What both readers find: texts by row, before they have types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from cartage.mapping.source import Element

    Index = NDArray[np.int64]

SEPARATOR = "\x1f"
"""Stands between the texts of an element that is repeated; XML itself cannot hold it."""

WHITE = " \t\r\n"
"""XML's own white space. A no-break space is text."""


@dataclass
class Rows:
    """The rows that one kind of element gave, in the document's order.

    Attributes:
        record: for each row, its record's place in the stretch, from 0, ascending.
        around: for each row, the row of the element around it; for the record itself its own number.
        texts: by path, each row's text, trimmed; a path that no row has text for may be missing.
    """

    record: Index
    around: Index
    texts: dict[str, pa.Array]

    def __len__(self) -> int:
        """Give how many rows there are."""
        return len(self.record)


Found = dict["Element", Rows]
"""Rows by element; an element without rows is missing. The record's element is always there."""


def ordinals(around: Index) -> Index:
    """Count rows that have the same row around them, from 0; `around` is ascending.

    >>> ordinals(np.array([0, 0, 2, 2, 2])).tolist()
    [0, 1, 0, 1, 2]
    """
    rows = np.arange(len(around))
    starts = np.searchsorted(around, around, side="left")
    return (rows - starts).astype(np.int64)
