"""Looks for feeds whose import ended after their run: what the target did not take of them goes to quarantine."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from cartage.errors import BatchError, RetryableError

if TYPE_CHECKING:
    from cartage.context import FlowContext
    from cartage.operators.runtime import Runtime

log = logging.getLogger(__name__)


def follow_feeds(runtime: Runtime, flow: FlowContext, run: int) -> None:
    """Read what the target says of feeds that earlier runs, or this one, left beside their documents.

    Flows that are all feeds do so when they publish. A look that fails costs the run nothing: the next run looks again.

    Args:
        runtime: the flow's.
        flow: the run's context.
        run: the run's id.

    Raises:
        SettingsError: the integration's file lacks what the settings ask for.
    """
    follower_of = getattr(runtime.target_system, "follower", None)
    follower = None if follower_of is None else follower_of(flow)
    if follower is None:
        return
    from cartage.operators.accounting import note_late

    try:
        overdue = list(follower.overdue())
    except (BatchError, RetryableError) as error:
        log.warning("what became of earlier feeds is not known for now (%s); the next run looks again", error)
        return
    late = runtime.ledger.untell(runtime.integration.name, runtime.flow, runtime.destination, overdue)
    for each in late:
        log.warning("%s, of the feed %s: the shop did not take it (%s)", each.key, each.feed, each.complaints[0].code)
    note_late(runtime, run, late)
    follower.noted()
