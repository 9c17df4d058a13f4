"""Plain orders, parted into sales orders: one, as a rule; one for each shipment where there are several."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from cartage.systems.netsuite.bulk.kinds import TENDER
from cartage.systems.netsuite.bulk.lines import Promotions
from cartage.systems.netsuite.bulk.vectors import Flags, Ints, micros
from cartage.systems.netsuite.orders.certificates import TENDER as TENDERED

if TYPE_CHECKING:
    from cartage.systems.netsuite.bulk.lines import Lines
    from cartage.systems.netsuite.bulk.tables import Run, Tables


@dataclass(frozen=True)
class Parts:
    """Sales orders, those of an order together, in the order of its shipments.

    Attributes:
        order: place of the order.
        shipment: row of the shipment.
        ordinal: place among the order's sales orders, from 0.
        several: whether the order has several.
        of_line: the part that each line stands on, ascending.
    """

    order: Ints
    shipment: Ints
    ordinal: Ints
    several: Flags
    of_line: Ints

    def __len__(self) -> int:
        """Give how many there are."""
        return len(self.order)


def part(tables: Tables, run: Run, lines: Lines, good: Flags) -> tuple[Parts, Lines]:
    """Part orders by the shipments that their lines go with, and put lines and tenders where they belong.

    Orders that are parted in another way are taken out of `good`.
    """
    shipment, of_line = np.unique(lines.shipment, return_inverse=True)
    order = tables.owners["shipments"][shipment]
    ordinal = np.arange(len(order)) - np.searchsorted(order, order)
    several = np.bincount(order, minlength=tables.count)[order] > 1
    if run.settings.orders.addresses == "multi_ship_to":
        good[order[several]] = False
    parted = np.zeros(tables.count, bool)
    parted[order[several]] = True
    only = np.zeros(tables.count, np.int64)
    only[order] = np.arange(len(order))
    tenders = _tenders(tables, run, good, parted)
    lines = _with_tenders(lines, tenders)
    of_line = np.concatenate([of_line, only[tenders.order]])
    sequence = np.argsort(of_line, kind="stable")
    return Parts(order, shipment, ordinal, several, of_line[sequence]), _sorted(lines, sequence)


@dataclass(frozen=True)
class _Tenders:
    """Gift certificates that orders were paid with: the payment's row, the order's place, and the amount."""

    row: Ints
    order: Ints
    amount: Ints


def _tenders(tables: Tables, run: Run, good: Flags, parted: Flags) -> _Tenders:
    payments, owners, rules = tables.rows["payments"], tables.owners["payments"], run.settings.orders
    tendered = payments.equals("kind", TENDERED)
    amount, _, small = micros(payments["amount"])
    odd = tendered & (~small | parted[owners])
    item = rules.items.gift_certificate_tender
    if rules.gift_certificate_tender == "deposit" or item is None or item not in run.known.items:
        odd = tendered
    good[owners[odd]] = False
    rows = np.flatnonzero(tendered & (amount != 0) & good[owners])
    return _Tenders(rows, owners[rows], amount[rows])


def _with_tenders(lines: Lines, tenders: _Tenders) -> Lines:
    """Add a negative line for each certificate, behind all others."""
    rows = tenders.row
    if not len(rows):
        return lines
    none, zero = np.full(len(rows), -1, np.int64), np.zeros(len(rows), np.int64)
    more = {
        "row": none, "owner": tenders.order, "shipment": none, "kind": np.full(len(rows), TENDER), "parent": none,
        "net": -tenders.amount, "tax": zero, "off_net": zero, "off_tax": zero, "payment": rows,
    }  # fmt: skip
    longer: dict[str, Any] = {name: np.concatenate([getattr(lines, name), each]) for name, each in more.items()}
    return replace(lines, **longer)


def _sorted(lines: Lines, sequence: Ints) -> Lines:
    """Put lines into another sequence."""
    if np.array_equal(sequence, np.arange(len(sequence))):
        return lines
    names = ("row", "owner", "shipment", "kind", "parent", "net", "tax", "off_net", "off_tax", "payment")
    place = np.empty_like(sequence)
    place[sequence] = np.arange(len(sequence))
    line = place[lines.promotions.line]
    again = np.argsort(line, kind="stable")
    promotions = Promotions(line[again], lines.promotions.row[again])
    moved: dict[str, Any] = {name: getattr(lines, name)[sequence] for name in names}
    return replace(lines, **moved, promotions=promotions)
