"""Taxes: the shop's amounts, by line and tax, in the way the account takes them."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from cartage.systems.netsuite.orders.amounts import ZERO, split, total
from cartage.systems.netsuite.orders.model import SalesLine, SalesOrder, ShopOrder, TaxPart
from cartage.systems.netsuite.orders.rows import Row, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cartage.settings import Orders

HUNDRED = Decimal(100)
_RATE = Decimal("0.0001")


def taxes_before(order: ShopOrder, row: Row, parent: Row | None) -> list[TaxPart]:
    """Give the taxes of a line before its adjustments.

    Several where the document has tax items (since version 26.5), else the line's one tax; an option
    has no rate of its own and is taxed as its product. None for what is never taxed: gift certificates.
    """
    items = order.tax_items.get(row["line"])
    if items:
        return [TaxPart(each["tax_id"], each["rate"], each["amount"] or ZERO) for each in items]
    rate = row["tax_rate"] if row["tax_rate"] is not None else (parent or row)["tax_rate"]
    if row["kind"] == "gift_certificate" and not row["known_tax"]:
        return []
    return [TaxPart(None, rate, row["known_tax"])]


def settle_taxes(order: ShopOrder, lines: Iterable[SalesLine]) -> None:
    """Bring each line's taxes to what the line's tax came to after all adjustments, split as they were before."""
    for line in lines:
        if not line.taxes:
            continue
        after = line.tax_after
        if len(line.taxes) == 1:
            line.taxes[0].amount = after
        elif total(part.amount for part in line.taxes) != after:
            weights = [part.amount or part.rate or ZERO for part in line.taxes]
            for part, share in zip(line.taxes, split(after, weights, order.unit), strict=True):
                part.amount = share
        line.taxes = _merged(line.taxes)


def _merged(parts: list[TaxPart]) -> list[TaxPart]:
    """Put taxes of the same kind together: an option folded into its product brings its own."""
    if len(parts) == 1:
        return parts
    found: dict[tuple[str | None, Decimal | None], TaxPart] = {}
    for part in parts:
        known = found.setdefault((part.tax_id, part.rate), part)
        if known is not part:
            known.amount += part.amount
    return list(found.values())


def detail_rows(order: ShopOrder, sales_order: SalesOrder, settings: Orders) -> list[Row]:
    """Give the rows of SuiteTax's details, each tied to its line; shipping on the header is ``SHIPPING``.

    https://docs.oracle.com/en/cloud/saas/netsuite/ns-online-help/section_1548673608.html
    """
    found = []
    for reference, basis, part in sales_order.taxes():
        found.append(
            {
                "reference": reference,
                "tax_id": part.tax_id,
                "tax_code": _named(settings.tax_codes, part, order, "tax_codes"),
                "tax_type": _named(settings.tax_types, part, order, "tax_types"),
                "basis": basis,
                "rate": percent(part.rate) if part.rate is not None else implied(basis, part.amount),
                "amount": part.amount,
            }
        )
    return found


def tax_lines(sales_order: SalesOrder, settings: Orders) -> list[SalesLine]:
    """Give an item line for each tax and rate, for accounts with legacy tax, where tax amounts cannot be set."""
    sums: dict[tuple[str | None, Decimal | None], Decimal] = defaultdict(Decimal)
    for _, _, part in sales_order.taxes():
        sums[part.tax_id, part.rate] += part.amount
    lines = []
    for (tax_id, rate), amount in sums.items():
        name = tax_id or (f"{percent(rate)} %" if rate is not None else "")
        line = SalesLine(
            "tax", f"tax:{tax_id or plain(rate or ZERO)}", settings.items.tax, {}, net=amount, amount=amount
        )
        line.extra["text"] = f"Tax {name}".strip()
        line.extra["tax_rate_percent"] = None if rate is None else percent(rate)
        if amount:
            lines.append(line)
    return lines


def implied(basis: Decimal, amount: Decimal) -> Decimal:
    """Give the rate, in percent, that an amount of tax implies: NetSuite takes no tax without a rate."""
    return plain((amount / basis * HUNDRED).quantize(_RATE)) if basis else ZERO


@lru_cache(maxsize=1024)
def percent(rate: Decimal) -> Decimal:
    """Give a rate in percent: 0.19 is 19."""
    return plain(rate * HUNDRED)


@lru_cache(maxsize=1024)
def _rate_names(rate: Decimal | None) -> tuple[str, ...]:
    return () if rate is None else (f"{plain(rate):f}", f"{percent(rate):f}")


def name_of(names: Mapping[str, str], part: TaxPart) -> str | None:
    """Find a tax in the settings: by its id, by its rate (0.19 or 19), else the default; None when it is not there."""
    for name in (part.tax_id, *_rate_names(part.rate), "default"):
        if name is not None and name in names:
            return names[name]
    return None


def _named(names: Mapping[str, str], part: TaxPart, order: ShopOrder, setting: str) -> str | None:
    found = name_of(names, part)
    if found is None:
        rates = _rate_names(part.rate)
        what = part.tax_id or (f"rate {rates[0]}" if rates else "without a rate")
        order.complain(
            "unknown_tax_code",
            f"no NetSuite tax is named for tax {what}; add it, or `default`, to settings.orders.{setting}",
            "lines.tax_rate" if part.tax_id is None else "tax_items.tax_id",
        )
    return found
