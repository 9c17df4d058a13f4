"""The account's customizations: custom fields and the integration's role, read from the SDF project.

The files are the very ones that `deploy/netsuite` deploys to a real account. Formats:
https://docs.oracle.com/en/cloud/saas/netsuite/ns-online-help/SDFxml_3330726969.html
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from pathlib import Path

_TYPES = {
    "TEXT": "string", "TEXTAREA": "string", "CLOBTEXT": "string", "EMAIL": "string", "PHONE": "string", "URL": "string",
    "CURRENCY": "number", "FLOAT": "number", "PERCENT": "number", "INTEGER": "integer",
    "CHECKBOX": "boolean", "DATE": "date", "DATETIMETZ": "date-time",
}  # fmt: skip

_LONGEST = {"TEXT": 300, "TEXTAREA": 4000, "CLOBTEXT": 1_000_000}

_SALES = ("salesOrder", "invoice", "cashSale", "returnAuthorization")
_APPLIES: dict[str, tuple[str, ...]] = {
    "bodysale": _SALES,
    "bodycustomerpayment": ("customerDeposit",),
    "bodyitemfulfillment": ("itemFulfillment",),
    "colsale": tuple(f"{each}-itemElement" for each in _SALES),
    "colitemfulfillment": ("itemFulfillment-itemElement",),
    "appliestocustomer": ("customer",),
    "appliestocontact": ("contact",),
    "appliestoinventory": ("inventoryItem",),
    "appliestoitemassembly": ("assemblyItem",),
    "appliestokit": ("kitItem",),
    "appliestononinventory": ("nonInventorySaleItem",),
    "appliestoothercharge": ("otherChargeSaleItem",),
}
"""Flag of the SDF object -> definitions that get the field."""


@dataclass(frozen=True)
class CustomField:
    """A custom field: script id, type in the words of the field lists, longest text, where it applies."""

    script_id: str
    type: str
    longest: int | None
    definitions: tuple[str, ...]


@dataclass(frozen=True)
class Customization:
    """Everything that was deployed.

    Attributes:
        fields: by script id.
        permissions: of the integration's role, permission key to level.
    """

    fields: dict[str, CustomField]
    permissions: dict[str, str]

    def of(self, definition: str) -> dict[str, CustomField]:
        """Give the custom fields of a record or a sublist's element."""
        return {name: each for name, each in self.fields.items() if definition in each.definitions}


@lru_cache(maxsize=4)
def load(project: Path) -> Customization:
    """Read the objects of an SDF project."""
    fields: dict[str, CustomField] = {}
    permissions: dict[str, str] = {}
    for file in sorted((project / "src" / "Objects").glob("*.xml")):
        root = ET.parse(file).getroot()  # noqa: S314 - our own deployment files
        if root.tag == "role":
            permissions |= {
                each.findtext("permkey", ""): each.findtext("permlevel", "") for each in root.iter("permission")
            }
        elif root.tag.endswith("customfield"):
            made = _field(root)
            fields[made.script_id] = made
    return Customization(fields, permissions)


def _field(root: ET.Element) -> CustomField:
    kind = root.findtext("fieldtype", "TEXT")
    longest = root.findtext("maxlength")
    applies = [name for flag, names in _APPLIES.items() if root.findtext(flag) == "T" for name in names]
    return CustomField(
        root.attrib["scriptid"], _TYPES[kind], int(longest) if longest else _LONGEST.get(kind), tuple(applies)
    )
