"""The journal: intent before a call, result after, and one writer a document at a time.

A document's row is taken under the database's lock: on SQLite the whole write transaction is
exclusive, on PostgreSQL the rows are locked in the order of their ids. What the row says then
decides who may write, so of two processes that race for a document exactly one is granted.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from cartage.ledger import rowsets
from cartage.ledger import runs as run_rows
from cartage.ledger.complaints import read_complaints, write_complaints
from cartage.ledger.engine import Database, chunks
from cartage.ledger.tables import attempts, documents, intents, runs
from cartage.seams import Attempt, Claim, DocumentKey, DocumentOutcome, DocumentResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sqlalchemy.engine import Connection

LEASE = timedelta(minutes=15)
"""How long a claim holds when its process dies and its run stays open."""

TEXT_LIMIT = 16_384
"""Characters kept of a request or an answer."""

DOCUMENTS = 500
"""Documents a transaction."""

APPLIED: frozenset[DocumentOutcome] = frozenset({"created", "updated", "unchanged", "adopted"})
"""Outcomes after which the target has this body."""

_DONE = APPLIED | {"superseded"}

Place = tuple[str, str]
"""A document's type and folded external id: its name within one target."""


def fold(external_id: str) -> str:
    """Give the external id as the target compares it: NetSuite's are case-insensitive."""
    return external_id.lower()


def _place(document: DocumentKey) -> Place:
    return document.type, fold(document.external_id)


