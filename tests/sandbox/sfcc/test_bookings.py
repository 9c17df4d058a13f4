"""Whatever happens in whatever order, the figures of stock are what the orders' histories make them."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.sfcc.database import stamp
from sandbox.sfcc.inventory import InventoryList, Record
from sandbox.sfcc.store import ShopStore
from sandbox.shop.basket import BY_SKU, add_line
from sandbox.shop.orders import make

START = datetime(2026, 3, 1, tzinfo=UTC)
SKU = "NL-1000"


@dataclass
class Bought:
    """An order's history, in minutes since the start."""

    number: str
    units: int
    placed: int
    exported: int | None = None
    cancelled: int | None = None


def expected(orders: list[Bought], reset: int, *, on_order: bool) -> tuple[int, int]:
    """Turnover and on-order, told from the histories alone."""
    turnover = held = 0
    for each in orders:
        booked = each.exported if on_order else each.placed
        if booked is None:
            held += 0 if each.cancelled is not None else each.units
            continue
        turnover += each.units if booked >= reset else 0
        turnover -= each.units if each.cancelled is not None and each.cancelled >= reset else 0
    return turnover, held


STEPS = st.lists(
    st.tuples(st.sampled_from(["buy", "export", "cancel", "allocate"]), st.integers(0, 9), st.integers(0, 3)),
    min_size=1, max_size=14,
)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(steps=STEPS, on_order=st.booleans())
def test_stock_is_what_the_histories_make_it(steps: list[tuple[str, int, int]], on_order: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = ShopStore(Path(folder))
        store.inventory.put_list(InventoryList("list", on_order=on_order))
        record = Record("list", SKU, Decimal(100), stamp(START), created_at=stamp(START), modified_at=stamp(START))
        store.inventory.put_records([record])
        orders: list[Bought] = []
        now = reset = 0
        for what, choice, wait in steps:
            now += wait
            store.clock.set(START + timedelta(minutes=now))
            if what == "allocate":
                reset = max(reset, now - choice)
                record = replace(record, reset_at=stamp(START + timedelta(minutes=reset)))
                store.inventory.put_records([record])
            elif what == "buy":
                orders.append(buy(store, len(orders), choice + 1, now))
            elif orders:
                change(store, orders[choice % len(orders)], what, now)

            stock = store.inventory.stock("list", [record])[0]
            assert (stock.turnover, stock.on_order) == expected(orders, reset, on_order=on_order)
            assert stock.ats == 100 - stock.turnover - stock.on_order
        store.close()


def buy(store: ShopStore, index: int, units: int, now: int) -> Bought:
    rng = Random(index)
    order = make([], rng, site="RefArch", number=f"B{index}")
    order.placed_at = order.modified_at = START + timedelta(minutes=now)
    order.lines.clear()
    add_line(order, rng, order.shipments[0], BY_SKU[SKU], units).inventory_list_id = "list"
    store.put([order])
    return Bought(order.order_no, units, now)


def change(store: ShopStore, order: Bought, what: str, now: int) -> None:
    if what == "export":
        store.change("RefArch", order.number, {"exportStatus": "exported"})
        if order.exported is None and order.cancelled is None:
            order.exported = now
    elif order.cancelled is None:
        store.change("RefArch", order.number, {"status": "cancelled"})
        order.cancelled = now
