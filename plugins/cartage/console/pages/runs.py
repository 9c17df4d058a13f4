"""The runs of a flow: what each read, how that ended, who started it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import HTMLResponse

from cartage.console.access import Allowed, needs
from cartage.console.airflow_state import dag_states
from cartage.console.flows import Flow, all_flows
from cartage.console.layout import render
from cartage.console.ledgers import Book  # noqa: TC001 - FastAPI reads the annotations
from cartage.console.paging import ROWS, cut
from cartage.console.places import OVERVIEW
from cartage.console.reports import has_report
from cartage.console.telling import RUN_STYLES, RUN_WORDS, STYLES, started
from cartage.ledger.counts import SOME, WAYS
from cartage.ledger.overview import Told  # noqa: TC001

router = APIRouter()


@dataclass(frozen=True)
class Row:
    """What the page says of one run.

    Attributes:
        told: the run and its counts.
        has_report: whether its quality report is there.
    """

    told: Told
    has_report: bool

    @property
    def ways(self) -> list[tuple[str, int]]:
        """How many records ended each way, in the order of the accounting identity."""
        return [(name, self.told.ways[name]) for name in WAYS if self.told.ways.get(name)]

    @property
    def cut_short(self) -> bool:
        """Whether only the first records of an open run were counted."""
        return self.told.run.state == "open" and self.told.extracted >= SOME

    @property
    def balances(self) -> bool:
        """Whether every record that was read has an outcome."""
        return self.told.run.state != "open" and not self.told.unaccounted

    @property
    def lasted(self) -> timedelta:
        """How long it took, or has taken so far."""
        return (self.told.run.closed_at or datetime.now(UTC)) - self.told.run.opened_at

    @property
    def started(self) -> str:
        """Who or what started it."""
        return started(self.told.run)

    @property
    def chosen(self) -> list[str]:
        """What a person asked for, in words."""
        selection = self.told.run.selection
        named = [
            (len(selection.keys), "chosen number", "chosen numbers"),
            (len(selection.quarantine), "record of quarantine", "records of quarantine"),
            (len(selection.proposals), "decided proposal", "decided proposals"),
        ]
        words = [f"{count} {what if count > 1 else one}" for count, one, what in named if count]
        words += ["dry run"] if selection.dry_run else []
        return words + (["full"] if selection.full else [])


def known_flow(dag_id: str) -> Flow:
    """Give the flow of a DAG.

    Raises:
        HTTPException: 404 when no integration's file names it.
    """
    flow = all_flows().find(dag_id)
    if flow is None:
        raise HTTPException(404, f"No integration has a flow whose DAG is {dag_id}.")
    return flow


@router.get("/flows/{dag_id}/runs", response_class=HTMLResponse, dependencies=[Depends(needs("see"))])
def runs(
    request: Request,
    dag_id: str,
    rights: Allowed,
    ledger: Book,
    before: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
) -> HTMLResponse:
    """Show a flow's runs, the newest first."""
    flow = known_flow(dag_id)
    found = ledger.overview.runs(flow.integration.name, flow.name, before=before, limit=ROWS + 1)
    shown = cut([Row(each, has_report(dag_id, each.run.id)) for each in found], lambda row: row.told.run.id)
    return render(
        request, "runs.html", rights, OVERVIEW,
        flow=flow, dag=dag_states([dag_id]).get(dag_id), shown=shown, before=before,
        may_run=rights.may("run", dag_id), may_edit=rights.may("edit", dag_id),
        live=any(each.told.run.state == "open" for each in shown.rows),
        words_of=RUN_WORDS, style_of=RUN_STYLES, styles=STYLES,
    )  # fmt: skip
