"""What orders took from the shop's stock, noted as they are read: whatever becomes of them, the units are gone."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from cartage.records.booking import bookings_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cartage.context import FlowContext
    from cartage.ledger.runs import Run
    from cartage.operators.runtime import Runtime
    from cartage.seams import Read
    from cartage.settings import Settings

log = logging.getLogger(__name__)

ORDER = "order"


def note_sales(runtime: Runtime, flow: FlowContext, run: Run, read: Read) -> None:
    """Note what the orders of a stretch took, or gave back, before anything of them is checked.

    What a dry run reads is not noted, nor what quarantine gives: it was noted when it came. Orders from before the
    flow's start belong to an earlier connector, which nobody can ask what the ERP has of them.

    Args:
        runtime: the flow's; of flows of other records nothing is noted.
        flow: the run's context.
        run: the run.
        read: the stretch.
    """
    if runtime.record != ORDER or run.dry_run or run.selection.quarantine:
        return
    settings = flow.settings
    allocation, drops = settings.inventory.allocation, settings.orders.drops
    lines = bookings_of(
        read.batch,
        settings.inventory.list_of_site,
        exports=allocation.exported_by == "job",
        dated="exported_at" in drops.regex.groupindex,
    )
    found = pa.concat_tables([lines, *_salvaged(runtime, settings, read)])
    start = pa.scalar(runtime.deploy.start_at, found.schema.field("booked_at").type)
    runtime.ledger.bookings.note(runtime.integration.name, found.filter(pc.greater_equal(found["booked_at"], start)))


def note_read(runtime: Runtime, flow: FlowContext, run: Run) -> None:
    """Note that all orders that lay there when the run began are known: stock can be dated by that.

    Args:
        runtime: the flow's; of flows of other records nothing is noted.
        flow: the run's context.
        run: the run; a limited one reads less than everything.
    """
    if runtime.record != ORDER or run.limited:
        return
    until = min(run.window.until, run.opened_at)
    dealt_with = flow.settings.inventory.allocation.drops_dealt_with
    if not runtime.ledger.bookings.note_read(runtime.integration.name, runtime.flow, until, dealt_with):
        log.warning(
            "a drop could not be read whole, so stock is not dated later than it. Leave it again under its name, or "
            "enter its orders in the ERP and name it in inventory.allocation.drops_dealt_with."
        )


def _salvaged(runtime: Runtime, settings: Settings, read: Read) -> Iterator[pa.Table]:
    """Make out what orders took that could not be read as orders."""
    salvage = getattr(runtime.source_system, "salvaged", None)
    for verdict in read.verdicts:
        site, _, order_no = verdict.key.partition("/")
        original = read.originals.get(verdict.row)
        found = salvage(original, site, order_no, settings.inventory.list_of_site) if salvage and original else None
        if found:
            yield found
        else:
            log.warning("%s could not be read, and what it took from stock is not known", verdict.key)
