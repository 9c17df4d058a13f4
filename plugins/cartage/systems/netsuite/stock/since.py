"""Moments as SuiteQL must be asked for them."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cartage.systems.netsuite.suiteql import to_timestamp

FURTHEST_BEHIND = timedelta(hours=12)
"""No zone that NetSuite offers is further behind UTC."""

_LONGEST_CHANGE = timedelta(hours=3)


def since(moment: datetime, zone: str | None) -> str:
    """Give a literal that everything at or after a moment is at or after in SuiteQL, in any season.

    SuiteQL compares with moments as the integration's user sees them. Where a zone goes back to winter time an
    hour comes twice, and what happened in its second pass looks earlier than its first: the literal is then the
    earliest that anything after the moment can look.

    Args:
        moment: an aware moment.
        zone: the user's IANA zone; None when nobody knows it.
    """
    if zone is None:
        return to_timestamp(moment - FURTHEST_BEHIND)
    there = ZoneInfo(zone)
    offsets = [
        (moment + later).astimezone(there).utcoffset() or timedelta(0) for later in (timedelta(0), _LONGEST_CHANGE)
    ]
    return to_timestamp(moment + min(offsets))
