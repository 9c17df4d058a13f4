"""The customer as every storefront and ERP of Cartage sees it.

Source of the columns: SFCC's customerlist2.xsd and customer.xsd.
"""

from __future__ import annotations

from cartage.records.columns import FLAG, INSTANT, ROW, TEXT, address, table

CUSTOMERS = table(
    {
        "customer": (ROW, "row of this customer in its batch; unique within a run"),
        "key": (TEXT, "the record's key: site, a slash, customer number"),
        "site": (TEXT, "the shop's site, from the folder or the file's name"),
        "list_id": (TEXT, "customer list it belongs to"),
        "customer_no": (TEXT, "customer number"),
        "drop": (TEXT, "name of the drop it came in"),
        "position": (ROW, "place in that drop, from 0"),
        "version": (TEXT, "sorts two copies of one customer"),
        "login": (TEXT, "login"),
        "enabled": (FLAG, "may sign in"),
        "salutation": (TEXT, "salutation"),
        "title": (TEXT, "title"),
        "first_name": (TEXT, "first name"),
        "second_name": (TEXT, "second name"),
        "last_name": (TEXT, "last name"),
        "suffix": (TEXT, "suffix"),
        "company_name": (TEXT, "company; set on B2B customers"),
        "job_title": (TEXT, "job title"),
        "email": (TEXT, "e-mail"),
        "phone_home": (TEXT, "phone"),
        "phone_business": (TEXT, "phone"),
        "phone_mobile": (TEXT, "phone"),
        "fax": (TEXT, "fax"),
        "locale": (TEXT, "preferred locale"),
        "created_at": (INSTANT, "when the account was made"),
        "last_visit_at": (INSTANT, "last visit"),
        "note": (TEXT, "note"),
        "global_party_id": (TEXT, "customer across clouds"),
    }
)

ADDRESSES = table(
    {
        "customer": (ROW, "row of the customer"),
        "address": (ROW, "row of this address in its batch"),
        "address_id": (TEXT, "id within the address book"),
        "preferred": (FLAG, "the customer's default"),
        **{name.removeprefix("address_"): column for name, column in address("address", "book").items()},
    }
)

GROUPS = table(
    {
        "customer": (ROW, "row of the customer"),
        "group_id": (TEXT, "customer group"),
    }
)

ATTRIBUTES = table(
    {
        "customer": (ROW, "row of the customer"),
        "owner": (TEXT, "customer or address"),
        "owner_row": (ROW, "row of the customer or the address"),
        "name": (TEXT, "attribute-id"),
        "locale": (TEXT, "xml:lang, when given"),
        "value": (TEXT, "its text; the first value of several"),
        "values": (TEXT, "several values as a JSON array, else null"),
    }
)

TABLES = {"customers": CUSTOMERS, "addresses": ADDRESSES, "groups": GROUPS, "attributes": ATTRIBUTES}
ROOT = "customers"
LINK = "customer"
START: str | None = None
"""Column of the root that a flow's `start_at` is compared with; None where all are taken."""
EMAILS = ("email",)
PHONES = ("phone_home", "phone_business", "phone_mobile")
"""Columns of the root by which a record in quarantine can be looked up."""
