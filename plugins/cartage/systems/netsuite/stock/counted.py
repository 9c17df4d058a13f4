"""What NetSuite says of some items' stock, column by column, and how the settings want it added up."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from cartage.records.columns import QUANTITY
from cartage.systems.netsuite.stock.units import whole

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cartage.settings import Settings
    from cartage.systems.netsuite.stock.units import Ints

_ID = pa.int64()

ITEMS = pa.schema(
    {
        "id": _ID,
        "sku": pa.string(),
        "kind": pa.string(),
        "inactive": pa.bool_(),
        "safety": QUANTITY,
        "category": pa.string(),
        "perpetual": pa.bool_(),
        "handling": pa.string(),
        "backorder": QUANTITY,
        "in_stock": pa.string(),
        "for_shop": pa.bool_(),
    }
)
"""A row an item: its internal id, the shop's sku, NetSuite's item type, and what its fields say. `in_stock` is a day."""

LEVELS = pa.schema({"item": _ID, "location": _ID, "available": QUANTITY, "on_hand": QUANTITY})
"""A row an item and location; null where nothing was ever counted."""

MEMBERS = pa.schema(
    {
        "kit": _ID,
        "member": _ID,
        "needed": QUANTITY,
        "sku": pa.string(),
        "counted": pa.bool_(),
        "safety": QUANTITY,
        "category": pa.string(),
    }
)
"""A row a kit and member. `sku` is null when the member is gone or inactive; `counted` is false for services and the
like; `safety` and `category` are the member's own fields."""

LINES = pa.schema(
    {
        "id": _ID,
        "line": _ID,
        "item": _ID,
        "sku": pa.string(),
        "location": _ID,
        "site": pa.string(),
        "order_no": pa.string(),
        "line_id": pa.string(),
        "quantity": QUANTITY,
        "committed": QUANTITY,
        "shipped": QUANTITY,
        "closed": pa.bool_(),
        "status": pa.string(),
    }
)
"""A row a line of the shop's orders."""

KIT = "Kit"
COUNTED = ("InvtPart", "Assembly")
"""Item types that have quantities of their own."""

KINDS = {"InvtPart": "inventory", "Assembly": "assembly", KIT: "kit"}
"""Item type -> what a record calls it; all others are `other`."""


@dataclass(frozen=True)
class Counted:
    """What was read of some items.

    Attributes:
        at: NetSuite's clock before anything of it was read.
        items: columns `ITEMS`, each item once, active or not.
        levels: columns `LEVELS`, each item and location once, in any order; of the items and of kits' members.
        members: columns `MEMBERS`: of the kits among the items, and of all kits that an item is a member of.
        lines: columns `LINES`: of the items and of those kits.
    """

    at: datetime
    items: pa.Table
    levels: pa.Table
    members: pa.Table = field(default_factory=MEMBERS.empty_table)
    lines: pa.Table = field(default_factory=LINES.empty_table)


@dataclass(frozen=True)
class Plan:
    """How quantities of locations add up to lists.

    Attributes:
        lists: inventory lists, by number.
        zones: the zone that each list's days are of.
        locations: internal ids of all mapped locations, ascending.
        rounds: the list that takes each location, by the location's place in `locations`, or -1; a location that
            n lists take is in the first n rounds.
        on_hand: beside each round, whether the list takes what is on hand there.
        safety: units kept back at each location, in millionths.
        list_safety: units kept back in each list, in millionths; -1 where the locations say.
        sku_safety: millionths by sku.
        category_safety: millionths by category.
    """

    lists: tuple[str, ...]
    zones: tuple[ZoneInfo, ...]
    locations: Ints
    rounds: tuple[Ints, ...]
    on_hand: tuple[np.ndarray, ...]
    safety: Ints
    list_safety: Ints
    sku_safety: Mapping[str, int]
    category_safety: Mapping[str, int]

    @classmethod
    def of(
        cls, settings: Settings, safety: Mapping[int, int] | None = None, inactive: frozenset[int] = frozenset()
    ) -> Plan:
        """Make it of the settings.

        Args:
            settings: the run's.
            safety: units that the locations' own records keep back, in millionths, by internal id.
            inactive: locations that are out of use: they add nothing.
        """
        inventory = settings.inventory
        lists = tuple(inventory.lists)
        takers: dict[int, list[tuple[int, bool]]] = {}
        for number, name in enumerate(lists):
            each = inventory.lists[name]
            for location in each.locations:
                kind = inventory.location_quantity.get(location, each.quantity or inventory.quantity)
                if int(location) not in inactive:
                    takers.setdefault(int(location), []).append((number, kind == "on_hand"))
        locations = sorted(takers)
        depth = max((len(each) for each in takers.values()), default=0)
        rounds = [[(takers[location][n : n + 1] or [(-1, False)])[0] for location in locations] for n in range(depth)]
        sites = [settings.sites.get(inventory.lists[name].site or "") for name in lists]
        return cls(
            lists=lists,
            zones=tuple(site.timezone if site else ZoneInfo("UTC") for site in sites),
            locations=np.array(locations, np.int64),
            rounds=tuple(np.array([list_ for list_, _ in each], np.int64) for each in rounds),
            on_hand=tuple(np.array([shelf for _, shelf in each], np.bool_) for each in rounds),
            safety=np.array([(safety or {}).get(location, 0) for location in locations], np.int64),
            list_safety=np.array(
                [-1 if (units := inventory.lists[name].safety) is None else whole(units) for name in lists], np.int64
            ),
            sku_safety={sku: whole(units) for sku, units in inventory.safety.items.items()},
            category_safety={name: whole(units) for name, units in inventory.safety.categories.items()},
        )

    def takes(self, list_number: int) -> frozenset[int]:
        """Give the locations of a list."""
        return frozenset(
            int(self.locations[place]) for each in self.rounds for place in np.flatnonzero(each == list_number)
        )

    def on_shelf(self, list_number: int) -> frozenset[int]:
        """Give the locations of a list at which it sells what is on hand."""
        rounds = zip(self.rounds, self.on_hand, strict=True)
        places = [np.flatnonzero((each == list_number) & shelf) for each, shelf in rounds]
        return frozenset(int(self.locations[place]) for some in places for place in some)
