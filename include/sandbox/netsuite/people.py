"""Customers and orders that the sandbox's NetSuite already has when an integration first meets it.

They are what a real account is full of: two active customers with one e-mail, one made inactive, a
company, one who lives only in the other subsidiary, and orders that an earlier connector wrote
without an external id. The shop's order generator uses the same e-mail addresses.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

REGULAR_EMAIL = "jonas.weber@example.com"
"""One active customer of subsidiary 1."""

DUPLICATE_EMAIL = "anna.doppelt@example.com"
"""Two active customers of subsidiary 1 share it; the newer one has the newest activity."""

INACTIVE_EMAIL = "karl.ruhend@example.com"
"""One customer of subsidiary 1, inactive: it must not be matched."""

COMPANY_EMAIL = "einkauf@bergbau-werke.example.com"
"""A company of subsidiary 1 with a buyer as its contact."""

BUYER_EMAIL = "petra.einkauf@bergbau-werke.example.com"
"""The company's contact."""

OTHER_SUBSIDIARY_EMAIL = "emily.carter@example.com"
"""One active customer who belongs to subsidiary 2 only."""

EURO_ONLY_EMAIL = "marie.euro@example.com"
"""One active customer of subsidiary 1 whose currency list holds the euro only."""

DEALER_EMAIL = "bestellung@alpin-sport.example.com"
"""A company of subsidiary 1 that has prices of its own."""

DEALER_CUSTOMER_NO = "00000508"
"""Its number in the shop."""

REGULAR_CUSTOMER_NO = "00000042"
"""The regular customer's number in the shop, as the earlier connector noted it."""

LEGACY_ORDER_NUMBERS = ("LEGACY-0001", "LEGACY-0002")
"""Shop order numbers of the two orders that the earlier connector wrote (otherRefNum only)."""


@dataclass(frozen=True)
class SeedCustomer:
    """A customer that is there from the start.

    Attributes:
        id: internal id.
        email: e-mail.
        subsidiary: internal id of the primary subsidiary.
        currencies: internal ids of the currencies in its list, the primary one first.
        first_name: a person's first name; None on a company.
        last_name: a person's last name; None on a company.
        company_name: a company's name; None on a person.
        customer_no: the shop's customer number, kept in ``custentity_ctg_customer_no``.
        inactive: whether it was made inactive.
        modified_days_ago: age of its last change, in days before the first start.
        price_level: internal id of the level that all its prices are of.
        item_prices: sku, internal ids of currency and level, and the price at the level -1 (custom).
        group_levels: internal ids of a group of items and the level for it.
    """

    id: str
    email: str
    subsidiary: str
    currencies: tuple[str, ...]
    first_name: str | None = None
    last_name: str | None = None
    company_name: str | None = None
    customer_no: str | None = None
    inactive: bool = False
    modified_days_ago: int = 30
    price_level: str | None = None
    item_prices: tuple[tuple[str, str, str, Decimal | None], ...] = ()
    group_levels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class SeedContact:
    """A contact of a company that is there from the start."""

    id: str
    email: str
    company: str
    first_name: str
    last_name: str


@dataclass(frozen=True)
class SeedOrder:
    """An order that an earlier connector wrote.

    Attributes:
        other_ref_num: the shop's order number.
        customer: internal id of the customer.
        site: site of the shop.
        currency: internal id of the currency.
        lines: sku, quantity, amount.
        shipping_cost: header shipping.
    """

    other_ref_num: str
    customer: str
    site: str
    currency: str
    lines: tuple[tuple[str, int, Decimal], ...]
    shipping_cost: Decimal


SEED_CUSTOMERS: tuple[SeedCustomer, ...] = (
    SeedCustomer("501", REGULAR_EMAIL, "1", ("1", "3"), "Jonas", "Weber", customer_no=REGULAR_CUSTOMER_NO),
    SeedCustomer("502", DUPLICATE_EMAIL, "1", ("1",), "Anna", "Doppelt", modified_days_ago=400),
    SeedCustomer("503", DUPLICATE_EMAIL, "1", ("1",), "Anna", "Doppelt", modified_days_ago=3),
    SeedCustomer("504", INACTIVE_EMAIL, "1", ("1",), "Karl", "Ruhend", inactive=True),
    SeedCustomer("505", COMPANY_EMAIL, "1", ("1",), company_name="Bergbau-Werke AG"),
    SeedCustomer("506", OTHER_SUBSIDIARY_EMAIL, "2", ("2",), "Emily", "Carter"),
    SeedCustomer("507", EURO_ONLY_EMAIL, "1", ("1",), "Marie", "Euro"),
    SeedCustomer(
        "508",
        DEALER_EMAIL,
        "1",
        ("1", "3"),
        company_name="Alpin Sport GmbH",
        customer_no=DEALER_CUSTOMER_NO,
        price_level="2",
        item_prices=(("NL-1000", "1", "-1", Decimal("99.00")), ("NL-1003", "1", "3", None)),
        group_levels=(("1", "3"),),
    ),
)

SEED_CONTACTS: tuple[SeedContact, ...] = (SeedContact("551", BUYER_EMAIL, "505", "Petra", "Einkauf"),)

SEED_ORDERS: tuple[SeedOrder, ...] = (
    SeedOrder(
        LEGACY_ORDER_NUMBERS[0], "501", "RefArch", "1",
        (("NL-1000", 1, Decimal("109.16")), ("NL-1011", 2, Decimal("16.72"))), Decimal("4.16"),
    ),
    SeedOrder(LEGACY_ORDER_NUMBERS[1], "506", "RefArchUS", "2", (("NL-1003", 1, Decimal("18.99")),), Decimal("4.95")),
)  # fmt: skip
