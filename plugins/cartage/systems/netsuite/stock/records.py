"""The stock records of a batch as arrays, while they are added up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cartage.systems.netsuite.stock.units import Ints


@dataclass(frozen=True)
class Records:
    """The records of a batch, by list and then by item.

    Attributes:
        row: row numbers.
        list: the list's number in the plan.
        item: the item's place in the table of items.
        available: units that can be sold, in millionths.
        safety: units to keep back, in millionths.
    """

    row: Ints
    list: Ints
    item: Ints
    available: Ints
    safety: Ints
