"""The order as every storefront and ERP of Cartage sees it.

An order is rows in several tables that share ``order``, the order's row number in its batch
(`Batch.tables`). Amounts are as the shop wrote them: a line's ``net``, ``tax`` and ``gross`` are
the line's totals *before* its adjustments, ``base_price`` is per unit.

Source of the columns: SFCC's order.xsd, versions 18.5 to 26.5.
"""

from __future__ import annotations

from cartage.records.columns import (
    FLAG,
    INSTANT,
    MONEY,
    QUANTITY,
    RATE,
    ROW,
    TEXT,
    address,
    amounts,
    table,
)

ERP_ORDER_NO = "erpOrderNo"
"""Custom attribute of the shop's order that holds the ERP's number of it."""

OWN_ATTRIBUTES = frozenset({ERP_ORDER_NO, "trackingNumbers", "trackingCarriers", "trackingCarrier"})
"""Custom attributes that Cartage writes on the shop's orders and their shipments: they come back with the next version, and
say nothing new."""

TOTALS = ("merchandize", "adjusted_merchandize", "shipping", "adjusted_shipping")
LINE_KINDS = ("product", "option", "bundled", "gift_certificate", "shipping", "product_shipping")
PAYMENT_KINDS = (
    "credit_card", "bank_transfer", "bml", "gift_certificate", "apple_pay", "android_pay",
    "salesforce_payments", "custom", "none",
)  # fmt: skip

ORDERS = table(
    {
        "order": (ROW, "row of this order in its batch; unique within a run"),
        "key": (TEXT, "the record's key: site, a slash, order number"),
        "site": (TEXT, "the shop's site, from the folder or the file's name: the document has none"),
        "order_no": (TEXT, "the order's number, as the shop writes it"),
        "drop": (TEXT, "name of the drop it came in; null when it came by REST"),
        "position": (ROW, "place in that drop, from 0"),
        "version": (TEXT, "sorts two copies of one order: last-modified or export time, then position"),
        "placed_at": (INSTANT, "when the customer placed it (order-date)"),
        "created_by": (TEXT, "customer, or the agent who placed it"),
        "original_order_no": (TEXT, "first order of a chain of replacements"),
        "currency": (TEXT, "ISO 4217 code of every amount of the order"),
        "locale": (TEXT, "the customer's locale, for example de_DE"),
        "taxation": (TEXT, "net or gross: which prices the shop shows"),
        "source_code": (TEXT, "source code that brought the customer"),
        "source_code_group": (TEXT, "group of that source code"),
        "affiliate_partner_name": (TEXT, "affiliate partner's name"),
        "affiliate_partner_id": (TEXT, "affiliate partner's id"),
        "invoice_no": (TEXT, "the shop's invoice number"),
        "customer_guest": (FLAG, "true when the customer did not sign in"),
        "customer_no": (TEXT, "customer number; a guest may have none"),
        "customer_name": (TEXT, "customer's full name"),
        "customer_email": (TEXT, "customer's e-mail"),
        **address("bill", "billing"),
        "customer_order_reference": (TEXT, "the customer's own reference"),
        "order_status": (TEXT, "CREATED, NEW, OPEN, CANCELLED, COMPLETED, REPLACED or FAILED"),
        "shipping_status": (TEXT, "NOT_SHIPPED, PART_SHIPPED or SHIPPED"),
        "confirmation_status": (TEXT, "NOT_CONFIRMED or CONFIRMED"),
        "payment_status": (TEXT, "NOT_PAID, PART_PAID or PAID"),
        "export_status": (TEXT, "NOT_EXPORTED, READY, EXPORTED or FAILED"),
        "business_type": (TEXT, "B2C or B2B"),
        "channel_type": (TEXT, "channel the order came through"),
        "replace_code": (TEXT, "why it was replaced, as a code"),
        "replace_description": (TEXT, "why it was replaced, in words"),
        "replacement_order_no": (TEXT, "order that replaces this one"),
        "replaced_order_no": (TEXT, "order that this one replaces"),
        "current_order_no": (TEXT, "last order of the chain of replacements"),
        "cancel_code": (TEXT, "why it was cancelled, as a code"),
        "cancel_description": (TEXT, "why it was cancelled, in words"),
        "tax_rounded_at_group": (FLAG, "true when taxes were rounded per group, not per line"),
        **amounts("merchandize", "all product lines before any adjustment"),
        **amounts("adjusted_merchandize", "all product lines after product- and order-level adjustments"),
        **amounts("shipping", "all shipping lines before adjustments"),
        **amounts("adjusted_shipping", "all shipping lines after adjustments"),
        **amounts("order", "the whole order, gift certificates sold included"),
        "remote_host": (TEXT, "address the order was placed from"),
        "external_order_no": (TEXT, "the ERP's number, once the shop knows it"),
        "external_order_status": (TEXT, "the ERP's status, once the shop knows it"),
        "external_order_text": (TEXT, "the ERP's words, once the shop knows them"),
        "global_party_id": (TEXT, "customer across clouds"),
    }
)

