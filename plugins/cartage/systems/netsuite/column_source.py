"""What sources that read whole columns by SuiteQL have in common: stock and prices."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cartage.systems.netsuite.columnar import ColumnReader

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cartage.records.outcome import Verdict
    from cartage.seams import Memory
    from cartage.settings import Settings
    from cartage.systems.netsuite.hook import NetSuiteHook


class ColumnSource:
    """A source over SuiteQL.

    Args:
        hook: NetSuite's transport.
        settings: all run settings.
        memory: what the ledger remembers of this flow; without it nothing that is gone can be found.
        concurrency: requests at a time.
    """

    def __init__(
        self, hook: NetSuiteHook, settings: Settings, memory: Memory | None = None, *, concurrency: int = 1
    ) -> None:
        self._hook = hook
        self._settings = settings
        self._memory = memory
        self._concurrency = concurrency

    def acknowledge(self, verdicts: Iterable[Verdict]) -> None:
        """Do nothing: NetSuite needs not know."""

    @contextmanager
    def _columns(self) -> Iterator[ColumnReader]:
        """Give what reads queries, several at a time where it may."""
        if self._concurrency == 1:
            yield ColumnReader(self._hook, None)
            return
        with ThreadPoolExecutor(self._concurrency) as executor:
            yield ColumnReader(self._hook, executor)