class DocumentJournal:
    """One run's writes to one target: the `Journal` of the seams.

    Args:
        database: the ledger's.
        run_id: the run that writes.
        integration: whose documents.
        system: the target, for example ``netsuite``.
        holder: which part of the run writes, stable when its task is tried again (``load[3]``).
            The same holder of the same run may claim again at once; two holders of one run keep
            off each other's documents, since two batches can bring the same customer.
        lease: after this a claim of a run that is still open may be taken over.
    """

    def __init__(
        self,
        database: Database,
        run_id: int,
        integration: str,
        system: str,
        *,
        holder: str = "",
        lease: timedelta = LEASE,
    ) -> None:
        self._database = database
        self._run_id = run_id
        self._integration = integration
        self._system = system
        self._holder = holder
        self._lease = lease

    def claim(self, wanted: Sequence[DocumentKey]) -> list[Claim]:
        """Take the right to write these documents and note the intent; one claim each, in their order.

        A document that this run has already written with the same body comes back as `done`, and
        nothing is held for it. Claims of runs that are closed, or older than the lease, are taken over.

        Raises:
            RetryableError: the database was busy or lost.
        """
        claims: list[Claim] = []
        for part in chunks(wanted, DOCUMENTS):
            with self._database.write() as connection:
                claims += self._claim(connection, part)
        return claims

    def _claim(self, connection: Connection, wanted: Sequence[DocumentKey]) -> list[Claim]:
        run_rows.fetch(connection, self._run_id)
        now = datetime.now(UTC)
        first = {_place(each): each for each in reversed(wanted)}
        same = {"integration": self._integration, "system": self._system, "pending": False, "changed_at": now}
        rowsets.upsert(connection, documents, [_naming(each) for _, each in sorted(first.items())], same)
        rows = self._lock(connection, first)
        closed = self._closed(connection, {row.holder_run_id for row in rows.values()})
        claims = [self._decide(each, rows[_place(each)], closed, now) for each in wanted]
        taken = {_place(each.document): each.document for each in claims if each.granted and each.done is None}
        if taken:
            held = {"holder_run_id": self._run_id, "holder": self._holder, "leased_until": now + self._lease}
            self._change(connection, _placed(taken), lambda _: {}, {**held, "pending": True, "changed_at": now})
            begun = {"run_id": self._run_id, "system": self._system, "began_at": now}
            rowsets.insert(connection, intents, [_intent(each) for _, each in sorted(taken.items())], begun)
        return claims

    def _decide(self, wanted: DocumentKey, row: Any, closed: set[int], now: datetime) -> Claim:
        if row.done_run_id == self._run_id and row.done_hash == wanted.hash and row.outcome in _DONE:
            return Claim(wanted, granted=True, done=row.outcome, known_id=row.internal_id, known_hash=row.hash,
                         known_version=row.version, complaints=read_complaints(row.complaints))  # fmt: skip
        free = row.holder_run_id is None or self._holds(row) or row.holder_run_id in closed or row.leased_until <= now
        return Claim(
            wanted,
            granted=free,
            known_id=row.internal_id,
            known_hash=row.hash,
            known_version=row.version,
            unfinished=bool(row.pending),
        )

    def results(self, results: Sequence[DocumentResult]) -> None:
        """Note what became of the documents, and let go of them.

        When a claim was lost meanwhile (its lease ran out and another run took the document), its
        attempts are kept but the document's state is left to the one who holds it now.
        """
        for part in chunks(results, DOCUMENTS):
            with self._database.write() as connection:
                self._note(connection, {_place(each.document): each for each in part})
                self._attempts(connection, ((each.document, attempt) for each in part for attempt in each.attempts))

    def _note(self, connection: Connection, results: Mapping[Place, DocumentResult]) -> None:
        now = datetime.now(UTC)
        rows = self._lock(connection, results)
        mine = [(place, results[place]) for place, row in sorted(rows.items()) if self._holds(row)]
        ended = {"done_run_id": self._run_id, "pending": False, "changed_at": now, **_FREED}
        for applied, taken in ((True, _applied), (False, _refused)):
            given = [_result(place, each) for place, each in mine if (each.outcome in APPLIED) is applied]
            self._change(connection, given, taken, ended)
        self._end(connection, [_ending(place, each) for place, each in results.items()], now)

    def release(self, claims: Sequence[Claim], attempts: Sequence[Attempt] = ()) -> None:
        """Let go without a result; the intent stays unfinished, so the next claim says to look first.

        Args:
            claims: what `claim` gave; those that were not granted, or done, are passed over.
            attempts: requests that came to nothing, noted with the document when there is only one.
        """
        held = {_place(each.document): each.document for each in claims if each.granted and each.done is None}
        now = datetime.now(UTC)
        for part in chunks(sorted(held), DOCUMENTS):
            with self._database.write() as connection:
                rows = self._lock(connection, part)
                mine = [place for place, row in sorted(rows.items()) if self._holds(row)]
                self._change(connection, _placed(mine), lambda _: {}, {**_FREED, "changed_at": now})
                self._end(connection, [_ending(place, None) for place in part], now)
        if attempts:
            only = next(iter(held.values())) if len(held) == 1 else None
            with self._database.write() as connection:
                self._attempts(connection, ((only, each) for each in attempts))

    def _lock(self, connection: Connection, places: Iterable[Place]) -> dict[Place, Any]:
        """Give the documents' rows, held until the transaction ends, always in the same order."""
        ids: dict[str, list[str]] = {}
        for type_, folded in places:
            ids.setdefault(type_, []).append(folded)
        rows: dict[Place, Any] = {}
        for type_, folded_ids in sorted(ids.items()):
            query = (
                sa.select(documents)
                .where(
                    documents.c.integration == self._integration,
                    documents.c.system == self._system,
                    documents.c.type == type_,
                    documents.c.folded_id.in_(sorted(folded_ids)),
                )
                .order_by(documents.c.folded_id)
                .with_for_update()
            )
            rows |= {(type_, row.folded_id): row for row in connection.execute(query)}
        return rows

    def _holds(self, row: Any) -> bool:
        return bool(row.holder_run_id == self._run_id and row.holder == self._holder)

    @staticmethod
    def _closed(connection: Connection, holders: set[int | None]) -> set[int]:
        ids = sorted(each for each in holders if each is not None)
        closed = sa.select(runs.c.id).where(runs.c.id.in_(ids), runs.c.state != "open")
        return set(connection.execute(closed).scalars()) if ids else set()

    def _change(
        self,
        connection: Connection,
        rows: Sequence[Mapping[str, Any]],
        values: Callable[[Any], Mapping[str, Any]],
        same: Mapping[str, Any],
    ) -> None:
        ours = {"integration": self._integration, "system": self._system}
        rowsets.update(connection, documents, rows, on=("type", "folded_id"), at=ours, values=values, same=same)

    def _end(self, connection: Connection, rows: Sequence[Mapping[str, Any]], now: datetime) -> None:
        rowsets.update(
            connection,
            intents,
            rows,
            on=("type", "folded_id"),
            at={"run_id": self._run_id, "system": self._system},
            only=lambda _: intents.c.ended_at.is_(None),
            values=lambda new: {"outcome": new.outcome, "internal_id": new.internal_id, "complaints": new.complaints},
            same={"ended_at": now},
        )

    def _attempts(self, connection: Connection, made: Iterable[tuple[DocumentKey | None, Attempt]]) -> None:
        same = {"run_id": self._run_id, "system": self._system}
        rowsets.insert(connection, attempts, [_attempt(document, each) for document, each in made], same)


