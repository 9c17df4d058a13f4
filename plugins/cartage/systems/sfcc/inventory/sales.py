"""Orders that no export has brought yet, asked of the shop by SCAPI: what they took, or gave back."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa

from cartage.records.booking import BOOKED, GIVEN_BACK
from cartage.settings.orders import Api
from cartage.systems.sfcc.xml.line_ids import LETTERS
from cartage.windows import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from cartage.context import FlowContext
    from cartage.settings import Settings

log = logging.getLogger(__name__)

Json = dict[str, Any]
EXPORTED = "exported"

KEPT = ("arrived_at", "applied_by", "acknowledged_by")
"""What only the ledger knows of an order."""


@dataclass(frozen=True)
class Asked:
    """What is known of sales once the shop was asked.

    Attributes:
        booked: everything, as in `cartage.records.booking.BOOKED`; of orders that the shop named, its own words.
        unexported: site and number of orders that the shop had not marked exported.
        at: when it was asked, before the first answer.
    """

    booked: pa.Table
    unexported: frozenset[tuple[str, str]]
    at: datetime


class Pages(Protocol):
    """Gives a site's orders, a page at a time."""

    def pages(self, site: str, window: Window) -> Iterator[list[Json]]:
        """Give all orders of a site that were changed in a window, as SCAPI answers them."""


def asking(flow: FlowContext) -> Callable[[datetime, pa.Table], Asked] | None:
    """Give what asks the shop for the orders that were placed or changed since a moment; None when it is not to be asked.

    Raises:
        BatchError: the connection is not fit for use.
    """
    connection = flow.integration.storefront.api
    if not flow.settings.inventory.allocation.ask_shop or not connection:
        return None
    from cartage.systems.sfcc.api_source import ApiSource
    from cartage.systems.sfcc.hook import SfccHook

    source = ApiSource(
        SfccHook(connection),
        sites=tuple(flow.settings.sites),
        settings=Api(window_field="last_modified"),
        overlap_minutes=0,
        batch_records=1,
    )
    return lambda since, booked: ask(source, flow.settings, since, booked)


def ask(
    source: Pages,
    settings: Settings,
    since: datetime,
    booked: pa.Table,
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Asked:
    """Ask for the orders that were placed or changed since a moment, cancelled ones too.

    Args:
        source: pages orders by SCAPI.
        settings: the run's.
        since: every order that was placed before it is in `booked`.
        booked: what the ledger knows.
        clock: gives the time now.

    Raises:
        RetryableError: the shop does not answer for now.
        BatchError: the shop refuses the API client.
    """
    at = clock()
    skew = settings.inventory.allocation.skew
    lists = settings.inventory.list_of_site
    rows: list[Json] = []
    unexported = set()
    for site in sorted(settings.sites):
        for page in source.pages(site, Window(since - skew, at + skew)):
            for document in page:
                rows += lines_of(document, site, lists, at)
                if document.get("exportStatus") != EXPORTED:
                    unexported.add((site, str(document["orderNo"])))
    log.info("the shop named %d lines of orders that were placed or changed since %s", len(rows), since.isoformat())
    return Asked(_together(booked, rows), frozenset(unexported), at)


def lines_of(document: Json, site: str, lists: Mapping[str, str], at: datetime) -> Iterator[Json]:
    """Give what an order took, a row a line. What else is wrong with it does not matter: it took its units.

    Args:
        document: as SCAPI answers it.
        site: the site asked.
        lists: by site, the list that orders take from unless their lines say otherwise.
        at: when it was asked.
    """
    moments = [_moment(document.get(name)) for name in ("creationDate", "placeDate")]
    cancelled = str(document.get("status", "")).upper() in GIVEN_BACK
    order = {
        "site": site,
        "order_no": str(document["orderNo"]),
        # Stock is taken off when the order is created; it may be placed later.
        "booked_at": min(filter(None, moments), default=at),
        "cancelled": cancelled,
        "seen_at": at,
    }
    if document.get("exportStatus") == EXPORTED:
        order["exported_at"] = order["booked_at"]
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


def _together(booked: pa.Table, rows: list[Json]) -> pa.Table:
    """Put what the shop says in the place of what the ledger has of the same orders."""
    if not rows:
        return booked
    named = {(row["site"], row["order_no"]) for row in rows}
    ours = list(zip(booked["site"].to_pylist(), booked["order_no"].to_pylist(), strict=True))
    same = pa.array([each in named for each in ours], pa.bool_())
    known = {(row["site"], row["order_no"]): row for row in booked.filter(same).to_pylist()}
    lines = [_with_known(row, known.get((row["site"], row["order_no"]))) for row in rows]
    others = booked.filter(pa.array([each not in named for each in ours], pa.bool_()))
    return pa.concat_tables([others, pa.Table.from_pylist(lines, BOOKED)])


def _with_known(row: Json, known: Json | None) -> Json:
    """Add what the ledger knows of the order: where it stands in the ERP, and when it was first seen as it is now."""
    if known is None:
        return row
    row |= {name: known[name] for name in KEPT}
    if known["cancelled"] and row["cancelled"]:
        row["seen_at"] = min(row["seen_at"], known["seen_at"])
    if known["exported_at"] is not None and row.get("exported_at") is not None:
        row["exported_at"] = max(row["exported_at"], known["exported_at"])
        row["seen_at"] = min(row["seen_at"], known["seen_at"])
    return row


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
