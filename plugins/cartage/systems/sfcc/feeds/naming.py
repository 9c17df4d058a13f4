"""Names of feeds: they sort by time, and a try that is made again finds the names of the one before.

``inventory_20261122T001500123Z_42_0003.xml.gz``: what it holds, when its run first wrote one (UTC, to the
millisecond), the run's number in the ledger, and the file's number within the run. SFCC's jobs import the files of
a folder in alphanumeric order.
"""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cartage.seams import Feed

log = logging.getLogger(__name__)

CLOCKS = timedelta(days=1)
"""How far a clock may be behind that of an earlier run's machine, or behind itself, and names still sort by time."""

NEXT = timedelta(milliseconds=1)

_NAME = re.compile(r"[a-z]+_\d{8}T\d{9}Z_\d+_(?P<number>\d+)\.xml(\.gz)?")

_TIME = re.compile(r"_(\d{8}T\d{9,12})Z?_")


def moment_after(now: datetime, newest: str | None) -> datetime:
    """Give the moment of a new name: now, or just after the newest name's while this clock is behind it.

    The shop imports by name, and the older of two feeds must never be the last.

    Args:
        now: by this machine's clock.
        newest: the newest name of such a feed.
    """
    found = _TIME.search(newest or "")
    if found is None:
        return now
    least = datetime.strptime(found[1], "%Y%m%dT%H%M%S%f").replace(tzinfo=UTC) + NEXT
    behind = least - now
    if behind > timedelta(seconds=1):
        log.warning("this machine's clock is %s behind the name of the newest feed, %s: see the clocks", behind, newest)
    return least if timedelta() < behind < CLOCKS else now


def feed_name(file: str, at: datetime, run: int, number: int, *, gzip: bool) -> str:
    """Give a feed's name.

    >>> from datetime import UTC
    >>> feed_name("inventory", datetime(2026, 11, 22, 0, 15, 0, 123456, tzinfo=UTC), 42, 3, gzip=True)
    'inventory_20261122T001500123Z_42_0003.xml.gz'
    """
    stamp = f"{at:%Y%m%dT%H%M%S}{at.microsecond // 1000:03d}Z"
    return f"{file}_{stamp}_{run}_{number:04d}.xml" + (".gz" if gzip else "")


def by_number(feeds: Iterable[Feed]) -> dict[int, Feed]:
    """Give a run's feeds by their numbers; of several with the same number the newest."""
    found = {}
    for feed in sorted(feeds, key=lambda each: each.name):
        named = _NAME.fullmatch(feed.name)
        if named:
            found[int(named["number"])] = feed
    return found
