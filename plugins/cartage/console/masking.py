"""What a record says about a person, masked: column by column, and what is not known to be harmless is masked too.

Only orders and customers are about people; what the ERP says of stock, prices, shipments and places is not.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cartage.records.batch import KINDS

if TYPE_CHECKING:
    from collections.abc import Collection

    from cartage.console.access import Rights
    from cartage.integrations import Integration

PERSONAL = frozenset({"order", "customer"})
"""Kinds of records that are about people."""

BULLET = "\N{BULLET}"
MASK = BULLET * 3

_HARMLESS = frozenset(
    {
        "key", "site", "list_id", "order_no", "customer_no", "drop", "version", "original_order_no", "currency",
        "locale", "taxation", "source_code", "source_code_group", "invoice_no", "order_status", "shipping_status",
        "confirmation_status", "payment_status", "export_status", "business_type", "channel_type", "replace_code",
        "replacement_order_no", "replaced_order_no", "current_order_no", "cancel_code", "external_order_no",
        "external_order_status", "kind", "line_id", "product_id", "product_name", "unit", "brand", "shipment_id",
        "inventory_list_id", "option_id", "value_id", "item_id", "shipping_type", "external_line_status",
        "status", "shipping_method", "tracking_number", "scope", "total", "promotion_id", "campaign_id",
        "abtest_id", "abtest_segment_id", "coupon_id", "reason_code", "discount_kind", "discount_value", "tax_id",
        "method", "processor_id", "transaction_type", "account_type", "card_type", "owner", "name", "group_id",
        "bill_country_code", "ship_country_code", "country_code",
    }
)  # fmt: skip
_TEXTS = frozenset({"lines", "adjustments"})
"""Tables whose `text` says what was bought; that of `notes` is what people wrote."""

_EMAIL = re.compile(r"[^@\s]+@([^@\s]+)")


def is_personal(record: str, table: str, column: str, value: Any) -> bool:
    """Say whether a value may say something about a person; numbers, dates and flags do not."""
    if record not in PERSONAL or not isinstance(value, str) or not value or not _is_text(record, table, column):
        return False
    return "@" in value or not (column in _HARMLESS or (column == "text" and table in _TEXTS))


def mask(value: str) -> str:
    """Mask a text so that a person can still tell it from another: its first letter, of an e-mail also the host."""
    email = _EMAIL.fullmatch(value)
    return f"{value[:1]}{MASK}@{email[1]}" if email else f"{value[:1]}{MASK}"


def masked(
    record: str, tables: dict[str, list[dict[str, Any]]], known: Collection[str] = ()
) -> dict[str, list[dict[str, Any]]]:
    """Give a record's rows masked.

    Args:
        record: its kind.
        tables: its rows.
        known: texts that are personal wherever they stand: who changes a mapping can put a name anywhere.
    """
    return {
        table: [
            {
                name: mask(value) if is_personal(record, table, name, value) or _is_among(known, value) else value
                for name, value in row.items()
            }
            for row in rows
        ]
        for table, rows in tables.items()
    }


def personal_values(record: str, tables: dict[str, list[dict[str, Any]]]) -> frozenset[str]:
    """Give the texts of a record that may say something about a person."""
    return frozenset(
        value
        for table, rows in tables.items()
        for row in rows
        for name, value in row.items()
        if is_personal(record, table, name, value)
    )


def _is_among(known: Collection[str], value: Any) -> bool:
    return isinstance(value, str) and value in known


def may_unmask(rights: Rights, integration: Integration) -> bool:
    """Say whether the user has a role for which the integration's file lets personal data be seen."""
    user = rights.user
    named = [getattr(user, "role", None), *(getattr(each, "name", None) for each in getattr(user, "roles", None) or ())]
    return bool({str(each) for each in named if each} & set(integration.unmask_roles))


def _is_text(record: str, table: str, column: str) -> bool:
    """Say whether a column holds texts: JSON has numbers and moments as texts too. What is not known may be anything."""
    schema = KINDS[record].TABLES.get(table)
    if schema is None or column not in schema.names:
        return True
    return bool(pa.types.is_string(schema.field(column).type))
