"""The tables of a batch of one site's orders, and which of the orders are plain as far as their rows tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cartage.systems.netsuite.bulk.vectors import Flags, Ints, Rows, counted, flags, ints, offsets, place_of, some
from cartage.systems.netsuite.orders.amounts import minor_unit
from cartage.systems.netsuite.orders.assemble import CLOSED

if TYPE_CHECKING:
    from cartage.records.batch import Batch
    from cartage.settings import Orders, Settings, Site
    from cartage.systems.netsuite.orders.known import Known

_KINDS = ("product", "option", "bundled", "gift_certificate", "shipping", "product_shipping")
_UNIT = "0.01"


class Unsorted(Exception):  # noqa: N818 - the rows do such a batch
    """Rows do not stand in the order of their orders, or belong to none."""


@dataclass(frozen=True)
class Run:
    """What is the same for all orders that are done together.

    Attributes:
        settings: the run's settings.
        site: settings of the orders' site, and `name` its name.
        known: what NetSuite knows.
        integration: name of the integration.
    """

    settings: Settings
    name: str
    site: Site
    known: Known
    integration: str


@dataclass(frozen=True)
class Tables:
    """The tables of a batch, and for each row the place of its order.

    Attributes:
        rows: by table.
        owners: by table, the place of each row's order.
        count: how many orders there are.
    """

    rows: dict[str, Rows]
    owners: dict[str, Ints]
    count: int

    @classmethod
    def of(cls, batch: Batch) -> Tables:
        """Take the tables of a batch.

        Raises:
            Unsorted: its rows do not follow its orders.
        """
        rows = {name: Rows(table) for name, table in batch.tables.items()}
        numbers = rows["orders"].number("order")
        if np.any(numbers[1:] <= numbers[:-1]):
            raise Unsorted("orders")
        owners = {}
        for name, table in rows.items():
            own = table.number("order")
            places = np.searchsorted(numbers, own)
            inside = places < len(numbers)
            if not inside.all() or np.any(numbers[places] != own) or np.any(own[1:] < own[:-1]):
                raise Unsorted(name)
            owners[name] = places
        return cls(rows, owners, len(numbers))

    def any_of(self, table: str, rows: Flags) -> Flags:
        """Tell which orders have any of some rows of a table."""
        found = np.zeros(self.count, bool)
        found[self.owners[table][rows]] = True
        return found

    def first(self, table: str) -> Ints:
        """Give each order's first row of a table, -1 where it has none."""
        bounds = offsets(self.owners[table], self.count)
        return np.where(np.diff(bounds) > 0, bounds[:-1], -1)

    def shipment_of(self, table: str, ids: pa.Array) -> Ints:
        """Give the row of the shipment of its own order that each row of a table names: -1 when it names none, -2 when the order has none of that name."""
        names = self.rows["shipments"]["shipment_id"]
        distinct = names.unique()
        number = ints(pc.index_in(names, value_set=distinct), -1).astype(np.int64)
        wanted = ints(pc.index_in(ids, value_set=distinct), -1).astype(np.int64)
        many = len(distinct) + 1
        row = place_of(
            np.where(wanted < 0, -1, self.owners[table] * many + wanted), self.owners["shipments"] * many + number
        )
        named = flags(pc.is_valid(ids))
        return np.where(named, np.where(row < 0, -2, row), -1)


def may_be_plain(rules: Orders) -> bool:
    """Say whether orders land in the way that is done here; the other ways are left to the rows."""
    return rules.discounts == "netted" and rules.options == "line" and rules.tax == "suitetax"


def plain(tables: Tables, run: Run) -> Flags:
    """Say which orders are plain, as far as one can tell without their amounts.

    Left out is what has a way of its own through the rows: taxes by item, bonus lines by attribute, orders without
    any shipment, currencies without cents; and what the rows complain of: an unknown currency, location, shipping
    method or item, a date or total that is missing.
    """
    orders, known, site = tables.rows["orders"], run.known, run.site
    if site.subsidiary not in known.subsidiaries or (
        site.location is not None and site.location not in known.locations
    ):
        return np.zeros(tables.count, bool)
    currencies = [
        name for name, id_ in site.currencies.items() if id_ in known.currencies and str(minor_unit(name)) == _UNIT
    ]
    good = orders.equals("site", run.name) & orders.among("currency", currencies)
    good &= orders.has("placed_at") & orders.has("order_no") & orders.has("key")
    good &= orders.has("order_gross") | (orders.has("order_net") & orders.has("order_tax"))
    good &= ~(orders.equals("bill_company_name", "") & orders.equals("business_type", "B2B"))
    return good & _shipped(tables, run) & ~_odd_rows(tables, run)


def closed(tables: Tables) -> Flags:
    """Say which orders the shop has taken back."""
    return tables.rows["orders"].among("order_status", sorted(CLOSED))


def _shipped(tables: Tables, run: Run) -> Flags:
    shipments = tables.rows["shipments"]
    named = flags(pc.is_valid(some(shipments["shipment_id"])))
    methods = list(run.known.shipping_methods)
    named &= ~flags(pc.is_valid(some(shipments["shipping_method"]))) | shipments.among("shipping_method", methods)
    row = tables.shipment_of("shipments", shipments["shipment_id"])
    named &= row == np.arange(len(row))  # a name that stands twice leads to one of the two
    some_shipment: Flags = counted(tables.owners["shipments"], tables.count) > 0
    return some_shipment & ~tables.any_of("shipments", ~named)


def _odd_rows(tables: Tables, run: Run) -> Flags:
    """Tell which orders have rows that only the other way knows."""
    rules, lines, attributes = run.settings.orders, tables.rows["lines"], tables.rows["attributes"]
    odd: Flags = counted(tables.owners["lines"], tables.count) == 0
    odd |= tables.any_of("lines", ~lines.among("kind", _KINDS))
    odd |= tables.any_of("tax_items", np.ones(len(tables.rows["tax_items"]), bool))
    if rules.gift_certificate_sale != "liability_item":
        odd |= tables.any_of("lines", lines.equals("kind", "gift_certificate"))
    if rules.bundles != "kit":
        odd |= tables.any_of("lines", lines.equals("kind", "bundled"))
    marks = [rules.bonus.attribute] if rules.bonus.attribute else []
    return odd | tables.any_of("attributes", attributes.among("name", marks))


def constant(value: str | None, rows: int) -> pa.Array:
    """Give a text in every row."""
    return pa.nulls(rows, pa.string()) if value is None else pa.repeat(pa.scalar(value, pa.string()), rows)
