"""What an order is while it turns into documents: the shop's rows, then the lines NetSuite shall have."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from cartage.errors import Complaint
from cartage.systems.netsuite.orders.amounts import ZERO

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from cartage.systems.netsuite.orders.rows import Row

LineKind = Literal[
    "product", "option", "bundled", "gift_certificate", "shipping", "product_shipping", "discount", "tax", "tender",
    "rounding",
]  # fmt: skip

MERCHANDISE = frozenset({"product", "option", "bundled"})
SHIPPING = frozenset({"shipping", "product_shipping"})


@dataclass(slots=True)
class ShopOrder:
    """One order as the shop wrote it.

    Attributes:
        columns: its row of the orders table.
        unit: smallest amount of its currency.
        lines: its rows of the lines table, with the sums that `amounts.with_adjustments` adds.
        adjustments: of its totals, in the document's order.
        line_adjustments: of its lines, by the line's row.
        tax_items: by the line's row.
        shipments: its shipments.
        payments: its payments.
        attributes: its custom attributes, of every owner.
        notes: its notes.
        complaints: why it cannot be carried, as far as is known.
    """

    columns: Row
    unit: Decimal
    lines: list[Row]
    adjustments: list[Row]
    line_adjustments: dict[int, list[Row]]
    tax_items: dict[int, list[Row]]
    shipments: list[Row]
    payments: list[Row]
    attributes: list[Row]
    notes: list[Row]
    complaints: list[Complaint] = field(default_factory=list)

    def complain(self, code: str, message: str, column: str | None = None) -> None:
        """Note one reason why the order cannot be carried, once."""
        complaint = Complaint(code, message, column)
        if complaint not in self.complaints:
            self.complaints.append(complaint)

    def attribute(self, owner: str, owner_row: int, name: str | None) -> str | None:
        """Give the value of a custom attribute, or None."""
        for each in self.attributes:
            if each["name"] == name and each["owner"] == owner and each["owner_row"] == owner_row:
                value: str | None = each["value"]
                return value
        return None


@dataclass(slots=True)
class TaxPart:
    """A tax on a line: one row of SuiteTax's details."""

    tax_id: str | None
    rate: Decimal | None
    amount: Decimal


@dataclass(slots=True)
class SalesLine:
    """A line of a sales order.

    Amounts are in the order's currency. `net` and `tax` are the shop's line before any adjustment; `off_net` and
    `off_tax` are its adjustments and its share of the order's, zero or negative for a discount.

    Attributes:
        kind: what the line stands for.
        line_id: the shop's line id, or one made from it; unique within the order, the same at every export.
        item: name of the item, as `sku_field` has it.
        columns: the shop's own row; empty on lines that the shop has none for.
        quantity: units.
        taxes: the line's tax after adjustments, by tax; empty on what is not taxable.
        extra: further columns for the mapping.
    """

    kind: LineKind
    line_id: str
    item: str | None
    columns: Row
    quantity: Decimal | None = None
    net: Decimal = ZERO
    tax: Decimal = ZERO
    off_net: Decimal = ZERO
    off_tax: Decimal = ZERO
    amount: Decimal = ZERO
    shipment_id: str | None = None
    promotions: list[str] = field(default_factory=list)
    coupons: list[str] = field(default_factory=list)
    taxes: list[TaxPart] = field(default_factory=list)
    extra: Row = field(default_factory=dict)

    @property
    def after(self) -> Decimal:
        """Net after all adjustments."""
        return self.net + self.off_net

    @property
    def tax_after(self) -> Decimal:
        """Tax after all adjustments."""
        return self.tax + self.off_tax


@dataclass(slots=True)
class SalesOrder:
    """One sales order: the whole of an order, or one shipment's part of it.

    Attributes:
        external_id: its id.
        shipment: the shipment it stands for or goes with; None when the order has none.
        suffix: the shipment's id when the order became several, else None.
        lines: its lines, shipping lines among them until `shipping` takes them to the header.
        shipping_cost: header shipping after adjustments, net; None when shipping stands on lines.
        shipping_taxes: taxes of header shipping.
        discount: header discount, negative; zero when discounts stand on lines.
        tenders: gift certificates paid with, that stand as negative lines here; a positive amount.
        subtotal: sum of the lines' amounts, kept by `add` once `tie_out.settle` has made it.
        tax: sum of all taxes, wherever they stand; set by `tie_out.settle`.
        extra: further columns for the mapping.
    """

    external_id: str
    shipment: Row | None
    suffix: str | None
    lines: list[SalesLine]
    shipping_cost: Decimal | None = None
    shipping_taxes: list[TaxPart] = field(default_factory=list)
    discount: Decimal = ZERO
    tenders: Decimal = ZERO
    subtotal: Decimal = ZERO
    tax: Decimal = ZERO
    extra: Row = field(default_factory=dict)

    def add(self, line: SalesLine) -> None:
        """Add a line after the sums were made."""
        self.lines.append(line)
        self.subtotal += line.amount

    def taxes(self) -> list[tuple[str, Decimal, TaxPart]]:
        """Give every tax with the reference of its line and the amount it was taken from."""
        found = [(line.line_id, line.after, part) for line in self.lines for part in line.taxes]
        found += [("SHIPPING", self.shipping_cost or ZERO, part) for part in self.shipping_taxes]
        return found


def join(texts: Iterable[Any], longest: int = 4000) -> str | None:
    """Write several texts as one, each once, parted by commas; None when there is none."""
    distinct = dict.fromkeys(str(each) for each in texts if each not in (None, ""))
    return ", ".join(distinct)[:longest] or None
