"""Settings of the flow of customers, and of the customers that orders bring along."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from cartage.settings.drops import Drops
from cartage.yamlfile import Strict, wrong

_FOLDER = "/outbound/customers"
_PATTERN = r"(?P<site>[A-Za-z0-9-]+)_customers_(?P<exported_at>\d{8}T?\d{6}).*\.xml(\.gz)?"


def _drops() -> Drops:
    return Drops(folder=_FOLDER, pattern=_PATTERN, archive=f"{_FOLDER}/archive", rejected=f"{_FOLDER}/rejected")


class Customers(Strict):
    """Customers: how the ERP's are found, and what is made when there is none."""

    drops: Drops = Field(default_factory=_drops, description="Customer lists that the shop leaves as files.")
    match: tuple[Literal["external_id", "customer_no", "email"], ...] = Field(
        default=("external_id", "customer_no", "email"),
        min_length=1,
        description="By what a customer of the ERP is found, in this order. Only active customers of the order's "
        "subsidiary and of the same kind (person or company) match.",
    )
    ties: Literal["newest_activity", "quarantine"] = Field(
        default="newest_activity", description="Several match: take the one with the newest activity, or ask a person."
    )
    other_subsidiary: Literal["relationship", "own_customer"] = Field(
        default="relationship",
        description="A match lives in another subsidiary: add the subsidiary to it, or make a customer of its own.",
    )
    guests: Literal["by_email", "one_each", "default_customer"] = Field(
        default="by_email",
        description="Guests: one customer an e-mail, one customer an order, or one customer for all of them. The last "
        "runs into NetSuite's limit of 10,000 transactions on an entity.",
    )
    default_guest_customer: str | None = Field(
        default=None, description="Internal id of the customer of all guests, when `guests` is `default_customer`."
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
    def _check_guests(self) -> Customers:
        if self.guests == "default_customer" and not self.default_guest_customer:
            raise wrong(
                "must be a customer's internal id, since `guests` is `default_customer`", "default_guest_customer"
            )
        if len(set(self.match)) != len(self.match):
            raise wrong("names the same thing twice", "match")
        return self
