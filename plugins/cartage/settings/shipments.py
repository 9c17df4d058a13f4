"""Settings of the flow of shipments."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from cartage.settings.feeds import FeedImport
from cartage.yamlfile import Strict, wrong


class ShipmentFeed(Strict):
    """The feed of shipments, which a job step of the merchant's reads."""

    folder: str = Field(default="/inbound/shipments", description="Folder on the shop's SFTP server.")
    form: Literal["order", "shipping_order"] = Field(
        default="order",
        description="`order`: elements of order.xsd, read by the job step in `deploy/sfcc`. `shipping_order`: "
        "shippingorderupdatefeed.xsd, for shops with Salesforce Order Management's objects.",
    )
    imported: FeedImport = Field(
        alias="import", default_factory=FeedImport, description="How the shop takes it, and how that is seen."
    )


class Shipments(Strict):
    """Shipments: what of a fulfilment the shop learns, and how."""

    counts_as_shipped: tuple[Literal["A", "B", "C"], ...] = Field(
        default=("C",),
        min_length=1,
        description="Statuses of NetSuite's item fulfilments that count as shipped: `A` picked, `B` packed, `C` shipped.",
    )
    by: tuple[Literal["scapi", "feed", "events"], ...] = Field(
        default=("scapi", "feed"),
        min_length=1,
        description="How the shop is told. `scapi`: statuses and custom attributes of the order, by REST. `feed`: states and "
        "tracking numbers of shipments, which REST cannot write, in a file for a job step. `events`: an OMS status "
        "event for each package, which the shop passes on to subscribers.",
    )
    feed: ShipmentFeed = Field(default_factory=ShipmentFeed, description="The feed.")
    complete: bool = Field(
        default=False,
        description="Whether the order's status becomes COMPLETED once all of it is shipped. It is written by REST: `by` must "
        "have `scapi`.",
    )
    short: Literal["complete", "report"] = Field(
        default="complete",
        description="Part of an order was shipped and the rest closed. `complete`: the shop shows it as shipped. "
        "`report`: it stays partly shipped, with a warning. It is never cancelled in the shop, since that gives back stock "
        "and coupons of what was shipped.",
    )
    cancelled: Literal["cancel", "report"] = Field(
        default="report",
        description="An order was closed in NetSuite before any of it was shipped. `cancel`: it is cancelled in the shop, "
        "which gives back stock and coupons; `by` must have `scapi`. `report`: it is held back for a person.",
    )
    tracking_urls: dict[str, str] = Field(
        default_factory=dict,
        description="Address of a package's page by carrier, `{number}` in it, for events; `default` stands for all others.",
    )
    max_quarantined_share: float = Field(
        default=0.2,
        ge=0,
        le=1,
        description="Share of a run's records (0 to 1) in quarantine above which the run halts.",
    )
    max_quarantined_min: int = Field(
        default=10, ge=0, description="Fewer records than this in quarantine never halt a run, whatever their share."
    )

    @model_validator(mode="after")
    def _check_rest(self) -> Shipments:
        """No feed and no event says what becomes of the order's status."""
        for name, asked in (("complete", self.complete), ("cancelled", self.cancelled == "cancel")):
            if asked and "scapi" not in self.by:
                raise wrong("is written by REST alone; add `scapi` to `by`, or take this out", name)
        return self

    @model_validator(mode="after")
    def _check_events(self) -> Shipments:
        for carrier, address in self.tracking_urls.items():
            if "{number}" not in address:
                raise wrong("has no `{number}` in it, where the tracking number stands", "tracking_urls", carrier)
        if "events" in self.by and "default" not in self.tracking_urls:
            raise wrong(
                "`tracking_urls` must have a `default:`, since the shop takes no event without an address", "by"
            )
        return self
