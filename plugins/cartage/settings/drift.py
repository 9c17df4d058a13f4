"""Settings of the look at what the shop itself has: whether somebody changed what it was told."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field

from cartage.yamlfile import Strict


class Drift(Strict):
    """What a full run does about records that the shop has otherwise than it was last told.

    The shop exports its lists and books for that, by the platform's job `sfcc-site-archive-export`, and the export is
    read by WebDAV: OCAPI's own pages end after 1,199 records, and no API shows price tables at all.
    """

    found: Literal["repair", "report", "off"] = Field(
        default="repair",
        description="`repair`: they are told again in the same full run. `report`: they are shown, and left as they are. "
        "`off`: nobody looks. Only where `storefront.api` is set; a shop that does not answer is done without, and the run "
        "says so.",
    )
    import_minutes: int = Field(
        default=60,
        ge=0,
        description="Minutes until the shop has imported a feed, at most. What was told since then and is not there may "
        "still come, and does not count.",
    )
    wait_seconds: int = Field(
        default=900, ge=0, description="Seconds that a run waits for the shop's export; then it goes on without."
    )
    max_megabytes: int = Field(
        default=2_000,
        ge=1,
        description="Megabytes that the shop's export may have, packed. It lies in the worker's folder for temporary files "
        "while it is read; of a larger one a run finds no drift, and says so. A million records have some 25.",
    )
    poll_seconds: float = Field(default=5, gt=0, description="Seconds between two looks at the export's job.")

    @property
    def importing(self) -> timedelta:
        """How long what was told may be on its way."""
        return timedelta(minutes=self.import_minutes)


class StockDrift(Drift):
    """The same of inventory lists."""

    strangers: Literal["report", "zero"] = Field(
        default="report",
        description="Records of the shop that it was never told of, and that this run does not tell of either. `report`: "
        "they are named. `zero`: the next full run takes them to zero, as what is gone from NetSuite.",
    )
