"""The people of a simulated week: customers, the warehouse and the office, and what each may do at most."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.systems.sfcc.inventory.erp_model import Erp, Line
from tests.systems.sfcc.inventory.remembered import Remembered
from tests.systems.sfcc.inventory.shop_model import Order, Shop
from tests.systems.sfcc.inventory.timeline import HOUR, MINUTE, SITE, Conduct, OversoldError, Timeline

if TYPE_CHECKING:
    from cartage.settings import Settings


class People(Timeline):
    """A shop, an ERP, and those who buy, receive, ship and change their minds.

    Args:
        settings: of the flow of stock, with the lists to sell from.
        conduct: how the week goes.
    """

    def __init__(self, settings: Settings, conduct: Conduct) -> None:
        super().__init__(conduct)
        self.settings = settings
        lists = settings.inventory.lists
        self.locations = {list_id: each.locations[0] for list_id, each in lists.items()}
        self.shop = Shop({list_id: each.on_order for list_id, each in lists.items()})
        self.erp = Erp(kits=dict(conduct.kits))
        self.memory = Remembered()
        self.received: dict[tuple[str, str], int] = {}
        self.back: dict[tuple[str, str], int] = {}
        self.sold = 0

    @property
    def items(self) -> list[str]:
        """What lies on shelves."""
        found = {item for sku in self.conduct.skus for item in self.erp.needs(sku)}
        return sorted(found)

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
