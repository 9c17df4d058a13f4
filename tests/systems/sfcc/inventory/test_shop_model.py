"""The shop of the simulated week and the sandbox's count alike, whatever is sold, exported, cancelled and told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING

import pytest

from sandbox.sfcc.bookings import Bookings
from sandbox.sfcc.database import Database, stamp
from sandbox.sfcc.inventory import Inventory, InventoryList, Record
from tests.systems.sfcc.inventory.shop_model import Record as Told
from tests.systems.sfcc.inventory.shop_model import Shop

if TYPE_CHECKING:
    from pathlib import Path

LISTS = {"RefArch-inventory": False, "store-berlin": True}
SKUS = ("A", "B")


@pytest.mark.parametrize("seed", range(3))
def test_both_shops_have_the_same_to_sell(seed: int, tmp_path: Path) -> None:
    random, now = Random(seed), datetime(2026, 3, 2, tzinfo=UTC)
    shop = Shop(dict(LISTS))
    database = Database(tmp_path / "shop.db")
    sandbox = Inventory(database, lambda: now)
    bookings = Bookings(database, sandbox)
    for list_id, on_order in LISTS.items():
        sandbox.put_list(InventoryList(list_id, on_order=on_order))
    for _ in range(150):
        now += timedelta(seconds=random.randint(1, 600))
        list_id, sku = random.choice(list(LISTS)), random.choice(SKUS)
        orders = [each for each in shop.orders.values() if not each.cancelled]
        step = random.choice(("tell", "buy", "buy", "buy", "export", "cancel"))
        if step == "tell":
            dated = now - timedelta(minutes=random.randint(0, 90))
            before = shop.records.get((list_id, sku))
            dated = max(dated, before.dated) if before and before.dated else dated
            units = Decimal(random.randint(0, 9))
            shop.records[list_id, sku] = Told(units, Decimal(0), dated)
            sandbox.put_records(
                [Record(list_id, sku, units, stamp(dated), created_at=stamp(now), modified_at=stamp(now))]
            )
        elif step == "buy":
            order = shop.buy("RefArch", list_id, {sku: random.randint(1, 3)}, now)
            if order:
                bookings.book("RefArch", order.document())
        elif orders:
            order = random.choice(orders)
            (shop.export if step == "export" else shop.cancel)(order, now)
            bookings.book("RefArch", order.document())
        for one in LISTS:
            for other in SKUS:
                assert shop.available(one, other) == sandbox.available(one, other), f"seed {seed}: {one}/{other}"
