"""Feeds of shipments on their way into the shop: left, imported where the settings say so, and their logs read.

The job step skips what is wrong and still says success. What it skipped stands in a log beside the feed, of the form
that `cartage.systems.sfcc.feeds.logs` describes, with the ids ``order-no`` and ``shipment-id``.
"""

from __future__ import annotations

import io
import json
import logging
import posixpath
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from cartage.errors import Complaint
from cartage.systems.sfcc.feeds.jobs import ImportJob
from cartage.systems.sfcc.feeds.logs import SUFFIX
from cartage.systems.sfcc.shipments.feed import feed
from cartage.systems.sfcc.small_feeds import leave

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cartage.settings.shipments import ShipmentFeed
    from cartage.systems.sfcc.hook import SfccHook
    from cartage.systems.sfcc.sftp_folder import SftpFolder

log = logging.getLogger(__name__)

Json = dict[str, Any]
Skipped = dict[str, list[Complaint]]
"""Why orders were skipped, by number."""


class FeedPublisher:
    """Leaves feeds for the shop's job, and says what the shop did not take.

    Args:
        settings: the feed's.
        server: the shop's SFTP server.
        hook: the shop's API; only needed where its job is started.
    """

    def __init__(self, settings: ShipmentFeed, server: SftpFolder, hook: SfccHook | None) -> None:
        self._settings = settings
        self._server = server
        self._hook = hook

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
        paths = {}
        for site, some in sorted(orders.items()):
            content = feed(self._settings.form, some)
            paths[site] = leave(self._server, self._settings.folder, f"{site}_shipments", content)
            log.info("%s tells of %d orders", paths[site], len(some))
        failed = self._imported() if paths else None
        return {site: self._seen(path, [number for number, _ in orders[site]], failed) for site, path in paths.items()}

    def _imported(self) -> str | None:
        """Have the job run, and give why it failed, if it did."""
        settings = self._settings.imported
        if settings.trigger != "job" or self._hook is None:
            return None
        ended = ImportJob(self._hook, settings).run()
        return None if ended is None or ended.well else ended.reason

    def _seen(self, path: str, numbers: Sequence[str], failed: str | None) -> Skipped:
        """Give what a feed's log says, or that the job failed where there is none."""
        name = posixpath.basename(path)
        for folder in self._settings.imported.logs:
            content = io.BytesIO()
            with self._server.connected():
                found = self._server.read(posixpath.join(folder, name + SUFFIX), content)
            if found:
                return read_log(content.getvalue().splitlines(), numbers)
        if failed is None:
            return {}
        reason = f"the shop's job {self._settings.imported.job} failed ({failed}) and left no log of {name}"
        return {number: [Complaint("import_failed", reason)] for number in numbers}


def read_log(lines: Iterable[bytes], numbers: Sequence[str]) -> Skipped:
    """Read an import's log.

    Args:
        lines: JSON documents, the last one a summary.
        numbers: orders of the feed: all of them are skipped when it was refused.
    """
    skipped: Skipped = defaultdict(list)
    for line in lines:
        entry = json.loads(line)
        reason = Complaint(
            str(entry.get("code") or "skipped"), f"the shop skipped it: {entry.get('message') or 'no reason'}"
        )
        if entry.get("severity") == "ERROR":
            return {number: [reason] for number in numbers}
        if entry.get("severity") and entry.get("skipped", True):
            skipped[str((entry.get("ids") or {}).get("order-no"))].append(reason)
    return dict(skipped)
