"""What the ledger remembers of a flow's records, for who works out what to tell the target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartage.ledger.told import adopt, known_values
from cartage.seams import Told

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import pyarrow as pa

    from cartage.ledger.bookings import Bookings
    from cartage.ledger.engine import Database

ORDERS = "orders"
"""The flow of the shop's orders: how far it has read says how far its sales are known."""


class LedgerMemory:
    """The `Memory` of the seams.

    Args:
        database: the ledger's.
        bookings: what the shop sold.
        integration: whose records.
        flow: of which flow.
        record: of which kind.
    """

    def __init__(self, database: Database, bookings: Bookings, integration: str, flow: str, record: str) -> None:
        self._database = database
        self._bookings = bookings
        self._integration = integration
        self._flow = flow
        self._record = record
        self._all: Told | None = None

    def told(self, keys: Sequence[str] | None = None) -> Told:
        """Give what the target was last told, of these records or of all; all are asked for once."""
        if keys is not None:
            return Told(known_values(self._database, self._integration, self._record, keys))
        if self._all is None:
            self._all = Told(known_values(self._database, self._integration, self._record))
        return self._all

    def adopt(self, found: pa.Table, run: int) -> None:
        """Note records that the target turned out to have without being told; see `told.adopt`."""
        adopt(self._database, self._integration, self._record, found, run)
        self._all = None

    def booked(self, lists: Sequence[str], since: datetime) -> pa.Table:
        """Give the units that the shop sold since, of these inventory lists; see `Bookings.booked`."""
        return self._bookings.booked(self._integration, lists, since)

    def read_until(self) -> datetime | None:
        """Give the moment up to which all orders that the shop exported are known; None when none ever were."""
        return self._bookings.read_until(self._integration, ORDERS)

    def asked_until(self) -> datetime | None:
        """Give the moment at which the shop was last asked for its orders; None when it never was."""
        return self._bookings.read_until(self._integration, self._flow)

    def note_asked(self, lines: pa.Table, at: datetime) -> None:
        """Note what the shop said of its orders; first what, then when, so that a crash in between asks again."""
        self._bookings.note(self._integration, lines)
        self._bookings.note_read(self._integration, self._flow, at)
