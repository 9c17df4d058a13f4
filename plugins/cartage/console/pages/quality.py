"""Quality: how many rows met each expectation, run by run, and which records' troubles recur."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from cartage import yamlfile
from cartage.console.access import Allowed  # noqa: TC001 - FastAPI reads the annotations
from cartage.console.charts import Bar, bars
from cartage.console.flows import all_flows
from cartage.console.layout import render, zone_of
from cartage.console.ledgers import Book  # noqa: TC001
from cartage.console.places import QUALITY
from cartage.console.reports import has_report
from cartage.console.written import all_texts, in_force
from cartage.errors import SettingsError
from cartage.quality.suites import SuiteFile

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from markupsafe import Markup

    from cartage.ledger import Ledger
    from cartage.ledger.expectations import Checked, Found

router = APIRouter()

RUNS = 30
"""Runs that the page looks back on."""

BAR = 10
"""Pixels of a run in a chart."""

PARTS = 1_000_000
"""A share is drawn in parts of so many."""

REPORTS = 10
"""Reports that the page links to."""

SEVERITIES = {"critical": "bad", "warning": "wait", "info": "quiet"}


@dataclass(frozen=True)
class Row:
    """What the page says of one expectation.

    Attributes:
        evaluated: rows that were looked at in all of the runs.
        failing_rows: rows of these that failed, and `failing_records` records they belong to.
        chart: the share of failing rows, run by run.
        last: what the newest run found; None when it did not look.
        why: what it means that a row fails.
    """

    name: str
    severity: str
    evaluated: int
    failing_rows: int
    failing_records: int
    chart: Markup
    last: Found | None
    why: str = ""

    @property
    def rate(self) -> str:
        """The share of rows that met it."""
        return rate(self.evaluated, self.failing_rows)


@router.get("/quality", response_class=HTMLResponse)
def quality(
    request: Request, rights: Allowed, ledger: Book, flow: Annotated[str, Query(max_length=200)] = ""
) -> HTMLResponse:
    """Show a flow's expectations, the worst first; of the first flow that has been checked when none is named."""
    flows = [each for each in all_flows().flows if rights.may("see", each.dag_id)]
    runs: Sequence[Checked] = ()
    chosen = None
    for each in (each for each in flows if flow in ("", each.dag_id)):
        runs = ledger.expectations.recent(each.integration.name, each.name, RUNS)
        if runs or chosen is None:
            chosen = each
        if runs:
            break
    rows = rows_of(runs, reasons(ledger, {name for run in runs for name in run.found}), zone_of(request))
    failed = [each for each in rows if each.failing_rows]
    held = ledger.worklist.named(chosen.integration.name, chosen.name, [each.name for each in failed]) if chosen else {}
    return render(
        request, "quality.html", rights, QUALITY,
        flows=flows, chosen=chosen, runs=runs, failed=failed, held=held,
        passed=[each for each in rows if not each.failing_rows], severities=SEVERITIES,
        reports=[each for each in reversed(runs) if chosen and has_report(chosen.dag_id, each.run_id)][:REPORTS],
    )  # fmt: skip


def rows_of(runs: Sequence[Checked], whys: Mapping[str, str], zone: ZoneInfo) -> list[Row]:
    """Add up what each expectation found: those that most rows failed first, by severity."""
    names = dict.fromkeys(name for run in runs for name in run.found)
    order = list(SEVERITIES)
    rows = [_row(name, runs, whys.get(name, ""), zone) for name in names]
    return sorted(rows, key=lambda each: (order.index(each.severity), -each.failing_records, each.name))


def _row(name: str, runs: Sequence[Checked], why: str, zone: ZoneInfo) -> Row:
    found = [(run, run.found[name]) for run in runs if name in run.found]
    drawn = [_bar(run, each, zone) for run, each in found]
    failing = sum(each.failing_rows for _, each in found)
    evaluated = sum(each.evaluated for _, each in found)
    label = f"{name}: {failing:,} of {evaluated:,} rows failed in the last {len(found)} runs"
    last = runs[-1].found.get(name)
    return Row(
        name, found[-1][1].severity, evaluated, failing, sum(each.failing_records for _, each in found),
        bars(drawn, label, width=len(drawn) * BAR, height=24), last, why,
    )  # fmt: skip


def _bar(run: Checked, found: Found, zone: ZoneInfo) -> Bar:
    """Draw the share of rows that failed in a run; a run in which all met it has a mark of its own."""
    met = rate(found.evaluated, found.failing_rows)
    title = (
        f"run {run.run_id}, {run.opened_at.astimezone(zone):%Y-%m-%d %H:%M}: met by {met} of {found.evaluated:,} rows"
    )
    style = "bad" if found.severity == "critical" else "wait"
    share = PARTS * found.failing_rows // found.evaluated
    return Bar(title, ((style, max(share, 1)) if found.failing_rows else ("good", 1),))


def rate(evaluated: int, failing: int) -> str:
    """Write the share of rows that met an expectation; never rounded up to all of them."""
    text = f"{1 - failing / evaluated:.2%}"
    return "< 100%" if text == "100.00%" and failing else text.replace(".00%", "%")


def reasons(ledger: Ledger, names: Collection[str]) -> dict[str, str]:
    """Give why each expectation is there, by its name: of the kind of record that most of the names are of."""
    texts = [in_force(each, ledger)[0] for each in all_texts() if each.kind == "expectations"]
    return max((_reasons(each) for each in texts), key=lambda whys: len(whys.keys() & set(names)), default={})


@lru_cache(maxsize=32)
def _reasons(text: str) -> dict[str, str]:
    try:
        found = yamlfile.check(SuiteFile, yamlfile.parse(text, "expectations"))
    except SettingsError:
        return {}
    return {each.name: each.why for each in found.expectations}
