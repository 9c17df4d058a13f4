"""Decides what becomes of customer and contact documents: match, create, or fill what is blank.

An existing customer of the ERP belongs to the ERP: only blank fields are filled, and terms, prices, tax
and credit are never sent. A guest's order changes no customer at all, beyond what it needs to be booked
(a currency, a subsidiary). Customers that Cartage itself created follow the shop's customer lists.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cartage.errors import Complaint
from cartage.systems.netsuite.customers_addresses import BOOK, address_changes
from cartage.systems.netsuite.customers_match import Candidate, Found, Matcher
from cartage.systems.netsuite.target_documents import CUSTOMER
from cartage.systems.netsuite.writing_lines import plain
from cartage.systems.netsuite.writing_orders import Decision, quarantine, unchanged

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cartage.seams import Claim
    from cartage.settings import Customers
    from cartage.systems.netsuite.reading import Reader
    from cartage.systems.netsuite.suiteql import Row
    from cartage.systems.netsuite.target_documents import CustomerMatch, Document

RELATIONSHIP = "customerSubsidiaryRelationship"
CURRENCIES = "currencyList"
HASH = "custentity_ctg_hash"
CHANGEABLE = (
    "email", "salutation", "firstName", "middleName", "lastName", "companyName", "phone", "homePhone",
    "mobilePhone", "altPhone", "comments", "custentity_ctg_customer_no",
)  # fmt: skip
"""Fields of an existing customer that Cartage may write; their SuiteQL columns have the same names."""


def own_body(document: Document) -> dict[str, Any]:
    """Give a customer's payload with the hash of what Cartage wrote."""
    return {**document.body, HASH: document.content}


class CustomerDesk:
    """Decides about the customers of a batch, from a handful of bulk look-ups.

    Args:
        reader: bulk look-ups.
        settings: the settings of customers.
    """

    def __init__(self, reader: Reader, settings: Customers) -> None:
        self._reader = reader
        self._settings = settings
        self._rows: dict[str, Row] = {}

    def decide(self, wanted: Sequence[tuple[Document, Claim | None]]) -> dict[tuple[str, str], Decision]:
        """Give a decision for each customer, by document id.

        What `look_ups` asks for must have been learnt before. A decision to update a customer of the customers
        flow leaves out its address book: see `with_addresses`.
        """
        matcher = Matcher(self._settings, self._candidates(wanted))
        decisions: dict[tuple[str, str], Decision] = {}
        for document, claim in wanted:
            decisions[document.id] = self._one(document, claim, matcher)
        return decisions

    def _one(self, document: Document, claim: Claim | None, matcher: Matcher) -> Decision:
        if claim is not None and claim.done is not None:
            return Decision("unchanged", claim.done, claim.known_id)
        match = document.match
        if match is None:
            return quarantine(None, "no_match_keys", f"customer {document.external_id} names no subsidiary to match in")
        if match.guest and self._settings.guests == "default_customer" and document.kind != CUSTOMER:
            return unchanged(self._settings.default_guest_customer)
        found = matcher.find(match, claim.known_id if claim else None)
        if found.rivals:
            return self._tie(document, found)
        if found.customer is not None:
            return self._matched(document, claim, match, found.customer)
        return self._absent(document, found)

    @staticmethod
    def _absent(document: Document, found: Found) -> Decision:
        """Create a customer that is not there, unless an inactive one holds its external id."""
        if found.blocked_by:
            return quarantine(
                found.blocked_by,
                "customer_inactive",
                f"customer {found.blocked_by} has this customer's external id but is inactive: make it active, or free its "
                f"external id",
            )
        body = own_body(document)
        if document.match is not None and len(document.match.currencies) > 1:
            body[CURRENCIES] = _currency_list(document.match.currencies)
        return Decision("create", "created", body=body)

    def _tie(self, document: Document, found: Found) -> Decision:
        ids = ", ".join(found.rivals)
        return quarantine(
            None,
            "customer_tie",
            f"customers {ids} match equally by {found.by}: merge them, or set customers.ties to newest_activity",
            "customer_email" if document.kind != CUSTOMER else "email",
        )

    def _matched(self, document: Document, claim: Claim | None, match: CustomerMatch, there: Candidate) -> Decision:
        """Decide what an existing customer needs: a subsidiary, a currency, blanks filled."""
        before: list[tuple[str, dict[str, Any]]] = []
        changes: list[str] = []
        if match.subsidiary not in there.subsidiaries:
            before.append((RELATIONSHIP, {"entity": {"id": there.id}, "subsidiary": {"id": match.subsidiary}}))
            changes.append(f"{RELATIONSHIP}[{match.subsidiary}]")
        body: dict[str, Any] = {}
        missing = [each for each in match.currencies if each not in there.currencies]
        if missing:
            body[CURRENCIES] = _currency_list(missing)
            changes += [f"{CURRENCIES}[{each}]" for each in missing]
        if not match.guest and not (claim is not None and claim.known_hash == document.content):
            own = document.kind == CUSTOMER and there.external_id in match.external_ids
            filled = _filled(document.body, there.values, overwrite=own)
            body |= filled
            changes += filled
        if body or before:
            return Decision("update", "updated", there.id, body=body, before=tuple(before), changes=tuple(changes))
        if (
            claim is not None
            and claim.unfinished
            and claim.known_id is None
            and there.external_id in match.external_ids
        ):
            return Decision("unchanged", "created", there.id)
        return unchanged(there.id)

    def look_ups(self, documents: Iterable[Document]) -> dict[str, list[str]]:
        """Give the look-ups that find every customer that any of these could be: values by query name."""
        matches = [each.match for each in documents if each.match is not None]
        numbers = [each.customer_no for each in matches if each.customer_no]
        by_number = "customer_no" in self._settings.match
        by_email = "email" in self._settings.match
        return {
            "customers_by_external_id": [each for match in matches for each in match.external_ids],
            "customers_by_customer_no": numbers if by_number else [],
            "customers_by_entity_id": numbers if by_number else [],
            "customers_by_email": [each.email for each in matches if each.email] if by_email else [],
        }

    def learn(self, found: Mapping[str, Sequence[Row]]) -> None:
        """Take in what look-ups gave; queries about anything else are passed over."""
        for name, rows in found.items():
            if name.startswith("customers_by_"):
                self._rows.update({str(row["id"]): row for row in rows})

    def _candidates(self, wanted: Sequence[tuple[Document, Claim | None]]) -> Iterable[Candidate]:
        """Give every customer that any of these could be, with what their lists hold."""
        known = {claim.known_id for _, claim in wanted if claim is not None and claim.known_id}
        self.learn({"customers_by_id": self._reader.rows("customers_by_id", known - self._rows.keys())})
        ids = list(self._rows)
        lists = self._reader.together({"subsidiaries_of_customers": ids, "currencies_of_customers": ids})
        subsidiaries = _grouped(lists["subsidiaries_of_customers"], "entity", "subsidiary")
        currencies = _grouped(lists["currencies_of_customers"], "customer", "currency")
        return [
            Candidate.of(row, subsidiaries.get(id_, ()), currencies.get(id_, ())) for id_, row in self._rows.items()
        ]


