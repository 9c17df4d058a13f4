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
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cartage.systems.netsuite import payload

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cartage.seams import Planned

_PROCESS_KEY = secrets.token_bytes(16)

_PERSONAL = re.compile(
    r"^(?:first|middle|last|company|alt|phonetic)name$|^(?:entity|customer|company|contact|entityid|salutation|title)$"
    r"|^(?:comments|memo|message|attention|city|zip|state|label|q|defaultaddress)$|email$|phone|fax$"
    r"|^addr(?:\d|text|essee|phone)$|address_text$|^(?:bill|ship)(?:addr|city|zip|state|phone|attention|addressee)"
    r"|gift_?message|giftcert(?:from|message|recipient)|vatregnumber|recipient|customer_reference|certificate"
    r"|_notes$|_attributes$|birthday|payment_ids$|cardholder|lastfour",
    re.IGNORECASE,
)
"""Keys whose texts are personal, and so are all texts below them."""

_PLAIN = frozenset({"id", "externalId", "$document", "links", "rel", "href", "country"})
"""Keys that never hold personal texts, wherever they stand."""

_EMAIL = re.compile(r"[^\s@<>\"'(),;:\[\]]+@[^\s@<>\"'(),;:\[\]]+\.[^\s@<>\"'(),;:\[\]]+")
_CARD = re.compile(r"(?<![\w.-])(?:\d[ -]?){12,18}\d(?![\w.-])")
_PHONE = re.compile(r"(?<![\w.-])\+\d[\d ()/.-]{5,}\d")
_SHORTEST_LEARNT = 3
_WORDS_OF_A_NAME = 4
"""A text of so few words may be a name, whose parts turn up by themselves elsewhere."""


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
        self._pattern: re.Pattern[str] | None = None
        self._patterned = 0

    def text(self, text: str | None) -> str | None:
        """Give the text masked: JSON by its keys, anything else by patterns and by what was learnt."""
        if text is None:
            return None
        try:
            value = payload.loads(text) if text[:1] in ("{", "[") else None
        except ValueError:
            value = None
        return self.free(text) if value is None else self.body(value)

    def learn(self, values: Iterable[str]) -> None:
        """Look for these personal texts too, in everything masked after it."""
        for each in values:
            self._mask(each)

    def body(self, body: Any) -> str | None:
        """Give a payload as masked JSON text; None stays None."""
        if body is None:
            return None
        self._walk(body, personal=False)  # learns what to look for in free texts that come before
        return payload.dumps(self._walk(body, personal=False))

    def _walk(self, value: Any, *, personal: bool) -> Any:
        if isinstance(value, dict):
            refusal = "o:errorDetails" in value
            return {
                key: self._walk(each, personal=not refusal and self._is_personal(key, inherited=personal))
                for key, each in value.items()
            }
        if isinstance(value, list | tuple):
            return [self._walk(each, personal=personal) for each in value]
        if isinstance(value, str):
            return self._mask(value) if personal else self.free(value)
        return value

    def value(self, path: str, text: str) -> str:
        """Give one value of a payload masked when its path says that it is about a person.

        Args:
            path: names from the top, ``shippingAddress.addr1`` or ``item[7].custcol_ctg_gift_message``.
            text: the value.
        """
        names = [each for each in re.split(r"[.\[\]]", path) if each]
        personal = False
        for name in names:
            personal = self._is_personal(name, inherited=personal)
        return self._mask(text) if personal else self.free(text)

    @staticmethod
    def _is_personal(key: str, *, inherited: bool) -> bool:
        return key not in _PLAIN and (inherited or _PERSONAL.search(key) is not None)

    def _mask(self, value: str) -> str:
        if not value.strip() or value in self._learnt:
            return self._learnt.get(value, value)
        masked = self._email(value) if _EMAIL.fullmatch(value) else f"{value[:1]}***{self._hash(value)}"
        words = value.split()
        for each in (value, *(words if len(words) <= _WORDS_OF_A_NAME else ())):
            if len(each) >= _SHORTEST_LEARNT and not (each is not value and each.isdigit()):
                self._learnt.setdefault(each, masked)
        return masked

    def _email(self, value: str) -> str:
        """First letter of the local part, a hash, and the domain's hash under its own top level."""
        local, _, domain = value.partition("@")
        return f"{local[:1]}***{self._hash(local)}@{self._hash(domain)}.{domain.rpartition('.')[2]}"

    def free(self, text: str) -> str:
        """Give free text masked: what was learnt, e-mail addresses, card and phone numbers."""
        if self._learnt:
            text = self._known().sub(lambda found: self._learnt[found.group()], text)
        text = _EMAIL.sub(lambda found: self._mask(found.group()), text)
        text = _CARD.sub(lambda found: "***" if _is_card(found.group()) else found.group(), text)
        return _PHONE.sub("***", text)

    def _known(self) -> re.Pattern[str]:
        """Give a pattern of all that was learnt, longest first, as whole words."""
        if self._pattern is None or self._patterned != len(self._learnt):
            values = "|".join(map(re.escape, sorted(self._learnt, key=len, reverse=True)))
            self._pattern, self._patterned = re.compile(rf"(?<!\w)(?:{values})(?!\w)"), len(self._learnt)
        return self._pattern

    def _hash(self, value: str) -> str:
        return hmac.new(self._key, value.casefold().encode(), hashlib.sha256).hexdigest()[:6]


def masked(planned: Planned) -> Planned:
    """Give a dry run's plan as it may be shown to whoever may see the flow."""
    masker = Masker()
    return replace(
        planned,
        body=masker.text(planned.body) or "",
        changes=tuple(masker.free(each) for each in planned.changes),
        complaints=tuple(replace(each, message=masker.free(each.message)) for each in planned.complaints),
        compared=tuple(
            replace(each, there=_shown(masker, each.field, each.there), sent=_shown(masker, each.field, each.sent))
            for each in planned.compared
        ),
    )


def _shown(masker: Masker, path: str, text: str | None) -> str | None:
    return None if text is None else masker.value(path, text)


def _is_card(text: str) -> bool:
    """Tell a card's number from an article's: its digits have the check digit of ISO/IEC 7812 (Luhn)."""
    digits = [int(each) for each in reversed(text) if each.isdigit()]
    doubled = [each * 2 - 9 if each > 4 else each * 2 for each in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0
