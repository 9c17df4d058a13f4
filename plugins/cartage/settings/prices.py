"""Settings of the flow of prices."""

from __future__ import annotations

from pydantic import Field

from cartage.settings.feeds import PriceFeeds
from cartage.settings.guardrails import PriceGuardrail
from cartage.yamlfile import Strict


class PriceBook(Strict):
    """One price book of the shop."""

    currency: str = Field(pattern=r"^[A-Z]{3}$", description="ISO 4217 code.")
    level: str = Field(min_length=1, description="Internal id of the NetSuite price level it is made of.")


class Prices(Strict):
    """Prices: which price levels make which price books."""

    books: dict[str, PriceBook] = Field(default_factory=dict, description="Price books of the shop by id.")
    feed: PriceFeeds = Field(
        default_factory=lambda: PriceFeeds(folder="/inbound/pricebooks"), description="The price feeds."
    )
    guardrail: PriceGuardrail = Field(default_factory=PriceGuardrail, description="Which rows wait for a person.")
    max_quarantined_share: float = Field(
        default=0.2,
        ge=0,
        le=1,
        description="Share of a run's records (0 to 1) in quarantine above which the run halts.",
    )
    max_quarantined_min: int = Field(
        default=10, ge=0, description="Fewer records than this in quarantine never halt a run, whatever their share."
    )
