"""Settings of the flow of stock."""

from __future__ import annotations

from pydantic import Field

from cartage.settings.feeds import InventoryFeeds
from cartage.settings.guardrails import StockGuardrail
from cartage.yamlfile import Strict


class InventoryList(Strict):
    """One inventory list of the shop."""

    locations: tuple[str, ...] = Field(
        min_length=1, description="Internal ids of the NetSuite locations whose stock adds up to it."
    )
    site: str | None = Field(
        default=None, description="Site whose orders take from it, unless their lines say otherwise."
    )
    on_order: bool = Field(
        default=False,
        description="Whether the list uses on-order: units are booked when the order is marked exported, not placed.",
    )


class Inventory(Strict):
    """Stock: which locations feed which lists, and how much of it the shop may sell."""

    lists: dict[str, InventoryList] = Field(default_factory=dict, description="Inventory lists of the shop by id.")
    feed: InventoryFeeds = Field(
        default_factory=lambda: InventoryFeeds(folder="/inbound/inventory"), description="The inventory feeds."
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
