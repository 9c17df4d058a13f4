"""Looks for feeds whose import ended after their run: what the target did not take of them goes to quarantine."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from cartage.errors import BatchError, RetryableError

if TYPE_CHECKING:
    from cartage.context import FlowContext
    from cartage.operators.runtime import Runtime

log = logging.getLogger(__name__)

UNKNOWN = "what became of earlier feeds is not known for now (%s); the next run looks again"


def follow_feeds(runtime: Runtime, flow: FlowContext, run: int) -> None:
    """Read what the target says of feeds that earlier runs left, or this one left beside its documents.

    Flows that are all feeds do so when they publish, and here when there was nothing to publish. A look that fails costs
    the run nothing: the next run looks again.

    Args:
        runtime: the flow's.
        flow: the run's context.
        run: the run's id.

    Raises:
        SettingsError: the integration's file lacks what the settings ask for.
    """
    from cartage.records.batch import FEEDS

    if runtime.record in FEEDS:
        _catch_up(runtime, flow, run)
        return
    follower_of = getattr(runtime.target_system, "follower", None)
    follower = None if follower_of is None else follower_of(flow)
    if follower is None:
        return
    from cartage.operators.accounting import note_late

    try:
        overdue = list(follower.overdue())
    except (BatchError, RetryableError) as error:
        log.warning(UNKNOWN, error)
        return
    late = runtime.ledger.untell(runtime.integration.name, runtime.flow, runtime.destination, overdue)
    for each in late:
        log.warning("%s, of the feed %s: the shop did not take it (%s)", each.key, each.feed, each.complaints[0].code)
    note_late(runtime, run, late)
    follower.noted()


def _catch_up(runtime: Runtime, flow: FlowContext, run: int) -> None:
    """Look for the imports of earlier runs' feeds where this run left none: what is news may come in days only."""
    from cartage.operators.accounting import note_late

    feeds = flow.feeds
    if feeds is None or feeds.of_run() or not feeds.waiting():
        return
    target = runtime.target_system.target(flow)
    try:
        list(target.publish((), feeds))
    except (BatchError, RetryableError) as error:
        log.warning(UNKNOWN, error)
        return
    note_late(runtime, run, target.late)
    target.noted()
