"""An order as the shop knows it: what was put into the basket, and the amounts that came of it.

A variety fills in what a customer does; `pricing` fills in every `Amounts`; `xml` and `scapi` write
the same order in the two forms that SFCC hands out. The words are those of SFCC's order.xsd.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import datetime

ZERO = Decimal("0.00")
VERSIONS = ("18.5", "19.2", "19.5", "20.6", "20.8", "21.9", "22.1", "22.9", "23.4", "26.5")
"""Export versions of order.xsd, oldest first."""


def at_least(version: str, since: str) -> bool:
    """Say whether an export of this version may hold what came `since` another."""
    return VERSIONS.index(version) >= VERSIONS.index(since)


@dataclass
class Amounts:
    """Net, tax and gross of one thing, in the order's currency."""

    net: Decimal = ZERO
    tax: Decimal = ZERO
    gross: Decimal = ZERO

    def __add__(self, other: Amounts) -> Amounts:
        """Add part by part."""
        return Amounts(self.net + other.net, self.tax + other.tax, self.gross + other.gross)


@dataclass
class Attribute:
    """A custom attribute; several values make it a set, `several` also for a set of one."""

    name: str
    values: tuple[str, ...]
    locale: str | None = None
    several: bool = False


@dataclass
class Address:
    """A postal address; None leaves the element out."""

    first_name: str | None = None
    last_name: str | None = None
    address1: str | None = None
    city: str | None = None
    postal_code: str | None = None
    country_code: str | None = None
    state_code: str | None = None
    salutation: str | None = None
    title: str | None = None
    second_name: str | None = None
    suffix: str | None = None
    company_name: str | None = None
    job_title: str | None = None
    address2: str | None = None
    suite: str | None = None
    postbox: str | None = None
    phone: str | None = None
    attributes: list[Attribute] = field(default_factory=list)


@dataclass
class Customer:
    """Who ordered."""

    guest: bool
    email: str | None
    name: str | None
    customer_no: str | None = None
    billing: Address | None = None


@dataclass
class Adjustment:
    """A price adjustment.

    Attributes:
        promotion_id: promotion that made it.
        price: its amount in the site's own terms (net or gross), negative for a discount.
        amounts: filled in by `pricing`.
        discount: one of the 11 kinds of `discount` with its value; only custom code exports it.
        abtest: test and segment.
        manual: who made it by hand, and when.
    """

    promotion_id: str
    price: Decimal
    text: str | None = None
    amounts: Amounts = field(default_factory=Amounts)
    tax_basis: Decimal | None = None
    campaign_id: str | None = None
    abtest: tuple[str, str] | None = None
    coupon_id: str | None = None
    reason_code: str | None = None
    discount: tuple[str, str | None] | None = None
    manual: tuple[str, datetime] | None = None
    attributes: list[Attribute] = field(default_factory=list)


@dataclass
class TaxPart:
    """One tax of several on a line, for example that of a state."""

    tax_id: str
    rate: Decimal
    amount: Decimal = ZERO


@dataclass(kw_only=True)
class Priced:
    """Anything with a price: `base_price` is per unit in the site's own terms."""

    base_price: Decimal
    quantity: Decimal = Decimal(1)
    tax_rate: Decimal = ZERO
    text: str | None = None
    amounts: Amounts = field(default_factory=Amounts)
    tax_basis: Decimal | None = None
    tax_parts: list[TaxPart] = field(default_factory=list)
    adjustments: list[Adjustment] = field(default_factory=list)
    attributes: list[Attribute] = field(default_factory=list)

    @property
    def adjusted(self) -> Amounts:
        """Amounts after the line's own adjustments."""
        return sum((each.amounts for each in self.adjustments), self.amounts)


@dataclass(kw_only=True)
class OptionLine(Priced):
    """A chosen option; its quantity and tax rate are those of the product line."""

    option_id: str
    value_id: str
    sku: str


@dataclass(kw_only=True)
class ProductShipping(Priced):
    """Shipping of one product line: a surcharge, or a price in place of the shipment's."""

    kind: Literal["fixed-price", "surcharge"]


@dataclass
class Bundled:
    """A product inside a bundle; its price is in the bundle's."""

    sku: str
    name: str
    quantity: Decimal
    bundled: list[Bundled] = field(default_factory=list)


@dataclass(kw_only=True)
class ProductLine(Priced):
    """A product line."""

    sku: str
    name: str
    shipment_id: str
    position: int = 1
    unit: str = ""
    brand: str | None = None
    minimum: Decimal | None = None
    step: Decimal | None = None
    inventory_list_id: str | None = None
    options: list[OptionLine] = field(default_factory=list)
    bundled: list[Bundled] = field(default_factory=list)
    shipping: ProductShipping | None = None
    gift: bool = False
    gift_message: str | None = None
    external_status: str | None = None
    external_text: str | None = None


@dataclass(kw_only=True)
class ShippingLine(Priced):
    """The shipping costs of a shipment."""

    item_id: str
    shipment_id: str


