"""The lines of plain orders: which there are, in which order, and what they come to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cartage.systems.netsuite.bulk.sharing import share_out
from cartage.systems.netsuite.bulk.vectors import CENT, Flags, Ints, flags, micros, picked, some, summed

if TYPE_CHECKING:
    from cartage.systems.netsuite.bulk.tables import Run, Tables
    from cartage.systems.netsuite.bulk.vectors import Rows

PRODUCT, OPTION, SHIPPING, PRODUCT_SHIPPING = range(4)
_KINDS = pa.array(["product", "option", "shipping", "product_shipping"])


@dataclass(frozen=True)
class Promotions:
    """Adjustments that lower lines, in the order in which a line names them.

    Attributes:
        line: the line, ascending.
        row: the adjustment's row.
    """

    line: Ints
    row: Ints


@dataclass(frozen=True)
class Lines:
    """Lines, each in front of its own options and shipping, all of one order together.

    Amounts are in millionths.

    Attributes:
        row: the line's row in its table.
        owner: place of its order.
        kind: `PRODUCT` and so on.
        parent: row of the line it belongs to, -1 when it belongs to none.
        net, tax: before any adjustment.
        off_net, off_tax: its adjustments and its share of the order's.
        promotions: what lowered it.
        rows: their table.
    """

    row: Ints
    owner: Ints
    kind: Ints
    parent: Ints
    net: Ints
    tax: Ints
    off_net: Ints
    off_tax: Ints
    promotions: Promotions
    rows: Rows

    @property
    def after(self) -> Ints:
        """Net after all adjustments."""
        return self.net + self.off_net

    @property
    def tax_after(self) -> Ints:
        """Tax after all adjustments."""
        return self.tax + self.off_tax

    @property
    def of_shipping(self) -> Flags:
        """Which are costs of shipping."""
        return self.kind >= SHIPPING

    def column(self, name: str) -> pa.Array:
        """Give a column of the lines' own."""
        return picked(self.rows[name], self.row)

    def or_parents(self, name: str) -> pa.Array:
        """Give a column of the lines' own, or of the line that each belongs to where its own is null."""
        own = self.column(name)
        if not own.null_count:
            return own
        return pc.coalesce(own, picked(self.rows[name], self.parent))


def sales_lines(tables: Tables, run: Run, good: Flags) -> Lines:
    """Make the lines of the orders that are `good`, and take those out of `good` that are not plain after all."""
    table, owners = tables.rows["lines"], tables.owners["lines"]
    rows, parents = _in_order(table, owners, good)
    owner = owners[rows]
    kind = pc.index_in(table["kind"], value_set=_KINDS)
    kinds = pc.fill_null(kind, -1).to_numpy(zero_copy_only=False).astype(np.int64)[rows]
    net, tax, known, small = _known(table)
    _exclude(good, owner, ~(known & small)[rows])
    _check_names(tables, run, good, rows)

    adjustments = tables.rows["adjustments"]
    off_net, off_tax, off_known, off_small = _known(adjustments)
    of_line = _place(adjustments.number("line"), table.number("line"))
    own = of_line >= 0
    _exclude(good, tables.owners["adjustments"], ~off_small | (~own & (~off_known | adjustments.has("line"))))
    lines = len(table)
    own_net = summed(np.where(own & off_known, off_net, 0)[own], of_line[own], lines)
    own_tax = summed(off_tax[own], of_line[own], lines)
    amounts = [each[rows] for each in (net, tax, own_net, own_tax)]
    _exclude(good, owner, np.any([each % CENT != 0 for each in amounts], axis=0))

    place = np.full(lines, -1, np.int64)
    place[rows] = np.arange(len(rows))
    found = np.flatnonzero(own & (np.where(own, place[of_line], -1) >= 0))
    named = [(place[of_line[found]], found)]
    if not own.all():
        shared = share_out(tables, good, owner, kinds, rows, amounts, (off_net, off_tax))
        amounts[2:] = [amounts[2] + shared.net, amounts[3] + shared.tax]
        named.append((shared.line, shared.row))
    line, row = (np.concatenate(each) for each in zip(*named, strict=True))
    sequence = np.argsort(line, kind="stable")
    promotions = Promotions(line[sequence], row[sequence])
    net, tax, own_net, own_tax = amounts
    return Lines(rows, owner, kinds, parents, net, tax, own_net, own_tax, promotions, table)


def _in_order(table: Rows, owners: Ints, good: Flags) -> tuple[Ints, Ints]:
    """Choose the lines that carry money, and put each in front of those that belong to it."""
    numbers = table.number("line")
    parent = table.number("parent")
    place = _place(parent, numbers)
    bundled = table.equals("kind", "bundled")
    child = parent >= 0
    lone = child & ~bundled & ((place < 0) | (owners[place] != owners) | child[place] | bundled[place])
    _exclude(good, owners, lone)
    rows = np.flatnonzero(good[owners] & ~bundled)
    if child[rows].any():
        first = np.where(child, place, np.arange(len(numbers)))
        rows = rows[np.lexsort((rows, child[rows], first[rows], owners[rows]))]
    return rows, np.where(child, place, -1)[rows]


def _place(wanted: Ints, numbers: Ints) -> Ints:
    """Give the place of each wanted number among numbers, -1 where it is none of them."""
    if not len(numbers):
        return np.full(len(wanted), -1, np.int64)
    sequence = np.argsort(numbers, kind="stable")
    at = np.minimum(np.searchsorted(numbers, wanted, sorter=sequence), len(numbers) - 1)
    place = sequence[at]
    return np.where((wanted >= 0) & (numbers[place] == wanted), place, -1)


def _known(table: Rows) -> tuple[Ints, Ints, Flags, Flags]:
    """Give net and tax, one from the others where it was left out, whether net is known, and all are small enough.

    As `amounts.with_known` does it.
    """
    net, has_net, small_net = micros(table["net"])
    tax, has_tax, small_tax = micros(table["tax"])
    gross, has_gross, small_gross = micros(table["gross"])
    tax = np.where(has_tax, tax, np.where(has_net & has_gross, gross - net, 0))
    net = np.where(has_net, net, np.where(has_gross, gross - tax, 0))
    return net, tax, has_net | has_gross, small_net & small_tax & small_gross


def _check_names(tables: Tables, run: Run, good: Flags, rows: Ints) -> None:
    """Leave out orders whose lines go with another shipment, or whose products NetSuite does not know."""
    table, owners = tables.rows["lines"], tables.owners["lines"]
    own = picked(tables.rows["shipments"]["shipment_id"], tables.first("shipments")[owners])
    shipment = table["shipment_id"]
    strange = flags(pc.not_equal(shipment, own)) | flags(pc.equal(shipment, ""))
    goods = table.among("kind", ["product", "option"])
    items = pa.array(list(run.known.items), pa.string())
    unknown = goods & ~flags(pc.is_in(some(table["product_id"]), value_set=items))
    shipping = run.settings.orders.items.shipping
    if shipping is not None and shipping not in run.known.items:
        unknown |= table.among("kind", ["shipping", "product_shipping"])
    _exclude(good, owners[rows], (strange | unknown)[rows])


def _exclude(good: Flags, owners: Ints, rows: Flags) -> None:
    good[owners[rows]] = False
