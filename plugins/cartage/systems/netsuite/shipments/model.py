"""What is read of NetSuite for shipments: sales orders, their lines, their fulfilments."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from cartage.systems.netsuite.suiteql import Row

GOODS = frozenset({"InvtPart", "Assembly", "Kit", "NonInvtPart"})
"""Types of items that are shipped, unless the item itself says that it cannot be fulfilled."""

SOLD = frozenset({"product", "option", "bundled"})
"""Kinds of the shop's lines that are shipped; certificates, costs and taxes never are."""

ENDED = frozenset({"C", "H"})
"""Statuses of sales orders of which nothing more will be shipped: cancelled, closed."""


def letter(status: str | None) -> str:
    """Give the letter of a status: some accounts show ``C``, some ``ItemShip:C``."""
    return (status or "").rpartition(":")[2]


@dataclass
class Line:
    """A line of a sales order that is to be shipped.

    Attributes:
        line_id: the shop's line; None on orders of an earlier connector.
        shipment_id: the shop's shipment, likewise.
        sku: sku.
        ordered: units.
        shipped: units in fulfilments that count.
        closed: nothing more of it will be shipped.
    """

    line_id: str | None
    shipment_id: str | None
    sku: str | None
    ordered: Decimal
    closed: bool
    shipped: Decimal = Decimal(0)

    @property
    def done(self) -> bool:
        """Whether all of it was shipped."""
        return self.shipped >= self.ordered


@dataclass
class Fulfilment:
    """An item fulfilment.

    Attributes:
        id: internal id.
        status: A picked, B packed, C shipped.
        carrier: who carries it, as NetSuite calls them.
        day: when it was shipped, ``YYYY-MM-DD``.
        units: units by line number of the sales order.
        numbers: tracking numbers, in the order they were given.
    """

    id: str
    status: str
    carrier: str | None
    day: str | None
    units: dict[str, Decimal] = field(default_factory=dict)
    numbers: list[str] = field(default_factory=list)


@dataclass
class SalesOrder:
    """A sales order with all that belongs to it.

    Attributes:
        id: internal id.
        number: document number.
        status: its letter.
        lines: lines to be shipped, by line number.
        fulfilments: its fulfilments, oldest first.
        changed: when it or one of its fulfilments last changed.
    """

    id: str
    number: str | None
    status: str
    changed: datetime
    lines: dict[str, Line] = field(default_factory=dict)
    fulfilments: list[Fulfilment] = field(default_factory=list)


@dataclass(frozen=True)
class ShopOrder:
    """An order of the shop, and the sales orders that it became.

    Attributes:
        site: the shop's site.
        order_no: its number there.
        adopted: whether another connector wrote it.
        sales_orders: in the order of their internal ids.
    """

    site: str
    order_no: str
    adopted: bool
    sales_orders: tuple[SalesOrder, ...]

    @property
    def key(self) -> str:
        """The record's key."""
        return f"{self.site}/{self.order_no}"


def line_of(row: Row, order_shipment: str | None, sku_field: str, *, ended: bool) -> Line | None:
    """Read a row of ``order_lines``; None for what is never shipped.

    Args:
        row: the row.
        order_shipment: the shipment that the whole sales order stands for, where it does.
        sku_field: field of the item that holds the shop's sku.
        ended: whether the whole order is closed or cancelled.
    """
    kind, ordered = row.get("kind"), Decimal(row.get("ordered") or 0)
    if row.get("itemtype") not in GOODS or row.get("isfulfillable") == "F" or ordered <= 0:
        return None
    if kind is not None and kind not in SOLD:
        return None
    return Line(
        line_id=row.get("line_id"),
        shipment_id=row.get("shipment_id") or order_shipment,
        sku=row.get("sku") or row.get(sku_field),
        ordered=ordered,
        closed=ended or row.get("isclosed") == "T",
    )
