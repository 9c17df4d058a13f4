"""What was sold and the ERP's count does not leave out yet, item by item, directly and through kits."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from cartage.systems.sfcc.inventory.sold import line_keys
from cartage.systems.sfcc.inventory.units import ONE, millionths

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cartage.records.batch import Batch
    from cartage.settings import Settings
    from cartage.systems.sfcc.inventory.sold import Move, Sold


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a kit: what the kit needs of it, and what there is of it in the list, in millionths."""

    key: str
    needed: int
    available: int


@dataclass(frozen=True, slots=True)
class ErpLine:
    """A line of the shop's orders as the ERP has it, beside one record that it takes from.

    Attributes:
        key: the record's key.
        line: whose, as `line_keys` writes it.
        site: of the order.
        own: the line names the record's item itself, and no kit that holds it.
        left: millionths of the item that the ERP's count does not leave out yet.
    """

    key: str
    line: str
    site: str
    own: bool
    left: int


@dataclass
class Counted:
    """What all batches of a run say of kits and of the shop's orders.

    Attributes:
        kits: members by the kit's key.
        open: lines of which the ERP's count does not leave all out.
        present: every line that the ERP has, and each with the key of a record that it takes from.
    """

    kits: dict[str, list[Member]] = field(default_factory=dict)
    open: list[ErpLine] = field(default_factory=list)
    present: set[str] = field(default_factory=set)
    beside: set[tuple[str, str]] = field(default_factory=set)

    def add(self, batch: Batch) -> None:
        """Take in a batch of stock."""
        root, members, lines = batch.root, batch.tables["members"], batch.tables["order_lines"]
        if len(members):
            heads = _heads(root, members)
            columns = (heads["key"], heads["list_id"], members["sku"])
            units = (millionths(members["needed"]).tolist(), millionths(members["available"]).tolist())
            for key, list_id, sku, needed, available in zip(
                *(each.to_pylist() for each in columns), *units, strict=True
            ):
                self.kits.setdefault(key, []).append(Member(f"{list_id}/{sku}", needed, available if sku else 0))
        if len(lines):
            self._add_lines(root, lines)

    def _add_lines(self, root: pa.Table, lines: pa.Table) -> None:
        heads = _heads(root, lines)
        left = millionths(lines["quantity"]) - millionths(lines["committed"])
        names, keys = line_keys(lines).to_pylist(), heads["key"].to_pylist()
        self.present.update(names)
        self.beside.update(zip(names, keys, strict=True))
        own = pc.fill_null(pc.equal(heads["sku"], lines["sku"]), True).to_pylist()
        sites = lines["site"].to_pylist()
        self.open += [
            ErpLine(keys[place], names[place], sites[place], own[place], int(left[place]))
            for place in (left > 0).nonzero()[0].tolist()
        ]


def _heads(root: pa.Table, rows: pa.Table) -> pa.Table:
    """Give the records that rows of another table belong to, a row a row."""
    return root.select(["key", "list_id", "sku"]).take(
        pc.index_in(rows["stock"], value_set=root["stock"].combine_chunks())
    )


class Claims:
    """Adds up, by record, what is promised and still in the ERP's count.

    The ERP's own lines say what is committed; an order that it did not have when it counted claims all of its units.
    A line claims from the list that it was sold from, and from lists that share a location with it.

    Args:
        settings: the run's.
    """

    def __init__(self, settings: Settings) -> None:
        lists = settings.inventory.lists
        self._sharing = {
            one: [other for other in lists if one == other or set(lists[one].locations) & set(lists[other].locations)]
            for one in lists
        }
        self._of_site = settings.inventory.list_of_site

    def add_up(self, counted: Counted, sold: Sold, moves: Iterable[Move]) -> dict[str, int]:
        """Give millionths claimed, by the record's key; of kits what they claim of their members."""
        claimed: dict[str, int] = defaultdict(int)
        places = pc.index_in(pa.array([each.line for each in counted.open], pa.string()), value_set=sold.lines)
        for line, place in zip(counted.open, places.to_pylist(), strict=True):
            if place is not None and sold.cancelled[place]:
                continue
            origin = sold.lists[place] if place is not None else self._of_site.get(line.site)
            list_id = line.key.partition("/")[0]
            if origin is not None and list_id not in self._sharing.get(origin, [origin]):
                continue
            claimed[line.key] += line.left
            if line.own:
                for member in counted.kits.get(line.key, ()):
                    if (line.line, member.key) not in counted.beside:
                        claimed[member.key] += _times(line.left, member.needed)
        for move in moves:
            if move.unknown and move.line not in counted.present:
                for key, units in self.taken(counted.kits, move.list_id, move.sku, move.units):
                    claimed[key] += units
        return dict(claimed)

    def taken(self, kits: Mapping[str, list[Member]], list_id: str, sku: str, units: int) -> Iterable[tuple[str, int]]:
        """Give what a sale takes from which records: the item's, its members' if it is a kit, in all lists that share."""
        for shared in self._sharing.get(list_id, [list_id]):
            key = f"{shared}/{sku}"
            yield key, units
            for member in kits.get(key, ()):
                yield member.key, _times(units, member.needed)


def of_kit(available: int, members: Iterable[Member], claimed: Mapping[str, int], own: int) -> int:
    """Give how many of a kit can be made of what is left of its members, in millionths.

    Where its members lie at several locations, nobody knows at which of them others will claim: each claim then
    costs as many kits as it can.

    Args:
        available: kits that the ERP counts.
        members: of the kit.
        claimed: millionths claimed of the members, by their keys, for this kit too.
        own: millionths claimed of the kit itself.
    """
    scarcest: int | None = None
    most: int | None = None
    lost = own
    for each in members:
        if each.needed <= 0:
            continue
        taken = claimed.get(each.key, 0)
        left = (each.available - taken) // each.needed * ONE
        scarcest = left if scarcest is None else min(scarcest, left)
        whole = max(each.available, 0) // each.needed * ONE
        most = whole if most is None else min(most, whole)
        others = max(taken - _times(own, each.needed), 0)
        lost += -(-others // each.needed) * ONE
    if scarcest is None:
        return available - own
    return min(scarcest, available if most == available else available - lost)


def _times(units: int, needed: int) -> int:
    return units * needed // ONE
