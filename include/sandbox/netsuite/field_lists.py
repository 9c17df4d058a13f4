"""The published fields of each record type, as far as a shop's integration uses them: the lists under `fields/`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

FOLDER = Path(__file__).parent / "fields"


@dataclass(frozen=True)
class Property:
    """One property.

    Attributes:
        kind: string, number, integer, boolean, date, date-time, enum, country, ref, list, object or array.
        target: record type or definition that it points to.
        allowed: an enumeration's ids; empty when any is taken.
        longest: most characters of a text.
    """

    kind: str
    target: str = ""
    allowed: frozenset[str] = frozenset()
    longest: int | None = None

    @classmethod
    def of(cls, text: str, longest: int | None = None) -> Property:
        """Read the compact form of the field lists, for example ``ref customer`` or ``enum A|B``."""
        kind, _, rest = text.partition(" ")
        return cls(kind, rest, frozenset(rest.split("|")) if kind == "enum" and rest else frozenset(), longest)


Definitions = dict[str, dict[str, Property]]


@lru_cache(maxsize=1)
def published() -> dict[str, dict[str, str]]:
    """Give the field lists as they are written: definition -> property -> compact type."""
    found: dict[str, dict[str, str]] = {}
    for file in sorted(FOLDER.glob("*.yaml")):
        found |= yaml.load(file.read_text(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - a safe loader
    return found
