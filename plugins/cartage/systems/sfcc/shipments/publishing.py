"""Feeds of shipments: one a site, left for the shop's job, and what the job skipped of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cartage.seams import Overdue
from cartage.systems.sfcc.documents import case_kept
from cartage.systems.sfcc.shipments.feed import SHIPPING_ORDER, Form, feed
from cartage.systems.sfcc.shipments.transform import FEED
from cartage.systems.sfcc.small_feeds import skipped_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lxml import etree

    from cartage.seams import Feed
    from cartage.systems.sfcc.feeds.reports import Entry, Report
    from cartage.systems.sfcc.small_feeds import Skipped, SmallFeeds

Json = dict[str, Any]

WHAT = "_shipments"
"""What stands behind the site in a feed's name."""

_IDS = {"order": "order-no", "shipping_order": "shipping-order-number"}
"""Form of a feed -> what its elements are told apart by in logs."""


class FeedPublisher:
    """Leaves feeds of shipments.

    Args:
        form: which of the two forms.
        feeds: where they are left.
    """

    def __init__(self, form: Form, feeds: SmallFeeds) -> None:
        self._form = form
        self._feeds = feeds
        self._seen: list[tuple[Feed, Report]] = []

    def publish(self, orders: Mapping[str, Sequence[tuple[str, Json]]]) -> dict[str, Skipped]:
        """Leave a feed for each site, have them imported where the settings say so, and give what was skipped.

        Args:
            orders: numbers and bodies of orders, by site.

        Returns:
            By site, the orders that the shop is known not to have taken, with its reasons.

        Raises:
            RetryableError: the server, or the shop, does not answer for now.
            BatchError: the server refuses us, or there is no such job.
        """
        left = {
            site: self._feeds.leave(f"{site}{WHAT}", feed(self._form, some), len(some))
            for site, some in sorted(orders.items())
        }
        failed = self._feeds.imported()
        return {site: self._skipped(each, orders[site], failed) for site, each in left.items()}

    def _skipped(self, left: Feed, orders: Sequence[tuple[str, Json]], failed: str | None) -> Skipped:
        elements = {each: number for number, body in orders for each in self._elements(number, body)}
        found = self._feeds.skipped(left, self._id_of, elements, failed)
        by_order: Skipped = {}
        for element, complaints in found.items():
            if element in elements:
                by_order.setdefault(elements[element], []).extend(complaints)
        return by_order

    def _elements(self, number: str, body: Json) -> list[str]:
        """Give the ids of the elements that tell of an order."""
        if self._form == "order":
            return [number]
        return [str(each["shipping_order_number"]) for each in body.get("shipping_orders", ())]

    def _id_of(self, entry: Entry) -> str | None:
        return entry.ids.get(_IDS[self._form])

    def overdue(self) -> Iterator[Overdue]:
        """Give the orders of earlier feeds that the shop turns out not to have taken.

        Raises:
            RetryableError: the server does not answer for now.
            BatchError: no right to the folder of the logs.
        """
        for left, report in self._feeds.overdue():
            self._seen.append((left, report))
            site = left.name.rpartition(WHAT)[0]
            meant = self._meant(left, site) if report.refused is not None else {}
            for element, complaints in skipped_of(report, self._id_of, meant).items():
                external_ids = meant.get(element) or self._external_ids(site, element)
                yield Overdue(left.name, FEED, external_ids, tuple(complaints))

    def _meant(self, left: Feed, site: str) -> dict[str, tuple[str, ...]]:
        """Give all elements of a feed, each with what its document may be called."""
        every = self._feeds.elements(left, self._ids_in)
        if every is not None:
            return {each: self._external_ids(site, each) for each in every}
        return {each: (each,) for each in self._feeds.documents_of(left, FEED) if each.startswith(f"{site}/")}

    def noted(self) -> None:
        """Hear that what is overdue was noted."""
        for left, report in self._seen:
            self._feeds.noted(left, report)
        self._seen = []

    def _external_ids(self, site: str, element: str) -> tuple[str, ...]:
        """Give what the document of an element may be called, the likeliest first.

        A shipping order's number is order and shipment, with a dash between; either may have more of them.
        """
        numbers = [element]
        if self._form == "shipping_order":
            parts = element.split("-")
            numbers = ["-".join(parts[:count]) for count in range(len(parts) - 1, 0, -1)]
        return tuple(f"{site}/{case_kept(number)}" for number in numbers)

    def _ids_in(self, root: etree._Element) -> Iterator[str]:
        if self._form == "order":
            return (str(each.get("order-no")) for each in root)
        return (str(each.text) for each in root.iter(f"{{{SHIPPING_ORDER}}}shipping_order_number"))
