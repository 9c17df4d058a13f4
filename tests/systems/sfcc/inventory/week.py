"""A week of a shop, its ERP and the flows between them, with everything late, lost, repeated or broken at times.

Time is simulated, and so is everything but the flow of stock itself: that is the code that runs in production.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from cartage.systems.sfcc.inventory.sales import ask
from cartage.systems.sfcc.inventory.transform import allot
from tests.systems.sfcc.inventory.erp_model import Erp, Line
from tests.systems.sfcc.inventory.remembered import Remembered
from tests.systems.sfcc.inventory.shop_model import Order, Shop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa

    from cartage.settings import Settings
    from cartage.windows import Window

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


class Week:
    """Runs it.

    Args:
        settings: of the flow of stock, with the lists to sell from.
        conduct: how the week goes.
    """

    def __init__(self, settings: Settings, conduct: Conduct) -> None:
        self.settings, self.conduct = settings, conduct
        self.random = Random(conduct.seed)
        lists = settings.inventory.lists
        self.locations = {list_id: each.locations[0] for list_id, each in lists.items()}
        self.shop = Shop({list_id: each.on_order for list_id, each in lists.items()})
        self.erp = Erp(kits=dict(conduct.kits))
        self.memory = Remembered()
        self.received: dict[tuple[str, str], int] = {}
        self.back: dict[tuple[str, str], int] = {}
        self.drops: list[Drop] = []
        self.asked_for: dict[str, bool] = {}
        self.seconds = 0
        self.last_full = -DAY
        self.calm = False
        self.sold = self.fed = 0
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

    def run(self) -> None:
        """Let it go by."""
        for location in self.locations.values():
            for item in self.items:
                self.receive(location, item, self.random.randint(2, 8))
        allocation = self.settings.inventory.allocation
        self.every(150, self.customer, jitter=120)
        self.every(allocation.export_period_minutes * MINUTE, self.export_job)
        self.every(15 * MINUTE, self.orders_flow, jitter=60)
        self.every(10 * MINUTE, self.stock_flow, jitter=30)
        self.every(7 * MINUTE, self.people, jitter=300)
        self._until(int(self.conduct.days * DAY))
        self.calm = True
        for order in self.shop.orders.values():
            order.again = order.cancelled  # whatever nobody heard of is exported at last
        for hours in (6, 3, 3):
            self._until(self.seconds + hours * HOUR)
            self.last_full = -DAY  # the next run counts everything, as each night's does
        self._until(self.seconds + HOUR)

    def _until(self, end: int) -> None:
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

    @property
    def items(self) -> list[str]:
        """What lies on shelves."""
        found = {item for sku in self.conduct.skus for item in self.erp.needs(sku)}
        return sorted(found)

    # --- people -------------------------------------------------------------------------------------------------

    def customer(self) -> None:
        """Buy whatever there is."""
        if self.calm:
            return
        list_id = self.random.choice(list(self.locations))
        sku = self.random.choice(self.conduct.skus)
        wanted = {sku: self.random.choice((1, 1, 1, 2, 3))}
        if self.random.random() < 0.2:
            wanted[self.random.choice(self.conduct.skus)] = 1
        order = self.shop.buy(SITE, list_id, wanted, self.shop_now)
        if order is None:
            return
        self.sold += 1
        if not self.conduct.mixed:
            self.check(order)
        if self.random.random() < 0.15:
            self.after(self.random.randint(MINUTE, 8 * HOUR), lambda: self.cancel(order))

    def check(self, order: Order) -> None:
        """Hold what was sold against what ever was there.

        Raises:
            OversoldError: more was sold than there is.
        """
        location = self.locations[order.list_id]
        for sku in order.units:
            for item in self.erp.needs(sku):
                left = self.left(location, item)
                if left < 0:
                    raise OversoldError(
                        f"seed {self.conduct.seed}, {self.now}: {-left} of {item} too many at {order.list_id}"
                    )

    def left(self, location: str, item: str, known: set[str] | None = None, own: str = "") -> int:
        """Give how many of an item there are for others than the customers of orders.

        Args:
            location: where it lies.
            item: what lies there.
            known: the orders that count; of others only what they took of `own` does. None: all count.
            own: a sku.
        """
        taken = sum(
            units * self.erp.needs(sku).get(item, 0)
            for order in self.shop.orders.values()
            if not order.cancelled and self.locations[order.list_id] == location
            for sku, units in order.units.items()
            if known is None or order.number in known or sku == own
        )
        given_up = self.back.get((location, item), 0)
        return self.received.get((location, item), 0) - taken + given_up

    def receive(self, location: str, item: str, units: int) -> None:
        """Deliver goods to the warehouse."""
        self.received[location, item] = self.received.get((location, item), 0) + units
        self.erp.receive(location, item, units, self.erp_now)

    def cancel(self, order: Order) -> None:
        """Cancel an order in the shop, unless the warehouse has touched it.

        Who only reads exports never hears of an order that is cancelled before one takes it, and that gives units
        back on the wrong side of a date; so there, nobody cancels as early as that.
        """
        if not self.conduct.asks and order.number not in self.memory.orders:
            return
        shipped = any(each.order_no == order.number and (each.shipped or each.closed) for each in self.erp.lines)
        if not order.cancelled and not shipped:
            self.shop.cancel(order, self.shop_now)
            order.again = self.random.random() < 0.6 or self.conduct.asks or self.calm

    def people(self) -> None:
        """Approve, ship, take back, close and receive in the ERP."""
        for line in list(self.erp.lines):
            order = self.shop.orders[line.order_no]
            if not line.approved and (self.calm or self.random.random() < 0.02):
                line.approved = True
                self.erp.changes(line, self.erp_now)
            elif line.committed and not order.cancelled and (self.calm or self.random.random() < 0.03):
                self.erp.ship(line, self.random.randint(1, line.committed), self.erp_now)
            elif line.open and not order.cancelled and self.chance(0.001):
                self.give_up(line)
            elif line.shipped and self.chance(0.002):
                self.take_back(line)
        if self.random.random() < 0.15 and not self.calm:
            location = self.random.choice(list(self.locations.values()))
            self.receive(location, self.random.choice(self.items), self.random.randint(1, 4))

    def give_up(self, line: Line) -> None:
        """Close a line in the ERP that the shop never cancels: the customer gets nothing more."""
        for item, needed in self.erp.needs(line.sku).items():
            key = (line.location, item)
            self.back[key] = self.back.get(key, 0) + needed * (line.ordered - line.shipped)
        self.erp.close(line, self.erp_now)

    def take_back(self, line: Line) -> None:
        """Put one unit that a customer sent back on the shelf."""
        returned = getattr(line, "returned", 0)
        if returned < line.shipped:
            line.returned = returned + 1  # type: ignore[attr-defined]
            for item, needed in self.erp.needs(line.sku).items():
                self.back[line.location, item] = self.back.get((line.location, item), 0) + needed
                self.erp.receive(line.location, item, needed, self.erp_now)

    # --- orders -------------------------------------------------------------------------------------------------

    def export_job(self) -> None:
        """Export what has rested long enough; now and then an order is not marked, and comes again."""
        allocation = self.settings.inventory.allocation
        rested = self.shop_now - timedelta(minutes=allocation.export_delay_minutes)
        drop = Drop([], self.shop_now)
        for order in self.shop.orders.values():
            if order.again:
                order.again = False
                drop.orders.append((order, True))
            elif not order.exported and not order.cancelled and order.placed <= rested:
                drop.orders.append((order, False))
                if allocation.exported_by == "job" and not self.chance(0.1):
                    self.after(self.random.randint(0, 60), lambda order=order: self.shop.export(order, self.shop_now))  # type: ignore[misc]
        if not drop.orders:
            return
        delay = self.random.randint(60, allocation.transfer_minutes * MINUTE)
        if self.conduct.asks and self.chance(0.1):
            delay += self.random.randint(0, 6 * HOUR)
        drop.broken = self.chance(0.03)
        self.after(delay, lambda: self.drops.append(drop))
        if drop.broken:
            mended = Drop(list(drop.orders), drop.exported)
            self.after(delay + self.random.randint(HOUR, 5 * HOUR), lambda: self.mend(drop, mended))

    def mend(self, broken: Drop, mended: Drop) -> None:
        """Leave a drop again that could not be read."""
        self.drops.append(mended)
        broken.broken = False
        broken.read = True

    def orders_flow(self) -> None:
        """Read drops, note what they say, bring orders into the ERP."""
        if self.chance(0.15):
            return
        broken = False
        for drop in self.drops:
            if drop.broken:
                broken = True
            elif not drop.read or self.chance(0.02):
                drop.read = True
                self.memory.note(drop.orders, drop.exported, self.now, self.settings)
        if not broken:
            self.memory.read_up_to(self.now)
        begun = self.now
        self.after(self.random.randint(30, 5 * MINUTE), lambda: self.load(begun))

    def load(self, begun: datetime) -> None:
        """Bring what was read into the ERP; some of it fails, is held back, or waits for a person."""
        if self.chance(0.1):
            return  # the whole run failed; the next one takes it up
        done = []
        for number, known in self.memory.orders.items():
            if known.arrived > begun or (
                known.stuck_until is not None and known.stuck_until > self.seconds and not self.calm
            ):
                continue
            if known.applied is None and known.stuck_until is None and self.chance(0.1):
                known.stuck_until = self.seconds + self.random.randint(10 * MINUTE, 4 * DAY)
                continue
            order = self.shop.orders[number]
            if known.cancelled and not known.cancel_done:
                self.close(order)
                known.cancel_done, known.applied = True, self.now
            elif known.applied is None and not known.cancelled:
                self.create(order)
                known.applied = self.now
                done.append(order)
        if self.settings.inventory.allocation.exported_by == "cartage":
            self.after(self.random.randint(10, 5 * MINUTE), lambda: self.acknowledge(done))

    def create(self, order: Order) -> None:
        """Make the sales order, pending approval at times."""
        approved = not self.chance(0.15)
        for sku, units in order.units.items():
            location = self.locations[order.list_id]
            line = Line(order.site, order.number, order.line_id(sku), sku, location, units, approved)
            self.erp.order(line, self.erp_now)

    def close(self, order: Order) -> None:
        """Close the lines of an order that the shop cancelled."""
        for line in self.erp.lines:
            if line.order_no == order.number and not line.shipped and not line.closed:
                self.erp.close(line, self.erp_now)

    def acknowledge(self, orders: list[Order]) -> None:
        """Mark orders exported."""
        for order in orders:
            self.shop.export(order, self.shop_now)
            self.memory.orders[order.number].acknowledged = self.now

    # --- stock --------------------------------------------------------------------------------------------------

    def stock_flow(self) -> None:
        """Count, and tell the shop some time later; the whole count once a day, else what changed."""
        if self.chance(0.1):
            return
        full = self.seconds - self.last_full >= DAY
        skus = [*self.conduct.skus]
        if not full:
            since = self.erp_now - timedelta(hours=1)
            changed = {sku for sku in skus if self.erp.changed.get(sku, BEGIN) >= since}
            skus = self.around(changed)
        else:
            self.last_full = self.seconds
        if not skus:
            return
        at, lines = self.erp_now, self.erp.told_lines(self.erp_now)
        if self.chance(0.2):
            self.people()  # something is shipped, approved or received while NetSuite is read
        batch = self.erp.count(self.locations, skus, lines, at, safety=self.conduct.safety)
        delay = self.random.randint(5, 90) if not self.chance(0.1) else self.random.randint(60, 9 * MINUTE)
        self.after(delay, lambda: self.tell([batch]))

    def around(self, skus: set[str]) -> list[str]:
        """Give what must be counted together: a kit comes with all its members, and these with all their kits."""
        while True:
            items = {item for sku in skus for item in self.erp.needs(sku)}
            more = {sku for sku in self.conduct.skus if items & set(self.erp.needs(sku))}
            if more <= skus:
                return sorted(more)
            skus = more

    def tell(self, batches: list[Any]) -> None:
        """Work out what to tell the shop, and send it: at once, late, out of order, or never."""
        known = self.known()
        for each in allot(batches, self.settings, self.memory, self.ask if self.conduct.asks else None):
            rows = each.documents.root
            told = self.memory.told(rows["key"].to_pylist()).table
            last = told["hash"].take(pc.index_in(rows["key"], value_set=told["key"].combine_chunks()))
            news = rows.filter(pc.invert(pc.fill_null(pc.equal(rows["hash"], last), False)))
            self.compare(news, known)
            self.send(news)

    def ask(self) -> datetime:
        """Ask the shop for its orders."""
        return ask(self, self.settings, self.memory, BEGIN - timedelta(days=1), clock=lambda: self.now)

    def send(self, rows: pa.Table) -> None:
        """Leave a feed, and have it imported."""
        if not len(rows) or self.chance(0.05):
            return  # the upload failed: the shop was told nothing, and the ledger knows
        self.fed += len(rows)
        self.memory.tell(rows)
        if self.chance(0.03):  # the import is lost, and its log says so much later
            self.after(self.random.randint(HOUR, 5 * HOUR), lambda: self.memory.forget(rows))
        elif self.chance(0.1):
            self.after(self.random.randint(MINUTE, 8 * HOUR), lambda: self.shop.load(rows, self.shop_now))
        else:
            self.shop.load(rows, self.shop_now)

    def known(self) -> set[str]:
        """Give the orders that the flow of stock can know now."""
        if self.conduct.asks:
            lag = self.settings.inventory.allocation.lag
            return set(self.memory.orders) | {
                each.number for each in self.shop.orders.values() if each.placed <= self.shop_now - lag
            }
        return set(self.memory.orders)

    def compare(self, rows: pa.Table, known: set[str]) -> None:
        """Hold a feed against what there is for customers whose orders are known, and all who bought the same.

        Raises:
            OversoldError: it lets the shop sell what is not there.
        """
        for row in rows.to_pylist():
            list_id, sku = row["group"], row["sku"]
            moved = self.shop.turnover.get((list_id, sku), [])
            after = sum(units for at, units in moved if at >= row["as_of"]) + self.shop.waiting.get((list_id, sku), 0)
            location = self.locations[list_id]
            most = min(self.left(location, item, known, sku) // n for item, n in self.erp.needs(sku).items())
            if row["allocation"] and row["allocation"] - after > max(most, 0):  # nobody can be told less than nothing
                raise OversoldError(
                    f"seed {self.conduct.seed}, {self.now}: a feed lets {row['allocation'] - after} of {row['key']} be "
                    f"sold, and there are {most}"
                )

    def pages(self, site: str, window: Window) -> Iterator[list[dict[str, Any]]]:
        """Give orders as SCAPI does, from an index that is behind at times."""
        now = self.shop_now
        lag = self.settings.inventory.allocation.lag
        since, until = (window.since or BEGIN).isoformat(), window.until.isoformat()
        found = []
        for order in self.shop.orders.values():
            listed = order.listed(now - lag if self.random.random() < 0.5 else now)
            if order.site == site and listed is not None and since <= listed["lastModified"] < until:
                found.append(listed)
        yield found
