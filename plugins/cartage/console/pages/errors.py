"""Errors: what is held back, by reason; assign, tag, dismiss and try again, one or many."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field

from cartage.console.access import Allowed  # noqa: TC001 - FastAPI reads the annotations
from cartage.console.flows import all_flows
from cartage.console.layout import render
from cartage.console.ledgers import Book  # noqa: TC001
from cartage.console.paging import ROWS, cut
from cartage.console.places import ERRORS
from cartage.console.tokens import same_origin
from cartage.ledger.worklist import NOBODY, Filter, Sort, Wanted, place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cartage.console.access import Rights
    from cartage.ledger import Ledger
    from cartage.ledger.worklist import Case

router = APIRouter()

GROUPS = 12
"""Reasons that the page shows before one asks for all."""

MANY = 1_000
"""Records that one action takes at most."""

EXPORTED = 100_000
"""Rows of a download at most."""

COLUMNS = (
    "id", "integration", "flow", "record", "key", "state", "step", "reason", "reasons", "tries", "first_at", "last_at",
    "assignee", "tags", "ended_at", "ended_by", "ended_why",
)  # fmt: skip
"""Of a download."""

STATE_STYLES = {"open": "bad", "retrying": "busy", "resolved": "good", "dismissed": "quiet"}
STATE_WORDS = {"open": "held back", "retrying": "being tried again", "resolved": "resolved", "dismissed": "dismissed"}


def word_of(case: Case) -> str:
    """Give the word for how an entry stands."""
    return "asks you" if case.went_through and case.state == "open" else STATE_WORDS[case.state]


def readiness(case: Case) -> str:
    """Give whether it can be tried again: ``open`` if so, else why not."""
    if case.went_through:
        return "through"
    return "unreadable" if case.form == "xml" else case.state


FORMULA = re.compile(r"(?:^|(?<=[,;\t\r\n\"]))(?=\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n])")
"""Where a formula would begin: at the start, or after what another country's spreadsheet takes for the end of a cell."""

Short = Annotated[str, Query(max_length=200)]


@dataclass(frozen=True)
class Asked:
    """What the address asks for.

    Attributes:
        flow: DAG of a flow; empty for all.
        reason: code; empty for any.
        assignee: who looks after it; `NOBODY` for nobody, empty for anyone.
        every: all reasons, not only the most frequent ones.
    """

    flow: Short = ""
    reason: Short = ""
    state: Annotated[Wanted, Query()] = "held"
    assignee: Short = ""
    tag: Short = ""
    q: Short = ""
    sort: Annotated[Sort, Query()] = "newest"
    every: Annotated[bool, Query()] = False

    def filter(self, rights: Rights) -> Filter:
        """Give the filter, of flows that the reader may see."""
        seen = [each for each in all_flows().flows if rights.may("see", each.dag_id)]
        flows = tuple((each.integration.name, each.name) for each in seen if self.flow in ("", each.dag_id))
        return Filter(
            flows, self.state, self.reason or None, self.assignee or None, self.tag or None, text=self.q.strip()
        )

    def parameters(self, **changed: str) -> dict[str, str]:
        """Give the address's parameters, some of them changed; what says nothing is left out."""
        default = {"state": "held", "sort": "newest"}
        asked = {name: value for name, value in vars(self).items() if name != "every"} | changed
        return {name: value for name, value in asked.items() if value and value != default.get(name)}


Wish = Annotated[Asked, Depends()]


@router.get("/errors", response_class=HTMLResponse)
def errors(request: Request, rights: Allowed, ledger: Book, asked: Wish, after: Short = "") -> HTMLResponse:
    """Show what is held back: how often for which reason, and a page of the records."""
    wanted = asked.filter(rights)
    groups = ledger.worklist.groups(wanted)
    try:
        found = ledger.worklist.page(wanted, sort=asked.sort, after=after or None, limit=ROWS + 1)
    except ValueError as error:
        raise HTTPException(422, "The address names no place in this list: begin at its first page.") from error
    assignees, tags = ledger.worklist.labels(wanted)
    return render(
        request, "errors.html", rights, ERRORS,
        asked=asked, groups=groups if asked.every else groups[:GROUPS], more=0 if asked.every else max(len(groups) - GROUPS, 0),
        total=sum(each.count for each in groups), shown=cut(found, lambda each: place(each, asked.sort)), after=after,
        flows=[each for each in all_flows().flows if rights.may("see", each.dag_id)],
        runs={each.dag_id for each in found if rights.may("run", each.dag_id)},
        assignees=assignees, tags=tags, nobody=NOBODY, styles=STATE_STYLES, word_of=word_of, readiness=readiness,
    )  # fmt: skip


@router.get("/errors/chosen")
def chosen(rights: Allowed, ledger: Book, asked: Wish) -> dict[str, Any]:
    """Give all that the filter lets through and the reader may act on, as far as one action takes them."""
    found = ledger.worklist.page(asked.filter(rights), sort=asked.sort, limit=MANY + 1)
    entries = [
        {"entry": each.id, "dag": each.dag_id, "state": readiness(each)}
        for each in found[:MANY]
        if each.held and rights.may("run", each.dag_id)
    ]
    return {"entries": entries, "more": len(found) > MANY}


