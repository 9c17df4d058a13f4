"""The overview: a row a flow, and whether all is well."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from cartage.console.access import Allowed  # noqa: TC001 - FastAPI reads the annotations
from cartage.console.airflow_state import DagState, dag_states
from cartage.console.charts import Bar, bars
from cartage.console.flows import Flow, all_flows
from cartage.console.layout import render, zone_of
from cartage.console.ledgers import Book  # noqa: TC001
from cartage.console.places import OVERVIEW
from cartage.console.telling import RUN_STYLES, RUN_WORDS, STYLES, grouped
from cartage.ledger.counts import WAYS

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from markupsafe import Markup

    from cartage.console.access import Rights
    from cartage.ledger import Ledger
    from cartage.ledger.overview import Standing

router = APIRouter()

DAYS = 14


@dataclass(frozen=True)
class Row:
    """What the overview says of one flow.

    Attributes:
        flow: the flow.
        dag: what Airflow says; None when it does not know the DAG (yet).
        standing: what the ledger says.
        chart: the last days.
        may_run: whether the reader may start runs of it, and `may_edit` switch it on and off.
    """

    flow: Flow
    dag: DagState | None
    standing: Standing
    chart: Markup
    may_run: bool
    may_edit: bool

    @property
    def run_state(self) -> str | None:
        """State of the newest run: Airflow's, since a run can fail before the ledger hears of it."""
        if self.dag and self.dag.run_state:
            return self.dag.run_state
        return self.standing.newest.state if self.standing.newest else None

    @property
    def under_way(self) -> bool:
        """Whether Airflow is about to run it, or runs it."""
        return bool(self.dag and self.dag.run_state in ("queued", "running"))

    @property
    def run_at(self) -> datetime | None:
        """When the newest run began."""
        newest = self.standing.newest
        if self.dag and self.dag.run_id and not (newest and newest.dag_run_id == self.dag.run_id):
            return self.dag.run_at
        return newest.opened_at if newest else None

    @property
    def run_id(self) -> str | None:
        """Airflow's id of the newest run."""
        if self.dag and self.dag.run_id:
            return self.dag.run_id
        return self.standing.newest.dag_run_id if self.standing.newest else None

    @property
    def late(self) -> bool:
        """Whether its last settled run is longer ago than the flow's target; before the first, its newest run."""
        target, newest = self.flow.deploy.fresh, self.standing.newest
        since = self.standing.fresh_at or (newest.opened_at if newest else None)
        if target is None or since is None or self.dag is None or self.dag.paused:
            return False
        return datetime.now(UTC) - since > target

    @property
    def today(self) -> list[tuple[str, int]]:
        """How many records ended each way today, in the order of the accounting identity."""
        ways = self.standing.days.get(DAYS - 1, {})
        return [(name, ways[name]) for name in WAYS if ways.get(name)]


@router.get("/", response_class=HTMLResponse)
def overview(request: Request, rights: Allowed, ledger: Book) -> HTMLResponse:
    """Show how all flows stand that the reader may see."""
    joined = all_flows()
    seen = [each for each in joined.flows if rights.may("see", each.dag_id)]
    rows = _rows(seen, rights, ledger, zone_of(request))
    return render(
        request, "overview.html", rights, OVERVIEW,
        groups=[(name, list(some)) for name, some in groupby(rows, key=lambda each: each.flow.integration.name)],
        wrong=joined.wrong, hidden=len(joined.flows) - len(seen),
        words_of=RUN_WORDS, style_of=RUN_STYLES, styles=STYLES,
    )  # fmt: skip


def _rows(flows: list[Flow], rights: Rights, ledger: Ledger, zone: ZoneInfo) -> list[Row]:
    dags = dag_states([each.dag_id for each in flows])
    days = days_until_now(zone)
    found = []
    for name, some in groupby(flows, key=lambda each: each.integration.name):
        mine = list(some)
        standings = ledger.overview.standings(name, [each.name for each in mine], days)
        found += [
            Row(
                flow=flow,
                dag=dags.get(flow.dag_id),
                standing=standings[flow.name],
                chart=chart(standings[flow.name], days, zone),
                may_run=rights.may("run", flow.dag_id),
                may_edit=rights.may("edit", flow.dag_id),
            )
            for flow in mine
        ]
    return found


def days_until_now(zone: ZoneInfo, count: int = DAYS) -> list[datetime]:
    """Give the beginnings of the last days in the viewer's zone, today's last, in UTC."""
    today = datetime.now(zone).date()
    return [
        datetime.combine(today - timedelta(days=back), time(), zone).astimezone(UTC) for back in reversed(range(count))
    ]


def chart(standing: Standing, days: list[datetime], zone: ZoneInfo) -> Markup:
    """Draw how many records each day's runs read, by how they ended."""
    drawn = []
    for number, begin in enumerate(days):
        ways = standing.days.get(number, {})
        told = ", ".join(f"{ways[name]:,} {name}" for name in WAYS if ways.get(name)) or "nothing"
        drawn.append(Bar(f"{begin.astimezone(zone):%Y-%m-%d}: {told}", grouped(ways)))
    total = sum(each.total for each in drawn)
    failed = sum(size for each in drawn for style, size in each.parts if style == "bad")
    return bars(drawn, f"Last {len(days)} days: {total:,} records, {failed:,} of them failed")
