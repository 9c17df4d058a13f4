"""The metadata catalog: which record types there are, and a JSON Schema of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.netsuite.answers import Refusal

if TYPE_CHECKING:
    from sandbox.netsuite.account import Account
    from sandbox.netsuite.field_lists import Property

_PLAIN = {
    "string": "string",
    "number": "number",
    "integer": "integer",
    "boolean": "boolean",
    "date": "string",
    "date-time": "string",
}


def catalog(account: Account, base: str, name: str | None) -> dict[str, Any]:
    """Give the list of record types, or one type's schema.

    Raises:
        Refusal: 404, there is no such type.
    """
    if name is None:
        items = [
            {"name": each, "links": [{"rel": "canonical", "href": f"{base}/metadata-catalog/{each}", "mediaType": "application/json"}]}
            for each in sorted(account.registry.rules)
        ]  # fmt: skip
        return {"items": items}
    if name not in account.registry.rules:
        raise Refusal("NONEXISTENT_RECORD_TYPE", f"Record type '{name}' does not exist.", status=404, url=name)
    return _schema(account, name)


def _schema(account: Account, definition: str) -> dict[str, Any]:
    properties = account.schema.definitions[definition]
    return {"type": "object", "properties": {name: _property(account, name, each) for name, each in properties.items()}}


def _property(account: Account, name: str, known: Property) -> dict[str, Any]:
    if known.kind in _PLAIN:
        shown: dict[str, Any] = {"title": name, "type": _PLAIN[known.kind], "nullable": True}
        if known.kind in ("date", "date-time"):
            shown["format"] = known.kind
        if name.startswith("cust"):
            shown["x-ns-custom-field"] = True
        return shown
    if known.kind == "list" and "-" in known.target:
        return {"type": "object", "properties": {"items": {"type": "array", "items": _schema(account, known.target)}}}
    if known.kind == "object":
        return _schema(account, known.target)
    return {"type": "object", "properties": {"id": {"type": "string"}, "refName": {"type": "string"}}}
