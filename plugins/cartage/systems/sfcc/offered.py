"""What mappings to SFCC may name, for whoever writes one: checked, and told column by column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartage.mapping import load_mapping
from cartage.records import location, shipment
from cartage.records.batch import KINDS
from cartage.systems.sfcc.feeds.forms import FORMS
from cartage.systems.sfcc.feeds.rules import load
from cartage.systems.sfcc.shipments import columns as of_shipments
from cartage.systems.sfcc.stores import columns as of_stores

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    import pyarrow as pa

    from cartage.systems.sfcc.feeds.forms import Form

_OFFERED: Mapping[str, Mapping[str, Collection[str]]] = {
    "shipment": of_shipments.OFFERED,
    "location": of_stores.OFFERED,
}
_NEUTRAL: Mapping[str, Mapping[str, pa.Schema]] = {
    "shipment": {
        "shipment": shipment.ORDERS,
        "shipments": shipment.SHIPMENTS,
        "packages": shipment.PACKAGES,
        "lines": shipment.LINES,
    },
    "location": {"location": location.LOCATIONS, "stores": location.HOMES},
}
_OWN: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "shipment": {
        "shipment": of_shipments.ORDER,
        "shipments": of_shipments.SHIPMENT,
        "packages": of_shipments.PACKAGE,
        "lines": of_shipments.LINE,
        "contents": of_shipments.CONTENT,
    },
    "location": {"lists": of_stores.LIST},
}


def check(name: str, include: Path) -> None:
    """Check a mapping of an include folder, ``mappings/sfcc/<name>.yaml``.

    Raises:
        SettingsError: with file and line.
    """
    form = _form(name)
    if form is not None:
        load(form, include)
    else:
        mapping = load_mapping("sfcc", name, include)
        if name in _OFFERED:
            mapping.check(_OFFERED[name], ())


def columns(name: str) -> dict[str, dict[str, str]]:
    """Give the columns that a mapping may name with their meanings, by whose row they are of."""
    if _form(name):
        tables = KINDS[name].TABLES
        return {name if table == KINDS[name].ROOT else table: _meanings(schema) for table, schema in tables.items()}
    found = {}
    for rows, names in _OFFERED.get(name, {}).items():
        neutral = _NEUTRAL[name].get(rows)
        meanings = (_meanings(neutral) if neutral else {}) | dict(_OWN[name].get(rows, {}))
        found[rows] = {each: meanings[each] for each in sorted(names)}
    return found


def elements(name: str) -> dict[str, str]:
    """Give what a record of a feed may hold, and of what form it must be."""
    form = _form(name)
    return {each: kind.says for each, kind in form.elements.items()} if form else {}


def _form(name: str) -> Form | None:
    return next((each for each in FORMS.values() if each.rows == name), None)


def _meanings(schema: pa.Schema) -> dict[str, str]:
    return {each.name: each.metadata[b"meaning"].decode() for each in schema}
