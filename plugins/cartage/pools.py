"""The pools that bound requests to each ERP: made at set-up, checked when the scheduler starts.

An ERP counts requests for the whole account, so one number bounds all flows and all runs. A task
whose pool is missing waits for ever without a word; hence the check.
"""

from __future__ import annotations

import logging
from typing import Any

from airflow.listeners import hookimpl

log = logging.getLogger(__name__)


def wanted() -> dict[str, int]:
    """Give the slots each pool must have, by name: the concurrency of each integration's ERP."""
    from cartage.integrations import include_folder, integration_names, load_deploy

    joined = (load_deploy(name, include_folder()) for name in integration_names(include_folder()))
    return {each.erp.connection: each.erp.concurrency for each in joined}


def ensure() -> dict[str, int]:
    """Make every pool that is missing and set its slots; needs Airflow's metadata database.

    Returns:
        The pools that were made or changed, with their slots.
    """
    from airflow.models.pool import Pool

    changed = {}
    for name, slots in wanted().items():
        there = Pool.get_pool(name)
        if there is None or there.slots != slots:
            Pool.create_or_update_pool(name, slots, "Requests to the ERP at a time, all flows", include_deferred=False)
            changed[name] = slots
    return changed


@hookimpl
def on_starting(component: Any) -> None:
    """Make what is missing when the scheduler starts, and say so."""
    if type(component).__name__ != "SchedulerJobRunner":
        return
    for name, slots in ensure().items():
        log.warning("pool %s was missing or had other slots; it has %d now", name, slots)
