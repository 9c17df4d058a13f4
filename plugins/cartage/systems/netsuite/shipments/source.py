"""Fulfilments of NetSuite as a source: orders of the shop that changed in a window, each read whole."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cartage.seams import Read
from cartage.systems.netsuite.shipments.assemble import Assembler
from cartage.systems.netsuite.shipments.clock import Clock
from cartage.systems.netsuite.shipments.reading import OrderReader

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cartage.records.outcome import Verdict
    from cartage.settings import Settings
    from cartage.systems.netsuite.hook import NetSuiteHook
    from cartage.windows import Selection, Window

MOST = 180
"""Batches that a run may have; they grow beyond the setting when there would be more."""


class ShipmentSource:
    """Reads how far orders of the shop are shipped; see `cartage.seams.Source`.

    Args:
        hook: NetSuite's transport.
        settings: all run settings.
        integration: name of the integration, as it stands on what we wrote.
        start_at: where history begins for a flow that never ran.
    """

    def __init__(self, hook: NetSuiteHook, settings: Settings, integration: str, start_at: datetime) -> None:
        self._settings = settings
        self._start_at = start_at
        self._clock = Clock(settings.erp_zone)
        self._now = datetime.now(UTC)
        zones = {name: site.timezone for name, site in settings.sites.items()}
        self._assembler = Assembler(settings.shipments.counts_as_shipped, zones)
        self._orders = OrderReader(hook, settings, integration, lambda text: self._clock.moment(text, self._now))

    def read(self, window: Window, selection: Selection) -> Iterator[Read]:
        """Give the orders that changed in the window, themselves or by a fulfilment, by site and number.

        Orders of which nothing was shipped and nothing closed are left out: there is nothing to tell of them.

        Args:
            window: of last modification in NetSuite; its beginning is moved back by the overlap.
            selection: with keys, these orders are read, whenever they changed and however far they are.

        Raises:
            RetryableError: NetSuite does not answer for now.
            BatchError: NetSuite refuses the query.
        """
        self._now = datetime.now(UTC)
        if selection.keys:
            names = self._orders.numbered(selection.keys)
        else:
            overlap = timedelta(minutes=self._settings.overlap_minutes)
            names = self._orders.changed(*self._clock.stretch(window, overlap, self._start_at))
        size = max(self._settings.batch_records, -(-len(names) // MOST))
        row = 0
        for first in range(0, len(names), size):
            orders = self._orders.read(names[first : first + size])
            told = [each for each in orders if selection.keys or self._assembler.telling(each)]
            if told:
                yield Read(self._assembler.batch(told, row))
                row += len(told)

    def acknowledge(self, verdicts: Iterable[Verdict]) -> None:
        """Do nothing: NetSuite need not know what the shop was told; the ledger does."""
