"""The shop's sites, and their homes in the ERP."""

from __future__ import annotations

from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from cartage.settings.zones import known_zone
from cartage.yamlfile import Strict, wrong


class Site(Strict):
    """One site of the shop, and where its orders live in the ERP."""

    zone: str = Field(
        description="IANA time zone of the site, for example `Europe/Berlin`. Dates of documents are the site's own "
        "days: in UTC, sales of a month's last evening would land in the wrong period."
    )
    subsidiary: str = Field(min_length=1, description="Internal id of the NetSuite subsidiary that sells.")
    location: str | None = Field(
        default=None, description="Internal id of the location that orders are placed on; null: NetSuite chooses."
    )
    order_status: Literal["A", "B"] = Field(
        default="B", description="Status of a new sales order: `A` pending approval, `B` pending fulfilment."
    )
    customer_list: str | None = Field(
        default=None, description="Customer list of the site; null: it has the site's name."
    )
    currencies: dict[str, str] = Field(
        min_length=1,
        description="Internal ids of NetSuite currencies by ISO 4217 code, for every currency the site sells in.",
    )
    taxation: Literal["net", "gross"] | None = Field(
        default=None,
        description="Whether the site shows net or gross prices; its price books must fit. Null: unchecked.",
    )
    stores: dict[str, str] = Field(
        default_factory=dict, description="Internal ids of locations by store id, for orders picked up in a store."
    )

    _check_zone = field_validator("zone")(known_zone)

    @field_validator("currencies")
    @classmethod
    def _check_currencies(cls, currencies: dict[str, str]) -> dict[str, str]:
        for code in currencies:
            if not (len(code) == 3 and code.isascii() and code.isalpha() and code.isupper()):
                raise wrong(f"`{code}` is no ISO 4217 code; write three capitals, for example `EUR`", code)
        return currencies

    @property
    def timezone(self) -> ZoneInfo:
        """The site's time zone."""
        return ZoneInfo(self.zone)