def with_addresses(decision: Decision, document: Document, record: Mapping[str, Any]) -> Decision:
    """Add what the address book of an existing customer needs to a decision.

    Args:
        decision: what else is to be done with the customer.
        document: a customer of the customers flow.
        record: the customer with its sub-resources.
    """
    match = document.match
    own = match is not None and plain(record.get("externalId")).lower() in match.external_ids
    lines, kept = address_changes(document.body, record, own=own)
    if kept:
        words = (
            f"customer {decision.internal_id} belongs to NetSuite, whose address book has other words under the labels of "
            f"{kept} of the shop's addresses: they stay"
        )
        told = Complaint("address_kept", words, "addresses")
        decision = replace(decision, complaints=(*decision.complaints, told))
    if not lines:
        return decision
    return Decision(
        "update", "updated", decision.internal_id,
        body={**decision.body, BOOK: {"items": lines}}, before=decision.before,
        changes=(*decision.changes, *(f"{BOOK}[{plain(each.get('label'))}]" for each in lines)),
        complaints=decision.complaints,
    )  # fmt: skip


def contact(document: Document, claim: Claim | None, by_external_id: Row | None, namesakes: Iterable[Row]) -> Decision:
    """Decide about a company's buyer, who is made once and then belongs to the ERP.

    Args:
        document: the contact.
        claim: what the ledger knows of it; None in a dry run.
        by_external_id: the contact that has its external id.
        namesakes: contacts that have its e-mail.
    """
    if by_external_id is not None:
        made = claim is not None and claim.unfinished and claim.known_id is None
        return Decision("unchanged", "created" if made else "unchanged", str(by_external_id["id"]))
    known = next((each for each in namesakes if each.get("isinactive") != "T"), None)
    return unchanged(str(known["id"])) if known else Decision("create", "created", body=document.body)


def contact_email(document: Document) -> str | None:
    """Give the lower-cased e-mail of a contact."""
    return str(document.body.get("email") or "").strip().lower() or None


def _filled(body: Mapping[str, Any], values: Mapping[str, str | None], *, overwrite: bool) -> dict[str, Any]:
    """Give the fields to write: those that are blank, or, of Cartage's own customers, those that differ."""
    filled = {}
    for name in CHANGEABLE:
        value, there = body.get(name), values.get(name.lower())
        if value in (None, ""):
            continue
        if not there or (overwrite and plain(there) != plain(value)):
            filled[name] = value
    return filled


def _currency_list(ids: Iterable[str]) -> dict[str, Any]:
    """Give lines of ``currencyList``: lines that are there already stay."""
    return {"items": [{"currency": {"id": each}} for each in ids]}


def _grouped(rows: Iterable[Row], key: str, value: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(str(row[key]), []).append(str(row[value]))
    return found
