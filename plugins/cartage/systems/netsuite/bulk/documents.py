"""Documents of a batch's plain orders: customers, sales orders and deposits, as the rows would write them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cartage.mapping.columnar import Rendered, render
from cartage.mapping.compiled import Compiler
from cartage.mapping.frames import NotColumnar, joined, number_text
from cartage.records.document import DOCUMENTS
from cartage.seams import Cut
from cartage.systems.netsuite.bulk.customer_columns import customers
from cartage.systems.netsuite.bulk.deposit_columns import deposits, due
from cartage.systems.netsuite.bulk.ids import encoded, whole
from cartage.systems.netsuite.bulk.lines import sales_lines
from cartage.systems.netsuite.bulk.order_columns import OrderColumns, Plain
from cartage.systems.netsuite.bulk.parts import part
from cartage.systems.netsuite.bulk.pickup import stores
from cartage.systems.netsuite.bulk.sums import rates, sums
from cartage.systems.netsuite.bulk.tables import Run, Tables, Unsorted, closed, may_be_plain, plain
from cartage.systems.netsuite.bulk.vectors import Flags, Ints, Rows, money, picked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cartage.mapping import TargetMapping
    from cartage.mapping.compiled import Lookup
    from cartage.mapping.frames import Frame
    from cartage.records.batch import Batch
    from cartage.settings import Settings
    from cartage.systems.netsuite.bulk.deposit_columns import Due
    from cartage.systems.netsuite.bulk.sums import Sums
    from cartage.systems.netsuite.orders.known import Known


@dataclass(frozen=True)
class PlainDocuments:
    """What plain orders became.

    Attributes:
        documents: in no sequence.
        done: which orders of the batch they are of.
        shortened: texts of these orders that NetSuite has no room for.
    """

    documents: pa.Table
    done: Flags
    shortened: list[Cut]

    @classmethod
    def none(cls, orders: int) -> PlainDocuments:
        """Give what becomes of orders of which none is plain."""
        return cls(DOCUMENTS.empty_table(), np.zeros(orders, bool), [])

    def __add__(self, other: PlainDocuments) -> PlainDocuments:
        """Put the documents of other orders of the same batch beside these."""
        documents = pa.concat_tables([self.documents, other.documents])
        return PlainDocuments(documents, self.done | other.done, self.shortened + other.shortened)


_NOT_WRITTEN = Rendered(pa.array([], pa.string()), np.zeros(0, bool))


@dataclass(frozen=True)
class _Piece:
    """Documents of one type.

    Attributes:
        owner: place of each one's order in the batch.
        place: where each stands among its order's documents.
        ids: external ids.
        type: NetSuite's record type.
        rendered: payloads.
        action, expected, match: as in `DOCUMENTS`.
    """

    owner: Ints
    place: Ints
    ids: pa.Array
    type: str = ""
    rendered: Rendered = _NOT_WRITTEN
    action: str = "upsert"
    expected: pa.Array = None
    match: pa.Array = None


def plain_documents(
    batch: Batch,
    mappings: Mapping[str, TargetMapping],
    lookups: Mapping[str, Lookup],
    *,
    settings: Settings,
    known: Known,
    integration: str,
) -> PlainDocuments:
    """Write the documents of all orders of a batch that are plain and that nothing is wrong with.

    Args:
        batch: orders.
        mappings: checked mappings by name: `order`, `closing`, `customer`, `contact` and `deposit`.
        lookups: what the mappings look up.
        settings: the run's settings.
        known: what NetSuite knows.
        integration: name of the integration.
    """
    made = PlainDocuments.none(len(batch))
    if len(batch) and may_be_plain(settings.orders):
        try:
            tables = Tables.of(batch)
            for name in pc.unique(batch.root["site"]).to_pylist():
                if name not in settings.sites:
                    continue
                run = Run(settings, name, settings.sites[name], known, integration)
                made += _of_site(tables, run, mappings, lookups)
        except (NotColumnar, Unsorted):
            return PlainDocuments.none(len(batch))
    return made


def _of_site(
    tables: Tables, run: Run, mappings: Mapping[str, TargetMapping], lookups: Mapping[str, Lookup]
) -> PlainDocuments:
    good = plain(tables, run)
    if not good.any():
        return PlainDocuments.none(tables.count)
    lines = sales_lines(tables, run, good)
    parts, lines = part(tables, run, lines, good)
    totals = sums(tables, run, parts, lines, good)
    orders = Plain(tables, run, parts, lines, totals, rates(run, lines, good), stores(tables, run, lines, good))
    money_in = due(tables, run, parts, good)
    writer = _Writer(orders, mappings, lookups)
    taken_back = closed(tables)
    writer.write(np.flatnonzero(good & ~taken_back), money_in)
    if (good & taken_back).any():
        writer.close(np.flatnonzero(good & taken_back))
    return _put_together(tables, writer.pieces, good)


class _Writer:
    """Writes documents of plain orders."""

    def __init__(self, orders: Plain, mappings: Mapping[str, TargetMapping], lookups: Mapping[str, Lookup]) -> None:
        self._orders, self._mappings, self._lookups = orders, mappings, lookups
        self.pieces: list[_Piece] = []

    def write(self, chosen: Ints, money_in: Due) -> None:
        """Write the customers, sales orders and deposits of orders, given their places."""
        tables, run, parts = self._orders.tables, self._orders.run, self._orders.parts
        people = customers(tables, run, chosen)
        owner = chosen[people.place]
        zero = np.zeros(len(owner), np.int64)
        self._add("customer", people.frame, _Piece(owner, zero, people.ids, match=people.matches))
        before = np.zeros(tables.count, np.int64)
        before[owner] = 1
        if len(people.contacts):
            contact = owner[people.contacts]
            before[contact] = 2
            self._add("contact", people.contact_frame, _Piece(contact, zero[people.contacts] + 1, people.contact_ids))

        place = np.full(tables.count, -1, np.int64)
        place[chosen] = np.arange(len(chosen))
        own = np.flatnonzero(place[parts.order] >= 0)
        order = parts.order[own]
        ids = self._sales_order_ids(own)
        frame = OrderColumns(self._orders, own).frame(picked(people.references, place[order]))
        expected = _expected(self._orders.sums, own)
        self._add("order", frame, _Piece(order, before[order] + parts.ordinal[own], ids, expected=expected))

        money_in = money_in.only(np.flatnonzero(place[money_in.owner] >= 0))
        if len(money_in.row):
            paid = money_in.owner
            turn = np.arange(len(paid)) - np.searchsorted(paid, paid)
            references = picked(people.references, place[paid])
            made = deposits(tables, run, money_in, references, picked(ids, np.searchsorted(order, paid)))
            self._add("deposit", made.frame, _Piece(paid, before[paid] + 1 + turn, made.ids))

    def close(self, chosen: Ints) -> None:
        """Ask for the sales orders of orders to be closed: by header only, as the rows do it."""
        tables, parts = self._orders.tables, self._orders.parts
        people = customers(tables, self._orders.run, chosen)
        own = np.flatnonzero(np.isin(parts.order, chosen))
        order = parts.order[own]
        frame = OrderColumns(self._orders, own, closing=True).frame(
            picked(people.references, np.searchsorted(chosen, order))
        )
        piece = _Piece(order, parts.ordinal[own], self._sales_order_ids(own), action="cancel")
        self._add("closing", frame, piece)

    def _add(self, name: str, frame: Frame, piece: _Piece) -> None:
        mapping = self._mappings[name]
        rendered = render(Compiler(mapping.record, self._lookups), mapping.file.body, frame)
        self.pieces.append(replace(piece, type=mapping.target, rendered=rendered))

    def _sales_order_ids(self, own: Ints) -> pa.Array:
        tables, run, parts = self._orders.tables, self._orders.run, self._orders.parts
        keys = encoded(picked(tables.rows["orders"]["order_no"], parts.order[own]))
        several = parts.several[own]
        if several.any():
            names = picked(tables.rows["shipments"]["shipment_id"], np.where(several, parts.shipment[own], -1))
            suffix = joined(["_s", encoded(names)], len(own), lenient=False)
            keys = joined([keys, suffix], len(own), lenient=True)
        return whole(run.integration, run.name, "so", keys)


def _expected(totals: Sums, own: Ints) -> pa.Array:
    """As `tie_out.expected`."""
    shipping, tax, total = (number_text(money(each[own])) for each in (totals.shipping_cost, totals.tax, totals.total))
    pieces = ['{"shipping":"', shipping, '","tax":"', tax, '","total":"', total, '"}']
    return joined(pieces, len(own), lenient=False)


def _put_together(tables: Tables, pieces: list[_Piece], good: Flags) -> PlainDocuments:
    """Put documents together, those of each piece by themselves, without the orders that have a faulty one."""
    for piece in pieces:
        good[piece.owner[piece.rendered.faulty]] = False
    orders = tables.rows["orders"]
    made = [_documents(orders, piece) for piece in pieces]
    if any(not good[piece.owner].all() for piece in pieces):
        made = [each.filter(pa.array(good[piece.owner])) for each, piece in zip(made, pieces, strict=True)]
    cut = [
        Cut(
            orders["order"][owner].as_py(), orders["key"][owner].as_py(), each.field or each.path, each.length, each.max
        )
        for piece in pieces
        for row, each in piece.rendered.shortened
        if good[owner := int(piece.owner[row])]
    ]
    return PlainDocuments(pa.concat_tables(made), good, cut)


def _documents(orders: Rows, piece: _Piece) -> pa.Table:
    owner, count = piece.owner, len(piece.owner)
    columns = {
        "record": picked(orders["order"], owner),
        "document": pa.array(piece.place),
        "kind": _texts("order", count),
        "key": picked(orders["key"], owner),
        "version": picked(orders["version"], owner),
        "external_id": piece.ids,
        "body": piece.rendered.texts,
        "hash": _hashes(piece.rendered.texts),
    }
    columns |= {name: _texts(getattr(piece, name), count) for name in ("type", "action", "expected", "match")}
    return pa.table([columns[field.name] for field in DOCUMENTS], schema=DOCUMENTS)


def _texts(given: pa.Array | str | None, count: int) -> pa.Array:
    if given is None:
        return pa.nulls(count, pa.string())
    return pa.repeat(given, count) if isinstance(given, str) else given


def _hashes(texts: pa.Array) -> pa.Array:
    """Give the SHA-256 of each text, without making a Python text of it."""
    if not len(texts):
        return pa.array([], pa.string())
    _, places, content = texts.buffers()
    bounds = np.frombuffer(places, np.int32)[texts.offset : texts.offset + len(texts) + 1].tolist()
    view, sha256 = memoryview(content), hashlib.sha256
    return pa.array([sha256(view[begin:end]).hexdigest() for begin, end in pairwise(bounds)], pa.string())
