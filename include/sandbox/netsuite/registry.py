"""The record types there are, and the rules each follows when it is saved."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from sandbox.netsuite.account import Account
    from sandbox.netsuite.store import Record


class Rules(Protocol):
    """What a record type does when one of its records is saved."""

    def save(self, account: Account, record: Record, old: dict[str, Any] | None, sent: dict[str, Any]) -> None:
        """Check the record against the account's rules and fill in what NetSuite computes, in `record`.

        Args:
            account: the account.
            record: the record as it will be, already merged with what was sent.
            old: its body before, or None for a new one.
            sent: what was sent, in stored form.

        Raises:
            Refusal: a rule forbids it.
        """

    def lay_out(self, account: Account, record: Record) -> None:
        """Write the record's rows for SuiteQL."""

    def delete(self, account: Account, record: Record) -> None:
        """Check that the record may go, and take its rows away.

        Raises:
            Refusal: something depends on it.
        """


@dataclass(frozen=True)
class LineKeys:
    """By which properties a sublist's lines are known; a line without them is a new one.

    Attributes:
        names: the properties; all of them together are the key.
        numbered: the property that counts the lines, when NetSuite numbers them.
        any_of: each of the properties alone is a key.
    """

    names: tuple[str, ...]
    numbered: str | None = None
    any_of: bool = False


SUBLIST_KEYS: dict[str, LineKeys] = {
    "item": LineKeys(("line",), numbered="line"),
    "addressBook": LineKeys(("id", "internalId"), any_of=True),
    "currencyList": LineKeys(("currency",)),
    "taxDetails": LineKeys(("taxDetailsReference", "taxType", "taxCode")),
    "contactRoles": LineKeys(("contact",)),
    "groupPricing": LineKeys(("group",)),
    "itemPricing": LineKeys(("item", "currency")),
    "taxRegistration": LineKeys(("id",), numbered="id"),
    "member": LineKeys(("item",)),
    "locations": LineKeys(("location",)),
    "price": LineKeys(("currencyPage", "priceLevel", "quantity")),
    "subsidiary": LineKeys(("id",)),
    "package": LineKeys(("packageTrackingNumber",)),
}
"""Sublist -> its keys, the same on every record type."""


@dataclass
class Registry:
    """Rules by record type."""

    rules: dict[str, Rules] = field(default_factory=dict)

    def add(self, rules: Rules, *types: str) -> None:
        """Let record types follow some rules."""
        for each in types:
            self.rules[each] = rules
