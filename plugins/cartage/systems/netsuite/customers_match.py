"""Finds the customer of NetSuite that a customer of the shop already is.

Only active customers of the same kind (person or company) match: first those of the record's own
subsidiary, then, by setting, those who live in another. What is looked at, and in which order, is
the setting `customers.match`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from cartage.settings import Customers
    from cartage.systems.netsuite.suiteql import Row
    from cartage.systems.netsuite.target_documents import CustomerMatch


@dataclass(frozen=True)
class Candidate:
    """A customer that NetSuite has.

    Attributes:
        id: internal id.
        external_id: lower-cased, or None.
        entity_id: its name or number.
        email: lower-cased, or None.
        customer_no: the shop's number for it, or None.
        is_person: a person, not a company.
        guest: known by guest orders only, so that its number in the shop names nobody.
        active: not made inactive.
        subsidiaries: internal ids of all subsidiaries it may trade with, the primary one first.
        currencies: internal ids of all currencies it may trade in.
        modified: time of its last change, as sortable text.
        values: its fields by SuiteQL column, to see which are blank.
    """

    id: str
    external_id: str | None
    entity_id: str | None
    email: str | None
    customer_no: str | None
    is_person: bool
    guest: bool
    active: bool
    subsidiaries: tuple[str, ...]
    currencies: tuple[str, ...]
    modified: str
    values: Mapping[str, str | None] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, row: Row, subsidiaries: Iterable[str], currencies: Iterable[str]) -> Candidate:
        """Read a row of ``customers_by_*`` with what its lists hold."""
        primary = [each for each in (row.get("subsidiary"),) if each]
        own = [each for each in (row.get("currency"),) if each]
        return cls(
            id=str(row["id"]),
            external_id=(row.get("externalid") or "").lower() or None,
            entity_id=row.get("entityid"),
            email=(row.get("email") or "").strip().lower() or None,
            customer_no=row.get("custentity_ctg_customer_no") or None,
            is_person=row.get("isperson") == "T",
            guest=row.get("custentity_ctg_guest") == "T",
            active=row.get("isinactive") != "T",
            subsidiaries=tuple(dict.fromkeys([*primary, *subsidiaries])),
            currencies=tuple(dict.fromkeys([*own, *currencies])),
            modified=row.get("modified") or "",
            values=row,
        )


@dataclass(frozen=True)
class Found:
    """What matching came to.

    Attributes:
        customer: the match; None when there is none, or when a person must choose.
        by: what it was matched by: known_id, external_id, customer_no or email.
        rivals: internal ids of all that matched equally well, when a person must choose.
        blocked_by: internal id of an inactive customer that holds the external id.
    """

    customer: Candidate | None = None
    by: str = ""
    rivals: tuple[str, ...] = ()
    blocked_by: str | None = None


class Matcher:
    """Chooses among the candidates that were read in bulk.

    Args:
        settings: the settings of customers.
        candidates: every customer that any look-up of the batch gave.
    """

    def __init__(self, settings: Customers, candidates: Iterable[Candidate]) -> None:
        self._settings = settings
        self._by_id: dict[str, Candidate] = {}
        self._by_external_id: dict[str, list[Candidate]] = {}
        self._by_number: dict[str, list[Candidate]] = {}
        self._by_entity_id: dict[str, list[Candidate]] = {}
        self._by_email: dict[str, list[Candidate]] = {}
        for each in candidates:
            self._by_id[each.id] = each
            for index, value in (
                (self._by_external_id, each.external_id), (self._by_number, each.customer_no),
                (self._by_entity_id, each.entity_id), (self._by_email, each.email),
            ):  # fmt: skip
                if value:
                    index.setdefault(value, []).append(each)

    def find(self, match: CustomerMatch, known_id: str | None) -> Found:
        """Give the customer that this one is.

        Args:
            match: what it may be matched by.
            known_id: internal id that the ledger knows it by, if any; it goes before everything else.
        """
        known = self._by_id.get(known_id or "")
        if known and known.active:
            return Found(known, "known_id")
        ways: dict[str, Callable[[CustomerMatch], list[Candidate]]] = {
            "external_id": self._of_external_id, "customer_no": self._of_number, "email": self._of_email,
        }  # fmt: skip
        for by in self._settings.match:
            suitable = [each for each in ways[by](match) if each.active and each.is_person == match.is_person]
            chosen = self._at_home(suitable, match, by)
            if chosen:
                return self._one(chosen, by)
        holder = next(iter(self._by_external_id.get(match.external_ids[0], ())), None)
        return Found(blocked_by=holder.id if holder else None)

    def _of_external_id(self, match: CustomerMatch) -> list[Candidate]:
        return [each for external_id in match.external_ids for each in self._by_external_id.get(external_id, ())]

    def _of_number(self, match: CustomerMatch) -> list[Candidate]:
        """By the number in the custom field, else by a name that is just the number."""
        if not match.customer_no:
            return []
        return self._by_number.get(match.customer_no) or self._by_entity_id.get(match.customer_no, [])

    def _of_email(self, match: CustomerMatch) -> list[Candidate]:
        """By e-mail, but never someone who is known to be another account of the shop."""
        if not match.email or (match.guest and self._settings.guests == "one_each"):
            return []
        found = self._by_email.get(match.email, [])
        if match.guest:
            return found
        return [each for each in found if each.guest or each.customer_no in (None, match.customer_no)]

    def _at_home(self, suitable: list[Candidate], match: CustomerMatch, by: str) -> list[Candidate]:
        """Keep those of the record's subsidiary; else all, where a relationship may be added."""
        home = [each for each in suitable if match.subsidiary in each.subsidiaries]
        if home or (self._settings.other_subsidiary == "own_customer" and by != "external_id"):
            return home
        return suitable

    def _one(self, chosen: list[Candidate], by: str) -> Found:
        distinct = {each.id: each for each in chosen}
        if len(distinct) > 1 and by != "external_id" and self._settings.ties == "quarantine":
            return Found(by=by, rivals=tuple(sorted(distinct, key=int)))
        return Found(max(distinct.values(), key=lambda each: (each.modified, int(each.id))), by)
