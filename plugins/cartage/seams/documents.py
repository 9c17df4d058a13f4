"""What a target of documents is handed and gives: a claim before each write, a result after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from cartage.errors import Complaint
    from cartage.records.batch import Batch
    from cartage.records.outcome import Verdict

DocumentOutcome = Literal["created", "updated", "unchanged", "adopted", "superseded", "quarantined", "rejected"]


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
        complaints: of a document that is `done`: what was said of it then.
    """

    document: DocumentKey
    granted: bool
    done: DocumentOutcome | None = None
    known_id: str | None = None
    known_hash: str | None = None
    known_version: str | None = None
    unfinished: bool = False
    complaints: tuple[Complaint, ...] = ()


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
class Cut:
    """A text that was shortened, since the target takes no more of it.

    Attributes:
        row: row number of the record.
        key: its key.
        field: the record's column, or the document's field.
        length: characters it has.
        limit: characters that are left of it.
    """

    row: int
    key: str
    field: str
    length: int
    limit: int


@dataclass(frozen=True)
class Transformed:
    """What a batch of records became on its way to the target.

    Attributes:
        documents: a batch of kind `document`, or of the feed rows of its kind; records that are quarantined have none.
        verdicts: the records that cannot be carried, each with its reasons.
        shortened: texts that the target has no room for, of records that are carried all the same.
    """

    documents: Batch
    verdicts: list[Verdict]
    shortened: tuple[Cut, ...] = ()


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
