"""Payments: authorised ones are noted on the order, captured ones become customer deposits.

Nothing here makes NetSuite charge a card: no payment option, no payment operation, no card fields.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cartage.systems.netsuite import external_ids
from cartage.systems.netsuite.orders.amounts import ZERO, total
from cartage.systems.netsuite.orders.certificates import TENDER, fill, tendered
from cartage.systems.netsuite.orders.model import SalesOrder, ShopOrder, join
from cartage.systems.netsuite.orders.tie_out import predicted

if TYPE_CHECKING:
    from decimal import Decimal

    from cartage.settings import Orders, PaymentRule
    from cartage.systems.netsuite.orders.rows import Row

_NO_MONEY_IN = frozenset({"AUTH_REVERSAL", "CREDIT"})


@dataclass(slots=True)
class Deposit:
    """A customer deposit on one sales order."""

    external_id: str
    payment: Row
    rule: PaymentRule
    sales_order: SalesOrder
    amount: Decimal


def deposits(order: ShopOrder, parts: list[SalesOrder], settings: Orders, integration: str) -> list[Deposit]:
    """Make the deposits of an order: one for each payment that is money in hand, and for each sales order it covers.

    An order that replaces another takes none: its money came with the first. A payment over several sales
    orders is poured into them in sequence, none beyond what it comes to, the rest into the last.
    """
    columns = order.columns
    if columns["replaced_order_no"]:
        return []
    rooms = [predicted(part, settings) for part in parts]
    found = []
    for payment in order.payments:
        rule = rule_of(payment, settings)
        if not is_due(columns["payment_status"], payment, rule, settings):
            continue
        amount = _amount(order, payment, parts, settings)
        if amount is None or amount <= 0:
            continue
        for place, taken in enumerate(fill(amount, rooms)):
            if taken <= 0:
                continue
            rooms[place] -= taken
            part = parts[place]
            external_id = external_ids.deposit(
                integration, columns["site"], columns["order_no"], payment["ordinal"], part.suffix
            )
            found.append(Deposit(external_id, payment, rule, part, taken))
    return found


def rule_of(payment: Row, settings: Orders) -> PaymentRule:
    """Find what the settings say of a payment: by its method, its processor, its kind, else the default."""
    for name in (payment["method"], payment["processor_id"], payment["kind"]):
        if name is not None and name in settings.payments:
            return settings.payments[name]
    return settings.payments["default"]


def is_due(payment_status: str | None, payment: Row, rule: PaymentRule, settings: Orders) -> bool:
    """Say whether a payment of an order with this payment status becomes a deposit."""
    if payment["transaction_type"] in _NO_MONEY_IN:
        return False
    if payment["kind"] == TENDER:
        return settings.gift_certificate_tender == "deposit"
    captured = payment["transaction_type"] == "CAPTURE" or payment_status == "PAID"
    return rule.deposit == "always" or (rule.deposit == "when_captured" and captured)


def _amount(order: ShopOrder, payment: Row, parts: list[SalesOrder], settings: Orders) -> Decimal | None:
    """Give a payment's amount; the only payment of an order that names none pays all of it."""
    amount: Decimal | None = payment["amount"]
    if amount is not None:
        return amount
    others = [each for each in order.payments if each is not payment and each["kind"] != TENDER]
    if others:
        order.complain(
            "payment_without_amount",
            f"payment {payment['ordinal']} of several has no amount; have the shop export the order again",
            "payments.amount",
        )
        return None
    certificates = total(each["amount"] or ZERO for each in order.payments if each["kind"] == TENDER)
    return total(predicted(part, settings) for part in parts) + tendered(parts) - certificates


def noted(payments: list[Row]) -> Row:
    """Give what the sales order keeps of its payments: words and ids, no card data."""
    if len(payments) == 1:
        (one,) = payments
        return {
            "payment_methods": one["method"] or one["kind"],
            "payment_processors": one["processor_id"],
            "payment_ids": one["transaction_id"],
            "gift_certificates": one["certificate_id"],
        }
    return {
        "payment_methods": join(each["method"] or each["kind"] for each in payments),
        "payment_processors": join(each["processor_id"] for each in payments),
        "payment_ids": join(each["transaction_id"] for each in payments),
        "gift_certificates": join(each["certificate_id"] for each in payments),
    }
