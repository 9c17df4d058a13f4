"""A field that NetSuite finds fault with is the record's own column, which a person knows and can mend."""

from __future__ import annotations

import pytest

from cartage.integrations import include_folder
from cartage.mapping import load_mapping
from cartage.records.batch import KINDS
from cartage.systems.netsuite.entry import MAPPINGS
from cartage.systems.netsuite.orders.columns import OFFERED
from cartage.systems.netsuite.origins import MADE_OF, Origins


def origins(record: str) -> Origins:
    return Origins(record, lambda: [load_mapping("netsuite", name, include_folder()) for name in MAPPINGS[record]])


@pytest.mark.parametrize(
    ("record", "type_", "path", "column"),
    [
        ("order", "salesOrder", "item.items[0].item", "lines.product_id"),
        ("order", "salesOrder", "item.items[2].custcol_ctg_gift_message", "lines.gift_message"),
        ("order", "salesOrder", "shippingAddress.zip", "shipments.ship_postal_code"),
        ("order", "salesOrder", "billingAddress.country.id", "bill_country_code"),
        ("order", "salesOrder", "tranDate", "placed_at"),
        ("order", "salesOrder", "shipMethod", "shipments.shipping_method"),
        ("order", "salesOrder", "toBeEmailed", None),
        ("order", "salesOrder", "unheardOf", None),
        ("order", "customerDeposit", "payment", "payments.amount"),
        ("order", "customer", "email", "customer_email"),
        ("order", "customer", "lastName", "bill_last_name"),
        ("customer", "customer", "lastName", "last_name"),
        ("customer", "customer", "addressBook.items[0].addressBookAddress.zip", "addresses.postal_code"),
    ],
)
def test_a_path_leads_to_a_column(record: str, type_: str, path: str, column: str | None) -> None:
    assert origins(record).column(type_, path) == column


@pytest.mark.parametrize(("record", "type_"), [(record, type_) for record in MADE_OF for type_ in MADE_OF[record]])
def test_what_columns_are_made_of_is_there(record: str, type_: str) -> None:
    tables = {name: schema.names for name, schema in KINDS[record].TABLES.items()}
    mapping = {"salesOrder": "order", "customerDeposit": "deposit"}.get(type_, type_)
    for made, of in MADE_OF[record][type_].items():
        table, _, column = of.rpartition(".")
        assert column in tables[table or KINDS[record].ROOT], of
        context, _, name = made.rpartition(".")
        assert type_ == "contact" or name in OFFERED[mapping][context or mapping.replace("deposit", "order")], made
