"""Feeds of shipments: one a site, left for the shop's job, and what the job skipped of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cartage.systems.sfcc.shipments.feed import Form, feed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cartage.systems.sfcc.small_feeds import Skipped, SmallFeeds

Json = dict[str, Any]


class FeedPublisher:
    """Leaves feeds of shipments.

    Args:
        form: which of the two forms.
        feeds: where they are left.
    """

    def __init__(self, form: Form, feeds: SmallFeeds) -> None:
        self._form = form
        self._feeds = feeds

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
        names = {
            site: self._feeds.leave(f"{site}_shipments", feed(self._form, some))
            for site, some in sorted(orders.items())
        }
        failed = self._feeds.imported()
        return {
            site: self._feeds.skipped(name, "order-no", [number for number, _ in orders[site]], failed)
            for site, name in names.items()
        }
