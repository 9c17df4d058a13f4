"""How far one record is, and the verdict that its documents make."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cartage.records.outcome import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cartage.errors import Complaint, RetryableError
    from cartage.seams import Attempt, DocumentResult
    from cartage.systems.sfcc.documents import Document, Record

NOT_OF_THE_SHOP = "not_of_the_shop"
"""Code of orders that another connector wrote and the shop does not know: they came from elsewhere."""


@dataclass
class Progress:
    """How far one record is.

    Attributes:
        record: the record.
        results: results of its documents so far.
        feed: the document that goes into the batch's feed, and its body there.
        remarks: what a person must do about it although it goes.
        failure: why it stopped for now.
        attempts: requests of the document it stopped at.
    """

    record: Record
    results: list[DocumentResult] = field(default_factory=list)
    feed: tuple[Document, dict[str, Any]] | None = None
    remarks: tuple[Complaint, ...] = ()
    failure: RetryableError | None = None
    attempts: tuple[Attempt, ...] = ()

    @property
    def site(self) -> str:
        """The order's site."""
        return str(self.record.documents[0].facts["site"])

    @property
    def order_no(self) -> str:
        """The order's number."""
        return str(self.record.documents[0].facts["order_no"])


def verdict(record: Record, results: Sequence[DocumentResult]) -> Verdict:
    """Give a record's outcome, its reasons and the order it is in the shop."""
    complaints = tuple({each.code: each for result in results for each in result.complaints}.values())
    target = next((each.internal_id for each in results if each.internal_id), None)
    return Verdict(record.row, record.key, _outcome(results), complaints, target, target)


def _outcome(results: Sequence[DocumentResult]) -> Outcome:
    outcomes = {each.outcome for each in results}
    for decisive in ("rejected", "quarantined"):
        if decisive in outcomes:
            return Outcome(decisive)
    if any(complaint.code == NOT_OF_THE_SHOP for each in results for complaint in each.complaints):
        return Outcome.SKIPPED
    if outcomes & {"created", "updated"}:
        return Outcome.UPDATED
    return Outcome.SUPERSEDED if outcomes == {"superseded"} else Outcome.UNCHANGED
