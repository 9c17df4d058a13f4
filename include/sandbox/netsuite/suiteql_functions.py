"""Functions of Oracle's that SuiteQL queries use, for SQLite, and how values look in an answer."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sandbox.netsuite.records.sales import STATUSES

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

_ORACLE = {"YYYY": "%Y", "RRRR": "%Y", "YY": "%y", "MM": "%m", "MON": "%b", "DD": "%d", "HH24": "%H", "HH12": "%I",
           "HH": "%I", "MI": "%M", "SS": "%S", "AM": "%p", "PM": "%p", "FF": "%f", "FF3": "%f"}  # fmt: skip
_PART = re.compile(r'"([^"]*)"|(YYYY|RRRR|YY|MM|MON|DD|HH24|HH12|HH|MI|SS|AM|PM|FF3|FF)', re.IGNORECASE)

_STORED = "%Y-%m-%d %H:%M:%S"
_TYPES = {"SalesOrd": "Sales Order", "CustDep": "Customer Deposit", "ItemShip": "Item Fulfillment", "CustInvc": "Invoice",
          "CashSale": "Cash Sale", "RtnAuth": "Return Authorization"}  # fmt: skip
_LETTERS = {
    "SalesOrd": STATUSES, "CustDep": {"A": "Not Deposited", "B": "Deposited"},
    "ItemShip": {"A": "Picked", "B": "Packed", "C": "Shipped"}, "CustInvc": {"A": "Open", "B": "Paid In Full"},
}  # fmt: skip


def register(db: sqlite3.Connection, zone: Callable[[], ZoneInfo]) -> None:
    """Give a connection the functions; `zone` says the account's."""
    db.create_function("ns_parse", 2, _parse, deterministic=True)
    db.create_function("ns_format", -1, _format, deterministic=True)
    db.create_function("ns_now", 0, lambda: dt.datetime.now(zone()).strftime(_STORED))
    db.create_function("ns_local", 1, lambda text: local(text, zone().key))
    db.create_function(
        "ns_day", 1, lambda text: f"{text[:10]} 00:00:00" if isinstance(text, str) else text, deterministic=True
    )
    db.create_function("ns_status", 2, _status, deterministic=True)


def shown(value: Any, *, date: bool) -> str:
    """Write a value as SuiteQL's answers do: always a text; a bare date in the user's format, M/D/YYYY."""
    if date and isinstance(value, str) and len(value) >= 10:
        year, month, day = value[:10].split("-")
        return f"{int(month)}/{int(day)}/{year}"
    if isinstance(value, float):
        return format(value, ".15g")
    return str(value)


@lru_cache(maxsize=4096)
def local(text: str | None, zone: str) -> str | None:
    """Bring a stored moment, in UTC, into the account's zone; an hour of a clock set back comes twice."""
    if text is None:
        return None
    moment = dt.datetime.strptime(text, _STORED).replace(tzinfo=dt.UTC)
    return moment.astimezone(ZoneInfo(zone)).strftime(_STORED)


def user_date(text: str) -> str | None:
    """Read a date in the user's format; None when it is not in it."""
    try:
        return dt.datetime.strptime(text, "%m/%d/%Y").strftime(_STORED)  # noqa: DTZ007 - a plain date has no zone
    except ValueError:
        return None


def _parse(text: str | None, pattern: str) -> str | None:
    """TO_DATE, TO_TIMESTAMP: sqlglot has turned Oracle's format into strptime's."""
    if text is None:
        return None
    return dt.datetime.strptime(text, pattern).strftime(_STORED)  # noqa: DTZ007 - the account's zone, as moments are shown


def _format(value: Any, pattern: str | None = None) -> str | None:
    """TO_CHAR of a date with a format, or of anything without one."""
    if value is None:
        return None
    if pattern is None or not isinstance(value, str):
        return shown(value, date=False)
    moment = dt.datetime.strptime(value, _STORED)  # noqa: DTZ007 - in the account's zone already
    if "%" in pattern:
        return moment.strftime(pattern)
    return moment.strftime(_PART.sub(lambda part: part.group(1) or _ORACLE[part.group(2).upper()], pattern))


def _status(kind: str | None, letter: str | None) -> str | None:
    if kind is None or letter is None:
        return None
    return f"{_TYPES.get(kind, kind)} : {_LETTERS.get(kind, {}).get(letter, letter)}"
