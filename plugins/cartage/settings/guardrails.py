"""Settings of the guardrails: which rows of a feed wait for a person."""

from __future__ import annotations

from pydantic import Field

from cartage.yamlfile import Strict


class StockGuardrail(Strict):
    """When rows of an inventory feed wait for a person."""

    to_zero_share: float = Field(
        default=0.2,
        ge=0,
        le=1,
        description="Share of a list's sellable items (0 to 1) that one run may take to zero. Above it, those rows "
        "are held as a proposal and the rest of the feed goes out. Falls that known orders explain never count.",
    )
    to_zero_min: int = Field(
        default=20, ge=0, description="Fewer items than this going to zero are never held, whatever their share."
    )
    first_feed: bool = Field(
        default=True, description="Whether a person is asked once before the very first feed of a list goes out."
    )
    timeout_hours: int = Field(default=24, ge=1, description="Hours after which an unanswered question is a no.")


class PriceGuardrail(Strict):
    """When rows of a price feed wait for a person."""

    move_share: float = Field(
        default=0.5,
        gt=0,
        description="Share by which a price may move in one run (0.5: by half, up or down). Rows above it are held.",
    )
    first_feed: bool = Field(
        default=True, description="Whether a person is asked once before the very first feed of a price book goes out."
    )
    timeout_hours: int = Field(default=24, ge=1, description="Hours after which an unanswered question is a no.")
