"""Settings of the flow of locations."""

from __future__ import annotations

from pydantic import Field

from cartage.yamlfile import Strict


class Locations(Strict):
    """Locations: which of them the shop shows as stores."""

    left_out: tuple[str, ...] = Field(
        default=(), description="Internal ids of locations that the shop sells nothing of, on purpose."
    )
    max_quarantined_share: float = Field(
        default=1.0,
        ge=0,
        le=1,
        description="Share of a run's records (0 to 1) in quarantine above which the run halts.",
    )
    max_quarantined_min: int = Field(
        default=10, ge=0, description="Fewer records than this in quarantine never halt a run, whatever their share."
    )
