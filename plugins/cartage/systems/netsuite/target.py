"""NetSuite as a target: documents go in, in bulk, so that sending twice is sending once."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from cartage.errors import RetryableError
from cartage.records.document import newest
from cartage.systems.netsuite.reading import Reader
from cartage.systems.netsuite.target_deciding import Desk
from cartage.systems.netsuite.target_documents import Record, records_of
from cartage.systems.netsuite.target_planning import Planner
from cartage.systems.netsuite.target_run import Run
from cartage.systems.netsuite.target_tieout import TieOut
from cartage.systems.netsuite.target_verdicts import superseded
from cartage.systems.netsuite.writing import Writer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cartage.records.batch import Batch
    from cartage.records.outcome import Verdict
    from cartage.seams import Journal, Planned
    from cartage.settings import Settings
    from cartage.systems.netsuite.hook import NetSuiteHook
    from cartage.systems.netsuite.origins import Origins

WAITS = (1.0, 3.0, 8.0)
"""Seconds between passes for records whose documents another task holds: it is often done with them soon."""


class NetSuiteTarget:
    """Writes documents to NetSuite; see `cartage.seams.Target`.

    Args:
        hook: NetSuite's transport; its concurrency is how many requests are under way at a time.
        settings: all run settings.
        integration_name: name of the integration, kept on what is written.
        origins: what leads NetSuite's errors back to the record's columns.
    """

    def __init__(
        self, hook: NetSuiteHook, settings: Settings, integration_name: str, origins: Origins | None = None
    ) -> None:
        self._hook = hook
        self._settings = settings
        self._integration = integration_name
        self._origins = origins

    def write(self, documents: Batch, journal: Journal) -> Iterator[Verdict]:
        """Write all documents; give a verdict for each record once all of its documents are done.

        Raises:
            RetryableError: after everything else was written, when some documents could not be for now.
            BatchError: at once, when nothing could be.
        """
        records, older = newest(records_of(documents))
        yield from map(superseded, older)
        failures: list[RetryableError] = []
        for wait in (*WAITS, None):
            run = self._run(journal)
            yield from run.write(records)
            failures += run.failures
            records = run.busy
            if not records or wait is None:
                break
            time.sleep(wait)
        self._give_up(failures, records)

    def plan(self, documents: Batch) -> Iterator[Planned]:
        """Say what `write` would do, by reading only."""
        with self._pool() as pool:
            reader = Reader(self._hook, pool)
            desk = Desk(self._hook, reader, self._settings, self._integration)
            yield from Planner(desk, reader, pool).plan(documents)

    def _run(self, journal: Journal) -> Run:
        pool = self._pool()
        reader = Reader(self._hook, pool)
        desk = Desk(self._hook, reader, self._settings, self._integration)
        tie_out = TieOut(self._hook, Reader(self._hook), self._settings.orders)
        writer = Writer(self._hook, Reader(self._hook), self._settings, self._origins)
        return Run(self._hook, pool, desk=desk, writer=writer, tie_out=tie_out, journal=journal)

    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self._hook.throttle.concurrency, thread_name_prefix="netsuite")

    @staticmethod
    def _give_up(failures: list[RetryableError], busy: list[Record]) -> None:
        """Raise when some records could not be written for now."""
        if not failures and not busy:
            return
        waits = [each.retry_after for each in failures if each.retry_after is not None]
        reasons = [f"{len(failures)} could not be sent for now ({failures[0]})"] if failures else []
        reasons += [f"{len(busy)} are being written by another task ({busy[0].key})"] if busy else []
        raise RetryableError(f"records left over: {'; '.join(reasons)}", retry_after=max(waits, default=None))
