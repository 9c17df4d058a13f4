"""What the shop itself has of stock, held against what it was last told.

Allocations are compared, and the moments they are true for, never what is available to sell: orders lower that and leave
the allocation alone. An allocation that the shop dates later than Cartage did was set by somebody else, and wiped out
the shop's own turnover: it is drift even where the number is the same. One that it dates earlier has not arrived.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from cartage.records.columns import INSTANT, TEXT
from cartage.systems.sfcc.feeds.archive import NotExported
from cartage.systems.sfcc.feeds.drift import FOUND, Drift, compared, groups_of, in_pieces
from cartage.systems.sfcc.feeds.forms import INVENTORY
from cartage.systems.sfcc.inventory.rows import STAMPED

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from lxml import etree

    from cartage.seams import Memory
    from cartage.settings import Settings
    from cartage.systems.sfcc.feeds.archive import ShopArchive

HAS = pa.schema(
    {
        "key": TEXT,
        "allocation": TEXT,
        "handling": TEXT,
        "backorder": TEXT,
        "in_stock_at": TEXT,
        "ats": TEXT,
        "at": INSTANT,
    }
)
"""Records of the shop; the texts are written as in content hashes."""

ELEMENTS = {
    "allocation": "allocation",
    "handling": "preorder-backorder-handling",
    "backorder": "preorder-backorder-allocation",
    "in_stock_at": "in-stock-datetime",
}
"""What a content hash says, between bars, and the element that says it to the shop."""

PARTS = tuple(ELEMENTS)

PERPETUAL = "perpetual"
_NS = f"{{{INVENTORY.namespace}}}"
_EPOCH = datetime.fromtimestamp(0, UTC)


def look(
    archive: ShopArchive, memory: Memory, settings: Settings, elements: Container[str], name: str, *, now: datetime
) -> Drift:
    """Have the lists exported of which the shop was told, and compare them.

    Args:
        archive: has them exported.
        memory: what the ledger remembers.
        settings: the run's.
        elements: what feeds say of a record, by the mapping; all else is the shop's own business.
        name: of the archive.
        now: the time.

    Raises:
        NotExported: the shop does not show them.
    """
    told = memory.told()
    known = set(pc.unique(groups_of(told.table["key"])).to_pylist())
    lists = [each for each in settings.inventory.lists if each in known]
    if not lists:
        return Drift()
    importing = settings.inventory.drift.importing + settings.inventory.allocation.waiting
    unknown_sells = {each for each in lists if _sells_unknown(settings, each)}
    judge = _Judge(now - importing, unknown_sells, {part for part, name in ELEMENTS.items() if name in elements})
    with archive.exported(lists, name) as exported:
        return compared(told, records_of(exported), judge.judged, judge.missing, lists)


def as_told(strangers: pa.Table) -> pa.Table:
    """Give records of the shop as if it had been told them: columns `key`, `hash`, `value` and `as_of`."""
    content = pc.binary_join_element_wise(*(strangers[name] for name in PARTS), "|")
    return pa.table({"key": strangers["key"], "hash": content, "value": strangers["ats"], "as_of": strangers["at"]})


def records_of(elements: Iterator[etree._Element]) -> Iterator[pa.Table]:
    """Give the records of an export, as in `HAS`.

    Raises:
        NotExported: a record is not as the schema has it.
    """
    return in_pieces(_rows(elements), HAS)


def _rows(elements: Iterator[etree._Element]) -> Iterator[dict[str, object]]:
    list_id = ""
    for element in elements:
        if element.tag == f"{_NS}header":
            list_id = str(element.get("list-id"))
            continue
        try:
            yield _row(list_id, element)
        except (InvalidOperation, ValueError) as error:
            raise NotExported(f"list {list_id}: record {element.get('product-id')} cannot be read: {error}") from error


def _row(list_id: str, element: etree._Element) -> dict[str, object]:
    found = {str(each.tag).removeprefix(_NS): each.text for each in element}
    perpetual = found.get("perpetual") in ("true", "1")
    in_stock = _moment(found.get("in-stock-datetime"))
    return {
        "key": f"{list_id}/{element.get('product-id')}",
        "allocation": PERPETUAL if perpetual else _number(found.get("allocation")),
        "handling": found.get("preorder-backorder-handling") or "none",
        "backorder": _number(found.get("preorder-backorder-allocation")),
        "in_stock_at": "" if in_stock is None else str((in_stock - _EPOCH) // timedelta(microseconds=1)),
        "ats": None if perpetual else _number(found.get("ats")),
        "at": _moment(found.get("allocation-timestamp")),
    }


class _Judge:
    """Says which records are not as told.

    Args:
        arrived: what is dated before that has been imported, or never will be.
        unknown_sells: lists in which a product without a record can be sold.
        told: parts of the content that feeds say.
    """

    def __init__(self, arrived: datetime, unknown_sells: set[str], told: set[str]) -> None:
        self._told = told
        self._arrived = pa.scalar(arrived, INSTANT)
        self._unknown_sells = pa.array(sorted(unknown_sells), TEXT)

    def judged(self, shop: pa.Table, told: pa.Table) -> pa.Table:
        """Give the findings on records that the shop was told of."""
        parts = _parts(told["hash"])
        same = self._same(shop, parts)
        told_at = pc.floor_temporal(told["as_of"], unit="millisecond")
        shop_at = pc.floor_temporal(shop["at"], unit="millisecond")
        dated = pc.and_(pc.is_valid(told_at), pc.not_equal(parts["allocation"], PERPETUAL))
        later = _yes(pc.and_(dated, pc.greater(shop_at, told_at)))
        late = pc.and_(dated, pc.or_kleene(pc.is_null(shop_at), pc.less(shop_at, told_at)))
        coming = pc.and_(_yes(late), _yes(pc.greater_equal(told_at, self._arrived)))
        wrong = pc.and_(pc.or_(pc.or_(later, _yes(late)), pc.invert(same)), pc.invert(coming))
        wrong = pc.and_(wrong, _yes(pc.equal(pc.count_substring(told["hash"], "|"), len(PARTS) - 1)))
        shop = shop.filter(wrong)
        content = pc.binary_join_element_wise(*(shop[name] for name in PARTS), "|")
        whose = pc.if_else(later.filter(wrong), "set there by somebody else", "not what was told last")
        has = {"key": shop["key"], "content": content, "value": shop["ats"], "at": shop["at"], "whose": whose}
        return _found(pa.table(has), told["hash"].filter(wrong))

    def _same(self, shop: pa.Table, told: dict[str, pa.ChunkedArray]) -> pa.ChunkedArray:
        """Say which contents are the same, as far as they are told: what a feed leaves out stays as it was there."""
        perpetual = pc.equal(told["allocation"], PERPETUAL)
        rest = pa.chunked_array([pa.repeat(pa.scalar(value=True), len(shop))])
        for name in sorted(self._told - {"allocation"}):
            rest = pc.and_(rest, pc.or_(pc.equal(told[name], ""), pc.equal(shop[name], told[name])))
        return _yes(pc.and_(pc.equal(shop["allocation"], told["allocation"]), pc.or_(perpetual, rest)))

    def missing(self, told: pa.Table) -> pa.Table:
        """Give the findings on records that the shop does not have; what could not be sold anyway need not be there."""
        arrived = _yes(pc.or_kleene(pc.is_null(told["as_of"]), pc.less(told["as_of"], self._arrived)))
        sells = pc.is_in(groups_of(told["key"]), value_set=self._unknown_sells)
        wrong = pc.and_(arrived, pc.or_(pc.invert(pc.starts_with(told["hash"], "0|none|")), sells))
        told, sells = told.filter(wrong), sells.filter(wrong)
        count = len(told)
        has = {
            "key": told["key"],
            "content": pa.nulls(count, TEXT),
            "value": pc.if_else(sells, pa.scalar(None, TEXT), "0"),
            "at": pa.nulls(count, INSTANT),
            "whose": pa.array(["its record is gone, or never came in"] * count, TEXT),
        }
        return _found(pa.table(has), told["hash"])


def _found(has: pa.Table, told: pa.ChunkedArray) -> pa.Table:
    """Give findings.

    Args:
        has: columns `key`, `content`, `value` and `at` as in `FOUND`, and `whose`: whose doing it is.
        told: content hashes that were told of them.
    """
    shows = pc.fill_null(pc.binary_join_element_wise("the shop has ", _words(has["content"]), ""), "the shop has none")
    since = pc.fill_null(pc.binary_join_element_wise(" as of ", _seconds(has["at"]), ""), "")
    said = pc.binary_join_element_wise(" and was told ", _words(told), "")
    says = pc.binary_join_element_wise(has["key"], ": ", shows, since, said, ", ", has["whose"], "")
    return has.drop_columns("whose").append_column("says", says).cast(FOUND)


def _parts(hashes: pa.ChunkedArray) -> dict[str, pa.ChunkedArray]:
    """Take content hashes apart; a hash of another form gives nothing that could be compared."""
    bars = "|" * (len(PARTS) - 1)
    plain = pc.replace_substring_regex(hashes, f"{STAMPED}.*$", "")
    sound = pc.equal(pc.count_substring(plain, "|"), len(PARTS) - 1)
    split = pc.split_pattern(pc.if_else(sound, plain, bars), "|")
    parts = {name: pc.list_element(split, place) for place, name in enumerate(PARTS)}
    # To the millisecond, as a feed says it.
    moments = pc.replace_substring_regex(parts["in_stock_at"], "[0-9]{3}$", "000")
    return parts | {"in_stock_at": moments}


def _words(contents: pa.Array) -> pa.Array:
    """Write a content for people: ``7, backorder 3``; null stays null."""
    plain = pc.replace_substring_regex(contents, f"{STAMPED}.*$", "")
    for pattern, words in ((r"\|[0-9]*$", ""), (r"\|none\|.*$", ""), (r"\|$", ""), (r"\|([a-z]+)\|?", r", \1 ")):
        plain = pc.replace_substring_regex(plain, pattern, words)
    return pc.utf8_rtrim(plain, " ")


def _seconds(moments: pa.Array) -> pa.Array:
    return pc.strftime(pc.cast(moments, pa.timestamp("s", "UTC"), safe=False), format="%Y-%m-%dT%H:%M:%SZ")


def _yes(says: pa.Array) -> pa.Array:
    return pc.fill_null(says, fill_value=False)


def _number(text: str | None) -> str:
    """Write a number as content hashes do: 12, 0.5; nothing where there is none."""
    return "" if not text else format(Decimal(text).normalize(), "f")


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _sells_unknown(settings: Settings, list_id: str) -> bool:
    feed = settings.inventory.feed
    return feed.headers.get(list_id, feed.header).default_instock
