"""A record's story: all that happened to it, in all flows, as one line of time."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa

from cartage.ledger.actions import Action
from cartage.ledger.complaints import read_complaints
from cartage.ledger.console_tables import actions
from cartage.ledger.outbound_tables import feeds, proposal_rows, proposals
from cartage.ledger.runs import listed
from cartage.ledger.states import State, site_of, state_of
from cartage.ledger.tables import attempts, documents, drops, intents, outcomes, quarantine, records, runs
from cartage.records.batch import KINDS
from cartage.seams import Attempt

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy.engine import Connection

    from cartage.errors import Complaint
    from cartage.ledger.engine import Database
    from cartage.ledger.runs import Run

MOST = 200
"""Events of a kind that a story tells, the newest."""

PASSED = frozenset({"created", "updated", "unchanged", "rejected"})
"""Outcomes of records that had passed the checks."""

MANY = 5_000
"""Files that a story looks through for the ones that the record came in."""

FILES = 5
"""Files of a run that a story names."""

What = Literal[
    "dropped", "read", "checked", "sent", "unanswered", "held back", "to do", "asked", "ended", "file", "done by hand"
]


@dataclass(frozen=True)
class Step:
    """One thing that happened.

    Attributes:
        at: when.
        what: what kind of thing.
        run_id: in which run; None for what a person did.
        record: kind of the record.
        text: what happened, in words, without personal data.
        outcome: of a step that ended: how.
        complaints: why, when there was a reason.
        attempt: of a request: it, and its answer, personal data masked.
        system: where a request went.
        who: the person who did it.
        entry: of what was held back: its number in quarantine.
        version: of what was read: which version of the record.
    """

    at: datetime
    what: What
    run_id: int | None
    record: str | None
    text: str
    outcome: str | None = None
    complaints: tuple[Complaint, ...] = ()
    attempt: Attempt | None = field(default=None, repr=False)
    system: str | None = None
    who: str | None = None
    entry: int | None = None
    version: str | None = None


@dataclass(frozen=True)
class Document:
    """What a record became in another system.

    Attributes:
        system: the system, for example ``netsuite``.
        type: its type there.
        internal_id: its id there; None when it was never written.
        number: the number that people see there.
        outcome: how its last write ended.
        pending: a write was begun whose end nobody noted.
        run_id: the run that wrote it last.
    """

    system: str
    type: str
    external_id: str
    kind: str
    internal_id: str | None
    number: str | None
    outcome: str | None
    complaints: tuple[Complaint, ...]
    pending: bool
    run_id: int | None
    changed_at: datetime


@dataclass(frozen=True)
class Story:
    """All that the ledger knows of a key.

    Attributes:
        states: how it stands now, by kind of record.
        documents: what it became in other systems.
        steps: what happened, oldest first.
        runs: the runs it happened in, by id.
    """

    integration: str
    key: str
    states: tuple[State, ...]
    documents: tuple[Document, ...]
    steps: tuple[Step, ...]
    runs: dict[int, Run]


class Storytelling:
    """Tells records' stories."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def tell(self, integration: str, key: str) -> Story | None:
        """Tell the story of a record, of all kinds that share its key: an order and its shipments are one story.

        Returns:
            The story; None when the ledger never heard of the key.
        """
        with self._database.read() as connection:
            known = sa.select(records).where(
                records.c.integration == integration, records.c.record.in_(_KINDS), records.c.key == key
            )
            states = tuple(state_of(row) for row in connection.execute(known))
            steps = [step for read in _READS for step in read(connection, key)]
            steps += _by_hand(connection, integration, key)
            ids = sorted({each.run_id for each in steps if each.run_id} | {each.run_id for each in states})
            told = {
                each.id: each
                for each in listed(connection, runs.c.id.in_(ids), runs.c.integration == integration, order=runs.c.id)
            }
            steps = [each for each in steps if each.run_id is None or each.run_id in told]
            if not states and not steps:
                return None
            steps += _checked(steps)
            steps += _drops(connection, key, [each for each in steps if each.what == "read"])
            steps += _feeds(connection, {each.run_id for each in steps if each.outcome in ("created", "updated")})
            found = tuple(_documents(connection, integration, key))
        steps.sort(key=lambda each: (each.at, each.run_id or 0, _ORDER.index(each.what)))
        return Story(integration, key, states, found, tuple(steps), told)


