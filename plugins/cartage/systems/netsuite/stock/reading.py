"""Reads from NetSuite what is counted of some items: their fields, levels, members and the shop's order lines."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from cartage.errors import SettingsError
from cartage.records.columns import QUANTITY
from cartage.systems.netsuite.duplicates import without_duplicates
from cartage.systems.netsuite.stock.counted import COUNTED, ITEMS, KIT, LEVELS, LINES, MEMBERS
from cartage.systems.netsuite.suiteql import in_list

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cartage.settings import Settings
    from cartage.systems.netsuite.columnar import ColumnReader

_IDS = pa.schema({"id": pa.int64()})
_MEMBERS = pa.schema({"kit": pa.int64(), "member": pa.int64(), "needed": QUANTITY})
_LEVELS = LEVELS.append(pa.field("changed", pa.string()))
_LOCATIONS = pa.schema({"id": pa.int64(), "name": pa.string(), "inactive": pa.bool_(), "safety": QUANTITY})
_UNMAPPED = pa.schema({"id": pa.int64(), "items": pa.int64()})

DEEPEST = 5
"""Levels of kits within kits that are followed."""


class StockReader:
    """The queries of the flow of stock.

    Args:
        reader: reads queries into columns.
        settings: all run settings.
    """

    def __init__(self, reader: ColumnReader, settings: Settings) -> None:
        self._reader = reader
        self._inventory = settings.inventory
        self._sku = settings.orders.sku_field
        self._mapped = in_list(
            sorted({int(location) for each in self._inventory.lists.values() for location in each.locations})
        )

    def locations(self) -> pa.Table:
        """Give NetSuite's locations: `id`, `name`, `inactive`, and `safety` that their records keep back.

        Raises:
            SettingsError: a list names a location that NetSuite does not have.
        """
        column = self._inventory.fields.location_safety
        found = self._reader.whole("stock_locations", _LOCATIONS, fields=f", l.{column} AS safety" if column else "")
        known = {str(each) for each in found["id"].to_pylist()}
        for name, each in self._inventory.lists.items():
            missing = [location for location in each.locations if location not in known]
            if missing:
                raise SettingsError(
                    f"inventory.lists.{name}: NetSuite has no location {', '.join(missing)}, or the role may not see it; "
                    "write internal ids of locations, as Setup > Company > Locations shows them"
                )
        return found

    def unmapped(self, left_out: Sequence[str]) -> pa.Table:
        """Give locations that hold stock and that neither a list takes nor the settings leave out: `id`, `items`."""
        known = ", ".join([self._mapped, in_list(map(int, left_out))]) if left_out else self._mapped
        return self._reader.whole("stock_unmapped", _UNMAPPED, locations=known)

    def all_items(self) -> pa.Table:
        """Give everything that has quantities, kits, and what is perpetual, active or not: columns `ITEMS`."""
        kinds = f"i.itemtype IN ({in_list([*COUNTED, KIT])})"
        perpetual = self._inventory.fields.perpetual
        which = f"({kinds} OR i.{perpetual} = 'T')" if perpetual else kinds
        return self._reader.whole("stock_items", ITEMS, **self._fields(), which=which)

    def items(self, ids: Iterable[int]) -> pa.Table:
        """Give these items, by internal id: columns `ITEMS`."""
        parts = self._fields() | {"which": "i.id IN ({values})"}
        return self._reader.some("stock_items", ITEMS, ids, **parts)

    def named(self, skus: Iterable[str]) -> pa.Table:
        """Give the items with these skus: columns `ITEMS`."""
        parts = self._fields() | {"which": f"i.{self._sku} IN ({{values}})"}
        return self._reader.some("stock_items", ITEMS, skus, **parts)

    def changed(self, since: str) -> set[int]:
        """Give the items of which anything changed since a moment, the kits that hold them, and what else these hold.

        A kit's other members come too: what is sold of them and not committed yet stands beside their records.

        Args:
            since: a SuiteQL literal.
        """
        found: set[int] = set()
        names = ["stock_changed_levels", "stock_changed_items", "stock_changed_orders"]
        if self._inventory.counts_on_hand:
            names.append("stock_changed_shelves")
        for name in names:
            found.update(self._reader.whole(name, _IDS, locations=self._mapped, since=since)["id"].to_pylist())
        members = self._flat(found)["member"].to_pylist()  # a kit that was ordered took its members
        kits = self.kits_with({*found, *members})
        return found | set(members) | kits | set(self._flat(kits)["member"].to_pylist())

    def levels(self, ids: Iterable[int]) -> tuple[pa.Table, frozenset[int]]:
        """Give what is counted of these items at mapped locations, and the items whose rows contradict each other.

        Returns:
            Columns `LEVELS`, each item and location once; internal ids of items that have rows in doubt.
        """
        wanted = list(ids)
        for _ in range(2):  # rows that were repeated while they changed are in order when they are read again
            found = self._reader.some("stock_levels", _LEVELS, wanted, locations=self._mapped)
            rows, doubtful = without_duplicates(found, ("item", "location"), "changed")
            if not len(doubtful):
                break
        return rows.select(LEVELS.names), frozenset(doubtful["item"].to_pylist())

    def order_lines(self, ids: Iterable[int], since: str) -> pa.Table:
        """Give the lines of the shop's orders with these items that are open or were touched since: columns `LINES`."""
        return self._reader.some("stock_order_lines", LINES, ids, since=since, sku=self._sku)

    def members(self, kits: Iterable[int]) -> pa.Table:
        """Give what is in these kits, kits within them resolved: columns `MEMBERS`."""
        flat = self._flat(kits)
        items = self.items(sorted(set(flat["member"].to_pylist())))
        at = pc.index_in(flat["member"], value_set=items["id"].combine_chunks())
        usable = pc.invert(pc.fill_null(items["inactive"], fill_value=False))
        name = pc.if_else(
            usable, pc.coalesce(items["sku"], items["id"].cast(pa.string())), pa.scalar(None, pa.string())
        )
        columns = {
            "sku": name.take(at),
            "counted": pc.fill_null(pc.is_in(items["kind"], value_set=pa.array(COUNTED)).take(at), fill_value=True),
            "safety": items["safety"].take(at),
            "category": items["category"].take(at),
        }
        return (
            pa.table({**{each: flat[each] for each in flat.column_names}, **columns})
            .select(MEMBERS.names)
            .cast(MEMBERS)
        )

    def kits_with(self, members: Iterable[int]) -> set[int]:
        """Give the kits that hold any of these items, directly or within a kit."""
        wanted, kits = set(members), set[int]()
        for _ in range(DEEPEST):
            wanted = set(self._reader.some("stock_kits_with", _MEMBERS, sorted(wanted))["kit"].to_pylist()) - kits
            kits |= wanted
            if not wanted:
                break
        return kits

    def _flat(self, kits: Iterable[int]) -> pa.Table:
        """Give kit, member and units needed, with what is in a kit's kits in their place."""
        inside: dict[int, list[tuple[int, Decimal]]] = {}
        outer = wanted = sorted(set(kits))
        for _ in range(DEEPEST):
            for row in self._reader.some("stock_members_of", _MEMBERS, wanted).to_pylist():
                inside.setdefault(row["kit"], []).append((row["member"], row["needed"] or Decimal(0)))
            wanted = sorted({member for each in wanted for member, _ in inside.get(each, ())} - inside.keys())
            if not wanted:
                break
        rows = [
            {"kit": kit, "member": member, "needed": needed}
            for kit in outer
            for member, needed in _leaves(kit, inside, DEEPEST).items()
        ]
        return pa.Table.from_pylist(rows, _MEMBERS)

    def _fields(self) -> dict[str, str]:
        fields = self._inventory.fields
        named = fields.model_dump(exclude={"location_safety", "in_stock", "for_shop"})
        columns = [f"i.{column} AS {name}" for name, column in named.items() if column]
        if fields.in_stock:
            columns.append(f"TO_CHAR(i.{fields.in_stock}, 'YYYY-MM-DD') AS in_stock")
        if fields.for_shop:
            columns.append(f"COALESCE(i.{fields.for_shop}, 'F') AS for_shop")
        return {"sku": self._sku, "fields": "".join(f", {each}" for each in columns)}


def _leaves(kit: int, inside: dict[int, list[tuple[int, Decimal]]], depth: int) -> dict[int, Decimal]:
    """Add up what one kit takes; deeper than `depth`, where kits hold each other, a kit counts as a member that is gone."""
    found: dict[int, Decimal] = {}
    for member, needed in inside.get(kit, ()):
        inner = _leaves(member, inside, depth - 1) if member in inside and depth else {member: Decimal(1)}
        for leaf, units in inner.items():
            found[leaf] = found.get(leaf, Decimal(0)) + needed * units
    return found
