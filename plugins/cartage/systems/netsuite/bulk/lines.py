"""The lines of plain orders: which there are, in which order, and what they come to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cartage.systems.netsuite.bulk.kinds import CERTIFICATE, OPTION, SHIPPING, names
from cartage.systems.netsuite.bulk.sharing import Amounts, share_out
from cartage.systems.netsuite.bulk.vectors import Flags, Ints, flags, ints, micros, picked, place_of, some, summed

if TYPE_CHECKING:
    from cartage.systems.netsuite.bulk.tables import Run, Tables
    from cartage.systems.netsuite.bulk.vectors import Rows


@dataclass(frozen=True)
class Promotions:
    """Adjustments that lower lines, in the order in which a line names them.

    Attributes:
        line: place of the line, ascending.
        row: the adjustment's row.
    """

    line: Ints
    row: Ints


@dataclass(frozen=True)
class Lines:
    """Lines, each in front of its own options and shipping, all of one order together.

    Amounts are in millionths.

    Attributes:
        rows: the table of the shop's lines.
        row: the line's row in it, -1 on lines that the shop has none for.
        owner: place of its order.
        shipment: row of the shipment it goes with.
        kind: see `kinds`.
        parent: row of the line it belongs to, -1 when it belongs to none.
        net, tax: before any adjustment.
        off_net, off_tax: its adjustments and its share of the order's.
        payment: row of the payment that it stands for, -1 on all others.
        promotions: what lowered it.
    """

    rows: Rows
    row: Ints
    owner: Ints
    shipment: Ints
    kind: Ints
    parent: Ints
    net: Ints
    tax: Ints
    off_net: Ints
    off_tax: Ints
    payment: Ints
    promotions: Promotions

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
        costs: Flags = self.kind >= SHIPPING
        return costs

    @property
    def taxed(self) -> Flags:
        """Which have a tax, though it may be zero: what is sold, but gift certificates only when the shop taxed them."""
        taxed: Flags = (self.kind <= OPTION) | (self.kind >= SHIPPING) | ((self.kind == CERTIFICATE) & (self.tax != 0))
        return taxed

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
    table = tables.rows["lines"]
    row, parent = _in_order(tables, good)
    owner = tables.owners["lines"][row]
    kind = ints(pc.index_in(table["kind"], value_set=names()), -1).astype(np.int64)[row]
    _check_items(table, run, good, owner, row)
    named = tables.shipment_of("lines", table["shipment_id"])
    named = np.where(named[row] == -1, np.where(parent < 0, -1, named[parent]), named[row])
    good[owner[named == -2]] = False

    adjustments = _Adjustments(tables, good)
    net, tax, known, small = known_amounts(table)
    off_net, off_tax = adjustments.of_lines()
    amounts = Amounts(owner, kind, named, net[row], tax[row], off_net[row], off_tax[row])
    odd = ~(known & small)[row] | amounts.in_fractions()
    odd |= (kind == CERTIFICATE) & (amounts.tax == 0) & (amounts.off_tax != 0)
    good[owner[odd]] = False
    place = np.full(len(table), -1, np.int64)
    place[row] = np.arange(len(row))
    lowered = [adjustments.named(place)]
    if not adjustments.of_line.all():
        lowered.append(share_out(tables, good, amounts, adjustments.net, adjustments.tax))
    first = tables.first("shipments")[owner]
    return Lines(
        table, row, owner, np.where(named < 0, first, named), kind, parent, amounts.net, amounts.tax, amounts.off_net,
        amounts.off_tax, np.full(len(row), -1, np.int64), _sorted(lowered),
    )  # fmt: skip


def _in_order(tables: Tables, good: Flags) -> tuple[Ints, Ints]:
    """Choose the lines that carry money, and put each in front of those that belong to it; give also their parents."""
    table, owners = tables.rows["lines"], tables.owners["lines"]
    parent = table.number("parent")
    place = place_of(parent, table.number("line"))
    bundled = table.equals("kind", "bundled")
    child = parent >= 0
    lone = child & ~bundled & ((place < 0) | (owners[place] != owners) | child[place] | bundled[place])
    good[owners[lone]] = False
    rows = np.flatnonzero(good[owners] & ~bundled)
    if child[rows].any():
        first = np.where(child, place, np.arange(len(place)))
        rows = rows[np.lexsort((rows, child[rows], first[rows], owners[rows]))]
    return rows, np.where(child, place, -1)[rows]


def _sorted(lowered: list[tuple[Ints, Ints]]) -> Promotions:
    line, row = (np.concatenate(each) for each in zip(*lowered, strict=True))
    sequence = np.argsort(line, kind="stable")
    return Promotions(line[sequence], row[sequence])


class _Adjustments:
    """All adjustments of a batch; orders with one that is odd are taken out of `good`."""

    def __init__(self, tables: Tables, good: Flags) -> None:
        table, lines = tables.rows["adjustments"], tables.rows["lines"]
        self.net, self.tax, known, small = known_amounts(table)
        self._line = place_of(table.number("line"), lines.number("line"))
        self._lines = len(lines)
        self.of_line = self._line >= 0
        odd = ~small | (~self.of_line & (~known | table.has("line")))
        good[tables.owners["adjustments"][odd]] = False

    def of_lines(self) -> tuple[Ints, Ints]:
        """Sum the adjustments of each line, net and tax."""
        own = self._line[self.of_line]
        net, tax = (summed(each[self.of_line], own, self._lines) for each in (self.net, self.tax))
        return net, tax

    def named(self, place: Ints) -> tuple[Ints, Ints]:
        """Give the adjustments of lines: the line's place, by its row, and the adjustment's row."""
        line = np.where(self.of_line, place[self._line], -1) if len(place) else self._line
        row = np.flatnonzero(line >= 0)
        return line[row], row


def known_amounts(table: Rows) -> tuple[Ints, Ints, Flags, Flags]:
    """Give net and tax, each from the others where it was left out, as `amounts.with_known` does it.

    Returns:
        Net, zero where it cannot be known; tax; where net is known; and where all are small enough.
    """
    net, has_net, small_net = micros(table["net"])
    tax, has_tax, small_tax = micros(table["tax"])
    gross, has_gross, small_gross = micros(table["gross"])
    tax = np.where(has_tax, tax, np.where(has_net & has_gross, gross - net, 0))
    net = np.where(has_net, net, np.where(has_gross, gross - tax, 0))
    return net, tax, has_net | has_gross, small_net & small_tax & small_gross


def _check_items(table: Rows, run: Run, good: Flags, owner: Ints, row: Ints) -> None:
    """Take out orders with an item that NetSuite does not know, or that the settings do not name."""
    known, items = run.known.items, run.settings.orders.items
    unknown = table.among("kind", ["product", "option"]) & ~flags(
        pc.is_in(some(table["product_id"]), value_set=pa.array(list(known), pa.string()))
    )
    if items.shipping is not None and items.shipping not in known:
        unknown |= table.among("kind", ["shipping", "product_shipping"])
    if items.gift_certificate not in known:
        unknown |= table.equals("kind", "gift_certificate")
    good[owner[unknown[row]]] = False
