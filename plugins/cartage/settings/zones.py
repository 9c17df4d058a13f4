"""Time zones in settings: IANA names that this machine knows."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from cartage.yamlfile import close, wrong


def known_zone(zone: str | None) -> str | None:
    """Give the name of a time zone back, if there is such a zone; null stays null.

    Raises:
        PydanticCustomError: there is none; with the nearest name that there is.
    """
    if zone is None:
        return None
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        hint = close(zone, available_timezones()) or "; write an IANA name such as `Europe/Berlin`"
        raise wrong(f"`{zone}` is no time zone{hint}") from None
    return zone
