"""JSON as NetSuite and we exchange it: exact numbers, never a binary float."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any


def dumps(body: Any) -> str:
    """Write a body as JSON text: keys sorted, no spaces, `Decimal` as an exact number.

    Raises:
        TypeError: when the body holds a float, whose value is not what was meant, or what JSON has no form for.
    """
    return "".join(_parts(body))


def loads(text: str | bytes) -> Any:
    """Read JSON text; every number with a fraction or an exponent becomes a `Decimal`.

    Raises:
        ValueError: when the text is no JSON.
    """
    return json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _parts(value: Any) -> Any:
    if isinstance(value, dict):
        inner = ",".join(f"{json.dumps(key, ensure_ascii=False)}:{dumps(value[key])}" for key in sorted(value))
        return ("{", inner, "}")
    if isinstance(value, (list, tuple)):
        return ("[", ",".join(dumps(each) for each in value), "]")
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise TypeError(f"{value} has no form in JSON")
        return (f"{value:f}",)
    if isinstance(value, float):
        raise TypeError("a float is in the body: amounts and quantities are Decimal")
    return (json.dumps(value, ensure_ascii=False),)
