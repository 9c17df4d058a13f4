"""Reasons as the ledger keeps them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cartage.errors import Complaint

if TYPE_CHECKING:
    from collections.abc import Iterable


def write_complaints(complaints: Iterable[Complaint]) -> list[dict[str, Any]] | None:
    """Give reasons as JSON; None when there are none."""
    return [
        {"code": each.code, "message": each.message, "field": each.field, **({"asks": True} if each.asks else {})}
        for each in complaints
    ] or None


def read_complaints(stored: list[dict[str, Any]] | None) -> tuple[Complaint, ...]:
    """Read what `write_complaints` wrote."""
    return tuple(
        Complaint(each["code"], each["message"], each["field"], asks=bool(each.get("asks"))) for each in stored or ()
    )


def first_code(complaints: tuple[Complaint, ...]) -> str | None:
    """Give the code that errors are grouped by: the first reason's."""
    return complaints[0].code if complaints else None


def asking(complaints: Iterable[Complaint]) -> tuple[Complaint, ...]:
    """Give the reasons for which a person must act although the record went through."""
    return tuple(each for each in complaints if each.asks)
