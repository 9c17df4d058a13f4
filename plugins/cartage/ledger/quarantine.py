"""Quarantine: records held back with their reasons, until they are mended, retried or dismissed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa

from cartage.ledger import runs as run_rows
from cartage.ledger.complaints import asking, first_code, read_complaints, write_complaints
from cartage.ledger.engine import Database, chunks
from cartage.ledger.tables import quarantine, quarantine_lookups

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from sqlalchemy.engine import Connection

    from cartage.errors import Complaint
    from cartage.ledger.keys import Keyring

Stage = Literal["read", "validate", "transform", "load"]
Form = Literal["json", "xml"]
QuarantineState = Literal["open", "retrying", "resolved", "dismissed"]

ENTRIES = 500
"""Entries a transaction."""

LATE = -1
"""Row of an entry whose record its run did not read: the target had not taken it from an earlier feed."""

_LIVE = quarantine.c.state.in_(("open", "retrying"))


@dataclass(frozen=True)
class Entry:
    """A record to hold back.

    Attributes:
        row: its row in the run.
        key: the record's key.
        version: its version, or None when it could not be read.
        stage: the step that refused it.
        complaints: why, at least one.
        payload: the record itself; it is stored encrypted. None when nothing of it could be found.
        form: what the payload is: the neutral record as JSON, or the original XML.
        emails: e-mail addresses it can be looked up by; only their keyed hashes are stored.
        phones: telephone numbers, likewise.
    """

    row: int
    key: str
    version: str | None
    stage: Stage
    complaints: tuple[Complaint, ...]
    payload: bytes | None
    form: Form = "json"
    emails: tuple[str, ...] = field(default=(), repr=False)
    phones: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Quarantined:
    """A record that is or was held back.

    Attributes:
        id: its number, by which a run's selection names it.
        run_id: the run that refused it last, `row` its row there.
        payload: the record, decrypted; None in listings and after retention.
        tries: how often it was refused.
        ended_by: who dismissed it, or the run that resolved it.
    """

    id: int
    integration: str
    flow: str
    record: str
    key: str
    version: str | None
    run_id: int
    row: int
    stage: Stage
    complaints: tuple[Complaint, ...]
    form: Form
    state: QuarantineState
    tries: int
    first_at: datetime
    last_at: datetime
    ended_at: datetime | None
    ended_by: str | None
    ended_why: str | None
    payload: bytes | None = field(default=None, repr=False)


class Quarantine:
    """The records held back, of all flows."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring

    def put(self, run_id: int, flow: str, record: str, entries: Iterable[Entry]) -> None:
        """Hold records back.

        A record that is held back already keeps its one entry: reasons and payload become those of
        the newer version, and a try is counted when it is another run that refuses it. A dry run
        holds nothing back.
        """
        with self._database.read() as connection:
            run = run_rows.fetch(connection, run_id)
        if run.dry_run:
            return
        newest: dict[str, Entry] = {}
        for entry in entries:
            held = newest.get(entry.key)
            if held is None or (held.version or "") <= (entry.version or ""):
                newest[entry.key] = entry
        for part in chunks(sorted(newest.values(), key=lambda each: each.key), ENTRIES):
            with self._database.write() as connection:
                self._put(connection, run, flow, record, part)

    def _put(self, connection: Connection, run: run_rows.Run, flow: str, record: str, entries: Sequence[Entry]) -> None:
        now = datetime.now(UTC)
        place = {"integration": run.integration, "flow": flow, "record": record}
        keys = [each.key for each in entries]
        held = connection.execute(
            sa.select(*(quarantine.c[name] for name in ("id", "key", "version", "run_id", "tries", "complaints")))
            .where(*(quarantine.c[name] == value for name, value in place.items()), quarantine.c.key.in_(keys), _LIVE)
            .with_for_update()
        )
        live = {row.key: row for row in held}
        for entry in entries:
            before = live.get(entry.key)
            if before is None:
                values = {**place, **self._values(run.id, entry, now), "tries": 1, "first_at": now}
                put = sa.insert(quarantine).values(values).returning(quarantine.c.id)
                self._look_up(connection, connection.execute(put).scalar_one(), entry)
                continue
            values = {"tries": before.tries + (before.run_id != run.id), "state": "open", "run_id": run.id}
            if (before.version or "") <= (entry.version or ""):
                values |= self._values(run.id, _still_asking(entry, read_complaints(before.complaints)), now)
                self._look_up(connection, before.id, entry)
            connection.execute(sa.update(quarantine).where(quarantine.c.id == before.id).values(values))

    def _values(self, run_id: int, entry: Entry, now: datetime) -> dict[str, Any]:
        return {
            "key": entry.key,
            "run_id": run_id,
            "row": entry.row,
            "version": entry.version,
            "stage": entry.stage,
            "code": first_code(entry.complaints),
            "complaints": write_complaints(entry.complaints) or [],
            "form": entry.form,
            "payload": None if entry.payload is None else self._keyring.seal(entry.payload),
            "state": "open",
            "last_at": now,
        }

    def _look_up(self, connection: Connection, quarantine_id: int, entry: Entry) -> None:
        digests = {self._keyring.email(each) for each in entry.emails if each.strip()}
        digests |= {self._keyring.phone(each) for each in entry.phones if each.strip()}
        connection.execute(sa.delete(quarantine_lookups).where(quarantine_lookups.c.quarantine_id == quarantine_id))
        if digests:
            rows = [{"quarantine_id": quarantine_id, "digest": each} for each in sorted(digests)]
            connection.execute(sa.insert(quarantine_lookups), rows)

    def open(self, integration: str, flow: str | None = None, *, limit: int = 1_000) -> list[Quarantined]:
        """Give what is held back now (open or being retried), oldest first, without payloads."""
        where = [quarantine.c.integration == integration, _LIVE]
        if flow is not None:
            where.append(quarantine.c.flow == flow)
        return self._list(*where, limit=limit)

    def asking(self, run_id: int) -> int:
        """Give of how many records that went through a run asked a person to do something."""
        return sum(all(one.asks for one in read_complaints(said)) for _, said in self._held_by(run_id))

    def late(self, run_id: int) -> int:
        """Give how many records a run found that the target had not taken, of feeds that were left before it."""
        return sum(row == LATE for row, _ in self._held_by(run_id))

    def _held_by(self, run_id: int) -> list[tuple[int, Any]]:
        """Give row and complaints of what a run held back, as long as it is."""
        with self._database.read() as connection:
            run = run_rows.fetch(connection, run_id)
            held = (
                quarantine.c.integration == run.integration,
                quarantine.c.flow == run.flow,
                _LIVE,
            )  # as the index has it
            query = sa.select(quarantine.c.row, quarantine.c.complaints).where(*held, quarantine.c.run_id == run_id)
            return [(row, said) for row, said in connection.execute(query)]

    def find(self, *, email: str | None = None, phone: str | None = None) -> list[Quarantined]:
        """Give everything ever held back for this e-mail address or telephone number, without payloads."""
        digests = [self._keyring.email(email)] if email else []
        digests += [self._keyring.phone(phone)] if phone else []
        ids = sa.select(quarantine_lookups.c.quarantine_id).where(quarantine_lookups.c.digest.in_(digests))
        return self._list(quarantine.c.id.in_(ids), limit=1_000)

    def load(self, ids: Sequence[int]) -> list[Quarantined]:
        """Give these entries with their payloads decrypted, by id.

        Raises:
            SettingsError: a payload was encrypted with a key that the connection no longer holds.
        """
        query = sa.select(quarantine).order_by(quarantine.c.id)
        found: list[Quarantined] = []
        for part in chunks(sorted(set(ids)), ENTRIES):
            with self._database.read() as connection:
                rows = connection.execute(query.where(quarantine.c.id.in_(part))).all()
            found += [
                _quarantined(row, None if row.payload is None else self._keyring.unseal(row.payload)) for row in rows
            ]
        return found

    def retrying(self, ids: Sequence[int]) -> None:
        """Note that a run has taken these entries up; `put` or `resolve` ends it, `reopen` gives it back."""
        self._move(ids, "open", "retrying")

    def reopen(self, ids: Sequence[int]) -> None:
        """Give back entries whose retry came to nothing."""
        self._move(ids, "retrying", "open")

    def _move(self, ids: Sequence[int], before: QuarantineState, after: QuarantineState) -> None:
        with self._database.write() as connection:
            for part in chunks(sorted(set(ids)), ENTRIES):
                which = sa.and_(quarantine.c.id.in_(part), quarantine.c.state == before)
                connection.execute(sa.update(quarantine).where(which).values(state=after))

    def resolve(self, run_id: int, record: str, versions: Mapping[str, str | None]) -> None:
        """End the entries of records that went through; `Outcomes.settle` does it by itself.

        Args:
            run_id: the run in which they did.
            record: their kind.
            versions: the version that went through, by key: an entry of a newer version stays open.
        """
        with self._database.write() as connection:
            run = run_rows.fetch(connection, run_id)
            applied = {key: version or "" for key, version in versions.items()}
            resolve_applied(connection, run, record, applied, written=applied.keys())

    def dismiss(self, quarantine_id: int, who: str, reason: str) -> bool:
        """End an entry by a person's decision; False when it was not held back any more."""
        with self._database.write() as connection:
            done = connection.execute(
                sa.update(quarantine)
                .where(quarantine.c.id == quarantine_id, _LIVE)
                .values(state="dismissed", ended_at=datetime.now(UTC), ended_by=who, ended_why=reason)
            )
            return done.rowcount == 1

    def _list(self, *where: sa.ColumnElement[bool], limit: int) -> list[Quarantined]:
        with self._database.read() as connection:
            rows = connection.execute(sa.select(quarantine).where(*where).order_by(quarantine.c.id).limit(limit))
            return [_quarantined(row, None) for row in rows]


