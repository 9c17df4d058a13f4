"""The date of an allocation: no later than the oldest order that may still be unknown."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from cartage.errors import BatchError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from cartage.settings import Settings

log = logging.getLogger(__name__)

OLDEST = timedelta(hours=47)
"""The shop takes allocations of the last 48 hours; an hour is left for the feed to arrive."""


def by_exports(settings: Settings, list_id: str, read_until: datetime | None, counted_at: datetime) -> datetime:
    """Give the date before which every order of a list is known from what the flow of orders read.

    Until that flow has read for the first time, exports count as read when stock was counted.

    Args:
        settings: the run's.
        list_id: inventory list. On one with on-order only exported orders count, and these are known sooner.
        read_until: see `Memory.read_until`.
        counted_at: when the ERP counted.
    """
    allocation, orders = settings.inventory.allocation, settings.orders
    read = counted_at if read_until is None else min(read_until, counted_at)
    if orders.source == "api":
        return read - allocation.lag - allocation.skew
    on_its_way = allocation.transfer if settings.inventory.lists[list_id].on_order else allocation.waiting
    return read - on_its_way - timedelta(seconds=orders.drops.stable_seconds) - allocation.skew


def dates(
    settings: Settings,
    lists: Iterable[str],
    read_until: datetime | None,
    asked_until: datetime | None,
    counted_at: datetime,
) -> dict[str, datetime]:
    """Give the date of each list's allocations, in whole seconds.

    Args:
        settings: the run's.
        lists: inventory lists.
        read_until: see `Memory.read_until`.
        asked_until: see `Memory.asked_until`.
        counted_at: when the ERP counted.

    Raises:
        BatchError: orders were not read for so long that the shop would not take the date.
    """
    allocation = settings.inventory.allocation
    if read_until is None and asked_until is None:
        log.warning("no orders were ever read whole: allocations are dated as if exports had been read just now")
    found = {}
    for list_id in lists:
        date = by_exports(settings, list_id, read_until, counted_at)
        if asked_until is not None:
            by_asking = asked_until - allocation.lag - allocation.skew
            date = by_asking if read_until is None else max(date, by_asking)
        if date < counted_at - OLDEST:
            raise BatchError(
                f"inventory list {list_id}: orders are known up to {date.isoformat(timespec='minutes')} only, and the "
                "shop takes no allocation that old. Run the flow of orders; where an export cannot be read, have the "
                "shop leave it again under its name, or name it in inventory.allocation.drops_dealt_with."
            )
        found[list_id] = date.replace(microsecond=0)
    return found
