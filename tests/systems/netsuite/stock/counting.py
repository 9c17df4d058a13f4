"""What NetSuite could say, written down shortly."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cartage.systems.netsuite.stock.counted import ITEMS, LEVELS, LINES, MEMBERS, Counted, Plan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cartage.records.batch import Batch
    from tests.systems.netsuite.stock.served import Settings

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def items(*rows: dict[str, Any]) -> pa.Table:
    plain = {"kind": "InvtPart", "inactive": False}
    return pa.Table.from_pylist([plain | {"sku": f"S{row['id']}"} | row for row in rows], ITEMS)


def levels(counts: Mapping[tuple[int, int], Any], on_hand: Mapping[tuple[int, int], Any] | None = None) -> pa.Table:
    """Give levels by item and location; what is on hand is what is available unless it is given."""
    rows = [
        {"item": item, "location": location, "available": _units(units), "on_hand": _units((on_hand or counts)[item, location])}
        for (item, location), units in counts.items()
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, LEVELS)


def members(*rows: tuple[int, int, Any], **more: Any) -> pa.Table:
    """Give kit, member and units needed."""
    found = [
        {"kit": kit, "member": member, "needed": _units(needed), "sku": f"S{member}", "counted": True} | more
        for kit, member, needed in rows
    ]
    return pa.Table.from_pylist(found, MEMBERS)


def lines(*rows: dict[str, Any]) -> pa.Table:
    plain = {
        "site": "RefArch",
        "order_no": "1",
        "location": 1,
        "closed": False,
        "status": "B",
        "shipped": 0,
        "committed": 0,
    }
    numbers = ("quantity", "shipped", "committed")
    found = [
        plain | {"id": at, "line": 1, "line_id": str(at), "sku": f"S{row['item']}"} | row for at, row in enumerate(rows)
    ]
    return pa.Table.from_pylist([row | {name: _units(row[name]) for name in numbers} for row in found], LINES)


def counted(
    items_: pa.Table, levels_: pa.Table, members_: pa.Table | None = None, lines_: pa.Table | None = None
) -> Counted:
    none, nothing = MEMBERS.empty_table(), LINES.empty_table()
    return Counted(AT, items_, levels_, none if members_ is None else members_, nothing if lines_ is None else lines_)


def plan(settings: Settings, safety: Mapping[int, int] | None = None) -> Plan:
    return Plan.of(settings, {location: units * 10**6 for location, units in (safety or {}).items()})


def available(batch: Batch) -> dict[str, Decimal]:
    return column(batch, "available")


def column(batch: Batch, name: str) -> dict[str, Any]:
    return dict(zip(batch.root["key"].to_pylist(), batch.root[name].to_pylist(), strict=True))


def under(batch: Batch, table: str, *names: str) -> dict[str, list[tuple[Any, ...]]]:
    """Give the rows of a table under the keys of their records."""
    keys = dict(zip(batch.root["stock"].to_pylist(), batch.root["key"].to_pylist(), strict=True))
    found: dict[str, list[tuple[Any, ...]]] = {}
    for row in batch.tables[table].to_pylist():
        found.setdefault(keys[row["stock"]], []).append(tuple(row[name] for name in names))
    return found


def _units(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def only(settings: Settings, lists: Mapping[str, Sequence[str]], **more: Any) -> Settings:
    """Give the settings with these lists of locations alone."""
    from cartage.settings.inventory import InventoryList

    made = {name: InventoryList(locations=tuple(each)) for name, each in lists.items()}
    return settings.model_copy(update={"inventory": settings.inventory.model_copy(update={"lists": made, **more})})
