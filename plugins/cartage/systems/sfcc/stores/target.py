"""SFCC as a target of locations: store feeds, and inventory feeds that make lists; what was sent is not sent again."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from cartage.errors import RetryableError
from cartage.records.outcome import Outcome, Verdict
from cartage.seams import DocumentResult, Planned
from cartage.systems.sfcc.documents import claimed, from_claim, newest, records_of
from cartage.systems.sfcc.small_feeds import leave
from cartage.systems.sfcc.stores import feed
from cartage.systems.sfcc.stores.transform import LIST, STORE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cartage.records.batch import Batch
    from cartage.seams import Claim, Journal
    from cartage.settings import Settings
    from cartage.systems.sfcc.documents import Document, DocumentId, Record
    from cartage.systems.sfcc.sftp_folder import SftpFolder

log = logging.getLogger(__name__)


class StoreTarget:
    """Tells the shop of stores and inventory lists; see `cartage.seams.Target`.

    A list that several locations add up to is one document, which belongs to each of them.

    Args:
        settings: all run settings.
        server: the shop's SFTP server.
    """

    def __init__(self, settings: Settings, server: SftpFolder) -> None:
        self._settings = settings
        self._server = server

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
                    self._leave(type_, some)
                    made = {each.id: _sent(each, claims[each.id]) for each in some}
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

    def _leave(self, type_: str, documents: Sequence[Document]) -> None:
        bodies = [each.body for each in documents]
        if type_ == LIST:
            folder, name, content = self._settings.inventory.feed.folder, "lists", feed.lists(bodies)
        else:
            folder, name, content = self._settings.locations.feed.folder, "stores", feed.stores(bodies)
        path = leave(self._server, folder, name, content)
        log.info("%s tells of %d", path, len(bodies))


def _note(journal: Journal, held: dict[DocumentId, Claim], results: Sequence[DocumentResult]) -> None:
    mine = [each for each in results if (each.document.type, each.document.external_id) in held]
    if mine:
        journal.results(mine)
    for each in mine:
        del held[each.document.type, each.document.external_id]


def _sent(document: Document, claim: Claim) -> DocumentResult:
    name = str(document.body.get("store-id") or document.body.get("list-id"))
    return DocumentResult(document.wanted, "updated" if claim.known_id else "created", name)


def _verdict(record: Record, results: Sequence[DocumentResult]) -> Verdict:
    """Give a location's outcome: what is new decides before what changed."""
    outcomes = {each.outcome for each in results}
    decisive = next((each for each in ("created", "updated") if each in outcomes), "unchanged")
    if outcomes == {"superseded"}:
        decisive = "superseded"
    target = next((each.internal_id for each in results if each.internal_id), None)
    return Verdict(record.row, record.key, Outcome(decisive), (), target, target)
