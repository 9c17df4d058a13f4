"""Keeps a customer's address book: matched by what an address says, updated by internal id, never doubled."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import TYPE_CHECKING, Any

from cartage.systems.netsuite.writing_lines import plain, rows

if TYPE_CHECKING:
    from collections.abc import Mapping

BOOK = "addressBook"
_PARTS = ("addressee", "attention", "addr1", "addr2", "addr3", "city", "state", "zip", "country")
_KEYS = ("id", "internalId")
_NOISE = re.compile(r"[^\w]+")


def normalised_hash(address: Mapping[str, Any]) -> str:
    """Hash an address as a postman reads it: without case, accents' forms, punctuation and spaces."""
    words = (_NOISE.sub("", unicodedata.normalize("NFKC", plain(address.get(part))).casefold()) for part in _PARTS)
    return hashlib.sha256("|".join(words).encode()).hexdigest()


def address_changes(
    body: Mapping[str, Any], record: Mapping[str, Any], *, own: bool
) -> tuple[list[dict[str, Any]], int]:
    """Give the lines of the address book to send, and how many of the shop's addresses the ERP keeps in words of its own.

    An address that is there, under any label, is left alone. One whose label is there with other words is
    updated by its internal id on customers that Cartage made; on one of the ERP's it stays, as all that is not
    blank there. All others are added. Nothing is removed: people add addresses in the ERP.

    Args:
        body: the customer's payload.
        record: the customer with its sub-resources.
        own: whether Cartage made the customer.
    """
    there = rows(record, BOOK)
    known = {normalised_hash(each.get("addressBookAddress") or {}) for each in there}
    labels = {plain(each.get("label")).casefold(): each for each in there if each.get("label")}
    changes: list[dict[str, Any]] = []
    kept = 0
    for line in rows(body, BOOK):
        address = line.get("addressBookAddress") or {}
        seen = normalised_hash(address)
        if seen in known:
            continue
        known.add(seen)
        same_label = labels.get(plain(line.get("label")).casefold())
        keys = {name: same_label[name] for name in _KEYS if name in same_label} if same_label else {}
        if same_label and not own:
            kept += 1
        elif keys:
            changes.append({**keys, "label": line.get("label"), "addressBookAddress": address})
        else:
            changes.append(_without_defaults(line) if there else line)
    return changes, kept


def _without_defaults(line: Mapping[str, Any]) -> dict[str, Any]:
    """A new address does not take the place of a default that the ERP already has."""
    return {name: value for name, value in line.items() if name not in ("defaultBilling", "defaultShipping")}
