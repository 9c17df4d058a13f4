"""Customer lists as SFCC exports them (customerlist2.xsd): registered customers, companies, people of the ERP."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import IO, TYPE_CHECKING

from lxml import etree

from sandbox.netsuite import people
from sandbox.shop import buyers
from sandbox.shop.basket import SITE
from sandbox.shop.elements import Writer
from sandbox.shop.files import opened
from sandbox.shop.model import Address, Attribute
from sandbox.shop.orders import NOW

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

NAMESPACE = "http://www.demandware.com/xml/impex/customer/2006-10-31"


@dataclass
class BookEntry:
    """An address of a customer's address book."""

    address_id: str
    address: Address
    preferred: bool = False


@dataclass
class Account:
    """A registered customer.

    Attributes:
        email: e-mail, also the login.
        addresses: the address book.
        groups: customer groups; a customer list never has them (customer.xsd says so), SFCC ignores them here.
        attributes: custom attributes of the profile.
    """

    customer_no: str
    email: str
    first_name: str | None
    last_name: str | None
    created_at: datetime
    visited_at: datetime | None = None
    company_name: str | None = None
    job_title: str | None = None
    salutation: str | None = None
    phone_home: str | None = None
    phone_business: str | None = None
    phone_mobile: str | None = None
    fax: str | None = None
    locale: str | None = None
    enabled: bool = True
    addresses: list[BookEntry] = field(default_factory=list)
    groups: tuple[str, ...] = ()
    attributes: list[Attribute] = field(default_factory=list)
    note: str | None = None
    global_party_id: str | None = None


def random_accounts(count: int, seed: int = 0, *, site: str = "RefArch", now: datetime = NOW) -> Iterator[Account]:
    """Give registered customers that nobody has met: people and, one in five, companies."""
    rng = Random(f"accounts/{site}/{seed}")  # noqa: S311 - repeatable on purpose
    for index in range(count):
        yield _stranger(rng, site, f"A{seed:03d}{index:06d}", now)


def _stranger(rng: Random, site: str, number: str, now: datetime) -> Account:
    country = SITE[site].country
    home = _book_address(buyers.address(rng, country))
    account = Account(
        customer_no=number,
        email=f"account.{country.lower()}.{number.lower()}@example.com",
        first_name=home.first_name,
        last_name=home.last_name,
        created_at=now - timedelta(days=rng.randint(1, 900), seconds=rng.randint(0, 86_000)),
        visited_at=now - timedelta(hours=rng.randint(1, 200)) if rng.random() < 0.8 else None,
        phone_home=home.phone,
        locale=SITE[site].locale,
        enabled=rng.random() < 0.95,
        addresses=[BookEntry("home", home, preferred=True)],
        attributes=[Attribute("newsletter", (rng.choice(("true", "false")),))] if rng.random() < 0.5 else [],
    )
    if rng.random() < 0.2:
        account.company_name, account.job_title = f"{account.last_name} & Partner <{number}>", "Buyer"
        account.phone_business = home.phone
    if rng.random() < 0.4:
        office = replace(_book_address(buyers.address(rng, country)), company_name=account.company_name)
        account.addresses.append(BookEntry("office", office))
    if rng.random() < 0.2:
        account.addresses.append(BookEntry("home again", replace(home)))
    return account


def _book_address(address: Address) -> Address:
    """Fit an address to the address book, whose postal codes and suites are shorter than those of orders."""
    return replace(address, postal_code=(address.postal_code or "")[:10], phone=(address.phone or "")[:32])


