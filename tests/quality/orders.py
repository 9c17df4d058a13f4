"""Small batches made by hand: a sound order or customer, and what is changed of it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

from cartage.records.batch import KINDS, Batch

Rows = list[dict[str, Any]]


def batch_of(record: str, **tables: Rows) -> Batch:
    """Make a batch; columns that a row does not give are null, tables that are not given are empty."""
    schemas = KINDS[record].TABLES
    return Batch(record, {name: pa.Table.from_pylist(tables.get(name, []), schema) for name, schema in schemas.items()})


def order(row: int, **changes: Any) -> dict[str, Rows]:
    """Give the tables of a sound order: two units of a product with an option, shipped, paid by card.

    Args:
        row: the order's row number.
        changes: columns to change: of the order itself, or of a table's first row as ``lines__quantity``.
    """
    root = {
        "order": row, "key": f"RefArch/{row:05}", "site": "RefArch", "order_no": f"{row:05}", "currency": "EUR",
        "placed_at": datetime(2026, 11, 20, 10, tzinfo=UTC), "taxation": "gross", "order_status": "NEW",
        "confirmation_status": "CONFIRMED", "payment_status": "PAID", "customer_email": "anna@example.com",
        "bill_country_code": "DE",
        **_amounts("merchandize", "25.21", "4.79", "30.00"), **_amounts("shipping", "4.16", "0.79", "4.95"),
        **_amounts("order", "29.37", "5.58", "34.95"),
    }  # fmt: skip
    shared = {"order": row, "shipment_id": "1", "tax_rate": Decimal("0.19")}
    lines = [
        {**shared, "line": row * 10, "kind": "product", "product_id": "NL-1", "quantity": Decimal(2), **_line("21.01", "3.99", "25.00")},
        {**shared, "line": row * 10 + 1, "parent": row * 10, "kind": "option", "product_id": "MONOGRAM",
         "quantity": Decimal(1), **_line("4.20", "0.80", "5.00")},
        {**shared, "line": row * 10 + 2, "kind": "shipping", "item_id": "STANDARD_SHIPPING", **_line("4.16", "0.79", "4.95")},
    ]  # fmt: skip
    shipments = [{"order": row, "shipment": row, "shipment_id": "1", "ship_country_code": "de"}]
    payments = [{"order": row, "payment": row, "ordinal": 0, "kind": "credit_card", "amount": Decimal("34.95")}]
    tables: dict[str, Rows] = {"orders": [root], "lines": lines, "shipments": shipments, "payments": payments}
    return _changed(tables, "orders", changes)


def customer(row: int, **changes: Any) -> dict[str, Rows]:
    """Give the tables of a sound customer with one address."""
    root = {
        "customer": row,
        "key": f"RefArch/C{row}",
        "customer_no": f"C{row}",
        "last_name": "Berg",
        "email": "anna@example.com",
    }
    addresses = [
        {
            "customer": row,
            "address": row,
            "address_id": "home",
            "preferred": True,
            "country_code": "DE",
            "postal_code": "10115",
        }
    ]
    return _changed({"customers": [root], "addresses": addresses, "groups": []}, "customers", changes)


def together(record: str, *parts: dict[str, Rows]) -> Batch:
    """Put records into one batch."""
    return batch_of(
        record, **{name: [row for part in parts for row in part.get(name, [])] for name in KINDS[record].TABLES}
    )


def _changed(tables: dict[str, Rows], root: str, changes: dict[str, Any]) -> dict[str, Rows]:
    for name, value in changes.items():
        table, _, column = name.rpartition("__")
        if column == "rows":
            tables[table] = value
        else:
            tables[table or root][0][column] = value
    return tables


def _amounts(prefix: str, net: str, tax: str, gross: str) -> dict[str, Decimal]:
    return {f"{prefix}_net": Decimal(net), f"{prefix}_tax": Decimal(tax), f"{prefix}_gross": Decimal(gross)}


def _line(net: str, tax: str, gross: str) -> dict[str, Decimal]:
    return {"net": Decimal(net), "tax": Decimal(tax), "gross": Decimal(gross)}
