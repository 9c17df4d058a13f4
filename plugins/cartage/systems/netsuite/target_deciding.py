"""Decides about all documents of a batch: from the ledger's claims, then from a few bulk look-ups.

What is left over, a later version or a cancellation of an order that is there, needs the order itself:
`Desk.closer` reads it, one call each, and is called by the threads that write.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartage.errors import Complaint
from cartage.systems.netsuite.cancelling import closing
from cartage.systems.netsuite.customers import CustomerDesk, contact, contact_email, with_addresses
from cartage.systems.netsuite.customers_addresses import BOOK
from cartage.systems.netsuite.deposits import deposit, for_closed
from cartage.systems.netsuite.reading import FoundOrder, Reader
from cartage.systems.netsuite.target_documents import (
    CONTACT,
    CUSTOMER,
    DEPOSIT,
    ORDER,
    Document,
    Record,
    references_in,
    resolved,
)
from cartage.systems.netsuite.writing_lines import content_of
from cartage.systems.netsuite.writing_orders import Decision, OrderDesk, from_claim

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cartage.seams import Claim
    from cartage.settings import Settings
    from cartage.systems.netsuite.hook import NetSuiteHook
    from cartage.systems.netsuite.suiteql import Row

DocumentId = tuple[str, str]
_WRITTEN_BY_OTHERS = Complaint("adopted", "not sent: its order was written, and paid, by something else")


class Desk:
    """Everything that is known of a batch's documents, and what follows from it.

    Args:
        hook: NetSuite's transport.
        reader: bulk look-ups.
        settings: all run settings.
        integration: name of the integration.
    """

    def __init__(self, hook: NetSuiteHook, reader: Reader, settings: Settings, integration: str) -> None:
        self._hook = hook
        self._reader = reader
        self._settings = settings
        self._orders = OrderDesk(settings.orders, integration)
        self._customers = CustomerDesk(reader, settings.customers)
        self._found: dict[str, FoundOrder] = {}
        self._namesakes: dict[DocumentId, list[FoundOrder]] = {}
        self._open_deposits: dict[str, list[str]] = {}
        self._rows: dict[DocumentId, Row] = {}
        self._contacts: dict[str, list[Row]] = {}

    def decide(
        self, records: Sequence[Record], claims: Mapping[DocumentId, Claim]
    ) -> dict[DocumentId, Decision | None]:
        """Decide about every document but customers; None where `closer` must look.

        Args:
            records: the records, the newest copy of each only.
            claims: what the ledger knows, by document id; empty in a dry run.
        """
        decisions: dict[DocumentId, Decision | None] = {}
        asked: list[Document] = []
        customers: list[Document] = []
        for record in records:
            own = [each for each in record.sent if from_claim(each, claims.get(each.id)) is None]
            decisions.update({each.id: from_claim(each, claims.get(each.id)) for each in record.sent})
            asked += own
            if (own and not record.cancels) or record.kind == CUSTOMER:
                customers += record.customers
        self._look_up(asked, customers)
        for document in asked:
            decisions[document.id] = self._from_look_up(document, claims.get(document.id))
        for record in records:
            self._follow_the_order(record, decisions)
        self._look_for_closed(records, decisions)
        return decisions

    def needs_customer(self, record: Record, decisions: Mapping[DocumentId, Decision | None]) -> bool:
        """Whether anything is created for the record that must name its customer."""
        found = (decisions.get(each.id) for each in record.others)
        return record.kind == CUSTOMER or any(each is not None and each.action == "create" for each in found)

    def customers(self, wanted: Sequence[tuple[Document, Claim | None]]) -> dict[DocumentId, Decision]:
        """Decide about customers, in bulk."""
        return self._customers.decide(wanted) if wanted else {}

    @staticmethod
    def customer_needs_look(document: Document, decision: Decision, claim: Claim | None) -> bool:
        """Whether a customer's address book must be read before it can be decided what to send."""
        known = claim is not None and claim.known_hash == document.content and not claim.unfinished
        return decision.action in ("update", "unchanged") and bool(document.body.get(BOOK)) and not known

    def customer_closer(self, document: Document, decision: Decision) -> Decision:
        """Read an existing customer and decide about its address book."""
        record = self._hook.get(CUSTOMER, str(decision.internal_id), expandSubResources=True)
        return with_addresses(decision, document, record)

    def closer(self, document: Document, ids: Mapping[str, str]) -> Decision:
        """Read a sales order and decide about its later version, or its cancellation.

        Args:
            document: a sales order that NetSuite has.
            ids: internal ids of other documents, by lower-cased external id.
        """
        found = self._found.get(document.external_id.lower()) or self._namesakes[document.id][0]
        record = self._hook.get(ORDER, found.id, expandSubResources=True)
        if document.cancels:
            return closing(document, found, record, self._open_deposits.get(found.id, ()), self._settings.orders)
        return self._orders.revision(document, found, record, resolved(document.body, ids))

    def _look_up(self, documents: Sequence[Document], customers: Sequence[Document]) -> None:
        """Ask everything at once: customers too, although an order that is there already needs none."""
        by_type = {type_: [each for each in documents if each.type == type_] for type_ in (ORDER, DEPOSIT, CONTACT)}
        found = self._reader.together(
            {
                "orders_by_external_id": _external_ids(by_type[ORDER]),
                "deposits_by_external_id": _external_ids(by_type[DEPOSIT]),
                "contacts_by_external_id": _external_ids(by_type[CONTACT]),
                "contacts_by_email": [email for each in by_type[CONTACT] if (email := contact_email(each))],
                "orders_by_number": self._numbers(by_type[ORDER]),
                **self._customers.look_ups(customers),
            }
        )
        self._customers.learn(found)
        orders = map(FoundOrder.of, found["orders_by_external_id"])
        self._found.update({each.external_id: each for each in orders if each.external_id})
        for type_, name in ((DEPOSIT, "deposits_by_external_id"), (CONTACT, "contacts_by_external_id")):
            self._rows.update({(type_, (row.get("externalid") or "").lower()): row for row in found[name]})
        for row in found["contacts_by_email"]:
            self._contacts.setdefault((row.get("email") or "").strip().lower(), []).append(row)
        self._note_namesakes(by_type[ORDER], map(FoundOrder.of, found["orders_by_number"]))
        self._look_for_deposits(by_type[ORDER])

    def _numbers(self, documents: Iterable[Document]) -> list[str]:
        """Give the shop numbers under which something else may have written these orders."""
        if not self._settings.orders.adopt:
            return []
        return [number for each in documents if (number := str(each.body.get("otherRefNum") or ""))]

    def _note_namesakes(self, documents: Iterable[Document], orders: Iterable[FoundOrder]) -> None:
        """Note orders that carry a document's shop number but were written by something else, to adopt or to close."""
        by_number: dict[str, list[FoundOrder]] = {}
        for order in orders:
            if content_of(order.mark) is None:
                by_number.setdefault(order.other_ref_num or "", []).append(order)
        for document in documents:
            subsidiary = str((document.body.get("subsidiary") or {}).get("id") or "")
            found = by_number.get(str(document.body.get("otherRefNum") or ""), ())
            self._namesakes[document.id] = [each for each in found if subsidiary in ("", each.subsidiary)]

    def _look_for_deposits(self, documents: Iterable[Document]) -> None:
        """Find open deposits of orders that are to be closed."""
        closed = []
        for document in documents:
            if document.cancels:
                there = self._found.get(document.external_id.lower())
                closed += [each.id for each in ([there] if there else self._namesakes.get(document.id, ()))]
        for row in self._reader.rows("open_deposits", closed):
            self._open_deposits.setdefault(str(row["order_id"]), []).append(str(row["id"]))

    def _look_for_closed(self, records: Sequence[Record], decisions: dict[DocumentId, Decision | None]) -> None:
        """Find deposits that are made for orders of before which were closed since, whoever closed them."""
        due: dict[str, list[Document]] = {}
        for record in records:
            new = {each.external_id.lower() for each in record.orders if _is_made(decisions.get(each.id))}
            for document in record.sent:
                if document.type == DEPOSIT and _is_made(decisions.get(document.id)):
                    for order in {each.lower() for each in references_in(document.body.get("salesOrder"))} - new:
                        due.setdefault(order, []).append(document)
        for row in self._reader.rows("closed_orders", due):
            for document in due[str(row["externalid"]).lower()]:
                decision = decisions[document.id]
                if decision is not None:
                    decisions[document.id] = for_closed(decision, str(row["id"]))

    def _from_look_up(self, document: Document, claim: Claim | None) -> Decision | None:
        if document.type == ORDER:
            found = self._found.get(document.external_id.lower())
            return self._orders.from_look_up(document, claim, found, self._namesakes.get(document.id, ()))
        if document.type == DEPOSIT:
            return deposit(document, claim, self._rows.get(document.id))
        namesakes = self._contacts.get(contact_email(document) or "", ())
        return contact(document, claim, self._rows.get(document.id), namesakes)

    @staticmethod
    def _follow_the_order(record: Record, decisions: dict[DocumentId, Decision | None]) -> None:
        """What goes with an order is not sent when the order itself is not: it was adopted, or is older."""
        found = [each for each in (decisions.get(each.id) for each in record.orders) if each is not None]
        if any(each.action == "adopt" for each in found):
            follow = Decision("adopt", "adopted", complaints=(_WRITTEN_BY_OTHERS,))
        elif any(each.outcome == "superseded" for each in found):
            follow = Decision("skip", "superseded")
        else:
            return
        for document in record.others:
            own = decisions.get(document.id)
            if document.type != ORDER and (own is None or own.action == "create"):
                decisions[document.id] = follow


def _is_made(decision: Decision | None) -> bool:
    return decision is not None and decision.action == "create"


def _external_ids(documents: Iterable[Document]) -> list[str]:
    return [each.external_id.lower() for each in documents]
