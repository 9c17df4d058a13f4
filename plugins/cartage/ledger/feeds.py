"""Feeds: the files that we write for other systems, known from before their upload until their import was seen."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from cartage.ledger import rowsets
from cartage.ledger.outbound_tables import feeds
from cartage.seams import Feed

if TYPE_CHECKING:
    from cartage.ledger.engine import Database

_COLUMNS = [feeds.c[each.name] for each in fields(Feed)]
_CHANGING = ("hash", "size", "records", "path", "landed_uri", "state", "reason", "changed_at")

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