def _naming(document: DocumentKey) -> dict[str, Any]:
    return {
        "type": document.type,
        "folded_id": fold(document.external_id),
        "external_id": document.external_id,
        "kind": document.kind,
        "key": document.key,
    }


def _placed(places: Iterable[Place]) -> list[dict[str, Any]]:
    return [{"type": type_, "folded_id": folded} for type_, folded in sorted(places)]


def _intent(document: DocumentKey) -> dict[str, Any]:
    named = _naming(document)
    del named["external_id"]
    return {**named, "version": document.version, "hash": document.hash}


def _result(place: Place, result: DocumentResult) -> dict[str, Any]:
    return {
        **_ending(place, result),
        "number": result.number,
        "version": result.document.version,
        "hash": result.document.hash,
    }


def _ending(place: Place, result: DocumentResult | None) -> dict[str, Any]:
    """Give what ends an intent; None means that it was let go without a result."""
    return {
        "type": place[0],
        "folded_id": place[1],
        "outcome": result.outcome if result else "released",
        "internal_id": result.internal_id if result else None,
        "complaints": write_complaints(result.complaints) if result else None,
    }


def _refused(new: Any) -> dict[str, Any]:
    """Give what any result changes: it never takes away an id that was known."""
    return {
        "internal_id": sa.func.coalesce(new.internal_id, documents.c.internal_id),
        "number": sa.func.coalesce(new.number, documents.c.number),
        "outcome": new.outcome,
        "complaints": new.complaints,
        "done_hash": new.hash,
    }


def _applied(new: Any) -> dict[str, Any]:
    """Give what a result changes after which the target has this body."""
    return {**_refused(new), "version": new.version, "hash": new.hash}


def _attempt(document: DocumentKey | None, attempt: Attempt) -> dict[str, Any]:
    return {
        "type": document.type if document else None,
        "folded_id": fold(document.external_id) if document else None,
        "kind": document.kind if document else None,
        "key": document.key if document else None,
        "at": attempt.at,
        "method": attempt.method,
        "path": attempt.path,
        "status": attempt.status,
        "request": _shortened(attempt.request),
        "answer": _shortened(attempt.answer),
        "milliseconds": attempt.milliseconds,
        "error_code": attempt.error_code,
    }


def _shortened(text: str | None) -> str | None:
    """Cut what is too long to keep, and what no JSON text can hold on PostgreSQL."""
    if text is None:
        return None
    clean = text.replace("\x00", "")
    if len(clean) <= TEXT_LIMIT:
        return clean
    return f"{clean[:TEXT_LIMIT]}… ({len(clean) - TEXT_LIMIT} more characters)"


_FREED: dict[str, Any] = {"holder_run_id": None, "holder": None, "leased_until": None}
