"""Looks at the shop's inventory lists in a full run."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cartage.systems.sfcc.feeds.drift import looked
from cartage.systems.sfcc.feeds.forms import INVENTORY
from cartage.systems.sfcc.feeds.looking import archive_for
from cartage.systems.sfcc.feeds.rules import load

if TYPE_CHECKING:
    from collections.abc import Callable

    from cartage.context import FlowContext
    from cartage.systems.sfcc.feeds.drift import Drift


def looking(flow: FlowContext) -> Callable[[], Drift] | None:
    """Give what looks at the shop's inventory lists; None when the run does not.

    Raises:
        SettingsError: the mapping is wrong, with file and line.
        BatchError: the connection is not fit for use.
    """
    from cartage.systems.sfcc.inventory.shop import look

    chosen, memory = archive_for(flow, INVENTORY, flow.settings.inventory.drift), flow.memory
    if chosen is None or memory is None:
        return None
    archive, name = chosen
    elements = frozenset(load(INVENTORY, flow.include).file.body.root)
    return lambda: looked(
        lambda: look(archive, memory, flow.settings, elements, name, now=datetime.now(UTC)), "inventory lists"
    )
