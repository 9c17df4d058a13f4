"""Columns that expectations may name beside a record's own: facts that take several rows or exact sums to know.

Great Expectations judges a row by its columns. Whether a line's shipment exists, or whether net and tax come
to gross, is computed here first, on whole columns and in decimals, and judged there like any other column.
Each function takes the tables of a batch and gives a column as long as its own table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

Compute = Callable[[Any], pa.ChunkedArray]

_ZERO = pa.scalar(Decimal(0), pa.decimal128(20, 6))
_SUM = pa.decimal128(30, 6)
_GOODS = pa.array(["product", "option", "bundled"])
_SOLD = pa.array(["product", "gift_certificate"])
_CURRENCY_DIGITS = {
    0: ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"),
    3: ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"),
}
"""ISO 4217: currencies whose amounts do not have 2 decimals."""


@dataclass(frozen=True)
class Derived:
    """A derived column.

    Attributes:
        compute: makes it of a batch's tables.
        field: the record's column that a complaint names.
        meaning: what it holds.
        reads: the columns that it is made of, by table.
    """

    compute: Compute
    field: str
    meaning: str
    reads: Mapping[str, tuple[str, ...]]


DERIVED: dict[tuple[str, str], dict[str, Derived]] = {}
"""Derived columns by name, for each record and table."""


def _derived(record: str, table: str, field: str, **reads: str) -> Callable[[Compute], Compute]:
    """Register a derived column of a table, with the columns that it reads of each table beside the link."""

    def register(function: Compute) -> Compute:
        meaning = (function.__doc__ or "").split("\n", 1)[0]
        DERIVED.setdefault((record, table), {})[function.__name__] = Derived(
            function, field, meaning, {name: tuple(columns.split()) for name, columns in reads.items()}
        )
        return function

    return register


@_derived("order", "orders", "lines", lines="kind")
def sold_lines(tables: Mapping[str, pa.Table]) -> pa.ChunkedArray:
    """How many lines of products and gift certificates the order has."""
    orders, lines = tables["orders"], tables["lines"]
    sold = lines.filter(pc.is_in(lines["kind"], value_set=_SOLD))
    return _per_order(orders, sold.group_by("order", use_threads=False).aggregate([([], "count_all")]), "count_all", 0)


@_derived("order", "orders", "order_gross", orders="order_gross order_net order_tax")
def order_gap(tables: Mapping[str, pa.Table]) -> pa.ChunkedArray:
    """By how much the order's gross differs from its net and tax, either way."""
    return _gap(tables["orders"], "order_gross", "order_net", "order_tax")


@_derived(
    "order", "orders", "merchandize_net", orders="taxation merchandize_gross merchandize_net", lines="kind net gross"
)
def merchandize_gap(tables: Mapping[str, pa.Table]) -> pa.ChunkedArray:
    """By how much the merchandise total differs from the sum of its lines, in the prices that the shop shows."""
    lines = tables["lines"]
    priced = lines.filter(pc.is_in(lines["kind"], value_set=pa.array(["product", "option"])))
    return _total_gap(tables["orders"], priced, "merchandize")


@_derived("order", "orders", "shipping_net", orders="taxation shipping_gross shipping_net", lines="kind net gross")
def shipping_gap(tables: Mapping[str, pa.Table]) -> pa.ChunkedArray:
    """By how much the shipping total differs from the sum of its lines, in the prices that the shop shows."""
    lines = tables["lines"]
    priced = lines.filter(pc.is_in(lines["kind"], value_set=pa.array(["shipping", "product_shipping"])))
    return _total_gap(tables["orders"], priced, "shipping")


@_derived("order", "orders", "order_gross", orders="order_gross currency")
def order_decimals(tables: Mapping[str, pa.Table]) -> pa.ChunkedArray:
    """How much of the order's gross is finer than its currency's smallest unit."""
    orders = tables["orders"]
    finer = pc.subtract(orders["order_gross"], pc.round(orders["order_gross"], ndigits=2))
    for digits, currencies in _CURRENCY_DIGITS.items():
        own = pc.subtract(orders["order_gross"], pc.round(orders["order_gross"], ndigits=digits))
        finer = pc.if_else(pc.is_in(orders["currency"], value_set=pa.array(currencies)), own, finer)
    return pc.abs(finer)


@_derived("order", "orders", "payments", orders="order_gross", payments="transaction_type amount")
def paid_gap(tables: Mapping[str, pa.Table]) -> pa.ChunkedArray:
    """By how much the payments differ from the order's gross; null when there is none. Money given back is left out."""
    orders, payments = tables["orders"], tables["payments"]
    given_back = pc.is_in(payments["transaction_type"], value_set=pa.array(["AUTH_REVERSAL", "CREDIT"]))
    paid = payments.filter(pc.invert(given_back)).group_by("order", use_threads=False).aggregate([("amount", "sum")])
    return pc.abs(pc.subtract(_per_order(orders, paid, "amount_sum", None), orders["order_gross"]))


@_derived("order", "lines", "product_id", lines="kind product_id")
def sku(tables: Mapping[str, pa.Table]) -> pa.ChunkedArray:
    """The product of a line of goods, empty when it has none; null on other lines."""
    return _of_goods(tables["lines"], pc.fill_null(tables["lines"]["product_id"], ""))