def _outcomes(connection: Connection, key: str) -> Iterator[Step]:
    query = sa.select(outcomes).where(outcomes.c.key == key).order_by(outcomes.c.run_id.desc()).limit(MOST)
    for row in connection.execute(query):
        place = f"as row {row.row} of batch {row.batch}"
        yield Step(row.extracted_at, "read", row.run_id, row.record, place, version=row.version)
        if row.warnings:
            noted = read_complaints(row.warnings)
            yield Step(
                row.extracted_at, "checked", row.run_id, row.record, "passed all checks, with a warning", None, noted
            )
        if row.outcome is not None:
            why = read_complaints(row.complaints)
            yield Step(row.decided_at, "ended", row.run_id, row.record, row.outcome, row.outcome, why)


def _checked(steps: Iterable[Step]) -> list[Step]:
    """Tell where the checks were passed: nothing notes it, but what was sent or compared had passed them."""
    read = {(each.run_id, each.record): each for each in steps if each.what == "read"}
    passed = {(each.run_id, each.record) for each in steps if each.what == "sent" or each.outcome in PASSED}
    told = {(each.run_id, each.record) for each in steps if each.what == "checked"}
    return [Step(read[place].at, "checked", *place, "passed all checks") for place in (passed & read.keys()) - told]


def _attempts(connection: Connection, key: str) -> Iterator[Step]:
    names = [each.name for each in fields(Attempt)]
    query = sa.select(attempts).where(attempts.c.kind.in_(_KINDS), attempts.c.key == key)
    for row in connection.execute(query.order_by(attempts.c.id.desc()).limit(MOST)):
        attempt = Attempt(*(row._mapping[name] for name in names))  # noqa: SLF001 - the public name of a row's mapping
        text = f"{row.method} {row.path}"
        yield Step(row.at, "sent", row.run_id, row.kind, text, attempt=attempt, system=row.system)


def _unanswered(connection: Connection, key: str) -> Iterator[Step]:
    query = sa.select(intents).where(intents.c.kind.in_(_KINDS), intents.c.key == key, intents.c.outcome.is_(None))
    for row in connection.execute(query.order_by(intents.c.id.desc()).limit(MOST)):
        yield Step(row.began_at, "unanswered", row.run_id, row.kind, row.type, system=row.system)


def _quarantines(connection: Connection, key: str) -> Iterator[Step]:
    query = sa.select(quarantine).where(quarantine.c.key == key).order_by(quarantine.c.id.desc()).limit(MOST)
    for row in connection.execute(query):
        tries = f"{row.tries} times" if row.tries > 1 else "once"
        by = f" by {row.ended_by}" if row.ended_by else ""
        why = f": {row.ended_why}" if row.ended_why else ""
        complaints = read_complaints(row.complaints)
        through = bool(complaints) and all(each.asks for each in complaints)
        what: What = "to do" if through else "held back"
        text = f"now {row.state}{by}{why}" if through else f"by {row.stage}, {tries}, now {row.state}{by}{why}"
        yield Step(row.last_at, what, row.run_id, row.record, text, row.state, complaints, entry=row.id)


