"""Whom to tell, and when."""

from __future__ import annotations

import re
from datetime import time, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from pydantic import Field, field_validator

from cartage.yamlfile import Strict, wrong

if TYPE_CHECKING:
    from datetime import datetime

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_STRETCH = re.compile(
    r"(?P<first>{days})(?:-(?P<last>{days}))? (?P<since>\d\d:\d\d)-(?P<until>\d\d:\d\d)"
    r"(?: (?P<minutes>[1-9]\d*) min)?".format(days="|".join(_DAYS))
)


class _Stretch(NamedTuple):
    """Hours of some days: minutes of the day, and minutes of silence that are too many, None for the setting's."""

    days: frozenset[int]
    since: int
    until: int
    minutes: int | None


class Silence(Strict):
    """When it is strange that no order comes."""

    minutes: int = Field(
        default=120,
        ge=1,
        description="Minutes without an order after which an alert is sent, in all hours that name none of their own.",
    )
    hours: str = Field(
        default="mon-sun 08:00-22:00",
        description="Hours of the week that are watched, in each site's own zone, each with minutes of its own where "
        "fewer or more orders are usual: `mon-fri 08:00-22:00, sat 10:00-24:00 240 min`.",
    )

    @field_validator("hours")
    @classmethod
    def _check_hours(cls, hours: str) -> str:
        _stretches(hours)
        return hours

    def limit(self, moment: datetime) -> timedelta | None:
        """Give how long a silence at this moment, in the site's zone, may be; None in hours that are not watched.

        Only the hours are asked: the silence itself must have begun within them too, which the caller checks.
        """
        minute = moment.hour * 60 + moment.minute
        limits = [
            each.minutes or self.minutes
            for each in self._watched
            if moment.weekday() in each.days and each.since <= minute < each.until
        ]
        return timedelta(minutes=min(limits)) if limits else None

    @cached_property
    def _watched(self) -> list[_Stretch]:
        return _stretches(self.hours)


class Alerts(Strict):
    """Whom to tell when something needs a person."""

    email: tuple[str, ...] = Field(default=(), description="Addresses that get alerts by Airflow's e-mail connection.")
    webhook: str | None = Field(default=None, description="Airflow HTTP connection that alerts are posted to, as JSON.")
    quarantined_share: float = Field(
        default=0.05,
        ge=0,
        le=1,
        description="Share of a run's records (0 to 1) in quarantine above which an alert is sent.",
    )
    drifted_share: float = Field(
        default=0.01,
        ge=0,
        le=1,
        description="Share of a full run's records (0 to 1) that the shop has otherwise than it was told above which an alert "
        "is sent; 0: of any.",
    )

    @field_validator("email")
    @classmethod
    def _check_email(cls, addresses: tuple[str, ...]) -> tuple[str, ...]:
        for index, address in enumerate(addresses):
            if not re.fullmatch(r"[^@\s]+@[^@\s]+", address):
                raise wrong(f"`{address}` is no e-mail address", index)
        return addresses


def _stretches(hours: str) -> list[_Stretch]:
    """Read ``mon-fri 08:00-22:00, sat 10:00-24:00 240 min``."""
    found = []
    for part in hours.split(","):
        match = _STRETCH.fullmatch(part.strip().lower())
        if match is None:
            raise wrong(
                f"`{part.strip()}` is no stretch of a week; write `mon-fri 08:00-22:00` or `sat 10:00-24:00 240 min`, several "
                "with commas"
            )
        first = _DAYS.index(match["first"])
        last = _DAYS.index(match["last"] or match["first"])
        days = frozenset((first + step) % 7 for step in range((last - first) % 7 + 1))
        since, until = _minute(match["since"]), _minute(match["until"])
        if since >= until:
            raise wrong(f"`{part.strip()}` ends before it begins; write what goes past midnight as two stretches")
        found.append(_Stretch(days, since, until, int(match["minutes"]) if match["minutes"] else None))
    return found


def _minute(clock: str) -> int:
    if clock == "24:00":
        return 24 * 60
    try:
        at = time.fromisoformat(clock)
    except ValueError:
        raise wrong(f"`{clock}` is no time of day") from None
    return at.hour * 60 + at.minute
