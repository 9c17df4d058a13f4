"""Site archives: the platform's job that exports lists and books whole, and the files it leaves on WebDAV.

``POST …/jobs/sfcc-site-archive-export/executions`` takes a ``site_archive_export_configuration``: ``export_file``,
``overwrite_export_file`` and ``data_units``, of which inventory lists and price books are served. The archive lies on
WebDAV in ``Impex/src/instance``, with a document for each list and book, as an export of Business Manager has it.
Source: OCAPI Data API, system jobs, Site Archive Export
(https://sfcclearning.com/infocenter/OCAPI/current/SystemJobs/GlobalJobs.php).
"""

from __future__ import annotations

import re
import zipfile
from typing import IO, TYPE_CHECKING, Any

from lxml import etree

from sandbox.sfcc.feeds.inventory import FORMAT as INVENTORY
from sandbox.sfcc.feeds.prices import FORMAT as PRICES
from sandbox.sfcc.inventory import ZERO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from decimal import Decimal
    from pathlib import Path

    from sandbox.sfcc.inventory import InventoryList, Stock
    from sandbox.sfcc.prices import PriceBook, PriceTable
    from sandbox.sfcc.store import ShopStore

EXPORT = "sfcc-site-archive-export"
"""Id of the platform's job."""

_NAME = re.compile(r"[A-Za-z0-9._-]+")
_UNITS = ("inventory_lists", "price_books")
_PAGE = 1_000

Text = str | bool | None


class ExportRefused(Exception):  # noqa: N818 - the platform's answer
    """An export that cannot be begun.

    Args:
        kind: name of OCAPI's fault.
        message: what it is this time.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Archives:
    """Exports of one instance, in ``home/impex/src/instance``."""

    def __init__(self, home: Path, store: ShopStore) -> None:
        self._folder = home / "impex" / "src" / "instance"
        self._store = store

    def asked(self, body: dict[str, Any]) -> Callable[[], None]:
        """Read what is to be exported, and give what does it.

        Raises:
            ExportRefused: it is no configuration of an export, or its file is there.
        """
        name, units = str(body.get("export_file") or ""), body.get("data_units")
        if not _NAME.fullmatch(name):
            raise ExportRefused("InvalidExportFileException", "export_file is no file name.")
        if not isinstance(units, dict) or set(units) - set(_UNITS):
            raise ExportRefused("InvalidDataUnitsException", f"The sandbox exports {' and '.join(_UNITS)} only.")
        path = self._folder / (name if name.endswith(".zip") else f"{name}.zip")
        if path.exists() and not body.get("overwrite_export_file"):
            raise ExportRefused("ExportFileAlreadyExistsException", f"The file {path.name} is there already.")
        chosen = {unit: [each for each, wanted in units.get(unit, {}).items() if wanted] for unit in _UNITS}
        return lambda: self._export(path, chosen)

    def _export(self, path: Path, units: dict[str, list[str]]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(path.name + ".tmp")
        inventory, prices = self._store.inventory, self._store.prices
        lists = [each for each in inventory.headers() if each.list_id in units["inventory_lists"]]
        books = [each for each in prices.books() if each.book_id in units["price_books"]]
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
            for header in lists:
                with archive.open(f"{path.stem}/inventory-lists/{header.list_id}.xml", "w", force_zip64=True) as file:
                    _write_list(file, header, self._stock(header.list_id))
            for book in books:
                with archive.open(f"{path.stem}/pricebooks/{book.book_id}.xml", "w", force_zip64=True) as file:
                    _write_book(file, book, self._tables(book.book_id))
        partial.replace(path)

    def _stock(self, list_id: str) -> Iterator[Stock]:
        start, total = 0, 1
        while start < total:
            page, total = self._store.inventory.page(list_id, start, _PAGE)
            yield from self._store.inventory.stock(list_id, page)
            start += _PAGE

    def _tables(self, book_id: str) -> Iterator[PriceTable]:
        start, total = 0, 1
        while start < total:
            page, total = self._store.prices.page(book_id, start, _PAGE)
            yield from page
            start += _PAGE


def _write_list(file: IO[bytes], header: InventoryList, stock: Iterator[Stock]) -> None:
    with etree.xmlfile(file, encoding="UTF-8") as out:
        out.write_declaration()
        with out.element("inventory", nsmap={None: INVENTORY.namespace}), out.element("inventory-list"):
            with out.element("header", {"list-id": header.list_id}):
                _put(out, "default-instock", header.default_instock)
                _put(out, "description", header.description)
                _put(out, "use-bundle-inventory-only", header.bundle_only)
                _put(out, "on-order", header.on_order)
            with out.element("records"):
                for each in stock:
                    _write_record(out, each)


def _write_record(out: etree._IncrementalFileWriter, stock: Stock) -> None:
    record = stock.record
    with out.element("record", {"product-id": record.product_id}):
        if record.allocation is not None:
            _put(out, "allocation", _plain(record.allocation))
            _put(out, "allocation-timestamp", record.reset_at)
        _put(out, "perpetual", record.perpetual)
        _put(out, "preorder-backorder-handling", record.handling)
        _put(out, "preorder-backorder-allocation", _plain(record.backorder))
        _put(out, "in-stock-datetime", record.in_stock_at)
        _put(out, "ats", _plain(max(stock.ats, ZERO)))
        _put(out, "on-order", _plain(stock.on_order))
        _put(out, "turnover", _plain(stock.turnover))


def _write_book(file: IO[bytes], book: PriceBook, tables: Iterator[PriceTable]) -> None:
    with etree.xmlfile(file, encoding="UTF-8") as out:
        out.write_declaration()
        with out.element("pricebooks", nsmap={None: PRICES.namespace}), out.element("pricebook"):
            with out.element("header", {"pricebook-id": book.book_id}):
                _put(out, "currency", book.currency)
                _put(out, "online-flag", book.online)
                _put(out, "online-from", book.online_from)
                _put(out, "online-to", book.online_to)
                _put(out, "parent", book.parent)
            with out.element("price-tables"):
                for each in tables:
                    _write_table(out, each)


def _write_table(out: etree._IncrementalFileWriter, table: PriceTable) -> None:
    with out.element("price-table", {"product-id": table.product_id}):
        _put(out, "online-from", table.online_from or None)
        _put(out, "online-to", table.online_to)
        for tier in table.tiers:
            name = "percentage" if tier.percentage else "amount"
            with out.element(name, {"quantity": str(_plain(tier.quantity))}):
                out.write(str(_plain(tier.value)))
        _put(out, "price-info", table.info)


def _put(out: etree._IncrementalFileWriter, name: str, value: Text) -> None:
    if value is not None:
        with out.element(name):
            out.write(str(value).lower() if isinstance(value, bool) else value)


def _plain(value: Decimal | None) -> str | None:
    return None if value is None else format(value, "f")
