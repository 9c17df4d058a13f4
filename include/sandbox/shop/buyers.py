"""People who order: made-up names and addresses, and those whom the sandbox's NetSuite already knows.

All e-mail addresses are of example.com and its like, which belong to nobody (RFC 2606).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.netsuite import people
from sandbox.shop.model import Address, Customer

if TYPE_CHECKING:
    from random import Random

_FIRST = (
    "Anna", "Jonas", "Marie", "Paul", "Emily", "James", "Sofia", "Liam", "Ida", "Noah", "Frieda", "Oskar", "Chloé",
    "Zoë", "Søren", "Åsa", "José", "Müge", "Łukasz", "Renée",
)  # fmt: skip
_LAST = (
    "Weber", "Müller", "Schäfer", "Großmann", "Carter", "O'Brien", "Smith-Jones", "García", "Nowak", "Lindström",
    "Yılmaz", "de la Cruz", "van der Berg", "Kowalczyk", "Nguyễn", "Bäcker", "Fischer", "Taylor", "Sørensen",  # noqa: RUF001
)  # fmt: skip
_GERMAN = (("Hamburg", "20095"), ("Berlin", "10115"), ("München", "80331"), ("Köln", "50667"), ("Görlitz", "02826"))
_AMERICAN = (
    ("Boston", "02108", "MA"), ("Newark", "07102", "NJ"), ("Austin", "73301", "TX"), ("Portland", "97201", "OR"),
)  # fmt: skip
_GERMAN_STREETS = ("Lange Straße", "Am Bäckerbrunnen", "Hauptstraße", "Weg am Fluß", "Schloßallee")
_AMERICAN_STREETS = ("Main St", "Elm Street", "2nd Avenue", "Beacon Hill Rd", "Lake Shore Drive")


def address(rng: Random, country: str, first_name: str | None = None, last_name: str | None = None) -> Address:
    """Make an address in DE or US, for a given person or anyone."""
    first_name, last_name = first_name or rng.choice(_FIRST), last_name or rng.choice(_LAST)
    if country == "US":
        city, postal_code, state = rng.choice(_AMERICAN)
        street = f"{rng.randint(1, 9999)} {rng.choice(_AMERICAN_STREETS)}"
        phone = f"+1 617 555 {rng.randint(100, 199):04d}"
        return Address(first_name, last_name, street, city, postal_code, "US", state, phone=phone)
    city, postal_code = rng.choice(_GERMAN)
    street = f"{rng.choice(_GERMAN_STREETS)} {rng.randint(1, 199)}"
    phone = f"+49 40 5550{rng.randint(0, 9999):04d}"
    return Address(first_name, last_name, street, city, postal_code, "DE", phone=phone)


def stranger(rng: Random, country: str, *, guest: bool, unique: str) -> Customer:
    """Make a customer nobody has met; `unique` goes into number and e-mail."""
    billing = address(rng, country)
    return Customer(
        guest=guest,
        email=f"shopper.{unique}@example.com",
        name=f"{billing.first_name} {billing.last_name}",
        customer_no=f"C{unique}",
        billing=billing,
    )


def known(rng: Random, country: str, email: str) -> Customer:
    """Make a registered customer out of one whom NetSuite knows by this e-mail (`sandbox.netsuite.people`)."""
    seed = next(each for each in people.SEED_CUSTOMERS if each.email == email)
    first, last = seed.first_name or "Petra", seed.last_name or "Einkauf"
    billing = replace(address(rng, country, first, last), company_name=seed.company_name)
    number = seed.customer_no or f"K{seed.id}"
    return Customer(guest=False, email=email, name=f"{first} {last}", customer_no=number, billing=billing)