@dataclass(kw_only=True)
class CertificateLine(Priced):
    """A gift certificate sold: never taxed, in no total but the order's."""

    shipment_id: str
    merchant_id: str | None = None
    certificate_id: str | None = None
    recipient_email: str | None = None
    recipient_name: str | None = None
    sender_name: str | None = None
    message: str | None = None


@dataclass
class Totals:
    """The five totals of an order or of a shipment."""

    merchandize: Amounts = field(default_factory=Amounts)
    adjusted_merchandize: Amounts = field(default_factory=Amounts)
    shipping: Amounts = field(default_factory=Amounts)
    adjusted_shipping: Amounts = field(default_factory=Amounts)
    total: Amounts = field(default_factory=Amounts)


@dataclass
class Shipment:
    """A part of the order that goes to one address by one method."""

    shipment_id: str
    method: str | None
    address: Address | None
    status: str = "NOT_SHIPPED"
    tracking_number: str | None = None
    gift: bool = False
    gift_message: str | None = None
    adjustments: list[Adjustment] = field(default_factory=list)
    attributes: list[Attribute] = field(default_factory=list)
    totals: Totals = field(default_factory=Totals)


@dataclass
class Payment:
    """A payment: the instrument (`element` of complexType.Payment and its `details`) and its transaction.

    `wallet` names the element inside salesforce-payments; details are (element, text) pairs in schema order.
    """

    element: str | None
    amount: Decimal = ZERO
    wallet: str | None = None
    details: tuple[tuple[str, str], ...] = ()
    processor_id: str | None = None
    transaction_id: str | None = None
    transaction_type: str | None = None
    account_id: str | None = None
    account_type: str | None = None
    instrument_attributes: list[Attribute] = field(default_factory=list)
    attributes: list[Attribute] = field(default_factory=list)


@dataclass
class Note:
    """A note on the order."""

    created_by: str
    created_at: datetime
    subject: str
    text: str | None = None


@dataclass
class Order:
    """An order of the shop.

    Attributes:
        site: the site it was placed on; no document says it.
        tax_basis: the site taxes adjusted prices (preference "tax products and shipping only based on
            adjusted price"): adjustments then carry no tax.
        adjustments: order-level adjustments of the merchandise, under totals/merchandize-total.
        shipping_adjustments: order-level adjustments of shipping, under totals/shipping-total.
        bare: nothing but the order number is written.
        modified_at: when it last changed; only SCAPI says it.
        varieties: the names of what it is an example of.
    """

    order_no: str
    site: str
    placed_at: datetime
    currency: str
    taxation: str
    customer: Customer
    lines: list[ProductLine] = field(default_factory=list)
    shipping_lines: list[ShippingLine] = field(default_factory=list)
    certificate_lines: list[CertificateLine] = field(default_factory=list)
    shipments: list[Shipment] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    adjustments: list[Adjustment] = field(default_factory=list)
    shipping_adjustments: list[Adjustment] = field(default_factory=list)
    totals: Totals = field(default_factory=Totals)
    tax_basis: bool = False
    tax_rounded_at_group: bool = False
    created_by: str = "Customer"
    locale: str | None = None
    status: str = "NEW"
    shipping_status: str = "NOT_SHIPPED"
    confirmation_status: str = "CONFIRMED"
    payment_status: str = "NOT_PAID"
    export_status: str = "READY"
    original_order_no: str | None = None
    source_code: tuple[str, str | None] | None = None
    affiliate: tuple[str, str] | None = None
    invoice_no: str | None = None
    customer_order_reference: str | None = None
    business_type: str | None = None
    channel_type: str | None = None
    replace_code: str | None = None
    replace_description: str | None = None
    replacement_order_no: str | None = None
    replaced_order_no: str | None = None
    current_order_no: str | None = None
    cancel_code: str | None = None
    cancel_description: str | None = None
    remote_host: str | None = None
    external_order_no: str | None = None
    external_status: str | None = None
    external_text: str | None = None
    global_party_id: str | None = None
    notes: list[Note] = field(default_factory=list)
    attributes: list[Attribute] = field(default_factory=list)
    bare: bool = False
    modified_at: datetime | None = None
    varieties: tuple[str, ...] = ()

    @property
    def product_shipping(self) -> list[tuple[ProductLine, ProductShipping]]:
        """Product lines that have shipping costs of their own, with those."""
        return [(line, line.shipping) for line in self.lines if line.shipping]

    def merchandise(self, shipment_id: str | None = None) -> list[Priced]:
        """Give the product and option lines in document order, of one shipment or of all."""
        found: list[Priced] = []
        for line in self.lines:
            if shipment_id in {None, line.shipment_id}:
                found += [line, *line.options]
        return found

    def shipping(self, shipment_id: str | None = None) -> list[Priced]:
        """Give the shipping lines, product-level ones included, of one shipment or of all."""
        shipment_lines: list[Priced] = [each for each in self.shipping_lines if shipment_id in {None, each.shipment_id}]
        return shipment_lines + [
            costs for line, costs in self.product_shipping if shipment_id in {None, line.shipment_id}
        ]
