"""What sources that read whole columns by SuiteQL have in common: stock and prices."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from cartage.errors import Complaint
from cartage.records.outcome import Outcome, Verdict
from cartage.systems.netsuite.columnar import ColumnReader

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cartage.records.batch import Batch
    from cartage.seams import Memory
    from cartage.settings import Settings
    from cartage.systems.netsuite.hook import NetSuiteHook

log = logging.getLogger(__name__)


class ColumnSource:
    """A source over SuiteQL.

    Args:
        hook: NetSuite's transport.
        settings: all run settings.
        memory: what the ledger remembers of this flow; without it nothing that is gone can be found.
        concurrency: requests at a time.
        notes: what a person should know of the run as a whole; it grows.
    """

    def __init__(
        self,
        hook: NetSuiteHook,
        settings: Settings,
        memory: Memory | None = None,
        *,
        concurrency: int = 1,
        notes: list[str] | None = None,
    ) -> None:
        self._hook = hook
        self._settings = settings
        self._memory = memory
        self._concurrency = concurrency
        self._notes = [] if notes is None else notes

    def _note(self, says: str) -> None:
        """Say what is left out as a whole, in the log and to who looks at runs."""
        log.warning(says)
        self._notes.append(says)

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


class Given:
    """What one reading has given so far: how many rows, and of which keys.

    Attributes:
        rows: how many; the number of the next one.
    """

    def __init__(self) -> None:
        self.rows = 0
        self._keys: list[pa.Array] = []

    @property
    def keys(self) -> pa.Array:
        """Keys that records or verdicts were given of."""
        return pa.concat_arrays(self._keys) if self._keys else pa.array([], pa.string())

    def left_of(self, told: pa.Array) -> pa.Array:
        """Give the keys that the shop was told of and that were not given."""
        return told.filter(pc.invert(pc.is_in(told, value_set=self.keys)))

    def count(self, batch: Batch) -> Batch:
        """Count the records of a batch, whose rows begin at `rows`, and give it."""
        self.rows += len(batch)
        self._keys.append(batch.root["key"].combine_chunks())
        return batch

    def refuse(self, named: Iterable[tuple[str, Complaint]]) -> tuple[Verdict, ...]:
        """Quarantine what has these keys, each for its reason."""
        some = list(named)
        verdicts = tuple(
            Verdict(row, key, Outcome.QUARANTINED, (complaint,)) for row, (key, complaint) in enumerate(some, self.rows)
        )
        self.rows += len(some)
        self._keys.append(pa.array([key for key, _ in some], pa.string()))
        return verdicts


def shared_skus(items: pa.Table) -> pa.Array:
    """Give the skus that several items have."""
    counts = items["sku"].value_counts().to_pylist()
    return pa.array([each["values"] for each in counts if each["counts"] > 1], pa.string())


def two_items(settings: Settings) -> Complaint:
    """Say what is wrong with a sku that several items have."""
    return Complaint(
        "duplicate_sku",
        f"several active items of NetSuite have this sku in `{settings.orders.sku_field}`; only one may, so change or "
        "inactivate the others",
        "sku",
    )
