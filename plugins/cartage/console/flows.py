"""The flows of all integrations, as their files say."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from cartage.errors import SettingsError
from cartage.integrations import include_folder, integration_file, integration_names, load_deploy

if TYPE_CHECKING:
    from pathlib import Path

    from cartage.integrations import FlowDeploy, Integration


@dataclass(frozen=True)
class Flow:
    """One flow.

    Attributes:
        integration: the integration it belongs to.
        name: its name within it.
    """

    integration: Integration
    name: str

    @property
    def dag_id(self) -> str:
        """The id of its DAG."""
        return f"{self.integration.name}.{self.name}"

    @property
    def deploy(self) -> FlowDeploy:
        """Its deploy settings."""
        return self.integration.flow(self.name)


@dataclass(frozen=True)
class Joined:
    """What the files of all integrations say.

    Attributes:
        flows: all flows, in the order of the files.
        wrong: what is wrong with files that cannot be read, in words with file and line.
    """

    flows: tuple[Flow, ...]
    wrong: tuple[str, ...]

    def find(self, dag_id: str) -> Flow | None:
        """Give the flow of a DAG, None when no file names it."""
        return next((each for each in self.flows if each.dag_id == dag_id), None)


def all_flows() -> Joined:
    """Read the files of all integrations; a file that has not changed is not read again."""
    include = include_folder()
    flows: list[Flow] = []
    wrong: list[str] = []
    for name in integration_names(include):
        try:
            integration = _load(name, include, integration_file(name, include).stat().st_mtime_ns)
        except SettingsError as error:
            wrong.append(str(error))
        else:
            flows += [Flow(integration, each) for each in integration.flows]
    return Joined(tuple(flows), tuple(wrong))


@lru_cache(maxsize=32)
def _load(name: str, include: Path, changed_at: int) -> Integration:  # noqa: ARG001 - part of the cache's key
    return load_deploy(name, include)
