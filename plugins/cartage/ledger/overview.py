"""How each flow stands: its newest run, how fresh it is, what it did lately, what waits for a person."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from cartage.ledger import counts
from cartage.ledger.console_tables import run_counts
from cartage.ledger.outbound_tables import proposals
from cartage.ledger.runs import Run, listed
from cartage.ledger.states import APPLIED
from cartage.ledger.tables import outcomes, quarantine, records, runs
from cartage.records.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from cartage.ledger.engine import Database

FAILED = (Outcome.QUARANTINED.value, Outcome.REJECTED.value)


@dataclass(frozen=True)
class Standing:
    """How one flow stands.

    Attributes:
        newest: its newest run; None before the first.
        fresh_at: when a live run last settled; None when none ever did.
        errors: records held back now.
        proposals: what guardrails hold now.
        days: how many records ended each way, by the number of the day; of those that failed and were tried again on the
            same day only what became of them.
    """

    newest: Run | None = None
    fresh_at: datetime | None = None
    errors: int = 0
    proposals: int = 0
    days: Mapping[int, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Told:
    """A run and how its records ended.

    Attributes:
        run: the run.
        ways: how many records ended each way; ways that no record went are left out.
    """

    run: Run
    ways: Mapping[str, int]

    @property
    def extracted(self) -> int:
        """Records that it read."""
        return sum(self.ways.values())

    @property
    def unaccounted(self) -> int:
        """Records without an outcome."""
        return self.ways.get(counts.UNACCOUNTED, 0)


class Overview:
    """Reads for the pages about flows and runs, and for the alert that a shop has gone silent."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def standings(self, integration: str, flows: Sequence[str], days: Sequence[datetime]) -> dict[str, Standing]:
        """Give how flows stand.

        Args:
            integration: their integration.
            flows: their names.
            days: beginnings of the days to tell of, oldest first, aware; the last day is still going on.
        """
        with self._database.read() as connection:
            held = self._waiting(connection, quarantine, integration, flows, ("open", "retrying"))
            asked = self._waiting(connection, proposals, integration, flows, ("open",))
            lately = self._days(connection, integration, days)
            return {
                flow: Standing(
                    newest=next(iter(self._newest(connection, integration, flow, limit=1)), None),
                    fresh_at=self._fresh_at(connection, integration, flow),
                    errors=held.get(flow, 0),
                    proposals=asked.get(flow, 0),
                    days=lately.get(flow, {}),
                )
                for flow in flows
            }

    def runs(self, integration: str, flow: str, *, before: int | None = None, limit: int = 50) -> list[Told]:
        """Give the newest runs of a flow with their counts, newest first.

        Args:
            integration: the integration.
            flow: the flow.
            before: only runs with a lower id.
            limit: how many at most.
        """
        older = [] if before is None else [runs.c.id < before]
        with self._database.read() as connection:
            found = self._newest(connection, integration, flow, *older, limit=limit)
            known = counts.kept(connection, [each.id for each in found if each.state != "open"])
            under_way = {each.id: counts.so_far(connection, each.id) for each in found if each.state == "open"}
        return [Told(each, (known | under_way).get(each.id, {})) for each in found]

    def silence(self, integration: str, record: str) -> dict[str | None, datetime]:
        """Give when a record never seen before last arrived, by site.

        Copies that come again (an overlapping window, a repeated drop) do not break the silence.
        """
        query = (
            sa.select(records.c.site, sa.func.max(records.c.first_at))
            .where(records.c.integration == integration, records.c.record == record)
            .group_by(records.c.site)
        )
        with self._database.read() as connection:
            return {site: at for site, at in connection.execute(query)}  # noqa: C416 - dict() does not take rows

    @staticmethod
    def _newest(
        connection: Connection, integration: str, flow: str, *where: sa.ColumnElement[bool], limit: int
    ) -> list[Run]:
        ours = (runs.c.integration == integration, runs.c.flow == flow, *where)
        return listed(connection, *ours, order=runs.c.id.desc(), limit=limit)

    @staticmethod
    def _fresh_at(connection: Connection, integration: str, flow: str) -> datetime | None:
        query = (
            sa.select(runs.c.closed_at)
            .where(
                runs.c.integration == integration,
                runs.c.flow == flow,
                runs.c.state == "settled",
                sa.not_(runs.c.limited),
            )
            .order_by(runs.c.id.desc())
            .limit(1)
        )
        return connection.execute(query).scalar()

    @staticmethod
    def _waiting(
        connection: Connection, table: sa.Table, integration: str, flows: Sequence[str], states: Sequence[str]
    ) -> dict[str, int]:
        """Count entries by flow; with all of integration, flow and state given, only those are looked at."""
        query = (
            sa.select(table.c.flow, sa.func.count())
            .where(table.c.integration == integration, table.c.flow.in_(flows), table.c.state.in_(states))
            .group_by(table.c.flow)
        )
        return {flow: count for flow, count in connection.execute(query)}  # noqa: C416 - dict() does not take rows

    @staticmethod
    def _days(
        connection: Connection, integration: str, days: Sequence[datetime]
    ) -> dict[str, dict[int, dict[str, int]]]:
        """Add up what runs did, by flow, then by day, then by outcome; a failure that was tried again that day is left out."""
        first = sa.select(runs.c.id).where(runs.c.opened_at >= days[0]).order_by(runs.c.opened_at).limit(1)
        since = connection.execute(first).scalar()
        if since is None:
            return {}
        newest_first = [(runs.c.opened_at >= begin, number) for number, begin in reversed(list(enumerate(days)))]
        day: sa.ColumnElement[Any] = sa.case(*newest_first, else_=-1)
        query = (
            sa.select(
                runs.c.flow,
                day.label("day"),
                run_counts.c.outcome,
                sa.cast(sa.func.sum(run_counts.c.count), sa.BigInteger),
            )
            .join(run_counts, run_counts.c.run_id == runs.c.id)
            # By the runs' ids on both sides: a stretch of each table, whatever else the database knows of them.
            .where(run_counts.c.run_id >= since, runs.c.id >= since, runs.c.opened_at >= days[0])
            .where(runs.c.integration == integration, sa.not_(runs.c.dry_run))
            .group_by(runs.c.flow, sa.literal_column("day"), run_counts.c.outcome)
        )
        found: dict[str, dict[int, dict[str, int]]] = {}
        for flow, number, outcome, count in connection.execute(query):
            found.setdefault(flow, {}).setdefault(number, {})[outcome] = count
        for flow, number, outcome, count in connection.execute(_tried_again(integration, days[0], day)):
            left = found[flow][number]
            left[outcome] -= count
            if not left[outcome]:
                del left[outcome]
        return found


