"""The pages that runs leave behind: each needs nothing else, runs no script, and escapes what it shows."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from cartage.mapping import canonical

if TYPE_CHECKING:
    from jinja2 import Template


@cache
def template(name: str) -> Template:
    """Give a page's template; all of them share ``page.css``."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["thousands"] = lambda number: f"{number:,}"
    environment.filters["percent"] = _percent
    environment.filters["pretty"] = lambda text: pretty(canonical.loads(text))
    environment.filters["moment"] = lambda at: at.strftime("%Y-%m-%d %H:%M:%S UTC") if at else "the beginning"
    return environment.get_template(name)


def _percent(share: float) -> str:
    """Write a share as percent, never as nought when it is not."""
    if 0 < share < 0.0005:
        return "< 0.1 %"
    return f"{share * 100:.1f} %"


def pretty(value: Any, indent: str = "") -> str:
    """Write a JSON value over several lines; numbers stay as exact as they are, which the standard writer cannot.

    Args:
        value: what `canonical.loads` gave.
        indent: what the lines inside begin with.
    """
    if not isinstance(value, dict | list) or not value:
        return canonical.dumps(value)
    inner = f"{indent}  "
    if isinstance(value, dict):
        parts = [f"{inner}{canonical.dumps(key)}: {pretty(each, inner)}" for key, each in value.items()]
        return "{\n" + ",\n".join(parts) + f"\n{indent}}}"
    return "[\n" + ",\n".join(f"{inner}{pretty(each, inner)}" for each in value) + f"\n{indent}]"
