"""Custom attributes that the shop's system objects have: those that were imported from ``deploy/sfcc``.

The file is the very one that a merchant imports (metadata.xsd). A custom attribute that is not defined cannot be
written: a job step's script throws, and SCAPI refuses the property.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFINITIONS = Path(__file__).resolve().parents[3] / "deploy" / "sfcc" / "site_import" / "meta"
_SPACE = {"m": "http://www.demandware.com/xml/impex/metadata/2006-10-31"}


class Attributes:
    """What custom attributes there are: system object -> attribute -> type, for example ``set-of-string``.

    Where the project's files are not at hand, nothing is known and every attribute is taken.
    """

    def __init__(self, folder: Path = DEFINITIONS) -> None:
        self._types: dict[str, dict[str, str]] = {"Order": {}, "Shipment": {}}
        files = sorted(folder.glob("*.xml"))
        self._checked = bool(files)
        for file in files:
            for extension in ET.parse(file).getroot().findall("m:type-extension", _SPACE):  # noqa: S314 - our own files
                known = self._types.setdefault(extension.get("type-id", ""), {})
                for each in extension.findall("m:custom-attribute-definitions/m:attribute-definition", _SPACE):
                    known[each.get("attribute-id", "")] = each.findtext("m:type", "string", _SPACE)

    def define(self, of: str, types: Mapping[str, str]) -> None:
        """Let a system object have more attributes, as a merchant's own."""
        self._types.setdefault(of, {}).update(types)

    def wrong(self, of: str, values: Mapping[str, object]) -> str | None:
        """Say what is wrong with the values of custom attributes, or None. None as a value removes one."""
        for name, value in values.items() if self._checked else ():
            kind = self._types[of].get(name)
            if kind is None:
                return f"{of} has no custom attribute {name}"
            if value is not None and isinstance(value, list) != kind.startswith("set-of-"):
                return f"the custom attribute {name} of {of} is of type {kind}"
        return None
