"""Closes sales orders that the shop cancelled or replaced.

NetSuite has no void for a sales order, and ``orderStatus`` takes only A and B: an order is cancelled by
closing its lines (``isClosed``). What has left the warehouse cannot be closed: a person decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cartage.errors import Complaint
from cartage.systems.netsuite.writing_lines import LINES, MARK, content_of, fulfilled, mark, plain, rows
from cartage.systems.netsuite.writing_orders import VERSION, Decision, quarantine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cartage.settings import Orders
    from cartage.systems.netsuite.reading import FoundOrder
    from cartage.systems.netsuite.target_documents import Document

REPLACEMENT = "custbody_ctg_replacement_order_no"


def closing(
    document: Document, found: FoundOrder, record: Mapping[str, Any], deposits: Sequence[str], settings: Orders
) -> Decision:
    """Decide how to close an order.

    Args:
        document: the cancelled order.
        found: the order in bulk.
        record: the order with its sub-resources.
        deposits: internal ids of its deposits that were neither applied nor refunded.
        settings: the settings of orders.
    """
    lines = rows(record, LINES)
    open_lines = [each for each in lines if each.get("isClosed") is not True]
    if any(map(fulfilled, lines)):
        return quarantine(
            found.id,
            "already_fulfilled",
            f"the shop cancelled the order, but something of sales order {found.id} is fulfilled or billed: stop the "
            f"shipment or book a return, then dismiss this",
        )
    if open_lines and settings.changes.cancel == "quarantine":
        return quarantine(found.id, "cancelled_in_shop", f"the shop cancelled the order: close sales order {found.id}")
    complaints = tuple(_open(document, found.id, each) for each in deposits)
    if not open_lines:
        by_us = content_of(found.mark) == document.content  # a task before this one closed it and never said so
        return Decision("unchanged", "updated" if by_us else "unchanged", found.id, found.number, complaints=complaints)
    closed = {**record, LINES: {"items": [{**each, "isClosed": True} for each in lines]}}
    body = {
        **_notes(document, record),
        LINES: {"items": [{"line": each["line"], "isClosed": True} for each in open_lines]},
        MARK: mark(document.content, closed),
        VERSION: document.version,
    }
    changes = tuple(f"{LINES}[{each['line']}].isClosed" for each in open_lines)
    return Decision("close", "updated", found.id, found.number, body, changes=changes, complaints=complaints)


def _open(document: Document, order: str, deposit: str) -> Complaint:
    """Say what is to be done with a deposit of a closed order: the order that replaces it has taken none."""
    successor = document.body.get(REPLACEMENT)
    if successor:
        words = (
            f"sales order {order} is closed, since order {successor} replaces it, but customer deposit {deposit} is still "
            f"open: apply it to the sales order of {successor}, for which no deposit was made"
        )
        return Complaint("deposit_to_apply", words, asks=True)
    words = f"sales order {order} is closed, but customer deposit {deposit} is still open: refund it to the customer"
    return Complaint("refund_due", words, asks=True)


def _notes(document: Document, record: Mapping[str, Any]) -> dict[str, Any]:
    """Give the custom fields that the cancellation brings, such as its reason, and that the order has not."""
    return {
        name: value
        for name, value in document.body.items()
        if name.startswith("custbody_") and plain(value) != plain(record.get(name))
    }
