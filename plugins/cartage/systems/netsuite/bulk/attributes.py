"""Custom attributes of many orders: few rows have any, so these are taken one by one."""

from __future__ import annotations

from collections import defaultdict
from itertools import chain
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cartage.mapping.frames import Column, Const, Values
from cartage.records.order import OWN_ATTRIBUTES
from cartage.systems.netsuite.orders import attributes

if TYPE_CHECKING:
    from collections.abc import Collection

    from cartage.systems.netsuite.bulk.tables import Tables
    from cartage.systems.netsuite.bulk.vectors import Ints
    from cartage.systems.netsuite.orders.rows import Row

_NAMES = ("owner", "owner_row", "name", "locale", "value", "values")


class Attributes:
    """Custom attributes by the order, shipment or line that has them; those of payments by their order.

    Args:
        tables: the batch.
    """

    def __init__(self, tables: Tables) -> None:
        self._of: dict[str, dict[Any, list[Row]]] = {
            owner: defaultdict(list) for owner in ("order", "payment", "shipment", "line")
        }
        table = tables.rows["attributes"]
        places = tables.owners["attributes"].tolist()
        columns = (table[name].to_pylist() for name in _NAMES)
        for place, values in zip(places, zip(*columns, strict=True), strict=True):
            row = dict(zip(_NAMES, values, strict=True))
            if row["name"] in OWN_ATTRIBUTES:
                continue
            if row["owner"] == "order":
                self._of["order"][place].append(row)
            elif row["owner"] == "payment":
                self._of["payment"][place].append(row)
            elif row["owner"] in ("shipment", "line"):
                self._of[row["owner"]][place, row["owner_row"]].append(row)
        self._shipments = tables.rows["shipments"].number("shipment")
        self._lines = tables.rows["lines"].number("line")

    def by_name(self, orders: Ints, shipments: Ints) -> Column:
        """Give the attributes of orders, of one shipment of each and of their payments, by name."""
        of_order, of_shipment, of_payment = (self._of[owner] for owner in ("order", "shipment", "payment"))
        if not of_order and not of_shipment and not of_payment:
            return Const({})
        pairs = zip(orders.tolist(), self._shipments[shipments].tolist(), strict=True)
        found = (
            (of_payment.get(one, ()), of_shipment.get((one, other), ()), of_order.get(one, ())) for one, other in pairs
        )
        return Values([attributes.values(chain(*each)) for each in found])

    def of_orders_as_json(self, orders: Ints, shipments: Ints, but: Collection[str]) -> Column:
        """Give the attributes of orders and of one shipment of each, but those that have a field of their own."""
        of_order, of_shipment = self._of["order"], self._of["shipment"]
        if not of_order and not of_shipment:
            return Const(None)
        pairs = zip(orders.tolist(), self._shipments[shipments].tolist(), strict=True)
        found = ((of_order.get(one, ()), of_shipment.get((one, other), ())) for one, other in pairs)
        texts = [attributes.of_order_as_json(*each, but) if any(each) else None for each in found]
        return pa.array(texts, pa.string())

    def of_lines(self, orders: Ints, rows: Ints) -> list[list[Row]] | None:
        """Give the attributes of lines, given each one's order and row; None when no line has any."""
        found = self._of["line"]
        if not found:
            return None
        numbers = [-1 if row < 0 else int(self._lines[row]) for row in rows.tolist()]
        return [found.get(pair, []) for pair in zip(orders.tolist(), numbers, strict=True)]

    @staticmethod
    def of_lines_by_name(found: list[list[Row]] | None) -> Column:
        """Give the attributes of lines by name."""
        return Const({}) if found is None else Values([attributes.values(each) for each in found])

    @staticmethod
    def of_lines_as_json(found: list[list[Row]] | None, but: Collection[str]) -> Column:
        """Give the attributes of lines as JSON, but those that have a column of their own."""
        if found is None:
            return Const(None)
        return pa.array([attributes.as_json(each, but) if each else None for each in found], pa.string())
