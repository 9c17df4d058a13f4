"""The sums of a sale, computed the way NetSuite does: its own way.

Amounts are rounded half up to the currency's precision, each line by itself; tax comes from the order's
tax details when they override, else from the account's own engine.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from sandbox.netsuite.answers import invalid, user_error
from sandbox.netsuite.records.items import BASE_PRICE, CUSTOM_PRICE, unit_price

if TYPE_CHECKING:
    from sandbox.netsuite.account import Account
    from sandbox.netsuite.store import Record

ZERO = Decimal(0)
SHIPPING = "SHIPPING"
"""Tax details reference of header shipping; HANDLING is handling's.

https://docs.oracle.com/en/cloud/saas/netsuite/ns-online-help/section_1548673608.html
"""
_UNTAXED = ("giftCertificateItem",)


def compute(account: Account, body: dict[str, Any], items: list[Record]) -> None:
    """Fill in the amounts of lines and header.

    Args:
        account: the account.
        body: the sale, its references resolved; changed in place.
        items: the item of each line.

    Raises:
        Refusal: an amount cannot be computed, or tax details do not fit the lines.
    """
    unit = account.precision(body["currency"])
    lines = body["item"]
    for position, (line, item) in enumerate(zip(lines, items, strict=True)):
        if "grossAmt" in line and "amount" not in line:
            line["amount"] = Decimal(line["grossAmt"]) - _own_tax(body, line)
        _price_line(line, item, str(body["currency"]["id"]), unit, f"item.items[{position}]")
    _shipping(account, body, unit)
    subtotal = sum((line["amount"] for line in lines), ZERO)
    discount = _header_discount(account, body, subtotal, unit)
    tax = _tax(account, body, items, unit) + account.control.tax_rounding
    charges = Decimal(body.get("shippingCost", 0)) + Decimal(body.get("handlingCost", 0))
    body["subtotal"] = subtotal
    body["discountTotal"] = discount
    body["taxTotal"] = tax
    body["total"] = _round(subtotal + discount + charges + tax, unit)


def _own_tax(body: dict[str, Any], line: dict[str, Any]) -> Decimal:
    """Give the tax that the tax details name for a line."""
    own = line.get("taxDetailsReference")
    rows = (each for each in body.get("taxDetails", []) if (each.get("taxDetailsReference") or {}).get("id") == own)
    return sum((Decimal(each["taxAmount"]) for each in rows), ZERO)


def _round(amount: Decimal, unit: Decimal) -> Decimal:
    return amount.quantize(unit, ROUND_HALF_UP)


def _price_line(line: dict[str, Any], item: Record, currency: str, unit: Decimal, place: str) -> None:
    quantity = Decimal(line.setdefault("quantity", Decimal(1)))
    if quantity < 0 and item.type in ("inventoryItem", "kitItem"):
        raise user_error("The quantity of a line must not be negative.", path=f"{place}.quantity")
    level = str((line.get("price") or {}).get("id", BASE_PRICE))
    if "amount" not in line:
        rate = line.get("rate")
        if rate is None:
            rate = unit_price(item, level, currency, quantity)
        if rate is None:
            raise user_error("Please enter value(s) for: Amount", path=f"{place}.amount")
        line["rate"] = Decimal(rate)
        line["amount"] = _round(Decimal(rate) * quantity, unit)
    elif level != CUSTOM_PRICE and item.type != "discountItem":
        line["price"] = {"id": CUSTOM_PRICE, "refName": "Custom"}
    line["amount"] = _round(Decimal(line["amount"]), unit)
    if "rate" not in line and quantity:
        line["rate"] = (line["amount"] / quantity).quantize(Decimal("0.00000001")).normalize()
    if item.type == "discountItem" and line["amount"] > 0:
        raise user_error("The amount of a discount must be negative.", path=f"{place}.amount")
    line.setdefault("price", {"id": level, "refName": "Custom" if level == CUSTOM_PRICE else "Base Price"})


def _shipping(account: Account, body: dict[str, Any], unit: Decimal) -> None:
    method = account.pointed("shipItem", body.get("shipMethod"))
    if "shippingCost" in body:
        if method is None and body["shippingCost"]:
            raise user_error("Please choose a shipping method before entering a shipping cost.", path="shippingCost")
        body["shippingCost"] = _round(Decimal(body["shippingCost"]), unit)
        if body["shippingCost"] < 0:
            raise user_error("The shipping cost must not be negative.", path="shippingCost")
    elif method is not None:
        body["shippingCost"] = _round(Decimal(method.body.get("shippingFlatRateAmount", 0)), unit)
    if account.control.script_adds_fee and "~fee" not in body:
        body["~fee"] = True
        body["handlingCost"] = Decimal(body.get("handlingCost", 0)) + account.control.script_adds_fee


def _header_discount(account: Account, body: dict[str, Any], subtotal: Decimal, unit: Decimal) -> Decimal:
    if "discountItem" not in body:
        if body.get("discountRate"):
            raise user_error("Please choose a discount item before entering a rate.", path="discountRate")
        return ZERO
    rate = body.get("discountRate")
    if rate is None:
        share = Decimal(str(account.item(body["discountItem"]).body.get("rate", 0)))
        return _round(-subtotal * abs(share) / 100, unit)
    if rate > 0:
        raise user_error("The rate of a discount must be negative.", path="discountRate")
    return _round(Decimal(rate), unit)


def _tax(account: Account, body: dict[str, Any], items: list[Record], unit: Decimal) -> Decimal:
    if body.get("taxDetailsOverride"):
        return _overridden(body, unit)
    if body.get("taxDetails"):
        raise user_error("Check Tax Details Override before entering tax details.", path="taxDetails")
    return _engine(account, body, items, unit)


def _overridden(body: dict[str, Any], unit: Decimal) -> Decimal:
    """Take the order's own tax details; every row must belong to a line, to shipping or to handling."""
    lines: dict[str, dict[str, Any]] = {}
    for position, line in enumerate(body["item"]):
        reference = line.get("taxDetailsReference")
        if reference in lines or reference in (SHIPPING, "HANDLING"):
            raise invalid(
                f"item.items[{position}].taxDetailsReference", f"Two lines have the tax details reference {reference}."
            )
        line["taxAmount"] = ZERO
        if reference is not None:
            lines[reference] = line
    total = ZERO
    for position, row in enumerate(body.get("taxDetails", [])):
        place = f"taxDetails.items[{position}]"
        reference = (row.get("taxDetailsReference") or {}).get("id")
        if reference not in lines and reference not in (SHIPPING, "HANDLING"):
            raise invalid(f"{place}.taxDetailsReference", f"No line has the tax details reference {reference}.")
        missing = [name for name in ("taxCode", "taxType", "taxBasis", "taxRate") if name not in row]
        if missing:
            raise user_error(f"Please enter value(s) for: {', '.join(missing)}", path=place)
        row.setdefault("taxAmount", Decimal(row["taxBasis"]) * Decimal(row["taxRate"]) / 100)
        row["taxAmount"] = _round(Decimal(row["taxAmount"]), unit)
        row["lineType"] = "Item" if reference in lines else str(reference).capitalize()
        total += row["taxAmount"]
        if reference in lines:
            lines[reference]["taxAmount"] += row["taxAmount"]
    for line in body["item"]:
        line["grossAmt"] = line["amount"] + line["taxAmount"]
    return total


