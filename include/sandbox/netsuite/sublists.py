"""How a payload merges into a stored record: keyed lines merge, unkeyed ones are appended.

Source: https://docs.oracle.com/en/cloud/saas/netsuite/ns-online-help/section_1545141395.html
"""

from __future__ import annotations

import contextlib
from decimal import Decimal
from typing import Any

from sandbox.netsuite.answers import invalid
from sandbox.netsuite.registry import SUBLIST_KEYS, LineKeys

Lines = list[dict[str, Any]]

LAST_LINE = "~last"
"""Hidden property: the highest number a sublist ever gave, so that a number is never given twice."""


def merge(old: dict[str, Any], sent: dict[str, Any], replace: frozenset[str]) -> dict[str, Any]:
    """Give the body that results from a payload.

    Args:
        old: the stored body; it is not changed.
        sent: the payload in stored form. None clears a property.
        replace: sublists that are replaced as a whole.

    Raises:
        Refusal: a line names a number that the sublist does not have.
    """
    merged = dict(old)
    for name, value in sent.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, list):
            merged[name] = _merge_lines(name, merged, value, replace=name in replace)
        elif isinstance(value, dict) and not {"id", "refName"} & value.keys() and isinstance(merged.get(name), dict):
            merged[name] = {key: each for key, each in {**merged[name], **value}.items() if each is not None}
        else:
            merged[name] = value
    return merged


def _merge_lines(name: str, record: dict[str, Any], sent: Lines, *, replace: bool) -> Lines:
    keys = SUBLIST_KEYS.get(name, LineKeys(()))
    old: Lines = record.get(name, [])
    result: Lines = [] if replace else [dict(line) for line in old]
    last = _last_number(name, record, keys)
    for position, line in enumerate(sent):
        values = {key: value for key, value in line.items() if value is not None}
        given = _given(line, keys)
        # Only lines that were there before are meant: two lines of one request never merge with each other.
        place = _find(old if replace else result[: len(old)], given)
        if place is not None:
            joined = _join(old[place] if replace else result[place], line)
            if replace:
                result.append(joined)
            else:
                result[place] = joined
            continue
        if given and old and (keys.numbered or keys.any_of):
            name_, value = next(iter(given.items()))
            path = f"{name}.items[{position}].{name_}"
            raise invalid(path, f"Invalid value for '{path}': the record has no line {value}.")
        if keys.numbered:
            last = int(given[keys.numbered]) if given else last + 1
            values[keys.numbered] = last
        result.append(values)
    if keys.numbered:
        record[f"{LAST_LINE}{name}"] = max(last, _last_number(name, record, keys))
    return result


def _last_number(name: str, record: dict[str, Any], keys: LineKeys) -> int:
    if not keys.numbered:
        return 0
    numbers = [int(line.get(keys.numbered, 0)) for line in record.get(name, [])]
    return max([int(record.get(f"{LAST_LINE}{name}", 0)), *numbers])


def _given(line: dict[str, Any], keys: LineKeys) -> dict[str, Any]:
    """Give the key that a sent line names; empty when it names none."""
    named = {key: _key(line[key]) for key in keys.names if line.get(key) is not None}
    if keys.any_of:
        return dict(list(named.items())[:1])
    return named


def _find(lines: Lines, given: dict[str, Any]) -> int | None:
    """Find the stored line that a key means."""
    if not given:
        return None
    return next(
        (at for at, line in enumerate(lines) if all(_key(line.get(key)) == value for key, value in given.items())), None
    )


def _key(value: Any) -> Any:
    """Give a key's value as a text; a quantity of the price list, ``{"value": "10"}``, by its number."""
    if isinstance(value, dict) and "id" in value:
        return str(value["id"])
    if isinstance(value, dict) and "value" in value:
        with contextlib.suppress(ArithmeticError):  # what is no number is refused when the record is saved
            return str(Decimal(str(value["value"] or 0)).normalize())
    return str(value)


def _join(old: dict[str, Any], sent: dict[str, Any]) -> dict[str, Any]:
    joined = dict(old)
    for name, value in sent.items():
        if value is None:
            joined.pop(name, None)
        elif isinstance(value, dict) and "id" not in value and isinstance(joined.get(name), dict):
            joined[name] = {**joined[name], **value}
        elif name not in ("id", "internalId"):
            joined[name] = value
    return joined
