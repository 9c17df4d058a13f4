"""The columns that mappings to NetSuite may name, beside those of the neutral records.

The neutral columns keep their names and meanings. What stands here is worked out on the way: ids, amounts
after discounts, the words of several rows as one. `TargetMapping.check` refuses a mapping that names others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartage.records import customer, order

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

ADDRESS = ("addressee", "attention", "addr1", "addr2", "addr3", "city", "zip", "state", "country", "phone")

ORDER = {
    "attributes": "custom attributes of the order, by name",
    "customer_ref": "reference to the customer's document, or to the customer of all guests",
    "subsidiary_id": "internal id of the site's subsidiary",
    "currency_id": "internal id of the order's currency",
    "location_id": "internal id of the location on the header",
    "order_status_id": "A pending approval, B pending fulfilment",
    "tax_mode": "suitetax, tax_line or erp",
    "integration": "name of the integration",
    "guest": "true for guest orders, else null",
    "gift": "true when the shipment is a gift, else null",
    "gift_message": "words with the gift",
    "shipment_id": "shipment this sales order stands for; null when the order is one",
    "shipping_method": "shipping method in the shop's words",
    "shipping_cost": "header shipping after discounts, net; null when shipping stands on lines",
    "multi_ship_to": "true when lines have addresses of their own, else null",
    "header_discount": "header discount, negative; null when there is none",
    "discount_item": "name of the header discount's item; null when there is none",
    "pickup_store": "store the order is picked up from",
    "promotions": "promotion ids of the order and of shipping",
    "coupons": "coupons that were redeemed",
    "payment_methods": "kinds of payment, in the shop's words",
    "payment_processors": "processors that took the payments",
    "payment_ids": "the processors' transactions",
    "gift_certificates": "gift certificates the order was paid with",
    "note_texts": "notes on the order",
    "affiliate": "affiliate partner's name and id",
    "cancel_reason": "why it was cancelled, code and words",
    "replace_reason": "why it was replaced, code and words",
    "other_attributes": "custom attributes that the settings give no field of their own, as JSON",
    "shop_total": "gross total of this document's part of the order, tenders included",
    "shop_tax": "its tax",
    "shop_shipping": "its shipping after discounts, net",
    "shop_discount": "its discounts, net, as a positive amount",
    **{f"billing_{part}": f"billing address: {part}" for part in ADDRESS},
    **{f"shipping_{part}": f"shipping address: {part}" for part in ADDRESS},
}

LINE = {
    "attributes": "custom attributes of the line, by name",
    "line_kind": "product, option, bundled, gift_certificate, shipping, product_shipping, discount, tax, tender, rounding",
    "item": "name of the item, for `lookup: item`",
    "amount": "the line's amount, net, as the settings want it",
    "gross_amount": "the same with its tax, for items whose prices include tax: name it instead of `amount` and `rate`",
    "rate": "amount of one unit; it only informs",
    "line_discount": "discounts of the line and its share of the order's, net, as a positive amount",
    "line_tax": "tax of the line after discounts",
    "tax_reference": "ties the line to its tax details; null when it has none",
    "taxable": "false where NetSuite must compute no tax; null where it is not asked",
    "location_id": "internal id of the store's location, on lines that are picked up",
    "ship_to": "label of the line's address, when lines have addresses of their own",
    "ship_method": "shipping method, when lines have addresses of their own",
    "bonus": "true on what the customer got for nothing, else null",
    "bundle_of": "shop line of the bundle that the line is part of",
    "option_of": "shop line that the option belongs to",
    "option": "option and chosen value",
    "description": "words of the line",
    "line_promotions": "promotion ids of the line",
    "line_coupons": "coupons that lowered the line",
    "tax_percent": "tax rate in percent",
    "certificate": "gift certificate that was sold or tendered",
    "recipient": "who receives the certificate",
    "certificate_from": "who gives it, on NetSuite's own certificate item only",
    "certificate_to": "who receives it, likewise",
    "certificate_email": "where it is sent, likewise",
    "certificate_words": "words with it, likewise",
    "other_attributes": "custom attributes that the settings give no column of their own, as JSON",
}

TAX_DETAIL = {
    "reference": "reference of the line, or SHIPPING",
    "tax_id": "the shop's tax, where it names one",
    "tax_code": "internal id of the tax code",
    "tax_type": "name of the tax type",
    "basis": "amount the tax was taken from",
    "rate": "rate in percent",
    "amount": "the shop's tax",
}

DEPOSIT = {
    "attributes": ORDER["attributes"],
    "customer_ref": ORDER["customer_ref"],
    "sales_order_ref": "reference to the sales order's document",
    "subsidiary_id": ORDER["subsidiary_id"],
    "currency_id": ORDER["currency_id"],
    "deposit_amount": "amount of the deposit",
    "account_id": "internal id of the account; null: undeposited funds",
    "payment_words": "method of the payment, in the shop's words",
    "payment_processor": "processor",
    "payment_id": "the processor's transaction, or the gift certificate",
    "payment_certificate": "gift certificate it was paid with",
    "integration": ORDER["integration"],
}

CUSTOMER = {
    "attributes": "custom attributes of the customer, by name",
    "customer_list": "customer list of the site",
    "subsidiary_id": "internal id of the site's subsidiary",
    "currency_id": "internal id of the currency the customer buys in",
    "is_person": "false on companies",
    "guest": "true when known by guest orders only, else null",
    "given_name": "first name, from wherever it is known",
    "family_name": "last name, from wherever it is known; never null on a person",
    "phone": "the first phone number known",
    "group_names": "customer groups",
    "other_attributes": "custom attributes, as JSON",
    "company_ref": "reference to the company's document, on contacts",
}

BOOK = {
    "label": "name of the address in the book",
    "default": "true on the customer's default, else false",
    **{part: f"address: {part}" for part in ADDRESS},
}

_ORDER = {*order.ORDERS.names, *ORDER}

OFFERED: Mapping[str, Mapping[str, Collection[str]]] = {
    "order": {
        "order": _ORDER,
        "lines": {*order.LINES.names, *LINE},
        "tax_details": set(TAX_DETAIL),
        "payments": set(order.PAYMENTS.names),
        "notes": set(order.NOTES.names),
    },
    "deposit": {"order": {*order.ORDERS.names, *DEPOSIT}},
    "customer": {"customer": {*customer.CUSTOMERS.names, *CUSTOMER}, "addresses": set(BOOK)},
    "contact": {"customer": {*customer.CUSTOMERS.names, *CUSTOMER}},
}
"""Columns by mapping, then by whose row they are of."""

LOOKUPS = ("item", "shipping_method", "zone")
"""Lookups that mappings to NetSuite may ask for."""

CLOSING = frozenset(
    {
        "subsidiary",
        "currency",
        "otherRefNum",
        "custbody_ctg_site",
        "custbody_ctg_order_no",
        "custbody_ctg_cancel_reason",
        "custbody_ctg_replace_reason",
        "custbody_ctg_replacement_order_no",
    }
)
"""All that a cancellation says: whose order it is, and why. Nothing else of a closed order may change."""