LINES = table(
    {
        "order": (ROW, "row of the order"),
        "line": (ROW, "row of this line in its batch"),
        "parent": (ROW, "row of the product line it belongs to (option, bundled, product_shipping), or null"),
        "kind": (TEXT, "product, option, bundled, gift_certificate, shipping or product_shipping"),
        "line_id": (TEXT, "stable id of the line within its order; see `line_id` in the reader"),
        "position": (QUANTITY, "the shop's own position"),
        "product_id": (TEXT, "sku; for an option the option's product"),
        "product_name": (TEXT, "name at the time of the order"),
        "text": (TEXT, "the line's text"),
        "quantity": (QUANTITY, "units; for a bundled line, as the document says"),
        "unit": (TEXT, "unit of measure, may be empty"),
        "base_price": (MONEY, "price of one unit before adjustments"),
        "net": (MONEY, "net total of the line before adjustments"),
        "tax": (MONEY, "tax of the line before adjustments"),
        "gross": (MONEY, "gross total of the line before adjustments"),
        "tax_basis": (MONEY, "amount the tax was taken from"),
        "tax_rate": (RATE, "tax rate as a share of one"),
        "brand": (TEXT, "brand"),
        "shipment_id": (TEXT, "shipment it goes with"),
        "inventory_list_id": (TEXT, "inventory list it was sold from"),
        "gift": (FLAG, "to be wrapped as a gift"),
        "gift_message": (TEXT, "gift message of the line"),
        "option_id": (TEXT, "option, on option lines"),
        "value_id": (TEXT, "chosen value, on option lines"),
        "item_id": (TEXT, "id of a shipping line, for example STANDARD_SHIPPING"),
        "shipping_type": (TEXT, "fixed-price or surcharge, on product shipping lines"),
        "certificate_merchant_id": (TEXT, "merchant's id of a gift certificate sold"),
        "certificate_id": (TEXT, "SFCC's id of a gift certificate sold"),
        "recipient_email": (TEXT, "who receives the certificate"),
        "recipient_name": (TEXT, "who receives the certificate"),
        "sender_name": (TEXT, "who gives the certificate"),
        "certificate_message": (TEXT, "words with the certificate"),
        "external_line_status": (TEXT, "the ERP's status of the line"),
        "external_line_text": (TEXT, "the ERP's words on the line"),
    }
)

ADJUSTMENTS = table(
    {
        "order": (ROW, "row of the order"),
        "line": (ROW, "row of the line it lowers; null for an adjustment of a total"),
        "scope": (TEXT, "line, order (merchandize-total), shipping (shipping-total) or shipment"),
        "shipment_id": (TEXT, "shipment whose total it lowers, on scope shipment"),
        "total": (TEXT, "name of the total it stands under, with underscores; null on scope line"),
        "net": (MONEY, "net amount, negative for a discount"),
        "tax": (MONEY, "tax part, negative for a discount"),
        "gross": (MONEY, "gross amount, negative for a discount"),
        "base_price": (MONEY, "base price of the adjustment"),
        "text": (TEXT, "text shown to the customer"),
        "tax_basis": (MONEY, "amount the tax was taken from"),
        "promotion_id": (TEXT, "promotion"),
        "campaign_id": (TEXT, "campaign"),
        "abtest_id": (TEXT, "A/B test"),
        "abtest_segment_id": (TEXT, "its segment"),
        "coupon_id": (TEXT, "coupon"),
        "reason_code": (TEXT, "reason of a manual adjustment"),
        "manual": (FLAG, "made by hand"),
        "discount_kind": (TEXT, "one of the 11 kinds of `discount`, only from custom code"),
        "discount_value": (TEXT, "its value, as written"),
        "created_by": (TEXT, "who made it"),
        "created_at": (INSTANT, "when it was made"),
    }
)

