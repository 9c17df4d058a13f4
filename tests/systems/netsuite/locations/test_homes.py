"""Which lists and stores a location is, and which settings name one that is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from cartage.settings import Settings, load_settings
from cartage.settings.inventory import InventoryList
from cartage.systems.netsuite.locations.homes import Home, Homes

INCLUDE = Path(__file__).parents[4] / "include"


@pytest.fixture(scope="module")
def settings() -> Settings:
    return load_settings("sfcc_netsuite", INCLUDE)


def with_lists(settings: Settings, **lists: tuple[str, ...]) -> Homes:
    made = {name: InventoryList(locations=locations) for name, locations in lists.items()}
    inventory = settings.inventory.model_copy(update={"lists": made})
    sites = {"RefArch": settings.sites["RefArch"].model_copy(update={"stores": {"berlin": "2"}, "location": "1"})}
    return Homes(settings.model_copy(update={"inventory": inventory, "sites": sites}))


def test_a_stores_list_is_the_one_of_its_name_else_the_one_it_has_to_itself(settings: Settings) -> None:
    named = with_lists(settings, web=("1", "2"), berlin=("2", "3"), other=("2",))
    assert named.of("2") == [
        Home("list", "web"),
        Home("list", "berlin"),
        Home("list", "other"),
        Home("store", "berlin", "berlin"),
    ]
    alone = with_lists(settings, web=("1", "2"), other=("2",))
    assert alone.of("2")[-1] == Home("store", "berlin", "other")
    shared = with_lists(settings, web=("1", "2"))
    assert shared.of("2")[-1] == Home("store", "berlin", None)
    assert shared.of("9") == []


def test_settings_that_name_what_is_not_there_are_named(settings: Settings) -> None:
    homes = with_lists(settings, web=("1", "8"), other=("8",))
    assert homes.unknown({"1"}) == {
        "2": ["sites.RefArch.stores.berlin"],
        "8": ["inventory.lists.web.locations", "inventory.lists.other.locations"],
    }
    assert homes.unknown({"1", "2", "8"}) == {}
