"""Adjustments of totals, shared out over the lines of many orders at once.

What `cartage.systems.netsuite.orders.discounts` does with one order; amounts here are whole cents.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from cartage.systems.netsuite.bulk.kinds import OPTION, PRODUCT_SHIPPING, SHIPPING
from cartage.systems.netsuite.bulk.vectors import CENT, Flags, Ints, flags

if TYPE_CHECKING:
    from cartage.systems.netsuite.bulk.tables import Tables


@dataclass
class Amounts:
    """Lines and what they come to, in millionths; what `share_out` gives them is added to `off_net` and `off_tax`.

    Attributes:
        owner: place of each line's order, ascending.
        kind: see `kinds`.
        shipment: row of the shipment that a line names, below zero when it names none.
    """

    owner: Ints
    kind: Ints
    shipment: Ints
    net: Ints
    tax: Ints
    off_net: Ints
    off_tax: Ints

    def in_fractions(self) -> Flags:
        """Tell which lines have an amount that is no whole number of cents."""
        fractions: Flags = np.zeros(len(self.net), bool)
        for amounts in (self.net, self.tax, self.off_net, self.off_tax):
            fractions |= amounts % CENT != 0
        return fractions


def share_out(tables: Tables, good: Flags, lines: Amounts, net: Ints, tax: Ints) -> tuple[Ints, Ints]:
    """Share every adjustment of a total out, one after the other, those of a shipment first.

    Args:
        tables: the batch.
        good: orders that are plain; those whose adjustments have no lines, or are no whole cents, are taken out.
        lines: what is lowered.
        net: net of every adjustment, in millionths.
        tax: its tax.

    Returns:
        Which lines were lowered by which adjustments, turn by turn.
    """
    adjustments, owners = tables.rows["adjustments"], tables.owners["adjustments"]
    totals = np.flatnonzero(~adjustments.has("line"))
    odd = (net % CENT != 0) | (tax % CENT != 0)
    good[owners[totals[odd[totals]]]] = False
    totals = totals[good[owners[totals]]]
    later = ~adjustments.equals("scope", "shipment")[totals]
    totals = totals[np.lexsort((totals, later, owners[totals]))]
    turn = np.arange(len(totals)) - np.searchsorted(owners[totals], owners[totals])
    sharing = _Sharing(tables, lines, good)
    found = [
        sharing.share(totals[turn == now], net // CENT, tax // CENT) for now in range(int(turn.max(initial=-1)) + 1)
    ]
    nothing = np.empty(0, np.int64)
    line, row = (np.concatenate([nothing, *each]) for each in (zip(*found, strict=True) if found else ((), ())))
    return line, row


class _Sharing:
    """Lines that are lowered turn by turn."""

    def __init__(self, tables: Tables, lines: Amounts, good: Flags) -> None:
        self._owners, self._lines, self._good = tables.owners["adjustments"], lines, good
        self._gross = tables.rows["orders"].equals("taxation", "gross")
        adjustments = tables.rows["adjustments"]
        of_shipping = flags(pc.match_substring(adjustments["total"], "shipping"))
        self._of_shipping: Flags = of_shipping | adjustments.equals("scope", "shipping")
        self._of_shipment = adjustments.equals("scope", "shipment")
        self._shipment = tables.shipment_of("adjustments", adjustments["shipment_id"])
        self._count = tables.count

    def share(self, turn: Ints, net: Ints, tax: Ints) -> tuple[Ints, Ints]:
        """Share out adjustments, at most one of each order; give the lines that were lowered, and by which."""
        lines, owners = self._lines, self._owners[turn]
        targets, place = self._targets(turn, owners)
        counts = np.bincount(place, minlength=len(turn))
        self._good[owners[counts == 0]] = False
        column = np.arange(len(targets)) - np.searchsorted(place, place)
        shape = (len(turn), int(counts.max(initial=0)))
        net_after = (lines.net + lines.off_net)[targets] // CENT
        tax_after = (lines.tax + lines.off_tax)[targets] // CENT
        gross = self._gross[owners]
        prices, taxed = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        prices[place, column] = net_after + np.where(gross[place], tax_after, 0)
        taxed[place, column] = np.where(tax_after != 0, prices[place, column], 0)
        some_taxed = np.any(taxed != 0, axis=1, keepdims=True)
        taxes = split(tax[turn], np.where(some_taxed, taxed, prices), counts)
        whole = split(net[turn] + np.where(gross, tax[turn], 0), prices, counts)
        off_tax = taxes[place, column]
        off_net = whole[place, column] - np.where(gross[place], off_tax, 0)
        lines.off_net[targets] += off_net * CENT
        lines.off_tax[targets] += off_tax * CENT
        lowered = (off_net != 0) | (off_tax != 0)
        return targets[lowered], turn[place[lowered]]

    def _targets(self, turn: Ints, owners: Ints) -> tuple[Ints, Ints]:
        """Give the lines that adjustments lower, and the adjustment's place; shipments' costs before products'."""
        lines = self._lines
        places = np.full(self._count, -1, np.int64)
        places[owners] = np.arange(len(turn))
        place = places[lines.owner]
        row = turn[place]
        wanted = np.where(self._of_shipping[row], lines.kind >= SHIPPING, lines.kind <= OPTION)
        wanted &= ~self._of_shipment[row] | ((lines.shipment >= 0) & (lines.shipment == self._shipment[row]))
        targets = np.flatnonzero((place >= 0) & wanted)
        sequence = np.lexsort((targets, lines.kind[targets] == PRODUCT_SHIPPING, place[targets]))
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
