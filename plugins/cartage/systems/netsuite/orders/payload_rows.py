"""The rows that mappings read: the shop's columns, and beside them what `columns` names."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from cartage.records import order as record
from cartage.systems.netsuite.orders import attributes, taxes, tie_out
from cartage.systems.netsuite.orders.amounts import ZERO, total
from cartage.systems.netsuite.orders.columns import LINE
from cartage.systems.netsuite.orders.model import MERCHANDISE, SHIPPING, SalesLine, SalesOrder, ShopOrder, join
from cartage.systems.netsuite.orders.payments import Deposit, noted
from cartage.systems.netsuite.orders.shipments import put_address

if TYPE_CHECKING:
    from cartage.settings import Orders, Settings, Site
    from cartage.systems.netsuite.orders.rows import Row

RATE = Decimal("0.00000001")
"""What a rate is rounded to: the digits that NetSuite keeps of it."""
_NO_LINE: Row = dict.fromkeys([*record.LINES.names, *LINE])
_NO_ATTRIBUTES: Row = {"attributes": {}}


def order_row(
    order: ShopOrder, part: SalesOrder, settings: Settings, *, site: Site, customer: Row, integration: str
) -> Row:
    """Give the row of a sales order for the mapping `order`."""
    columns, shipment, rules = order.columns, part.shipment or {}, settings.orders
    row = columns.copy() if part.suffix else columns  # the only sales order of an order may have its row
    row.update(noted(order.payments))
    put_address(row, "billing_", columns, "bill_")
    if part.shipment is not None:
        put_address(row, "shipping_", part.shipment, "ship_")
    row |= {
        "customer_ref": customer,
        "subsidiary_id": site.subsidiary,
        "currency_id": site.currencies.get(columns["currency"]),
        "location_id": part.extra.get("location", site.location),
        "order_status_id": site.order_status,
        "tax_mode": rules.tax,
        "integration": integration,
        "guest": columns["customer_guest"] or None,
        "gift": shipment.get("gift") or None,
        "gift_message": shipment.get("gift_message"),
        "shipment_id": part.suffix,
        "shipping_method": part.extra.get("shipping_method"),
        "shipping_cost": part.shipping_cost,
        "multi_ship_to": part.extra.get("multi_ship_to"),
        "header_discount": part.discount or None,
        "discount_item": rules.items.discount if part.discount else None,
        "pickup_store": part.extra.get("pickup_store"),
        "promotions": join(each["promotion_id"] for each in order.adjustments) if order.adjustments else None,
        "coupons": _coupons(order),
        "note_texts": join(each["text"] or each["subject"] for each in order.notes) if order.notes else None,
        "affiliate": _words(columns, "affiliate_partner_name", "affiliate_partner_id"),
        "cancel_reason": _words(columns, "cancel_code", "cancel_description"),
        "replace_reason": _words(columns, "replace_code", "replace_description"),
        **_sums(part, rules),
        **_attributes(order, shipment, rules),
        "lines": [line_row(order, line, rules) for line in part.lines],
        "tax_details": taxes.detail_rows(order, part, rules) if rules.tax == "suitetax" else (),
        "payments": order.payments,
        "notes": order.notes,
    }
    return row


def _coupons(order: ShopOrder) -> str | None:
    if not order.adjustments and not order.line_adjustments:
        return None
    on_lines = (each for line in order.lines for each in order.line_adjustments.get(line["line"], ()))
    return join(each["coupon_id"] for adjustments in (order.adjustments, on_lines) for each in adjustments)


def _words(columns: Row, code: str, words: str) -> str | None:
    if columns[code] is None and columns[words] is None:
        return None
    return join((columns[code], columns[words]), 300)


def _sums(part: SalesOrder, rules: Orders) -> Row:
    on_lines = total(line.amount for line in part.lines if line.kind in SHIPPING)
    return {
        "shop_total": tie_out.predicted(part, rules) + part.tenders,
        "shop_tax": part.tax,
        "shop_shipping": (part.shipping_cost or ZERO) + on_lines,
        "shop_discount": -total(line.off_net for line in part.lines if line.kind in MERCHANDISE),
    }


def _attributes(order: ShopOrder, shipment: Row, rules: Orders) -> Row:
    if not order.attributes:
        return {"attributes": {}, "other_attributes": None}
    news = [each for each in order.attributes if each["name"] not in record.OWN_ATTRIBUTES]
    of_order = [each for each in news if each["owner"] == "order"]
    of_shipment = [
        each for each in news if each["owner"] == "shipment" and each["owner_row"] == shipment.get("shipment")
    ]
    of_payments = [each for each in news if each["owner"] == "payment"]
    return {
        # The last one counts: the order's own before its shipment's, and these before those of its payments.
        "attributes": attributes.values([*of_payments, *of_shipment, *of_order]),
        "other_attributes": attributes.of_order_as_json(of_order, of_shipment, rules.attributes.order),
    }


def line_row(order: ShopOrder, line: SalesLine, rules: Orders) -> Row:
    """Give a line's row."""
    shop, extra = line.columns, line.extra
    row = shop or _NO_LINE.copy()
    row.update(_of_line(order, shop, rules))
    row["line_id"] = line.line_id
    row["line_kind"] = line.kind
    row["item"] = line.item
    row["quantity"] = line.quantity
    row["amount"] = line.amount
    row["gross_amount"] = line.amount + (line.tax_after if shop and line.kind != "bundled" else ZERO)
    row["shipment_id"] = line.shipment_id
    row["description"] = extra.get("text") or shop.get("text") or shop.get("product_name")
    if line.quantity:
        row["rate"] = line.amount if line.quantity == 1 else (line.amount / line.quantity).quantize(RATE)
    if shop and line.kind != "bundled":
        row["line_discount"] = -line.off_net if line.off_net else None
        row["line_tax"] = line.tax_after
    if line.taxes and rules.tax == "suitetax":
        row["tax_reference"] = line.line_id
    if line.promotions:
        row["line_promotions"] = join(line.promotions)
        row["line_coupons"] = join(line.coupons)
    row["taxable"] = _taxable(line, rules)
    row["tax_percent"] = extra.get("tax_rate_percent") or _percent(line)
    for name, value in extra.items():
        if name in _EXTRA:
            row[_EXTRA[name]] = value
    return row


