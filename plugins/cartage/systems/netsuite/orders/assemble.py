"""One order, from the shop's rows to its sales orders and deposits. Each step is a module of its own."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from cartage.systems.netsuite.orders import (
    certificates,
    discounts,
    payments,
    shipments,
    shipping,
    taxes,
    tie_out,
)
from cartage.systems.netsuite.orders import (
    lines as order_lines,
)
from cartage.systems.netsuite.orders.amounts import whole_units

if TYPE_CHECKING:
    from cartage.settings import Settings, Site
    from cartage.systems.netsuite.orders.model import SalesLine, SalesOrder, ShopOrder

_CENT = Decimal("0.01")
CLOSED = frozenset({"CANCELLED", "REPLACED"})
"""Statuses of orders that the shop takes back: their sales orders are closed."""


@dataclass(slots=True)
class Assembled:
    """What an order became."""

    sales_orders: list[SalesOrder]
    deposits: list[payments.Deposit]


def assemble(order: ShopOrder, settings: Settings, site: Site, integration: str) -> Assembled:
    """Make an order's sales orders and deposits; what is wrong with it is noted in its complaints."""
    rules = settings.orders
    lines = order_lines.sales_lines(order, rules)
    _round(order, lines)
    if order.adjustments:
        discounts.share_out(order, lines)
    if rules.options == "memo":
        lines = order_lines.fold_options(lines)
    taxes.settle_taxes(order, lines)
    order_lines.mark_bonus(order, lines, rules)
    certificates.describe_sold(order, lines, rules)
    parts = shipments.sales_orders(order, lines, rules, integration)
    shipping.place_shipping(order, parts, rules)
    for part in parts:
        shipments.place_lines(order, part, rules, site)
        discounts.show(part, rules)
        tie_out.settle(part, rules)
    certificates.add_tenders(order, parts, rules, [tie_out.predicted(part, rules) for part in parts])
    tie_out.tie_out(order, parts, rules)
    return Assembled(parts, payments.deposits(order, parts, rules, integration))


def _round(order: ShopOrder, lines: list[SalesLine]) -> None:
    """Bring amounts with fractions of the minor unit to whole ones, without changing what they sum to."""
    if order.unit == _CENT and all(row["cents"] for row in order.lines):
        return
    for name in ("net", "tax", "off_net", "off_tax"):
        for line, amount in zip(lines, whole_units([getattr(line, name) for line in lines], order.unit), strict=True):
            setattr(line, name, amount)
