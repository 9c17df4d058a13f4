"""What the shop itself has of prices, held against what it was last told.

SFCC knows a price of an item in a book by the moment that it begins at. So the one that was told is compared, and any
other stands beside it: that is drift too, unless the settings spare prices with dates (`prices.feed.deletion`).
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cartage.mapping.frames import joined, number_text
from cartage.records.columns import INSTANT, MONEY, QUANTITY, TEXT
from cartage.systems.sfcc.feeds.archive import NotExported
from cartage.systems.sfcc.feeds.drift import FOUND, Drift, compared, groups_of
from cartage.systems.sfcc.feeds.forms import PRICES
from cartage.systems.sfcc.prices.transform import DELETE, SINCE, fingerprints

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lxml import etree

    from cartage.seams import Memory
    from cartage.settings.prices import Prices
    from cartage.systems.sfcc.feeds.archive import ShopArchive

HAS = pa.schema({"key": TEXT, "contents": pa.list_(TEXT)})
"""Items of the shop's books, with the content of each of their prices, in the words of the content hash."""

TABLES = 20_000
"""Price tables that are looked at a time."""

Row = dict[str, Any]
_NS = f"{{{PRICES.namespace}}}"
_OTHER = "a percentage, or an amount finer than any that is told"


def look(archive: ShopArchive, memory: Memory, settings: Prices, name: str, *, now: datetime) -> Drift:
    """Have the books exported of which the shop was told, and compare them.

    Args:
        archive: has them exported.
        memory: what the ledger remembers.
        settings: of prices.
        name: of the archive.
        now: the time.

    Raises:
        NotExported: the shop does not show them.
    """
    told = memory.told()
    books = sorted(pc.unique(groups_of(told.table["key"])).to_pylist())
    if not books:
        return Drift()
    judge = _Judge(now - settings.drift.importing, spare=settings.feed.deletion == "delete")
    with archive.exported(books, name) as elements:
        return compared(told, prices_of(elements), judge.judged, judge.missing, books)


def prices_of(elements: Iterator[etree._Element]) -> Iterator[pa.Table]:
    """Give the items of an export with their prices, as in `HAS`.

    Raises:
        NotExported: a price is not as the schema has it.
    """
    piece: list[Row] = []
    for _, tables in groupby(_tables(elements), key=lambda each: each["key"]):
        piece += tables  # an item's prices stand together, and stay so
        if len(piece) >= TABLES:
            yield _contents(piece)
            piece = []
    if piece:
        yield _contents(piece)


def _tables(elements: Iterator[etree._Element]) -> Iterator[Row]:
    book, currency = "", ""
    for element in elements:
        if element.tag == f"{_NS}header":
            book, currency = str(element.get("pricebook-id")), element.findtext(f"{_NS}currency") or ""
            continue
        try:
            yield {
                "key": f"{book}/{element.get('product-id')}",
                "currency": currency,
                "online_from": _moment(element.findtext(f"{_NS}online-from")),
                "online_to": _moment(element.findtext(f"{_NS}online-to")),
                "tiers": sorted(tier for tier in _tiers(element) if _fits(*tier)),
                "plain": element.find(f"{_NS}percentage") is None and all(_fits(*tier) for tier in _tiers(element)),
            }
        except (InvalidOperation, ValueError) as error:
            raise NotExported(f"book {book}: price of {element.get('product-id')} cannot be read: {error}") from error


def _tiers(element: etree._Element) -> Iterable[tuple[Decimal, Decimal]]:
    for amount in element.iterfind(f"{_NS}amount"):
        yield Decimal(amount.get("quantity") or 1), Decimal(amount.text or 0)


def _fits(quantity: Decimal, amount: Decimal) -> bool:
    """Say whether a tier could be one of ours: it is no finer than what is told."""
    return bool(round(quantity, QUANTITY.scale) == quantity and round(amount, MONEY.scale) == amount)


def _contents(tables: list[Row]) -> pa.Table:
    """Write the content of each price as feeds' hashes do, and gather them by item."""
    schema = pa.schema({"currency": TEXT, "online_from": INSTANT, "online_to": INSTANT})
    rows = pa.Table.from_pylist(tables, schema)
    tiers = [tier for each in tables for tier in each["tiers"]]
    parents = np.repeat(np.arange(len(tables)), [len(each["tiers"]) for each in tables])
    quantities, amounts = (pa.array([each[at] for each in tiers], kind) for at, kind in ((0, QUANTITY), (1, MONEY)))
    by_tier = joined([number_text(quantities), "=", number_text(amounts)], len(tiers), lenient=False)
    written = fingerprints(rows, by_tier, parents).to_pylist()
    items: dict[str, list[str]] = {}
    for table, content in zip(tables, written, strict=True):
        items.setdefault(table["key"], []).append(content if table["plain"] else _OTHER)
    return pa.table({"key": list(items), "contents": list(items.values())}, HAS)


class _Judge:
    """Says which prices are not as told.

    Args:
        arrived: what was told before that has been imported, or never will be.
        spare: whether prices with dates that Cartage never told of are left alone.
    """

    def __init__(self, arrived: datetime, *, spare: bool) -> None:
        self._arrived = arrived
        self._spare = spare

    def judged(self, shop: pa.Table, told: pa.Table) -> pa.Table:
        """Give the findings on items that the shop was told of."""
        found = []
        columns = (shop["key"], shop["contents"], told["hash"], told["as_of"])
        for key, contents, hash_, at in zip(*(each.to_pylist() for each in columns), strict=True):
            other = self._other(contents, hash_)
            if other is not None and (at is None or at < self._arrived):
                found.append(_finding(key, other, hash_))
        return pa.Table.from_pylist(found, FOUND)

    def missing(self, told: pa.Table) -> pa.Table:
        """Give the findings on prices that the shop does not have."""
        arrived = pc.or_kleene(pc.is_null(told["as_of"]), pc.less(told["as_of"], pa.scalar(self._arrived, INSTANT)))
        gone = told.filter(pc.and_(pc.fill_null(arrived, fill_value=False), pc.not_equal(told["hash"], DELETE)))
        rows = [_finding(each["key"], None, each["hash"]) for each in gone.select(["key", "hash"]).to_pylist()]
        return pa.Table.from_pylist(rows, FOUND)

    def _other(self, contents: list[str], told: str) -> str | None:
        """Give what the shop has otherwise than told, None when it has nothing such."""
        ours = [each for each in contents if told != DELETE and _begins(each) == _begins(told)]
        beside = [each for each in contents if each not in ours and not (self._spare and _begins(each))]
        wrong = [*beside, *(each for each in ours if each != told)]
        if wrong:
            return wrong[0]
        return None if ours or told == DELETE else "none that begins when it should"


def _begins(content: str) -> str:
    return content.rpartition(SINCE)[2] if SINCE in content else ""


def _finding(key: str, content: str | None, told: str) -> Row:
    said = "that there is no price" if told == DELETE else told
    says = f"{key}: the shop has {content or 'no price'} and was told {said}"
    # Whoever moved the price there did not move it in the ERP: the guardrail goes by what was told.
    return {"key": key, "content": content, "value": None, "at": None, "says": says}


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
