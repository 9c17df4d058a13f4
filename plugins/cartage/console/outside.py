"""Links from a record to its pages in the shop and in the ERP."""

from __future__ import annotations

import time
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cartage.integrations import Integration


KEPT = 30
"""Seconds for which a connection is not read again: what somebody changes in Airflow counts soon."""


def page_in_erp(integration: Integration, type_: str, internal_id: str, key: str) -> str | None:
    """Give the address of a document's page in the ERP, None where it has none."""
    return _page(integration.erp.system, integration.erp.connection, type_, internal_id, key)


def page_in_shop(integration: Integration, record: str, key: str) -> str | None:
    """Give the address of a record's page in the shop's own tool, None where it has none."""
    connection = integration.storefront.api
    return _page(integration.storefront.system, connection, record, "", key) if connection else None


def _page(system: str, connection: str, type_: str, internal_id: str, key: str) -> str | None:
    host, extra = _connection(connection, int(time.monotonic() // KEPT))
    page: str | None = import_module(f"cartage.systems.{system}.pages").page_of(host, extra, type_, internal_id, key)
    return page


@lru_cache(maxsize=16)
def _connection(name: str, turn: int) -> tuple[str | None, dict[str, Any]]:  # noqa: ARG001 - part of the cache's key
    """Give host and extra of an Airflow connection, nothing when it is missing: a link is no reason to fail."""
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException, AirflowRuntimeError

    try:
        found = Connection.get(name)
    except (AirflowNotFoundException, AirflowRuntimeError):
        return None, {}
    return found.host, dict(found.extra_dejson)
