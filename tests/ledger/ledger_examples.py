"""Keys, extracted rows and documents that the ledger's tests share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cryptography.fernet import Fernet

from cartage.seams import DocumentKey

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

KEY = Fernet.generate_key().decode()
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def rows(*keys: str, version: str = "2026-03-01T11:00:00Z", first: int = 0) -> pa.Table:
    """Give the extracted rows of these keys."""
    return table((first + place, key, version) for place, key in enumerate(keys))


def table(extracted: Iterable[tuple[int, str, str]]) -> pa.Table:
    """Give extracted rows (row, key, version) as `Outcomes.extracted` takes them."""
    import pyarrow as pa  # here, so that a racing process starts in half the time

    schema = pa.schema([("row", pa.int64()), ("key", pa.string()), ("version", pa.string())])
    return pa.Table.from_pylist([dict(zip(schema.names, each, strict=True)) for each in extracted], schema=schema)


def document(number: str, *, version: str = "1", body: str = "a", type_: str = "salesOrder") -> DocumentKey:
    """Give the document of an order."""
    return DocumentKey(type_, f"shop_erp-RefArch-so-{number}", "order", f"RefArch/{number}", version, body * 64)
