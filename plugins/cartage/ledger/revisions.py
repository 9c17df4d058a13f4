"""Revisions: settings, mappings and expectations changed without a deploy, each on top of the one before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa
from sqlalchemy import exc

from cartage.errors import CartageError
from cartage.ledger.tables import revisions

if TYPE_CHECKING:
    from cartage.ledger.engine import Database

RevisionKind = Literal["settings", "mapping", "expectations"]


class RevisionConflictError(CartageError):
    """Somebody else saved first: read the latest revision, merge, and save on top of that."""


@dataclass(frozen=True)
class Revision:
    """One saved change.

    Attributes:
        id: its number; later revisions have higher ones.
        kind: settings, mapping or expectations.
        name: what it overlays: the integration, ``netsuite/order`` for a mapping, the record for expectations.
        body: YAML: laid over the file's settings key by key; in the place of a mapping's or expectations' file, or empty
            where somebody went back to the file: then that counts, also as later deploys change it.
        parent: the revision it was made from, or None for the first.
    """

    id: int
    kind: RevisionKind
    name: str
    body: str
    author: str
    note: str | None
    created_at: datetime
    parent: int | None


class Revisions:
    """All revisions; they are added to, never changed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def latest(self, kind: RevisionKind, name: str) -> Revision | None:
        """Give the newest revision, or None when only the file counts."""
        history = self.history(kind, name, limit=1)
        return history[0] if history else None

    def history(self, kind: RevisionKind, name: str, *, limit: int = 50) -> list[Revision]:
        """Give the revisions, newest first."""
        query = sa.select(revisions).where(revisions.c.kind == kind, revisions.c.name == name)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(revisions.c.id.desc()).limit(limit)).all()
        return [_revision(row) for row in rows]

    def get(self, revision_id: int) -> Revision | None:
        """Give one revision: a run is pinned to the one it began with."""
        with self._database.read() as connection:
            row = connection.execute(sa.select(revisions).where(revisions.c.id == revision_id)).one_or_none()
        return None if row is None else _revision(row)

    def save(
        self,
        kind: RevisionKind,
        name: str,
        body: str,
        *,
        author: str,
        parent: int | None,
        note: str | None = None,
    ) -> Revision:
        """Save a revision on top of `parent`, the one that was read before.

        Raises:
            RevisionConflictError: `parent` is not the latest any more.
        """
        conflict = RevisionConflictError(
            f"The {kind} of {name} was saved by somebody else meanwhile: read the latest revision and save on top of it."
        )
        ours = sa.and_(revisions.c.kind == kind, revisions.c.name == name)
        values: dict[str, Any] = {"kind": kind, "name": name, "body": body, "author": author, "note": note}
        values |= {"parent": parent or 0, "created_at": datetime.now(UTC)}
        try:
            with self._database.write() as connection:
                latest = connection.execute(sa.select(sa.func.max(revisions.c.id)).where(ours)).scalar()
                if (latest or 0) != values["parent"]:
                    raise conflict
                row = connection.execute(sa.insert(revisions).values(values).returning(revisions)).one()
        except exc.IntegrityError as error:  # two savers on one parent: the unique constraint lets the first
            raise conflict from error
        return _revision(row)


def _revision(row: sa.Row[Any]) -> Revision:
    values = dict(row._mapping)  # noqa: SLF001 - the public name of a row's mapping
    return Revision(**{**values, "parent": values["parent"] or None})
