"""Decides what becomes of a customer deposit: it is made once and never changed."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from cartage.errors import Complaint
from cartage.systems.netsuite.writing_orders import Decision, unchanged

if TYPE_CHECKING:
    from cartage.seams import Claim
    from cartage.systems.netsuite.suiteql import Row
    from cartage.systems.netsuite.target_documents import Document


def for_closed(decision: Decision, order: str) -> Decision:
    """Add to a deposit that is made that its order is closed: the money came in all the same, and is to be paid back.

    Args:
        decision: to make the deposit.
        order: internal id of its sales order.
    """
    words = f"sales order {order} is closed in NetSuite, and money came in for it since: refund it to the customer"
    return replace(decision, complaints=(*decision.complaints, Complaint("refund_due", words, asks=True)))


def deposit(document: Document, claim: Claim | None, found: Row | None) -> Decision:
    """Decide about a deposit that the ledger does not know as done.

    Args:
        document: the deposit.
        claim: what the ledger knows of it; None in a dry run.
        found: the deposit in NetSuite with its external id.
    """
    if found is None:
        if claim is not None and claim.known_id is not None:
            words = f"customer deposit {claim.known_id} was deleted in NetSuite; it is not made again"
            return Decision("unchanged", "unchanged", claim.known_id, complaints=(Complaint("deleted_by_hand", words),))
        return Decision("create", "created", body=document.body)
    id_, number = str(found["id"]), found.get("tranid")
    if claim is not None and claim.unfinished and claim.known_id is None:
        return Decision("unchanged", "created", id_, number)
    wanted, there = document.body.get("payment"), found.get("foreigntotal")
    if wanted is not None and there and abs(Decimal(there)) != Decimal(str(wanted)):
        words = f"customer deposit {id_} is {there}, the shop's payment is {wanted}: settle the difference by hand"
        asked = Complaint("deposit_differs", words, asks=True)
        return Decision("unchanged", "unchanged", id_, number, complaints=(asked,))
    return unchanged(id_, number)
