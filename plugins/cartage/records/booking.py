"""Bookings: units that the shop sold, line by line, and what became of them. No record of a flow: the ledger keeps them."""

from __future__ import annotations

from decimal import Decimal
from functools import reduce
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from cartage.records.columns import FLAG, INSTANT, QUANTITY, TEXT, table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cartage.records.batch import Batch

SOLD = {
    "site": (TEXT, "site of the order"),
    "order_no": (TEXT, "the shop's order number"),
    "line_id": (TEXT, "the shop's line, as in `order`"),
    "list_id": (TEXT, "inventory list that the units were taken from"),
    "sku": (TEXT, "what was sold"),
    "quantity": (QUANTITY, "units"),
    "booked_at": (INSTANT, "when the shop took them off: the order's date"),
    "exported_at": (
        INSTANT,
        "the earliest moment that the shop can have marked the order exported; null: it did not yet",
    ),
    "cancelled": (FLAG, "the shop gave the units back: the order was cancelled, failed or replaced"),
}

NOTED = table({**SOLD, "version": (TEXT, "the order's version: sorts what two copies of it say")})
"""What is noted of orders as they are read."""

BOOKED = table(
    {
        **SOLD,
        "seen_at": (INSTANT, "when that was read here: a cancellation happened before"),
        "arrived_at": (INSTANT, "when the order was first read here; null when no flow has it"),
        "applied_by": (
            INSTANT,
            "moment by which the ERP had the order, or a person had dealt with it; null: it has not",
        ),
        "acknowledged_by": (INSTANT, "moment by which the shop was told so; null when that is not known"),
    }
)
"""What is known of bookings when stock is worked out."""

TAKING = ("product", "bundled")
"""Kinds of lines that the shop takes stock for. It keeps none of options."""

GIVEN_BACK = ("CANCELLED", "FAILED", "REPLACED")
"""Order statuses by which the shop has given the units back."""

VERSION_TIME = len("2026-01-31T23:59:59.000000")
"""How much of an order's version is a time; the rest sorts copies of the same moment."""


def bookings_of(orders: Batch, lists: Mapping[str, str], *, exports: bool, dated: bool) -> pa.Table:
    """Give what orders took from inventory lists, a row a line.

    Args:
        orders: a batch of kind order.
        lists: by site, the list that its orders take from unless their lines say otherwise. Lines without a list
            are left out.
        exports: every order in a drop counts as exported, whatever its status.
        dated: versions of drops begin with the time of the export; else nobody knows it, and the shop may have marked
            an order as exported as soon as it was placed.

    Returns:
        A table as in `NOTED`.
    """
    lines = orders.tables["lines"]
    lines = lines.filter(pc.is_in(lines["kind"], value_set=pa.array(TAKING)))
    root = orders.root.take(pc.index_in(lines["order"], value_set=orders.root["order"].combine_chunks()))
    every = orders.tables["lines"]
    around = every["inventory_list_id"].take(pc.index_in(lines["parent"], value_set=every["line"].combine_chunks()))
    sites = pa.array(list(lists), pa.string())
    default = pa.array(list(lists.values()), pa.string()).take(pc.index_in(root["site"], value_set=sites))
    versioned = pc.cast(pc.utf8_slice_codeunits(root["version"], 0, VERSION_TIME), pa.timestamp("us")).cast(INSTANT)
    booked = pc.coalesce(root["placed_at"], versioned)
    by_drop = pc.is_valid(root["drop"])
    said = pc.fill_null(pc.equal(root["export_status"], "EXPORTED"), False)
    exported = pc.or_(said, by_drop) if exports else said
    later = pc.if_else(pc.fill_null(pc.greater(versioned, booked), fill_value=False), versioned, booked)
    moment = pc.if_else(by_drop, later, booked) if dated else booked
    columns = {
        "site": root["site"],
        "order_no": root["order_no"],
        "line_id": lines["line_id"],
        "list_id": pc.coalesce(lines["inventory_list_id"], around, default),
        "sku": lines["product_id"],
        "quantity": pc.fill_null(lines["quantity"], Decimal(1)),
        "booked_at": booked,
        "exported_at": pc.if_else(exported, moment, pa.scalar(None, INSTANT)),
        "cancelled": pc.fill_null(pc.is_in(root["order_status"], value_set=pa.array(GIVEN_BACK)), False),
        "version": root["version"],
    }
    table = pa.table(columns).select(NOTED.names).cast(NOTED)
    known = [pc.is_valid(table[name]) for name in ("order_no", "line_id", "list_id", "sku", "booked_at")]
    return table.filter(reduce(pc.and_, known))
