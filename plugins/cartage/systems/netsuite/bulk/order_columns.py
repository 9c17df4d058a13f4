"""The columns that the mapping `order` reads, for plain orders: `payload_rows.order_row` and `line_row` for all at once."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cartage.mapping import canonical
from cartage.mapping.frames import Children, Column, Const, Frame, Json
from cartage.records import order as record
from cartage.records.columns import ADDRESS_PARTS
from cartage.systems.netsuite.bulk.attributes import Attributes
from cartage.systems.netsuite.bulk.line_columns import LineColumns
from cartage.systems.netsuite.bulk.sums import Sums
from cartage.systems.netsuite.bulk.vectors import (
    Flags,
    Ints,
    flags,
    money,
    offsets,
    picked,
    replaced,
    some,
    together,
    where,
    words,
)
from cartage.systems.netsuite.orders import taxes
from cartage.systems.netsuite.orders.columns import ADDRESS, ORDER, TAX_DETAIL
from cartage.systems.netsuite.orders.model import join
from cartage.systems.netsuite.orders.rows import plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from cartage.systems.netsuite.bulk.lines import Lines
    from cartage.systems.netsuite.bulk.parts import Parts
    from cartage.systems.netsuite.bulk.sums import Rates
    from cartage.systems.netsuite.bulk.tables import Run, Tables
    from cartage.systems.netsuite.bulk.vectors import Rows

_PERSON = ("title", "first_name", "second_name", "last_name", "suffix")


@dataclass(frozen=True)
class Plain:
    """Plain orders: their tables, their sales orders and what these come to."""

    tables: Tables
    run: Run
    parts: Parts
    lines: Lines
    sums: Sums
    rates: Rates
    stores: pa.Array


class OrderColumns:
    """Columns of sales orders, of their lines and of their taxes.

    Args:
        orders: plain orders.
        chosen: places of the sales orders.
        closing: whether they are closed: then nothing stands on them but the header.
    """

    def __init__(self, orders: Plain, chosen: Ints, *, closing: bool = False) -> None:
        self._orders, self._chosen, self._closing = orders, chosen, closing
        self._tables, self._run, self._lines = orders.tables, orders.run, orders.lines
        self._sums = Sums.nothing(len(orders.parts)) if closing else orders.sums
        self._order, self._shipment = orders.parts.order[chosen], orders.parts.shipment[chosen]
        place = np.full(len(orders.parts), -1, np.int64)
        place[chosen] = np.arange(len(chosen))
        self._of_line = np.full(len(self._lines.row), -1) if closing else place[orders.parts.of_line]
        self._attributes = Attributes(orders.tables)

    def frame(self, customers: pa.Array) -> Frame:
        """Give the sales orders, given the JSON of each one's reference to its customer."""
        orders, run, count = self._tables.rows["orders"], self._run, len(self._chosen)
        columns: dict[str, Any] = {name: Const(None) for name in ORDER}
        columns |= {name: self._own(orders, name, self._order) for name in record.ORDERS.names}
        columns |= self._payments() | self._addresses() | self._amounts() | self._words()
        columns |= {
            "attributes": lambda: self._attributes.by_name(self._order, self._shipment),
            "other_attributes": lambda: self._attributes.of_orders_as_json(
                self._order, self._shipment, run.settings.orders.attributes.order
            ),
            "site": Const(run.name),
            "customer_ref": Json(customers),
            "subsidiary_id": Const(run.site.subsidiary),
            "currency_id": lambda: currency_ids(run, picked(orders["currency"], self._order)),
            "location_id": Const(run.site.location),
            "order_status_id": Const(run.site.order_status),
            "tax_mode": Const(run.settings.orders.tax),
            "integration": Const(run.integration),
            "guest": lambda: _true_or_null(picked(orders["customer_guest"], self._order)),
            "shipment_id": self._suffix,
        }
        return Frame(count, columns, {"lines": self._line_rows(), "tax_details": self._tax_rows()})

    def _suffix(self) -> pa.Array:
        shipment = picked(self._tables.rows["shipments"]["shipment_id"], self._shipment)
        return where(self._orders.parts.several[self._chosen], shipment)

    def _own(self, rows: Rows, name: str, places: Ints) -> Callable[[], Column]:
        def get() -> Column:
            column = rows[name]
            return Const(None) if column.null_count == len(column) else picked(column, places)

        return get

    def _payments(self) -> dict[str, Any]:
        """As `payments.noted`."""
        payments = self._tables.rows["payments"]
        bounds = offsets(self._tables.owners["payments"], self._tables.count)
        first = self._tables.first("payments")[self._order]
        several = (np.diff(bounds) > 1)[self._order]

        def noted(texts: Callable[[], pa.Array]) -> Callable[[], Column]:
            def get() -> Column:
                if not len(payments):
                    return Const(None)
                words = texts()

                def words_of(place: int) -> str | None:
                    owner = self._order[place]
                    return join(words[bounds[owner] : bounds[owner + 1]].to_pylist())

                return replaced(picked(words, first), several, words_of)

            return get

        return {
            "payment_methods": noted(lambda: pc.coalesce(some(payments["method"]), payments["kind"])),
            "payment_processors": noted(lambda: payments["processor_id"]),
            "payment_ids": noted(lambda: payments["transaction_id"]),
            "gift_certificates": noted(lambda: payments["certificate_id"]),
        }

    def _addresses(self) -> dict[str, Any]:
        orders, shipments = self._tables.rows["orders"], self._tables.rows["shipments"]
        return _address("billing_", orders, "bill_", self._order) | _address(
            "shipping_", shipments, "ship_", self._shipment
        )

    def _amounts(self) -> dict[str, Any]:
        sums, chosen = self._sums, self._chosen
        return {
            "shipping_cost": lambda: money(sums.shipping_cost[chosen], sums.has_cost[chosen]),
            "shop_total": lambda: money((sums.total + sums.tenders)[chosen]),
            "shop_tax": lambda: money(sums.tax[chosen]),
            "shop_shipping": lambda: money((sums.shipping_cost + sums.on_lines)[chosen]),
            "shop_discount": lambda: money(-sums.discount[chosen]),
        }

    def _words(self) -> dict[str, Any]:
        shipments, notes, orders = (self._tables.rows[each] for each in ("shipments", "notes", "orders"))
        adjustments, owners = self._tables.rows["adjustments"], self._tables.owners["adjustments"]

        def promotions() -> Column:
            of_totals = np.flatnonzero(~adjustments.has("line"))
            return self._together(owners[of_totals], picked(adjustments["promotion_id"], of_totals))

        def note_texts() -> Column:
            texts = pc.coalesce(some(notes["text"]), notes["subject"])
            return self._together(self._tables.owners["notes"], texts)

        def pair(code: str, text: str) -> Callable[[], Column]:
            return lambda: _two_words(picked(orders[code], self._order), picked(orders[text], self._order))

        return {
            "gift": lambda: _true_or_null(picked(shipments["gift"], self._shipment)),
            "gift_message": self._own(shipments, "gift_message", self._shipment),
            "shipping_method": Const(None)
            if self._closing
            else self._own(shipments, "shipping_method", self._shipment),
            "pickup_store": self._pickup_stores,
            "promotions": promotions,
            "coupons": self._coupons,
            "note_texts": note_texts,
            "affiliate": pair("affiliate_partner_name", "affiliate_partner_id"),
            "cancel_reason": pair("cancel_code", "cancel_description"),
            "replace_reason": pair("replace_code", "replace_description"),
        }

    def _together(self, owners: Ints, texts: pa.Array) -> Column:
        """Put texts together by order, given the place of each one's order, ascending."""
        if not len(texts):
            return Const(None)
        return picked(together(owners, texts, self._tables.count), self._order)

    def _coupons(self) -> Column:
        """Coupons of totals first, then those of lines, as the lines stand in their table."""
        adjustments, owners = self._tables.rows["adjustments"], self._tables.owners["adjustments"]
        coupons = adjustments["coupon_id"]
        if coupons.null_count == len(coupons):
            return Const(None)
        line = adjustments.number("line")
        sequence = np.lexsort((np.arange(len(line)), line, owners))  # lines are numbered as they stand
        return self._together(owners[sequence], picked(coupons, sequence))

    def _pickup_stores(self) -> Column:
        store = self._orders.stores
        rows = np.flatnonzero(flags(pc.is_valid(store)) & (self._of_line >= 0))
        if not len(rows):
            return Const(None)
        return together(self._of_line[rows], picked(store, rows), len(self._chosen), 300)

    def _line_rows(self) -> Children:
        """Lines of the sales orders, without the shipping that stands on the header."""
        on_header = self._lines.of_shipping & self._sums.on_header[self._orders.parts.of_line]
        own = np.flatnonzero((self._of_line >= 0) & ~on_header)
        frame = Frame(len(own), LineColumns(self._orders, own, self._attributes).columns())
        return Children(frame, offsets(self._of_line[own], len(self._chosen)))

    def _tax_rows(self) -> Children:
        """A row for each line's tax, then those of shipping on the header."""
        lines, sums, found, part = self._lines, self._sums, self._orders.rates, self._orders.parts.of_line
        header = lines.of_shipping & sums.on_header[part]
        own = np.flatnonzero((self._of_line >= 0) & lines.taxed)
        own = own[np.lexsort((own, header[own], self._of_line[own]))]
        header = header[own]
        basis = np.where(header, sums.shipping_cost[part[own]], lines.after[own])
        amount = lines.tax_after[own]

        def rate() -> Column:
            percent = picked(found.percent, own)
            lacking = flags(pc.is_null(percent))
            return Json(replaced(percent, lacking, lambda row: _implied(int(basis[row]), int(amount[row]))))

        columns: dict[str, Any] = {name: Const(None) for name in TAX_DETAIL}
        columns |= {
            "reference": lambda: where(header, "SHIPPING", picked(lines.column("line_id"), own)),
            "tax_code": lambda: picked(found.code, own),
            "tax_type": lambda: picked(found.type, own),
            "basis": lambda: money(basis),
            "rate": rate,
            "amount": lambda: money(amount),
        }
        return Children(Frame(len(own), columns), offsets(self._of_line[own], len(self._chosen)))


