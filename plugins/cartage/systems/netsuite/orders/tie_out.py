"""Tie-out before sending: what NetSuite will come to, beside what the shop's customer owes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartage.mapping.canonical import number
from cartage.systems.netsuite.orders.amounts import ZERO, total
from cartage.systems.netsuite.orders.model import SalesLine, SalesOrder, ShopOrder
from cartage.systems.netsuite.orders.taxes import tax_lines

if TYPE_CHECKING:
    from decimal import Decimal

    from cartage.settings import Orders


def settle(part: SalesOrder, settings: Orders) -> None:
    """Make a sales order's sums, once its lines stand; in mode `tax_line` this adds the lines of taxes."""
    part.subtotal = total(line.amount for line in part.lines)
    part.tax = total(tax.amount for _, _, tax in part.taxes())
    if settings.tax == "tax_line":
        for line in tax_lines(part, settings):
            part.add(line)


def tax_beside(part: SalesOrder, settings: Orders) -> Decimal:
    """Give the tax of a sales order beside its lines: NetSuite's `taxTotal`."""
    return ZERO if settings.tax == "tax_line" else part.tax


def predicted(part: SalesOrder, settings: Orders) -> Decimal:
    """Give what NetSuite will come to: subtotal, header discount, shipping and tax."""
    return part.subtotal + part.discount + (part.shipping_cost or ZERO) + tax_beside(part, settings)


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
        parts[-1].add(line)


def _sums(order: ShopOrder, parts: list[SalesOrder], settings: Orders, shop: Decimal, difference: Decimal) -> str:
    named = {
        "lines": total(part.subtotal + part.tenders for part in parts),
        "discount": total(part.discount for part in parts),
        "shipping": total(part.shipping_cost or ZERO for part in parts),
        "tax": total(tax_beside(part, settings) for part in parts),
    }
    sums = ", ".join(f"{name} {amount:f}" for name, amount in named.items())
    return (
        f"the shop's total is {shop:f} {order.columns['currency']}, the documents come to {shop - difference:f} "
        f"({sums}): {difference:f} apart, more than settings.orders.tolerance {settings.tolerance:f}; "
        "check the order's amounts in the shop, then retry it"
    )


def expected(part: SalesOrder, settings: Orders) -> str:
    """Give the totals that NetSuite must come to, as canonical JSON of decimal strings."""
    sums = (part.shipping_cost or ZERO, tax_beside(part, settings), predicted(part, settings))
    shipping, tax, whole = map(number, sums)
    return f'{{"shipping":"{shipping}","tax":"{tax}","total":"{whole}"}}'
