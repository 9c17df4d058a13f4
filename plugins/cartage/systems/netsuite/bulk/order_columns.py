"""The columns that the mapping `order` reads, for plain orders: `payload_rows.order_row` and `line_row` for all at once."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cartage.mapping import canonical
from cartage.mapping.frames import Children, Column, Const, Frame, Json, Values, number_text
from cartage.records import order as record
from cartage.records.columns import ADDRESS_PARTS
from cartage.systems.netsuite.bulk.lines import OPTION, PRODUCT
from cartage.systems.netsuite.bulk.tables import constant
from cartage.systems.netsuite.bulk.vectors import (
    MICRO,
    Flags,
    Ints,
    flags,
    micros,
    money,
    offsets,
    picked,
    replaced,
    some,
    together,
    where,
    words,
)
from cartage.systems.netsuite.orders import attributes, taxes
from cartage.systems.netsuite.orders.columns import ADDRESS, LINE, ORDER, TAX_DETAIL
from cartage.systems.netsuite.orders.model import join
from cartage.systems.netsuite.orders.payload_rows import RATE
from cartage.systems.netsuite.orders.rows import Row, plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from cartage.systems.netsuite.bulk.lines import Lines
    from cartage.systems.netsuite.bulk.sums import Rates, Sums
    from cartage.systems.netsuite.bulk.tables import Run, Tables
    from cartage.systems.netsuite.bulk.vectors import Rows

_PERSON = ("title", "first_name", "second_name", "last_name", "suffix")
_KIND_NAMES = pa.array(["product", "option", "shipping", "product_shipping"])


class OrderColumns:
    """Columns of plain orders, of their lines and of their taxes.

    Args:
        tables: the batch.
        run: what is the same for all.
        chosen: places of the orders.
        lines: all lines of these and of others.
        sums: what each order comes to.
        found: rates of the lines.
    """

    def __init__(self, tables: Tables, run: Run, chosen: Ints, lines: Lines, sums: Sums, found: Rates) -> None:
        self._tables, self._run, self._chosen = tables, run, chosen
        self._lines, self._sums, self._rates = lines, sums, found
        self._shipment = tables.first("shipments")[chosen]
        place = np.full(tables.count, -1, np.int64)
        place[chosen] = np.arange(len(chosen))
        self._place = place
        self._attributes = _Attributes(tables)

    def frame(self, customers: pa.Array) -> Frame:
        """Give the orders, given the JSON of each one's reference to its customer."""
        orders, run, count = self._tables.rows["orders"], self._run, len(self._chosen)
        columns: dict[str, Any] = {name: Const(None) for name in ORDER}
        columns |= {name: self._own(orders, name, self._chosen) for name in record.ORDERS.names}
        columns |= self._payments() | self._addresses() | self._amounts() | self._words()
        columns |= {
            "attributes": lambda: self._attributes.values(self._attributes.of_orders, self._chosen),
            "other_attributes": lambda: self._attributes.as_json(
                self._attributes.of_orders, self._chosen, list(run.settings.orders.attributes.order)
            ),
            "site": Const(run.name),
            "customer_ref": Json(customers),
            "subsidiary_id": Const(run.site.subsidiary),
            "currency_id": lambda: currency_ids(run, picked(orders["currency"], self._chosen)),
            "location_id": Const(run.site.location),
            "order_status_id": Const(run.site.order_status),
            "tax_mode": Const(run.settings.orders.tax),
            "integration": Const(run.integration),
            "guest": lambda: _true_or_null(picked(orders["customer_guest"], self._chosen)),
        }
        children = {"lines": self._line_rows(), "tax_details": self._tax_rows()}
        return Frame(count, columns, children)

    def _own(self, rows: Rows, name: str, places: Ints) -> Callable[[], Column]:
        def get() -> Column:
            column = rows[name]
            return Const(None) if column.null_count == len(column) else picked(column, places)

        return get

    def _payments(self) -> dict[str, Any]:
        """As `payments.noted`."""
        payments = self._tables.rows["payments"]
        bounds = offsets(self._tables.owners["payments"], self._tables.count)
        first = self._tables.first("payments")[self._chosen]
        several = (np.diff(bounds) > 1)[self._chosen]

        def noted(texts: Callable[[], pa.Array]) -> Callable[[], Column]:
            def words_of(place: int) -> str | None:
                owner = self._chosen[place]
                return join(texts()[bounds[owner] : bounds[owner + 1]].to_pylist())

            def get() -> Column:
                return replaced(picked(texts(), first), several, words_of) if len(payments) else Const(None)

            return get

        return {
            "payment_methods": noted(lambda: pc.coalesce(some(payments["method"]), payments["kind"])),
            "payment_processors": noted(lambda: payments["processor_id"]),
            "payment_ids": noted(lambda: payments["transaction_id"]),
            "gift_certificates": noted(lambda: payments["certificate_id"]),
        }

    def _addresses(self) -> dict[str, Any]:
        orders, shipments = self._tables.rows["orders"], self._tables.rows["shipments"]
        return _address("billing_", orders, "bill_", self._chosen) | _address(
            "shipping_", shipments, "ship_", self._shipment
        )

    def _amounts(self) -> dict[str, Any]:
        sums, chosen = self._sums, self._chosen
        return {
            "shipping_cost": lambda: money(sums.shipping_cost[chosen], sums.has_cost[chosen]),
            "shop_total": lambda: money(sums.total[chosen]),
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
            return lambda: _two_words(picked(orders[code], self._chosen), picked(orders[text], self._chosen))

        return {
            "gift": lambda: _true_or_null(picked(shipments["gift"], self._shipment)),
            "gift_message": self._own(shipments, "gift_message", self._shipment),
            "shipping_method": self._own(shipments, "shipping_method", self._shipment),
            "pickup_store": self._pickup_stores,
            "promotions": promotions,
            "coupons": self._coupons,
            "note_texts": note_texts,
            "affiliate": pair("affiliate_partner_name", "affiliate_partner_id"),
            "cancel_reason": pair("cancel_code", "cancel_description"),
            "replace_reason": pair("replace_code", "replace_description"),
        }

    def _together(self, owners: Ints, texts: pa.Array, longest: int = 4000) -> Column:
        """Put texts together by order, given the place of each one's order, ascending."""
        if not len(texts):
            return Const(None)
        return picked(together(owners, texts, self._tables.count, longest), self._chosen)

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
        lines = self._lines
        stores = pa.array(list(self._run.site.stores), pa.string())
        store = lines.column("inventory_list_id")
        there = flags(pc.is_in(store, value_set=stores)) & np.isin(lines.kind, (PRODUCT, OPTION))
        rows = np.flatnonzero(there)
        return self._together(lines.owner[rows], picked(store, rows), 300)

    def _line_rows(self) -> Children:
        """Lines of the chosen orders, without the shipping that stands on the header."""
        lines = self._lines
        owner = self._place[lines.owner]
        own = np.flatnonzero((owner >= 0) & ~(lines.of_shipping & self._sums.on_header[lines.owner]))
        frame = Frame(len(own), _LineColumns(self, own).columns())
        return Children(frame, offsets(owner[own], len(self._chosen)))

    def _tax_rows(self) -> Children:
        """A row for each line's tax, then those of shipping on the header."""
        lines, sums, found = self._lines, self._sums, self._rates
        place = self._place[lines.owner]
        header = lines.of_shipping & sums.on_header[lines.owner]
        own = np.flatnonzero(place >= 0)
        own = own[np.lexsort((own, header[own], place[own]))]
        header = header[own]
        basis = np.where(header, sums.shipping_cost[lines.owner[own]], lines.after[own])
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
        return Children(Frame(len(own), columns), offsets(place[own], len(self._chosen)))

    def line_attributes(self, rows: Ints) -> tuple[Callable[[], Column], Callable[[], Column]]:
        """Give the custom attributes of lines, given their rows: those by name, and the others as JSON."""
        found, but = self._attributes, list(self._run.settings.orders.attributes.line)
        return lambda: found.values(found.of_lines, rows), lambda: found.as_json(found.of_lines, rows, but)

    @property
    def parts(self) -> tuple[Tables, Run, Lines, Rates]:
        """What the columns of lines are made of."""
        return self._tables, self._run, self._lines, self._rates


class _LineColumns:
    """Columns of some lines, given their places among all."""

    def __init__(self, orders: OrderColumns, own: Ints) -> None:
        self._orders = orders
        self._tables, self._run, self._lines, self._rates = orders.parts
        self._places = own
        self._kind = self._lines.kind[own]
        self._row = self._lines.row[own]
        self._shipping = self._lines.of_shipping[own]

    def columns(self) -> dict[str, Any]:
        """Give them, most of them to be made when they are asked for."""
        lines, places = self._lines, self._places
        kinds, option = pa.array(self._kind), self._kind == OPTION
        by_name, as_json = self._orders.line_attributes(self._row)
        columns: dict[str, Any] = {name: Const(None) for name in LINE}
        columns |= {name: self._own(name) for name in record.LINES.names}
        columns |= {
            "attributes": by_name,
            "other_attributes": as_json,
            "line_kind": lambda: _KIND_NAMES.take(kinds),
            "item": self._items,
            "quantity": self._quantity,
            "amount": lambda: money(lines.after[places]),
            "shipment_id": self._shipments,
            "description": self._description,
            "rate": self._unit_price,
            "line_discount": lambda: money(-lines.off_net[places], lines.off_net[places] != 0),
            "line_tax": lambda: money(lines.tax_after[places]),
            "tax_reference": self._own("line_id"),
            "line_promotions": lambda: self._adjusted("promotion_id"),
            "line_coupons": lambda: self._adjusted("coupon_id"),
            "tax_percent": lambda: Json(picked(self._rates.percent, places)),
            "location_id": self._locations,
            "bonus": lambda: where(
                (self._kind == PRODUCT) & (lines.net > 0)[places] & (lines.after == 0)[places], True
            ),
            "option_of": lambda: where(option, picked(lines.rows["line_id"], lines.parent[places])),
            "option": lambda: where(option, self._option_words()),
        }
        return columns

    def _own(self, name: str) -> Callable[[], Column]:
        def get() -> Column:
            column = self._lines.rows[name]
            return Const(None) if column.null_count == len(column) else picked(column, self._row)

        return get

    def _items(self) -> Column:
        item = constant(self._run.settings.orders.items.shipping, len(self._row))
        return where(self._shipping, item, picked(self._lines.rows["product_id"], self._row))

    def _quantity(self) -> pa.Array:
        return where(~self._shipping, picked(self._lines.or_parents("quantity"), self._places))

    def _shipments(self) -> Column:
        shipment = self._tables.first("shipments")[self._lines.owner[self._places]]
        return picked(self._tables.rows["shipments"]["shipment_id"], shipment)

    def _description(self) -> Column:
        rows = self._lines.rows
        text, name = (picked(rows[each], self._row) for each in ("text", "product_name"))
        name = where(self._shipping, pc.coalesce(some(picked(rows["item_id"], self._row)), name), name)
        return pc.coalesce(some(text), name)

    def _unit_price(self) -> Column:
        """A unit's price only informs: the amount divided by the quantity, as exactly as NetSuite keeps it."""
        amounts = self._lines.after[self._places]
        units, there, _ = micros(self._quantity())
        whole = number_text(money(amounts))
        several = there & (units != MICRO) & (units != 0)
        texts = replaced(whole, several, lambda row: _per_unit(int(amounts[row]), int(units[row])))
        return Json(where(there & (units != 0), texts))

    def _adjusted(self, name: str) -> Column:
        adjustments, promotions = self._tables.rows["adjustments"], self._lines.promotions
        if not len(promotions.line):
            return Const(None)
        texts = picked(adjustments[name], promotions.row)
        return picked(together(promotions.line, texts, len(self._lines.owner)), self._places)

    def _locations(self) -> Column:
        stores = self._run.site.stores
        lists = picked(self._lines.rows["inventory_list_id"], self._row)
        if not stores or lists.null_count == len(lists):
            return Const(None)
        place = pc.index_in(lists, value_set=pa.array(list(stores), pa.string()))
        return where(~self._shipping, pa.array(list(stores.values()), pa.string()).take(place))

    def _option_words(self) -> pa.Array:
        option, value = (
            pc.fill_null(picked(self._lines.rows[each], self._row), "None") for each in ("option_id", "value_id")
        )
        return pc.binary_join_element_wise(option, value, ": ")


class _Attributes:
    """Custom attributes by the row that has them; few rows do, so these are taken one by one."""

    def __init__(self, tables: Tables) -> None:
        self.of_orders: dict[int, list[Row]] = defaultdict(list)
        self.of_lines: dict[int, list[Row]] = defaultdict(list)
        table = tables.rows["attributes"]
        if not len(table):
            return
        owners = tables.owners["attributes"].tolist()
        shipments = tables.rows["shipments"].number("shipment")[tables.first("shipments")]
        lines = {number: row for row, number in enumerate(tables.rows["lines"].number("line").tolist())}
        names = ("owner", "owner_row", "name", "locale", "value", "values")
        columns = (table[name].to_pylist() for name in names)
        of_shipments: dict[int, list[Row]] = defaultdict(list)
        for place, values in zip(owners, zip(*columns, strict=True), strict=True):
            each = dict(zip(names, values, strict=True))
            if each["owner"] == "order" and each["name"] not in record.OWN_ATTRIBUTES:
                self.of_orders[place].append(each)
            elif each["owner"] == "shipment" and each["owner_row"] == shipments[place]:
                of_shipments[place].append(each)
            elif each["owner"] == "line" and each["owner_row"] in lines:
                self.of_lines[lines[each["owner_row"]]].append(each)
        self._of_orders_alone = {place: list(found) for place, found in self.of_orders.items()}
        for place, found in of_shipments.items():
            self.of_orders[place] += found

    def values(self, found: dict[int, list[Row]], rows: Ints) -> Column:
        """Give attributes by name, for each row; of an order only its own."""
        alone = self._of_orders_alone if found is self.of_orders and found else found
        return Values([attributes.values(alone.get(row, ())) for row in rows.tolist()])

    def as_json(self, found: dict[int, list[Row]], rows: Ints, but: list[str]) -> Column:
        """Give attributes as JSON, but those that have a field of their own."""
        if not found:
            return Const(None)
        texts = [attributes.as_json(found[row], but) if row in found else None for row in rows.tolist()]
        return pa.array(texts, pa.string())


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


@lru_cache(maxsize=16_384)
def _per_unit(amount: int, units: int) -> str:
    return canonical.number((Decimal(amount) / Decimal(units)).quantize(RATE))


def _implied(basis: int, amount: int) -> str:
    return canonical.number(taxes.implied(plain(Decimal(basis).scaleb(-6)), plain(Decimal(amount).scaleb(-6))))
