"""Feeds: the files that we write for other systems, known from before their upload until their import was seen."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from cartage.ledger import rowsets
from cartage.ledger.outbound_tables import feeds
from cartage.ledger.tables import documents, outcomes
from cartage.seams import Feed

if TYPE_CHECKING:
    from cartage.ledger.engine import Database

_COLUMNS = [feeds.c[each.name] for each in fields(Feed)]
_CHANGING = ("hash", "size", "records", "path", "landed_uri", "state", "reason", "changed_at")

_TOLD = ("created", "updated")

PATIENCE = timedelta(days=14)
"""How long an import is looked for: other systems clear their logs away too."""


class Feeds:
    """The feeds of one flow, as one run sees them: the `FeedBook` of the seams.

    Args:
        database: the ledger's.
        integration: whose feeds.
        flow: of which flow.
        run_id: the run that writes them.
    """

    def __init__(self, database: Database, integration: str, flow: str, run_id: int) -> None:
        self._database = database
        self._integration = integration
        self._flow = flow
        self._run_id = run_id
        self._ours = sa.and_(feeds.c.integration == integration, feeds.c.flow == flow)

    def of_run(self) -> list[Feed]:
        """Give the feeds of this very run, by name: a task that is tried again goes on where it stopped."""
        return self._list(feeds.c.run_id == self._run_id)

    def waiting(self) -> list[Feed]:
        """Give the feeds of earlier runs, sent within `PATIENCE` and not known to be imported, oldest first."""
        since = datetime.now(UTC) - PATIENCE
        return self._list(feeds.c.run_id != self._run_id, feeds.c.state == "sent", feeds.c.changed_at >= since)

    def newest(self, prefix: str) -> str | None:
        """Give the last name of feeds of the flow that begin with a prefix and ``_``, whichever run wrote it."""
        named = feeds.c.name.startswith(f"{prefix}_", autoescape=True)
        with self._database.read() as connection:
            name: str | None = connection.execute(
                sa.select(sa.func.max(feeds.c.name)).where(self._ours, named)
            ).scalar()
        return name

    def records_of(self, feed: Feed) -> list[str]:
        """Give the keys of the records that the target was told of by the run that wrote a feed, in any feed of its."""
        told = sa.and_(outcomes.c.run_id == self._writer(feed), outcomes.c.outcome.in_(_TOLD))
        with self._database.read() as connection:
            return list(connection.execute(sa.select(outcomes.c.key).where(told).order_by(outcomes.c.key)).scalars())

    def documents_of(self, feed: Feed, type_: str) -> list[str]:
        """Give the external ids of the documents of a type that nobody wrote since the run that wrote a feed."""
        told = sa.and_(
            documents.c.integration == self._integration,
            documents.c.type == type_,
            documents.c.done_run_id == self._writer(feed),
            documents.c.outcome.in_(_TOLD),
        )
        query = sa.select(documents.c.external_id).where(told).order_by(documents.c.external_id)
        with self._database.read() as connection:
            return list(connection.execute(query).scalars())

    def _writer(self, feed: Feed) -> sa.ScalarSelect[Any]:
        return sa.select(feeds.c.run_id).where(self._ours, feeds.c.name == feed.name).scalar_subquery()

    def put(self, feed: Feed) -> None:
        """Write the feed's state. It stays with the run that wrote it, whoever sees its import."""
        same = {"integration": self._integration, "flow": self._flow, "run_id": self._run_id}
        with self._database.write() as connection:
            rowsets.upsert(
                connection,
                feeds,
                [asdict(feed)],
                {**same, "changed_at": datetime.now(UTC)},
                update=_CHANGING,
            )

    def _list(self, *where: sa.ColumnElement[bool]) -> list[Feed]:
        query = sa.select(*_COLUMNS).where(self._ours, *where).order_by(feeds.c.name)
        with self._database.read() as connection:
            return [_feed(row) for row in connection.execute(query)]


def _feed(row: sa.Row[Any]) -> Feed:
    return Feed(**row._mapping)  # noqa: SLF001 - the public name of a row's mapping
