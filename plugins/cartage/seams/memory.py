"""What the ledger remembers for whoever works out what a target must be told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import pyarrow as pa


@dataclass(frozen=True)
class Told:
    """What the target was last told of records of one kind, as far as the ledger knows.

    Attributes:
        table: columns `key`, `hash`, `value` (text) and `as_of` (UTC), a row a record.
    """

    table: pa.Table


class Memory(Protocol):
    """What the ledger remembers of a flow's records, for who works out what to tell the target."""

    def told(self, keys: Sequence[str] | None = None) -> Told:
        """Give what the target was last told, of these records or of all."""

    def adopt(self, found: pa.Table, run: int) -> None:
        """Note records that the target turned out to have without being told, as if it had been told them.

        What the source does not have of them is then gone like anything else that the target was told of.

        Args:
            found: columns `key`, `hash`, `value` and `as_of`; a record that is known stays as it is.
            run: the run that found them.
        """

    def booked(self, lists: Sequence[str], since: datetime) -> pa.Table:
        """Give the units that the shop sold since, of these inventory lists, as in `cartage.records.booking.BOOKED`.

        Orders that the ERP does not have, or that it got since, are in it however old they are.
        """

    def read_until(self) -> datetime | None:
        """Give the moment up to which all orders that the shop exported are known; None when none ever were.

        It stays where it is while an export lies there that could not be read.
        """

    def asked_until(self) -> datetime | None:
        """Give the moment at which the shop was last asked for its orders; None when it never was."""

    def note_asked(self, lines: pa.Table, at: datetime) -> None:
        """Note what the shop said of orders that were placed or changed since it was last asked.

        Args:
            lines: as in `cartage.records.booking.NOTED`.
            at: when it was asked, before the first answer.
        """
