"""Compares a sales order in NetSuite with what Cartage wrote, and with what it would write now.

Two questions, both answered from values and not from times, which NetSuite's own scripts and
fulfilments move:

- *Has a person changed it?* With every write goes a mark into ``custbody_ctg_hash``: the content hash of
  the shop's order and a short hash for each part of the order that was sent. A part whose hash differs
  from that of the values NetSuite has now was changed by someone else. A hash of all but payments stands
  beside them: by it a later version is known that brings nothing but money.
- *What differs?* Lines are matched by ``custcol_ctg_line_id`` to their ``line`` number: a line sent
  without its number would be a new line.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from cartage.mapping import canonical

LINE_ID = "custcol_ctg_line_id"
MARK = "custbody_ctg_hash"
LINES = "item"
TAXES = "taxDetails"
NEVER_UPDATED = frozenset({"entity", "subsidiary", "currency", "externalId", "orderStatus", "tranDate", "customForm"})
"""Fields of the header that an update leaves alone: they say whose order it is, or belong to people."""

PAYMENTS = frozenset({"custbody_ctg_payment_method", "custbody_ctg_payment_processor", "custbody_ctg_payment_ids"})
"""What an order notes of its payments. They follow the shop while nobody has touched the order: money that is captured
later brings ids of its own, and its deposit must not wait for a person."""

_ASKED = "asked"
_ADDRESS_KEYS = ("addressee", "addr1", "addr2", "city", "state", "zip", "country")
_SEPARATOR = "|"
AMOUNT, GROSS = "amount", "grossAmt"
"""What a line comes to: its total or, of items whose prices include tax, its total with tax."""

INFORMS = frozenset({"rate"})
"""Fields of a line that NetSuite works out itself; the amount is what counts."""


def plain(value: Any) -> str:
    """Give a value as text that is equal when NetSuite would take both for the same.

    References are equal by id, numbers by value, texts without regard to spaces around them.
    """
    if isinstance(value, Mapping):
        for key in ("id", "externalId", "refName"):
            if value.get(key) is not None:
                return plain(value[key])
        return ""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "T" if value else "F"
    if isinstance(value, int | Decimal):
        number = Decimal(value)
        return f"{number.normalize():f}" if number else "0"
    return " ".join(str(value).split())


def rows(body: Mapping[str, Any], sublist: str) -> list[dict[str, Any]]:
    """Give the lines of a sublist."""
    found = body.get(sublist)
    items = found.get("items", ()) if isinstance(found, Mapping) else ()
    return [each for each in items if isinstance(each, dict)]


def fingerprints(body: Mapping[str, Any]) -> dict[str, str]:
    """Give a short hash for each part of a sales order: its lines, shipping and addresses.

    Args:
        body: a payload, or the record as NetSuite gives it with its sub-resources.
    """
    parts: dict[str, str] = {}
    for name in ("shippingCost", "shipMethod", "otherRefNum", "memo"):
        if body.get(name) is not None:
            parts[name] = _short(plain(_number(body[name])))
    for name in ("shippingAddress", "billingAddress"):
        address = body.get(name)
        if isinstance(address, Mapping):
            parts[name] = _short(_SEPARATOR.join(plain(address.get(key)).casefold() for key in _ADDRESS_KEYS))
    lines = rows(body, LINES)
    for field, part in ((AMOUNT, LINES), (GROSS, f"{LINES}.{GROSS}")):  # NetSuite gives both, a payload has one of them
        if any(each.get(field) is not None for each in lines):
            parts[part] = _short("\n".join(sorted(_line(each, field) for each in lines)))
    return parts


def mark(content: str, body: Mapping[str, Any], asked: Mapping[str, Any] | None = None) -> str:
    """Give what is kept in ``custbody_ctg_hash``: the content hash and the parts' short hashes.

    Args:
        content: content hash of the shop's order.
        body: what NetSuite has afterwards.
        asked: the document's own payload, references unresolved; None when it holds less than an order.
    """
    parts = fingerprints(body) | ({} if asked is None else {_ASKED: _but_payments(asked)})
    return _SEPARATOR.join([content, *(f"{name}:{value}" for name, value in sorted(parts.items()))])


def content_of(mark_: str | None) -> str | None:
    """Give the content hash of a mark; None when Cartage never wrote the order."""
    return mark_.partition(_SEPARATOR)[0] if mark_ else None


def touched(mark_: str, record: Mapping[str, Any]) -> tuple[str, ...]:
    """Name the parts of an order that someone changed since Cartage wrote it."""
    now = fingerprints(record)
    then = _parts(mark_)
    return tuple(name for name, value in sorted(then.items()) if name != _ASKED and now.get(name) != value)


def only_payments(mark_: str, asked: Mapping[str, Any]) -> bool:
    """Whether the shop's order differs from the one that was written in nothing that would be sent but its payments.

    Args:
        mark_: what stands on the order; one of an earlier version of Cartage cannot tell.
        asked: the document's own payload, references unresolved.
    """
    return _parts(mark_).get(_ASKED) == _but_payments(asked)


def _parts(mark_: str) -> dict[str, str]:
    return dict(part.split(":", 1) for part in mark_.split(_SEPARATOR)[1:] if ":" in part)


def _but_payments(asked: Mapping[str, Any]) -> str:
    left_out = PAYMENTS | NEVER_UPDATED
    return _short(canonical.dumps({name: value for name, value in asked.items() if name not in left_out}))


def fulfilled(line: Mapping[str, Any]) -> bool:
    """Whether anything of a line has left the warehouse or was billed."""
    amounts = (_decimal(line.get(name)) for name in ("quantityFulfilled", "quantityBilled", "quantityShipRecv"))
    return line.get("itemIsFulfilled") is True or any(amounts)


@dataclass(frozen=True)
class Difference:
    """What an update would change.

    Attributes:
        patch: the body to send.
        replace: sublists that the body holds whole.
        changes: paths that change, lines named by their shop id.
        shipped: whether it would change lines of an order of which something is fulfilled or billed.
    """

    patch: dict[str, Any]
    replace: tuple[str, ...]
    changes: tuple[str, ...]
    shipped: bool = False


def difference(body: Mapping[str, Any], record: Mapping[str, Any]) -> Difference:
    """Compare what the shop's order would be with what NetSuite has.

    Args:
        body: the payload, references resolved.
        record: the sales order with its sub-resources.
    """
    patch: dict[str, Any] = {}
    changes: list[str] = []
    for name, value in body.items():
        if name in NEVER_UPDATED or name in (LINES, TAXES) or name == MARK:
            continue
        changed = _changed(value, record.get(name), name)
        if changed:
            patch[name] = value
            changes += changed
    lines, removed, line_changes = _lines(body, record)
    replace: list[str] = []
    if line_changes:
        patch[LINES] = {"items": lines}
        changes += line_changes
        if removed:
            replace.append(LINES)
    tax_changes = _taxes(body, record)
    if tax_changes or (line_changes and rows(body, TAXES)):
        patch[TAXES] = body[TAXES]
        changes += tax_changes
        replace.append(TAXES)
    shipped = bool(line_changes) and any(map(fulfilled, rows(record, LINES)))
    return Difference(patch, tuple(replace), tuple(changes), shipped)


def _lines(body: Mapping[str, Any], record: Mapping[str, Any]) -> tuple[list[dict[str, Any]], bool, list[str]]:
    """Give the lines to send, each with its number, whether some go away, and what changes."""
    there = {plain(each.get(LINE_ID)): each for each in rows(record, LINES) if each.get(LINE_ID)}
    wanted = rows(body, LINES)
    if not wanted:
        return [], False, []
    changes: list[str] = []
    changed: list[dict[str, Any]] = []
    unchanged: list[dict[str, Any]] = []
    for line in wanted:
        key = plain(line.get(LINE_ID))
        existing = there.pop(key, None)
        if existing is None:
            changes.append(f"{LINES}[{key}]")
            changed.append(line)
            continue
        compared = {name: value for name, value in line.items() if name not in INFORMS}
        paths = [path for name, value in compared.items() for path in _changed(value, existing.get(name), name)]
        numbered = {"line": existing["line"], **line}
        changes += [f"{LINES}[{key}].{path}" for path in paths]
        (changed if paths else unchanged).append(numbered)
    removed = [key for key, each in there.items() if each.get("isClosed") is not True]
    changes += [f"{LINES}[{key}]" for key in removed]
    return ([*unchanged, *changed] if removed else changed), bool(removed), changes


def _taxes(body: Mapping[str, Any], record: Mapping[str, Any]) -> list[str]:
    """Name the tax details that differ, by the line they belong to."""
    if not rows(body, TAXES):
        return []
    wanted, there = _tax_amounts(body), _tax_amounts(record)
    return [f"{TAXES}[{key}]" for key in sorted(wanted.keys() | there.keys()) if wanted.get(key) != there.get(key)]


def _tax_amounts(body: Mapping[str, Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in rows(body, TAXES):
        found.setdefault(plain(row.get("taxDetailsReference")), []).append(plain(_number(row.get("taxAmount"))))
    return {key: sorted(values) for key, values in found.items()}


def _changed(value: Any, existing: Any, path: str) -> Iterable[str]:
    """Name the paths where a value differs; what the payload leaves out is left alone."""
    if isinstance(value, Mapping) and not {"id", "externalId", "refName"} & value.keys():
        inner = existing if isinstance(existing, Mapping) else {}
        return [each for key, part in value.items() for each in _changed(part, inner.get(key), f"{path}.{key}")]
    if isinstance(value, Mapping) and isinstance(existing, Mapping):
        shared = next((key for key in ("id", "externalId", "refName") if value.get(key) and existing.get(key)), None)
        return [] if shared and plain(value[shared]).casefold() == plain(existing[shared]).casefold() else [path]
    return [] if plain(_alike(value, existing)) == plain(existing) else [path]


def _alike(value: Any, existing: Any) -> Any:
    """Read a text as a number where NetSuite has a number."""
    return _number(value) if isinstance(existing, int | Decimal) and not isinstance(existing, bool) else value


def _line(line: Mapping[str, Any], amount: str) -> str:
    """Write a line as text, with the amount that stands in this field. NetSuite makes a quantity that was not sent, as of shipping or a discount, 1."""
    closed = "closed" if line.get("isClosed") is True else ""
    quantity = 1 if line.get("quantity") is None else _number(line["quantity"])
    values = (line.get(LINE_ID), line.get("item"), quantity, _number(line.get(amount)), closed)
    return _SEPARATOR.join(map(plain, values))


def _number(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return Decimal(value)
        except InvalidOperation:
            return value
    return value


def _decimal(value: Any) -> Decimal:
    number = _number(value)
    return Decimal(number) if isinstance(number, int | Decimal) and not isinstance(number, bool) else Decimal(0)


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
