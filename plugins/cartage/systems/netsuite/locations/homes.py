"""Which inventory lists and stores of the shop a location is, by the settings of the flows that use them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from cartage.settings import Settings


@dataclass(frozen=True)
class Home:
    """What a location is in the shop.

    Attributes:
        kind: list or store.
        id: the inventory list or the store.
        list_id: inventory list of that store; None when the settings name none.
    """

    kind: str
    id: str
    list_id: str | None = None


class Homes:
    """The homes of all locations.

    Args:
        settings: all run settings: `inventory.lists` and `sites.*.stores` say which location is what.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lists: dict[str, list[str]] = defaultdict(list)
        for list_id, each in settings.inventory.lists.items():
            for location in each.locations:
                self._lists[location].append(list_id)

    def of(self, location: str) -> list[Home]:
        """Give a location's homes: lists before the stores that sell from them."""
        lists = [Home("list", each) for each in self._lists.get(location, ())]
        stores = {
            store: Home("store", store, self._list_of(store, location))
            for site in self._settings.sites.values()
            for store, there in site.stores.items()
            if there == location
        }
        return [*lists, *stores.values()]

    def _list_of(self, store: str, location: str) -> str | None:
        """Give a store's list: the one of its name, else the one that holds its location alone."""
        lists = self._lists.get(location, ())
        alone = [each for each in lists if self._settings.inventory.lists[each].locations == (location,)]
        return store if store in lists else next(iter(alone), None)

    def unknown(self, known: Collection[str]) -> dict[str, list[str]]:
        """Give the settings that name a location which NetSuite does not have, by that location."""
        found: dict[str, list[str]] = defaultdict(list)
        for location, setting in self._named():
            if location not in known:
                found[location].append(setting)
        return dict(sorted(found.items()))

    def _named(self) -> Iterator[tuple[str, str]]:
        for list_id, each in self._settings.inventory.lists.items():
            yield from ((location, f"inventory.lists.{list_id}.locations") for location in each.locations)
        for name, site in self._settings.sites.items():
            yield from ((location, f"sites.{name}.stores.{store}") for store, location in site.stores.items())
            if site.location is not None:
                yield site.location, f"sites.{name}.location"
        yield from ((location, "locations.left_out") for location in self._settings.locations.left_out)
