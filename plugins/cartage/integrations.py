"""Integrations: one storefront and one ERP joined, and the flows between them.

This is the part of ``include/integrations/<name>.yaml`` above ``settings:``. Airflow reads it whenever
it parses the DAGs, so only YAML and pydantic are imported here. `cartage.settings` reads the rest.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field, field_validator

from cartage import yamlfile
from cartage.errors import SettingsError
from cartage.yamlfile import Document, Strict, close, wrong

INCLUDE = "CARTAGE_INCLUDE"
"""Environment variable with the absolute path of the include folder."""

_SYSTEMS = Path(__file__).parent / "systems"

_FIRINGS = 200
"""Firings of a schedule that are looked at for its longest pause: two days of one every quarter of an hour."""

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=100)]
"""A name that is part of DAG ids and external ids: lower-case letters, digits and ``_``."""


def _known_system(name: str) -> str:
    known = sorted(each.name for each in _SYSTEMS.iterdir() if (each / "__init__.py").exists())
    if name not in known:
        raise wrong(f"`{name}` is no system of cartage.systems{close(name, known) or f'; write one of {known}'}")
    return name


Side = Literal["storefront", "erp"]
"""Where a flow's records come from; they go to the other side."""


class Storefront(Strict):
    """The shop, and the Airflow connections that lead to it."""

    system: str = Field(description="Package under `cartage.systems`: `sfcc`.")
    drops: str | None = Field(default=None, description="Airflow connection of the folder where the shop leaves files.")
    api: str | None = Field(default=None, description="Airflow connection of the shop's API.")

    _check_system = field_validator("system")(_known_system)


class Erp(Strict):
    """The ERP, and the Airflow connection that leads to it."""

    system: str = Field(description="Package under `cartage.systems`: `netsuite`.")
    connection: str = Field(description="Airflow connection of the ERP. The pool of its senders has the same name.")
    concurrency: int = Field(
        default=5,
        ge=1,
        le=500,
        description="Requests at a time that Cartage may send to the whole account: the slots of the ERP's Airflow "
        "pool. NetSuite allows 5 on a standard account, REST, SOAP and RESTlets together.",
    )

    _check_system = field_validator("system")(_known_system)


class FlowDeploy(Strict):
    """What Airflow must know of a flow before any run: when it runs, and whose it is."""

    schedule: str | None = Field(
        default=None, description="Cron expression of five fields, in UTC; null: the flow runs only when asked to."
    )
    start_at: AwareDatetime = Field(
        description="Moment from which records are taken, with its zone (`2026-01-01T00:00:00Z`). Older ones are "
        "skipped, by name."
    )
    description: str = Field(min_length=1, description="One sentence that the Airflow UI shows.")
    owner: str = Field(min_length=1, description="Who answers for the flow.")
    shadow: bool = Field(
        default=False,
        description="Every run is a dry run, scheduled ones too, unless its form says otherwise: to compare with an "
        "earlier connector before going live. The watermark stays, so each run reads everything from `start_at` on.",
    )
    timeout_minutes: int = Field(default=120, ge=1, description="Minutes after which a hung run is failed.")
    fresh_minutes: int | None = Field(
        default=None,
        ge=1,
        description="Minutes without a settled run after which the console calls the flow late. null: twice the longest "
        "pause of its schedule; a flow without a schedule is never late.",
    )
    tags: tuple[str, ...] = Field(
        default=(),
        description="More tags in the Airflow UI, besides `cartage`, the integration and the kind of record.",
    )

    @field_validator("schedule")
    @classmethod
    def _check_schedule(cls, schedule: str | None) -> str | None:
        if schedule is None:
            return None
        from croniter import croniter  # Airflow brings it; only needed when there is a schedule

        if len(schedule.split()) != 5 or not croniter.is_valid(schedule):
            raise wrong(f"`{schedule}` is no cron expression of five fields; write for example `*/15 * * * *`")
        return schedule

    @property
    def fresh(self) -> timedelta | None:
        """How long ago the last settled run may be; None when nobody expects any."""
        if self.fresh_minutes is not None:
            return timedelta(minutes=self.fresh_minutes)
        return None if self.schedule is None else 2 * _longest_pause(self.schedule)

    @property
    def timeout(self) -> timedelta:
        """How long a run may take."""
        return timedelta(minutes=self.timeout_minutes)


@cache
def _longest_pause(schedule: str) -> timedelta:
    """Give the longest time between two firings of a cron expression, as far as a few weeks show it."""
    from croniter import croniter

    firing = croniter(schedule, datetime(2026, 1, 1, tzinfo=UTC))
    moments = [firing.get_next(datetime) for _ in range(_FIRINGS)]
    return max(after - before for before, after in pairwise(moments))


class Integration(Strict):
    """One storefront and one ERP joined."""

    name: Name = Field(description="The integration's name, that of its file; it starts every DAG id and external id.")
    storefront: Storefront = Field(description="The shop.")
    erp: Erp = Field(description="The ERP.")
    flows: dict[Name, FlowDeploy] = Field(description="Flows by name; each is the DAG `<integration>.<flow>`.")
    unmask_roles: tuple[str, ...] = Field(
        default=("admin", "Admin"),
        description="Airflow roles whose people the console lets see personal data of records held back; each look is "
        "noted in the ledger. It stands here, and in no revision, so that nobody gives themselves the right.",
    )

    def flow(self, name: str) -> FlowDeploy:
        """Give a flow's deploy settings.

        Raises:
            SettingsError: when the integration has no such flow.
        """
        if name not in self.flows:
            raise SettingsError(f"the integration {self.name} has no flow `{name}`{close(name, self.flows)}")
        return self.flows[name]


def include_folder() -> Path:
    """Give the folder of settings, mappings and expectations: `CARTAGE_INCLUDE`, else ``include`` beside ``plugins``.

    Raises:
        SettingsError: when the variable holds no absolute path of a folder.
    """
    given = os.environ.get(INCLUDE)
    if given is None:
        return Path(__file__).resolve().parents[2] / "include"
    folder = Path(given)
    if not folder.is_absolute() or not folder.is_dir():
        raise SettingsError(f"the environment variable {INCLUDE} is `{given}`; write the absolute path of a folder")
    return folder


def integration_file(name: str, include: Path) -> Path:
    """Give the path of an integration's file."""
    return include / "integrations" / f"{name}.yaml"


def integration_names(include: Path) -> list[str]:
    """Give the names of all integrations that have a file."""
    return sorted(each.stem for each in (include / "integrations").glob("*.yaml"))


def load_deploy(name: str, include: Path) -> Integration:
    """Read the deploy settings of an integration: all of its file but ``settings:``.

    Args:
        name: the integration, `<include>/integrations/<name>.yaml`.
        include: the include folder, see `include_folder`.

    Raises:
        SettingsError: with file and line.
    """
    document = yamlfile.read(integration_file(name, include))
    integration = yamlfile.check(Integration, _without_settings(document))
    if integration.name != name:
        raise document.error(("name",), f"is `{integration.name}`, but the file is {name}.yaml; make them the same")
    return integration


def _without_settings(document: Document) -> Document:
    if not isinstance(document.data, dict):
        return document
    data: dict[str, Any] = {key: value for key, value in document.data.items() if key != "settings"}
    return Document(data, document.places)
