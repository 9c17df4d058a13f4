"""Customers of plain orders, and the contacts behind companies: `customers.of_order` for all at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cartage.mapping import canonical
from cartage.mapping.frames import Children, Const, Frame, Json, joined, json_of
from cartage.mapping.transforms import family_name, given_names
from cartage.records import customer as record
from cartage.systems.netsuite import external_ids
from cartage.systems.netsuite.bulk.ids import encoded, whole
from cartage.systems.netsuite.bulk.order_columns import currency_ids
from cartage.systems.netsuite.bulk.vectors import Flags, Ints, flags, picked, replaced, some, where
from cartage.systems.netsuite.orders.columns import CUSTOMER
from cartage.systems.netsuite.orders.customers import NAMELESS, NO_FIRST_NAME

if TYPE_CHECKING:
    from collections.abc import Callable

    from cartage.mapping.frames import Column
    from cartage.systems.netsuite.bulk.tables import Run, Tables
    from cartage.systems.netsuite.external_ids import Kind


@dataclass(frozen=True)
class Customers:
    """Customers of orders.

    Attributes:
        references: the JSON of each order's reference to its customer.
        place: for each customer, the place of its order among those chosen: some guests have no document.
        ids: external id of each customer.
        matches: what an existing customer may be matched by, as JSON.
        frame: the customers' columns.
        contacts: for each contact, the place of its customer.
        contact_ids: external id of each contact.
        contact_frame: the contacts' columns.
    """

    references: pa.Array
    place: Ints
    ids: pa.Array
    matches: pa.Array
    frame: Frame
    contacts: Ints
    contact_ids: pa.Array
    contact_frame: Frame


def customers(tables: Tables, run: Run, chosen: Ints) -> Customers:
    """Give the customers of some orders, given their places."""
    orders, rules = tables.rows["orders"], run.settings.customers
    number = orders["customer_no"]
    guest = (~flags(pc.is_valid(some(number))) | orders.equals("customer_guest", True))[chosen]
    named = np.ones(len(chosen), bool) if rules.guests != "default_customer" else ~guest
    place = np.flatnonzero(named)
    buyers = _Buyers(tables, run, chosen[place], guest[place])
    ids = buyers.ids("cust")
    references = pa.repeat(canonical.dumps({"id": rules.default_guest_customer}), len(chosen))
    own = joined(['{"$document":', *json_of(ids), "}"], len(place), lenient=False)
    references = pc.replace_with_mask(references, pa.array(named), own)
    contacts = np.flatnonzero(buyers.companies)
    people = _Buyers(tables, run, chosen[place[contacts]], guest[place[contacts]])
    return Customers(
        references, place, ids, buyers.matches(ids), buyers.frame(Const(None)),
        contacts, people.ids("cont"), people.frame(Json(picked(own, contacts))),
    )  # fmt: skip


class _Buyers:
    """Orders whose customers are wanted."""

    def __init__(self, tables: Tables, run: Run, chosen: Ints, guest: Flags) -> None:
        self._rows, self._run, self._chosen, self._guest = tables.rows["orders"], run, chosen, guest
        self._shipments, self._shipment = tables.rows["shipments"], tables.first("shipments")[chosen]
        self._list = run.site.customer_list or run.name
        self._company = where(self._rows.equals("business_type", "B2B")[chosen], self._own("bill_company_name"))
        self.companies: Flags = flags(pc.is_valid(some(self._company)))

    def _own(self, name: str) -> pa.Array:
        return picked(self._rows[name], self._chosen)

    def _ship(self, name: str) -> pa.Array:
        return picked(self._shipments[name], self._shipment)

    def ids(self, kind: Kind) -> pa.Array:
        """Give external ids: by customer number, of guests by e-mail, else by order number."""
        keys, guest = self._own("customer_no"), self._guest
        keys = encoded(where(guest, "", keys))
        if guest.any():
            by_email = self._run.settings.customers.guests == "by_email"
            emails, numbers = self._own("customer_email"), self._own("order_no")

            def key(row: int) -> str:
                email = (emails[row].as_py() or "").strip()
                if by_email and email:
                    return external_ids.guest_key(email)
                return external_ids.one_time_key(numbers[row].as_py())

            keys = replaced(keys, guest, key)
        return whole(self._run.integration, self._list, kind, keys)

    def matches(self, ids: pa.Array) -> pa.Array:
        """As `customers._match`, written as canonical JSON."""
        run, count = self._run, len(self._chosen)
        emails = [(each or "").strip().lower() or None for each in self._own("customer_email").to_pylist()]
        email = pa.array(emails, pa.string())
        if run.settings.customers.guests == "one_each":  # a customer of one order is matched by nothing but its id
            email = where(~self._guest, email)

        def text(column: pa.Array) -> pa.Array:
            return pc.fill_null(joined(json_of(column), count, lenient=False), "null")

        return joined(
            [
                '{"currency":', text(currency_ids(run, self._own("currency"))),
                ',"customer_no":', text(self._own("customer_no")),
                ',"email":', text(email),
                ',"external_ids":[', text(ids),
                '],"guest":', pc.cast(pa.array(self._guest), pa.string()),
                ',"is_person":', pc.cast(pa.array(~self.companies), pa.string()),
                f',"site":{canonical.dumps(run.name)},"subsidiary":{canonical.dumps(run.site.subsidiary)}}}',
            ],
            count,
            lenient=False,
        )  # fmt: skip

    def frame(self, company: Column) -> Frame:
        """Give the columns that the mappings `customer` and `contact` read, given the references to companies."""
        run = self._run
        columns: dict[str, Any] = dict.fromkeys([*record.CUSTOMERS.names, *CUSTOMER], Const(None))
        same = {name: f"bill_{name}" for name in ("salutation", "title", "first_name", "second_name", "last_name")}
        same |= {"suffix": "bill_suffix", "job_title": "bill_job_title", "phone_home": "bill_phone"}
        same |= {"email": "customer_email"}
        same |= {name: name for name in ("customer_no", "locale", "global_party_id")}
        columns |= {name: (lambda of=of: self._own(of)) for name, of in same.items()}
        columns |= {
            "attributes": Const({}),
            "site": Const(run.name),
            "customer_list": Const(self._list),
            "subsidiary_id": Const(run.site.subsidiary),
            "currency_id": lambda: currency_ids(run, self._own("currency")),
            "company_name": self._company if self.companies.any() else Const(None),
            "company_ref": company,
            "is_person": pa.array(~self.companies) if self.companies.any() else Const(True),
            "guest": lambda: where(self._guest, True),
            "given_name": lambda: self._name("first_name", given_names, NO_FIRST_NAME),
            "family_name": lambda: self._name("last_name", family_name, NAMELESS),
            "phone": lambda: pc.coalesce(some(self._own("bill_phone")), self._ship("ship_phone")),
        }
        nobody = Children(Frame(0, {}), np.zeros(len(self._chosen) + 1, np.int64))
        return Frame(len(self._chosen), columns, {"addresses": nobody})

    def _name(self, part: str, from_whole: Callable[[str], str | None], nobody: str) -> pa.Array:
        """Give a name from wherever it is known: billing address, the customer's whole name, shipping address."""
        billing = some(self._own(f"bill_{part}"))
        if not billing.null_count:
            return billing
        names = self._own("customer_name")

        def of_whole(row: int) -> str | None:
            name = (names[row].as_py() or "").strip()
            return from_whole(name) if name else None

        known = replaced(billing, flags(pc.is_null(billing)), of_whole)
        return pc.coalesce(some(known), some(self._ship(f"ship_{part}")), nobody)
