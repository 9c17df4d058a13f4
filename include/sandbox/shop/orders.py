"""Makes orders: one variety by name, or varieties freely mixed; the same seed gives the same order."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

from sandbox.catalogue import SITES, Site
from sandbox.shop import buyers
from sandbox.shop.basket import add_line, add_shipment
from sandbox.shop.kinds import ALL
from sandbox.shop.kinds.payments import pay
from sandbox.shop.model import Order
from sandbox.shop.pricing import price
from sandbox.shop.varieties import VARIETIES, Stage, Variety

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["NOW", "VARIETIES", "make", "newer", "random_order", "random_orders", "variety"]

assert ALL, "the kinds register themselves when imported"

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
"""The moment up to which orders are placed, unless told otherwise: tests do not look at the clock."""

_SITES = {site.site: site for site in SITES}


def variety(
    name: str, seed: int = 0, *, site: str | None = None, number: str | None = None, now: datetime = NOW
) -> Order:
    """Make an order that is an example of one variety and otherwise as plain as can be.

    Args:
        name: a key of `VARIETIES`.
        seed: another seed gives another customer, other products, another number.
        site: the site; by default the variety's own, or one by seed.
        number: the order number, by default one that no other variety and seed has.
        now: orders are placed in the days before.
    """
    kind = VARIETIES[name]
    rng = Random(f"{name}/{seed}")  # noqa: S311 - repeatable on purpose
    default = f"{list(VARIETIES).index(name):03d}{seed:05d}"
    return make([kind], rng, site=kind.site or site, number=number or default, now=now)


def random_order(rng: Random, *, site: str | None = None, number: str | None = None, now: datetime = NOW) -> Order:
    """Make an order that mixes up to six varieties that can meet."""
    site = site or rng.choice(SITES).site
    chosen: list[Variety] = []
    groups: set[str] = set()
    usual = [each for each in VARIETIES.values() if not each.rare and each.sound and each.site in {None, site}]
    for each in rng.sample(usual, rng.randint(1, 6)):
        if each.group not in groups:
            chosen.append(each)
            groups |= {each.group} if each.group else set()
    return make(chosen, rng, site=site, number=number or f"{rng.randrange(10**10):010d}", now=now)


def random_orders(count: int, seed: int = 0, *, site: str | None = None, now: datetime = NOW) -> Iterator[Order]:
    """Give many random orders with numbers of their own, one at a time."""
    rng = Random(f"orders/{seed}")  # noqa: S311 - repeatable on purpose
    for index in range(count):
        yield random_order(rng, site=site, number=f"R{seed:03d}{index:07d}", now=now)


def make(kinds: Sequence[Variety], rng: Random, *, site: str | None, number: str, now: datetime = NOW) -> Order:
    """Make an order of these varieties: first the basket, then prices, then payments, then words."""
    where = _SITES[site] if site else rng.choice(SITES)
    order = _plain(rng, where, number, now)
    places = list(VARIETIES)
    ordered = sorted(kinds, key=lambda each: (each.stage, places.index(each.name)))
    for each in ordered:
        if each.stage < Stage.PAYMENTS:
            each.change(order, rng)
    price(order)
    if not any(each.group == "payment" for each in ordered):
        pay(order, rng)
    for each in ordered:
        if each.stage >= Stage.PAYMENTS:
            each.change(order, rng)
    order.varieties = tuple(each.name for each in ordered)
    return order


def _plain(rng: Random, site: Site, number: str, now: datetime) -> Order:
    placed = now - timedelta(seconds=rng.randrange(3600, 5 * 86400), milliseconds=rng.randrange(1000))
    unique = "".join(character for character in number if character.isascii() and character.isalnum()).lower()
    customer = buyers.stranger(rng, site.country, guest=False, unique=f"{site.country.lower()}{unique}")
    order = Order(
        order_no=number,
        site=site.site,
        placed_at=placed,
        currency=site.currencies[0],
        taxation=site.taxation,
        customer=customer,
        locale=site.locale,
        invoice_no=f"INV-{number}"[:256],
        remote_host=f"192.0.2.{rng.randrange(1, 255)}",
        business_type="B2C",
        channel_type="Storefront",
        modified_at=placed + timedelta(minutes=rng.randrange(1, 30)),
    )
    shipment = add_shipment(order, rng, address=copy.deepcopy(customer.billing))
    add_line(order, rng, shipment)
    return order


def newer(order: Order, change: str, rng: Random, *, after: timedelta = timedelta(hours=2)) -> Order:
    """Give a later version of an order.

    Args:
        order: the version before; it stays as it is.
        change: ``address`` (the first shipment goes elsewhere), ``line`` (one more product) or ``cancelled``.
        rng: where the news come from.
        after: how much later it was changed.
    """
    later = copy.deepcopy(order)
    later.modified_at = (order.modified_at or order.placed_at) + after
    if change == "address":
        later.shipments[0].address = buyers.address(rng, _SITES[order.site].country)
    elif change == "line":
        add_line(later, rng, later.shipments[0])
        price(later)
        pay(later, rng)
    elif change == "cancelled":
        later.status, later.cancel_code = "CANCELLED", "customer"
        later.cancel_description = "The customer changed their mind"
    else:
        raise ValueError(f"no such change: {change}; write address, line or cancelled")
    later.varieties = (*order.varieties, f"newer_{change}")
    return later
