"""A week of sales, exports, delays, approvals, feeds and failures: nothing that sells out is ever sold again."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cartage.settings import Settings, load_settings
from tests.systems.sfcc.inventory.week import Conduct, Week

INCLUDE = Path(__file__).parents[4] / "include"
LISTS = """
settings:
  inventory:
    lists:
      RefArch-inventory: {{locations: ["1"], site: RefArch, on_order: {on_order}}}
      store-berlin: {{locations: ["2"], on_order: {on_order}}}
    allocation: {{exported_by: {exported_by}, export_delay_minutes: {delay}, export_period_minutes: 15, transfer_minutes: 10}}
"""


def settings_of(*, on_order: bool = False, exported_by: str = "job", delay: int = 30) -> Settings:
    """Give settings with two lists, each with a warehouse of its own."""
    text = LISTS.format(on_order=str(on_order).lower(), exported_by=exported_by, delay=delay)
    settings = load_settings("sfcc_netsuite", INCLUDE, text)
    lists = {name: settings.inventory.lists[name] for name in ("RefArch-inventory", "store-berlin")}
    return settings.model_copy(update={"inventory": settings.inventory.model_copy(update={"lists": lists})})


def assert_settled(week: Week) -> None:
    """Once all is settled, the shop sells what the ERP has, less what it owes and what is kept back."""
    for list_id, location in week.locations.items():
        for sku in week.conduct.skus:
            wanted = max(min(week.erp.unclaimed(location, item) // n for item, n in week.erp.needs(sku).items()), 0)
            wanted = max(wanted - week.conduct.safety, 0)
            there = week.shop.available(list_id, sku)
            assert there == Decimal(wanted), f"seed {week.conduct.seed}: {list_id}/{sku} sells {there}, not {wanted}"


WAYS: list[dict[str, Any]] = [
    {"on_order": False},
    {"on_order": True},
    {"on_order": True, "exported_by": "cartage"},
]


@pytest.mark.parametrize("way", WAYS, ids=["plain", "on-order", "on-order-acknowledged"])
@pytest.mark.parametrize("asks", [False, True], ids=["exports", "asks"])
def test_nothing_that_sells_out_is_sold_again(way: dict[str, Any], asks: bool) -> None:
    week = Week(settings_of(**way), Conduct(seed=7, asks=asks))
    week.run()
    assert week.sold > 50
    assert_settled(week)
