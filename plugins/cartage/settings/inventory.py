"""Settings of the flow of stock."""

from __future__ import annotations

from datetime import time
from decimal import Decimal  # noqa: TC003, read at run time
from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from cartage.settings.allocation import Allocation
from cartage.settings.daily import TimeOfDay  # noqa: TC001, read at run time
from cartage.settings.drift import StockDrift
from cartage.settings.feeds import InventoryFeeds
from cartage.settings.guardrails import StockGuardrail
from cartage.yamlfile import Strict, close, wrong

if TYPE_CHECKING:
    from collections.abc import Container

Quantity = Literal["available", "on_hand"]
"""Which of NetSuite's counts the shop may sell."""

FIELD = r"^[a-z][a-z0-9_]*$"
"""A column's name in SuiteQL."""


class InventoryList(Strict):
    """One inventory list of the shop."""

    locations: tuple[str, ...] = Field(
        min_length=1,
        description="Internal ids of the NetSuite locations whose stock adds up to it. A location may be in several lists.",
    )
    site: str | None = Field(
        default=None, description="Site whose orders take from it, unless their lines say otherwise."
    )
    on_order: bool = Field(
        default=False,
        description="Whether the list uses on-order: units are booked when the order is marked exported, not placed.",
    )
    quantity: Quantity | None = Field(
        default=None, description="`available` or `on_hand`, for this list; null: what `quantity` of the flow says."
    )
    safety: Decimal | None = Field(
        default=None,
        ge=0,
        description="Units of every item to keep back from this list; null: what its locations' records keep back.",
    )


class Safety(Strict):
    """Units to keep back, by item or category. What is more special wins: see `safety` of the flow."""

    items: dict[str, Decimal] = Field(default_factory=dict, description="Units by sku, in each list.")
    categories: dict[str, Decimal] = Field(
        default_factory=dict, description="Units of each item by its category's internal id, in each list."
    )

    @model_validator(mode="after")
    def _check_units(self) -> Safety:
        for part in ("items", "categories"):
            for name, units in getattr(self, part).items():
                if units < 0:
                    raise wrong("must be 0 or more units", part, name)
        return self


class ItemFields(Strict):
    """Which columns of NetSuite's items say how the shop may sell them; null where there is none."""

    safety: str | None = Field(
        default="custitem_ctg_safety_stock", pattern=FIELD, description="Units of the item to keep back in each list."
    )
    category: str | None = Field(
        default="class", pattern=FIELD, description="The item's category, for `safety.categories`."
    )
    perpetual: str | None = Field(
        default="custitem_ctg_perpetual", pattern=FIELD, description="`T`: the item is never sold out."
    )
    handling: str | None = Field(
        default="custitem_ctg_handling",
        pattern=FIELD,
        description="What may be sold beyond the stock: none, preorder or backorder.",
    )
    backorder: str | None = Field(
        default="custitem_ctg_backorder", pattern=FIELD, description="How many units may be sold beyond the stock."
    )
    in_stock: str | None = Field(
        default="custitem_ctg_in_stock_date", pattern=FIELD, description="The day it will be in stock again."
    )
    for_shop: str | None = Field(
        default=None,
        pattern=FIELD,
        description="Flag of the items that the shop sells, for example `isonline`; null: all. What loses it goes to zero.",
    )
    location_safety: str | None = Field(
        default="bufferstock",
        pattern=FIELD,
        description="Column of NetSuite's locations with the units of each item to keep back there.",
    )


class Inventory(Strict):
    """Stock: which locations feed which lists, and how much of it the shop may sell."""

    lists: dict[str, InventoryList] = Field(default_factory=dict, description="Inventory lists of the shop by id.")
    full_at: TimeOfDay | None = Field(
        default=time(1, 30),
        description="Time of day, UTC, of the daily run that reads everything and repairs drift; all others read what "
        "changed. Null: only by hand.",
    )
    quantity: Quantity = Field(
        default="available",
        description="`available`: what no order holds. `on_hand`: all that lies there, for locations of third parties whose "
        "orders NetSuite does not see. Units of the shop's own orders are taken off it until they are shipped.",
    )
    location_quantity: dict[str, Quantity] = Field(
        default_factory=dict, description="`available` or `on_hand` by location; goes before a list's `quantity`."
    )
    safety: Safety = Field(
        default_factory=Safety,
        description="Units to keep back. The first that is known counts: here by sku, the item's own field, here by "
        "category, the list, the sum of what the records of its locations say.",
    )
    fields: ItemFields = Field(
        default_factory=ItemFields,
        description="Columns of NetSuite's items and locations, as deploy/netsuite defines them.",
    )
    orders_lookback_hours: int = Field(
        default=72,
        ge=1,
        description="Hours that an order counts after it was last touched in NetSuite, when nothing of it is open. Longer "
        "than the shop's allocations may be old (about 48).",
    )
    allocation: Allocation = Field(
        default_factory=Allocation, description="How allocations are dated, so that nothing is sold twice."
    )
    feed: InventoryFeeds = Field(
        default_factory=lambda: InventoryFeeds(folder="/inbound/inventory"), description="The inventory feeds."
    )
    drift: StockDrift = Field(
        default_factory=StockDrift,
        description="What a full run does about stock that the shop has otherwise than told.",
    )
    guardrail: StockGuardrail = Field(default_factory=StockGuardrail, description="Which rows wait for a person.")
    max_quarantined_share: float = Field(
        default=0.2,
        ge=0,
        le=1,
        description="Share of a run's records (0 to 1) in quarantine above which the run halts.",
    )
    max_quarantined_min: int = Field(
        default=10, ge=0, description="Fewer records than this in quarantine never halt a run, whatever their share."
    )

    @property
    def list_of_site(self) -> dict[str, str]:
        """By site, the inventory list that its orders take from unless their lines say otherwise."""
        found: dict[str, str] = {}
        for list_id, each in self.lists.items():
            if each.site:
                found.setdefault(each.site, list_id)
        return found

    @property
    def counts_on_hand(self) -> bool:
        """Whether any list sells what is on hand somewhere."""
        kinds = {self.quantity, *self.location_quantity.values(), *(each.quantity for each in self.lists.values())}
        return "on_hand" in kinds

    def check_sites(self, sites: Container[str]) -> None:
        """Make sure that there are the sites that lists name.

        Raises:
            PydanticCustomError: there is none; with the path of the key at fault.
        """
        for name, each in self.lists.items():
            if each.site is not None and each.site not in sites:
                raise wrong(f"there is no site {each.site}", "inventory", "lists", name, "site")

    @model_validator(mode="after")
    def _check_locations(self) -> Inventory:
        """Internal ids are numbers, and a list is named by what can stand in a key."""
        for name, each in self.lists.items():
            for place, location in enumerate(each.locations):
                if not (location.isascii() and location.isdigit()):
                    raise wrong(
                        "must be the internal id of a NetSuite location, a number", "lists", name, "locations", place
                    )
            if len(set(each.locations)) < len(each.locations):
                raise wrong("names a location twice; its stock would count twice", "lists", name, "locations")
            if "/" in name:
                raise wrong("must not have a slash in its id", "lists", name)
        named = {location for each in self.lists.values() for location in each.locations}
        for location in self.location_quantity:
            if location not in named:
                raise wrong("is a location of no inventory list", "location_quantity", location)
        for name in self.feed.headers:
            if name not in self.lists:
                raise wrong(f"is no list of `inventory.lists`{close(name, self.lists)}", "feed", "headers", name)
        return self
