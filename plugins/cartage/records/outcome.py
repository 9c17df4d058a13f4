"""Outcomes: how a run ended for a record. Their sum is what was extracted, always."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cartage.errors import Complaint


DRIFT = "drift"
"""Code of the warning that the target had a record otherwise than it was last told."""


class Outcome(StrEnum):
    """How a run ended for a record; the words of the accounting identity."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    SUPERSEDED = "superseded"
    SKIPPED = "skipped"
    HELD = "held"
    QUARANTINED = "quarantined"
    REJECTED = "rejected"


@dataclass(frozen=True)
class Verdict:
    """One record's outcome, with the reasons.

    Attributes:
        row: the record's row number in its run: the same order twice in a file has two rows.
        key: the record's key.
        outcome: how it ended.
        complaints: why; empty for created, updated and unchanged.
        target_id: the target's internal id, once known.
        target_number: the number that people see in the target, once known.
    """

    row: int
    key: str
    outcome: Outcome
    complaints: tuple[Complaint, ...] = field(default=())
    target_id: str | None = None
    target_number: str | None = None
