"""A week of sales, exports, delays, approvals, feeds and failures: nothing that sells out is ever sold again."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cartage.settings import Settings, load_settings
from cartage.systems.sfcc.inventory import transform
from cartage.systems.sfcc.inventory.claims import Claims, Counted
from tests.systems.sfcc.inventory.timeline import Conduct, OversoldError
from tests.systems.sfcc.inventory.week import Week

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from cartage.systems.sfcc.inventory.sold import Move, Sold

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


WAYS: dict[str, dict[str, Any]] = {
    "plain": {"on_order": False},
    "on-order": {"on_order": True},
    "on-order-acknowledged": {"on_order": True, "exported_by": "cartage"},
}
KIT: dict[str, Any] = {"kits": {"K": {"A": 2, "B": 1}}, "skus": ("K", "C")}
SHELF: dict[str, Any] = {
    "kits": {"K": {"A": 2, "B": 1}, "L": {"B": 1, "C": 1}},
    "skus": ("K", "L", "A", "C"),
    "mixed": True,
}


def live(week: Week) -> None:
    """Let a week go by, and see that it was worth looking at."""
    week.run()
    assert week.sold > 20 * week.conduct.days
    assert week.fed > 20 * week.conduct.days
    assert_settled(week)


@pytest.mark.parametrize("asks", [False, True], ids=["exports", "asks"])
@pytest.mark.parametrize("way", WAYS)
def test_nothing_that_sells_out_is_sold_again(way: str, asks: bool) -> None:
    live(Week(settings_of(**WAYS[way]), Conduct(seed=7, asks=asks)))


@pytest.mark.parametrize("way", WAYS)
def test_kits_leave_room_for_what_others_took_of_their_members(way: str) -> None:
    live(Week(settings_of(**WAYS[way]), Conduct(seed=11, days=0.5, safety=1, **KIT)))
    live(Week(settings_of(**WAYS[way]), Conduct(seed=12, days=0.5, asks=True, **SHELF)))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("way", "days", "asks", "what"), [("plain", 7, False, {}), ("on-order-acknowledged", 3, True, KIT)]
)
def test_a_week_on_end(way: str, days: int, asks: bool, what: dict[str, Any]) -> None:
    live(Week(settings_of(**WAYS[way], delay=10), Conduct(seed=3, days=days, asks=asks, **what)))


def counted_date(
    _settings: Settings, lists: Iterable[str], _read: datetime | None, _asked: datetime | None, counted_at: datetime
) -> dict[str, datetime]:
    """Date allocations by the count, as who forgets what the shop sold and nobody knows yet."""
    return dict.fromkeys(lists, counted_at)


def nothing_claimed(_self: Claims, _counted: Counted, _sold: Sold, _moves: Iterable[Move]) -> dict[str, int]:
    """Trust the ERP's count, as who forgets the orders that it does not have or has not approved."""
    return {}


def everything_after(self: Any, key: str, _date: int) -> tuple[int, int]:
    """Take the shop to count every sale from after the date."""
    return sum(each.units for each in self.moves.get(key, ()) if each.back_by is None), 0


def nothing_given_back(self: Any, key: str, date: int) -> tuple[int, int]:
    """Forget that the shop gives itself back what is cancelled."""
    return sum(each.units for each in self.moves.get(key, ()) if each.back_by is None and each.since > date), 0


@pytest.mark.parametrize(
    ("asks", "owner", "name", "broken"),
    [
        pytest.param(False, transform, "dates", counted_date, id="dated-too-late"),
        pytest.param(False, Claims, "add_up", nothing_claimed, id="unclaimed"),
        pytest.param(True, Claims, "add_up", nothing_claimed, id="unclaimed-asks"),
        pytest.param(False, transform._Allotment, "_turnover", everything_after, id="added-too-much"),
        pytest.param(True, transform._Allotment, "_turnover", everything_after, id="added-too-much-asks"),
        pytest.param(False, transform._Allotment, "_turnover", nothing_given_back, id="given-back"),
    ],
)
def test_a_broken_rule_sells_too_much(
    monkeypatch: pytest.MonkeyPatch, asks: bool, owner: Any, name: str, broken: Any
) -> None:
    """The week is no proof unless it finds out who breaks the rule."""
    monkeypatch.setattr(owner, name, broken)
    with pytest.raises(OversoldError):
        Week(settings_of(delay=5 if asks else 30), Conduct(seed=7, days=3, asks=asks)).run()
