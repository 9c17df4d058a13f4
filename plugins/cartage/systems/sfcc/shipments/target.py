"""SFCC as a target of shipments: looks first, writes what differs, and leaves the rest in a feed."""

from __future__ import annotations

import logging
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, Any

from cartage.errors import BatchError, RetryableError
from cartage.seams import DocumentResult, Planned
from cartage.systems.sfcc.documents import claimed, newest, records_of
from cartage.systems.sfcc.shipments.progress import Progress, verdict
from cartage.systems.sfcc.shipments.sending import Sender

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cartage.errors import Complaint
    from cartage.records.batch import Batch
    from cartage.records.outcome import Verdict
    from cartage.seams import Claim, DocumentOutcome, Journal
    from cartage.settings.shipments import Shipments
    from cartage.systems.sfcc.documents import Document, DocumentId, Record
    from cartage.systems.sfcc.shipments.publishing import FeedPublisher
    from cartage.systems.sfcc.shipments.shop_orders import ShopOrders

log = logging.getLogger(__name__)

SENDERS = 8
"""Requests under way at a time; SCAPI answers in a few tenths of a second."""

PORTION = 64
"""Orders worked on together; when none of them gets an answer, the shop is taken to be down."""


class ShipmentTarget:
    """Tells the shop of shipments; see `cartage.seams.Target`.

    Args:
        settings: settings of the flow.
        orders: the shop's orders by REST; None where the settings tell by feed only and name no API.
        publisher: leaves feeds; None where the settings use none.
    """

    def __init__(self, settings: Shipments, orders: ShopOrders | None, publisher: FeedPublisher | None) -> None:
        self._sender = Sender(settings, orders)
        self._publisher = publisher

    def write(self, documents: Batch, journal: Journal) -> Iterator[Verdict]:
        """Write all documents; give a verdict for each record once all of its documents are done.

        The feed goes last, one file a site for the whole batch.

        Raises:
            RetryableError: after everything else was written, when some documents could not be for now.
            BatchError: at once, when nothing could be.
        """
        records, superseded = newest(records_of(documents))
        yield from superseded
        claims = claimed(records, journal)
        held = [each for each in claims.values() if each.granted and each.done is None]
        open_claims = {(each.document.type, each.document.external_id): each for each in held}
        failures: list[RetryableError] = []
        try:
            waiting: list[Progress] = []
            for some in self._portions(records, claims, failures):
                _note(some, journal, open_claims)
                for progress in some:
                    if progress.failure is not None:
                        failures.append(progress.failure)
                    elif progress.feed is not None:
                        waiting.append(progress)
                    else:
                        yield verdict(progress.record, progress.results)
            try:
                self._publish(waiting)
            except RetryableError as error:
                failures.append(error)
            else:
                _note(waiting, journal, open_claims)
                yield from (verdict(each.record, each.results) for each in waiting)
        finally:
            journal.release(list(open_claims.values()))
        if failures:
            waits = [each.retry_after for each in failures if each.retry_after is not None]
            raise RetryableError(
                f"{len(failures)} of the batch could not be told for now ({failures[0]})",
                retry_after=max(waits, default=None),
            )

    def plan(self, documents: Batch) -> Iterator[Planned]:
        """Say what `write` would do, by reading only."""
        records, superseded = newest(records_of(documents))
        gone = {each.row: each for each in superseded}
        for record in records_of(documents):
            if record.row in gone:
                complaints = gone[record.row].complaints
                yield from (_skipped(each, complaints) for each in record.documents)
        with ThreadPoolExecutor(SENDERS, thread_name_prefix="shipments") as pool:
            for plans in pool.map(self._sender.plan, records):
                yield from plans

    def _portions(
        self, records: Sequence[Record], claims: dict[DocumentId, Claim], failures: list[RetryableError]
    ) -> Iterator[list[Progress]]:
        """Work on the records, some at a time, until all are done or the shop is down."""
        rest = iter(records)
        with ThreadPoolExecutor(SENDERS, thread_name_prefix="shipments") as pool:
            while some := list(islice(rest, PORTION)):
                done = list(pool.map(lambda record: self._sender.send(record, claims), some))
                yield done
                if len(some) >= SENDERS and all(each.failure for each in done):
                    log.warning("the shop does not answer; what is left is told by the next try")
                    failures += [RetryableError("the shop does not answer")] * len(list(rest))

    def _publish(self, waiting: Sequence[Progress]) -> None:
        """Leave a feed for each site, and note what became of what went into it."""
        orders: dict[str, list[tuple[str, Any]]] = defaultdict(list)
        for each in waiting:
            if each.feed is not None:
                orders[each.site].append((each.order_no, each.feed[1]))
        if not orders:
            return
        if self._publisher is None:
            raise BatchError("a feed needs the shop's SFTP server; this is a fault of the caller")
        skipped = self._publisher.publish(orders)
        for each in waiting:
            if each.feed is not None:
                missed = skipped[each.site].get(each.order_no, ())
                outcome: DocumentOutcome = "rejected" if missed else "updated"
                said = (*missed, *each.remarks)
                each.results.append(DocumentResult(each.feed[0].wanted, outcome, each.order_no, complaints=said))


def _note(some: Sequence[Progress], journal: Journal, open_claims: dict[DocumentId, Claim]) -> None:
    """Note results at once, and let go of what failed for now with the requests it took."""
    results = [each for progress in some for each in progress.results]
    mine = [each for each in results if (each.document.type, each.document.external_id) in open_claims]
    if mine:
        journal.results(mine)
    for each in mine:
        del open_claims[each.document.type, each.document.external_id]
    for progress in some:
        if progress.failure is not None:
            ids = [each.id for each in progress.record.documents if each.id in open_claims]
            journal.release([open_claims.pop(each) for each in ids], progress.attempts)


def _skipped(document: Document, complaints: tuple[Complaint, ...]) -> Planned:
    return Planned(document.row, document.wanted, "skip", "", complaints=complaints)