@router.get("/errors/list.csv", response_class=Response)
def download(rights: Allowed, ledger: Book, asked: Wish) -> Response:
    """Give what the filter lets through as CSV, without anything about people."""
    written = io.StringIO(newline="")
    rows = csv.writer(written)
    rows.writerow(COLUMNS)
    rows.writerows([_cell(each) for each in row] for row in _rows(ledger, asked, rights))
    name = f"cartage-errors-{datetime.now(UTC):%Y%m%d-%H%M}.csv"
    return Response(
        "\N{BYTE ORDER MARK}" + written.getvalue(),  # spreadsheets take UTF-8 for something else without it
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


def _rows(ledger: Ledger, asked: Asked, rights: Rights) -> Iterator[list[Any]]:
    wanted, after, left = asked.filter(rights), None, EXPORTED
    while left > 0:
        cases = ledger.worklist.page(wanted, sort=asked.sort, after=after, limit=1_000)
        for each in cases[:left]:
            reasons = "; ".join(f"{one.field}: {one.message}" if one.field else one.message for one in each.complaints)
            yield [
                each.id, each.integration, each.flow, each.record, each.key, each.state, each.stage, each.code, reasons,
                each.tries, each.first_at, each.last_at, each.assignee, " ".join(each.tags), each.ended_at, each.ended_by,
                each.ended_why,
            ]  # fmt: skip
        if len(cases) < 1_000:
            return
        left -= len(cases)
        after = place(cases[-1], asked.sort)


def _cell(value: object) -> str:
    """Write a value so that no spreadsheet takes it for a formula, nor a part that it takes for a cell of its own.

    https://owasp.org/www-community/attacks/CSV_Injection
    """
    text = "" if value is None else value.isoformat() if isinstance(value, datetime) else str(value)
    return FORMULA.sub("'", text)


class Chosen(BaseModel):
    """Records that something is done to."""

    ids: list[Annotated[int, Field(ge=1, lt=2**63)]] = Field(min_length=1, max_length=MANY)


class Dismissal(Chosen):
    """Records that a person will not have tried again, and why."""

    reason: str = Field(min_length=1, max_length=1_000, pattern=r"\S")


class Assignment(Chosen):
    """Who looks after records; empty for nobody."""

    assignee: str = Field(max_length=100)


class Tagging(Chosen):
    """A tag that is put on records, or taken off."""

    tag: str = Field(pattern=r"^[\w-]{1,40}$")
    do: Literal["put", "take"] = "put"


@router.post("/errors/dismiss", dependencies=[Depends(same_origin)])
def dismiss(rights: Allowed, ledger: Book, asked: Dismissal) -> dict[str, int]:
    """End entries by a person's decision; those that have ended meanwhile stay as they are."""
    reason = asked.reason.strip()

    def end(cases: list[Case]) -> list[Case]:
        return [each for each in cases if ledger.quarantine.dismiss(each.id, rights.name, reason)]

    return {"done": _each(rights, ledger, asked.ids, end, what="dismiss", note=reason)}


@router.post("/errors/assign", dependencies=[Depends(same_origin)])
def assign(rights: Allowed, ledger: Book, asked: Assignment) -> dict[str, int]:
    """Say who looks after entries."""
    assignee = asked.assignee.strip() or None

    def give(cases: list[Case]) -> list[Case]:
        changed = [each for each in cases if each.assignee != assignee]
        ledger.mending.assign([each.id for each in changed], assignee)
        return changed

    return {"done": _each(rights, ledger, asked.ids, give, what="assign", note=assignee or "nobody")}


@router.post("/errors/tag", dependencies=[Depends(same_origin)])
def tag(rights: Allowed, ledger: Book, asked: Tagging) -> dict[str, int]:
    """Put a tag on entries, or take it off."""

    def put(cases: list[Case]) -> list[Case]:
        changed = [each for each in cases if (asked.tag in each.tags) != (asked.do == "put")]
        ledger.mending.tag([each.id for each in changed], asked.tag, on=asked.do == "put")
        return changed

    return {"done": _each(rights, ledger, asked.ids, put, what="tag" if asked.do == "put" else "untag", note=asked.tag)}


def _each(
    rights: Rights, ledger: Ledger, ids: list[int], do: Callable[[list[Case]], list[Case]], *, what: str, note: str
) -> int:
    """Do something to entries, after the rights to all of them are known, and note those that it changed."""
    cases = ledger.worklist.get(ids)
    for dag_id in sorted({each.dag_id for each in cases}):
        rights.need("run", dag_id)
    if len(cases) < len(set(ids)):
        raise HTTPException(404, "Some of these records are in no quarantine: load the page again.")
    done = do(cases)
    ledger.actions.note_each(rights.name, what, done, note=note)
    return len(done)
