"""Decides what becomes of a sales order document: create, update, close, adopt, or leave alone."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from cartage.errors import Complaint
from cartage.systems.netsuite import comparing
from cartage.systems.netsuite.writing_lines import (
    MARK,
    PAYMENTS,
    content_of,
    difference,
    mark,
    only_payments,
    touched,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cartage.seams import Claim, Compared, DocumentOutcome
    from cartage.settings import Orders
    from cartage.systems.netsuite.reading import FoundOrder
    from cartage.systems.netsuite.target_documents import Document
    from cartage.systems.netsuite.writing_lines import Difference

VERSION = "custbody_ctg_version"
INTEGRATION = "custbody_ctg_integration"

Action = Literal["create", "update", "unchanged", "adopt", "close", "quarantine", "skip"]


@dataclass(frozen=True)
class Decision:
    """What is to be done with one document.

    Attributes:
        action: as in a dry run's `Planned`.
        outcome: how the document ends; for what must be sent, how it ends when that succeeds.
        internal_id: of the record that is there already.
        number: its document number.
        body: what to send; references to other documents of the batch are still to be resolved.
        replace: sublists that the body holds whole.
        before: records to create first, as type and body, each of which may be there already.
        changes: paths that an update changes.
        complaints: why it is held back, or what a person should know.
        compared: values that differ, for the report of a dry run.
    """

    action: Action
    outcome: DocumentOutcome
    internal_id: str | None = None
    number: str | None = None
    body: dict[str, Any] = field(default_factory=dict)
    replace: tuple[str, ...] = ()
    before: tuple[tuple[str, dict[str, Any]], ...] = ()
    changes: tuple[str, ...] = ()
    complaints: tuple[Complaint, ...] = ()
    compared: tuple[Compared, ...] = ()

    @property
    def sends(self) -> bool:
        """Whether anything must be sent."""
        return self.action in ("create", "update", "close")


def quarantine(found_id: str | None, code: str, message: str, column: str | None = None) -> Decision:
    """Hold a document back for a person."""
    return Decision("quarantine", "quarantined", found_id, complaints=(Complaint(code, message, column),))


def from_claim(document: Document, claim: Claim | None) -> Decision | None:
    """Decide by what the ledger knows, without asking NetSuite; None when NetSuite must be asked.

    Args:
        document: any document of an order.
        claim: what the ledger knows of it; None in a dry run.
    """
    if claim is None:
        return None
    if claim.done is not None:
        return Decision("unchanged", claim.done, claim.known_id, complaints=claim.complaints)
    if claim.unfinished:
        return None
    if claim.known_hash == document.content:
        return _skipped() if document.cancels and not claim.known_id else unchanged(claim.known_id)
    if claim.known_version is not None and claim.known_version > document.version:
        return superseded(claim.known_id, claim.known_version)
    return None


def unchanged(internal_id: str | None, number: str | None = None) -> Decision:
    """Leave alone what NetSuite already has."""
    return Decision("unchanged", "unchanged", internal_id, number)


def superseded(internal_id: str | None, version: str) -> Decision:
    """Leave alone what a newer version was applied to."""
    words = f"version {version} of it was applied before; this copy is older"
    return Decision("skip", "superseded", internal_id, complaints=(Complaint("superseded", words),))


class OrderDesk:
    """Decides about sales orders that exist, or not.

    Args:
        settings: the settings of orders.
        integration: name of the integration, kept on the order.
    """

    def __init__(self, settings: Orders, integration: str) -> None:
        self._settings = settings
        self._integration = integration

    def from_look_up(
        self, document: Document, claim: Claim | None, found: FoundOrder | None, namesakes: Sequence[FoundOrder]
    ) -> Decision | None:
        """Decide by what the bulk look-ups found; None when the order itself must be read.

        Args:
            document: a sales order.
            claim: what the ledger knows of it; None in a dry run.
            found: the order that has its external id.
            namesakes: orders of the same subsidiary with the same shop number that Cartage did not write.
        """
        if found is None:
            return self._without(document, claim, namesakes)
        written = content_of(found.mark)
        if written == document.content:
            # A cancellation whose answer got lost: its deposits must be looked at all the same.
            return None if document.cancels and claim is not None and claim.unfinished else self._arrived(claim, found)
        if document.cancels:
            return None
        if written is None:
            return self._adopted(document, [found])
        if found.version and found.version > document.version:
            return superseded(found.id, found.version)
        return None

    def revision(
        self, document: Document, found: FoundOrder, record: Mapping[str, Any], body: dict[str, Any]
    ) -> Decision:
        """Decide about a later version of an order that Cartage wrote.

        Args:
            document: the later version.
            found: the order in bulk.
            record: the order with its sub-resources.
            body: the payload, references resolved as far as they are known.
        """
        changed = touched(found.mark or "", record)
        if changed:
            return self._of_a_person(document, found, ", ".join(changed))
        apart = difference(body, record)
        if not apart.changes:
            return unchanged(found.id, found.number)
        compared = comparing.changed(apart.changes, body, record)
        return replace(self._revised(document, found, body, apart), compared=compared)

    @staticmethod
    def _of_a_person(document: Document, found: FoundOrder, changed: str) -> Decision:
        """Leave alone what a person changed; what would change on it asks one, but money that came in is booked.

        A deposit is a document of its own: it says that the money is there, whatever became of the order since.
        """
        words = f"sales order {found.id} was changed in NetSuite ({changed})"
        if only_payments(found.mark or "", document.body):
            words = f"{words}, so it is left alone; of the shop's new version only the payments are taken over"
            complaints = (Complaint("changed_by_hand", words),)
            return Decision("unchanged", "unchanged", found.id, found.number, complaints=complaints)
        words = f"{words} and the shop has a new version: carry the shop's change over by hand, or dismiss it"
        return quarantine(found.id, "changed_by_hand", words)

    def _revised(self, document: Document, found: FoundOrder, body: dict[str, Any], apart: Difference) -> Decision:
        """Decide about a later version that differs from what NetSuite has, and that no person has touched."""
        if self._settings.revision_sent == "once" and not apart.patch.keys() <= PAYMENTS:
            return quarantine(
                found.id,
                "changed_in_shop",
                f"sales order {found.id} was sent before and the shop changed it since ({_few(apart.changes)}): carry the "
                f"change over by hand, dismiss it, or set orders.revision_sent to versions",
            )
        if apart.shipped:
            return quarantine(
                found.id,
                "already_fulfilled",
                f"sales order {found.id} is partly fulfilled or billed and the shop changed its lines "
                f"({_few(apart.changes)}): carry the change over by hand, or dismiss it",
            )
        return Decision(
            "update", "updated", found.id, found.number,
            {**apart.patch, **self._own(document, body)}, apart.replace, changes=apart.changes,
        )  # fmt: skip

    def _own(self, document: Document, body: Mapping[str, Any]) -> dict[str, Any]:
        """Give the fields that say what Cartage wrote; see `writing_lines`."""
        return {
            MARK: mark(document.content, body, document.body),
            VERSION: document.version,
            INTEGRATION: self._integration,
        }

    def _without(self, document: Document, claim: Claim | None, namesakes: Sequence[FoundOrder]) -> Decision | None:
        """Decide about an order whose external id NetSuite does not have."""
        if not namesakes:
            return self._absent(document, claim)
        return None if document.cancels and len(namesakes) == 1 else self._adopted(document, namesakes)

    def _absent(self, document: Document, claim: Claim | None) -> Decision:
        """Decide about an order that NetSuite does not have."""
        if document.cancels:
            return _skipped()
        if claim is not None and claim.known_id is not None:
            return quarantine(
                claim.known_id,
                "deleted_by_hand",
                f"sales order {claim.known_id} was deleted in NetSuite after it was sent: dismiss this, or forget the order "
                f"in the ledger to send it anew",
            )
        return Decision("create", "created", body={**document.body, **self._own(document, document.body)})

    def _arrived(self, claim: Claim | None, found: FoundOrder) -> Decision:
        """Decide about an order whose very content is there already: perhaps the answer of a write got lost."""
        if claim is None or not claim.unfinished:
            return unchanged(found.id, found.number)
        return Decision("unchanged", "updated" if claim.known_id else "created", found.id, found.number)

    def _adopted(self, document: Document, namesakes: Sequence[FoundOrder]) -> Decision:
        """Take over an order that something else wrote, without rewriting it."""
        number = document.body.get("otherRefNum")
        if len({each.id for each in namesakes}) > 1:
            ids = ", ".join(sorted(each.id for each in namesakes))
            return quarantine(
                None,
                "several_orders",
                f"sales orders {ids} all carry the number {number}: say which one is this order's",
            )
        found = namesakes[0]
        currency = (document.body.get("currency") or {}).get("id")
        if found.currency and currency and found.currency != str(currency):
            return quarantine(
                found.id,
                "adoption_unsure",
                f"sales order {found.id} carries the number {number} in another currency: check whether it is this order",
            )
        complaints = (Complaint("adopted", f"taken over from sales order {found.id}, which something else wrote"),)
        expected = document.expected.total if document.expected else None
        if expected is not None and found.total is not None and abs(found.total - expected) > self._settings.tolerance:
            words = f"sales order {found.id} was taken over; its total is {found.total}, the shop's is {expected}"
            complaints = (Complaint("adopted_differs", words),)
        return Decision("adopt", "adopted", found.id, found.number, complaints=complaints)


def _skipped() -> Decision:
    words = "cancelled before it was ever sent: there is nothing to close"
    return Decision("skip", "unchanged", complaints=(Complaint("cancelled_before_sent", words),))


def _few(changes: Sequence[str], most: int = 5) -> str:
    more = f" and {len(changes) - most} more" if len(changes) > most else ""
    return ", ".join(changes[:most]) + more
