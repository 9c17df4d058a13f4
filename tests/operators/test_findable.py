"""What records are found by: the columns that people have in hand."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from cartage.operators.findable import terms_of
from cartage.records.batch import KINDS, Batch


def batch(record: str, **rows: list[dict[str, Any]]) -> Batch:
    """Make a batch with these rows; columns that are left out are null."""
    return Batch(
        record,
        {
            name: pa.Table.from_pylist(rows.get(name, []), schema=schema)
            for name, schema in KINDS[record].TABLES.items()
        },
    )


def found(of: Batch) -> set[tuple[str, str, str]]:
    """Give kind of term, key and value."""
    return {
        (kind, key, value)
        for kind, keys, values in terms_of(of)
        for key, value in zip(keys.to_pylist(), values.to_pylist(), strict=True)
    }


def test_an_order_is_found_by_its_customer() -> None:
    rows = [
        {"order": 0, "key": "S/1", "customer_email": "ada@example.com", "bill_phone": "+49 30 1", "customer_no": "C1"},
        {"order": 1, "key": "S/2"},
    ]
    assert found(batch("order", orders=rows)) == {
        ("email", "S/1", "ada@example.com"),
        ("phone", "S/1", "+49 30 1"),
        ("customer", "S/1", "C1"),
    }


def test_a_shipment_is_found_by_each_of_its_packages() -> None:
    of = batch(
        "shipment",
        orders=[{"order": 7, "key": "S/7"}, {"order": 8, "key": "S/8"}],
        shipments=[{"order": 8, "shipment_id": "a", "tracking_number": "T1"}, {"order": 7, "shipment_id": "b"}],
        packages=[{"order": 8, "tracking_number": "T1"}, {"order": 8, "tracking_number": "T2"}],
    )
    assert found(of) == {("tracking", "S/8", "T1"), ("tracking", "S/8", "T2")}


def test_stock_is_found_by_its_sku_alone() -> None:
    assert found(batch("stock")) == set()
