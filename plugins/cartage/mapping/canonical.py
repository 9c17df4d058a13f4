"""Canonical JSON: one text for one value, so that equal payloads have equal hashes.

Keys are sorted, there are no spaces, text is UTF-8 as it is, and a `Decimal` is written as the JSON number
it is, digit by digit and never through a float: ``Decimal("12.50")``, ``Decimal("12.5")`` and
``Decimal("1.25E+1")`` are all ``12.5``.
"""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from functools import lru_cache
from typing import Any

import orjson

_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS


def dumps(value: Any) -> str:
    """Write a value of dicts, lists, str, int, Decimal, bool and None as canonical JSON.

    Raises:
        TypeError: when it holds anything else, or a Decimal that is no number.
    """
    return _bytes(value).decode()


def loads(text: str | bytes) -> Any:
    """Read JSON; a number with a fraction or an exponent becomes a `Decimal`, a whole one an int.

    Raises:
        ValueError: when it is no JSON; NaN and Infinity are none.
    """
    return json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant)


def pretty(text: str) -> str:
    """Write JSON anew for people: an indented line for each value, every number digit by digit.

    Raises:
        ValueError: when it is no JSON.
    """
    return orjson.dumps(loads(text), default=_default, option=orjson.OPT_INDENT_2).decode()


def digest(value: Any) -> str:
    """Give the SHA-256 of a value's canonical JSON, in hex."""
    return hashlib.sha256(_bytes(value)).hexdigest()


def written(value: Any) -> tuple[str, str]:
    """Give what `dumps` and `digest` give, at the cost of one."""
    text = _bytes(value)
    return text.decode(), hashlib.sha256(text).hexdigest()


def number(value: Decimal) -> str:
    """Write a Decimal without exponent and without zeros at its end.

    Raises:
        TypeError: when it is NaN or infinite.
    """
    if not value.is_finite():
        raise TypeError(f"{value} is no number that JSON can hold")
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _bytes(value: Any) -> bytes:
    return orjson.dumps(value, default=_default, option=_OPTIONS)


@lru_cache(maxsize=16_384, typed=True)
def _default(value: Any) -> orjson.Fragment:
    """Write what orjson does not know: prices repeat, and to write one costs five times as much as to find it here."""
    if isinstance(value, Decimal):
        return orjson.Fragment(number(value))
    raise TypeError(f"a {type(value).__name__} has no place in canonical JSON")


def _refuse_constant(text: str) -> Any:
    raise ValueError(f"{text} is no JSON number")
