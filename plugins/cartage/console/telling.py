"""What the console calls things: how runs and records end, in words and colours that every page shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cartage.ledger.runs import Run

GROUPS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("good", "done", ("created", "updated")),
    ("quiet", "nothing to do", ("unchanged", "superseded", "skipped")),
    ("wait", "waiting", ("held",)),
    ("bad", "failed", ("quarantined", "rejected", "unaccounted")),
)
"""Outcomes put together for those who want to know whether all is well: style, words, outcomes."""

STYLES = {outcome: style for style, _, outcomes in GROUPS for outcome in outcomes}
"""Style of each outcome."""

RUN_STYLES = {
    "success": "good",
    "settled": "good",
    "failed": "bad",
    "running": "busy",
    "open": "busy",
    "queued": "quiet",
}
"""Style of each state of a run, Airflow's and the ledger's."""

RUN_WORDS = {
    "success": "succeeded",
    "settled": "succeeded",
    "failed": "failed",
    "running": "under way",
    "open": "under way",
    "queued": "about to start",
}

STARTED = {
    "scheduled": "by its schedule",
    "manual": "by hand",
    "manual_window": "by hand, for a stretch of time",
    "backfill": "by a backfill",
    "asset_triggered": "by an event",
}
"""What starts a run, by its type."""


def grouped(ways: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """Give how many records ended in each of `GROUPS`, by the group's style."""
    return tuple((style, sum(ways.get(each, 0) for each in outcomes)) for style, _, outcomes in GROUPS)


def started(run: Run) -> str:
    """Say who or what started a run."""
    how = STARTED.get(run.run_type, run.run_type.replace("_", " "))
    return f"{how}: {run.started_by}" if run.started_by and run.run_type != "scheduled" else how