TAX_ITEMS = table(
    {
        "order": (ROW, "row of the order"),
        "line": (ROW, "row of the line"),
        "tax_id": (TEXT, "tax, for example state_CA"),
        "rate": (RATE, "its rate as a share of one"),
        "amount": (MONEY, "its amount"),
    }
)

SHIPMENTS = table(
    {
        "order": (ROW, "row of the order"),
        "shipment": (ROW, "row of this shipment in its batch"),
        "shipment_id": (TEXT, "id within the order"),
        "status": (TEXT, "NOT_SHIPPED or SHIPPED"),
        "shipping_method": (TEXT, "shipping method"),
        "tracking_number": (TEXT, "the one tracking number"),
        **address("ship", "shipping"),
        "gift": (FLAG, "the whole shipment is a gift"),
        "gift_message": (TEXT, "gift message of the shipment"),
        **amounts("merchandize", "its product lines before any adjustment"),
        **amounts("adjusted_merchandize", "its product lines after adjustments"),
        **amounts("shipping", "its shipping lines before adjustments"),
        **amounts("adjusted_shipping", "its shipping lines after adjustments"),
        **amounts("shipment", "the shipment"),
    }
)

PAYMENTS = table(
    {
        "order": (ROW, "row of the order"),
        "payment": (ROW, "row of this payment in its batch"),
        "ordinal": (ROW, "place among the order's payments, from 0"),
        "kind": (TEXT, "one of PAYMENT_KINDS"),
        "method": (TEXT, "custom method's name, or the kind of Salesforce payment"),
        "amount": (MONEY, "amount"),
        "processor_id": (TEXT, "payment processor"),
        "transaction_id": (TEXT, "the processor's transaction"),
        "transaction_type": (TEXT, "AUTH, AUTH_REVERSAL, CAPTURE or CREDIT"),
        "account_id": (TEXT, "account at the processor"),
        "account_type": (TEXT, "kind of that account"),
        "card_type": (TEXT, "brand of the card"),
        "last_four": (TEXT, "last four digits of card or account, nothing more of it"),
        "certificate_id": (TEXT, "gift certificate it was paid with"),
        "capture_id": (TEXT, "capture at PayPal or Venmo"),
        "bank": (TEXT, "bank, of bank redirects"),
    }
)

ATTRIBUTES = table(
    {
        "order": (ROW, "row of the order"),
        "owner": (TEXT, "order, line, shipment, payment, adjustment, bill_address or ship_address"),
        "owner_row": (ROW, "row of the line, shipment or payment; the order's row for the order and bill_address"),
        "name": (TEXT, "attribute-id"),
        "locale": (TEXT, "xml:lang, when given"),
        "value": (TEXT, "its text; the first value of several"),
        "values": (TEXT, "several values as a JSON array, else null"),
    }
)

NOTES = table(
    {
        "order": (ROW, "row of the order"),
        "created_by": (TEXT, "who wrote it"),
        "created_at": (INSTANT, "when"),
        "subject": (TEXT, "subject"),
        "text": (TEXT, "text"),
    }
)

TABLES = {
    "orders": ORDERS,
    "lines": LINES,
    "adjustments": ADJUSTMENTS,
    "tax_items": TAX_ITEMS,
    "shipments": SHIPMENTS,
    "payments": PAYMENTS,
    "attributes": ATTRIBUTES,
    "notes": NOTES,
}
"""Every table of the record, the root first; all others link to it by ``order``."""

ROOT = "orders"
LINK = "order"
START = "placed_at"
"""Column of the root that a flow's `start_at` is compared with; None where all are taken."""
EMAILS = ("customer_email",)
PHONES = ("bill_phone",)
"""Columns of the root by which a record in quarantine can be looked up."""
