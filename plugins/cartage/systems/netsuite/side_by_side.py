"""Batches transformed side by side, on every core there is; batches do not depend on each other.

This process reads, asks NetSuite, and accounts. The work in between is shared with worker processes
(`cartage.crew`), which are given rows and what NetSuite answered. Orders that go by columns are taken together
beforehand, some thousands at a time: doing something with a column costs the same for a thousand rows as for one, and
an order has hundreds of columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from cartage.crew import shared, workers_for
from cartage.records.batch import KINDS, Batch
from cartage.seams import Transformed
from cartage.systems.netsuite.bulk.tables import may_be_plain
from cartage.systems.netsuite.transform import known_of, transform_with

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from cartage.mapping import TargetMapping
    from cartage.seams import References
    from cartage.settings import Settings
    from cartage.systems.netsuite.orders.known import Known

WORTH_A_WORKER = 15_000
"""A worker starts in the time that some 8,000 orders take by columns, so fewer would gain nothing worth its memory."""

TOGETHER = 4_000
"""Orders that go by columns together: they take two thirds of the time of a thousand at a time, and 2,000 three quarters."""


@dataclass(frozen=True)
class Setup:
    """What every batch of a run is transformed by.

    Attributes:
        settings: the run's settings.
        mappings: by name, as `to_documents` takes them.
        integration: name of the integration.
    """

    settings: Settings
    mappings: dict[str, TargetMapping]
    integration: str

    @property
    def by_columns(self) -> bool:
        """Whether nearly everything is done by columns."""
        return "order" in self.mappings and may_be_plain(self.settings.orders)

    def do(self, work: Group) -> list[Transformed]:
        """Transform batches in this process, and give what each became."""
        transformed = transform_with(
            work.together, work.known, settings=self.settings, mappings=self.mappings, integration=self.integration
        )
        return work.apart(transformed)


@dataclass(frozen=True)
class Group:
    """Batches that are transformed as one.

    Attributes:
        together: all of them.
        known: what NetSuite knows of the names in them.
        ends: of each but the last, the row number at which the next one begins.
    """

    together: Batch
    known: Known | None
    ends: tuple[int, ...] = ()

    def apart(self, transformed: Transformed) -> list[Transformed]:
        """Give what each batch became; documents stand in the order of their records."""
        documents = transformed.documents.root
        places = np.searchsorted(documents["record"].to_numpy(), self.ends)
        found = []
        bounds = zip((0, *self.ends), (*self.ends, None), (0, *places), (*places, documents.num_rows), strict=True)
        for first, end, begin, until in bounds:
            verdicts = [each for each in transformed.verdicts if first <= each.row and (end is None or each.row < end)]
            cut = tuple(each for each in transformed.shortened if first <= each.row and (end is None or each.row < end))
            found.append(Transformed(Batch("document", {"documents": documents[begin:until]}), verdicts, cut))
        return found


def transform_all(
    batches: Iterable[Batch], setup: Setup, references: References, records: int
) -> Iterator[Transformed]:
    """Transform batches side by side, and give what they became in their own order.

    Args:
        batches: records of kind order or customer; read one at a time, few of them held at once.
        setup: what they are transformed by.
        references: asked from this thread only, for a few batches at a time.
        records: how many records there are in all.

    Raises:
        SettingsError: a mapping names what there is none of; with file and line.
    """
    return by_workers(batches, setup, references, workers_for(records, WORTH_A_WORKER), records=records)


def by_workers(
    batches: Iterable[Batch],
    setup: Setup,
    references: References,
    workers: int,
    *,
    together: int = TOGETHER,
    records: int = 0,
) -> Iterator[Transformed]:
    """Do what `transform_all` does, with so many processes beside this one and so many orders at a time.

    Towards the end they are half as many, so that nobody waits long for the last.
    """

    def size(done: int) -> int:
        if not setup.by_columns:
            return 0
        share = (records - done) // (workers + 2) if workers else together
        return min(together, max(share, together // 2))

    groups = _groups(batches, setup, references, size)
    for transformed in shared(setup, groups, workers):
        yield from transformed


def _groups(
    batches: Iterable[Batch], setup: Setup, references: References, size: Callable[[int], int]
) -> Iterator[Group]:
    """Put batches together, as far as their row numbers go on, until they have the size that is due behind so many."""
    waiting: list[Batch] = []
    done, last = 0, -1
    for batch in batches:
        numbers = batch.root[KINDS[batch.record].LINK].to_numpy()
        goes_on = len(numbers) > 0 and numbers[0] > last and bool(np.all(numbers[1:] > numbers[:-1]))
        count = sum(map(len, waiting))
        if waiting and (not goes_on or count + len(batch) > size(done)):
            yield _group(waiting, setup, references)
            waiting, done = [], done + count
        waiting.append(batch)
        last = int(numbers[-1]) if goes_on else np.iinfo(np.int64).max
    if waiting:
        yield _group(waiting, setup, references)


def _group(batches: list[Batch], setup: Setup, references: References) -> Group:
    first, *more = batches
    if not more:
        return Group(first, known_of(first, setup.settings, references))
    tables = {name: pa.concat_tables([each.tables[name] for each in batches]).combine_chunks() for name in first.tables}
    joined, link = Batch(first.record, tables), KINDS[first.record].LINK
    ends = tuple(each.root[link][0].as_py() for each in more)
    return Group(joined, known_of(joined, setup.settings, references), ends)
