"""Settings of the flow of shipments."""

from __future__ import annotations

from pydantic import Field

from cartage.yamlfile import Strict


class Shipments(Strict):
    """Shipments: what of a fulfilment the shop learns, and how."""

    max_quarantined_share: float = Field(
        default=0.2,
        ge=0,
        le=1,
        description="Share of a run's records (0 to 1) in quarantine above which the run halts.",
    )
    max_quarantined_min: int = Field(
        default=10, ge=0, description="Fewer records than this in quarantine never halt a run, whatever their share."
    )
