"""Looks at the shop's inventory lists in a full run."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cartage.systems.sfcc.feeds.drift import looked, name_strangers, strange_to
from cartage.systems.sfcc.feeds.forms import INVENTORY
from cartage.systems.sfcc.feeds.looking import archive_for
from cartage.systems.sfcc.feeds.rules import load

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pyarrow as pa

    from cartage.context import FlowContext
    from cartage.systems.sfcc.feeds.drift import Drift

WHAT = "inventory lists"


def looking(flow: FlowContext) -> Callable[[Sequence[pa.ChunkedArray]], Drift] | None:
    """Give what looks at the shop's inventory lists, told the keys of the run's records; None when the run does not.

    Raises:
        SettingsError: the mapping is wrong, with file and line.
        BatchError: the connection is not fit for use.
    """
    from cartage.systems.sfcc.inventory.shop import as_told, look

    settings = flow.settings.inventory.drift
    chosen, memory = archive_for(flow, INVENTORY, settings), flow.memory
    if chosen is None or memory is None:
        return None
    archive, name = chosen
    elements = frozenset(load(INVENTORY, flow.include).file.body.root)

    def looks(keys: Sequence[pa.ChunkedArray]) -> Drift:
        now = datetime.now(UTC)
        drift = looked(lambda: look(archive, memory, flow.settings, elements, name, now=now), WHAT, flow.notes)
        strangers = strange_to(drift.strangers, keys)
        name_strangers(strangers, WHAT, flow.notes)
        if settings.strangers == "zero" and len(strangers) and not flow.dry_run:
            memory.adopt(as_told(strangers), flow.run)
        return drift

    return looks
