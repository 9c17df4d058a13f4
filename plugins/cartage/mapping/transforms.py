"""The closed registry of named transforms: ``transform: country`` in a mapping.

A transform is a pure function of one value that is never null; it may give null, and then the field is left
out. What a mapping needs beyond these is added here, as a tested function with a docstring: the
mapping reference is made from the docstrings. Messages never quote the value, which may be personal.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from cartage.mapping.faults import ValueRefused

if TYPE_CHECKING:
    from decimal import Decimal

Transform = Callable[[Any], Any]
_Function = TypeVar("_Function", bound=Transform)

TRANSFORMS: dict[str, Transform] = {}
"""Every named transform."""

_SPACE = re.compile(r"\s+")
_NO_PHONE = re.compile(r"[^0-9]+")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def _named(function: _Function) -> _Function:
    TRANSFORMS[function.__name__] = function
    return function


@_named
def trim(text: str) -> str | None:
    """Take blanks from both ends; a text of nothing else becomes null: ``" Anna "`` is ``"Anna"``."""
    return text.strip() or None


@_named
def one_line(text: str) -> str | None:
    r"""Make every run of blanks, tabs and line breaks one blank, and trim: ``"a\n b"`` is ``"a b"``."""
    return _SPACE.sub(" ", text).strip() or None


@_named
def upper(text: str) -> str:
    """Write in capitals: ``"de"`` is ``"DE"``. ``ß`` becomes ``SS``."""
    return text.upper()


@_named
def lower(text: str) -> str:
    """Write in small letters."""
    return text.lower()


@_named
def country(text: str) -> str | None:
    """Write a country's ISO 3166-1 alpha-2 code as NetSuite wants it, in capitals: ``"de"`` is ``"DE"``.

    A text that is not two letters is refused.
    """
    code = text.strip().upper()
    if not code:
        return None
    if len(code) != 2 or not (code.isascii() and code.isalpha()):
        raise ValueRefused("is no two-letter country code (ISO 3166-1 alpha-2)")
    return code


@_named
def email(text: str) -> str | None:
    """Trim an e-mail address and write its domain in small letters. What is no address is refused."""
    address = text.strip()
    if not address:
        return None
    if not _MAIL.fullmatch(address):
        raise ValueRefused("is no e-mail address")
    mailbox, _, domain = address.rpartition("@")
    return f"{mailbox}@{domain.lower()}"


@_named
def email_or_nothing(text: str) -> str | None:
    """As `email`, but what is no address becomes null, where the order matters more than the address."""
    try:
        return email(text)
    except ValueRefused:
        return None


@_named
def phone(text: str) -> str | None:
    """Keep a phone number's digits and its leading plus: ``"+49 (40) 123-4"`` is ``"+49401234"``.

    Fewer than 7 digits, which NetSuite refuses, become null.
    """
    digits = _NO_PHONE.sub("", text)
    if len(digits) < 7:
        return None
    return f"+{digits}" if text.strip().startswith("+") else digits


@_named
def given_names(text: str) -> str | None:
    """Give all but the last word of a full name: ``"Anna Maria Berg"`` is ``"Anna Maria"``. One word gives null."""
    return text.strip().rpartition(" ")[0].strip() or None


@_named
def family_name(text: str) -> str | None:
    """Give the last word of a full name: ``"Anna Maria Berg"`` is ``"Berg"``."""
    return text.strip().rpartition(" ")[2] or None


@_named
def language(text: str) -> str | None:
    """Give the language of a locale: ``"de_DE"`` and ``"de-DE"`` are ``"de"``."""
    return re.split("[_-]", text.strip())[0].lower() or None


@_named
def negate(amount: Decimal) -> Decimal:
    """Change an amount's sign: ``12.5`` is ``-12.5``."""
    return -amount


@_named
def absolute(amount: Decimal) -> Decimal:
    """Drop an amount's sign: ``-12.5`` is ``12.5``."""
    return abs(amount)


@_named
def percent(rate: Decimal) -> Decimal:
    """Write a share of one as percent: ``0.19`` is ``19``."""
    return rate * 100


@_named
def blank_to_null(text: str) -> str | None:
    """Make a text of blanks only null, and leave any other as it is."""
    return text if text.strip() else None
