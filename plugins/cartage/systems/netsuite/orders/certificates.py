"""Gift certificates: sold, they are a debt and not revenue; tendered, they are a means of payment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartage.systems.netsuite.orders.amounts import ZERO, total
from cartage.systems.netsuite.orders.model import SalesLine, SalesOrder, ShopOrder

if TYPE_CHECKING:
    from decimal import Decimal

    from cartage.settings import Orders

TENDER = "gift_certificate"
"""Kind of the payments that are gift certificates tendered."""


def describe_sold(order: ShopOrder, lines: list[SalesLine], settings: Orders) -> None:
    """Complete the lines of gift certificates sold: not taxable; on NetSuite's own item with giver and receiver."""
    for line in lines:
        if line.kind != "gift_certificate":
            continue
        row = line.columns
        line.extra["certificate_id"] = row["certificate_id"]
        line.extra["recipient"] = row["recipient_email"] or row["recipient_name"]
        line.extra["text"] = row["text"] or "Gift certificate"
        if settings.gift_certificate_sale == "gift_certificate_item":
            line.extra["certificate_from"] = row["sender_name"]
            line.extra["certificate_to"] = row["recipient_name"]
            line.extra["certificate_email"] = row["recipient_email"]
            line.extra["certificate_message"] = row["certificate_message"]
        if settings.items.gift_certificate is None:
            order.complain(
                "item_not_set",
                "the order sells a gift certificate; name its item in settings.orders.items.gift_certificate",
                "lines.kind",
            )


def add_tenders(order: ShopOrder, parts: list[SalesOrder], settings: Orders, before: list[Decimal]) -> None:
    """Add a negative line for each gift certificate that the order was paid with.

    Each sales order of several takes as much as it comes to, the last takes the rest.

    Args:
        order: the order.
        parts: its sales orders.
        settings: how a tender is shown; with `deposit`, nothing is added here.
        before: what each sales order comes to with tax.
    """
    if settings.gift_certificate_tender == "deposit":
        return
    tenders = [each for each in order.payments if each["kind"] == TENDER]
    if tenders and settings.items.gift_certificate_tender is None:
        order.complain(
            "item_not_set",
            "the order is paid with a gift certificate; name the item of its line in "
            "settings.orders.items.gift_certificate_tender",
            "payments.kind",
        )
    for payment in tenders:
        amount = payment["amount"] or ZERO
        rooms = [each - part.tenders for each, part in zip(before, parts, strict=True)]
        for part, taken in zip(parts, fill(amount, rooms), strict=True):
            if not taken:
                continue
            line = SalesLine("tender", f"tender:{payment['ordinal']}", settings.items.gift_certificate_tender, {})
            line.net = line.amount = -taken
            line.shipment_id = part.suffix
            line.extra["certificate_id"] = payment["certificate_id"]
            line.extra["text"] = "Paid with a gift certificate"
            part.add(line)
            part.tenders += taken


def fill(amount: Decimal, rooms: list[Decimal]) -> list[Decimal]:
    """Pour an amount into rooms in sequence: each takes what it holds, the last takes the rest."""
    taken = []
    for room in rooms[:-1]:
        part = min(amount, max(room, ZERO))
        taken.append(part)
        amount -= part
    return [*taken, amount]


def tendered(parts: list[SalesOrder]) -> Decimal:
    """Give what all negative lines of tenders come to, as a positive amount."""
    return total(part.tenders for part in parts)
