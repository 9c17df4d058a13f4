"""Expectations over time: what each found in the last runs of a flow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from cartage.ledger.quality_tables import run_expectations
from cartage.ledger.tables import runs

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from cartage.ledger.engine import Database


@dataclass(frozen=True)
class Found:
    """What one expectation found in one run.

    Attributes:
        name: the expectation's, by which its complaints are grouped.
        severity: critical, warning or info.
        evaluated: rows that were looked at.
        failing_rows: rows that failed, of `failing_records` records.
    """

    name: str
    severity: str
    evaluated: int
    failing_rows: int
    failing_records: int


@dataclass(frozen=True)
class Checked:
    """What was found in one run, by name of the expectation."""

    run_id: int
    opened_at: datetime
    found: dict[str, Found]


class Expectations:
    """What expectations found, of all runs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, run_id: int, found: Iterable[Found]) -> None:
        """Note what a run's expectations found, in the place of what an earlier try of the step noted.

        An expectation that looked at no row says nothing and is left out.
        """
        rows = [{"run_id": run_id, **vars(each)} for each in found if each.evaluated]
        with self._database.write() as connection:
            connection.execute(sa.delete(run_expectations).where(run_expectations.c.run_id == run_id))
            if rows:
                connection.execute(sa.insert(run_expectations), rows)

    def recent(self, integration: str, flow: str, limit: int) -> list[Checked]:
        """Give the last runs of a flow that checked anything, oldest first."""
        checked = sa.exists().where(run_expectations.c.run_id == runs.c.id)
        newest = sa.select(runs.c.id, runs.c.opened_at).where(
            runs.c.integration == integration, runs.c.flow == flow, checked
        )
        with self._database.read() as connection:
            rows = connection.execute(newest.order_by(runs.c.id.desc()).limit(limit))
            at = {row.id: row.opened_at for row in rows}
            of = sa.select(run_expectations).where(run_expectations.c.run_id.in_(list(at)))
            found: dict[int, dict[str, Found]] = {}
            for run_id, *values in connection.execute(of):
                each = Found(*values)
                found.setdefault(run_id, {})[each.name] = each
        return [Checked(run_id, at[run_id], found[run_id]) for run_id in sorted(at)]
