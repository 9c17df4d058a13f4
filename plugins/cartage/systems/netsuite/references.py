"""What NetSuite knows by the shop's names: items by sku, locations, shipping methods and the like, in bulk.

Only active records count: an inactive item is unknown, since NetSuite refuses orders of it. NetSuite's
names are unique without regard to case, so a name is first looked for as the shop writes it and then,
when that gives nothing, in any case.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from cartage.systems.netsuite.reading import Reader

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cartage.settings import Settings
    from cartage.systems.netsuite.hook import NetSuiteHook
    from cartage.systems.netsuite.suiteql import Row

SMALL = ("location", "shipping_method", "currency", "subsidiary", "tax_code", "account", "payment_method")
"""Kinds of which an account has few: read whole, once a run."""


class NetSuiteReferences:
    """Finds internal ids; see `cartage.seams.References`. What was asked once is not asked again.

    Args:
        hook: NetSuite's transport.
        settings: all run settings: the sku field, and which id a shipping method or a tax has.
    """

    def __init__(self, hook: NetSuiteHook, settings: Settings) -> None:
        self._reader = Reader(hook)
        self._sku_field = settings.orders.sku_field
        self._named: dict[str, Mapping[str, str]] = {
            "shipping_method": settings.orders.shipping_methods,
            "tax_code": settings.orders.tax_codes,
        }
        self._items: dict[str, str | None] = {}
        self._small: dict[str, dict[str, str]] = {}
        self._gate = threading.Lock()

    def find(self, kind: str, values: set[str]) -> dict[str, str]:
        """Give internal ids by value; a value that is missing in the answer is unknown or inactive.

        Args:
            kind: item, location, shipping_method, currency, subsidiary, tax_code, account or payment_method.
            values: skus, or item ids of special items; for the other kinds the shop's name (where settings map it),
                NetSuite's name, or an internal id, which is then checked.

        Raises:
            ValueError: the kind is none of these.
        """
        with self._gate:
            if kind == "item":
                return self._find_items(values)
            if kind in SMALL:
                return self._find_small(kind, values)
        raise ValueError(f"NetSuite has no references of kind {kind}; there are item, {', '.join(SMALL)}")

    def _find_items(self, values: set[str]) -> dict[str, str]:
        name = f"items_by_{self._sku_field}"
        missing = sorted(values - self._items.keys())
        self._items.update(dict.fromkeys(missing))
        self._items.update(_first(self._reader.rows(name, missing)))
        odd = [each for each in missing if self._items[each] is None]
        folded = _unambiguous(self._reader.rows(f"{name}_in_any_case", {each.lower() for each in odd}))
        self._items.update({each: folded.get(each.lower()) for each in odd})
        return {each: id_ for each in values if (id_ := self._items.get(each)) is not None}

    def _find_small(self, kind: str, values: set[str]) -> dict[str, str]:
        if kind not in self._small:
            self._small[kind] = _by_name_and_id(self._reader.all(f"all_{kind}"))
        known, named = self._small[kind], self._named.get(kind, {})
        wanted = {each: named.get(each, each) for each in values}
        found = {each: known.get(there) or known.get(there.lower()) for each, there in wanted.items()}
        return {each: id_ for each, id_ in found.items() if id_ is not None}


def _first(rows: Iterable[Row]) -> dict[str, str]:
    """Give ids by name; of two with one name, which bar codes allow, the older one."""
    found: dict[str, str] = {}
    for row in sorted(rows, key=lambda each: int(str(each["id"]))):
        found.setdefault(str(row["name"]), str(row["id"]))
    return found


def _unambiguous(rows: Iterable[Row]) -> dict[str, str]:
    """Give ids by lower-cased name, where only one record has it."""
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(str(row["name"]).lower(), set()).add(str(row["id"]))
    return {name: next(iter(ids)) for name, ids in found.items() if len(ids) == 1}


def _by_name_and_id(rows: Iterable[Row]) -> dict[str, str]:
    """Give ids by name, by lower-cased name and by themselves; an exact name goes first, then an id."""
    known = list(rows)
    found = {str(row["name"]).lower(): str(row["id"]) for row in known if row.get("name")}
    found |= {str(row["id"]): str(row["id"]) for row in known}
    return found | {str(row["name"]): str(row["id"]) for row in known if row.get("name")}
