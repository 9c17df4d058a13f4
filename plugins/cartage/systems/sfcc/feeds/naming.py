"""Names of feeds: they sort by time, and a try that is made again finds the names of the one before.

``inventory_20261122T001500123Z_42_0003.xml.gz``: what it holds, when its run first wrote one (UTC, to the
millisecond), the run's number in the ledger, and the file's number within the run. SFCC's jobs import the files of
a folder in alphanumeric order.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from cartage.seams import Feed

_NAME = re.compile(r"[a-z]+_\d{8}T\d{9}Z_\d+_(?P<number>\d+)\.xml(\.gz)?")


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
