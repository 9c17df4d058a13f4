"""Run settings: what a run of a flow must know, beyond when it runs.

The part of ``include/integrations/<name>.yaml`` under ``settings:``, overlaid by revisions. Every key
stands in these models with its unit, its default and what it does; docs/settings.md is made from them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field, field_validator, model_validator

from cartage import yamlfile
from cartage.integrations import integration_file
from cartage.settings.alerts import Alerts, Silence
from cartage.settings.customers import Customers
from cartage.settings.drops import Drops
from cartage.settings.feeds import Feeds
from cartage.settings.inventory import Inventory
from cartage.settings.locations import Locations
from cartage.settings.orders import Items, Orders, PaymentRule, Pickup, Take
from cartage.settings.prices import Prices
from cartage.settings.shipments import Shipments
from cartage.settings.sites import Site
from cartage.settings.zones import known_zone
from cartage.yamlfile import Strict, wrong

if TYPE_CHECKING:
    from pathlib import Path

    from cartage.yamlfile import Document

__all__ = [
    "Alerts",
    "Customers",
    "Drops",
    "Feeds",
    "Inventory",
    "Items",
    "Locations",
    "Orders",
    "PaymentRule",
    "Pickup",
    "Prices",
    "Settings",
    "Shipments",
    "Silence",
    "Site",
    "Take",
    "load_settings",
    "read_settings",
]

REVISION = "revision"
"""What errors call an overlay, which is no file."""


class Settings(Strict):
    """All run settings of an integration."""

    batch_records: int = Field(
        default=1000,
        ge=1,
        le=100_000,
        description="Records staged together. It grows by itself so that a run has at most 200 batches.",
    )
    overlap_minutes: int = Field(
        default=60,
        ge=0,
        description="Minutes that a REST window looks back before the watermark; what was seen falls out as unchanged.",
    )
    erp_zone: str | None = Field(
        default=None,
        description="IANA time zone in which NetSuite shows times to the integration's user (Home > Set Preferences): "
        "SuiteQL compares in it, for every flow out of the ERP. Null: unknown; windows are then up to 14 hours wider, so "
        "that nothing is missed in any zone, and more is read.",
    )
    staging_days: int = Field(default=14, ge=1, description="Days that staged batches and reports are kept.")
    audit_days: int = Field(
        default=400,
        ge=1,
        description="Days that the ledger keeps requests, answers and outcomes of single runs. What it knows of each "
        "record, and what is held back, stays.",
    )
    sites: dict[str, Site] = Field(
        min_length=1, description="The shop's sites, by their ids. A drop of any other site is rejected."
    )
    orders: Orders = Field(default_factory=Orders, description="The flow of orders.")
    customers: Customers = Field(default_factory=Customers, description="The flow of customers.")
    inventory: Inventory = Field(default_factory=Inventory, description="The flow of stock.")
    prices: Prices = Field(default_factory=Prices, description="The flow of prices.")
    shipments: Shipments = Field(default_factory=Shipments, description="The flow of shipments.")
    locations: Locations = Field(default_factory=Locations, description="The flow of locations.")
    alerts: Alerts = Field(default_factory=Alerts, description="Whom to tell, and when.")

    _check_erp_zone = field_validator("erp_zone")(known_zone)

    @model_validator(mode="after")
    def _lists_and_books_fit_sites(self) -> Settings:
        """A price book has a currency of its site, and is net or gross as it is; a list's site is there."""
        self.prices.check_sites(self.sites)
        self.inventory.check_sites(self.sites)
        return self

    @model_validator(mode="after")
    def _left_out_is_not_sold(self) -> Settings:
        """What is left out on purpose is in no list: its stock would be sold all the same."""
        for place, location in enumerate(self.locations.left_out):
            at = ("locations", "left_out", place)
            if not (location.isascii() and location.isdigit()):
                raise wrong("must be the internal id of a NetSuite location, a number", *at)
            for name, each in self.inventory.lists.items():
                if location in each.locations:
                    raise wrong(
                        f"is also in inventory.lists.{name}, which sells what lies there; take it out of one", *at
                    )
        return self

    @model_validator(mode="after")
    def _one_home_for_a_list(self) -> Settings:
        """Sites that share a customer list must share a subsidiary: its customers get one home."""
        homes: dict[str, tuple[str, str]] = {}
        for name, site in self.sites.items():
            list_id = site.customer_list or name
            first, subsidiary = homes.setdefault(list_id, (name, site.subsidiary))
            if subsidiary != site.subsidiary:
                raise wrong(
                    f"the customer list `{list_id}` is also that of {first}, in subsidiary {subsidiary}; "
                    "give both sites the same subsidiary, or lists of their own",
                    "sites",
                    name,
                    "customer_list",
                )
        return self


def load_settings(name: str, include: Path, overlay: str | None = None) -> Settings:
    """Read the run settings of an integration.

    Args:
        name: the integration, `<include>/integrations/<name>.yaml`.
        include: the include folder, see `cartage.integrations.include_folder`.
        overlay: YAML of a revision, shaped like the file (``settings:`` at its root). Mappings are merged
            into the file's key by key, everything else replaces what the file says.

    Raises:
        SettingsError: with file and line; where the revision is at fault, the file reads ``revision``.
    """
    return read_settings(_overlaid(integration_file(name, include), overlay).under("settings"))


def read_settings(document: Document) -> Settings:
    """Read what stands under ``settings:``.

    Raises:
        SettingsError: with file and line.
    """
    return yamlfile.check(Settings, document)


def _overlaid(file: Path, overlay: str | None) -> Document:
    document = yamlfile.read(file)
    if not overlay or not overlay.strip():
        return document
    over = yamlfile.parse(overlay, REVISION)
    if not isinstance(over.data, dict):
        raise over.error((), "must be a mapping with the key `settings:`")
    for key in over.data:
        if key != "settings":
            raise over.error((key,), "a revision holds only `settings:`; all else is read from the file at parse time")
    return document.overlaid(over)
