"""Bookings: units that the shop sold, line by line, and what became of them. No record of a flow: the ledger keeps them."""

from __future__ import annotations

from cartage.records.columns import FLAG, INSTANT, QUANTITY, TEXT, table

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
