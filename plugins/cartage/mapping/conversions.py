"""The kinds that ``as:`` knows: how a value is written in a payload.

Each takes a value that is not null. What cannot be written without loss or guessing is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from cartage.mapping.canonical import number
from cartage.mapping.faults import ValueRefused

Conversion = Callable[[Any], Any]

_NUMBER = re.compile(r"[-+]?[0-9]+(?:\.[0-9]+)?")
_FLAGS = {"true": True, "false": False}


def text(value: Any) -> str:
    """A text; a number without exponent and trailing zeros, a flag as ``true`` or ``false``."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return number(value)
    if isinstance(value, datetime):
        return instant(value)
    return str(value)


def integer(value: Any) -> int:
    """A whole number; one with a fraction is refused."""
    exact = _exact(value)
    whole = int(exact)
    if whole != exact:
        raise ValueRefused("has a fraction, but a whole number is asked for")
    return whole


def decimal(value: Any) -> Decimal:
    """An exact number: no digit is lost or added."""
    return _exact(value)


def rounded(places: int) -> Conversion:
    """Make the conversion to a number of `places` decimals, half a unit rounded away from zero."""
    unit = Decimal(1).scaleb(-places)

    def convert(value: Any) -> Decimal:
        return _exact(value).quantize(unit, rounding=ROUND_HALF_UP)

    return convert


def boolean(value: Any) -> bool:
    """A flag; of texts only ``true`` and ``false`` are one."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in _FLAGS:
        return _FLAGS[value.strip().lower()]
    raise ValueRefused("is neither true nor false")


def instant(value: Any) -> str:
    """A moment in UTC, ISO 8601 to the second: ``2026-03-29T01:30:00Z``."""
    return _moment(value).astimezone(UTC).isoformat(timespec="seconds").removesuffix("+00:00") + "Z"


def day_in(zone: ZoneInfo, value: Any) -> str:
    """The calendar day on which a moment falls in a zone, ``2026-03-29``. A day stays what it is."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str) and len(value) == 10:
        return _day(value).isoformat()
    return _moment(value).astimezone(zone).date().isoformat()


def day(zone: str) -> Conversion:
    """Make the conversion of a moment to the day on which it falls in an IANA zone."""
    return partial(day_in, ZoneInfo(zone))


CONVERSIONS: dict[str, Conversion] = {
    "text": text,
    "integer": integer,
    "decimal": decimal,
    "boolean": boolean,
    "datetime": instant,
}
"""Conversions by their name in ``as:``, but ``date``, which needs a zone."""


def _exact(value: Any) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return Decimal(value.strip())
    raise ValueRefused("is no number")


def _moment(value: Any) -> datetime:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise ValueRefused("is no ISO 8601 moment") from None
    if not isinstance(value, datetime):
        raise ValueRefused("is no moment in time")
    if value.tzinfo is None:
        raise ValueRefused("is a moment without a zone, which could mean several")
    return value


def _day(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueRefused("is no ISO 8601 day") from None
