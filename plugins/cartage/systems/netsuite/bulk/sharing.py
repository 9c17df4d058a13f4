"""Adjustments of totals, shared out over the lines of many orders at once; see `cartage.systems.netsuite.orders.discounts`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from cartage.systems.netsuite.bulk.vectors import CENT, Flags, Ints, flags

if TYPE_CHECKING:
    from cartage.systems.netsuite.bulk.tables import Tables

_SHIPPING, _PRODUCT_SHIPPING = 2, 3


@dataclass
class Shared:
    """What the lines got, in millionths, and which adjustments lowered which lines, in their sequence."""

    net: Ints
    tax: Ints
    line: Ints
    row: Ints


def share_out(
    tables: Tables, good: Flags, owner: Ints, kind: Ints, rows: Ints, amounts: list[Ints], off: tuple[Ints, Ints]
) -> Shared:
    """Share every adjustment of a total out, one after the other, those of a shipment first.

    Args:
        tables: the batch.
        good: orders that are plain; those whose adjustments have no lines, or are no whole cents, are taken out.
        owner: place of each line's order, ascending.
        kind: of each line.
        rows: of each line.
        amounts: of each line: net, tax, and its own adjustments' net and tax.
        off: net and tax of every adjustment.
    """
    adjustments, owners = tables.rows["adjustments"], tables.owners["adjustments"]
    totals = np.flatnonzero(~adjustments.has("line"))
    odd = (off[0] % CENT != 0) | (off[1] % CENT != 0)
    good[owners[totals[odd[totals]]]] = False
    totals = totals[good[owners[totals]]]
    later = ~adjustments.equals("scope", "shipment")[totals]
    totals = totals[np.lexsort((totals, later, owners[totals]))]
    turn = np.arange(len(totals)) - np.searchsorted(owners[totals], owners[totals])
    sharing = _Sharing(tables, owner, kind, rows, [each // CENT for each in amounts], good)
    found = [
        sharing.share(totals[turn == now], off[0] // CENT, off[1] // CENT) for now in range(turn.max(initial=-1) + 1)
    ]
    line = np.concatenate([each for each, _ in found]) if found else np.empty(0, np.int64)
    row = np.concatenate([each for _, each in found]) if found else np.empty(0, np.int64)
    return Shared(sharing.net * CENT, sharing.tax * CENT, line, row)


class _Sharing:
    """Lines that are lowered turn by turn; all amounts in cents."""

    def __init__(self, tables: Tables, owner: Ints, kind: Ints, rows: Ints, amounts: list[Ints], good: Flags) -> None:
        self._tables, self._owner, self._kind, self._good = tables, owner, kind, good
        self._before = amounts[0] + amounts[2], amounts[1] + amounts[3]
        self._gross = tables.rows["orders"].equals("taxation", "gross")
        self._of_shipment = tables.rows["lines"].has("shipment_id")[rows]
        self._shipment = tables.first("shipments")
        self.net, self.tax = np.zeros(len(owner), np.int64), np.zeros(len(owner), np.int64)

    def share(self, turn: Ints, net: Ints, tax: Ints) -> tuple[Ints, Ints]:
        """Share out adjustments, at most one of each order; give the lines that were lowered, and by which."""
        owners = self._tables.owners["adjustments"][turn]
        targets, place = self._targets(turn, owners)
        counts = np.bincount(place, minlength=len(turn))
        self._good[owners[counts == 0]] = False
        column = np.arange(len(targets)) - np.searchsorted(place, place)
        shape = (len(turn), int(counts.max(initial=0)))
        net_after, tax_after = (
            before[targets] + got[targets] for before, got in zip(self._before, (self.net, self.tax), strict=True)
        )
        gross = self._gross[owners]
        prices, taxed = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        prices[place, column] = net_after + np.where(gross[place], tax_after, 0)
        taxed[place, column] = np.where(tax_after != 0, prices[place, column], 0)
        taxes = split(tax[turn], np.where(taxed.any(axis=1)[:, None], taxed, prices), counts)
        whole = split(net[turn] + np.where(gross, tax[turn], 0), prices, counts)
        off_tax = taxes[place, column]
        off_net = whole[place, column] - np.where(gross[place], off_tax, 0)
        self.net[targets] += off_net
        self.tax[targets] += off_tax
        lowered = (off_net != 0) | (off_tax != 0)
        return targets[lowered], turn[place[lowered]]

    def _targets(self, turn: Ints, owners: Ints) -> tuple[Ints, Ints]:
        """Give the lines that adjustments lower, and the place of the adjustment; shipments' costs before products'."""
        adjustments = self._tables.rows["adjustments"]
        of_shipping = adjustments.equals("scope", "shipping") | flags(
            pc.match_substring(adjustments["total"], "shipping")
        )
        of_shipment = adjustments.equals("scope", "shipment")[turn]
        there = self._tables.rows["shipments"]["shipment_id"].take(self._shipment[owners])
        same = flags(pc.equal(adjustments["shipment_id"].take(turn), there))
        places = np.full(self._tables.count, -1, np.int64)
        places[owners] = np.arange(len(turn))
        place = places[self._owner]
        wanted = of_shipping[turn][place] == (self._kind >= _SHIPPING)
        wanted &= ~of_shipment[place] | (same[place] & self._of_shipment)
        targets = np.flatnonzero((place >= 0) & wanted)
        sequence = np.lexsort((targets, self._kind[targets] == _PRODUCT_SHIPPING, place[targets]))
        return targets[sequence], place[targets][sequence]


def split(amounts: Ints, weights: Ints, counts: Ints) -> Ints:
    """Split amounts by weight, each row as `cartage.systems.netsuite.orders.amounts.split` does it.

    Args:
        amounts: in cents.
        weights: a row for each amount, in cents; behind the row's own there are zeros.
        counts: how many weights of a row are its own.
    """
    weights = np.maximum(weights, 0)
    shares = np.zeros_like(weights)
    left, weight_left = amounts.copy(), weights.sum(axis=1)
    none = (weight_left == 0) & (counts > 0)
    shares[none, counts[none] - 1] = amounts[none]
    for place in range(weights.shape[1]):
        weight = weights[:, place]
        divisor = np.maximum(weight_left, 1)
        near = np.sign(left) * ((2 * np.abs(left) * weight + divisor) // (2 * divisor))
        share = np.where(weight == weight_left, left, near)
        share = np.where((weight > 0) & ~none, share, 0)
        shares[:, place] += share
        left = left - share
        weight_left = weight_left - weight
    return shares
