"""The demo's drops: every variety, random mixtures, repeats, newer versions and things gone wrong.

Everything but the dates is the same every time; dates are relative to a given moment.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from sandbox.catalogue import SITES
from sandbox.netsuite import people
from sandbox.shop.bad import BAD_DROPS, bad_drop
from sandbox.shop.basket import BY_SKU, SITE, add_line
from sandbox.shop.buyers import known
from sandbox.shop.customers import accounts_of_the_erp, odd_accounts, random_accounts
from sandbox.shop.delivery import DropFile, customer_drop, order_drop
from sandbox.shop.kinds.payments import pay
from sandbox.shop.model import VERSIONS, Order, at_least
from sandbox.shop.oracle import expect
from sandbox.shop.orders import make, newer, random_order, variety
from sandbox.shop.pricing import price
from sandbox.shop.varieties import VARIETIES

_RANDOM = 90
_REPEATED = 12
_ACCOUNTS = 20
_DROP_VERSIONS = {"RefArch": ("26.5", "22.9", "18.5"), "RefArchUS": ("26.5", "21.9", "19.2")}
_LEFT_OUT = {"gzip_bomb"}
"""Bad drops that only cost time to watch."""


@dataclass
class Demo:
    """The demo.

    Attributes:
        files: drops in the order they were exported.
        expected: counts that hold whatever the settings' details: ``orders`` (different sound order numbers
            in sound drops that the default settings take), ``skipped`` (records that they skip), ``repeats`` and
            ``newer`` (further records of orders that were there before), ``unsound`` (records that must end in
            quarantine), ``rejected_drops`` (drops that must be rejected whole).
        later: names of the drops that repeat or change orders of earlier ones: left after the first run, they
            show what comes of an order that the ERP has already.
    """

    files: list[DropFile] = field(default_factory=list)
    expected: dict[str, int] = field(default_factory=dict)
    later: frozenset[str] = frozenset()


def drops(now: datetime) -> Demo:
    """Make the demo's drops as of `now`."""
    orders = _orders(now)
    files: list[DropFile] = []
    at = now.replace(microsecond=0) - timedelta(minutes=50)
    for index, (site, version, some) in enumerate(_by_version(orders)):
        files.append(
            order_drop(site, some, at + timedelta(seconds=30 * index), version=version, compressed=index % 2 == 1)
        )
    at += timedelta(minutes=15)
    later, repeats, changed = _second_thoughts(orders, at)
    files += later
    at += timedelta(minutes=10)
    bad = [name for name in BAD_DROPS if name not in _LEFT_OUT]
    files += [bad_drop(name, "RefArch", at + timedelta(seconds=7 * index)) for index, name in enumerate(bad)]
    files += _customer_drops(now)
    fates = [expect(order).fate for order in orders]
    return Demo(
        files,
        {
            "orders": fates.count("carried") + sum(BAD_DROPS[name].good for name in bad),
            "skipped": fates.count("skipped"),
            "repeats": repeats + 1,  # one of the bad drops holds an order twice
            "newer": changed,
            "unsound": fates.count("quarantined") + sum(BAD_DROPS[name].bad for name in bad),
            "rejected_drops": sum(BAD_DROPS[name].effect == "drop_rejected" for name in bad),
        },
        frozenset(each.name for each in later),
    )


def _orders(now: datetime) -> list[Order]:
    sites = [site.site for site in SITES]
    found = [
        variety(name, 1, site=sites[index % len(sites)], number=f"D{index:06d}", now=now)
        for index, name in enumerate(VARIETIES)
    ]
    found += [
        variety(name, seed, site="RefArch", number=f"F{name[-5:]}{seed:03d}", now=now)
        for name in ("returning_guest", "returning_customer")
        for seed in range(2, 5)
    ]
    rng = Random("demo")  # noqa: S311 - repeatable on purpose
    found += [
        random_order(rng, site=sites[index % len(sites)], number=f"E{index:06d}", now=now) for index in range(_RANDOM)
    ]
    return found + [legacy_order(seed, rng, now) for seed in people.SEED_ORDERS]


def legacy_order(seed: people.SeedOrder, rng: Random, now: datetime) -> Order:
    """Make the shop's side of an order that an earlier connector has already written."""
    order = make([], rng, site=seed.site, number=seed.other_ref_num, now=now - timedelta(days=20))
    customer = next(each for each in people.SEED_CUSTOMERS if each.id == seed.customer)
    order.customer = known(rng, SITE[seed.site].country, customer.email)
    order.lines.clear()
    for sku, quantity, _ in seed.lines:
        add_line(order, rng, order.shipments[0], BY_SKU[sku], quantity)
    price(order)
    pay(order, rng)
    return order


def _by_version(orders: list[Order]) -> list[tuple[str, str, list[Order]]]:
    """Spread the orders over drops of several versions, each where its version can say all of it."""
    spread: dict[tuple[str, str], list[Order]] = {}
    for index, order in enumerate(orders):
        since = max((VARIETIES[name].since for name in order.varieties), key=VERSIONS.index, default=VERSIONS[0])
        fitting = [version for version in _DROP_VERSIONS[order.site] if at_least(version, since)]
        spread.setdefault((order.site, fitting[index % len(fitting)]), []).append(order)
    return [(site, version, some) for (site, version), some in sorted(spread.items())]


def _second_thoughts(orders: list[Order], at: datetime) -> tuple[list[DropFile], int, int]:
    """Export some orders again as they were, and others in a newer version."""
    rng = Random("second thoughts")  # noqa: S311 - repeatable on purpose
    usual = [order for order in orders if order.site == "RefArch" and expect(order).fate == "carried"]
    usual = [order for order in usual if order.status == "NEW" and not order.bare]
    again = usual[:_REPEATED]
    changes = ("address", "line", "cancelled")
    changed = [newer(order, changes[index % 3], rng) for index, order in enumerate(usual[_REPEATED : _REPEATED + 9])]
    files = [order_drop("RefArch", again, at), order_drop("RefArch", changed, at + timedelta(minutes=5))]
    return files, len(again), len(changed)


def _customer_drops(now: datetime) -> list[DropFile]:
    at = now.replace(microsecond=0) - timedelta(minutes=40)
    found = []
    for index, site in enumerate(SITES):
        accounts = [*random_accounts(_ACCOUNTS, site=site.site, now=now)]
        accounts += [*accounts_of_the_erp(site.site, now=now), *odd_accounts(now=now)] if index == 0 else []
        found.append(customer_drop(site.site, accounts, at, compressed=index == 1))
    return found
