"""Makes the publisher of a flow from its run's context."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartage.staging.area import FEEDS
from cartage.systems.sfcc.feeds.forms import FORMS
from cartage.systems.sfcc.feeds.headers import headers_of
from cartage.systems.sfcc.feeds.jobs import ImportJob
from cartage.systems.sfcc.feeds.logs import logs_of
from cartage.systems.sfcc.feeds.rendering import Renderer
from cartage.systems.sfcc.feeds.rules import load
from cartage.systems.sfcc.feeds.target import FeedPublisher

if TYPE_CHECKING:
    from collections.abc import Callable

    from cartage.context import FlowContext
    from cartage.systems.sfcc.hook import SfccHook
    from cartage.systems.sfcc.sftp_folder import SftpFolder


def publisher(context: FlowContext, server: SftpFolder, api: Callable[[], SfccHook]) -> FeedPublisher:
    """Make the target of a flow of stock or prices.

    Args:
        context: the run's; its record is ``stock`` or ``price``.
        server: the shop's SFTP server.
        api: gives the shop's API; asked only where the settings start a job.

    Raises:
        SettingsError: the mapping is wrong, with file and line; or a connection is not named.
    """
    form = FORMS[context.record]
    settings = context.settings.inventory.feed if form.record == "stock" else context.settings.prices.feed
    deletion = context.settings.prices.feed.deletion
    return FeedPublisher(
        Renderer(form, load(form, context.include), deletion),
        headers_of(form, context.settings),
        settings,
        server=server,
        staging=context.staging,
        flow=f"{context.integration.name}.{context.flow}{FEEDS}",
        run=context.run,
        job=ImportJob(api(), settings.imported) if settings.imported.trigger == "job" else None,
        logs=logs_of(settings.imported, server, api),
    )
