"""What a variety of order is: a named thing that customers do, and the stage at which they do it.

The modules below `sandbox.shop.kinds` each register theirs; `sandbox.shop.orders` puts them together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from random import Random
from typing import TypeVar

from sandbox.shop.model import Order


class Stage(IntEnum):
    """When a variety acts. Prices are computed between TAXES and PAYMENTS."""

    BUYER = 1
    BASKET = 2
    SHIPMENTS = 3
    DISCOUNTS = 4
    TAXES = 5
    PAYMENTS = 6
    WORDS = 7


Change = Callable[[Order, Random], None]
_Function = TypeVar("_Function", bound=Change)


@dataclass(frozen=True)
class Variety:
    """One kind of order.

    Attributes:
        name: stable name, for example ``bundle``.
        change: what it does to an order that has what every order has.
        stage: when it acts.
        since: first export version that shows all of it.
        site: the site it needs, None for any.
        group: of the varieties of one group an order has at most one; None where several may meet.
        taken: False when the default settings skip such an order.
        sound: False when such an order cannot be carried and belongs into quarantine.
        rare: `random_order` leaves it out: it would hide all else, or needs an order of its own.
    """

    name: str
    change: Change
    stage: Stage
    since: str = "18.5"
    site: str | None = None
    group: str | None = None
    taken: bool = True
    sound: bool = True
    rare: bool = False

    @property
    def summary(self) -> str:
        """What it is, in a sentence."""
        return (self.change.__doc__ or "").strip().split("\n", 1)[0]


VARIETIES: dict[str, Variety] = {}
"""Every variety by name, filled by the modules of `sandbox.shop.kinds`."""


def variety(
    stage: Stage,
    name: str | None = None,
    *,
    since: str = "18.5",
    site: str | None = None,
    group: str | None = None,
    taken: bool = True,
    sound: bool = True,
    rare: bool = False,
) -> Callable[[_Function], _Function]:
    """Register a function as a variety, named as the function is unless said otherwise."""

    def register(function: _Function) -> _Function:
        each = Variety(name or function.__name__, function, stage, since, site, group, taken, sound, rare)
        VARIETIES[each.name] = each
        return function

    return register
