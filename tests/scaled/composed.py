"""docker-compose.yaml and deploy/cartage.env, read as Docker Compose reads them.

Source: https://docs.docker.com/reference/compose-file/interpolation/
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = "deploy/cartage.env"

_VARIABLE = re.compile(r"\$(?:(?P<escaped>\$)|\{(?P<name>\w+)(?:(?P<kind>:[-?])(?P<word>[^}]*))?\}|(?P<bare>\w+))")


def interpolate(text: str, variables: Mapping[str, str]) -> str:
    """Fill in ``${NAME}``, ``${NAME:-default}``, ``${NAME:?what to do}`` and ``$$``.

    Raises:
        KeyError: a variable without a default is not there.
    """

    def value(found: re.Match[str]) -> str:
        if found["escaped"]:
            return "$"
        name = found["name"] or found["bare"]
        if found["kind"] == ":-":
            return variables.get(name) or found["word"]
        return variables[name]

    return _VARIABLE.sub(value, text)


def needed(text: str) -> set[str]:
    """Give the names of the variables that a text cannot do without."""
    return {
        each["name"] or each["bare"]
        for each in _VARIABLE.finditer(text)
        if not each["escaped"] and each["kind"] != ":-"
    }


@dataclass(frozen=True)
class Composed:
    """The services and their common environment.

    Attributes:
        services: by name, as the file has them, YAML's anchors merged.
        environment: of every service of ours, variables filled in.
        variables: what was filled in: the contents of ``.env``.
    """

    services: Mapping[str, Any]
    environment: Mapping[str, str]
    variables: Mapping[str, str]

    @classmethod
    def read(cls, variables: Mapping[str, str], instead: Mapping[str, str] | None = None) -> Composed:
        """Read both files of this repository.

        Args:
            variables: what a person has in ``.env``.
            instead: what to put in place of texts of the two files, each of which must be there.
        """
        compose = (ROOT / "docker-compose.yaml").read_text(encoding="utf-8")
        environment = (ROOT / ENVIRONMENT).read_text(encoding="utf-8")
        for old, new in (instead or {}).items():
            assert old in compose + environment, f"{old!r} is in neither file"
            compose, environment = compose.replace(old, new), environment.replace(old, new)
        lines = (each.strip() for each in environment.splitlines())
        pairs = (each.partition("=") for each in lines if each and not each.startswith("#"))
        filled = {name: interpolate(value, variables) for name, _, value in pairs}
        return cls(yaml.safe_load(compose)["services"], filled, variables)

    def command(self, service: str) -> list[str]:
        """Give what a service runs."""
        return shlex.split(interpolate(self.services[service]["command"], self.variables))

    def health_check(self, service: str) -> list[str]:
        """Give the command by which Docker asks whether a service is well."""
        form, *words = self.services[service]["healthcheck"]["test"]
        filled = [interpolate(each, self.variables) for each in words]
        return ["/bin/sh", "-c", *filled] if form == "CMD-SHELL" else filled
