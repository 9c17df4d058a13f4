# ruff: noqa: ARG001 - every change takes the order and a source of chance, whether it needs it or not
"""The life of an order: statuses, replacements, cancellations, awkward moments, almost nothing in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sandbox.shop.basket import SITE
from sandbox.shop.varieties import Stage, variety

if TYPE_CHECKING:
    from random import Random

    from sandbox.shop.model import Order

_WORDS = Stage.WORDS


@variety(_WORDS, group="status")
def open_order(order: Order, rng: Random) -> None:
    """An order in status OPEN, already exported once."""
    order.status, order.export_status = "OPEN", "EXPORTED"


@variety(_WORDS, group="status")
def completed(order: Order, rng: Random) -> None:
    """A completed and shipped order, with tracking numbers."""
    order.status, order.shipping_status, order.payment_status = "COMPLETED", "SHIPPED", "PAID"
    for shipment in order.shipments:
        shipment.status, shipment.tracking_number = "SHIPPED", f"1Z{rng.randrange(10**16):016d}"


@variety(_WORDS, group="status")
def part_shipped(order: Order, rng: Random) -> None:
    """An order of which a shipment has left."""
    order.status, order.shipping_status = "OPEN", "PART_SHIPPED"
    order.shipments[0].status, order.shipments[0].tracking_number = "SHIPPED", f"1Z{rng.randrange(10**16):016d}"


@variety(_WORDS, group="status")
def cancelled(order: Order, rng: Random) -> None:
    """A cancelled order, with code and words."""
    order.status, order.cancel_code = "CANCELLED", rng.choice(("customer", "fraud", "stock"))
    order.cancel_description = "Ordered by mistake <sorry> & thanks"


@variety(_WORDS, group="status")
def paid_and_new(order: Order, rng: Random) -> None:
    """A paid order whose transaction says only AUTH."""
    order.payment_status = "PAID"


def _skipped(name: str, attribute: str, value: str) -> None:
    """Register an order in a status that the default settings skip."""

    def change(order: Order, rng: Random) -> None:
        setattr(order, attribute, value)

    change.__doc__ = f"An order whose {attribute.replace('_', ' ')} is {value}: not taken by default."
    variety(_WORDS, name, group="status", taken=False)(change)


_skipped("created_only", "status", "CREATED")
_skipped("failed", "status", "FAILED")
_skipped("not_confirmed", "confirmation_status", "NOT_CONFIRMED")


@variety(_WORDS, group="chain")
def replacement(order: Order, rng: Random) -> None:
    """An order that replaces an earlier one."""
    original = f"{rng.randrange(10**8):08d}"
    order.original_order_no, order.replaced_order_no = original, original
    order.replace_code, order.replace_description = "size", "Customer wanted another size"


@variety(_WORDS, group="chain")
def replaced(order: Order, rng: Random) -> None:
    """An order that another one has replaced."""
    order.status = "REPLACED"
    order.replacement_order_no = order.current_order_no = f"{rng.randrange(10**8):08d}"
    order.replace_code = "agent"


def _local_moment(order: Order, moment: datetime) -> None:
    order.placed_at = moment.astimezone(UTC)
    order.modified_at = order.placed_at + timedelta(minutes=7)


def _month_start(order: Order) -> datetime:
    """Give the first moment of the month the order was placed in, in its site's zone."""
    zone = ZoneInfo(SITE[order.site].zone)
    return order.placed_at.astimezone(zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


@variety(_WORDS, group="moment")
def just_after_month_end(order: Order, rng: Random) -> None:
    """Placed minutes after midnight of the first, in the site's zone: east of GMT that is last month in GMT."""
    _local_moment(order, _month_start(order) + timedelta(minutes=rng.randint(1, 50)))


@variety(_WORDS, group="moment")
def just_before_month_end(order: Order, rng: Random) -> None:
    """Placed minutes before midnight of the last, in the site's zone: west of GMT that is next month in GMT."""
    _local_moment(order, _month_start(order).astimezone(UTC) - timedelta(minutes=rng.randint(1, 50)))


@variety(_WORDS, group="moment")
def around_clock_change(order: Order, rng: Random) -> None:
    """Placed within an hour of the last change of clocks in the site's zone."""
    change = last_clock_change(ZoneInfo(SITE[order.site].zone), order.placed_at)
    _local_moment(order, change + timedelta(minutes=rng.choice((-59, -1, 0, 1, 59))))


@variety(_WORDS, group="moment")
def midnight_exactly(order: Order, rng: Random) -> None:
    """Placed at midnight sharp in the site's zone."""
    zone = ZoneInfo(SITE[order.site].zone)
    day = order.placed_at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    _local_moment(order, day)


def last_clock_change(zone: ZoneInfo, before: datetime) -> datetime:
    """Give the last moment before another at which the zone's offset from GMT changed."""
    hour = before.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    for _ in range(24 * 370):
        earlier = hour - timedelta(hours=1)
        if earlier.astimezone(zone).utcoffset() != hour.astimezone(zone).utcoffset():
            return hour
        hour = earlier
    return hour


@variety(_WORDS, rare=True, sound=False)
def minimal(order: Order, rng: Random) -> None:
    """An order with nothing but its number, which is all that the schema asks for."""
    order.bare = True
