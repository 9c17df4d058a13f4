"""Records into documents: what an order or a customer of the shop becomes in NetSuite.

The sums of a batch are made in Arrow; what NetSuite must know by name is asked for once a batch; then each record
is put together and rendered by the mappings of ``include/mappings/netsuite``. A record that cannot be
carried is quarantined with every reason that was found, and costs no other record.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cartage.errors import Complaint
from cartage.mapping import MappingFault, canonical, only_fields
from cartage.records.batch import Batch
from cartage.records.columns import MONEY
from cartage.records.document import DOCUMENTS
from cartage.records.order import TOTALS
from cartage.records.outcome import Outcome, Verdict
from cartage.seams import Cut, Transformed
from cartage.systems.netsuite.bulk.documents import plain_documents
from cartage.systems.netsuite.orders import attributes, customers, payload_rows, tie_out
from cartage.systems.netsuite.orders.amounts import minor_unit, with_adjustments, with_known
from cartage.systems.netsuite.orders.assemble import CLOSED, Assembled, assemble
from cartage.systems.netsuite.orders.columns import CLOSING, LINE, LOOKUPS, OFFERED, ORDER
from cartage.systems.netsuite.orders.known import Known, ask, check_deposit, check_order
from cartage.systems.netsuite.orders.model import SalesOrder, ShopOrder
from cartage.systems.netsuite.orders.rows import Row, by, rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cartage.mapping import TargetMapping
    from cartage.mapping.compiled import Lookup, Shortened
    from cartage.seams import References
    from cartage.settings import Settings, Site

Render = Callable[[Row], dict[str, Any]]


def to_documents(
    batch: Batch,
    *,
    settings: Settings,
    mappings: dict[str, TargetMapping],
    references: References,
    integration: str,
) -> Transformed:
    """Turn a batch of orders or customers into documents.

    Args:
        batch: records of kind order or customer.
        settings: the run's settings.
        mappings: for orders `order`, `customer`, `contact` and `deposit`; for customers `customer` and `contact`.
        references: what NetSuite knows by the shop's names, asked for in bulk.
        integration: name of the integration, the beginning of every external id.

    Raises:
        SettingsError: when a mapping names a column or a lookup that there is none of, with file and line.
        ValueError: when the batch holds records of another kind.
    """
    known = known_of(batch, settings, references)
    return transform_with(batch, known, settings=settings, mappings=mappings, integration=integration)


def known_of(batch: Batch, settings: Settings, references: References) -> Known | None:
    """Ask NetSuite for everything that a batch needs; customers need nothing."""
    return ask(batch, settings, references) if batch.record == "order" else None


def transform_with(
    batch: Batch,
    known: Known | None,
    *,
    settings: Settings,
    mappings: dict[str, TargetMapping],
    integration: str,
) -> Transformed:
    """Do what `to_documents` does once NetSuite was asked: without any connection, so that any process can do it."""
    with _no_collection():
        if batch.record == "order" and known is not None:
            return _orders(batch, settings, mappings, known, integration)
        if batch.record == "customer":
            return _customers(batch, settings, mappings, integration)
    raise ValueError(f"NetSuite takes orders and customers here, not records of kind {batch.record}")


@contextmanager
def _no_collection() -> Iterator[None]:
    """Let the garbage collector rest: it would walk a batch's rows again and again, and they hold no cycles.

    It doubles the time of a batch otherwise.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class _Writer:
    """Collects documents and verdicts; a record gets all of its documents, or a verdict and none."""

    def __init__(self, kind: str, mappings: Mapping[str, TargetMapping], lookups: Mapping[str, Lookup]) -> None:
        self._kind = kind
        self._mappings, self._lookups = mappings, lookups
        self._renders: dict[str, Render] = {}
        self._rows: list[tuple[Any, ...]] = []
        self._cut: list[Shortened] = []
        self._shortened: list[Cut] = []
        self.verdicts: list[Verdict] = []

    def write(self, columns: Row, row_number: int, drafts: Iterable[_Draft], complaints: Iterable[Complaint]) -> None:
        """Render a record's documents, or note why it cannot be carried."""
        faults = list(complaints)
        found: list[tuple[Any, ...]] = []
        self._cut.clear()
        for place, draft in enumerate(drafts if not faults else ()):
            try:
                body = self._render(draft.mapping)(draft.row)
            except MappingFault as fault:
                faults.append(fault.complaint)
                continue
            text, digest = canonical.written(body)
            found.append(
                (
                    row_number, place, self._kind, columns["key"], columns["version"], draft.type, draft.external_id,
                    draft.action, text, digest, draft.expected, draft.match,
                )
            )  # fmt: skip
        if faults:
            self.verdicts.append(Verdict(row_number, columns["key"], Outcome.QUARANTINED, tuple(faults)))
        else:
            self._rows += found
            key = columns["key"]
            self._shortened += [
                Cut(row_number, key, each.field or each.path, each.length, each.max) for each in self._cut
            ]

    def _render(self, name: str) -> Render:
        """Compile a mapping when the first record needs it: many batches have none that needs it."""
        if name not in self._renders:
            self._renders[name] = self._mappings[name].compile(self._lookups, self._cut.append)
        return self._renders[name]

    def transformed(self) -> Transformed:
        """Give all that was written."""
        columns = list(zip(*self._rows, strict=True)) or [()] * len(DOCUMENTS)
        table = pa.table(
            [pa.array(values, field.type) for values, field in zip(columns, DOCUMENTS, strict=True)], schema=DOCUMENTS
        )
        return Transformed(Batch("document", {"documents": table}), self.verdicts, tuple(self._shortened))


