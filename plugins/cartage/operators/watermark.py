"""Where the last run ended: kept in Airflow's asset state, seeded from the ledger, only moved forward.

`docs/decisions/0001-watermark.md` says why an XCom of the run before is not safe for this.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from airflow.sdk import Asset, AssetAlias
from airflow.sdk.execution_time.context import NEVER_EXPIRE

from cartage.windows import Window

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow.sdk import Context

    from cartage.operators.runtime import Runtime

KEY = "watermark"
WINDOW = "window"


def asset_of(integration: str, flow: str) -> Asset:
    """Give the asset under which a flow's watermark is kept."""
    return Asset(name=f"{integration}.{flow}", uri=f"x-cartage://{integration}/{flow}")


def proposals_asset(integration: str) -> Asset:
    """Give the asset that stands for proposals waiting to be asked about: an event of it starts the DAG that asks."""
    return Asset(name=f"{integration}.proposals", uri=f"x-cartage://{integration}/proposals")


def proposals_alias(integration: str, flow: str) -> AssetAlias:
    """Give the alias by which `settle` tells of `proposals_asset`; an outlet itself would tell on every success.

    One for each flow: Airflow notes which assets an alias ever stood for, and of two flows that settle for the
    first time in the same moment it would fail one (tried with Airflow 3.3.2).
    """
    return AssetAlias(name=f"{integration}.{flow}.proposals")


def read_watermark(runtime: Runtime, context: Context) -> datetime | None:
    """Give where the next live run begins: the asset's state, else the ledger's last settled window.

    Returns:
        A moment in UTC; the flow's `start_at` when it has never run.
    """
    kept = context["asset_state_store"][asset_of(runtime.integration.name, runtime.flow)].get(KEY)
    if kept is not None:
        return datetime.fromisoformat(str(kept))
    settled = runtime.ledger.runs.last_settled_window(runtime.integration.name, runtime.flow)
    return settled.until if settled else runtime.deploy.start_at


def move_watermark(runtime: Runtime, context: Context, until: datetime) -> datetime:
    """Move the watermark to `until`, unless it is further already, and give where it stands."""
    store = context["asset_state_store"][asset_of(runtime.integration.name, runtime.flow)]
    kept = store.get(KEY)
    if kept is not None and (there := datetime.fromisoformat(str(kept))) >= until:
        return there
    store.set(KEY, until.isoformat())
    return until


def remembered(context: Context, compute: Callable[[], Window]) -> Window:
    """Give the window this task began with; a retry or a cleared task must repeat it, not make a new one."""
    store = context["task_state_store"]
    kept = store.get(WINDOW)
    if isinstance(kept, dict):
        return Window.of(kept)
    window = compute()
    store.set(WINDOW, {**window.as_dict()}, retention=NEVER_EXPIRE)
    return window
