"""Which changes decide what pages show bare.

Pages mask by name: of a record's columns, and of the fields of what NetSuite is sent. So whoever says what goes into a
column or field that is shown as it is, says what is shown to all who may see the flow, also of records that come
later. That takes the right to see personal data oneself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cartage import yamlfile
from cartage.console.masking import PERSONAL
from cartage.errors import SettingsError
from cartage.integrations import include_folder
from cartage.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cartage.console.written import Text

_CARRYING = frozenset({"attribute", "attributes"})
"""Settings by which custom attributes of the shop get where they are not masked; their texts may be anything."""


def is_personal(text: Text) -> bool:
    """Say whether it is a mapping of orders or customers, whether it reads them or makes what NetSuite is sent."""
    return text.kind == "mapping" and yamlfile.parse(text.file_text, text.path).data.get("record") in PERSONAL


def exposes(text: Text, before: str, after: str) -> bool:
    """Say whether a change may bring personal data to where it is shown bare.

    Of mappings of orders and customers any may: also by a path further up, an alias or a value's default. Expectations
    name columns and quote no values.

    Args:
        text: what is changed.
        before: what is in force.
        after: what would be, known to be right.
    """
    if text.kind == "settings":
        return list(_carrying(_in_force(text, before))) != list(_carrying(_settings(text, after)))
    return is_personal(text)


def _in_force(text: Text, overlay: str) -> dict[str, Any]:
    """Read settings in force; of a revision that no longer fits, and that somebody must mend, those of the file."""
    try:
        return _settings(text, overlay)
    except SettingsError:
        return _settings(text, text.beginning)


def _settings(text: Text, overlay: str) -> dict[str, Any]:
    return load_settings(text.name, include_folder(), overlay).model_dump(mode="json")


def _carrying(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, below in value.items() if isinstance(value, dict) else ():
        if key in _CARRYING:
            yield (*path, key), below
        else:
            yield from _carrying(below, (*path, key))
