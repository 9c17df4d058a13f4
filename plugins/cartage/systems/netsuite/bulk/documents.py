"""Documents of a batch's plain orders: customers, sales orders and deposits, as the rows would write them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cartage.mapping.columnar import NotColumnar, render
from cartage.mapping.compiled import Compiler
from cartage.mapping.frames import joined, number_text
from cartage.records.document import DOCUMENTS
from cartage.systems.netsuite.bulk.customer_columns import Customers, customers
from cartage.systems.netsuite.bulk.deposit_columns import deposits, due
from cartage.systems.netsuite.bulk.ids import encoded, whole
from cartage.systems.netsuite.bulk.lines import sales_lines
from cartage.systems.netsuite.bulk.order_columns import OrderColumns
from cartage.systems.netsuite.bulk.sums import rates, sums
from cartage.systems.netsuite.bulk.tables import Run, Tables, Unsorted, may_be_plain, plain
from cartage.systems.netsuite.bulk.vectors import Flags, Ints, money, picked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cartage.mapping import TargetMapping
    from cartage.mapping.compiled import Lookup
    from cartage.mapping.frames import Frame
    from cartage.records.batch import Batch
    from cartage.settings import Settings
    from cartage.systems.netsuite.bulk.sums import Sums
    from cartage.systems.netsuite.orders.known import Known


@dataclass(frozen=True)
class _Part:
    """Documents of one type.

    Attributes:
        owner: place of each one's order in the batch.
        place: where each stands among its order's documents.
        type: NetSuite's record type.
        ids: external ids.
        bodies: payloads.
        faulty: which payloads could not be written.
        expected, match: as in `DOCUMENTS`, or None.
    """

    owner: Ints
    place: Ints
    type: str
    ids: pa.Array
    bodies: pa.Array
    faulty: Flags
    expected: pa.Array | None = None
    match: pa.Array | None = None


def plain_documents(
    batch: Batch,
    settings: Settings,
    mappings: Mapping[str, TargetMapping],
    lookups: Mapping[str, Lookup],
    known: Known,
    integration: str,
) -> tuple[pa.Table, Flags]:
    """Write the documents of all orders of a batch that are plain and that nothing is wrong with.

    Args:
        batch: orders.
        settings: the run's settings.
        mappings: checked mappings by name.
        lookups: what the mappings look up.
        known: what NetSuite knows.
        integration: name of the integration.

    Returns:
        The documents, those of an order together, and which orders of the batch they are of.
    """
    done = np.zeros(len(batch), bool)
    made: list[pa.Table] = []
    if len(batch) and may_be_plain(settings.orders):
        try:
            tables = Tables.of(batch)
            for name in pc.unique(batch.root["site"]).to_pylist():
                if name not in settings.sites:
                    continue
                run = Run(settings, name, settings.sites[name], known, integration)
                of_site, good = _of_site(tables, run, mappings, lookups)
                made.append(of_site)
                done |= good
        except (NotColumnar, Unsorted):
            return DOCUMENTS.empty_table(), np.zeros(len(batch), bool)
    return pa.concat_tables(made) if made else DOCUMENTS.empty_table(), done


def _of_site(
    tables: Tables, run: Run, mappings: Mapping[str, TargetMapping], lookups: Mapping[str, Lookup]
) -> tuple[pa.Table, Flags]:
    good = plain(tables, run)
    if not good.any():
        return DOCUMENTS.empty_table(), good
    lines = sales_lines(tables, run, good)
    totals = sums(tables, run, lines, good)
    found = rates(run, lines)
    good[lines.owner[~found.named]] = False
    money_in = due(tables, run, good)
    chosen = np.flatnonzero(good)
    orders = tables.rows["orders"]

    people = customers(tables, run, chosen)
    sales_orders = whole(run.integration, run.name, "so", encoded(picked(orders["order_no"], chosen)))
    parts = [_customers(people, chosen, mappings, lookups)]
    frame = OrderColumns(tables, run, chosen, lines, totals, found).frame(people.references)
    before = np.zeros(len(chosen), np.int64)
    before[people.place] = 1
    parts.append(
        _part(
            mappings["order"],
            lookups,
            frame,
            owner=chosen,
            place=before,
            ids=sales_orders,
            expected=_expected(totals, chosen),
        )  # fmt: skip
    )
    place = np.full(tables.count, -1, np.int64)
    place[chosen] = np.arange(len(chosen))
    paid = np.flatnonzero(good[money_in.owner])
    if len(paid):
        money_in = money_in.only(paid)
        own = place[money_in.owner]
        made = deposits(tables, run, money_in, picked(people.references, own), picked(sales_orders, own))
        turn = np.arange(len(own)) - np.searchsorted(own, own)
        parts.append(
            _part(
                mappings["deposit"],
                lookups,
                made.frame,
                owner=money_in.owner,
                place=before[own] + 1 + turn,
                ids=made.ids,
            )
        )
    return _table(tables, parts, good), good


def _customers(
    people: Customers, chosen: Ints, mappings: Mapping[str, TargetMapping], lookups: Mapping[str, Lookup]
) -> _Part:
    owner = chosen[people.place]
    return _part(
        mappings["customer"], lookups, people.frame, owner=owner, place=np.zeros(len(owner), np.int64), ids=people.ids,
        match=people.matches,
    )  # fmt: skip


def _part(
    mapping: TargetMapping,
    lookups: Mapping[str, Lookup],
    frame: Frame,
    *,
    owner: Ints,
    place: Ints,
    ids: pa.Array,
    expected: pa.Array | None = None,
    match: pa.Array | None = None,
) -> _Part:
    rendered = render(Compiler(mapping.record, lookups), mapping.file.body, frame)
    return _Part(owner, place, mapping.target, ids, rendered.texts, rendered.faulty, expected, match)


def _expected(totals: Sums, chosen: Ints) -> pa.Array:
    """As `tie_out.expected`."""
    shipping, tax, total = (
        number_text(money(each[chosen])) for each in (totals.shipping_cost, totals.tax, totals.total)
    )
    pieces = ['{"shipping":"', shipping, '","tax":"', tax, '","total":"', total, '"}']
    return joined(pieces, len(chosen), lenient=False)


def _table(tables: Tables, parts: list[_Part], good: Flags) -> pa.Table:
    """Put documents together, each order's in their sequence; orders with a faulty one are taken out of `good`."""
    for part in parts:
        good[part.owner[part.faulty]] = False
    owner, place = (np.concatenate([getattr(each, name) for each in parts]) for name in ("owner", "place"))
    sequence = np.lexsort((place, owner))
    sequence = sequence[good[owner[sequence]]]
    owner, place = owner[sequence], place[sequence]
    orders, rows = tables.rows["orders"], pa.array(sequence)

    def each(name: str) -> pa.Array:
        columns = [
            getattr(part, name) if getattr(part, name) is not None else pa.nulls(len(part.owner), pa.string())
            for part in parts
        ]
        return pa.concat_arrays(columns).take(rows)

    types = [pa.repeat(part.type, len(part.owner)) for part in parts]
    bodies = each("bodies")
    columns = {
        "record": picked(orders["order"], owner),
        "document": pa.array(place),
        "kind": pa.repeat("order", len(owner)),
        "key": picked(orders["key"], owner),
        "version": picked(orders["version"], owner),
        "type": pa.concat_arrays(types).take(rows),
        "external_id": each("ids"),
        "action": pa.repeat("upsert", len(owner)),
        "body": bodies,
        "hash": _hashes(bodies),
        "expected": each("expected"),
        "match": each("match"),
    }
    return pa.table([columns[field.name] for field in DOCUMENTS], schema=DOCUMENTS)


def _hashes(texts: pa.Array) -> pa.Array:
    """Give the SHA-256 of each text, without making a Python text of it."""
    if not len(texts):
        return pa.array([], pa.string())
    _, places, content = texts.buffers()
    bounds = np.frombuffer(places, np.int32)[texts.offset : texts.offset + len(texts) + 1].tolist()
    view, sha256 = memoryview(content), hashlib.sha256
    pairs = zip(bounds[:-1], bounds[1:], strict=True)
    return pa.array([sha256(view[begin:end]).hexdigest() for begin, end in pairs], pa.string())
