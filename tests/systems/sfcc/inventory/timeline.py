"""The time of a simulated week: its events, its clocks, and what chance does to it."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.systems.sfcc.inventory.shop_model import Order

BEGIN = datetime(2026, 3, 2, tzinfo=UTC)
SITE = "RefArch"
MINUTE, HOUR, DAY = 60, 3600, 86400


@dataclass
class Drop:
    """An export of orders, each as it was then."""

    orders: list[tuple[Order, bool]]
    exported: datetime
    broken: bool = False
    read: bool = False


@dataclass
class Conduct:
    """How the week goes.

    Attributes:
        seed: of everything that is left to chance.
        days: with customers; half a day more lets everything settle.
        asks: the flow asks the shop for orders; exports may then be late beyond all settings.
        trouble: 0 for a week without any, 1 for one full of it.
        mixed: what is sold takes of the same shelf, as kits and by the piece: no feed can keep two customers apart that
            buy between two feeds, so only the feeds themselves are held against what there is.
        safety: units kept back of everything.
    """

    seed: int
    days: float = 1
    asks: bool = False
    trouble: float = 1
    mixed: bool = False
    safety: int = 0
    kits: dict[str, dict[str, int]] = field(default_factory=dict)
    skus: tuple[str, ...] = ("A", "B", "C")


class OversoldError(AssertionError):
    """Something that had sold out was sold again."""


class Timeline:
    """Lets time go by, from one event to the next.

    Args:
        conduct: how the week goes.
    """

    def __init__(self, conduct: Conduct) -> None:
        self.conduct = conduct
        self.random = Random(conduct.seed)
        self.seconds = 0
        self.calm = False
        self._events: list[tuple[int, int, Callable[[], None]]] = []
        self._tie = count()
        self.shop_skew = timedelta(seconds=self.random.randint(-25, 25))
        self.erp_skew = timedelta(seconds=self.random.randint(-25, 25))

    @property
    def now(self) -> datetime:
        """The workers' clock."""
        return BEGIN + timedelta(seconds=self.seconds)

    @property
    def shop_now(self) -> datetime:
        """The shop's clock; it tells two movements of the same second apart."""
        return self.now + self.shop_skew + timedelta(microseconds=next(self._tie) % 1_000_000)

    @property
    def erp_now(self) -> datetime:
        """The ERP's clock."""
        return self.now + self.erp_skew

    def until(self, end: int) -> None:
        """Let everything happen up to a moment."""
        while self._events and self._events[0][0] <= end:
            self.seconds, _, event = heapq.heappop(self._events)
            event()
        self.seconds = end

    def after(self, seconds: float, event: Callable[[], None]) -> None:
        """Let something happen later."""
        heapq.heappush(self._events, (self.seconds + int(seconds), next(self._tie), event))

    def every(self, seconds: int, event: Callable[[], None], jitter: int = 0) -> None:
        """Let something happen again and again."""

        def again() -> None:
            event()
            self.after(max(seconds + self.random.randint(-jitter, jitter), 1), again)

        self.after(seconds, again)

    def chance(self, share: float) -> bool:
        """Say whether something goes wrong."""
        return not self.calm and self.random.random() < share * self.conduct.trouble
