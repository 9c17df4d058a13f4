"""Settings of the oversell rule: how late the shop's orders may be known, and how they are learnt of."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field

from cartage.yamlfile import Strict


class Allocation(Strict):
    """How far back an allocation must be dated so that no order from before is unknown.

    An allocation wipes out what the shop sold before its date. So it is dated no later than the oldest order that
    may still be unseen: from when exports were last read, back by all that an order waits before it is in one.
    """

    export_delay_minutes: int = Field(
        default=30, ge=0, description="Minutes that the shop's export lets orders rest before it takes them."
    )
    export_period_minutes: int = Field(default=15, ge=0, description="Minutes between two runs of the export job.")
    transfer_minutes: int = Field(
        default=10,
        ge=0,
        description="Minutes from the start of an export job until its file lies in the folder whole, at most.",
    )
    clock_skew_seconds: int = Field(
        default=60, ge=0, description="Seconds that the clocks of shop, ERP and workers may be apart."
    )
    ask_shop: bool = Field(
        default=True,
        description="Ask SCAPI for orders that no export has brought yet, where `storefront.api` is set: allocations are "
        "then dated minutes back and not an hour, late exports do no harm, and cancellations are known at once.",
    )
    index_lag_seconds: int = Field(
        default=60, ge=0, description="Seconds until SCAPI lists an order that was placed or changed."
    )
    exported_by: Literal["job", "cartage"] = Field(
        default="job",
        description="Who marks orders as exported, on lists with on-order. `job`: the shop's export, so every order in a "
        "file counts as exported. `cartage`: only the acknowledgement does, once the ERP has the order.",
    )
    drops_dealt_with: tuple[str, ...] = Field(
        default=(),
        description="Names of order exports that could not be read and whose orders a person has entered in the ERP. All "
        "others hold allocations back at their date, until stock stops being told.",
    )

    @property
    def waiting(self) -> timedelta:
        """How long an order waits at most until it lies in an export that can be read."""
        return timedelta(minutes=self.export_delay_minutes + self.export_period_minutes + self.transfer_minutes)

    @property
    def transfer(self) -> timedelta:
        """How long an order that is being exported is on its way at most."""
        return timedelta(minutes=self.transfer_minutes)

    @property
    def skew(self) -> timedelta:
        """How far clocks may be apart."""
        return timedelta(seconds=self.clock_skew_seconds)

    @property
    def lag(self) -> timedelta:
        """How late SCAPI lists an order."""
        return timedelta(seconds=self.index_lag_seconds)
