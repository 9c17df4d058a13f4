"""The stretch of a source that a run reads, and what a person asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Window:
    """From inclusive, until exclusive; both aware, in UTC. `since` is None on the very first run."""

    since: datetime | None
    until: datetime

    def as_dict(self) -> dict[str, str | None]:
        """Give the window as ISO 8601 texts, for XCom."""
        return {"since": self.since.isoformat() if self.since else None, "until": self.until.isoformat()}

    @classmethod
    def of(cls, values: dict[str, Any]) -> Window:
        """Read what `as_dict` wrote."""
        since = values.get("since")
        return cls(datetime.fromisoformat(since) if since else None, datetime.fromisoformat(values["until"]))


@dataclass(frozen=True)
class Selection:
    """What a person asked for in the run's form; empty for a scheduled run.

    Attributes:
        keys: only these record numbers (order numbers, customer numbers, skus; without site, list or book).
        quarantine: only these quarantine ids; the ledger is then the source.
        dry_run: show what would be sent, change nothing.
        backfill: the window is history: never move the watermark.
        full: read everything there is and not only what changed in the window.
        proposals: only the records of these proposals, which a person has decided.
    """

    keys: tuple[str, ...] = field(default=())
    quarantine: tuple[int, ...] = field(default=())
    dry_run: bool = False
    backfill: bool = False
    full: bool = False
    proposals: tuple[int, ...] = field(default=())

    @property
    def limited(self) -> bool:
        """True when the run reads less than everything new, so it must not move the watermark."""
        return bool(self.keys or self.quarantine or self.proposals or self.dry_run or self.backfill)
