"""Writing feeds: rows in, finished files out, and of every row which file it went into."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cartage.errors import Complaint
from cartage.records.batch import Batch
from cartage.systems.sfcc.feeds.files import FeedFiles
from cartage.systems.sfcc.feeds.rendering import Refused
from cartage.systems.sfcc.feeds.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from types import TracebackType

    from numpy.typing import NDArray

    from cartage.settings.feeds import Feeds
    from cartage.systems.sfcc.feeds.files import Written
    from cartage.systems.sfcc.feeds.headers import Headers
    from cartage.systems.sfcc.feeds.rendering import Renderer
    from cartage.systems.sfcc.feeds.spool import Block

FEW = 5_000
"""Rows that are worth the bother."""

SLICE = 20_000
"""Rows that are written at a time."""


class FeedWriter:
    """Writes all rows of a run into files.

    Memory does not grow with the lines, only by some bytes for each row.

    Args:
        renderer: makes lines of rows.
        headers: gives what stands above them.
        settings: how large a file may be.
        folder: an empty folder for the files, and for what lies between.
    """

    def __init__(self, renderer: Renderer, headers: Headers, settings: Feeds, folder: Path) -> None:
        self._renderer = renderer
        self._headers = headers
        self._settings = settings
        self._folder = folder
        self._spool = Spool(folder)
        self._files: list[NDArray[np.int32]] = []
        self._currencies: dict[str, str] = {}
        self.refused: list[Refused] = []

    def __enter__(self) -> Self:
        """Begin."""
        self._spool.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of the files."""
        self._spool.__exit__(kind, error, trace)

    def write(self, batches: Iterable[Batch]) -> list[Written]:
        """Write everything; no row makes no file.

        Raises:
            SettingsError: a header's settings are wrong.
        """
        for batch in _gathered(batches):
            for part in _parts(batch):
                self._take(part)
        files = FeedFiles(self._renderer.form, self._settings, self._folder, self._header)
        return files.write(self._spool.blocks(), self._place)

    def rows(self) -> Iterator[tuple[pa.RecordBatch, NDArray[np.int32]]]:
        """Give `record`, `key`, `new` and `drift` of the rows that were written, and the number of the file of each."""
        yield from zip(self._spool.batches(), self._files, strict=True)

    def _take(self, batch: Batch) -> None:
        lines = self._renderer.lines(self._one_currency(batch))
        self.refused += lines.refused
        if len(lines.rows):
            self._spool.add(lines)
            self._files.append(np.zeros(len(lines.rows), np.int32))

    def _place(self, block: Block, lines: slice, number: int) -> None:
        batches, rows = block.batches[lines], block.rows[lines]
        for batch in np.unique(batches).tolist():
            self._files[batch][rows[batches == batch]] = number

    def _header(self, group: str) -> str:
        return self._headers.of(group, self._currencies.get(group))

    def _one_currency(self, batch: Batch) -> Batch:
        """Keep the rows of each book that are in its one currency: that of the first row."""
        rows = batch.root
        if "currency" not in rows.column_names:
            return batch
        pairs = rows.select(["group", "currency"]).group_by(["group", "currency"], use_threads=False).aggregate([])
        odd = []
        for pair in pairs.to_pylist():
            group, currency = pair["group"], pair["currency"]
            if currency is None or self._currencies.setdefault(group, currency) != currency:
                odd.append((group, currency))
        if not odd:
            return batch
        off = pc.or_kleene(pc.is_null(rows["currency"]), pa.scalar(value=False))
        for group, currency in odd:
            if currency is not None:
                off = pc.or_kleene(off, pc.and_(pc.equal(rows["group"], group), pc.equal(rows["currency"], currency)))
        self.refused += [
            Refused(each["record"], each["key"], (_complaint(each["group"], self._currencies.get(each["group"])),))
            for each in rows.filter(off).select(["record", "key", "group"]).to_pylist()
        ]
        return batch.only(rows.filter(pc.invert(off))["record"].combine_chunks())


def _complaint(group: str, currency: str | None) -> Complaint:
    says = f"the price book {group} is in {currency}" if currency else f"nothing says the currency of the book {group}"
    return Complaint("wrong_currency", f"{says}; a book has one currency, correct the settings of prices", "currency")


def _gathered(batches: Iterable[Batch]) -> Iterator[Batch]:
    """Put small batches together: of a million records that were read, a hundred may be news in each batch."""
    some: list[Batch] = []
    for batch in batches:
        some.append(batch)
        if sum(map(len, some)) >= FEW:
            yield _together(some)
            some = []
    if some:
        yield _together(some)


def _together(batches: list[Batch]) -> Batch:
    names = batches[0].tables
    return Batch(batches[0].record, {name: pa.concat_tables([each.tables[name] for each in batches]) for name in names})


def _parts(batch: Batch) -> Iterator[Batch]:
    """Cut a large batch, so that its lines are not all in memory at a time."""
    if len(batch) <= SLICE:
        yield batch
        return
    rows = batch.root.sort_by([("group", "ascending"), ("sku", "ascending")])
    others = {name: each for name, each in batch.tables.items() if each is not batch.root}
    for start in range(0, len(rows), SLICE):
        part = rows.slice(start, SLICE)
        mine = part["record"].combine_chunks()
        below = {name: each.filter(pc.is_in(each["record"], value_set=mine)) for name, each in others.items()}
        yield Batch(batch.record, {**below, "rows": part})
