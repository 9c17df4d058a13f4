"""Times of day in settings."""

from __future__ import annotations

from datetime import time
from typing import Annotated

from pydantic import BeforeValidator

from cartage.yamlfile import wrong


def _in_quotes(value: object) -> object:
    """YAML reads 12:45 without quotes as the number 765."""
    if isinstance(value, (int, float)):
        raise wrong('must be a time of day in quotes, for example "01:30"')
    return value


TimeOfDay = Annotated[time, BeforeValidator(_in_quotes)]
"""A time of day, as `"01:30"`."""