def accounts_of_the_erp(site: str = "RefArch", *, now: datetime = NOW) -> list[Account]:
    """Give accounts of those whom the sandbox's NetSuite knows (`sandbox.netsuite.people`), by e-mail.

    Among them the one whose e-mail two customers share, the inactive one, the company and the one who
    lives in the other subsidiary.
    """
    rng = Random(f"known/{site}")  # noqa: S311 - repeatable on purpose
    found: list[Account] = []
    for seed in people.SEED_CUSTOMERS:
        if any(each.email == seed.email for each in found):
            continue
        home = _book_address(buyers.address(rng, SITE[site].country, seed.first_name, seed.last_name))
        found.append(
            Account(
                customer_no=seed.customer_no or f"K{seed.id}",
                email=seed.email,
                first_name=seed.first_name or "Petra",
                last_name=seed.last_name or "Einkauf",
                company_name=seed.company_name,
                created_at=now - timedelta(days=500),
                visited_at=now - timedelta(days=2),
                phone_home=home.phone,
                locale=SITE[site].locale,
                addresses=[BookEntry("home", home, preferred=True)],
            )
        )
    return found


def odd_accounts(*, now: datetime = NOW) -> list[Account]:
    """Give accounts that break careless readers: odd names, no address, almost nothing, a language, a note."""
    odd = Account("ODD-1", "odd.names@example.com", 'Zoë "Z" <&>', "山田 👩‍👧", now - timedelta(days=3))
    odd.note, odd.global_party_id = "Called twice & <angry>\nBe nice", "gpid-odd"
    odd.attributes = [
        Attribute("hobbies", ("tea", "rugs & more"), several=True),
        Attribute("hello", ("Hallo",), "de-DE"),
    ]
    bare = Account("ODD-2", "bare@example.com", None, None, now - timedelta(days=2))
    off = Account("ODD-3", "disabled@example.com", "Dis", "Abled", now - timedelta(days=1), enabled=False)
    again = Account("ODD-4", "Odd.Names@Example.com", "Zoe", "Twice", now - timedelta(hours=3))
    return [odd, bare, off, again]


def write_customers(
    target: Path | IO[bytes], accounts: Iterable[Account], *, list_id: str = "RefArch", gzip: bool = False
) -> int:
    """Write a customer list, an account at a time; gives how many there were."""
    count = 0
    with opened(target, gzip=gzip) as file:
        file.write(b'<?xml version="1.0" encoding="UTF-8"?>\n')
        file.write(f'<customer-list xmlns="{NAMESPACE}" list-id="{list_id}">\n'.encode())
        for account in accounts:
            node = account_element(account)
            etree.indent(node, space="    ", level=1)
            written = etree.tostring(node, encoding="utf-8").replace(f' xmlns="{NAMESPACE}"'.encode(), b"", 1)
            file.write(b"    " + written + b"\n")
            count += 1
        file.write(b"</customer-list>\n")
    return count


def account_element(account: Account) -> etree._Element:
    """Give one customer as an element of customerlist2.xsd."""
    root = etree.Element(f"{{{NAMESPACE}}}customer", {"customer-no": account.customer_no}, nsmap={None: NAMESPACE})
    writer = Writer(NAMESPACE)
    writer.texts(
        writer.node(root, "credentials"),
        (("login", account.email), ("enabled-flag", account.enabled)),
    )
    profile = writer.node(root, "profile")
    writer.texts(
        profile,
        (
            ("salutation", account.salutation),
            ("first-name", account.first_name),
            ("last-name", account.last_name),
            ("company-name", account.company_name),
            ("job-title", account.job_title),
            ("email", account.email),
            ("phone-home", account.phone_home),
            ("phone-business", account.phone_business),
            ("phone-mobile", account.phone_mobile),
            ("fax", account.fax),
            ("creation-date", account.created_at),
            ("last-visit-time", account.visited_at),
            ("preferred-locale", account.locale),
        ),
    )
    writer.attributes(profile, account.attributes)
    if account.addresses:
        book = writer.node(root, "addresses")
        for entry in account.addresses:
            preferred = "true" if entry.preferred else "false"
            node = writer.node(book, "address", **{"address-id": entry.address_id, "preferred": preferred})
            writer.address(node, entry.address)
    if account.groups:
        box = writer.node(root, "customer-groups")
        for group in account.groups:
            writer.node(box, "customer-group", **{"group-id": group})
    writer.texts(root, (("note", account.note), ("global-party-id", account.global_party_id)))
    return root
