"""Terms: what records are found by besides their own numbers.

E-mail addresses and telephone numbers are kept as keyed hashes: who has the address finds the record, and who
reads the ledger does not find the address. Terms are added, never taken away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from cartage.ledger import rowsets
from cartage.ledger.console_tables import terms
from cartage.ledger.engine import chunks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cartage.ledger.engine import Database
    from cartage.ledger.keys import Keyring

Kind = Literal["email", "phone", "customer", "tracking"]

HASHED = frozenset({"email", "phone"})
"""Kinds that are kept as keyed hashes."""

ROWS = 20_000
"""Terms a transaction."""

DIGITS = 6
"""Digits that a telephone number has at least; shorter ones are extensions, or typing errors."""


class Terms:
    """What the records of all flows are found by."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring

    def note(self, integration: str, record: str, named: Iterable[tuple[Kind, str, str]]) -> None:
        """Note what records are found by; doing it twice is doing it once.

        Args:
            integration: the integration.
            record: kind of the records.
            named: what the value is, the record's key, and the value; those that nobody could look for are left out.
        """
        found = {(kind, term, key) for kind, key, value in named if (term := self._term(kind, value))}
        rows = [{"kind": kind, "term": term, "key": key} for kind, term, key in sorted(found)]
        for part in chunks(rows, ROWS):
            with self._database.write() as connection:
                rowsets.upsert(connection, terms, part, {"integration": integration, "record": record})

    def digests(self, text: str) -> list[str]:
        """Give the keyed hashes by which an e-mail address or a telephone number is found; none if it is neither."""
        digest = self._digest("email" if "@" in text else "phone", text)
        return [digest] if digest else []

    def _term(self, kind: Kind, value: str) -> str:
        return shortened(self._digest(kind, value)) if kind in HASHED else value.strip()

    def _digest(self, kind: Kind, value: str) -> str:
        if kind == "email":
            return self._keyring.email(value)
        return self._keyring.phone(value) if sum(each.isdigit() for each in value) >= DIGITS else ""


def shortened(digest: str) -> str:
    """Give what a term keeps of a keyed hash: 128 bits meet by chance never, and half the size is half the writing."""
    return digest[:32]
