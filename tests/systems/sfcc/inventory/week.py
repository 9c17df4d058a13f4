"""A week of a shop, its ERP and the flows between them, with everything late, lost, repeated or broken at times.

Time is simulated, and so is everything but the flow of stock itself: that is the code that runs in production.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from cartage.systems.sfcc.inventory.sales import ask
from cartage.systems.sfcc.inventory.transform import allot
from tests.systems.sfcc.inventory.erp_model import Line
from tests.systems.sfcc.inventory.people import People
from tests.systems.sfcc.inventory.timeline import BEGIN, DAY, HOUR, MINUTE, Conduct, Drop, OversoldError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from cartage.settings import Settings
    from cartage.windows import Window
    from tests.systems.sfcc.inventory.shop_model import Order


class Week(People):
    """Runs it.

    Args:
        settings: of the flow of stock, with the lists to sell from.
        conduct: how the week goes.
    """

    def __init__(self, settings: Settings, conduct: Conduct) -> None:
        super().__init__(settings, conduct)
        self.drops: list[Drop] = []
        self.last_full = -DAY
        self.fed = 0

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
        self.until(int(self.conduct.days * DAY))
        self.calm = True
        for order in self.shop.orders.values():
            order.again = order.cancelled  # whatever nobody heard of is exported at last
        for hours in (6, 3, 3):
            self.until(self.seconds + hours * HOUR)
            self.last_full = -DAY  # the next run counts everything, as each night's does
        self.until(self.seconds + HOUR)

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
