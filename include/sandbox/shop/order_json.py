"""Gives an order as SCAPI Orders 1.5.2 answers it (orders-oas-v1-public.yaml, schema ``Order``).

What SCAPI has no word for is left out: the statuses OPEN and REPLACED (answered as new and
cancelled, the nearest of its five), channels newer than its list, notes, replacements.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC
from typing import TYPE_CHECKING, Any

from sandbox.shop.model import Amounts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sandbox.shop.model import (
        Address,
        Adjustment,
        Attribute,
        Bundled,
        CertificateLine,
        Order,
        Payment,
        Priced,
        ProductLine,
        Shipment,
        TaxPart,
    )

Json = dict[str, Any]
_STATUS = {"OPEN": "new", "REPLACED": "cancelled"}
_CHANNELS = {
    "storefront", "callcenter", "marketplace", "dss", "store", "pinterest", "twitter", "facebookads", "subscriptions",
    "onlinereservation", "customerservicecenter", "instagramcommerce", "tiktok", "snapchat", "google", "whatsapp",
    "youtube",
}  # fmt: skip
_DISCOUNTS = {
    "fixed-price-shipping": "fixed_price", "free-shipping": "free", "percent-off-options": "percentage_off_options",
    "price-book-id": "price_book_price",
}  # fmt: skip
_ADDRESS = {"postbox": "postBox"}
_METHODS = {
    "credit-card": "CREDIT_CARD", "bank-transfer": "BANK_TRANSFER", "bml": "BML", "gift-certificate": "GIFT_CERTIFICATE",
    "dw-apple-pay": "DW_APPLE_PAY", "dw-android-pay": "DW_ANDROID_PAY", "salesforce-payments": "Salesforce Payments",
}  # fmt: skip


def order_json(order: Order) -> Json:
    """Give the order in SCAPI's form; amounts are `Decimal`, to be written as JSON numbers."""
    if order.bare:
        return {"orderNo": order.order_no, "siteId": order.site, "creationDate": _moment(order.placed_at)}
    totals = order.totals
    return _filled(
        {
            **_attributes(order.attributes),
            "orderNo": order.order_no,
            "siteId": order.site,
            "creationDate": _moment(order.placed_at),
            "placeDate": _moment(order.placed_at),
            "lastModified": _moment(order.modified_at or order.placed_at),
            "createdBy": order.created_by,
            "currency": order.currency,
            "customerLocale": order.locale,
            "taxation": order.taxation,
            "sourceCode": order.source_code[0] if order.source_code else None,
            "sourceCodeGroupId": order.source_code[1] if order.source_code else None,
            "affiliatePartnerName": order.affiliate[0] if order.affiliate else None,
            "affiliatePartnerId": order.affiliate[1] if order.affiliate else None,
            "invoiceNo": order.invoice_no,
            "customerInfo": _filled(
                {
                    "guest": order.customer.guest,
                    "customerNo": order.customer.customer_no,
                    "customerName": order.customer.name,
                    "email": order.customer.email,
                }
            ),
            "billingAddress": _address(order.customer.billing),
            "customerOrderReference": order.customer_order_reference,
            "status": _STATUS.get(order.status, order.status.lower()),
            "shippingStatus": order.shipping_status.lower(),
            "confirmationStatus": order.confirmation_status.lower(),
            "paymentStatus": order.payment_status.lower(),
            "exportStatus": order.export_status.lower(),
            "businessType": order.business_type.lower() if order.business_type else None,
            "channelType": _channel(order.channel_type),
            "cancelCode": order.cancel_code,
            "cancelDescription": order.cancel_description,
            "remoteHost": order.remote_host,
            "externalOrderNo": order.external_order_no,
            "externalOrderStatus": order.external_status,
            "externalOrderText": order.external_text,
            "globalPartyId": order.global_party_id,
            "productItems": [_product(order, index, line) for index, line in enumerate(order.lines)],
            "giftCertificateItems": [_certificate(line) for line in order.certificate_lines],
            "shippingItems": list(_shipping_items(order)),
            "shipments": [_shipment(order, shipment) for shipment in order.shipments],
            "orderPriceAdjustments": _adjustments([*order.adjustments, *order.shipping_adjustments]),
            "couponItems": _coupons(order),
            "paymentInstruments": [_payment(index, payment) for index, payment in enumerate(order.payments)],
            **_totals(order, None),
            "orderTotal": totals.total.gross,
            "taxTotal": totals.total.tax,
        }
    )


