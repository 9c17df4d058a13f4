"""JSON as NetSuite and we exchange it: canonical, with exact numbers, and never a binary float."""

from __future__ import annotations

from typing import Any

from cartage.mapping import canonical

loads = canonical.loads


def dumps(body: Any) -> str:
    """Write a body as canonical JSON, `Decimal` as an exact number.

    Raises:
        TypeError: when it holds a float, whose value is not the one that was meant.
    """
    _refuse_floats(body)
    return canonical.dumps(body)


def _refuse_floats(value: Any) -> None:
    if isinstance(value, dict):
        for each in value.values():
            _refuse_floats(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            _refuse_floats(each)
    elif isinstance(value, float):
        raise TypeError("a float is in the body: amounts and quantities are Decimal")
