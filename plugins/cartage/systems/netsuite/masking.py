"""Masks personal data in requests and answers before the ledger keeps them.

The shape stays: the same keys, the same number of list items, numbers and ids as they were, so that
a person can still see what was sent and why it was refused. A masked text begins with the letter it
had and ends in a short keyed hash, so that two requests about one person can be told to be so
without telling who it is.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from typing import Any

from cartage.systems.netsuite import payload

_PROCESS_KEY = secrets.token_bytes(16)

_PERSONAL = re.compile(
    r"^(?:first|middle|last|company|alt|phonetic)name$|^(?:entityid|refname|title|salutation|comments|memo)$"
    r"|email$|phone|fax$|^addr|^attention$|^city$|^zip$|^state$|addr(?:\d|text|ess|essee|phone)?$"
    r"|address_text$|^(?:bill|ship)(?:addr|city|zip|state|phone|attention)"
    r"|^message$|gift_?message|giftcert(?:from|message|recipient)|vatregnumber|recipient|customer_reference"
    r"|certificate|_notes$|_attributes$|birthday|payment_ids$|^label$|cardholder|lastfour|^q$",
    re.IGNORECASE,
)
_STRUCTURE = frozenset({"addressbook", "addressbookaddress", "billingaddress", "shippingaddress"})
_EMAIL = re.compile(r"[^\s@<>\"'(),;:\[\]]+@[^\s@<>\"'(),;:\[\]]+\.[^\s@<>\"'(),;:\[\]]+")
_CARD = re.compile(r"(?<![\w.-])(?:\d[ -]?){12,18}\d(?![\w.-])")
_PHONE = re.compile(r"(?<![\w.-])(?:\+|00)\d[\d ()/.-]{5,}\d")
_SHORTEST_LEARNT = 3


class Masker:
    """Masks one exchange: what it learns in the request it also finds in the answer.

    NetSuite quotes values back in its error details ("Invalid email ..."), so the personal values
    of a request are looked for, letter by letter, in everything masked after it.

    Args:
        key: secret of the short hashes; by default one of this process.
    """

    def __init__(self, key: bytes = _PROCESS_KEY) -> None:
        self._key = key
        self._learnt: dict[str, str] = {}

    def text(self, text: str | None) -> str | None:
        """Give the text masked: JSON by its keys, anything else by patterns and by what was learnt."""
        if text is None:
            return None
        try:
            value = payload.loads(text) if text[:1] in ("{", "[") else None
        except ValueError:
            value = None
        return self.free(text) if value is None else self.body(value)

    def body(self, body: Any) -> str | None:
        """Give a payload as masked JSON text; None stays None."""
        if body is None:
            return None
        return payload.dumps(self._walk(body, personal=False))

    def _walk(self, value: Any, *, personal: bool) -> Any:
        if isinstance(value, dict):
            return {
                key: self._walk(each, personal=self._is_personal(key, each, personal)) for key, each in value.items()
            }
        if isinstance(value, list | tuple):
            return [self._walk(each, personal=personal) for each in value]
        if isinstance(value, str):
            return self._mask(value) if personal else self.free(value)
        return value

    @staticmethod
    def _is_personal(key: str, value: Any, inherited: bool) -> bool:
        if key in ("id", "externalId", "$document", "links", "rel", "href"):
            return False
        if isinstance(value, dict | list) and key.casefold() in _STRUCTURE:
            return False
        return inherited or _PERSONAL.search(key) is not None

    def _mask(self, value: str) -> str:
        if not value.strip():
            return value
        masked = self._email(value) if _EMAIL.fullmatch(value) else f"{value[:1]}***{self._hash(value)}"
        if len(value) >= _SHORTEST_LEARNT:
            self._learnt[value] = masked
        return masked

    def _email(self, value: str) -> str:
        """First letter of the local part, a hash, and the domain's hash under its own top level."""
        local, _, domain = value.partition("@")
        return f"{local[:1]}***{self._hash(local)}@{self._hash(domain)}.{domain.rpartition('.')[2]}"

    def free(self, text: str) -> str:
        """Give free text masked: what was learnt, e-mail addresses, card and phone numbers."""
        for value in sorted(self._learnt, key=len, reverse=True):
            text = text.replace(value, self._learnt[value])
        text = _EMAIL.sub(lambda found: self._mask(found.group()), text)
        text = _CARD.sub("***", text)
        return _PHONE.sub("***", text)

    def _hash(self, value: str) -> str:
        return hmac.new(self._key, value.casefold().encode(), hashlib.sha256).hexdigest()[:6]
