"""Mending: people look after records held back, tag them, and change what is in them; all versions are kept."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from cartage.errors import CartageError
from cartage.ledger.engine import chunks
from cartage.ledger.mending_tables import quarantine_assignees, quarantine_tags, quarantine_versions
from cartage.ledger.tables import quarantine, quarantine_lookups

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.engine import Connection

    from cartage.ledger.engine import Database
    from cartage.ledger.keys import Keyring

IDS = 500
"""Entries a transaction."""


class EditConflictError(CartageError):
    """The record is not as it was when the person began: look at it again."""


@dataclass(frozen=True)
class Payload:
    """A record as it is held back now.

    Attributes:
        body: the record, decrypted.
        mark: says which state of it this is; `Mending.edit` wants it back.
    """

    body: bytes = field(repr=False)
    mark: str = ""


@dataclass(frozen=True)
class Version:
    """One version of a record.

    Attributes:
        id: its number; later versions have higher ones.
        who: who made it; None for the record as it was read.
        note: what they said.
        body: the record, decrypted; None after retention.
    """

    id: int
    at: datetime
    who: str | None
    note: str | None
    body: bytes | None = field(repr=False, default=None)


class Mending:
    """What people do to records held back."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring

    def payload(self, quarantine_id: int) -> Payload | None:
        """Give the record of an entry; None when there is none (any more).

        Raises:
            SettingsError: it was encrypted with a key that the connection no longer holds.
        """
        with self._database.read() as connection:
            query = sa.select(quarantine.c.payload).where(quarantine.c.id == quarantine_id)
            sealed = connection.execute(query).scalar()
        return None if sealed is None else Payload(self._keyring.unseal(sealed), _mark(sealed))

    def versions(self, quarantine_id: int) -> list[Version]:
        """Give the versions of a record that a person changed, oldest first; nothing when nobody has."""
        query = sa.select(quarantine_versions).where(quarantine_versions.c.quarantine_id == quarantine_id)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(quarantine_versions.c.id)).all()
        return [
            Version(each.id, each.at, each.who, each.note, each.payload and self._keyring.unseal(each.payload))
            for each in rows
        ]

    def edit(
        self,
        quarantine_id: int,
        body: bytes,
        *,
        who: str,
        seen: str,
        note: str | None = None,
        emails: Iterable[str] = (),
        phones: Iterable[str] = (),
    ) -> None:
        """Put another version of a record in the place of the one that is held back; both are kept.

        Args:
            quarantine_id: the entry.
            body: the new version, checked by the caller.
            who: the user's name.
            seen: the `mark` of the version that they changed.
            note: what they say about it.
            emails: e-mail addresses it can be looked up by from now on, besides the old ones.
            phones: telephone numbers, likewise.

        Raises:
            EditConflictError: somebody else changed it meanwhile, or it is not held back any more.
        """
        now, sealed = datetime.now(UTC), self._keyring.seal(body)
        entry = sa.select(quarantine.c.state, quarantine.c.payload, quarantine.c.last_at).where(
            quarantine.c.id == quarantine_id
        )
        with self._database.write() as connection:
            held = connection.execute(entry.with_for_update()).one_or_none()
            if held is None or held.state != "open":
                raise EditConflictError(
                    "This record is not waiting any more: a run has taken it up, or it has ended. Load the page again."
                )
            if held.payload is None or _mark(held.payload) != seen:
                raise EditConflictError(
                    "This record changed while you had it open, by somebody else or by a newer run, so your version was "
                    "not saved. Copy it, load the page again and repeat your change."
                )
            rows = [{"at": now, "who": who, "note": note, "payload": sealed}]
            if self._newest(connection, quarantine_id) != self._keyring.unseal(held.payload):
                rows.insert(0, {"at": held.last_at, "who": None, "note": None, "payload": held.payload})
            for row in rows:
                connection.execute(sa.insert(quarantine_versions).values(quarantine_id=quarantine_id, **row))
            connection.execute(sa.update(quarantine).where(quarantine.c.id == quarantine_id).values(payload=sealed))
            self._look_up(connection, quarantine_id, emails, phones)

    def assign(self, ids: Sequence[int], assignee: str | None) -> None:
        """Say who looks after entries; None for nobody."""
        for part in chunks(sorted(set(ids)), IDS):
            with self._database.write() as connection:
                connection.execute(
                    sa.delete(quarantine_assignees).where(quarantine_assignees.c.quarantine_id.in_(part))
                )
                if assignee:
                    rows = [{"quarantine_id": each, "assignee": assignee} for each in part]
                    connection.execute(sa.insert(quarantine_assignees), rows)

    def tag(self, ids: Sequence[int], tag: str, *, on: bool = True) -> None:
        """Put a tag on entries, or take it off."""
        for part in chunks(sorted(set(ids)), IDS):
            with self._database.write() as connection:
                these = sa.and_(quarantine_tags.c.quarantine_id.in_(part), quarantine_tags.c.tag == tag)
                connection.execute(sa.delete(quarantine_tags).where(these))
                if on:
                    connection.execute(
                        sa.insert(quarantine_tags), [{"quarantine_id": each, "tag": tag} for each in part]
                    )

    def _newest(self, connection: Connection, quarantine_id: int) -> bytes | None:
        query = sa.select(quarantine_versions.c.payload).where(quarantine_versions.c.quarantine_id == quarantine_id)
        sealed = connection.execute(query.order_by(quarantine_versions.c.id.desc()).limit(1)).scalar()
        return sealed and self._keyring.unseal(sealed)

    def _look_up(
        self, connection: Connection, quarantine_id: int, emails: Iterable[str], phones: Iterable[str]
    ) -> None:
        of = sa.select(quarantine_lookups.c.digest).where(quarantine_lookups.c.quarantine_id == quarantine_id)
        known = set(connection.execute(of).scalars())
        digests = {self._keyring.email(each) for each in emails if each.strip()}
        digests |= {self._keyring.phone(each) for each in phones if each.strip()}
        if digests - known:
            rows = [{"quarantine_id": quarantine_id, "digest": each} for each in sorted(digests - known)]
            connection.execute(sa.insert(quarantine_lookups), rows)


def _mark(sealed: bytes) -> str:
    return hashlib.sha256(sealed).hexdigest()[:32]
