"""The account: its records and the rules under which they change. Knows nothing of HTTP."""

from __future__ import annotations

import re
import sqlite3
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sandbox.netsuite import sublists
from sandbox.netsuite.answers import Refusal, invalid, user_error
from sandbox.netsuite.customization import load
from sandbox.netsuite.schema import Schema
from sandbox.netsuite.stock import Shelves
from sandbox.netsuite.store import ITEM_TYPES, TRANSACTION_TYPES, Record, Store, family, utc_now

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.netsuite.config import NetSuiteConfig
    from sandbox.netsuite.control import Control
    from sandbox.netsuite.registry import Registry

_FREE = frozenset({"customForm", "paymentOption", "paymentProcessingProfile", "cardholderAuthentication", "shipAddressList",
                   "billAddressList", "shipAddress", "orderType", "messageSel"})  # fmt: skip
"""References whose targets the sandbox does not keep: any id is taken."""

_TAX_CODES = frozenset({"taxCode", "taxItem", "shippingTaxCode", "handlingTaxCode", "salesTaxCode"})
_CARD_FIELDS = frozenset({"paymentOption", "paymentOperation", "paymentCardCsc", "cardSwipe", "debitPinBlock",
                          "paymentProcessingProfile", "cardholderAuthentication"})  # fmt: skip
_EXTERNAL = re.compile(r"[A-Za-z0-9_\-]{1,255}")


