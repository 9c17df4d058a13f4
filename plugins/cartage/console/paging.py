"""Pages of long lists: by the last row seen rather than by a number of rows to skip.

A database finds the rows after a known one by an index, and skips a million only by reading them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Item = TypeVar("Item")

ROWS = 50
"""Rows a page."""


@dataclass(frozen=True)
class Slice(Generic[Item]):
    """Some rows of a long list.

    Attributes:
        rows: the rows to show.
        following: the place of the last row, to ask for those after it; None at the list's end.
    """

    rows: tuple[Item, ...]
    following: str | None


def cut(found: Sequence[Item], place: Callable[[Item], object], size: int = ROWS) -> Slice[Item]:
    """Make a page of rows that were asked for with one more than fits.

    Args:
        found: up to `size` + 1 rows.
        place: gives what the next page continues from.
        size: rows a page.
    """
    rows = tuple(found[:size])
    return Slice(rows, str(place(rows[-1])) if len(found) > size else None)