def currency_ids(run: Run, currencies: pa.Array) -> pa.Array:
    """Give NetSuite's ids of currencies."""
    names = list(run.site.currencies)
    place = pc.index_in(currencies, value_set=pa.array(names, pa.string()))
    return pa.array([run.site.currencies[name] for name in names], pa.string()).take(place)


def _address(name: str, rows: Rows, prefix: str, places: Ints) -> dict[str, Any]:
    """As `shipments.put_address`."""

    def part(of: str) -> pa.Array:
        return picked(rows[f"{prefix}{of}"], places)

    def person() -> pa.Array:
        return words(*(part(each) for each in _PERSON))

    made: dict[str, Any] = {
        "addressee": lambda: pc.coalesce(some(part("company_name")), person()),
        "attention": lambda: where(flags(pc.is_valid(some(part("company_name")))), person()),
        "addr3": lambda: words(part("suite"), part("postbox")),
    }
    same = {"addr1": "address1", "addr2": "address2", "city": "city", "zip": "postal_code", "state": "state_code"}
    same |= {"country": "country_code", "phone": "phone"}
    assert set(same.values()) <= set(ADDRESS_PARTS)
    assert {*made, *same} == set(ADDRESS)
    made |= {to: (lambda of=of: part(of)) for to, of in same.items()}
    return {f"{name}{to}": get for to, get in made.items()}


def _two_words(codes: pa.Array, texts: pa.Array) -> Column:
    there: Flags = flags(pc.or_(pc.is_valid(codes), pc.is_valid(texts)))
    if not there.any():
        return Const(None)
    return replaced(
        pa.nulls(len(codes), pa.string()), there, lambda row: join((codes[row].as_py(), texts[row].as_py()), 300)
    )


def _true_or_null(given: pa.Array) -> Column:
    return where(flags(given), True)


def _implied(basis: int, amount: int) -> str:
    return canonical.number(taxes.implied(plain(Decimal(basis).scaleb(-6)), plain(Decimal(amount).scaleb(-6))))
