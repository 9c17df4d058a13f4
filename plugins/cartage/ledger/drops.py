"""Drops: the files that other systems left, known by their content."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from cartage.ledger import rowsets
from cartage.ledger.tables import drops, runs
from cartage.seams import Drop

if TYPE_CHECKING:
    from cartage.ledger.engine import Database
    from cartage.windows import Window

_COLUMNS = [drops.c[each.name] for each in fields(Drop)]


_SETTLED = sa.exists().where(runs.c.id == drops.c.run_id, runs.c.state == "settled", sa.not_(runs.c.limited))


class Drops:
    """The drops of one flow, as one run sees them: the `DropBook` of the seams.

    Args:
        database: the ledger's.
        integration: whose drops.
        flow: of which flow.
        run_id: the run that lands and reads them.
    """

    def __init__(self, database: Database, integration: str, flow: str, run_id: int) -> None:
        self._database = database
        self._integration = integration
        self._flow = flow
        self._run_id = run_id
        self._ours = sa.and_(drops.c.integration == integration, drops.c.flow == flow)

    def find(self, hash_: str) -> Drop | None:
        """Give the drop with this content that came first; its repeats under other names do not count."""
        found = self._list(drops.c.hash == hash_, drops.c.state != "repeated")
        return found[0] if found else None

    def landed_between(self, window: Window) -> list[Drop]:
        """Give the drops that landed in the window (since inclusive, until exclusive), oldest first."""
        where = [drops.c.landed_at < window.until]
        if window.since is not None:
            where.append(drops.c.landed_at >= window.since)
        return self._list(*where)

    def unsettled(self) -> list[Drop]:
        """Give the drops that were landed or read, or repeat others, but in no run that settled, oldest first.

        A limited run (keys, dry run) may have left a drop's other records where they were, so what
        it read still counts as unsettled.
        """
        return self._list(drops.c.state.in_(("landed", "read", "repeated")), sa.not_(_SETTLED))

    def done_with(self, since: datetime) -> list[Drop]:
        """Give the drops landed since then that may be moved aside, oldest first.

        A drop that another run read, and did not settle, is that run's until a later one reads it again: were it
        moved by a retry of some records only, nobody would come back for its others.
        """
        ours = sa.or_(drops.c.state != "read", drops.c.run_id == self._run_id, _SETTLED)
        return self._list(drops.c.landed_at >= since, drops.c.state != "landed", ours)

    def refused(self) -> list[Drop]:
        """Give the drops that this run could not read, or not to their end, each with its reason."""
        return self._list(
            drops.c.run_id == self._run_id, drops.c.state.in_(("read", "rejected")), drops.c.reason.is_not(None)
        )

    def put(self, drop: Drop) -> None:
        """Write the drop's state. A drop is known by content and path: a repeat elsewhere is a row of its own."""
        same = {"integration": self._integration, "flow": self._flow, "run_id": self._run_id}
        with self._database.write() as connection:
            rowsets.upsert(
                connection,
                drops,
                [asdict(drop)],
                {**same, "changed_at": datetime.now(UTC)},
                update=("name", "landed_uri", "state", "reason", "run_id", "changed_at"),
                # The same file put back in its place repeats itself: what became of it the first time stays known.
                where=lambda new: sa.or_(new.state != "repeated", drops.c.state == "repeated"),
            )

    def _list(self, *where: sa.ColumnElement[bool]) -> list[Drop]:
        query = sa.select(*_COLUMNS).where(self._ours, *where)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(drops.c.landed_at, drops.c.name, drops.c.path)).all()
        return [_drop(row) for row in rows]


def _drop(row: sa.Row[Any]) -> Drop:
    return Drop(**row._mapping)  # noqa: SLF001 - the public name of a row's mapping
