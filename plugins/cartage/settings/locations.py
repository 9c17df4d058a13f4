"""Settings of the flow of locations."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from cartage.settings.feeds import FeedImport
from cartage.yamlfile import Strict


class StoreFeed(Strict):
    """The feed of stores."""

    folder: str = Field(
        default="/inbound/stores", description="Folder on the shop's SFTP server that its job imports from."
    )
    imported: FeedImport = Field(
        alias="import", default_factory=FeedImport, description="How the shop imports it, and how that is seen."
    )


class Locations(Strict):
    """Locations: which of them the shop shows as stores."""

    left_out: tuple[str, ...] = Field(
        default=(), description="Internal ids of locations that the shop sells nothing of, on purpose."
    )
    inactive: Literal["offline", "skip"] = Field(
        default="offline",
        description="A location that is inactive in NetSuite: `offline` takes its store out of the store finder, `skip` "
        "leaves the store as it is. Its stock goes to zero either way, by the flow of stock.",
    )
    create_lists: bool = Field(
        default=True,
        description="Whether inventory lists that the settings name are made in the shop, by a feed that holds nothing but "
        "the header. It needs an import in mode Merge: Replace would empty the list.",
    )
    feed: StoreFeed = Field(default_factory=StoreFeed, description="The feed of stores.")
    max_quarantined_share: float = Field(
        default=1.0,
        ge=0,
        le=1,
        description="Share of a run's records (0 to 1) in quarantine above which the run halts.",
    )
    max_quarantined_min: int = Field(
        default=10, ge=0, description="Fewer records than this in quarantine never halt a run, whatever their share."
    )
