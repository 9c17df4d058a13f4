"""How a stored record looks in an answer: links, sublists as collections, expanded or not."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sandbox.netsuite.answers import Refusal, plain
from sandbox.netsuite.stock import STOCKED
from sandbox.netsuite.store import ITEM_TYPES, Record

if TYPE_CHECKING:
    from sandbox.netsuite.account import Account
    from sandbox.netsuite.field_lists import Property

_LINKED = {"kitItem": "inventoryItem"}


class Representation:
    """Shows records.

    Args:
        account: the account.
        base: address of the record service, for links.
        expand: whether sublists and subrecords are shown with their content.
        simple_enums: whether enumerations are shown as their bare id.
    """

    def __init__(self, account: Account, base: str, *, expand: bool = False, simple_enums: bool = False) -> None:
        self.account = account
        self.base = base
        self.expand = expand
        self.simple_enums = simple_enums

    def record(self, record: Record, fields: frozenset[str] | None = None) -> dict[str, Any]:
        """Show a record, or some of its fields.

        Raises:
            Refusal: a field does not exist.
        """
        definition = self.account.schema.definitions[record.type]
        for name in fields or ():
            if name not in definition:
                raise Refusal("NONEXISTENT_FIELD", f"Unknown field '{name}'.", parameter="fields")
        address = f"{self.base}/{record.type}/{record.id}"
        shown: dict[str, Any] = {"links": [{"rel": "self", "href": address}]}
        values = self._body(record) | {"id": str(record.id), "lastModifiedDate": record.modified}
        values["dateCreated" if "dateCreated" in definition else "createdDate"] = record.created
        if record.external_id:
            values["externalId"] = record.external_id
        if "refName" in definition:
            values["refName"] = record.name
        for name in sorted(values):
            if name in definition and (fields is None or name in fields):
                shown[name] = self._value(definition[name], values[name], f"{address}/{name}")
        return shown

    def collection(self, record: Record, name: str) -> dict[str, Any]:
        """Show one sublist or subrecord.

        Raises:
            Refusal: the record has none of that name.
        """
        definition = self.account.schema.definitions[record.type]
        known = definition.get(name)
        if known is None or known.kind not in ("list", "object"):
            raise Refusal("NONEXISTENT_FIELD", f"Unknown subresource '{name}'.", status=404, url=name)
        shown: dict[str, Any] = self._content(
            known,
            self._body(record).get(name, [] if known.kind == "list" else {}),
            f"{self.base}/{record.type}/{record.id}/{name}",
            expand=self.expand,
        )
        return shown

    def element(self, record: Record, name: str, key: str) -> dict[str, Any]:
        """Show one line of a sublist, by its number or id.

        Raises:
            Refusal: there is no such line.
        """
        known = self.account.schema.definitions[record.type].get(name)
        for line in self._body(record).get(name, []) if known else []:
            if key in (str(line.get(each, "")) for each in ("line", "id", "internalId", "locationId")):
                assert known is not None
                return self._fields(known.target, line, f"{self.base}/{record.type}/{record.id}/{name}/{key}")
        raise Refusal("NONEXISTENT_ID", f"There is no line {key} in {name}.", status=404, url=key)

    def _body(self, record: Record) -> dict[str, Any]:
        """Give the body with what lies on the shelves now: stock moves without a change of the item."""
        if record.type not in STOCKED:
            return dict(record.body)
        levels = self.account.shelves.levels(record.id)
        sums = {name: sum(each.get(name, 0) for each in levels) for name in ("quantityAvailable", "quantityOnHand")}
        return record.body | {"locations": levels} | sums

    def _value(self, known: Property, value: Any, address: str) -> Any:
        if known.kind in ("list", "object"):
            if self.expand:
                return self._content(known, value, address, expand=True)
            return {"links": [{"rel": "self", "href": address}]}
        if known.kind == "ref":
            return {**self._reference(known.target, value), **value}
        if known.kind in ("enum", "country"):
            return value["id"] if self.simple_enums else value
        return plain(value) if isinstance(value, Decimal) else value

    def _reference(self, target: str, value: dict[str, Any]) -> dict[str, Any]:
        kind = _LINKED.get(target, target)
        if target in ITEM_TYPES or target == "nsResource":
            found = self.account.store.point("item", "id", str(value["id"])) if target in ITEM_TYPES else None
            kind = found[1] if found else kind
        return {"links": [{"rel": "self", "href": f"{self.base}/{kind}/{value['id']}"}]}

    def _content(self, known: Property, value: Any, address: str, *, expand: bool) -> dict[str, Any]:
        if known.kind == "object":
            return self._fields(known.target, value, address)
        items = []
        for position, line in enumerate(value, start=1):
            if "-" not in known.target:
                items.append({**self._reference(known.target, line), **line})
                continue
            key = line.get("line") or line.get("internalId") or line.get("id") or line.get("locationId") or position
            where = f"{address}/{key if not isinstance(key, dict) else key['id']}"
            items.append(
                self._fields(known.target, line, where) if expand else {"links": [{"rel": "self", "href": where}]}
            )
        links = [{"rel": "self", "href": address}]
        return {
            "links": links,
            "items": items,
            "totalResults": len(items),
            "count": len(items),
            "hasMore": False,
            "offset": 0,
        }

    def _fields(self, target: str, line: dict[str, Any], address: str) -> dict[str, Any]:
        definition = self.account.schema.definitions[target]
        shown: dict[str, Any] = {"links": [{"rel": "self", "href": address}]}
        for name in sorted(line):
            if name in definition:
                shown[name] = self._value(definition[name], line[name], f"{address}/{name}")
        return shown
