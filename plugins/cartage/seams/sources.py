"""What a source gives, and what it is told of the files that others left."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from cartage.records.batch import Batch
    from cartage.records.outcome import Verdict
    from cartage.windows import Selection, Window

DropState = Literal["landed", "read", "archived", "rejected", "repeated"]


@dataclass(frozen=True)
class Drop:
    """A file that another system left for us.

    Attributes:
        name: file name on the source, without its folder.
        path: full path on the source.
        hash: SHA-256 of its bytes, in hex: a drop is known by its content.
        size: bytes.
        site: the shop's site, from the folder or the name.
        exported_at: export time from the name, when it has one.
        landed_at: when the archive got it; a backfill's window means this time.
        landed_uri: where the landing archive keeps it.
        state: landed, read, archived, rejected, or repeated (same content under another name).
        reason: why it was rejected, or which drop it repeats.
    """

    name: str
    path: str
    hash: str
    size: int
    site: str
    exported_at: datetime | None
    landed_at: datetime
    landed_uri: str
    state: DropState = "landed"
    reason: str | None = None


class DropBook(Protocol):
    """What the ledger knows of drops."""

    def find(self, hash_: str) -> Drop | None:
        """Give the drop with this content, if it was ever landed."""

    def landed_between(self, window: Window) -> list[Drop]:
        """Give the drops that landed in the window, oldest first."""

    def unsettled(self) -> list[Drop]:
        """Give the drops that were landed or read by runs that never settled."""

    def done_with(self, since: datetime) -> list[Drop]:
        """Give the drops landed since then that may be moved aside: no other run that failed has read them last."""

    def refused(self) -> list[Drop]:
        """Give the drops that this run could not read, or not to their end, each with its reason."""

    def put(self, drop: Drop) -> None:
        """Write the drop's state."""


@dataclass(frozen=True)
class Read:
    """A stretch of the source.

    Attributes:
        batch: records that could be read.
        verdicts: records that could be named but not read, each with its reasons.
        originals: of those, the bytes that were found, by row number: they go into quarantine.
    """

    batch: Batch
    verdicts: tuple[Verdict, ...] = ()
    originals: dict[int, bytes] = field(default_factory=dict)


class Source(Protocol):
    """Where records come from."""

    def read(self, window: Window, selection: Selection) -> Iterator[Read]:
        """Give all records of the window, a batch at a time, in a stable order."""

    def acknowledge(self, verdicts: Iterable[Verdict]) -> None:
        """Tell the source what became of what it gave. Doing it twice is doing it once."""
