"""What an ERP comes to for a payload: plain Decimal arithmetic over the JSON, sharing nothing with Cartage."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

ZERO = Decimal(0)


def amount(value: Any) -> Decimal:
    """A JSON number as a Decimal."""
    return Decimal(str(value)) if value is not None else ZERO


def items(body: dict[str, Any], sublist: str) -> list[dict[str, Any]]:
    """The lines of a sublist."""
    return list(body.get(sublist, {}).get("items", ()))


def tax_total(body: dict[str, Any]) -> Decimal:
    """Sum of the tax details."""
    return sum((amount(each["taxAmount"]) for each in items(body, "taxDetails")), ZERO)


def total(body: dict[str, Any]) -> Decimal:
    """Lines, header discount, header shipping and taxes."""
    lines = sum((amount(line["amount"]) for line in items(body, "item")), ZERO)
    return lines + amount(body.get("discountRate")) + amount(body.get("shippingCost")) + tax_total(body)


def tenders(body: dict[str, Any]) -> Decimal:
    """Gift certificates paid with, on lines; a positive amount."""
    found = (line for line in items(body, "item") if line["custcol_ctg_kind"] == "tender")
    return -sum((amount(line["amount"]) for line in found), ZERO)


def all_amounts(body: dict[str, Any]) -> list[Decimal]:
    """Every amount of money that NetSuite books."""
    lines = [amount(line["amount"]) for line in items(body, "item")]
    taxes = [amount(each["taxAmount"]) for each in items(body, "taxDetails")]
    return [*lines, *taxes, amount(body.get("shippingCost")), amount(body.get("discountRate"))]
