"""The seams: what a system must give to be a source or a target, and what it is handed.

Systems import these words and nothing of the ledger or of Airflow's operators; the ledger and the
operators implement and use them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    import pyarrow as pa

    from cartage.errors import Complaint
    from cartage.records.batch import Batch
    from cartage.records.outcome import Verdict
    from cartage.windows import Selection, Window

DropState = Literal["landed", "read", "archived", "rejected", "repeated"]
DocumentOutcome = Literal["created", "updated", "unchanged", "adopted", "superseded", "quarantined", "rejected"]


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


class References(Protocol):
    """What the target knows by the shop's names."""

    def find(self, kind: str, values: set[str]) -> dict[str, str]:
        """Give internal ids by value, in bulk; a value that is missing in the answer is unknown.

        `kind` is item, location, shipping_method, currency, subsidiary, tax_code, account or payment_method.
        """


@dataclass(frozen=True)
class DocumentKey:
    """A document that a target is about to write."""

    type: str
    external_id: str
    kind: str
    key: str
    version: str
    hash: str


@dataclass(frozen=True)
class Claim:
    """The right to write one document, or why there is none.

    Attributes:
        document: what was asked for.
        granted: False when another run holds the document now; try again later.
        done: this very run already wrote it, with this outcome (a task that is tried again).
        known_id: internal id from an earlier write, if any.
        known_hash: content hash of the last applied body, if any.
        known_version: version of the last applied body, if any.
        unfinished: an earlier intent has no result: look the document up before sending.
    """

    document: DocumentKey
    granted: bool
    done: DocumentOutcome | None = None
    known_id: str | None = None
    known_hash: str | None = None
    known_version: str | None = None
    unfinished: bool = False


@dataclass(frozen=True)
class Attempt:
    """One request and its answer, personal data masked."""

    at: datetime
    method: str
    path: str
    status: int | None
    request: str | None
    answer: str | None
    milliseconds: int
    error_code: str | None = None


@dataclass(frozen=True)
class DocumentResult:
    """What became of one document."""

    document: DocumentKey
    outcome: DocumentOutcome
    internal_id: str | None = None
    number: str | None = None
    complaints: tuple[Complaint, ...] = ()
    attempts: tuple[Attempt, ...] = ()


class Journal(Protocol):
    """The ledger as a target sees it: intent before a call, result after."""

    def claim(self, wanted: Sequence[DocumentKey]) -> list[Claim]:
        """Take the right to write these documents, each by compare-and-set, and note the intent."""

    def results(self, results: Sequence[DocumentResult]) -> None:
        """Note what the target answered, and let go of the claims."""

    def release(self, claims: Sequence[Claim], attempts: Sequence[Attempt] = ()) -> None:
        """Let go without a result: the call failed for now, the intent stays unfinished."""


@dataclass(frozen=True)
class Transformed:
    """What a batch of records became on its way to the target.

    Attributes:
        documents: a batch of kind `document`, or of the feed rows of its kind; records that are quarantined have none.
        verdicts: the records that cannot be carried, each with its reasons.
    """

    documents: Batch
    verdicts: list[Verdict]


@dataclass(frozen=True)
class Compared:
    """One value of what the target has, beside what would have been sent.

    Attributes:
        field: what a person calls it, or its path in the body.
        there: the target's value; None when it has none.
        sent: ours; None when we would send none.
        amount: whether both are amounts in the document's currency, so that differences can be added up.
    """

    field: str
    there: str | None
    sent: str | None
    amount: bool = False

    @property
    def differs(self) -> bool:
        """Whether they are not the same."""
        return self.there != self.sent


@dataclass(frozen=True)
class Planned:
    """What a dry run found for one document: nothing was sent.

    Attributes:
        row: the record's row in its run.
        document: the document.
        action: what would be done.
        body: what would be sent, as JSON; empty for nothing.
        changes: paths that an update or a closing changes.
        complaints: why it is held back, or what a person should know.
        compared: what the target has beside what would be sent: of an update what differs; of an order that
            an earlier connector wrote all that matters, equal or not.
    """

    row: int
    document: DocumentKey
    action: Literal["create", "update", "unchanged", "adopt", "close", "quarantine", "skip"]
    body: str
    changes: tuple[str, ...] = ()
    complaints: tuple[Complaint, ...] = ()
    compared: tuple[Compared, ...] = ()


class Target(Protocol):
    """Where records go."""

    def write(self, documents: Batch, journal: Journal) -> Iterator[Verdict]:
        """Write all documents; give a verdict for each record once all of its documents are done.

        Raises:
            RetryableError: after everything else was written, when some documents could not be for now.
            BatchError: at once, when nothing could be.
        """

    def plan(self, documents: Batch) -> Iterator[Planned]:
        """Say what `write` would do, by reading only."""


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

    def put(self, feed: Feed) -> None:
        """Write the feed's state."""


@dataclass(frozen=True)
class Told:
    """What the target was last told of records of one kind, as far as the ledger knows.

    Attributes:
        table: columns `key`, `hash`, `value` (text) and `as_of` (UTC), a row a record.
    """

    table: pa.Table


class Memory(Protocol):
    """What the ledger remembers of a flow's records, for who works out what to tell the target."""

    def told(self, keys: Sequence[str] | None = None) -> Told:
        """Give what the target was last told, of these records or of all."""

    def adopt(self, found: pa.Table, run: int) -> None:
        """Note records that the target turned out to have without being told, as if it had been told them.

        What the source does not have of them is then gone like anything else that the target was told of.

        Args:
            found: columns `key`, `hash`, `value` and `as_of`; a record that is known stays as it is.
            run: the run that found them.
        """

    def booked(self, lists: Sequence[str], since: datetime) -> pa.Table:
        """Give the units that the shop sold since, of these inventory lists, as in `cartage.records.booking.BOOKED`.

        Orders that the ERP does not have, or that it got since, are in it however old they are.
        """

    def read_until(self) -> datetime | None:
        """Give the moment up to which all orders that the shop exported are known; None when none ever were.

        It stays where it is while an export lies there that could not be read.
        """

    def asked_until(self) -> datetime | None:
        """Give the moment at which the shop was last asked for its orders; None when it never was."""

    def note_asked(self, lines: pa.Table, at: datetime) -> None:
        """Note what the shop said of orders that were placed or changed since it was last asked.

        Args:
            lines: as in `cartage.records.booking.NOTED`.
            at: when it was asked, before the first answer.
        """


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
