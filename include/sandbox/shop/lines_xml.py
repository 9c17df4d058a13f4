"""Writes the lines of an order: products, options, bundles, gift certificates, shipping and their adjustments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.shop.elements import Writer, double
from sandbox.shop.model import (
    Adjustment,
    Amounts,
    Bundled,
    CertificateLine,
    Priced,
    ProductLine,
    ShippingLine,
    TaxPart,
    at_least,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lxml import etree

NAMESPACE = "http://www.demandware.com/xml/impex/order/2006-10-31"


class LineWriter(Writer):
    """Writes lines into their boxes, each in the sequence of its complex type in order.xsd."""

    def __init__(self, version: str) -> None:
        super().__init__(NAMESPACE)
        self._version = version

    def since(self, version: str) -> bool:
        """Say whether the export's version knows what came with another."""
        return at_least(self._version, version)

    def amounts(self, node: etree._Element, amounts: Amounts) -> None:
        """Write net, tax and gross."""
        self.texts(node, (("net-price", amounts.net), ("tax", amounts.tax), ("gross-price", amounts.gross)))

    def _priced(self, node: etree._Element, line: Priced) -> None:
        self.amounts(node, line.amounts)
        self.texts(node, (("base-price", line.base_price), ("lineitem-text", line.text), ("tax-basis", line.tax_basis)))

    def _quantity(self, node: etree._Element, line: Priced, unit: str = "") -> None:
        self.node(node, "quantity", unit=unit).text = double(line.quantity)

    def product_line(self, box: etree._Element, line: ProductLine) -> None:
        """Write a product line, with all that hangs on it."""
        node = self.node(box, "product-lineitem")
        self._priced(node, line)
        self.texts(node, (("position", line.position), ("product-id", line.sku), ("product-name", line.name)))
        self._quantity(node, line, line.unit)
        self.texts(
            node,
            (
                ("tax-rate", double(line.tax_rate)),
                ("min-order-quantity", line.minimum),
                ("step-quantity", line.step),
                ("brand", line.brand),
                ("shipment-id", line.shipment_id),
                ("inventory-list-id", line.inventory_list_id),
            ),
        )
        self._options(node, line)
        self._bundled(node, line.bundled)
        self._product_shipping(node, line)
        self.texts(
            node,
            (
                ("gift", line.gift),
                ("gift-message", line.gift_message),
                ("external-line-item-status", line.external_status),
                ("external-line-item-text", line.external_text),
            ),
        )
        self._tax_parts(node, line.tax_parts)
        self.attributes(node, line.attributes)
        self.adjustments(node, line.adjustments)

    def _options(self, parent: etree._Element, line: ProductLine) -> None:
        if not line.options:
            return
        box = self.node(parent, "option-lineitems")
        for option in line.options:
            node = self.node(box, "option-lineitem")
            self._priced(node, option)
            self.texts(
                node, (("option-id", option.option_id), ("value-id", option.value_id), ("product-id", option.sku))
            )
            self._tax_parts(node, option.tax_parts)
            self.attributes(node, option.attributes)
            self.adjustments(node, option.adjustments)

    def _bundled(self, parent: etree._Element, bundled: Sequence[Bundled]) -> None:
        if not bundled:
            return
        box = self.node(parent, "bundled-product-lineitems")
        for each in bundled:
            node = self.node(box, "bundled-product-lineitem")
            self.texts(node, (("product-id", each.sku), ("product-name", each.name)))
            self.node(node, "quantity", unit="").text = double(each.quantity)
            self._bundled(node, each.bundled)

    def _product_shipping(self, parent: etree._Element, line: ProductLine) -> None:
        costs = line.shipping
        if costs is None:
            return
        node = self.node(parent, "shipping-lineitem")
        self._priced(node, costs)
        self._quantity(node, costs)
        self.texts(node, (("tax-rate", double(costs.tax_rate)), ("type", costs.kind)))
        self._tax_parts(node, costs.tax_parts)
        if self.since("20.8"):
            self.attributes(node, costs.attributes)
        self.adjustments(node, costs.adjustments)

    def _tax_parts(self, parent: etree._Element, parts: Sequence[TaxPart]) -> None:
        if not parts or not self.since("26.5"):
            return
        box = self.node(parent, "tax-items")
        for part in parts:
            self.texts(
                self.node(box, "tax-item"),
                (("tax-id", part.tax_id), ("tax-rate", part.rate), ("tax-amount", part.amount)),
            )

    def adjustments(self, parent: etree._Element, adjustments: Sequence[Adjustment]) -> None:
        """Write price adjustments, where there are any."""
        if not adjustments:
            return
        box = self.node(parent, "price-adjustments")
        for adjustment in adjustments:
            self._adjustment(self.node(box, "price-adjustment"), adjustment)

    def _adjustment(self, node: etree._Element, adjustment: Adjustment) -> None:
        self.amounts(node, adjustment.amounts)
        self.texts(
            node,
            (
                ("base-price", adjustment.price),
                ("lineitem-text", adjustment.text),
                ("tax-basis", adjustment.tax_basis),
                ("promotion-id", adjustment.promotion_id),
                ("campaign-id", adjustment.campaign_id),
            ),
        )
        if adjustment.abtest:
            test, segment = adjustment.abtest
            self.texts(self.node(node, "abtest"), (("test-id", test), ("segment-id", segment)))
        self.texts(node, (("coupon-id", adjustment.coupon_id), ("reason-code", adjustment.reason_code)))
        if adjustment.manual:
            self.text(node, "manual", True)
        if adjustment.discount:
            kind, value = adjustment.discount
            self.node(self.node(node, "discount"), kind).text = value
        if adjustment.manual:
            by, at = adjustment.manual
            self.texts(node, (("created-by", by), ("creation-date", at)))
        self.attributes(node, adjustment.attributes)

    def certificate_line(self, box: etree._Element, line: CertificateLine) -> None:
        """Write a gift certificate that was sold."""
        node = self.node(box, "giftcertificate-lineitem")
        self._priced(node, line)
        self.texts(
            node,
            (
                ("gc-merchant-id", line.merchant_id),
                ("giftcertificate-id", line.certificate_id),
                ("recipient-email", line.recipient_email),
                ("sender-name", line.sender_name),
                ("recipient-name", line.recipient_name),
                ("message", line.message),
                ("shipment-id", line.shipment_id),
            ),
        )
        self.attributes(node, line.attributes)

    def shipping_line(self, box: etree._Element, line: ShippingLine) -> None:
        """Write the shipping costs of a shipment."""
        node = self.node(box, "shipping-lineitem")
        self._priced(node, line)
        self.adjustments(node, line.adjustments)
        self.texts(
            node,
            (("item-id", line.item_id), ("shipment-id", line.shipment_id), ("tax-rate", double(line.tax_rate))),
        )
        self._tax_parts(node, line.tax_parts)
        self.attributes(node, line.attributes)