_EXTRA = {
    "location": "location_id", "ship_to": "ship_to", "shipping_method": "ship_method", "bonus": "bonus",
    "bundle_of": "bundle_of", "option_of": "option_of", "option": "option", "certificate_id": "certificate",
    "recipient": "recipient", "certificate_from": "certificate_from", "certificate_to": "certificate_to",
    "certificate_email": "certificate_email", "certificate_message": "certificate_words",
}  # fmt: skip


def _taxable(line: SalesLine, rules: Orders) -> bool | None:
    """SuiteTax needs no flag: what has no tax details has no tax."""
    if rules.tax == "suitetax":
        return None
    return False if rules.tax == "tax_line" or not line.taxes else None


def _percent(line: SalesLine) -> Decimal | None:
    rates = [part.rate for part in line.taxes if part.rate is not None]
    return taxes.percent(total(rates)) if rates else None


def _of_line(order: ShopOrder, shop: Row, rules: Orders) -> Row:
    if not order.attributes or not shop:
        return _NO_ATTRIBUTES
    own = [each for each in order.attributes if each["owner"] == "line" and each["owner_row"] == shop["line"]]
    return {"attributes": attributes.values(own), "other_attributes": attributes.as_json(own, rules.attributes.line)}


def deposit_row(order: ShopOrder, deposit: Deposit, *, site: Site, customer: Row, integration: str) -> Row:
    """Give the row of a customer deposit for the mapping `deposit`."""
    payment = deposit.payment
    return {
        **order.columns,
        "attributes": {},
        "customer_ref": customer,
        "sales_order_ref": {"$document": deposit.sales_order.external_id},
        "subsidiary_id": site.subsidiary,
        "currency_id": site.currencies.get(order.columns["currency"]),
        "deposit_amount": deposit.amount,
        "account_id": deposit.rule.account,
        "payment_words": payment["method"] or payment["kind"],
        "payment_processor": payment["processor_id"],
        "payment_id": payment["transaction_id"] or payment["certificate_id"],
        "payment_certificate": payment["certificate_id"],
        "integration": integration,
    }
