"""Writes orders as SFCC exports them: order.xsd, any version from 18.5 to 26.5, streaming, plain or gzipped.

What an older version does not know is left out or written its way, as the schema's own notes say.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from lxml import etree

from sandbox.shop.files import opened
from sandbox.shop.lines_xml import NAMESPACE, LineWriter
from sandbox.shop.model import VERSIONS, Adjustment, Order, Payment, Shipment, Totals

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path


def write_orders(
    target: Path | IO[bytes], orders: Iterable[Order], *, version: str = VERSIONS[-1], gzip: bool = False
) -> int:
    """Write a drop, an order at a time, so that memory does not grow with its length.

    Args:
        target: path or binary file to write to.
        orders: what to write, in this order.
        version: value of ``orders/@version``.
        gzip: whether to compress.

    Returns:
        How many orders were written.
    """
    count = 0
    with opened(target, gzip=gzip) as file:
        file.write(b'<?xml version="1.0" encoding="UTF-8"?>\n')
        file.write(f'<orders xmlns="{NAMESPACE}" version="{version}">\n'.encode())
        for order in orders:
            file.write(order_bytes(order, version))
            count += 1
        file.write(b"</orders>\n")
    return count


def order_bytes(order: Order, version: str = VERSIONS[-1]) -> bytes:
    """Give one ``order`` element as it stands in a drop, indented, in UTF-8."""
    node = order_element(order, version)
    etree.indent(node, space="    ", level=1)
    written: bytes = etree.tostring(node, encoding="utf-8")
    return b"    " + written.replace(f' xmlns="{NAMESPACE}"'.encode(), b"", 1) + b"\n"


def order_element(order: Order, version: str = VERSIONS[-1]) -> etree._Element:
    """Give one order as an element of order.xsd."""
    root = etree.Element(f"{{{NAMESPACE}}}order", {"order-no": order.order_no}, nsmap={None: NAMESPACE})
    if not order.bare:
        _OrderWriter(order, version).write(root)
    return root


class _OrderWriter(LineWriter):
    """Writes one order; the methods follow the sequence of complexType.Order."""

    def __init__(self, order: Order, version: str) -> None:
        super().__init__(version)
        self._order = order

    def write(self, root: etree._Element) -> None:
        order = self._order
        self._head(root)
        self._customer(root)
        self.text(root, "customer-order-reference", order.customer_order_reference)
        self._status(root)
        self._chain(root)
        if order.lines:
            box = self.node(root, "product-lineitems")
            for line in order.lines:
                self.product_line(box, line)
        if order.certificate_lines:
            box = self.node(root, "giftcertificate-lineitems")
            for certificate in order.certificate_lines:
                self.certificate_line(box, certificate)
        box = self.node(root, "shipping-lineitems")
        for shipping_line in order.shipping_lines:
            self.shipping_line(box, shipping_line)
        box = self.node(root, "shipments")
        for shipment in order.shipments:
            self._shipment(box, shipment)
        if order.tax_rounded_at_group and self.since("23.4"):
            self.text(root, "tax-rounded-at-group", True)
        self._order_totals(root)
        if order.payments:
            box = self.node(root, "payments")
            for payment in order.payments:
                self._payment(box, payment)
        self._tail(root)

    def _head(self, root: etree._Element) -> None:
        order = self._order
        self.texts(
            root,
            (
                ("order-date", order.placed_at),
                ("created-by", order.created_by),
                ("original-order-no", order.original_order_no or order.order_no),
                ("currency", order.currency or None),
                ("customer-locale", order.locale),
                ("taxation", order.taxation),
            ),
        )
        if order.source_code:
            node = self.node(root, "source-code")
            self.texts(node, (("code", order.source_code[0]), ("group-id", order.source_code[1])))
        if order.affiliate:
            name, identifier = order.affiliate
            self.texts(root, (("affiliate-partner-name", name), ("affiliate-partner-id", identifier)))
        self.text(root, "invoice-no", order.invoice_no)

    def _customer(self, root: etree._Element) -> None:
        customer = self._order.customer
        node = self.node(root, "customer")
        self.texts(
            node,
            (
                ("guest", customer.guest),
                ("customer-no", customer.customer_no),
                ("customer-name", customer.name),
                ("customer-email", customer.email),
            ),
        )
        if customer.billing:
            self.address(self.node(node, "billing-address"), customer.billing)

    def _status(self, root: etree._Element) -> None:
        order = self._order
        self.texts(
            self.node(root, "status"),
            (
                ("order-status", order.status),
                ("shipping-status", order.shipping_status),
                ("confirmation-status", order.confirmation_status),
                ("payment-status", order.payment_status),
                ("export-status", order.export_status),
            ),
        )

    def _chain(self, root: etree._Element) -> None:
        order = self._order
        self.texts(
            root,
            (
                ("business-type", order.business_type),
                ("channel-type", order.channel_type),
                ("replace-code", order.replace_code),
                ("replace-description", order.replace_description),
                ("replacement-order-no", order.replacement_order_no),
                ("replaced-order-no", order.replaced_order_no),
                ("current-order-no", order.current_order_no or order.order_no),
                ("cancel-code", order.cancel_code),
                ("cancel-description", order.cancel_description),
            ),
        )

    def _shipment(self, box: etree._Element, shipment: Shipment) -> None:
        node = self.node(box, "shipment", **{"shipment-id": shipment.shipment_id})
        self.text(self.node(node, "status"), "shipping-status", shipment.status)
        self.texts(node, (("shipping-method", shipment.method), ("tracking-number", shipment.tracking_number)))
        if shipment.address:
            self.address(self.node(node, "shipping-address"), shipment.address)
        self.texts(node, (("gift", shipment.gift), ("gift-message", shipment.gift_message)))
        self._totals(self.node(node, "totals"), shipment.totals, "shipment-total", shipment.adjustments, ())
        self.attributes(node, shipment.attributes)

    def _order_totals(self, root: etree._Element) -> None:
        order = self._order
        self._totals(
            self.node(root, "totals"), order.totals, "order-total", order.adjustments, order.shipping_adjustments
        )

    def _totals(
        self,
        box: etree._Element,
        totals: Totals,
        last: str,
        merchandize: Sequence[Adjustment],
        shipping: Sequence[Adjustment],
    ) -> None:
        for name, amounts, adjustments in (
            ("merchandize-total", totals.merchandize, merchandize),
            ("adjusted-merchandize-total", totals.adjusted_merchandize, ()),
            ("shipping-total", totals.shipping, shipping),
            ("adjusted-shipping-total", totals.adjusted_shipping, ()),
            (last, totals.total, ()),
        ):
            node = self.node(box, name)
            self.amounts(node, amounts)
            self.adjustments(node, adjustments)

    def _payment(self, box: etree._Element, payment: Payment) -> None:
        node = self.node(box, "payment")
        self._instrument(node, payment)
        self.texts(
            node,
            (
                ("amount", payment.amount),
                ("processor-id", payment.processor_id),
                ("transaction-id", payment.transaction_id),
                ("transaction-type", payment.transaction_type),
            ),
        )
        if self.since("21.9"):
            self.texts(node, (("account-id", payment.account_id), ("account-type", payment.account_type)))
        self.attributes(node, payment.attributes)

    def _instrument(self, parent: etree._Element, payment: Payment) -> None:
        if payment.element is None:
            return
        if payment.element == "salesforce-payments" and not self.since("22.9"):
            # Before 22.9 a Salesforce payment was a custom method without details.
            node = self.node(parent, "custom-method")
            self.text(node, "method-name", "Salesforce Payments")
        else:
            node = self.node(parent, payment.element)
            if payment.wallet:
                node = self.node(node, payment.wallet)
            self.texts(node, payment.details)
        self.attributes(node, payment.instrument_attributes)

    def _tail(self, root: etree._Element) -> None:
        order = self._order
        self.text(root, "remoteHost", order.remote_host)
        if order.notes:
            box = self.node(root, "notes")
            for note in order.notes:
                self.texts(
                    self.node(box, "note"),
                    (
                        ("created-by", note.created_by),
                        ("creation-date", note.created_at),
                        ("subject", note.subject),
                        ("text", note.text),
                    ),
                )
        self.texts(
            root,
            (
                ("external-order-no", order.external_order_no),
                ("external-order-status", order.external_status),
                ("external-order-text", order.external_text),
            ),
        )
        if self.since("19.5"):
            self.text(root, "global-party-id", order.global_party_id)
        self.attributes(root, order.attributes)
