"""Actions: who did what in the console. What people do through Airflow stands in Airflow's own audit log."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from cartage.ledger.console_tables import actions
from cartage.ledger.engine import chunks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cartage.ledger.engine import Database
    from cartage.ledger.worklist import Case

ROWS = 500
"""Actions a transaction."""


@dataclass(frozen=True)
class Action:
    """One thing that a person did.

    Attributes:
        who: the user's name, as Airflow's audit log has it.
        what: one word: retry, dismiss, edit, assign, tag, reveal, save, roll_back …
        flow: the flow, where it is about one.
        record: kind of the record, where it is about one, and `key` its key.
        subject: what it is about besides: the id of an entry in quarantine, the name of a mapping.
        note: what the person said.
    """

    id: int
    at: datetime
    who: str
    what: str
    integration: str
    flow: str | None
    record: str | None
    key: str | None
    subject: str | None
    note: str | None


class Actions:
    """What people did; actions are added, never changed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(
        self,
        who: str,
        what: str,
        integration: str,
        *,
        flow: str | None = None,
        record: str | None = None,
        key: str | None = None,
        subject: str | None = None,
        note: str | None = None,
    ) -> None:
        """Note what a person did; see `Action` for the words."""
        values = {
            "at": datetime.now(UTC), "who": who, "what": what, "integration": integration, "flow": flow,
            "record": record, "key": key, "subject": subject, "note": note,
        }  # fmt: skip
        with self._database.write() as connection:
            connection.execute(sa.insert(actions).values(values))

    def note_each(self, who: str, what: str, cases: Sequence[Case], *, note: str) -> None:
        """Note what a person did to several records held back, each by itself."""
        now = datetime.now(UTC)
        rows = [
            {"at": now, "who": who, "what": what, "integration": each.integration, "flow": each.flow,
             "record": each.record, "key": each.key, "subject": str(each.id), "note": note}
            for each in cases
        ]  # fmt: skip
        for part in chunks(rows, ROWS):
            with self._database.write() as connection:
                connection.execute(sa.insert(actions), part)

    def of(self, integration: str, key: str, *, limit: int = 100) -> list[Action]:
        """Give what was done about a record, newest first."""
        return self._list(actions.c.integration == integration, actions.c.key == key, limit=limit)

    def about(self, what: str, subject: str, *, limit: int = 100) -> list[Action]:
        """Give who did something to a thing that is no record, newest first."""
        return self._list(actions.c.what == what, actions.c.subject == subject, limit=limit)

    def _list(self, *where: sa.ColumnElement[bool], limit: int) -> list[Action]:
        query = sa.select(*(actions.c[each.name] for each in fields(Action))).where(*where)
        with self._database.read() as connection:
            return [Action(*row) for row in connection.execute(query.order_by(actions.c.id.desc()).limit(limit))]
