"""Looks at the shop's price books in a full run."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cartage.systems.sfcc.feeds.drift import looked
from cartage.systems.sfcc.feeds.forms import PRICES
from cartage.systems.sfcc.feeds.looking import archive_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from cartage.context import FlowContext
    from cartage.systems.sfcc.feeds.drift import Drift


def looking(flow: FlowContext) -> Callable[[], Drift] | None:
    """Give what looks at the shop's price books; None when the run does not.

    Raises:
        BatchError: the connection is not fit for use.
    """
    from cartage.systems.sfcc.prices.shop import look

    chosen, memory = archive_for(flow, PRICES, flow.settings.prices.drift), flow.memory
    if chosen is None or memory is None:
        return None
    archive, name = chosen
    return lambda: looked(
        lambda: look(archive, memory, flow.settings.prices, name, now=datetime.now(UTC)), "price books", flow.notes
    )
