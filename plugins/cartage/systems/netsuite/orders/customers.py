"""Customers: the one who ordered, and the one of a customer list.

What an existing customer may be matched by travels beside the payload; whether it is matched, changed or
left alone is decided when it is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cartage.mapping import canonical
from cartage.mapping.transforms import family_name, given_names
from cartage.records.customer import CUSTOMERS
from cartage.systems.netsuite import external_ids
from cartage.systems.netsuite.orders.attributes import as_json, values
from cartage.systems.netsuite.orders.model import ShopOrder, join
from cartage.systems.netsuite.orders.shipments import address_label, put_address

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cartage.settings import Settings, Site
    from cartage.systems.netsuite.orders.rows import Row

NAMELESS = "Guest"
"""Last name of a person whose order names nobody: NetSuite wants one."""

NO_FIRST_NAME = "-"
"""First name of a person who has one name only: NetSuite wants two."""

_NOTHING: Row = dict.fromkeys(CUSTOMERS.names)


@dataclass(slots=True)
class CustomerDocument:
    """A customer, or the contact behind a company, before it is rendered.

    Attributes:
        type: customer or contact.
        external_id: its id.
        columns: the row for the mapping.
        match: what an existing customer may be matched by, as JSON; None on contacts.
    """

    type: str
    external_id: str
    columns: Row
    match: str | None = None


def of_order(
    order: ShopOrder, settings: Settings, site: Site, integration: str, *, ship_to: bool
) -> tuple[Row, list[CustomerDocument]]:
    """Give the reference to the one who ordered, and the documents that make sure he exists.

    A guest becomes a customer known by the e-mail, a customer of this order only, or the customer of all
    guests, as the settings say; without an e-mail there is only the order to know a guest by.

    Args:
        order: the order.
        settings: all run settings.
        site: the order's site.
        integration: name of the integration.
        ship_to: whether lines refer to addresses, which then must stand in the customer's book.
    """
    columns = order.columns
    guest = not columns["customer_no"] or bool(columns["customer_guest"])
    if guest and settings.customers.guests == "default_customer":
        return {"id": settings.customers.default_guest_customer}, []
    key = _key(columns, settings.customers.guests, guest=guest)
    list_id = site.customer_list or columns["site"]
    row = _of_order(order, guest=guest)
    row |= _places(list_id, site, columns["currency"])
    if guest and settings.customers.guests == "one_each":
        row["matched_by"] = None  # a customer of this order only is matched by nothing but its id
    row["addresses"] = [_ship_to(each) for each in order.shipments] if ship_to else ()
    return _documents(row, integration, list_id, key)


def _key(columns: Row, guests: str, *, guest: bool) -> str:
    if not guest:
        return external_ids.number_key(columns["customer_no"])
    email = (columns["customer_email"] or "").strip()
    if guests == "by_email" and email:
        return external_ids.guest_key(email)
    return external_ids.one_time_key(columns["order_no"])


def _of_order(order: ShopOrder, *, guest: bool) -> Row:
    columns = order.columns
    ship = order.shipments[0] if order.shipments else {}
    name = (columns["customer_name"] or "").strip()
    company = columns["bill_company_name"] if columns["business_type"] == "B2B" else None
    return {
        **_NOTHING,
        "site": columns["site"],
        "customer_no": columns["customer_no"],
        "salutation": columns["bill_salutation"],
        "title": columns["bill_title"],
        "first_name": columns["bill_first_name"],
        "second_name": columns["bill_second_name"],
        "last_name": columns["bill_last_name"],
        "suffix": columns["bill_suffix"],
        "job_title": columns["bill_job_title"],
        "company_name": company,
        "email": columns["customer_email"],
        "phone_home": columns["bill_phone"],
        "locale": columns["locale"],
        "global_party_id": columns["global_party_id"],
        "guest": True if guest else None,
        "is_person": not company,
        "given_name": columns["bill_first_name"] or given_names(name) or ship.get("ship_first_name") or NO_FIRST_NAME,
        "family_name": columns["bill_last_name"]
        or (family_name(name) if name else None)
        or ship.get("ship_last_name")
        or NAMELESS,
        "phone": columns["bill_phone"] or ship.get("ship_phone"),
        "group_names": None,
        "other_attributes": None,
    }


def of_list(
    columns: Row,
    *,
    addresses: Iterable[Row],
    groups: Iterable[Row],
    attributes: Iterable[Row],
    site: Site,
    integration: str,
) -> list[CustomerDocument]:
    """Give the documents of a customer of a customer list.

    A customer with a company name is the company, and the person behind it its contact.
    """
    list_id = columns["list_id"] or site.customer_list or columns["site"]
    own = [each for each in attributes if each["owner"] == "customer"]
    row = {
        **columns,
        **_places(list_id, site, next(iter(site.currencies))),
        "attributes": values(own),
        "guest": None,
        "is_person": not columns["company_name"],
        "given_name": columns["first_name"] or NO_FIRST_NAME,
        "family_name": columns["last_name"] or columns["login"] or columns["customer_no"],
        "phone": columns["phone_home"] or columns["phone_mobile"] or columns["phone_business"],
        "group_names": join(each["group_id"] for each in groups),
        "other_attributes": as_json(own),
        "addresses": [_book_row(each) for each in addresses],
    }
    return _documents(row, integration, list_id, external_ids.number_key(columns["customer_no"]))[1]


def _places(list_id: str, site: Site, currency: str) -> Row:
    return {
        "customer_list": list_id,
        "subsidiary_id": site.subsidiary,
        "currency_id": site.currencies.get(currency),
        "company_ref": None,
        "attributes": {},
    }


def _documents(row: Row, integration: str, list_id: str, key: str) -> tuple[Row, list[CustomerDocument]]:
    external_id = external_ids.customer(integration, list_id, key)
    reference = {"$document": external_id}
    found = [CustomerDocument("customer", external_id, row, canonical.dumps(_match(row, external_id)))]
    if not row["is_person"]:
        buyer = {**row, "company_ref": reference}
        found.append(CustomerDocument("contact", external_ids.contact(integration, list_id, key), buyer))
    return reference, found


def _match(row: Mapping[str, Any], external_id: str) -> Row:
    return {
        "site": row["site"],
        "subsidiary": row["subsidiary_id"],
        "currency": row["currency_id"],
        "customer_no": row["customer_no"],
        "email": (row.get("matched_by", row["email"]) or "").strip().lower() or None,
        "is_person": row["is_person"],
        "guest": bool(row["guest"]),
        "external_ids": [external_id],
    }


def _book_row(row: Row) -> Row:
    return _in_book(row["address_id"], row, "", default=bool(row["preferred"]))


def _ship_to(shipment: Row) -> Row:
    return _in_book(address_label(shipment), shipment, "ship_", default=False)


def _in_book(label: str | None, row: Row, prefix: str, *, default: bool) -> Row:
    found: Row = {"label": label, "default": default}
    put_address(found, "", row, prefix)
    return found
