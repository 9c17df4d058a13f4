"""Leads NetSuite's error paths back to the record's own columns: by the mappings, and by what their columns are made of.

A mapping says that ``item.items[0].item`` came from the column ``item`` of a line. That column was worked out on the
way (`orders.columns`); what a person knows, and the console shows in red, is ``lines.product_id``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartage.records.batch import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from cartage.mapping import TargetMapping

ADDRESS = {
    "addressee": "last_name", "attention": "last_name", "addr1": "address1", "addr2": "address2", "addr3": "suite",
    "city": "city", "zip": "postal_code", "state": "state_code", "country": "country_code", "phone": "phone",
}  # fmt: skip
"""Columns of the shop's addresses by the part of NetSuite's."""


def _address(before: str, after: str) -> dict[str, str]:
    return {f"{before}{part}": f"{after}{column}" for part, column in ADDRESS.items()}


_PLACES = {"subsidiary_id": "site", "currency_id": "currency"}

_PAYMENT = {
    "deposit_amount": "payments.amount", "payment_words": "payments.method", "account_id": "payments.method",
    "payment_processor": "payments.processor_id", "payment_id": "payments.transaction_id",
}  # fmt: skip

_ORDER = {
    **_PLACES,
    **_address("billing_", "bill_"),
    **_address("shipping_", "shipments.ship_"),
    "customer_ref": "customer_no", "location_id": "site", "order_status_id": "site",
    "shipping_method": "shipments.shipping_method", "shipping_cost": "shipping_net",
    "gift": "shipments.gift", "gift_message": "shipments.gift_message", "note_texts": "notes.text",
    "payment_methods": "payments.method", "payment_processors": "payments.processor_id",
    "payment_ids": "payments.transaction_id", "gift_certificates": "payments.certificate_id",
    "affiliate": "affiliate_partner_id", "cancel_reason": "cancel_description", "replace_reason": "replace_description",
    "lines.item": "lines.product_id", "lines.description": "lines.product_name", "lines.amount": "lines.net",
    "lines.gross_amount": "lines.gross", "lines.rate": "lines.net", "lines.line_tax": "lines.tax",
    "lines.tax_percent": "lines.tax_rate", "lines.location_id": "lines.inventory_list_id",
    "lines.ship_method": "shipments.shipping_method", "lines.ship_to": "shipments.ship_address1",
    "lines.option": "lines.option_id", "lines.certificate": "lines.certificate_id",
    "lines.recipient": "lines.recipient_email", "lines.certificate_from": "lines.sender_name",
    "lines.certificate_to": "lines.recipient_name", "lines.certificate_email": "lines.recipient_email",
    "lines.certificate_words": "lines.certificate_message", "tax_details.tax_code": "lines.tax_rate",
    "tax_details.tax_type": "lines.tax_rate", "tax_details.rate": "lines.tax_rate", "tax_details.basis": "lines.net",
    "tax_details.amount": "lines.tax",
}  # fmt: skip

_BUYER = {
    **_PLACES,
    **{each: f"bill_{each}" for each in ("salutation", "title", "second_name", "job_title", "company_name")},
    **_address("addresses.", "shipments.ship_"),
    "given_name": "bill_first_name", "family_name": "bill_last_name", "company_ref": "bill_company_name",
    "email": "customer_email", "phone": "bill_phone", "phone_home": "bill_phone",
}  # fmt: skip
"""Of the customer that an order brings along."""

_LISTED = {
    **_address("addresses.", "addresses."),
    "subsidiary_id": "site", "given_name": "first_name", "family_name": "last_name", "phone": "phone_home",
    "company_ref": "company_name", "group_names": "groups.group_id", "addresses.label": "addresses.address_id",
    "addresses.default": "addresses.preferred",
}  # fmt: skip

MADE_OF: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "order": {
        "salesOrder": _ORDER,
        "customerDeposit": {**_PLACES, **_PAYMENT, "customer_ref": "customer_no"},
        "customer": _BUYER,
        "contact": _BUYER,
    },
    "customer": {"customer": _LISTED, "contact": _LISTED},
}
"""Columns of the record by kind of record, type of document, and the column of its mapping that was made of it."""


class Origins:
    """Finds the record's column that a field of a document came from.

    Args:
        record: kind of the records.
        load: gives their mappings; asked when the first document was refused.
    """

    def __init__(self, record: str, load: Callable[[], Iterable[TargetMapping]]) -> None:
        self._record = record
        self._load = load
        self._mappings: dict[str, TargetMapping] | None = None

    def column(self, type_: str, path: str) -> str | None:
        """Give the column, ``lines.product_id`` or ``placed_at``; None where there is none.

        Args:
            type_: the document's type.
            path: where NetSuite says the fault is, ``item.items[0].item``.
        """
        if self._mappings is None:
            self._mappings = {each.target: each for each in self._load()}
        mapping = self._mappings.get(type_)
        named = mapping.trace(path) if mapping else None
        if named is None:
            return None
        column = MADE_OF.get(self._record, {}).get(type_, {}).get(named, named)
        table, _, name = column.rpartition(".")
        kind = KINDS[self._record]
        return column if name in getattr(kind.TABLES.get(table or kind.ROOT), "names", ()) else None
