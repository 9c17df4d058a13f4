"""Documents that went out in a feed and that the target turns out not to have taken: forgotten as told."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from cartage.ledger.complaints import write_complaints
from cartage.ledger.journal import fold
from cartage.ledger.outbound_tables import feeds
from cartage.ledger.tables import documents
from cartage.seams import Late

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import Connection

    from cartage.ledger.engine import Database
    from cartage.seams import Overdue


def untell(database: Database, integration: str, flow: str, system: str, overdue: Iterable[Overdue]) -> list[Late]:
    """Forget that the target was told of documents, so that they go out again when their records are read next.

    A document that was written again since its feed is passed over: what came of the feed matters no more.

    Args:
        database: the ledger's.
        integration: whose documents.
        flow: of which flow the feeds are.
        system: the target.
        overdue: the documents.

    Returns:
        The records that they belong to, each with the target's reasons.
    """
    late = []
    with database.write() as connection:
        for each in overdue:
            run = connection.execute(_run_of(integration, flow, each.feed)).scalar()
            row = _document(connection, integration, system, each) if run is not None else None
            if row is None or row.done_run_id != run:
                continue
            refused = {"hash": None, "done_hash": None, "outcome": "rejected", "changed_at": datetime.now(UTC)}
            ours = _ours(integration, system, each, documents.c.folded_id == row.folded_id)
            complaints = write_complaints(each.complaints)
            connection.execute(sa.update(documents).where(ours).values({**refused, "complaints": complaints}))
            late.append(Late(each.feed, row.key, each.complaints))
    return late


def _run_of(integration: str, flow: str, feed: str) -> sa.Select[Any]:
    ours = sa.and_(feeds.c.integration == integration, feeds.c.flow == flow, feeds.c.name == feed)
    return sa.select(feeds.c.run_id).where(ours)


def _document(connection: Connection, integration: str, system: str, overdue: Overdue) -> Any:
    """Give the row of the first external id that the ledger knows, held until the transaction ends."""
    for external_id in overdue.external_ids:
        ours = _ours(integration, system, overdue, documents.c.folded_id == fold(external_id))
        query = sa.select(documents.c.folded_id, documents.c.key, documents.c.done_run_id).where(ours)
        row = connection.execute(query.with_for_update()).first()
        if row is not None:
            return row
    return None


def _ours(integration: str, system: str, overdue: Overdue, which: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    known = (documents.c.integration == integration, documents.c.system == system, documents.c.type == overdue.type)
    return sa.and_(*known, which)
