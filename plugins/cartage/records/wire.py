"""One record as JSON: how quarantine keeps it, so that a person can read it and mend it."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from cartage.records.batch import KINDS, Batch


def to_json(batch: Batch, row: int) -> bytes:
    """Write one record of a batch down.

    Args:
        batch: where it is.
        row: its row number.

    Returns:
        UTF-8 JSON: ``{"record": kind, "tables": {name: [row, ...]}}``; decimals as text, moments in
        ISO 8601, nulls left out.
    """
    link = KINDS[batch.record].LINK
    tables: dict[str, list[dict[str, Any]]] = {}
    for name, table in batch.tables.items():
        rows = table.filter(pc.equal(table[link], row)).to_pylist()
        if rows:
            tables[name] = [{key: value for key, value in each.items() if value is not None} for each in rows]
    return json.dumps({"record": batch.record, "tables": tables}, default=_plain, ensure_ascii=False).encode()


def from_json(text: bytes, row: int) -> Batch:
    """Read what `to_json` wrote, under a new row number.

    Args:
        text: the JSON.
        row: row number of the record in its new run.

    Returns:
        A batch of one record.

    Raises:
        ValueError: when the text is not such JSON, or a value does not fit its column.
    """
    document = json.loads(text, parse_float=Decimal)
    kind = KINDS[document["record"]]
    tables = {}
    for name, schema in kind.TABLES.items():
        rows = [each | {kind.LINK: row} for each in document["tables"].get(name, [])]
        columns = [_column(rows, schema.field(column)) for column in schema.names]
        tables[name] = pa.Table.from_arrays(columns, schema=schema)
    return Batch(document["record"], tables)


def _column(rows: list[dict[str, Any]], column: pa.Field) -> pa.Array:
    values = [_typed(each.get(column.name), column.type) for each in rows]
    return pa.array(values, type=column.type)


def _typed(value: Any, kind: pa.DataType) -> Any:
    if value is None:
        return None
    if pa.types.is_decimal(kind):
        return Decimal(str(value))
    if pa.types.is_timestamp(kind):
        return datetime.fromisoformat(str(value))
    return value


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in a record")