def _filled(values: Json) -> Json:
    """Leave out what is None or an empty list."""
    return {name: value for name, value in values.items() if value is not None and value != []}


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{value.microsecond // 1000:03d}Z"


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(each.capitalize() for each in rest)


def _channel(channel: str | None) -> str | None:
    return channel.lower() if channel and channel.lower() in _CHANNELS else None


def _attributes(attributes: Iterable[Attribute]) -> Json:
    """Give custom attributes as ``c_name``; of several languages the first is answered, as for one locale."""
    found: Json = {}
    for each in attributes:
        found.setdefault(f"c_{each.name}", list(each.values) if each.several else each.values[0])
    return found


def _address(address: Address | None) -> Json | None:
    if address is None:
        return None
    parts = {_ADDRESS.get(each.name, _camel(each.name)): getattr(address, each.name) for each in fields(address)}
    parts.pop("attributes")
    full = " ".join(each for each in (address.first_name, address.last_name) if each)
    return _filled({**parts, "fullName": full[:256], **_attributes(address.attributes)})


def _prices(amounts: Amounts) -> Json:
    return {"netPrice": amounts.net, "tax": amounts.tax, "grossPrice": amounts.gross}


def _priced(line: Priced) -> Json:
    return {"basePrice": line.base_price, **_prices(line.amounts), "itemText": line.text, "taxBasis": line.tax_basis}


def _own(order: Order, amounts: Amounts) -> Any:
    """Give the amount in the site's own terms."""
    return amounts.gross if order.taxation == "gross" else amounts.net


def _product(order: Order, index: int, line: ProductLine) -> Json:
    return _filled(
        {
            **_attributes(line.attributes),
            **_priced(line),
            "itemId": f"item-{index:04d}",
            "adjustedTax": line.adjusted.tax,
            "priceAfterItemDiscount": _own(order, line.adjusted),
            "bonusProductLineItem": any((each.discount or ("",))[0] == "bonus" for each in line.adjustments),
            "position": line.position,
            "productId": line.sku,
            "productName": line.name,
            "quantity": line.quantity,
            "minOrderQuantity": line.minimum,
            "stepQuantity": line.step,
            "taxRate": line.tax_rate,
            "brand": line.brand,
            "shipmentId": line.shipment_id,
            "inventoryId": line.inventory_list_id,
            "gift": line.gift,
            "giftMessage": line.gift_message,
            "externalLineItemStatus": line.external_status,
            "externalLineItemText": line.external_text,
            "shippingItemId": f"item-{index:04d}-shipping" if line.shipping else None,
            "optionItems": [
                _filled(
                    {
                        **_attributes(option.attributes),
                        **_priced(option),
                        "optionId": option.option_id,
                        "optionValueId": option.value_id,
                        "productId": option.sku,
                        "priceAdjustments": _adjustments(option.adjustments),
                    }
                )
                for option in line.options
            ],
            "bundledProductItems": [_bundled(line, each) for each in line.bundled],
            "priceAdjustments": _adjustments(line.adjustments),
            "taxItems": _tax_items(line.tax_parts),
        }
    )


def _bundled(line: ProductLine, bundled: Bundled) -> Json:
    return _filled(
        {
            "productId": bundled.sku,
            "productName": bundled.name,
            "quantity": bundled.quantity,
            "shipmentId": line.shipment_id,
            "taxRate": line.tax_rate,
            "bundledProductItems": [_bundled(line, each) for each in bundled.bundled],
        }
    )


def _tax_items(parts: Sequence[TaxPart]) -> list[Json]:
    return [{"id": part.tax_id, "rate": part.rate, "value": part.amount} for part in parts]


def _adjustments(adjustments: Sequence[Adjustment]) -> list[Json]:
    return [
        _filled(
            {
                **_attributes(each.attributes),
                **_prices(each.amounts),
                "basePrice": each.price,
                "itemText": each.text,
                "taxBasis": each.tax_basis,
                "promotionId": each.promotion_id,
                "campaignId": each.campaign_id,
                "couponCode": each.coupon_id,
                "reasonCode": each.reason_code,
                "abTestSegment": {"testId": each.abtest[0], "segmentId": each.abtest[1]} if each.abtest else None,
                "appliedDiscount": _discount(each),
                "manual": each.manual is not None,
                "custom": each.manual is not None or each.discount is not None,
                "createdBy": each.manual[0] if each.manual else None,
                "creationDate": _moment(each.manual[1]) if each.manual else None,
            }
        )
        for each in adjustments
    ]


def _discount(adjustment: Adjustment) -> Json | None:
    if adjustment.discount is None:
        return None
    kind, value = adjustment.discount
    kind = _DISCOUNTS.get(kind, kind.replace("-", "_"))
    if value is None:
        return {"type": kind}
    name = {"percentage": "percentage", "percentage_off_options": "percentage", "price_book_price": "priceBookId"}
    place = name.get(kind, "amount")
    return {"type": kind, place: value if place == "priceBookId" else type(adjustment.price)(value)}


def _certificate(line: CertificateLine) -> Json:
    return _filled(
        {
            **_attributes(line.attributes),
            **_priced(line),
            "giftCertificateMerchantId": line.merchant_id,
            "giftCertificateItemId": line.certificate_id,
            "recipientEmail": line.recipient_email,
            "recipientName": line.recipient_name,
            "senderName": line.sender_name,
            "message": line.message,
            "shipmentId": line.shipment_id,
        }
    )


def _shipping_items(order: Order) -> Iterable[Json]:
    for line in order.shipping_lines:
        yield _shipping_item(order, line, line.item_id, line.shipment_id, "fixed_price")
    for index, product in enumerate(order.lines):
        if product.shipping:
            kind = product.shipping.kind.replace("-", "_")
            yield _shipping_item(order, product.shipping, f"item-{index:04d}-shipping", product.shipment_id, kind)


def _shipping_item(order: Order, line: Priced, item_id: str, shipment_id: str, kind: str) -> Json:
    return _filled(
        {
            **_attributes(line.attributes),
            **_priced(line),
            "adjustedTax": line.adjusted.tax,
            "itemId": item_id,
            "priceAfterItemDiscount": _own(order, line.adjusted),
            "shipmentId": shipment_id,
            "taxRate": line.tax_rate,
            "type": kind,
            "priceAdjustments": _adjustments(line.adjustments),
        }
    )


def _totals(order: Order, shipment: Shipment | None) -> Json:
    totals = shipment.totals if shipment else order.totals
    lines = order.merchandise(shipment.shipment_id if shipment else None)
    after_items = sum((line.adjusted for line in lines), Amounts())
    return {
        "merchandizeTotalTax": totals.merchandize.tax,
        "adjustedMerchandizeTotalTax": totals.adjusted_merchandize.tax,
        "productSubTotal": _own(order, after_items),
        "productTotal": _own(order, totals.adjusted_merchandize),
        "shippingTotal": _own(order, totals.adjusted_shipping),
        "shippingTotalTax": totals.shipping.tax,
        "adjustedShippingTotalTax": totals.adjusted_shipping.tax,
    }


def _shipment(order: Order, shipment: Shipment) -> Json:
    return _filled(
        {
            **_attributes(shipment.attributes),
            "shipmentId": shipment.shipment_id,
            "shipmentNo": f"{order.order_no}-{shipment.shipment_id}"[:256],
            "shippingMethod": {"id": shipment.method} if shipment.method else None,
            "shippingStatus": shipment.status.lower(),
            "trackingNumber": shipment.tracking_number,
            "shippingAddress": _address(shipment.address),
            "gift": shipment.gift,
            "giftMessage": shipment.gift_message,
            **_totals(order, shipment),
            "shipmentTotal": shipment.totals.total.gross,
            "taxTotal": shipment.totals.total.tax,
        }
    )


def _coupons(order: Order) -> list[Json]:
    codes = {each.coupon_id for each in order.adjustments if each.coupon_id}
    return [{"code": code, "couponItemId": f"coupon-{code}", "statusCode": "applied", "valid": True} for code in codes]


def _payment(index: int, payment: Payment) -> Json:
    details = dict(payment.details)
    method = details.get("method-name") or _METHODS.get(payment.element or "", "MANUAL")
    number = details.get("card-number") or details.get("last-4")
    code = details.get("giftcertificate-id")
    card = {
        "cardType": (details.get("card-type") or details.get("brand") or "").capitalize() or None,
        "maskedNumber": number,
        "numberLastDigits": number[-4:] if number else None,
        "holder": details.get("card-holder"),
        "creditCardToken": details.get("card-token"),
        "expirationMonth": int(details["expiration-month"]) if "expiration-month" in details else None,
        "expirationYear": int(details["expiration-year"]) if "expiration-year" in details else None,
    }
    return _filled(
        {
            **_attributes(payment.instrument_attributes),
            "paymentInstrumentId": f"payment-{index:04d}",
            "paymentMethodId": method,
            "paymentCard": _filled(card) if number else None,
            "bankRoutingNumber": details.get("routing-number"),
            "maskedGiftCertificateCode": "*" * 12 + code[-4:] if code else None,
            "paymentTransaction": _filled(
                {
                    **_attributes(payment.attributes),
                    "amount": payment.amount,
                    "transactionId": payment.transaction_id,
                }
            ),
        }
    )
