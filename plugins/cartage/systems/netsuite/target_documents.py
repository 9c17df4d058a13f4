"""The documents of a batch as the target works on them: parsed, grouped by record, the newest only."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cartage.mapping import canonical
from cartage.records.document import DocumentRow, read
from cartage.seams import DocumentKey

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cartage.records.batch import Batch

REFERENCE = "$document"
"""Key of ``{"$document": external_id}``: the internal id of another document stands here when sent."""

CUSTOMER, CONTACT, ORDER, DEPOSIT = "customer", "contact", "salesOrder", "customerDeposit"


@dataclass(frozen=True)
class CustomerMatch:
    """What an existing customer may be matched by; see the ``match`` column of the documents.

    Attributes:
        site: site of the shop.
        subsidiary: internal id of the subsidiary the record belongs to.
        currencies: internal ids of the currencies the customer must be able to buy in.
        customer_no: customer number in the shop; None for guests without one.
        email: lower-cased e-mail, or None.
        is_person: a person, not a company.
        guest: the customer did not sign in.
        external_ids: external ids the customer may be known by, its own first.
    """

    site: str
    subsidiary: str
    currencies: tuple[str, ...] = ()
    customer_no: str | None = None
    email: str | None = None
    is_person: bool = True
    guest: bool = False
    external_ids: tuple[str, ...] = ()

    @classmethod
    def of(cls, values: Mapping[str, Any], external_id: str) -> CustomerMatch:
        """Read the ``match`` JSON; keys that are not known here are for others and are let be."""
        email = (values.get("email") or "").strip().lower() or None
        own = [external_id, *(values.get("external_ids") or ())]
        currencies = (str(each) for each in (values.get("currency"), *(values.get("currencies") or ())) if each)
        return cls(
            site=values["site"],
            subsidiary=str(values["subsidiary"]),
            currencies=tuple(dict.fromkeys(currencies)),
            customer_no=values.get("customer_no") or None,
            email=email,
            is_person=bool(values.get("is_person", True)),
            guest=bool(values.get("guest", False)),
            external_ids=tuple(dict.fromkeys(each.lower() for each in own)),
        )


@dataclass(frozen=True)
class Expected:
    """Totals that NetSuite must come to, in the order's currency."""

    total: Decimal | None = None
    tax: Decimal | None = None
    shipping: Decimal | None = None

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Expected:
        """Read the ``expected`` JSON, whose values are decimal strings."""
        return cls(
            *(
                Decimal(str(values[name])) if values.get(name) is not None else None
                for name in ("total", "tax", "shipping")
            )
        )


class Document(DocumentRow):
    """One row of the documents table."""

    @property
    def id(self) -> tuple[str, str]:
        """Type and external id: external ids are case-insensitive in NetSuite."""
        return self.type, self.external_id.lower()

    @cached_property
    def body(self) -> dict[str, Any]:
        """The payload, numbers as Decimal, references to other documents still unresolved."""
        body: dict[str, Any] = canonical.loads(self.text)
        return body

    @cached_property
    def expected(self) -> Expected | None:
        """Totals to tie out against, on sales orders."""
        return Expected.of(canonical.loads(self.expected_text)) if self.expected_text else None

    @cached_property
    def match(self) -> CustomerMatch | None:
        """What to match an existing customer by."""
        return CustomerMatch.of(canonical.loads(self.match_text), self.external_id) if self.match_text else None

    @property
    def cancels(self) -> bool:
        """Whether the order is to be closed."""
        return self.action == "cancel"

    @cached_property
    def content(self) -> str:
        """Hash of what is asked for: closing an order differs from sending it, with the same body."""
        return hashlib.sha256(f"cancel {self.hash}".encode()).hexdigest() if self.cancels else self.hash

    @property
    def wanted(self) -> DocumentKey:
        """The document as the journal knows it."""
        return DocumentKey(self.type, self.external_id, self.kind, self.key, self.version, self.content)


@dataclass
class Record:
    """One record of the batch with its documents in sending order."""

    row: int
    kind: str
    key: str
    version: str
    documents: list[Document] = field(default_factory=list)

    @property
    def customers(self) -> list[Document]:
        """Its customer documents."""
        return [each for each in self.documents if each.type == CUSTOMER]

    @property
    def others(self) -> list[Document]:
        """All documents but customers, in sending order."""
        return [each for each in self.documents if each.type != CUSTOMER]

    @property
    def orders(self) -> list[Document]:
        """Its sales orders."""
        return [each for each in self.documents if each.type == ORDER]

    @property
    def cancels(self) -> bool:
        """Whether all it asks is that its orders be closed."""
        return bool(self.orders) and all(each.cancels for each in self.orders)

    @property
    def sent(self) -> list[Document]:
        """What is sent beside its customers: of a cancellation, the orders only."""
        return self.orders if self.cancels else self.others


def records_of(batch: Batch) -> list[Record]:
    """Read the documents table into records, in the batch's order."""
    found: dict[int, Record] = {}
    for each in read(batch, Document):
        record = found.setdefault(each.row, Record(each.row, each.kind, each.key, each.version))
        record.documents.append(each)
    return list(found.values())


def newest_customer(one: Document, other: Document) -> Document:
    """Give the newer of two copies of a customer, to be able to buy in the currencies of both.

    One customer's orders of a batch may be in several currencies, and each needs the customer to have its own.
    """
    older, newer = (one, other) if other.version >= one.version else (other, one)
    if older.match is None or newer.match is None or set(older.match.currencies) <= set(newer.match.currencies):
        return newer
    values = canonical.loads(newer.match_text or "{}")
    values["currencies"] = [*newer.match.currencies, *older.match.currencies]
    return replace(newer, match_text=canonical.dumps(values))


def references_in(body: Any) -> Iterator[str]:
    """Give the external ids of the documents that a body refers to."""
    if isinstance(body, dict):
        if REFERENCE in body:
            yield str(body[REFERENCE])
            return
        for each in body.values():
            yield from references_in(each)
    elif isinstance(body, list):
        for each in body:
            yield from references_in(each)


def resolved(body: Any, ids: Mapping[str, str]) -> Any:
    """Put internal ids where other documents are referred to.

    Args:
        body: a payload or a part of one.
        ids: internal id by lower-cased external id; what is not in it stays a reference (a dry run).
    """
    if isinstance(body, dict):
        if REFERENCE in body:
            internal = ids.get(str(body[REFERENCE]).lower())
            return {"id": internal} if internal else dict(body)
        return {key: resolved(each, ids) for key, each in body.items()}
    if isinstance(body, list):
        return [resolved(each, ids) for each in body]
    return body
