"""Declares Cartage to Airflow: the console's pages, the links on tasks, the check at start.

Airflow imports this file in every process, so nothing heavy stands at its top.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from airflow.configuration import conf
from airflow.plugins_manager import AirflowPlugin

from cartage import pools
from cartage.console.places import external_views
from cartage.operators.links import PlanLink, QualityReportLink

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send


async def console(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve the console; its app is made at the first call, in the API server only."""
    from cartage.console import preloading
    from cartage.console.app import application

    preloading.begin()
    await application()(scope, receive, send)


BASE = urlsplit(conf.get("api", "base_url", fallback="") or "").path.rstrip("/")
"""Path that Airflow itself is served under; empty at the root of a host."""


class CartagePlugin(AirflowPlugin):
    """What Airflow loads; all of it lives in the package."""

    name = "cartage"
    fastapi_apps = [{"app": console, "url_prefix": "/cartage", "name": "Cartage"}]  # noqa: RUF012 (Airflow's own form)
    external_views = external_views(BASE)
    operator_extra_links = [QualityReportLink(), PlanLink()]  # noqa: RUF012
    listeners = [pools]  # noqa: RUF012
