"""Tie-out before sending: what NetSuite will come to, beside what the shop's customer owes."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from cartage.systems.netsuite.orders.amounts import ZERO, total
from cartage.systems.netsuite.orders.model import SalesLine, SalesOrder, ShopOrder

if TYPE_CHECKING:
    from cartage.settings import Orders


def subtotal(part: SalesOrder) -> Decimal:
    """Give the sum of a sales order's line amounts: its subtotal in NetSuite."""
    return total(line.amount for line in part.lines)


def tax_total(part: SalesOrder, settings: Orders) -> Decimal:
    """Give the tax of a sales order beside its lines; zero where tax stands on lines of its own."""
    if settings.tax == "tax_line":
        return ZERO
    return total(tax.amount for _, _, tax in part.taxes())


def predicted(part: SalesOrder, settings: Orders) -> Decimal:
    """Give what NetSuite will come to: subtotal, header discount, shipping and tax."""
    return subtotal(part) + part.discount + (part.shipping_cost or ZERO) + tax_total(part, settings)


def order_total(order: ShopOrder) -> Decimal | None:
    """Give what the order comes to in the shop, gross; None when the document does not say."""
    columns = order.columns
    gross: Decimal | None = columns["order_gross"]
    if gross is None and columns["order_net"] is not None and columns["order_tax"] is not None:
        gross = columns["order_net"] + columns["order_tax"]
    return gross


def tie_out(order: ShopOrder, parts: list[SalesOrder], settings: Orders) -> None:
    """Compare the documents with the shop's total.

    A difference within the tolerance goes to the rounding item, if there is one; a larger one is complained of
    with all sums.
    """
    shop = order_total(order)
    if shop is None:
        return
    tenders = total(part.tenders for part in parts)
    here = total(predicted(part, settings) for part in parts)
    difference = shop - here - tenders
    if abs(difference) > settings.tolerance:
        order.complain("does_not_add_up", _sums(order, parts, settings, shop, difference), "orders.order_gross")
    elif difference and settings.items.rounding:
        line = SalesLine("rounding", "rounding", settings.items.rounding, {}, net=difference, amount=difference)
        line.extra["text"] = "Rounding"
        parts[-1].lines.append(line)


def _sums(order: ShopOrder, parts: list[SalesOrder], settings: Orders, shop: Decimal, difference: Decimal) -> str:
    named = {
        "lines": total(map(subtotal, parts)) + total(part.tenders for part in parts),
        "discount": total(part.discount for part in parts),
        "shipping": total(part.shipping_cost or ZERO for part in parts),
        "tax": total(tax_total(part, settings) for part in parts),
    }
    sums = ", ".join(f"{name} {amount:f}" for name, amount in named.items())
    return (
        f"the shop's total is {shop:f} {order.columns['currency']}, the documents come to {shop - difference:f} "
        f"({sums}): {difference:f} apart, more than settings.orders.tolerance {settings.tolerance:f}; "
        "check the order's amounts in the shop, then retry it"
    )


def expected(part: SalesOrder, settings: Orders) -> dict[str, str]:
    """Give the totals that NetSuite must come to, as decimal strings."""
    return {
        "total": f"{predicted(part, settings):f}",
        "tax": f"{tax_total(part, settings):f}",
        "shipping": f"{part.shipping_cost or ZERO:f}",
    }
