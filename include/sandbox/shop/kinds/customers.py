# ruff: noqa: ARG001 - every change takes the order and a source of chance, whether it needs it or not
"""Who orders: guests, registered and returning customers, companies, and those NetSuite already knows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.netsuite import people
from sandbox.shop import buyers
from sandbox.shop.basket import SITE
from sandbox.shop.varieties import Stage, variety

if TYPE_CHECKING:
    from random import Random

    from sandbox.shop.model import Customer, Order

_BUYER = Stage.BUYER


def _becomes(order: Order, customer: Customer) -> None:
    """Let someone else order; the first shipment goes to them."""
    order.customer = customer
    order.shipments[0].address = replace(customer.billing) if customer.billing else None


def _known(order: Order, rng: Random, email: str) -> None:
    _becomes(order, buyers.known(rng, SITE[order.site].country, email))


@variety(_BUYER, group="buyer")
def registered(order: Order, rng: Random) -> None:
    """A registered customer nobody has met."""
    order.customer.guest = False


@variety(_BUYER, group="buyer")
def guest(order: Order, rng: Random) -> None:
    """A guest with a customer number."""
    order.customer.guest = True


@variety(_BUYER, group="buyer")
def guest_without_number(order: Order, rng: Random) -> None:
    """A guest without a customer number."""
    order.customer.guest, order.customer.customer_no = True, None


@variety(_BUYER, group="buyer")
def returning_guest(order: Order, rng: Random) -> None:
    """A guest who has ordered before with the same e-mail, in other capitals."""
    order.customer.guest, order.customer.customer_no = True, None
    order.customer.email = rng.choice(("returning.guest@example.com", "Returning.Guest@Example.com"))


@variety(_BUYER, group="buyer")
def returning_customer(order: Order, rng: Random) -> None:
    """A registered customer who orders again and again."""
    number = rng.randint(1, 3)
    order.customer.customer_no, order.customer.email = f"C-RETURN-{number}", f"regular{number}@example.com"


@variety(_BUYER, site="RefArch", group="buyer")
def regular_of_the_erp(order: Order, rng: Random) -> None:
    """A customer whom NetSuite knows by customer number and e-mail."""
    _known(order, rng, people.REGULAR_EMAIL)


@variety(_BUYER, site="RefArch", group="buyer")
def duplicate_of_the_erp(order: Order, rng: Random) -> None:
    """A customer whose e-mail two active customers of NetSuite share."""
    _known(order, rng, people.DUPLICATE_EMAIL)


@variety(_BUYER, site="RefArch", group="buyer")
def inactive_in_the_erp(order: Order, rng: Random) -> None:
    """A customer whom NetSuite knows only as inactive."""
    _known(order, rng, people.INACTIVE_EMAIL)


@variety(_BUYER, site="RefArch", group="buyer")
def in_the_other_subsidiary(order: Order, rng: Random) -> None:
    """A customer of the other subsidiary who orders here."""
    _known(order, rng, people.OTHER_SUBSIDIARY_EMAIL)


@variety(_BUYER, site="RefArch", group="buyer")
def guest_with_a_known_email(order: Order, rng: Random) -> None:
    """A guest with the e-mail of a registered customer: the order may not change that customer."""
    _known(order, rng, people.REGULAR_EMAIL)
    order.customer.guest, order.customer.customer_no = True, None


@variety(_BUYER, site="RefArch", group="buyer")
def company(order: Order, rng: Random) -> None:
    """A buyer who orders for a company that NetSuite knows (B2B)."""
    _known(order, rng, people.COMPANY_EMAIL)
    order.business_type = "B2B"
    order.customer_order_reference = f"PO-{rng.randrange(10**6):06d}"


@variety(_BUYER, group="buyer")
def new_company(order: Order, rng: Random) -> None:
    """A buyer of a company nobody has met (B2B), with job title and reference."""
    customer = order.customer
    assert customer.billing
    customer.billing.company_name = f"Nord & Süd <{order.order_no.strip()[:20]}> GmbH"
    customer.billing.job_title = "Head of Purchasing"
    customer.name = f"{customer.billing.first_name} {customer.billing.last_name}"
    _becomes(order, customer)
    order.business_type = "B2B"
    order.customer_order_reference = f"PO/{rng.randrange(10**6):06d}"


@variety(_BUYER, group="buyer")
def placed_by_an_agent(order: Order, rng: Random) -> None:
    """An order that an agent placed for a customer on the phone."""
    order.created_by, order.channel_type = f"agent.{rng.randint(1, 9)}", "CallCenter"


@variety(_BUYER, site="RefArch", group="currency")
def other_currency(order: Order, rng: Random) -> None:
    """An order in pounds on the euro site."""
    order.currency = "GBP"


@variety(_BUYER, site="RefArch", group="currency")
def euro_customer_pays_pounds(order: Order, rng: Random) -> None:
    """A customer whose list of currencies holds the euro only orders in pounds."""
    _known(order, rng, people.EURO_ONLY_EMAIL)
    order.currency = "GBP"


@variety(_BUYER)
def other_locale(order: Order, rng: Random) -> None:
    """A locale that is not the site's own."""
    order.locale = rng.choice(("fr_CH", "en_GB", "ja_JP", "default"))


@variety(_BUYER)
def full_address(order: Order, rng: Random) -> None:
    """An address with every part that the schema has."""
    billing = order.customer.billing
    assert billing
    billing.salutation, billing.title, billing.second_name, billing.suffix = "Mrs", "Dr.", "Maria", "PhD"
    billing.job_title, billing.address2, billing.suite, billing.postbox = "Surveyor", "2nd floor", "Apt 7", "PO 109"
    billing.company_name = billing.company_name or "Home Office"
    order.shipments[0].address = replace(billing)


@variety(_BUYER)
def sparse_address(order: Order, rng: Random) -> None:
    """An address of a last name, a city and a country."""
    billing = order.customer.billing
    assert billing
    for part in ("first_name", "address1", "postal_code", "phone"):
        setattr(billing, part, None)
    order.shipments[0].address = replace(billing)


@variety(_BUYER)
def channel(order: Order, rng: Random) -> None:
    """An order from another channel, the newest ones included."""
    order.channel_type = rng.choice(("Marketplace", "TikTok", "Subscriptions", "ChatGPT", "Store"))