@dataclass(slots=True)
class _Draft:
    """A document before it is rendered."""

    mapping: str
    type: str
    external_id: str
    row: Row
    action: str = "upsert"
    expected: str | None = None
    match: str | None = None


def _orders(
    batch: Batch, settings: Settings, mappings: dict[str, TargetMapping], known: Known, integration: str
) -> Transformed:
    """Do plain orders by columns, and the others row by row."""
    order = attributes.with_fields(mappings["order"], settings.orders.attributes)
    lookups = _lookups(settings, known)
    checked = {**_checked(mappings, ("customer", "contact", "deposit")), **_checked({"order": order}, ("order",))}
    checked["closing"] = only_fields(checked["order"], CLOSING)
    plain = plain_documents(batch, checked, lookups, settings=settings, known=known, integration=integration)
    if plain.done.all():
        return _in_sequence(plain.documents, [], plain.shortened)
    writer = _Writer("order", checked, lookups)
    rest = batch.only(batch.root["order"].filter(pa.array(~plain.done))) if plain.done.any() else batch
    for each in _shop_orders(rest, _unread(order)):
        site = settings.sites.get(each.columns["site"])
        _check(each, site)
        drafts: list[_Draft] = []
        if site is not None and not each.complaints:
            drafts = _order_drafts(each, settings, site, integration, known)
        writer.write(each.columns, each.columns["order"], drafts, each.complaints)
    others = writer.transformed()
    documents = pa.concat_tables([plain.documents, others.documents.root])
    return _in_sequence(documents, others.verdicts, [*plain.shortened, *others.shortened])


def _checked(mappings: Mapping[str, TargetMapping], names: Iterable[str]) -> dict[str, TargetMapping]:
    return {name: mappings[name].check(OFFERED[name], LOOKUPS) for name in names}


def _in_sequence(documents: pa.Table, verdicts: list[Verdict], shortened: list[Cut]) -> Transformed:
    """Put documents into the sequence of their records, those of each record into their own."""
    whole = documents.combine_chunks()
    sequence = np.lexsort((whole["document"].to_numpy(), whole["record"].to_numpy()))
    told = tuple(sorted(shortened, key=lambda each: (each.row, each.field, each.length)))
    return Transformed(Batch("document", {"documents": whole.take(pa.array(sequence))}), verdicts, told)


def _lookups(settings: Settings, known: Known | None) -> dict[str, Lookup]:
    zones = {name: site.zone for name, site in settings.sites.items()}
    return {
        "item": known.items.get if known else _nothing,
        "shipping_method": known.shipping_methods.get if known else _nothing,
        "zone": zones.get,
    }


def _nothing(_: str) -> None:
    """Customers look nothing up."""


def _unread(mapping: TargetMapping) -> list[str]:
    """Give the totals of an order that its mapping does not name: most mappings name none, and they cost time."""
    totals = [f"{name}_{part}" for name in TOTALS for part in ("net", "tax", "gross")]
    text = canonical.dumps(mapping.file.model_dump(mode="json"))
    return [name for name in totals if name not in text]


