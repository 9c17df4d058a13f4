"""Changing values in the text of a YAML file: every other letter stays, comments too."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import yaml

from cartage.errors import SettingsError
from cartage.yamlfile import dotted

if TYPE_CHECKING:
    from collections.abc import Sequence

STEP = 2
"""Blanks that a nested mapping stands further in."""

_SAFE = re.compile(r"[A-Za-z_/][\w./-]*( [\w./-]+)*")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def put(text: str, path: Sequence[str], value: Any) -> str:
    """Put a value where a path of keys leads: over the value that stands there, or as a new key.

    Args:
        text: the file's text; it must be YAML whose keys on the way are mappings.
        path: keys from the top, ``("flows", "orders", "schedule")``.
        value: a text, number, flag, None, or a list or mapping of those, which is written in one line.

    Raises:
        SettingsError: something else than a mapping stands on the way, or the value is written down elsewhere (an
            anchor), so that more than this value would change.
    """
    node: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    name: Any = None
    for depth, key in enumerate(path):
        if not isinstance(node, yaml.MappingNode):
            raise SettingsError(
                f"`{dotted(path[:depth])}` is no mapping, so nothing can be put under it; change it by hand"
            )
        name, below = next((each for each in node.value if each[0].value == key), (None, None))
        if below is None:
            for step in reversed(path[depth + 1 :]):
                value = {step: value}
            return _added(text, node, key, value)
        node = below
    begin = node.start_mark.index
    if text[begin : begin + 1] == "&":
        raise SettingsError(
            f"`{dotted(path)}` is an anchor or stands for one, so more than it would change; change it by hand"
        )
    if _is_block(node) or begin == node.end_mark.index:  # after the key's colon, as far as its last letter
        begin = text.index(":", name.end_mark.index) + 1
        end = max(begin, len(text[: _end_of(node)].rstrip()))
        return f"{text[:begin]} {written(value)}{text[end:]}"
    return text[:begin] + written(value) + text[node.end_mark.index :]


def _is_block(node: yaml.Node) -> bool:
    if isinstance(node, yaml.CollectionNode):
        return not node.flow_style
    return getattr(node, "style", None) in ("|", ">")


def written(value: Any) -> str:
    """Write a value in one line of YAML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_plain(str(name))}: {written(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(written, value)) + "]"
    return _plain(value)


def _plain(value: str | bool | int | Decimal | None) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return str(value)
    if _SAFE.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return '"' + "".join(map(_escaped, value)) + '"'


def _escaped(letter: str) -> str:
    """Write a letter of a quoted text; YAML takes no control characters as they are, and others for the end of a line."""
    known = _ESCAPES.get(letter)
    if known is not None or letter.isprintable():
        return known or letter
    return f"\\U{ord(letter):08x}"


_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _added(text: str, node: yaml.MappingNode, key: str, value: Any) -> str:
    """Add a key at the end of a mapping, in the form that the mapping has."""
    line = f"{written(key)}: {written(value)}"
    if node.flow_style:
        end = node.end_mark.index - 1
        last = node.value[-1][1].end_mark.index if node.value else end
        return f"{text[:last]}{', ' if node.value else ''}{line}{text[last:]}"
    name, below = node.value[-1]
    end = _line_after(text, _end_of(below))
    head = text[:end] if text[:end].endswith("\n") else f"{text[:end]}\n"
    return f"{head}{' ' * name.start_mark.column}{line}\n{text[end:]}"


def _end_of(node: yaml.Node) -> int:
    """Give where the last letter of a node stands; marks of block collections reach past blank lines and comments."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end_of(last[1] if isinstance(last, tuple) else last)
    index: int = node.end_mark.index
    return index


def _line_after(text: str, index: int) -> int:
    """Give where the next line begins; a block scalar's end mark stands there already."""
    if index and text[index - 1 : index] == "\n":
        return index
    found = text.find("\n", index)
    return len(text) if found < 0 else found + 1
