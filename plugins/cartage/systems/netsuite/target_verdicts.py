"""Makes one verdict of what became of a record's documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartage.errors import Complaint
from cartage.records.outcome import Outcome, Verdict
from cartage.systems.netsuite.target_documents import CUSTOMER, ORDER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cartage.seams import DocumentResult
    from cartage.systems.netsuite.target_documents import Record

FAILED = ("quarantined", "rejected")
NEVER_SENT = "cancelled_before_sent"


def verdict(record: Record, results: Sequence[DocumentResult]) -> Verdict:
    """Give a record's outcome, its reasons and the internal id of what it became.

    What failed decides, else what was created or changed of the record's own documents: the customer that an
    order brings along makes no order created.
    """
    own = [each for each in results if _own(record, each)]
    complaints = tuple(complaint for each in results for complaint in each.complaints)
    main = CUSTOMER if record.kind == CUSTOMER else ORDER
    target_id = next((each.internal_id for each in own if each.document.type == main and each.internal_id), None)
    return Verdict(record.row, record.key, _outcome(results, own, complaints), complaints, target_id)


def superseded(record: Record) -> Verdict:
    """Give the verdict of a copy of a record of which the same batch holds a newer one."""
    words = f"the same batch holds a newer copy of it than version {record.version or 'without a number'}"
    return Verdict(record.row, record.key, Outcome.SUPERSEDED, (Complaint("superseded", words),))


def _outcome(
    results: Sequence[DocumentResult], own: Sequence[DocumentResult], complaints: Sequence[Complaint]
) -> Outcome:
    outcomes = {each.outcome for each in own}
    for failed in ("rejected", "quarantined"):
        if any(each.outcome == failed for each in results):
            return Outcome(failed)
    orders = {each.outcome for each in own if each.document.type == ORDER} or outcomes
    if "created" in orders:
        return Outcome.CREATED
    if outcomes & {"created", "updated"}:
        return Outcome.UPDATED
    if "superseded" in orders:
        return Outcome.SUPERSEDED
    if any(each.code == NEVER_SENT for each in complaints):
        return Outcome.SKIPPED
    return Outcome.UNCHANGED


def _own(record: Record, result: DocumentResult) -> bool:
    """Whether a result is of what the record is about, not of a customer that it brings along."""
    return record.kind == CUSTOMER or result.document.type != CUSTOMER
