"""NetSuite's clock as SuiteQL shows it: local times, in the zone of the account's user, without saying so.

Times that SuiteQL writes and compares are not in UTC but in the zone that the integration's user, or the account, has
in its preferences (airbyte lost records over it, https://github.com/airbytehq/airbyte/issues/79653).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from cartage.windows import Window

FURTHEST = timedelta(hours=14)
"""No zone is further from UTC than this."""

_FORM = "%Y-%m-%d %H:%M:%S"


class Clock:
    """Turns moments into what SuiteQL compares, and back.

    Args:
        zone: IANA name of NetSuite's zone; None when nobody said, and then a window is so wide that it misses
            nothing in any zone.
    """

    def __init__(self, zone: str | None) -> None:
        self._zone = ZoneInfo(zone) if zone else None

    def stretch(self, window: Window, overlap: timedelta, start: datetime) -> tuple[datetime, datetime]:
        """Give the stretch to ask SuiteQL for, to be written as a literal as if it were UTC.

        Around the end of daylight-saving time an hour of local time comes twice: the stretch then begins at the
        first, and ends after the second.

        Args:
            window: what the run reads.
            overlap: how far it looks back.
            start: where history begins when nothing was ever read.
        """
        # SuiteQL knows whole seconds: what changed in the second that the window ends in belongs to it.
        since, until = (window.since or start) - overlap, window.until + timedelta(seconds=1)
        if self._zone is None:
            return since - FURTHEST, until + FURTHEST
        hour = timedelta(hours=1)
        return (
            since + min(self._offset(since), self._offset(since + hour)),
            until + max(self._offset(until), self._offset(until - hour)),
        )

    def moment(self, text: str, now: datetime) -> datetime:
        """Read a local time.

        Of a time that came twice it is the later one, unless that is still to come: so a later change never
        seems older than an earlier one.

        Args:
            text: as ``YYYY-MM-DD HH24:MI:SS``.
            now: when it was read.
        """
        local = datetime.strptime(text, _FORM).replace(tzinfo=self._zone or UTC)
        later = local.replace(fold=1).astimezone(UTC)
        return later if later <= now else local.astimezone(UTC)

    def _offset(self, moment: datetime) -> timedelta:
        return moment.astimezone(self._zone).utcoffset() or timedelta(0)
