"""Orders that no export has brought yet, asked of the shop by SCAPI: what they took, or gave back."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa

from cartage.records.booking import GIVEN_BACK, NOTED
from cartage.settings.orders import Api
from cartage.systems.sfcc.xml.line_ids import LETTERS
from cartage.systems.sfcc.xml.tables import VERSION_TIME
from cartage.windows import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from cartage.context import FlowContext
    from cartage.seams import Memory
    from cartage.settings import Settings

log = logging.getLogger(__name__)

Json = dict[str, Any]
EXPORTED = "exported"

ORDERS = "orders"
"""The flow that brings orders into the ERP."""

BACK = timedelta(hours=47)
"""How far the very first question looks back: as far as an allocation may be dated."""


class Pages(Protocol):
    """Gives a site's orders, a page at a time."""

    def pages(self, site: str, window: Window) -> Iterator[list[Json]]:
        """Give all orders of a site that were changed in a window, as SCAPI answers them."""


def asking(flow: FlowContext) -> Callable[[], datetime] | None:
    """Give what asks the shop for orders and says when it did; None when it is not to be asked.

    Where another connector brings orders into the ERP, nobody could say what the ERP has of them.

    Raises:
        BatchError: the connection is not fit for use.
    """
    integration, settings, memory = flow.integration, flow.settings, flow.memory
    orders = integration.flows.get(ORDERS)
    if not settings.inventory.allocation.ask_shop or not integration.storefront.api or not orders or memory is None:
        return None
    from cartage.systems.sfcc.api_source import ApiSource
    from cartage.systems.sfcc.hook import SfccHook

    source = ApiSource(
        SfccHook(integration.storefront.api),
        sites=tuple(settings.sites),
        settings=Api(window_field="last_modified"),
        overlap_minutes=0,
        batch_records=1,
    )
    return lambda: ask(source, settings, memory, orders.start_at)


def ask(
    source: Pages,
    settings: Settings,
    memory: Memory,
    start: datetime,
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> datetime:
    """Ask for the orders that were placed or changed since the shop was asked last, cancelled ones too, and note them.

    Args:
        source: pages orders by SCAPI.
        settings: the run's.
        memory: where they are noted.
        start: orders from before it belong to an earlier connector.
        clock: gives the time now.

    Returns:
        When it was asked, before the first answer.

    Raises:
        RetryableError: the shop does not answer for now.
        BatchError: the shop refuses the API client.
    """
    at, last = clock(), memory.asked_until()
    allocation = settings.inventory.allocation
    since = at - BACK if last is None else last - allocation.lag - allocation.skew
    lists = settings.inventory.list_of_site
    rows = [
        row
        for site in sorted(settings.sites)
        for page in source.pages(site, Window(since, at + allocation.skew))
        for document in page
        for row in lines_of(document, site, lists, at)
        if row["booked_at"] >= start
    ]
    log.info("the shop named %d lines of orders that were placed or changed since %s", len(rows), since.isoformat())
    memory.note_asked(pa.Table.from_pylist(rows, NOTED), at)
    return at


def lines_of(document: Json, site: str, lists: Mapping[str, str], at: datetime) -> Iterator[Json]:
    """Give what an order took, a row a line. What else is wrong with it does not matter: it took its units.

    Args:
        document: as SCAPI answers it.
        site: the site asked.
        lists: by site, the list that orders take from unless their lines say otherwise.
        at: when it was asked.
    """
    moments = [_moment(document.get(name)) for name in ("creationDate", "placeDate")]
    order: Json = {
        "site": site,
        "order_no": str(document["orderNo"]),
        # Stock is taken off when the order is created; it may be placed later.
        "booked_at": min(filter(None, moments), default=at),
        "cancelled": str(document.get("status", "")).upper() in GIVEN_BACK,
        "version": _version(document),
    }
    # It may have been exported ever since it was placed; who knows better, from an export, has noted it.
    order["exported_at"] = order["booked_at"] if document.get("exportStatus") == EXPORTED else None
    seen: dict[str, int] = {}
    for number, item in enumerate(document.get("productItems") or (), 1):
        list_id = item.get("inventoryId") or lists.get(site)
        if list_id is not None:
            yield from _lines(
                item, "product", _number(item.get("position"), number), order | {"list_id": list_id}, seen
            )


def _lines(item: Json, kind: str, number: str, order: Json, seen: dict[str, int]) -> Iterator[Json]:
    """Give a product's line and those of what is bundled with it, with the ids that `line_ids` gives them."""
    sku = item.get("productId")
    if sku:
        line_id = f"{LETTERS[kind]}{number}-{sku}"
        seen[line_id] = seen.get(line_id, 0) + 1
        again = f"~{seen[line_id]}" if seen[line_id] > 1 else ""
        yield order | {"line_id": line_id + again, "sku": str(sku), "quantity": _units(item.get("quantity"))}
    for place, inner in enumerate(item.get("bundledProductItems") or (), 1):
        yield from _lines(inner, "bundled", f"{number}.{place}", order, seen)


def _version(document: Json) -> str:
    """Give the version: when the order was last modified, as exports write theirs."""
    moment = _moment(document.get("lastModified")) or _moment(document.get("creationDate"))
    return "" if moment is None else moment.astimezone(UTC).strftime(VERSION_TIME)


def _units(value: Any) -> Decimal:
    """Give a line's units; one where the shop says none."""
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return Decimal(1)


def _moment(text: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _number(position: Any, ordinal: int) -> str:
    return format(Decimal(position).normalize(), "f") if position is not None else str(ordinal)
