"""Which property of SCAPI Orders 1.5.2 a neutral column is, and which words stand for which."""

from __future__ import annotations

SAME = {
    "order_no": "orderNo", "created_by": "createdBy", "currency": "currency", "locale": "customerLocale",
    "taxation": "taxation", "source_code": "sourceCode", "source_code_group": "sourceCodeGroupId",
    "affiliate_partner_name": "affiliatePartnerName", "affiliate_partner_id": "affiliatePartnerId",
    "invoice_no": "invoiceNo", "customer_order_reference": "customerOrderReference", "cancel_code": "cancelCode",
    "cancel_description": "cancelDescription", "remote_host": "remoteHost", "external_order_no": "externalOrderNo",
    "external_order_status": "externalOrderStatus", "external_order_text": "externalOrderText",
    "global_party_id": "globalPartyId",
}  # fmt: skip
STATUSES = {
    "order_status": "status", "shipping_status": "shippingStatus", "confirmation_status": "confirmationStatus",
    "payment_status": "paymentStatus", "export_status": "exportStatus", "business_type": "businessType",
}  # fmt: skip
PRICES = {
    "net": "netPrice", "tax": "tax", "gross": "grossPrice", "base_price": "basePrice", "text": "itemText",
    "tax_basis": "taxBasis",
}  # fmt: skip
PRODUCT = {
    "position": "position", "product_id": "productId", "product_name": "productName", "quantity": "quantity",
    "tax_rate": "taxRate", "brand": "brand", "shipment_id": "shipmentId", "inventory_list_id": "inventoryId",
    "gift": "gift", "gift_message": "giftMessage", "external_line_status": "externalLineItemStatus",
    "external_line_text": "externalLineItemText",
}  # fmt: skip
CERTIFICATE = {
    "certificate_merchant_id": "giftCertificateMerchantId", "certificate_id": "giftCertificateItemId",
    "recipient_email": "recipientEmail", "recipient_name": "recipientName", "sender_name": "senderName",
    "certificate_message": "message", "shipment_id": "shipmentId",
}  # fmt: skip
ADJUSTMENT = {
    "promotion_id": "promotionId", "campaign_id": "campaignId", "coupon_id": "couponCode",
    "reason_code": "reasonCode", "manual": "manual", "created_by": "createdBy", "created_at": "creationDate",
}  # fmt: skip
KINDS = {
    "CREDIT_CARD": "credit_card", "BANK_TRANSFER": "bank_transfer", "BML": "bml", "GIFT_CERTIFICATE": "gift_certificate",
    "DW_APPLE_PAY": "apple_pay", "DW_ANDROID_PAY": "android_pay", "Salesforce Payments": "salesforce_payments",
}  # fmt: skip
LINE_ORDER = ("product", "option", "bundled", "product_shipping", "gift_certificate", "shipping")
