"""What a target is handed and gives that is told of records in files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cartage.errors import Complaint
    from cartage.records.batch import Batch
    from cartage.records.outcome import Verdict
    from cartage.seams.documents import Planned


FeedState = Literal["intended", "sent", "imported", "refused"]


@dataclass(frozen=True)
class Feed:
    """A file that we write for another system.

    Attributes:
        name: file name, unique within the flow; names sort by time.
        hash: SHA-256 of its bytes, in hex.
        size: bytes.
        records: how many records it tells of.
        path: full path on the other system.
        landed_uri: where our own copy lies.
        state: intended (written here, perhaps there), sent, imported, or refused whole.
        reason: why it was refused.
    """

    name: str
    hash: str
    size: int
    records: int
    path: str
    landed_uri: str
    state: FeedState = "intended"
    reason: str | None = None


class FeedBook(Protocol):
    """What the ledger knows of the feeds of a flow: intent before the upload, result after."""

    def of_run(self) -> list[Feed]:
        """Give the feeds of this very run, by name: a task that is tried again goes on where it stopped."""

    def waiting(self) -> list[Feed]:
        """Give the feeds of earlier runs, sent and not known to be imported, oldest first."""

    def newest(self, prefix: str) -> str | None:
        """Give the last name of feeds of the flow that begin with a prefix and ``_``, whichever run wrote it."""

    def records_of(self, feed: Feed) -> list[str]:
        """Give the keys of the records that the target was told of by the run that wrote a feed, in any feed of its."""

    def documents_of(self, feed: Feed, type_: str) -> list[str]:
        """Give the external ids of the documents of a type that nobody wrote since the run that wrote a feed."""

    def put(self, feed: Feed) -> None:
        """Write the feed's state."""


@dataclass(frozen=True)
class Late:
    """What came to light after its run had ended: the target did not take a record of a feed that it was sent.

    The record was counted as told; it must be forgotten again, so that the next full run tells it anew.

    Attributes:
        feed: name of the feed.
        key: the record's key.
        complaints: the target's reasons.
    """

    feed: str
    key: str
    complaints: tuple[Complaint, ...]


@dataclass(frozen=True)
class Overdue:
    """What came to light of a document that went out in a feed: the target did not take it, though its run said so.

    Attributes:
        feed: name of the feed.
        type: type of the document.
        external_ids: what its external id may be; the first that the ledger knows is meant.
        complaints: the target's reasons.
    """

    feed: str
    type: str
    external_ids: tuple[str, ...]
    complaints: tuple[Complaint, ...]


class FeedFollower(Protocol):
    """Looks for feeds beside documents whose import ends after their run."""

    def overdue(self) -> Iterator[Overdue]:
        """Give the documents of earlier feeds that the target turns out not to have taken.

        Raises:
            RetryableError: the other side does not answer for now.
            BatchError: it does not let us look.
        """

    def noted(self) -> None:
        """Hear that all that `overdue` gave was noted: those feeds need no second look."""


class FeedTarget(Protocol):
    """Where records go that the target is told of in files."""

    late: list[Late]
    """What `publish` learnt of feeds of earlier runs; whole once its verdicts were taken."""

    def noted(self) -> None:
        """Hear that what is `late` was noted: those feeds need no second look."""

    def publish(self, batches: Iterable[Batch], feeds: FeedBook) -> Iterator[Verdict]:
        """Write feeds of all these rows, bring them over and, where it can be known, see them imported.

        Gives a verdict for each row: created (never told before), updated, or rejected with the target's reason.

        Raises:
            RetryableError: the other side does not answer for now; what was sent is known in `feeds`.
            BatchError: nothing can be sent, and no retry mends it.
        """

    def plan(self, batch: Batch) -> Iterator[Planned]:
        """Say what `publish` would tell, by reading only."""
