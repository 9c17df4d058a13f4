"""Orders by REST as a source: what was last modified, or created, in a window."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cartage.errors import BatchError, RecordError
from cartage.records.outcome import Outcome, Verdict
from cartage.seams import Read
from cartage.systems.sfcc.batching import Batcher
from cartage.systems.sfcc.hook import ShopRefused
from cartage.systems.sfcc.scapi_orders import OrderTables
from cartage.systems.sfcc.xml.tables import VERSION_TIME, Numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cartage.settings.orders import Api
    from cartage.systems.sfcc.acknowledging import Acknowledger
    from cartage.systems.sfcc.hook import SfccHook
    from cartage.windows import Selection, Window

log = logging.getLogger(__name__)

Json = dict[str, Any]
_MOST = 10_000
"""Offset and limit together may not pass this (Orders 1.5.2)."""

_FIELDS = {
    "last_modified": ("lastModifiedDateFrom", "lastModifiedDateTo", "last_modified_date", "lastModified"),
    "creation_date": ("creationDateFrom", "creationDateTo", "creation_date", "creationDate"),
}
"""Window field -> query parameters for its ends, the name to sort by, the order's property."""


class ApiSource:
    """Reads orders by SCAPI.

    Args:
        hook: the shop's API.
        sites: the sites to ask for, one after the other.
        settings: window field and page size.
        overlap_minutes: how far windows look back before the watermark.
        batch_records: records staged together.
        acknowledger: tells the shop of each order, or None.
    """

    def __init__(
        self,
        hook: SfccHook,
        *,
        sites: Sequence[str],
        settings: Api,
        overlap_minutes: int,
        batch_records: int,
        acknowledger: Acknowledger | None = None,
    ) -> None:
        self._hook = hook
        self._sites = sites
        self._settings = settings
        self._overlap = timedelta(minutes=overlap_minutes)
        self._batch_records = batch_records
        self._acknowledger = acknowledger

    def read(self, window: Window, selection: Selection) -> Iterator[Read]:
        """Give all orders of the window, sites in the order of their names, oldest first.

        Args:
            window: of `window_field`; its beginning is moved back by the overlap.
            selection: with keys, these orders are asked for by number, whenever they were modified.

        Raises:
            RetryableError: the shop does not answer for now.
            BatchError: the shop refuses the API client.
        """
        numbers = Numbers.start("order")
        batcher = Batcher("order", self._batch_records)
        position = 0
        for site in sorted(self._sites):
            pages = self._named(site, selection.keys) if selection.keys else self.pages(site, window)
            for page in pages:
                yield from batcher.add(self._tables(page, site, position, numbers), 0)
                position += len(page)
        yield from batcher.rest()

    def acknowledge(self, verdicts: Iterable[Verdict]) -> None:
        """Tell the shop what became of its orders."""
        if self._acknowledger:
            self._acknowledger.acknowledge(verdicts)

    def _named(self, site: str, keys: Iterable[str]) -> Iterator[list[Json]]:
        for key in keys:
            try:
                yield [self._hook.order(key, site)]
            except ShopRefused as refused:
                if refused.problem.status != 404:
                    raise
                log.info("site %s has no order %s", site, key)

    def pages(self, site: str, window: Window) -> Iterator[list[Json]]:
        """Give all orders of a site in a window as SCAPI answers them, paged by the window's own field instead of by offset.

        An order that is modified while the list is paged leaves the window, and the orders behind it
        move up: pages by offset would skip one. So each page begins at the moment that the page before
        ended with, and orders of that moment that were seen fall out. An offset is only used when more
        than a page of orders have the same moment.
        """
        begin, end, sort, property_ = _FIELDS[self._settings.window_field]
        limit = self._settings.page_size
        moment = _text(window.since - self._overlap) if window.since else None
        seen: set[str] = set()
        offset = 0
        while True:
            params = {"siteId": site, "sortBy": sort, "sortOrder": "asc", "limit": limit, "offset": offset}
            params |= {end: _text(window.until)} | ({begin: moment} if moment else {})
            found = (self._hook.request("GET", self._hook.orders(), params=params) or {}).get("data") or []
            new = [each for each in found if each.get("orderNo") not in seen]
            if new:
                yield new
            if len(found) < limit:
                return
            last = str(found[-1].get(property_))
            if last == moment:
                offset += limit
                if offset + limit > _MOST:
                    raise BatchError(
                        f"site {site}: more than {_MOST} orders have the moment {last}, more than SCAPI can list; "
                        "read them by drops"
                    )
            else:
                moment, offset, seen = last, 0, set()
            seen |= {str(each.get("orderNo")) for each in found if str(each.get(property_)) == last}

    def _tables(self, page: list[Json], site: str, position: int, numbers: Numbers) -> Read:
        tables = OrderTables(numbers)
        verdicts, originals = [], {}
        for place, document in enumerate(page, position):
            row = numbers.next["orders"]
            try:
                tables.add(document, site, place, _version(document))
            except RecordError as error:
                verdicts.append(Verdict(row, error.key, Outcome.QUARANTINED, error.complaints))
                originals[row] = json.dumps(document, default=str, ensure_ascii=False).encode()
        return Read(tables.batch(), tuple(verdicts), originals)


def _version(document: Json) -> str:
    """Give the version: when the order was last modified."""
    text = document.get("lastModified") or document.get("creationDate")
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return ""
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).strftime(VERSION_TIME)


def _text(moment: datetime) -> str:
    """Write a moment as SCAPI does, to the millisecond, rounded down: the beginning is inclusive."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
