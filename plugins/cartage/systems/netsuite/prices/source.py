"""NetSuite's prices as a source: read whole each time, since nothing says reliably when a price was changed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from cartage.errors import SettingsError
from cartage.records.batch import KINDS, Batch
from cartage.seams import Read
from cartage.systems.netsuite.column_source import ColumnSource, Given, shared_skus, two_items
from cartage.systems.netsuite.prices.books import Names, books_of
from cartage.systems.netsuite.prices.choosing import choose
from cartage.systems.netsuite.prices.reading import PriceReader
from cartage.systems.netsuite.prices.records import gone, records

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from cartage.errors import Complaint
    from cartage.records.outcome import Verdict
    from cartage.seams import Memory
    from cartage.settings import Settings
    from cartage.systems.netsuite.hook import NetSuiteHook
    from cartage.systems.netsuite.prices.books import Book
    from cartage.systems.netsuite.prices.reading import Unnamed
    from cartage.windows import Selection, Window

MOST_PRICED = 150
"""Batches of prices; with those of what is gone a run stays below 200."""

MOST_GONE = 40
FEWEST_ITEMS = 500
"""Items in a batch: each costs a request or two, however few records it gives."""


class PriceSource(ColumnSource):
    """Reads prices: a record for each item and price book.

    Args:
        hook: NetSuite's transport.
        settings: all run settings.
        memory: what the ledger remembers of this flow; without it no price is found to be gone.
        **more: as for `ColumnSource`.
    """

    def __init__(self, hook: NetSuiteHook, settings: Settings, memory: Memory | None = None, **more: Any) -> None:
        if not settings.prices.books and settings.prices.customers is None:
            raise SettingsError("prices.books: name at least one price book and the price level that it is made of")
        super().__init__(hook, settings, memory, **more)

    def read(self, window: Window, selection: Selection) -> Iterator[Read]:
        """Give all prices, or those of the skus that the selection names, by item.

        Args:
            window: says nothing: prices have no reliable date of change.
            selection: with `keys`, these skus.

        Raises:
            SettingsError: the settings name currencies or price levels that NetSuite does not have.
            RetryableError: NetSuite does not answer for now, or is changed faster than it can be read.
            BatchError: NetSuite refuses the role or a query.
        """
        del window
        at = self._hook.server_time()
        with self._columns() as columns:
            reader = PriceReader(columns, self._settings, self._note)
            currencies = reader.currencies()
            of_customers, unnamed = reader.customer_books(currencies)
            books = books_of(self._settings, currencies) + of_customers
            reader.check_levels(books)
            days = [column for book in books for column in (book.sale_from, book.sale_to) if column]
            run = _Run(reader, self._settings, books, at, self._note)
            yield from run.without_books(unnamed)
            yield from run.priced(reader.items(selection.keys, days))
            yield from run.gone(self._told(selection), {book for each in unnamed for book in each.books})

    def _told(self, selection: Selection) -> pa.Array:
        """Give the keys that the shop was told of, of these skus or of all."""
        if self._memory is None:
            return pa.array([], pa.string())
        keys = self._memory.told().table["key"].combine_chunks()
        if selection.keys and len(keys):
            skus = pc.list_element(pc.split_pattern(keys, "/", max_splits=1), 1)
            keys = keys.filter(pc.is_in(skus, value_set=pa.array(selection.keys)))
        return keys


class _Run:
    """One reading."""

    def __init__(
        self,
        reader: PriceReader,
        settings: Settings,
        books: Sequence[Book],
        at: datetime,
        note: Callable[[str], None],
    ) -> None:
        self._note = note
        self._reader = reader
        self._settings = settings
        self._books = books
        self._at = at
        self._given = Given()

    def priced(self, items: pa.Table) -> Iterator[Read]:
        """Give the prices of these items in all books."""
        items = items.sort_by("id")
        twice = shared_skus(items)
        faults = dict.fromkeys(twice.to_pylist(), two_items(self._settings))
        clear = items.filter(pc.invert(pc.is_in(items["sku"], value_set=twice)))
        if faults:
            yield Read(self._numbered([]), self._refused([(book.id, faults) for book in self._books]))
        size = max(
            FEWEST_ITEMS, self._settings.batch_records // len(self._books or [0]), math.ceil(len(clear) / MOST_PRICED)
        )
        for start in range(0, len(clear) if self._books else 0, size):
            yield self._group(clear.slice(start, size))

    def without_books(self, unnamed: Sequence[Unnamed]) -> Iterator[Read]:
        """Set aside customers that can have no book of their own."""
        if unnamed:
            named = [(f"customers {', '.join(map(str, each.customers))}", each.complaint) for each in unnamed]
            yield Read(self._numbered([]), self._given.refuse(named))

    def gone(self, told: pa.Array, kept: Collection[str] = ()) -> Iterator[Read]:
        """Give a record for each price that the shop was told of and that there is no more.

        Args:
            told: keys that the shop was told of.
            kept: books of which nobody can say; they stay as they are.
        """
        left = self._given.left_of(told)
        names = Names.of(self._settings)
        of_key = pc.list_element(pc.split_pattern(left, "/", max_splits=1), 0)
        currencies = {book: names.currency(book) for book in of_key.unique().to_pylist()}
        foreign = [book for book, currency in currencies.items() if currency is None]
        if foreign:
            named = ", ".join(foreign)
            self._note(f"the shop was told of books that the settings do not have any more: {named}; left alone")
        left = left.filter(pc.invert(pc.is_in(of_key, value_set=pa.array([*foreign, *kept], pa.string()))))
        size = max(self._settings.batch_records, math.ceil(len(left) / MOST_GONE))
        for start in range(0, len(left), size):
            keys = left.slice(start, size)
            of_book = pc.list_element(pc.split_pattern(keys, "/", max_splits=1), 0).to_pylist()
            yield Read(
                self._numbered([gone(keys, [currencies[each] or "" for each in of_book], self._at, self._given.rows)])
            )

    def _group(self, items: pa.Table) -> Read:
        prices, doubtful = self._reader.prices(items["id"].to_pylist(), self._books)
        parts: list[Batch] = []
        faults = []
        first = self._given.rows
        for book in self._books:
            priced = records(
                book,
                items,
                choose(book, items, prices),
                self._at,
                first,
                allow_zero=self._settings.prices.allow_zero,
                doubtful=_doubtful(doubtful, book),
            )
            first += len(priced.batch)
            parts.append(priced.batch)
            faults.append((book.id, priced.faults))
        return Read(self._numbered(parts), self._refused(faults))

    def _numbered(self, parts: Sequence[Batch]) -> Batch:
        """Join what the books gave and count its rows."""
        tables = {
            name: pa.concat_tables([schema.empty_table(), *(each.tables[name] for each in parts)])
            for name, schema in KINDS["price"].TABLES.items()
        }
        return self._given.count(Batch("price", tables))

    def _refused(self, faults: Iterable[tuple[str, Mapping[str, Complaint]]]) -> tuple[Verdict, ...]:
        return self._given.refuse(
            (f"{book}/{sku}", complaint) for book, of_book in faults for sku, complaint in of_book.items()
        )


def _doubtful(keys: pa.Table, book: Book) -> list[int]:
    """Give the items whose prices in a book may be any of several."""
    of_book = pc.and_(
        pc.equal(keys["currency"], book.currency_id),
        pc.is_in(keys["price_level"], value_set=pa.array(sorted(book.levels), pa.int64())),
    )
    return sorted(set(keys.filter(of_book)["item"].to_pylist()))
