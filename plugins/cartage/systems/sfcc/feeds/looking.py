"""Says whether a run looks at what the shop itself has, and gives the export that it looks at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartage.systems.sfcc.feeds.archive import ShopArchive

if TYPE_CHECKING:
    from cartage.context import FlowContext
    from cartage.settings.drift import Drift
    from cartage.systems.sfcc.feeds.forms import Form


def archive_for(flow: FlowContext, form: Form, settings: Drift) -> tuple[ShopArchive, str] | None:
    """Give the shop's export and its name; None when the run does not look.

    A run looks when it reads everything, the settings want it to, and the shop has an API.

    Raises:
        BatchError: the connection is not fit for use.
    """
    connection = flow.integration.storefront.api
    if not flow.full or settings.found == "off" or not connection or flow.memory is None:
        return None
    from cartage.systems.sfcc.hook import SfccHook

    return ShopArchive(SfccHook(connection), form, settings), f"cartage_{flow.flow}_{flow.run}"
