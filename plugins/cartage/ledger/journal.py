"""The journal: intent before a call, result after, and one writer a document at a time.

A document's row is taken under the database's lock: on SQLite the whole write transaction is
exclusive, on PostgreSQL the rows are locked in the order of their ids. What the row says then
decides who may write, so of two processes that race for a document exactly one is granted.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from cartage.ledger import runs as run_rows
from cartage.ledger.complaints import write_complaints
from cartage.ledger.engine import Database, chunks
from cartage.ledger.tables import attempts, documents, intents, runs
from cartage.seams import Attempt, Claim, DocumentKey, DocumentOutcome, DocumentResult

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

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
        blank = {"integration": self._integration, "system": self._system, "pending": False, "changed_at": now}
        connection.execute(
            self._database.upsert(documents),
            [{**blank, **_naming(each)} for _, each in sorted(first.items())],
        )
        rows = self._lock(connection, first)
        closed = self._closed(connection, {row.holder_run_id for row in rows.values()})
        claims = [self._decide(each, rows[_place(each)], closed, now) for each in wanted]
        taken = {_place(each.document): each.document for each in claims if each.granted and each.done is None}
        if taken:
            until = now + self._lease
            connection.execute(_TAKE, [{**self._at(place), "until": until, "now": now} for place in sorted(taken)])
            connection.execute(
                sa.insert(intents),
                [self._intent(document, now) for _, document in sorted(taken.items())],
            )
        return claims

    def _decide(self, wanted: DocumentKey, row: Any, closed: set[int], now: datetime) -> Claim:
        if row.done_run_id == self._run_id and row.done_hash == wanted.hash and row.outcome in _DONE:
            return Claim(wanted, granted=True, done=row.outcome, known_id=row.internal_id, known_hash=row.hash,
                         known_version=row.version)  # fmt: skip
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
        mine = {place: results[place] for place, row in sorted(rows.items()) if self._holds(row)}
        if mine:
            connection.execute(_FINISH, [self._result(place, each, now) for place, each in mine.items()])
        ended = [
            {
                **self._at(place),
                "ended_at": now,
                "outcome": each.outcome,
                "internal_id": each.internal_id,
                "complaints": write_complaints(each.complaints),
            }
            for place, each in results.items()
        ]
        connection.execute(_END, ended)

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
                if mine:
                    connection.execute(_LET_GO, [{**self._at(place), "now": now} for place in mine])
                nothing = {"ended_at": now, "outcome": "released", "internal_id": None, "complaints": None}
                connection.execute(_END, [{**self._at(place), **nothing} for place in part])
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

    def _at(self, place: Place) -> dict[str, Any]:
        return {
            "at_integration": self._integration,
            "at_system": self._system,
            "at_type": place[0],
            "at_folded": place[1],
            "by_run": self._run_id,
            "by_holder": self._holder,
        }

    def _intent(self, document: DocumentKey, now: datetime) -> dict[str, Any]:
        named = _naming(document)
        del named["external_id"]
        body = {"version": document.version, "hash": document.hash}
        return {**named, **body, "run_id": self._run_id, "system": self._system, "began_at": now}

    def _result(self, place: Place, result: DocumentResult, now: datetime) -> dict[str, Any]:
        return {
            **self._at(place),
            "applied": result.outcome in APPLIED,
            "now": now,
            "new_internal_id": result.internal_id,
            "new_number": result.number,
            "new_version": result.document.version,
            "new_hash": result.document.hash,
            "new_outcome": result.outcome,
            "new_complaints": write_complaints(result.complaints),
        }

    def _attempts(self, connection: Connection, made: Iterable[tuple[DocumentKey | None, Attempt]]) -> None:
        rows = [self._attempt(document, attempt) for document, attempt in made]
        if rows:
            connection.execute(sa.insert(attempts), rows)

    def _attempt(self, document: DocumentKey | None, attempt: Attempt) -> dict[str, Any]:
        return {
            "run_id": self._run_id,
            "system": self._system,
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


def _naming(document: DocumentKey) -> dict[str, Any]:
    return {
        "type": document.type,
        "folded_id": fold(document.external_id),
        "external_id": document.external_id,
        "kind": document.kind,
        "key": document.key,
    }


def _shortened(text: str | None) -> str | None:
    if text is None or len(text) <= TEXT_LIMIT:
        return text
    return f"{text[:TEXT_LIMIT]}… ({len(text) - TEXT_LIMIT} more characters)"


_THIS = sa.and_(
    documents.c.integration == sa.bindparam("at_integration"),
    documents.c.system == sa.bindparam("at_system"),
    documents.c.type == sa.bindparam("at_type"),
    documents.c.folded_id == sa.bindparam("at_folded"),
)
_FREED: dict[str, Any] = {"holder_run_id": None, "holder": None, "leased_until": None}

_TAKE = (
    sa.update(documents)
    .where(_THIS)
    .values(
        holder_run_id=sa.bindparam("by_run"),
        holder=sa.bindparam("by_holder"),
        leased_until=sa.bindparam("until"),
        pending=True,
        changed_at=sa.bindparam("now"),
    )
)

_LET_GO = sa.update(documents).where(_THIS).values(changed_at=sa.bindparam("now"), **_FREED)


def _kept_unless_applied(name: str) -> sa.ColumnElement[Any]:
    new = sa.bindparam(f"new_{name}", type_=sa.Text)
    return sa.case((sa.bindparam("applied", type_=sa.Boolean), new), else_=documents.c[name])


def _kept_unless_given(name: str) -> sa.ColumnElement[Any]:
    return sa.func.coalesce(sa.bindparam(f"new_{name}", type_=sa.Text), documents.c[name])


_FINISH = (
    sa.update(documents)
    .where(_THIS)
    .values(
        internal_id=_kept_unless_given("internal_id"),
        number=_kept_unless_given("number"),
        version=_kept_unless_applied("version"),
        hash=_kept_unless_applied("hash"),
        outcome=sa.bindparam("new_outcome"),
        complaints=sa.bindparam("new_complaints"),
        done_run_id=sa.bindparam("by_run"),
        done_hash=sa.bindparam("new_hash", type_=sa.Text),
        pending=False,
        changed_at=sa.bindparam("now"),
        **_FREED,
    )
)

_END = (
    sa.update(intents)
    .where(
        intents.c.run_id == sa.bindparam("by_run"),
        intents.c.system == sa.bindparam("at_system"),
        intents.c.type == sa.bindparam("at_type"),
        intents.c.folded_id == sa.bindparam("at_folded"),
        intents.c.ended_at.is_(None),
    )
    .values({each: sa.bindparam(each) for each in ("ended_at", "outcome", "internal_id", "complaints")})
)
