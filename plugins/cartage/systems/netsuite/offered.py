"""What mappings to NetSuite may name, for whoever writes one: checked, and told column by column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartage.mapping import load_mapping
from cartage.records import customer, order
from cartage.systems.netsuite.orders.columns import (
    BOOK,
    CUSTOMER,
    DEPOSIT,
    LINE,
    LOOKUPS,
    OFFERED,
    ORDER,
    TAX_DETAIL,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pyarrow as pa

OWN: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "order": {"order": ORDER, "lines": LINE, "tax_details": TAX_DETAIL},
    "deposit": {"order": DEPOSIT},
    "customer": {"customer": CUSTOMER, "addresses": BOOK},
    "contact": {"customer": CUSTOMER},
}
"""Columns of no neutral record, with their meanings, by mapping and by whose row they are of."""

_NEUTRAL: Mapping[str, pa.Schema] = {
    "order": order.ORDERS,
    "lines": order.LINES,
    "payments": order.PAYMENTS,
    "notes": order.NOTES,
    "customer": customer.CUSTOMERS,
}


def check(name: str, include: Path) -> None:
    """Check a mapping of an include folder, ``mappings/netsuite/<name>.yaml``.

    Raises:
        SettingsError: with file and line.
    """
    mapping = load_mapping("netsuite", name, include)
    if name in OFFERED:
        mapping.check(OFFERED[name], LOOKUPS)


def columns(name: str) -> dict[str, dict[str, str]]:
    """Give the columns that a mapping may name with their meanings, by whose row they are of."""
    found = {}
    for rows, names in OFFERED.get(name, {}).items():
        neutral = _NEUTRAL.get(rows)
        meanings = {each.name: each.metadata[b"meaning"].decode() for each in neutral} if neutral else {}
        meanings |= OWN[name].get(rows, {})
        found[rows] = {each: meanings[each] for each in sorted(names)}
    return found


def elements(name: str) -> dict[str, str]:  # noqa: ARG001 - the same of every system
    """Give the elements that a payload may hold: NetSuite's fields depend on the account, so it says itself."""
    return {}