def resolve_applied(
    connection: Connection,
    run: run_rows.Run,
    record: str,
    applied: Mapping[str, str],
    *,
    written: Collection[str],
) -> None:
    """End the live entries of records that went through in this or a newer version, in a transaction under way.

    What asks a person to act is not done by reading the same record again: it ends when the record is written anew
    without asking, or by the person.

    Args:
        connection: of the transaction.
        run: the run in which they went through.
        record: their kind.
        applied: the version that went through, by key.
        written: keys of those that were created or updated by it.
    """
    now = datetime.now(UTC)
    ended: list[int] = []
    columns = (quarantine.c.id, quarantine.c.key, quarantine.c.version, quarantine.c.complaints)
    query = sa.select(*columns).where(quarantine.c.integration == run.integration, quarantine.c.record == record, _LIVE)
    for part in chunks(sorted(applied), ENTRIES):
        live = connection.execute(query.where(quarantine.c.key.in_(part)).with_for_update())
        ended += [
            row.id
            for row in live
            if (row.version or "") <= applied[row.key]
            and (row.key in written or not asking(read_complaints(row.complaints)))
        ]
    if ended:
        connection.execute(
            sa.update(quarantine)
            .where(quarantine.c.id.in_(ended))
            .values(state="resolved", ended_at=now, ended_by=f"run {run.id}")
        )


def _still_asking(entry: Entry, before: Sequence[Complaint]) -> Entry:
    """Keep what was asked of a person beside the new reasons: nobody has done it yet."""
    rest = tuple(each for each in asking(before) if each not in entry.complaints)
    return replace(entry, complaints=(*entry.complaints, *rest)) if rest else entry


def _quarantined(row: sa.Row[Any], payload: bytes | None) -> Quarantined:
    values = dict(row._mapping)  # noqa: SLF001 - the public name of a row's mapping
    del values["code"]
    values["complaints"] = read_complaints(values["complaints"])
    return Quarantined(**{**values, "payload": payload})