class Account:
    """A NetSuite account.

    Args:
        home: folder that keeps its state.
        config: how it behaves.
        control: what tests tell it and what it counts.
        registry: the rules of each record type.
    """

    def __init__(self, home: Path, config: NetSuiteConfig, control: Control, registry: Registry) -> None:
        self.config = config
        self.control = control
        self.customization = load(config.sdf_project)
        self.schema = Schema(self.customization)
        self.store = Store(home / "netsuite.db", self.customization)
        self.shelves = Shelves(self.store)
        self.registry = registry

    def known_type(self, name: str) -> str:
        """Give a record type in its own spelling.

        Raises:
            Refusal: 404, there is no such type.
        """
        for each in (name, name[:1].lower() + name[1:]):
            if self.schema.is_record(each) and each in self.registry.rules:
                return each
        lower = {each.lower(): each for each in self.registry.rules}
        if name.lower() in lower:
            return lower[name.lower()]
        raise Refusal("NONEXISTENT_RECORD_TYPE", f"Record type '{name}' does not exist.", status=404, url=name)

    def find(self, record_type: str, key: str) -> Record:
        """Find a record by id or ``eid:``.

        Raises:
            Refusal: 404 NONEXISTENT_ID.
        """
        if not key.startswith("eid:") and not key.lstrip("-").isdigit():
            raise Refusal("INVALID_ID", f"Invalid value for the resource ID: '{key}'.", status=400, url=key)
        record = self.store.get(record_type, key)
        if record is None:
            raise Refusal(
                "NONEXISTENT_ID",
                "The record instance does not exist. Provide a valid record instance ID.",
                status=404,
                url=key,
            )
        return record

    def create(
        self, record_type: str, body: Any, unknown: str = "error", external_id: str | None = None
    ) -> tuple[Record, list[str]]:
        """Create a record; gives it, and warnings.

        Raises:
            Refusal: the payload or a rule forbids it.
        """
        with self.store.transaction():
            sent, warnings = self._checked(record_type, body, unknown)
            external_id = external_id or sent.pop("externalId", None)
            sent.pop("externalId", None)
            merged = sublists.merge({}, sent, frozenset())
            record = Record(record_type, self.store.next(family(record_type), first=1001), merged, external_id)
            self._save(record, None, sent)
            self.control.wrote(record_type, "create")
            return record, warnings

    def update(
        self, record: Record, body: Any, unknown: str = "error", replace: frozenset[str] = frozenset()
    ) -> tuple[Record, list[str]]:
        """Change a record; gives it, and warnings.

        Raises:
            Refusal: the payload or a rule forbids it.
        """
        with self.store.transaction():
            sent, warnings = self._checked(record.type, body, unknown)
            external_id = sent.pop("externalId", record.external_id) or None
            changed = Record(
                record.type, record.id, sublists.merge(record.body, sent, replace), external_id,
                record.name, record.inactive, record.created, utc_now(),
            )  # fmt: skip
            self._save(changed, record.body, sent)
            self.control.wrote(record.type, "update")
            return changed, warnings

    def upsert(
        self, record_type: str, key: str, body: Any, unknown: str = "error", replace: frozenset[str] = frozenset()
    ) -> tuple[Record, list[str]]:
        """Create or change the record of an external id.

        Raises:
            Refusal: the payload or a rule forbids it, or `key` is no external id and unknown.
        """
        known = self.store.get(record_type, key)
        if known is not None:
            return self.update(known, body, unknown, replace)
        if not key.startswith("eid:"):
            return self.update(self.find(record_type, key), body, unknown, replace)
        external_id = key[4:]
        if not _EXTERNAL.fullmatch(external_id):
            raise Refusal(
                "INVALID_ID", "An external id may hold letters, digits, underscores and hyphens only.", url=key
            )
        if isinstance(body, dict) and str(body.get("externalId") or external_id).lower() != external_id.lower():
            raise invalid("externalId", "The external id of the body differs from that of the address.")
        return self.create(record_type, body, unknown, external_id)

    def delete(self, record: Record) -> None:
        """Take a record away.

        Raises:
            Refusal: something depends on it.
        """
        with self.store.transaction():
            self.registry.rules[record.type].delete(self, record)
            self.store.remove(record)
            self.control.wrote(record.type, "delete")

    def resave(self, record: Record) -> None:
        """Store a record whose body the rules of another one changed, and lay it out anew."""
        record.modified = utc_now()
        self.store.put(record)
        self.registry.rules[record.type].lay_out(self, record)

    def insert(self, record: Record) -> None:
        """Store a record that NetSuite made itself, by a transformation or when the account was set up."""
        with self.store.transaction():
            self._save(record, None, record.body)

    def _checked(self, record_type: str, body: Any, unknown: str) -> tuple[dict[str, Any], list[str]]:
        sent, warnings = self.schema.check(record_type, body, self.resolve, unknown)
        if _CARD_FIELDS & sent.keys() or (sent.get("handlingMode") or {}).get("id") == "PROCESS":
            self.control.card_operations += 1
        if sent.get("toBeEmailed"):
            self.control.emails += 1
        return sent, warnings

    def _save(self, record: Record, old: dict[str, Any] | None, sent: dict[str, Any]) -> None:
        rules = self.registry.rules[record.type]
        rules.save(self, record, old, sent)
        try:
            self.store.put(record)
        except sqlite3.IntegrityError:
            what = "This entity already exists." if family(record.type) == "entity" else "This record already exists."
            raise user_error(what, path="externalId") from None
        rules.lay_out(self, record)

    def resolve(self, target: str, value: dict[str, Any], place: str, name: str) -> dict[str, Any]:
        """Find what a reference means; gives ``{id, refName}``.

        Raises:
            Refusal: 400 INVALID_CONTENT at its place.
        """
        group = self._group(target, name)
        column, text = _pointer(value, place)
        if name in _FREE or group is None:
            return {"id": text, "refName": str(value.get("refName") or text)}
        found = self.store.point(group, column, text)
        expected = _expected_type(target, name)
        if found is None or (expected and found[1] != expected):
            raise invalid(place, f"Invalid reference key or external id {text} for '{place}': no such {target} record.")
        return {"id": str(found[0]), "refName": found[2]}

    def _group(self, target: str, name: str) -> str | None:
        if target == "nsResource":
            if name in _TAX_CODES:
                return "salesTaxItem"
            return "transaction" if name in ("createdFrom", "orderDoc") else None
        return family("item") if target in ITEM_TYPES else family(target)

    def pointed(self, record_type: str, reference: dict[str, Any] | None) -> Record | None:
        """Load the record that a stored reference means."""
        return self.store.get(record_type, str(reference["id"])) if reference else None

    def known_item(self, reference: dict[str, Any]) -> Record | None:
        """Load an item, whatever its type; None when it went away since."""
        found = self.store.point("item", "id", str(reference["id"]))
        return self.store.get(found[1], str(found[0])) if found else None

    def item(self, reference: dict[str, Any]) -> Record:
        """Load an item, whatever its type.

        Raises:
            Refusal: it went away since.
        """
        record = self.known_item(reference)
        if record is None:
            raise user_error(f"The item {reference['id']} does not exist.")
        return record

    def precision(self, currency: dict[str, Any]) -> Decimal:
        """Give the smallest amount of a currency."""
        record = self.pointed("currency", currency)
        return Decimal(1).scaleb(-int(record.body.get("currencyPrecision", 2))) if record else Decimal("0.01")


def _pointer(value: dict[str, Any], place: str) -> tuple[str, str]:
    for key, column in (("id", "id"), ("externalId", "external_id"), ("refName", "name")):
        text = value.get(key)
        if isinstance(text, str | int) and not isinstance(text, bool) and str(text):
            return column, str(text)
    raise invalid(place, f"Invalid value for '{place}': a reference needs id, externalId or refName.")


def _expected_type(target: str, name: str) -> str | None:
    if name == "discountItem":
        return "discountItem"
    return target if family(target) == "entity" or target in TRANSACTION_TYPES else None