def _tried_again(integration: str, since: datetime, day: sa.ColumnElement[Any]) -> sa.Select[Any]:
    """Ask how many failures were tried again on their day, whatever came of that: by flow, day and outcome.

    Each run counts what it refused, and a record that is tried five times and refused is one record. Only what was held
    back can have been tried again, and of that there is little.
    """
    held = (  # of all integrations: asked for one too, SQLite goes through all that it ever held
        sa.select(quarantine.c.record, quarantine.c.key)
        .where(quarantine.c.last_at >= since)
        .where(sa.or_(quarantine.c.tries > 1, quarantine.c.state == "resolved"))
        .distinct()
        .subquery()
    )
    one_day = (runs.c.flow, outcomes.c.record, outcomes.c.key, day)
    back = sa.func.row_number().over(partition_by=one_day, order_by=(runs.c.id.desc(), outcomes.c.row.desc()))
    tries = (
        sa.select(runs.c.flow, day.label("day"), outcomes.c.outcome, back.label("back"))
        .select_from(held)
        .join(outcomes, sa.and_(outcomes.c.key == held.c.key, outcomes.c.record == held.c.record))
        .join(runs, runs.c.id == outcomes.c.run_id)
        .where(runs.c.integration == integration, runs.c.opened_at >= since, runs.c.state != "open")
        .where(sa.not_(runs.c.dry_run), outcomes.c.outcome.in_([*FAILED, *APPLIED]))
        .subquery()
    )
    return (
        sa.select(tries.c.flow, tries.c.day, tries.c.outcome, sa.func.count())
        .where(tries.c.back > 1, tries.c.outcome.in_(FAILED))
        .group_by(tries.c.flow, tries.c.day, tries.c.outcome)
    )