def _proposals(connection: Connection, key: str) -> Iterator[Step]:
    query = (
        sa.select(proposals, proposal_rows.c.before, proposal_rows.c.after)
        .join(proposal_rows, proposal_rows.c.proposal_id == proposals.c.id)
        .where(proposal_rows.c.key == key)
        .order_by(proposals.c.id.desc())
    )
    for row in connection.execute(query.limit(MOST)):
        moved = f"{row.before or 'nothing'} to {row.after or 'nothing'}"
        by = f" by {row.decided_by}" if row.decided_by else ""
        state = row.state.replace("_", " ")
        text = f"proposal {row.id} of {row.guardrail.replace('_', ' ')}, {moved}: {state}{by}"
        yield Step(row.decided_at or row.created_at, "asked", row.run_id, row.record, text, row.state)


def _by_hand(connection: Connection, integration: str, key: str) -> Iterator[Step]:
    query = sa.select(*(actions.c[each.name] for each in fields(Action))).where(
        actions.c.integration == integration, actions.c.key == key
    )
    for row in connection.execute(query.order_by(actions.c.id.desc()).limit(MOST)):
        done = Action(*row)
        text = f"{done.what.replace('_', ' ')}{f': {done.note}' if done.note else ''}"
        yield Step(done.at, "done by hand", None, done.record, text, who=done.who)


def _drops(connection: Connection, key: str, read: Sequence[Step]) -> Iterator[Step]:
    """Name the file that a run read the record in: the one whose moment begins the record's version.

    Of versions that say no moment, all files of its site that the run read, as far as they are not too many.
    """
    site = site_of(key)
    query = sa.select(drops).where(drops.c.run_id.in_({each.run_id for each in read if each.run_id}))
    found: dict[int, list[Any]] = {}
    for row in connection.execute(query.limit(MANY)):
        if site is None or row.site == site:
            found.setdefault(row.run_id, []).append(row)
    moments = {(each.run_id, _moment(each.version)) for each in read}
    for run_id, all_ in found.items():
        some = [each for each in all_ if (run_id, each.exported_at or each.landed_at) in moments] or all_
        for row in some if len(some) <= FILES else ():
            one = "in" if len(some) == 1 else f"perhaps in, one of {len(some)} files"
            yield Step(row.landed_at, "dropped", run_id, None, f"{one} {row.name}")


def _moment(version: str | None) -> datetime | None:
    """Give the moment that a version begins with (``2026-01-31T12:00:00.000000Z/000000004``), None without one."""
    try:
        moment = datetime.fromisoformat((version or "").partition("/")[0])
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _feeds(connection: Connection, run_ids: set[int | None]) -> Iterator[Step]:
    """Name the files that told the other system, of runs that wrote few."""
    query = sa.select(feeds).where(feeds.c.run_id.in_([each for each in run_ids if each]))
    found: dict[int, list[Any]] = {}
    for row in connection.execute(query.limit(MOST)):
        found.setdefault(row.run_id, []).append(row)
    for run_id, some in found.items():
        for row in some if len(some) <= FILES else ():
            why = f": {row.reason}" if row.reason else ""
            yield Step(row.changed_at, "file", run_id, None, f"{row.name}, {row.state}{why}", row.state)


def _documents(connection: Connection, integration: str, key: str) -> Iterator[Document]:
    query = sa.select(documents).where(documents.c.kind.in_(_KINDS), documents.c.key == key).limit(MOST)
    # In Python: asked for the integration too, SQLite would go through all of its documents.
    mine = [row for row in connection.execute(query) if row.integration == integration]
    for row in sorted(mine, key=lambda each: each.changed_at):
        yield Document(
            row.system, row.type, row.external_id, row.kind, row.internal_id, row.number, row.outcome,
            read_complaints(row.complaints), bool(row.pending), row.done_run_id, row.changed_at,
        )  # fmt: skip


_KINDS = sorted(KINDS)
_READS = (_outcomes, _attempts, _unanswered, _quarantines, _proposals)
_ORDER = (
    "dropped",
    "read",
    "checked",
    "asked",
    "sent",
    "unanswered",
    "held back",
    "to do",
    "file",
    "ended",
    "done by hand",
)
