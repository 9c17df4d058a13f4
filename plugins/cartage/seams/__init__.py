"""The seams: what a system must give to be a source or a target, and what it is handed.

Systems import these words and nothing of the ledger or of Airflow's operators; the ledger and the
operators implement and use them.
"""

from cartage.seams.documents import (
    Attempt,
    Claim,
    Compared,
    Cut,
    DocumentKey,
    DocumentOutcome,
    DocumentResult,
    Journal,
    Planned,
    References,
    Target,
    Transformed,
)
from cartage.seams.feeds import Feed, FeedBook, FeedFollower, FeedState, FeedTarget, Late, Overdue
from cartage.seams.memory import Memory, Told
from cartage.seams.sources import Drop, DropBook, DropState, Read, Source

__all__ = [
    "Attempt",
    "Claim",
    "Compared",
    "Cut",
    "DocumentKey",
    "DocumentOutcome",
    "DocumentResult",
    "Drop",
    "DropBook",
    "DropState",
    "Feed",
    "FeedBook",
    "FeedFollower",
    "FeedState",
    "FeedTarget",
    "Journal",
    "Late",
    "Memory",
    "Overdue",
    "Planned",
    "Read",
    "References",
    "Source",
    "Target",
    "Told",
    "Transformed",
]
