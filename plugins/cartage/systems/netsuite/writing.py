"""Sends one document: creates, updates or closes, and copes with answers that are lost or refused."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

from cartage.errors import Complaint, RecordError, UncertainError
from cartage.seams import Attempt, DocumentResult
from cartage.systems.netsuite.answers import AlreadyExists, PeriodClosed, TargetRefused
from cartage.systems.netsuite.masking import Masker
from cartage.systems.netsuite.target_documents import (
    CONTACT,
    CUSTOMER,
    DEPOSIT,
    ORDER,
    Document,
    references_in,
    resolved,
)
from cartage.systems.netsuite.throttle import backoff
from cartage.systems.netsuite.writing_lines import content_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cartage.settings import Settings
    from cartage.systems.netsuite.answers import Attempted
    from cartage.systems.netsuite.hook import NetSuiteHook
    from cartage.systems.netsuite.origins import Origins
    from cartage.systems.netsuite.reading import Reader
    from cartage.systems.netsuite.writing_orders import Decision

TRIES = 4
"""How often a record is created whose answer gets lost, before the task is to be tried again."""
LOOK_UPS = {
    ORDER: "orders_by_external_id",
    DEPOSIT: "deposits_by_external_id",
    CUSTOMER: "customers_by_external_id",
    CONTACT: "contacts_by_external_id",
}
"""Query that finds a document of a type by its external id."""


def kept(attempts: Sequence[Attempted]) -> tuple[Attempt, ...]:
    """Give attempts as the ledger keeps them: personal data masked, in the order they were made."""
    masker = Masker()
    return tuple(
        Attempt(
            at=each.at,
            method=each.method,
            path=masker.free(each.path) or "",
            status=each.status,
            request=masker.text(each.sent),
            answer=masker.text(each.answer),
            milliseconds=each.milliseconds,
            error_code=each.error_code,
        )
        for each in attempts
    )


@dataclass(frozen=True)
class _Sent:
    internal_id: str
    number: str | None = None
    complaints: tuple[Complaint, ...] = field(default=())


class Writer:
    """Carries decisions out. Safe to share between threads.

    Args:
        hook: NetSuite's transport.
        reader: look-ups for what became of a lost answer.
        settings: all run settings.
        origins: what leads errors back to the record's columns; None leaves them at the documents' fields.
    """

    def __init__(self, hook: NetSuiteHook, reader: Reader, settings: Settings, origins: Origins | None = None) -> None:
        self._hook = hook
        self._reader = reader
        self._settings = settings
        self._origins = origins

    def apply(self, document: Document, decision: Decision, ids: Mapping[str, str]) -> DocumentResult:
        """Do what was decided and say how it ended; nothing is sent when nothing need be.

        Args:
            document: the document.
            decision: what to do with it.
            ids: internal ids of the record's other documents, by lower-cased external id.

        Raises:
            RetryableError: when it could not be done for now.
            BatchError: when nothing can be done.
        """
        if not decision.sends:
            return _result(document, decision.outcome, decision.internal_id, decision.number, decision.complaints)
        body = resolved(decision.body, ids)
        missing = next(references_in(body), None)
        if missing is not None:
            words = f"it needs {missing}, which is not in NetSuite; send the whole record again"
            return _result(document, "quarantined", None, None, (Complaint("missing_document", words),))
        try:
            sent = self._send(document, replace(decision, body=body))
        except _PeriodClosedError as closed:
            return _result(document, "quarantined", None, None, closed.complaints)
        except TargetRefused as refused:
            return self.refused(document, refused, decision.internal_id, decision.number)
        return _result(
            document,
            decision.outcome,
            sent.internal_id,
            sent.number or decision.number,
            (*decision.complaints, *sent.complaints),
        )

    def refused(
        self, document: Document, refused: RecordError, internal_id: str | None = None, number: str | None = None
    ) -> DocumentResult:
        """Say how a document ends that NetSuite refused for good."""
        if document.type == CONTACT and isinstance(refused, AlreadyExists):
            words = "the company has a contact of this name already; it is left alone"
            return _result(document, "unchanged", None, None, (Complaint("contact_exists", words),))
        return _result(document, "rejected", internal_id, number, self._complaints(document, refused))

    def _complaints(self, document: Document, refused: RecordError) -> tuple[Complaint, ...]:
        """Say which document of the record was refused, since an order has several, and which column is at fault."""
        complaints = refused.complaints
        if self._origins is not None and isinstance(refused, TargetRefused):
            complaints = refused.traced(partial(self._origins.column, document.type))
        named = f"{document.type} {document.external_id}"
        return tuple(replace(each, message=f"{named}: {each.message}") for each in complaints)

    def _send(self, document: Document, decision: Decision) -> _Sent:
        for type_, body in decision.before:
            self._create_beside(type_, body)
        if decision.action != "create":
            return self._update(document, decision)
        try:
            return self._create(document, decision.body)
        except PeriodClosed:
            return self._create_later(document, decision.body)

    def _create(self, document: Document, body: dict[str, Any]) -> _Sent:
        """Create by POST with the external id, which NetSuite keeps unique: a second one is refused.

        After a lost answer the record is looked up; when it is not there it is sent again. Should the first
        request arrive after all, one of the two is refused, and the record is found.
        """
        for left in reversed(range(TRIES)):
            try:
                return _Sent(self._hook.create(document.type, body, document.external_id))
            except AlreadyExists:
                found = self._look_up(document)
                if found is None:
                    raise
            except UncertainError:
                found = self._look_up(document)
                if found is None and not left:
                    raise
            if found is not None:
                return found
            time.sleep(backoff(TRIES - left))
        raise AssertionError("unreachable: the last try returns or raises")

    def _create_later(self, document: Document, body: dict[str, Any]) -> _Sent:
        """Create on the next open day when the period of its date is closed, where the setting says so."""
        day = body.get("tranDate")
        later = (
            self._next_open_day(str(day)) if day and self._settings.orders.closed_period == "next_open_day" else None
        )
        if later is None:
            raise _PeriodClosedError(document, str(day))
        sent = self._create(document, {**body, "tranDate": later})
        words = f"the accounting period of {day} is closed: it is booked on {later}, the next open day"
        return replace(sent, complaints=(Complaint("closed_period", words, "placed_at"),))

    def _next_open_day(self, day: str) -> str | None:
        """Give the first day after `day` that lies in an open period."""
        after = date.fromisoformat(day)
        for period in sorted(self._reader.all("open_periods", day=day), key=lambda each: str(each["starts"])):
            starts = date.fromisoformat(str(period["starts"])[:10])
            if starts > after:
                return starts.isoformat()
        return None

    def _update(self, document: Document, decision: Decision) -> _Sent:
        """PATCH what differs. When the answer is lost, the mark on the order says whether it arrived."""
        id_ = str(decision.internal_id)
        if not decision.body:
            return _Sent(id_, decision.number)
        try:
            self._hook.update(document.type, id_, decision.body, replace=decision.replace)
        except UncertainError:
            if document.type != ORDER or self._mark_of(document) != document.content:
                raise
        return _Sent(id_, decision.number)

    def _mark_of(self, document: Document) -> str | None:
        found = self._reader.orders_by_external_id([document.external_id]).get(document.external_id.lower())
        return content_of(found.mark) if found else None

    def _create_beside(self, type_: str, body: dict[str, Any]) -> None:
        """Create what a customer needs beside it; it may be there already."""
        try:
            self._hook.create(type_, body)
        except AlreadyExists:
            return

    def _look_up(self, document: Document) -> _Sent | None:
        rows = self._reader.ids_by_external_id(LOOK_UPS[document.type], [document.external_id])
        row = rows.get(document.external_id.lower())
        return _Sent(str(row["id"]), row.get("tranid")) if row else None


class _PeriodClosedError(RecordError):
    """The accounting period is closed and the document may not be moved."""

    def __init__(self, document: Document, day: str) -> None:
        words = f"the accounting period of {day} is closed: open it, or set orders.closed_period to next_open_day"
        super().__init__(document.key, Complaint("closed_period", words, "placed_at"))


def _result(
    document: Document, outcome: Any, internal_id: str | None, number: str | None, complaints: tuple[Complaint, ...]
) -> DocumentResult:
    return DocumentResult(document.wanted, outcome, internal_id, number, complaints)
