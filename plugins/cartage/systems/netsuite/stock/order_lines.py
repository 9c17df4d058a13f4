"""Lines of the shop's orders beside the stock they take, so that nothing is counted twice or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cartage.records import stock
from cartage.systems.netsuite.stock.rows import pairs
from cartage.systems.netsuite.stock.units import ONE, millionths, quantities

if TYPE_CHECKING:
    from cartage.systems.netsuite.stock.counted import Counted, Plan
    from cartage.systems.netsuite.stock.records import Records
    from cartage.systems.netsuite.stock.units import Flags, Ints

ENDED = ("C", "H")
"""Statuses of sales orders that take nothing more: cancelled, closed."""


def order_lines(counted: Counted, records: Records, ids: Ints, plan: Plan) -> pa.Table:
    """Give the lines that take of each record's item: its own, and those of kits that it is a member of.

    What a line takes is its quantity; of a closed line, what was shipped of it. Of that, what is committed or
    shipped at a location of the record's list is left out of the list's count already; where the list sells what is
    on hand there, only what was shipped is. What was committed or shipped elsewhere does not concern the list, and
    the line takes only the rest.

    Args:
        counted: what NetSuite said.
        records: the records.
        ids: internal ids of the items, by their place.
        plan: which locations are in which list.
    """
    lines = counted.lines
    if not len(lines) or not len(records.row):
        return stock.ORDER_LINES.empty_table()
    line, item, factor = _takers(lines, counted.members)
    at, record = pairs(item, ids[records.item])
    line, factor = line[at], factor[at]
    taken = _taken(lines, plan)
    inside, shelf = (each[records.list[record], line] for each in (taken.here, taken.shelf))
    wanted = np.where(inside, taken.quantity[line], taken.quantity[line] - taken.done[line])
    committed = np.where(inside, np.where(shelf, taken.shipped[line], taken.done[line]), 0)
    order = np.argsort(record, kind="stable")
    columns = {name: lines[name].take(pa.array(line[order])) for name in ("site", "order_no", "line_id", "sku")}
    columns |= {
        "stock": pa.array(records.row[record[order]]),
        "quantity": quantities(_times(wanted, factor)[order]),
        "committed": quantities(_times(committed, factor)[order]),
    }
    return pa.table([columns[name] for name in stock.ORDER_LINES.names], stock.ORDER_LINES)


def _takers(lines: pa.Table, members: pa.Table) -> tuple[Ints, Ints, Ints]:
    """Give, for each line and each item that it takes: the line's place, the item, and millionths a unit."""
    item = lines["item"].to_numpy()
    line, at = pairs(item, members["kit"].to_numpy())
    needed, _ = millionths(members["needed"])
    return (
        np.concatenate([np.arange(len(lines)), line]),
        np.concatenate([item, members["member"].to_numpy()[at]]),
        np.concatenate([np.full(len(lines), ONE), needed[at]]),
    )


@dataclass(frozen=True)
class _Taken:
    """What lines take, in millionths, a place a line; `here` and `shelf` have a row a list.

    Attributes:
        quantity: units of the line.
        done: of those, what is committed or shipped.
        shipped: of those, what was shipped.
        here: whether that is at a location of the list.
        shelf: whether the list sells what is on hand there, committed or not.
    """

    quantity: Ints
    done: Ints
    shipped: Ints
    here: Flags
    shelf: Flags


def _taken(lines: pa.Table, plan: Plan) -> _Taken:
    """Give what each line takes, and for each list what of it has left the list's count."""
    ordered, _ = millionths(lines["quantity"])
    shipped, _ = millionths(lines["shipped"])
    committed, _ = millionths(lines["committed"])
    ended = np.asarray(pc.fill_null(pc.is_in(lines["status"], value_set=pa.array(ENDED)), fill_value=False))
    closed = ended | np.asarray(pc.fill_null(lines["closed"], fill_value=False))
    quantity = np.maximum(np.where(closed, np.minimum(shipped, ordered), ordered), 0)
    done = np.clip(np.where(closed, quantity, shipped + committed), 0, quantity)
    gone = np.clip(np.where(closed, quantity, shipped), 0, quantity)
    location, lists = np.asarray(pc.fill_null(lines["location"], -1)), range(len(plan.lists))
    here = np.array([(location == -1) | np.isin(location, sorted(plan.takes(number))) for number in lists])
    shelf = np.array([np.isin(location, sorted(plan.on_shelf(number))) for number in lists])
    shape = (len(plan.lists), len(lines))
    return _Taken(quantity, done, gone, here.reshape(shape), shelf.reshape(shape).astype(np.bool_))


def _times(units: Ints, factor: Ints) -> Ints:
    """Multiply two numbers of millionths without leaving 64 bits."""
    whole, rest = np.divmod(units, ONE)
    return np.asarray(whole * factor + rest * factor // ONE, np.int64)
