"""What every step of a flow needs at hand: integration, ledger, staging, and the run's pinned settings."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from cartage.context import FlowContext
from cartage.errors import SettingsError
from cartage.integrations import FlowDeploy, Integration, Side, include_folder, load_deploy
from cartage.operators import pins

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from cartage.ledger import Ledger
    from cartage.ledger.revisions import RevisionKind
    from cartage.staging import Staging

LEDGER_CONNECTION = "cartage_ledger"

_REPLACED: dict[RevisionKind, str] = {"mapping": "mappings", "expectations": "expectations"}
"""Kinds of revisions that stand in the place of a file, and the folder of these files."""


def staging_root() -> str:
    """Give where batches and drops lie: a folder or the URI of an object store (``CARTAGE_STAGING``)."""
    root = os.environ.get("CARTAGE_STAGING")
    if not root:
        raise SettingsError("CARTAGE_STAGING is not set: give a folder or an object storage URI that all workers share")
    return root


class Runtime:
    """One flow of one integration, as a task sees it.

    Args:
        integration: its name, as in ``include/integrations``.
        flow: the flow's name within it.
        record: kind of record the flow carries.
        origin: the side of the integration where its records come from.
    """

    def __init__(self, integration: str, flow: str, record: str, origin: Side = "storefront") -> None:
        self.integration: Integration = load_deploy(integration, include_folder())
        self.flow = flow
        self.record = record
        joined = self.integration
        systems = (joined.storefront.system, joined.erp.system)
        self.origin, self.destination = systems if origin == "storefront" else systems[::-1]
        self.from_erp = origin == "erp"

    @property
    def deploy(self) -> FlowDeploy:
        """The flow's deploy settings."""
        return self.integration.flow(self.flow)

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger, by its Airflow connection."""
        from cartage.ledger import Ledger

        return Ledger.from_connection(LEDGER_CONNECTION)

    @cached_property
    def staging(self) -> Staging:
        """Where batches lie."""
        from cartage.staging import Staging

        return Staging(staging_root())

    @property
    def source_system(self) -> ModuleType:
        """The entry module of the system where records come from; it makes sources."""
        return import_module(f"cartage.systems.{self.origin}.entry")

    @property
    def target_system(self) -> ModuleType:
        """The entry module of the system where records go; it makes transformers and targets."""
        return import_module(f"cartage.systems.{self.destination}.entry")

    def pin(self) -> str:
        """Keep all settings and mappings as they are now, revisions laid over, and give their digest."""
        return pins.keep(staging_root(), pins.collect(include_folder(), self._revisions()))

    def _revisions(self) -> dict[str, str]:
        """Give the newest revision of the settings, of each mapping and of all expectations, by the path it lies over."""
        newest = {}
        settings = self.ledger.revisions.latest("settings", self.integration.name)
        if settings:
            newest[pins.OVERLAY] = settings.body
        for kind, place in _REPLACED.items():
            folder = include_folder() / place
            for path in sorted(folder.rglob("*.yaml")):
                name = path.relative_to(folder).with_suffix("").as_posix()
                revision = self.ledger.revisions.latest(kind, name)
                if revision and revision.body:
                    newest[f"{place}/{name}.yaml"] = revision.body
        return newest

    @contextmanager
    def pinned(self, run: int, digest: str, *, concurrency: int = 1) -> Iterator[FlowContext]:
        """Give the run's context over a local copy of what `pin` kept."""
        from cartage.settings import load_settings

        folder = Path(tempfile.mkdtemp(prefix="cartage-"))
        try:
            overlay = pins.lay_out(staging_root(), digest, folder)
            yield FlowContext(
                integration=self.integration,
                flow=self.flow,
                record=self.record,
                settings=load_settings(self.integration.name, folder, overlay),
                include=folder,
                staging=self.staging,
                drops=self.ledger.drops(self.integration.name, self.flow, run),
                memory=self.ledger.memory(self.integration.name, self.flow, self.record),
                feeds=self.ledger.feeds(self.integration.name, self.flow, run),
                run=run,
                concurrency=concurrency,
            )
        finally:
            shutil.rmtree(folder, ignore_errors=True)