def _shop_orders(batch: Batch, unread: list[str]) -> Iterator[ShopOrder]:
    tables = batch.tables
    adjustments = with_known(tables["adjustments"])
    lines = by(with_adjustments(with_known(tables["lines"]), adjustments), "order", LINE)
    on_lines = by(adjustments, "line")
    of_totals = by(adjustments.filter(pc.is_null(adjustments["line"])), "order")
    tax_items = by(tables["tax_items"], "line")
    places = tables["shipments"]
    shipments = by(places.select([field.name for field in places.schema if field.type != MONEY]), "order")
    payments = by(tables["payments"], "order")
    custom, notes = by(tables["attributes"], "order"), by(tables["notes"], "order")
    for columns in rows(tables["orders"].drop_columns(unread), [*unread, *ORDER]):
        number = columns["order"]
        yield ShopOrder(
            columns, minor_unit(columns["currency"] or ""), lines.get(number, []), of_totals.get(number, []),
            on_lines, tax_items, shipments.get(number, []), payments.get(number, []), custom.get(number, []),
            notes.get(number, []),
        )  # fmt: skip


def _check(order: ShopOrder, site: Site | None) -> None:
    """Complain of what no document can do without."""
    columns = order.columns
    if site is None:
        order.complain("unknown_site", f"settings.sites has no site {columns['site']}; add it", "orders.site")
        return
    if columns["order_status"] in CLOSED:
        return
    if columns["currency"] and columns["currency"] not in site.currencies:
        order.complain(
            "unknown_currency",
            f"no NetSuite currency is named for {columns['currency']}; add it to settings.sites.{columns['site']}.currencies",
            "orders.currency",
        )
    missing = {
        "currency": columns["currency"],
        "placed_at": columns["placed_at"],
        "order_gross": tie_out.order_total(order),
        "lines": order.lines or None,
    }
    for name, value in missing.items():
        if value is None:
            column = name if name == "lines" else f"orders.{name}"
            order.complain("missing_required", f"the order has no {name}; have the shop export it again", column)


def _order_drafts(order: ShopOrder, settings: Settings, site: Site, integration: str, known: Known) -> list[_Draft]:
    made = assemble(order, settings, site, integration)
    multi = any(part.extra.get("multi_ship_to") for part in made.sales_orders)
    customer, people = customers.of_order(order, settings, site, integration, ship_to=multi)
    if order.columns["order_status"] in CLOSED:
        return _closing_drafts(order, made, settings, site=site, customer=customer, integration=integration)
    drafts = [_person(each) for each in people]
    for part in made.sales_orders:
        row = payload_rows.order_row(order, part, settings, site=site, customer=customer, integration=integration)
        check_order(order, row, known, settings)
        expected = tie_out.expected(part, settings.orders)
        drafts.append(_Draft("order", "salesOrder", part.external_id, row, expected=expected))
    for deposit in made.deposits:
        row = payload_rows.deposit_row(order, deposit, site=site, customer=customer, integration=integration)
        check_deposit(order, row, known)
        drafts.append(_Draft("deposit", "customerDeposit", deposit.external_id, row))
    return drafts


def _closing_drafts(
    order: ShopOrder, made: Assembled, settings: Settings, *, site: Site, customer: Row, integration: str
) -> list[_Draft]:
    """Ask for an order's sales orders to be closed: by header only, so that nothing wrong with its lines stops it."""
    order.complaints.clear()
    drafts = []
    for part in made.sales_orders:
        header = SalesOrder(part.external_id, part.shipment, part.suffix, [])
        row = payload_rows.order_row(order, header, settings, site=site, customer=customer, integration=integration)
        drafts.append(_Draft("closing", "salesOrder", part.external_id, row, action="cancel"))
    return drafts


def _person(document: customers.CustomerDocument) -> _Draft:
    return _Draft(document.type, document.type, document.external_id, document.columns, match=document.match)


def _customers(batch: Batch, settings: Settings, mappings: dict[str, TargetMapping], integration: str) -> Transformed:
    lookups = _lookups(settings, None)
    checked = _checked(mappings, ("customer", "contact"))
    writer = _Writer("customer", checked, lookups)
    addresses, groups = by(batch.tables["addresses"], "customer"), by(batch.tables["groups"], "customer")
    custom = by(batch.tables["attributes"], "customer")
    for columns in rows(batch.root):
        number, site = columns["customer"], settings.sites.get(columns["site"])
        complaints, drafts = [], []
        if site is None:
            complaints.append(
                Complaint("unknown_site", f"settings.sites has no site {columns['site']}; add it", "customers.site")
            )
        elif not columns["customer_no"]:
            complaints.append(
                Complaint(
                    "missing_required",
                    "the customer has no number; have the shop export it again",
                    "customers.customer_no",
                )
            )
        else:
            found = customers.of_list(
                columns,
                addresses=addresses.get(number, ()),
                groups=groups.get(number, ()),
                attributes=custom.get(number, ()),
                site=site,
                integration=integration,
            )
            drafts = [_person(each) for each in found]
        writer.write(columns, number, drafts, complaints)
    return writer.transformed()