def _engine(account: Account, body: dict[str, Any], items: list[Record], unit: Decimal) -> Decimal:
    """Compute tax as the account's own engine does: each taxable line by itself, shipping with the goods."""
    rate = _nexus_rate(account, body)
    total = ZERO
    taxed = False
    for line, item in zip(body["item"], items, strict=True):
        free = line.get("isTaxable", item.body.get("isTaxable", True)) is False or item.type in _UNTAXED
        if free or not account.config.tax_engine or body.get("isTaxable") is False:
            line["taxAmount"] = ZERO
        else:
            own = line.get("taxRate1", _code_rate(account, line.get("taxCode")))
            line["taxAmount"] = _round(line["amount"] * Decimal(rate if own is None else own) / 100, unit)
            taxed = True
        line["grossAmt"] = line["amount"] + line["taxAmount"]
        total += line["taxAmount"]
    if taxed:
        shipping_rate = body.get("shippingTax1Rate", _code_rate(account, body.get("shippingTaxCode")))
        total += _round(
            Decimal(body.get("shippingCost", 0)) * Decimal(rate if shipping_rate is None else shipping_rate) / 100, unit
        )
    return total


def _nexus_rate(account: Account, body: dict[str, Any]) -> Decimal:
    if "taxRate" in body:
        return Decimal(body["taxRate"])
    own = _code_rate(account, body.get("taxItem"))
    if own is not None:
        return own
    subsidiary = account.pointed("subsidiary", body["subsidiary"])
    country = (subsidiary.body.get("country") or {}).get("id", "") if subsidiary else ""
    return Decimal(account.config.tax_rates.get(country, account.config.default_tax_rate))


def _code_rate(account: Account, code: dict[str, Any] | None) -> Decimal | None:
    record = account.pointed("salesTaxItem", code)
    return Decimal(record.body["rate"]) if record and "rate" in record.body else None
