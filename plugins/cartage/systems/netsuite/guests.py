"""The one customer of all guests, and the limit that it runs into."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cartage.settings import Customers
    from cartage.systems.netsuite.hook import NetSuiteHook

log = logging.getLogger(__name__)

LIMIT = 10_000
"""Transactions that NetSuite takes on one entity before it slows down and refuses."""

NEAR = 8_000
"""Transactions from which it is time to act."""


def count_transactions(hook: NetSuiteHook, customer: str) -> int:
    """Give how many transactions a customer has.

    Args:
        hook: of NetSuite.
        customer: internal id.
    """
    query = (
        "SELECT entity AS id, COUNT(*) AS transactions FROM transaction "  # noqa: S608 - a number
        f"WHERE entity = {int(customer)} GROUP BY entity"
    )
    rows = list(hook.suiteql(query, key="id", columns=["id", "transactions"]))
    return int(rows[0]["transactions"] or 0) if rows else 0


def warn_of_limit(hook: NetSuiteHook, settings: Customers) -> None:
    """Warn in the task's log when the customer of all guests comes near NetSuite's limit."""
    if settings.guests != "default_customer" or settings.default_guest_customer is None:
        return
    count = count_transactions(hook, settings.default_guest_customer)
    if count >= NEAR:
        log.warning(
            "customer %s, that of all guests, has %d transactions, and NetSuite takes about %d on one entity: name a new "
            "one under customers.default_guest_customer, or set customers.guests to by_email",
            settings.default_guest_customer, count, LIMIT,
        )  # fmt: skip
