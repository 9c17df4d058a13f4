"""SFCC as a target of locations: store feeds, and inventory feeds that make lists; what was sent is not sent again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartage.errors import RetryableError
from cartage.records.outcome import Outcome, Verdict
from cartage.seams import DocumentResult, Overdue, Planned
from cartage.systems.sfcc.documents import case_kept, claimed, from_claim, newest, records_of
from cartage.systems.sfcc.small_feeds import skipped_of
from cartage.systems.sfcc.stores import feed
from cartage.systems.sfcc.stores.transform import LIST, STORE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from lxml import etree

    from cartage.errors import Complaint
    from cartage.records.batch import Batch
    from cartage.seams import Claim, DocumentOutcome, Feed, Journal
    from cartage.systems.sfcc.documents import Document, DocumentId, Record
    from cartage.systems.sfcc.feeds.reports import Entry, Report
    from cartage.systems.sfcc.small_feeds import Skipped, SmallFeeds

LISTS, STORES = "lists", "stores"
"""What names of feeds begin with."""

_IDS = {LIST: "list-id", STORE: "store-id"}
"""Type of document -> attribute that tells its element apart."""


class StoreTarget:
    """Tells the shop of stores and inventory lists; see `cartage.seams.Target`.

    A list that several locations add up to is one document, which belongs to each of them.

    Args:
        lists: where feeds of inventory lists are left.
        stores: where feeds of stores are left.
    """

    def __init__(self, lists: SmallFeeds, stores: SmallFeeds) -> None:
        self._lists = lists
        self._stores = stores
        self._seen: list[tuple[SmallFeeds, Feed, Report]] = []

    def write(self, documents: Batch, journal: Journal) -> Iterator[Verdict]:
        """Leave a feed of lists and one of stores, and give a verdict for each location.

        Lists go first: a store that names a list the shop does not have keeps the one it had.

        Raises:
            RetryableError: the server does not answer for now, or another task writes some of these.
            BatchError: the server refuses us.
        """
        records, superseded = newest(records_of(documents))
        yield from superseded
        claims = claimed(records, journal)
        held = {id_: each for id_, each in claims.items() if each.granted and each.done is None}
        wanted = {each.id: each for record in records for each in record.documents if claims[each.id].granted}
        results = {id_: found for id_, each in wanted.items() if (found := from_claim(each, claims[id_]))}
        try:
            _note(journal, held, list(results.values()))
            for type_ in (LIST, STORE):
                some = [each for id_, each in wanted.items() if each.type == type_ and id_ not in results]
                if some:
                    skipped = self._leave(type_, some)
                    made = {each.id: _sent(each, claims[each.id], skipped.get(_name(each), ())) for each in some}
                    _note(journal, held, list(made.values()))
                    results |= made
            busy = []
            for record in records:
                if all(each.id in results for each in record.documents):
                    yield _verdict(record, [results[each.id] for each in record.documents])
                else:
                    busy.append(record)
        finally:
            journal.release(list(held.values()))
        if busy:
            raise RetryableError(f"{len(busy)} locations are being told by another task ({busy[0].key})")

    def plan(self, documents: Batch) -> Iterator[Planned]:
        """Say what `write` would send, as far as it can be known without asking: the shop's stores are not read."""
        records, _ = newest(records_of(documents))
        for record in records:
            for document in record.documents:
                yield Planned(document.row, document.wanted, "update", document.text)

    def _leave(self, type_: str, documents: Sequence[Document]) -> Skipped:
        """Leave a feed, have it imported where the settings say so, and give what the shop skipped."""
        bodies, names = [each.body for each in documents], [_name(each) for each in documents]
        if type_ == LIST:
            feeds, left = self._lists, self._lists.leave(LISTS, feed.lists(bodies), len(bodies))
        else:
            feeds, left = self._stores, self._stores.leave(STORES, feed.stores(bodies), len(bodies))
        return feeds.skipped(left, _id_of(type_), names, feeds.imported())

    def overdue(self) -> Iterator[Overdue]:
        """Give the lists and stores of earlier feeds that the shop turns out not to have taken.

        Raises:
            RetryableError: the server does not answer for now.
            BatchError: no right to the folder of the logs.
        """
        for type_, feeds, prefix in ((LIST, self._lists, LISTS), (STORE, self._stores, STORES)):
            for left, report in feeds.overdue():
                if not left.name.startswith(f"{prefix}_"):
                    continue
                self._seen.append((feeds, left, report))
                meant = _meant(feeds, left, type_) if report.refused is not None else {}
                for name, complaints in skipped_of(report, _id_of(type_), meant).items():
                    yield Overdue(left.name, type_, (meant.get(name) or case_kept(name),), tuple(complaints))

    def noted(self) -> None:
        """Hear that what is overdue was noted."""
        for feeds, left, report in self._seen:
            feeds.noted(left, report)
        self._seen = []


def _id_of(type_: str) -> Callable[[Entry], str | None]:
    return lambda entry: entry.ids.get(_IDS[type_])


def _meant(feeds: SmallFeeds, left: Feed, type_: str) -> dict[str, str]:
    """Give all elements of a feed, each with the external id of its document."""

    def ids_in(root: etree._Element) -> Iterator[str]:
        return (str(each.get(_IDS[type_])) for each in root.iter() if each.get(_IDS[type_]) is not None)

    every = feeds.elements(left, ids_in)
    if every is not None:
        return {each: case_kept(each) for each in every}
    return {each: each for each in feeds.documents_of(left, type_)}


def _note(journal: Journal, held: dict[DocumentId, Claim], results: Sequence[DocumentResult]) -> None:
    mine = [each for each in results if (each.document.type, each.document.external_id) in held]
    if mine:
        journal.results(mine)
    for each in mine:
        del held[each.document.type, each.document.external_id]


def _name(document: Document) -> str:
    return str(document.body.get("store-id") or document.body.get("list-id"))


def _sent(document: Document, claim: Claim, skipped: Sequence[Complaint]) -> DocumentResult:
    outcome: DocumentOutcome = "rejected" if skipped else "updated" if claim.known_id else "created"
    known = None if skipped else _name(document)
    return DocumentResult(document.wanted, outcome, known, complaints=tuple(skipped))


def _verdict(record: Record, results: Sequence[DocumentResult]) -> Verdict:
    """Give a location's outcome: what was refused decides, then what is new, then what changed."""
    outcomes = {each.outcome for each in results}
    decisive = next((each for each in ("rejected", "created", "updated") if each in outcomes), "unchanged")
    if outcomes == {"superseded"}:
        decisive = "superseded"
    target = next((each.internal_id for each in results if each.internal_id), None)
    complaints = tuple(complaint for each in results for complaint in each.complaints)
    return Verdict(record.row, record.key, Outcome(decisive), complaints, target, target)
