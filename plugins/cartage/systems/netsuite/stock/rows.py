"""Quantities by item and location, and the joins that add them up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cartage.systems.netsuite.stock.units import millionths

if TYPE_CHECKING:
    import pyarrow as pa

    from cartage.systems.netsuite.stock.units import Flags, Ints


@dataclass(frozen=True)
class Rows:
    """Quantities by item and location, in millionths; `null` where nothing was ever counted."""

    item: Ints
    location: Ints
    available: Ints
    on_hand: Ints
    null: Flags

    @classmethod
    def of(cls, levels: pa.Table) -> Rows:
        """Take the columns of a table of `LEVELS`."""
        available, null = millionths(levels["available"])
        on_hand, _ = millionths(levels["on_hand"])
        return cls(levels["item"].to_numpy(), levels["location"].to_numpy(), available, on_hand, null)

    @classmethod
    def none(cls) -> Rows:
        """Give no rows."""
        empty = np.zeros(0, np.int64)
        return cls(empty, empty, empty, empty, np.zeros(0, np.bool_))

    def take(self, places: Ints) -> Rows:
        """Keep the rows at these places."""
        return Rows(*(column[places] for column in vars(self).values()))

    def and_(self, other: Rows) -> Rows:
        """Give the rows of both."""
        return Rows(*(np.concatenate(both) for both in zip(vars(self).values(), vars(other).values(), strict=True)))


def find(known: Ints, wanted: Ints) -> tuple[Ints, Flags]:
    """Give the place of each wanted value among known ones, ascending, and whether it is there at all."""
    if not len(known):
        return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), np.bool_)
    at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    return at, known[at] == wanted


def pairs(left: Ints, right: Ints) -> tuple[Ints, Ints]:
    """Give the places of all pairs of equal values, those of each left value together."""
    order = np.argsort(right, kind="stable")
    values = right[order]
    first, behind = np.searchsorted(values, left, "left"), np.searchsorted(values, left, "right")
    counts = behind - first
    at = np.repeat(np.arange(len(left)), counts)
    within = np.arange(len(at)) - np.repeat(np.cumsum(counts) - counts, counts)
    return at, order[np.repeat(first, counts) + within]


def starts_of(*columns: Ints) -> Ints:
    """Give where a new combination of values begins in sorted columns."""
    if not len(columns[0]):
        return np.zeros(0, np.int64)
    changes = np.any([each[1:] != each[:-1] for each in columns], axis=0)
    return np.concatenate([[0], np.flatnonzero(changes) + 1])