@_derived("order", "lines", "quantity", lines="kind quantity")
def units(tables: Mapping[str, pa.Table]) -> pa.ChunkedArray:
    """The line's quantity; of a product line without one, zero. Options and other lines need none (order.xsd)."""
    lines = tables["lines"]
    return pc.if_else(pc.equal(lines["kind"], "product"), pc.fill_null(lines["quantity"], _ZERO), lines["quantity"])


@_derived("order", "lines", "gross", lines="gross net tax")
def line_gap(tables: Mapping[str, pa.Table]) -> pa.ChunkedArray:
    """By how much the line's gross differs from its net and tax, either way."""
    return _gap(tables["lines"], "gross", "net", "tax")


@_derived("order", "lines", "shipment_id", lines="kind shipment_id", shipments="shipment_id")
def shipment_known(tables: Mapping[str, pa.Table]) -> pa.ChunkedArray:
    """Whether the order has the shipment that the line names; a product line must name one."""
    lines, shipments = tables["lines"], tables["shipments"]
    known = pc.is_in(_id_in_order(lines), value_set=_id_in_order(shipments).combine_chunks().drop_null())
    return pc.if_else(pc.is_null(lines["shipment_id"]), pc.not_equal(lines["kind"], "product"), known)


@_derived("order", "lines", "parent", lines="kind parent line")
def parent_known(tables: Mapping[str, pa.Table]) -> pa.ChunkedArray:
    """Whether the line that this one belongs to is there; options and bundled products must belong to one."""
    lines = tables["lines"]
    alone = pc.is_in(lines["kind"], value_set=pa.array(["product", "gift_certificate", "shipping"]))
    known = pc.is_in(lines["parent"], value_set=lines["line"].combine_chunks())
    return pc.if_else(pc.is_null(lines["parent"]), alone, known)


@_derived("customer", "customers", "email", customers="email login customer_no")
def reachable(tables: Mapping[str, pa.Table]) -> pa.ChunkedArray:
    """Whether the customer has an e-mail, a login or a customer number to be known by."""
    customers = tables["customers"]
    names = [pc.is_valid(customers[column]) for column in ("email", "login", "customer_no")]
    return pc.or_(pc.or_(names[0], names[1]), names[2])


@_derived("customer", "customers", "last_name", customers="last_name company_name")
def named(tables: Mapping[str, pa.Table]) -> pa.ChunkedArray:
    """Whether the customer has a last name or a company."""
    customers = tables["customers"]
    return pc.or_(pc.is_valid(customers["last_name"]), pc.is_valid(customers["company_name"]))


@_derived("customer", "customers", "addresses", addresses="preferred")
def preferred_addresses(tables: Mapping[str, pa.Table]) -> pa.ChunkedArray:
    """How many addresses the customer calls the preferred one."""
    addresses = tables["addresses"]
    preferred = addresses.filter(pc.fill_null(addresses["preferred"], False))
    counted = preferred.group_by("customer", use_threads=False).aggregate([([], "count_all")])
    return _per_root(tables["customers"], "customer", counted, "count_all", 0)


def _gap(table: pa.Table, gross: str, net: str, tax: str) -> pa.ChunkedArray:
    return pc.abs(pc.subtract(pc.subtract(table[gross], table[net]), table[tax]))


def _total_gap(orders: pa.Table, lines: pa.Table, total: str) -> pa.ChunkedArray:
    """Compare a total with its lines in gross where the shop shows gross prices, else in net: those sum exactly."""
    sums = lines.group_by("order", use_threads=False).aggregate([("net", "sum"), ("gross", "sum")])
    gaps = [
        pc.abs(pc.subtract(orders[f"{total}_{part}"], _per_order(orders, sums, f"{part}_sum", Decimal(0))))
        for part in ("gross", "net")
    ]
    return pc.if_else(pc.fill_null(pc.equal(orders["taxation"], "gross"), False), *gaps)


def _per_order(orders: pa.Table, grouped: pa.Table, column: str, missing: Any) -> pa.ChunkedArray:
    return _per_root(orders, "order", grouped, column, missing)


def _per_root(root: pa.Table, link: str, grouped: pa.Table, column: str, missing: Any) -> pa.ChunkedArray:
    """Lay a column grouped by record beside the root's rows, with `missing` where a record has no group."""
    places = pc.index_in(root[link], value_set=grouped[link].combine_chunks())
    taken = grouped[column].take(places)
    if pa.types.is_decimal(taken.type):
        taken = taken.cast(_SUM)  # Arrow sums into 38 digits, which leaves none for a subtraction
    return taken if missing is None else pc.fill_null(taken, pa.scalar(missing, taken.type))


def _of_goods(lines: pa.Table, column: pa.ChunkedArray) -> pa.ChunkedArray:
    goods = pc.is_in(lines["kind"], value_set=_GOODS)
    return pc.if_else(goods, column, pa.scalar(None, column.type))


def _id_in_order(table: pa.Table) -> pa.ChunkedArray:
    """Name a shipment apart from those of other orders; null where the row names none."""
    return pc.binary_join_element_wise(table["order"].cast(pa.string()), table["shipment_id"], "/")
