"""Kits: they have no quantity of their own; their scarcest member says how many there can be, location by location."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from cartage.records import stock
from cartage.systems.netsuite.stock import safety
from cartage.systems.netsuite.stock.placing import place
from cartage.systems.netsuite.stock.rows import Rows, find, pairs, starts_of
from cartage.systems.netsuite.stock.units import ONE, millionths, quantities

if TYPE_CHECKING:
    from cartage.systems.netsuite.stock.counted import Plan
    from cartage.systems.netsuite.stock.units import Flags, Ints


def of_kits(members: pa.Table, levels: Rows) -> Rows:
    """Give the kits that can be made at each location, in a row for each kit and location of a member.

    What is not a whole kit counts for nothing, and so does a location that lacks a member. A kit with a member
    that is gone or inactive can never be made: it has rows of 0, so that nobody goes on selling it.

    Args:
        members: columns `MEMBERS`, of these kits only.
        levels: rows of the members.
    """
    kit, member, needed, dead = _needs(members)
    at, row = pairs(member, levels.item)
    kits, places = kit[at], levels.location[row]
    possible = [np.maximum(units[row], 0) // needed[at] * ONE for units in (levels.available, levels.on_hand)]
    order = np.lexsort((places, kits))
    kits, places = kits[order], places[order]
    starts = starts_of(kits, places)
    if not len(starts):
        return Rows.none()
    present = np.diff(np.append(starts, len(kits)))
    distinct, wanted = np.unique(kit, return_counts=True)
    complete = (present == wanted[np.searchsorted(distinct, kits[starts])]) & ~np.isin(kits[starts], dead)
    least = [np.where(complete, np.minimum.reduceat(units[order], starts), 0) for units in possible]
    return Rows(kits[starts], places[starts], least[0], least[1], np.zeros(len(starts), np.bool_))


def _needs(members: pa.Table) -> tuple[Ints, Ints, Ints, Ints]:
    """Give kit, member and millionths needed of counted members, and the kits that can never be made."""
    kit, member = members["kit"].to_numpy(), members["member"].to_numpy()
    needed, null = millionths(members["needed"])
    gone = _gone(members)
    wrong = (null | (needed <= 0)) & _counted(members)
    kept = _counted(members) & ~gone & ~wrong
    return kit[kept], member[kept], needed[kept], np.unique(kit[gone | wrong])


def _gone(members: pa.Table) -> Flags:
    return np.asarray(members["sku"].combine_chunks().is_null())


def _counted(members: pa.Table) -> Flags:
    return np.asarray(members["counted"].combine_chunks(), np.bool_)


@dataclass(frozen=True)
class KitRecords:
    """Records of kits: the row number in the batch, the kit, its list, and the kits that can be sold."""

    row: Ints
    kit: Ints
    list: Ints
    available: Ints


def members_table(members: pa.Table, levels: Rows, records: KitRecords, plan: Plan) -> tuple[pa.Table, Ints]:
    """Give what the records' members have, and how many kits must be kept back to keep the members' own safety.

    Args:
        members: columns `MEMBERS`, of these kits.
        levels: rows of the members.
        records: the kits' records.
        plan: which locations are in which list, and what is kept back.

    Returns:
        The rows of the table `members`, and for each record the units of the kit to keep back.
    """
    members = members.filter(pa.array(_counted(members) | _gone(members)))
    needed, _ = millionths(members["needed"])
    ids = np.unique(members["member"].to_numpy())
    placed = place(levels, ids, plan)
    record, at = pairs(records.kit, members["kit"].to_numpy())
    key = records.list[record] * len(ids) + np.searchsorted(ids, members["member"].to_numpy()[at])
    known, found = find(placed.keys, key)
    in_list = np.where(found, _at(placed.sums(placed.units), known), 0)
    of_locations = np.where(found, _at(placed.sums(plan.safety[placed.place]), known), 0)
    kept = safety.in_lists(safety.of_items(members, plan)[at], records.list[record], of_locations, plan)
    table = pa.table(
        {
            "stock": pa.array(records.row[record]),
            "sku": members["sku"].take(pa.array(at)),
            "needed": quantities(needed[at]),
            "available": quantities(in_list, _gone(members)[at]),
        },
        stock.MEMBERS,
    )
    free = np.maximum(in_list - kept, 0) // np.maximum(needed[at], 1) * ONE
    most = np.full(len(records.row), np.iinfo(np.int64).max)
    np.minimum.at(most, record, free)
    return table, np.maximum(records.available - most, 0)


def _at(values: Ints, places: Ints) -> Ints:
    return values[places] if len(values) else np.zeros(len(places), np.int64)
