"""Find a record, and see all that happened to it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from cartage.console.access import Allowed  # noqa: TC001 - FastAPI reads the annotations
from cartage.console.flows import all_flows
from cartage.console.layout import render, root_of, segment
from cartage.console.ledgers import Book  # noqa: TC001
from cartage.console.outside import page_in_erp, page_in_shop
from cartage.console.places import FIND
from cartage.console.reports import has_report
from cartage.console.telling import RUN_STYLES, RUN_WORDS, STYLES, started
from cartage.ledger.searching import MOST

if TYPE_CHECKING:
    from datetime import datetime

    from cartage.console.access import Rights
    from cartage.integrations import Integration
    from cartage.ledger.runs import Run
    from cartage.ledger.searching import Hit
    from cartage.ledger.storytelling import Document, Step, Story

router = APIRouter()

LONGEST = 200
DIGEST = re.compile(r"[0-9a-f]{64}")
TELEPHONE = re.compile(r"\+?[\d\s()./-]{6,}")
SHORTLY = timedelta(seconds=1)
"""A window ends before its last moment: so it has the one when a drop landed."""
NOTHING_NEW = frozenset({"unchanged", "superseded"})


@dataclass(frozen=True)
class Found:
    """A record's page, and the kinds of records that share its key.

    Attributes:
        hits: of one key, the newest first.
    """

    hits: tuple[Hit, ...]

    @property
    def path(self) -> str:
        """Path of its page below the console's."""
        return path_of(self.hits[0].integration, self.hits[0].key)


@dataclass(frozen=True)
class Chapter:
    """What happened to a record in one run, or by hand.

    Attributes:
        run: the run; None for what people did in the console.
        steps: what happened, oldest first.
        has_report: whether the run's quality report is there.
    """

    run: Run | None
    steps: tuple[Step, ...]
    has_report: bool = False

    @property
    def nothing_new(self) -> bool:
        """Whether the run only found the record as it was."""
        return all(each.what in ("read", "checked", "dropped") or each.outcome in NOTHING_NEW for each in self.steps)

    @property
    def started(self) -> str:
        """Who or what started the run."""
        return started(self.run) if self.run else ""


@dataclass(frozen=True)
class Piece:
    """A document of the record in another system.

    Attributes:
        document: what the ledger knows of it.
        page: address of its page there, None where it has none.
    """

    document: Document
    page: str | None


@dataclass(frozen=True)
class Again:
    """How a record is run through a flow once more.

    Attributes:
        dag: the flow's DAG.
        since: where its source is read from: a drop that was read is not read again by its record's number alone.
        until: up to where; both None for a source that is asked for the number.
    """

    dag: str
    since: datetime | None = None
    until: datetime | None = None


def path_of(integration: str, key: str) -> str:
    """Give the path of a record's page below the console's."""
    return f"/records/{segment(integration)}/{'/'.join(segment(part) for part in key.split('/'))}"


@router.post("/records", response_class=RedirectResponse)
def look(
    request: Request, rights: Allowed, ledger: Book, q: Annotated[str, Form(max_length=LONGEST)] = ""
) -> RedirectResponse:
    """Turn what was typed into an address; of e-mail addresses and telephone numbers only the hash is in it."""
    asked = q.strip()
    personal = "@" in asked or (TELEPHONE.fullmatch(asked) and not asked.isalnum())
    if not personal and asked.isdigit() and not ledger.searching.find(asked):
        hits = ledger.searching.find("", ledger.terms.digests(asked))
        personal = any(rights.may("see", each.dag_id) for each in hits)  # nobody learns here whose number it is
    digests = ledger.terms.digests(asked) if personal else []
    where = f"by={digests[0]}" if digests else f"q={segment(asked)}"
    return RedirectResponse(f"{root_of(request)}/records?{where}", 303)


@router.get("/records", response_class=HTMLResponse)
def find(
    request: Request,
    rights: Allowed,
    ledger: Book,
    q: Annotated[str, Query(max_length=LONGEST)] = "",
    by: Annotated[str, Query(max_length=LONGEST)] = "",
) -> Response:
    """Show what was found; a single record's page at once."""
    asked = q.strip()
    if "@" in asked:  # typed into the address by hand: it shall not stay there
        return RedirectResponse(f"{root_of(request)}/records?by={ledger.terms.digests(asked)[0]}", 303)
    digests = [by] if DIGEST.fullmatch(by) else []
    hits = [each for each in ledger.searching.find(asked, digests) if rights.may("see", each.dag_id)]
    found = together(hits)
    if len(found) == 1 and hits[0].how != "beginning":
        return RedirectResponse(f"{root_of(request)}{found[0].path}", 303)
    return render(
        request,
        "find.html",
        rights,
        FIND,
        asked=asked,
        personal=bool(digests),
        found=found,
        cut=len(found) >= MOST,
        styles=STYLES,
    )


def together(hits: list[Hit]) -> list[Found]:
    """Put the kinds of records together that share a key."""
    places: dict[tuple[str, str], list[Hit]] = {}
    for hit in hits:
        places.setdefault((hit.integration, hit.key), []).append(hit)
    return [Found(tuple(each)) for each in places.values()]


@router.get("/records/{integration}/{key:path}", response_class=HTMLResponse)
def record(request: Request, integration: str, key: str, rights: Allowed, ledger: Book) -> HTMLResponse:
    """Tell a record's story, as far as the reader may see the flows it happened in."""
    story = ledger.stories.tell(integration, key)
    if story is None:
        raise HTTPException(404, f"The ledger of {integration} knows no record {key}.")
    seen = {number for number, run in story.runs.items() if rights.may("see", run.dag_id)}
    states = [each for each in story.states if each.run_id in seen]
    if not states and not seen:
        raise HTTPException(403, "You may not see any of the flows that this record went through.")
    joined = next((each.integration for each in all_flows().flows if each.integration.name == integration), None)
    documents = [each for each in story.documents if each.run_id is None or each.run_id in seen]
    chapters = told(story, seen)
    return render(
        request, "record.html", rights, FIND,
        key=key, integration=integration, states=states, runs=story.runs,
        pieces=[Piece(each, _page(joined, each, key)) for each in documents],
        shop=page_in_shop(joined, states[0].record if states else "", key) if joined else None,
        chapters=[each for each in chapters if not each.nothing_new] or chapters[:1],
        quiet=[each for each in chapters if each.nothing_new] if any(not each.nothing_new for each in chapters) else chapters[1:],
        retriable=retriable(story, seen, rights), pretty=pretty,
        held=[each for each in story.steps if each.entry and each.outcome == "open" and each.run_id in seen],
        styles=STYLES, words_of=RUN_WORDS, style_of=RUN_STYLES,
    )  # fmt: skip


def told(story: Story, seen: set[int]) -> list[Chapter]:
    """Put the steps together by runs, the newest run first; steps of runs that the reader may not see are left out."""
    steps = [each for each in story.steps if each.run_id is None or each.run_id in seen]
    last = {each.run_id: each.at for each in steps}
    steps.sort(key=lambda each: (last[each.run_id] if each.run_id else each.at, each.run_id or 0))
    chapters = []
    for run_id, some in groupby(steps, key=lambda each: each.run_id):
        run = story.runs[run_id] if run_id else None
        chapters.append(Chapter(run, tuple(some), has_report(run.dag_id, run.id) if run else False))
    return chapters[::-1]


def retriable(story: Story, seen: set[int], rights: Rights) -> list[Again]:
    """Give how a record can be run through its flows again, as far as the reader may start them."""
    dags = {story.runs[each.run_id].dag_id for each in story.states if each.run_id in seen}
    left = [(story.runs[each.run_id], each.at) for each in story.steps if each.what == "dropped" and each.run_id]
    found = []
    for dag in rights.among("run", sorted(dags)):
        newest = max((run.id for run, _ in left if run.dag_id == dag), default=None)
        at = [each for run, each in left if run.id == newest]
        found.append(Again(dag, min(at), max(at) + SHORTLY) if at else Again(dag))
    return found


def _page(joined: Integration | None, document: Document, key: str) -> str | None:
    if joined is None or document.internal_id is None or document.system != joined.erp.system:
        return None
    return page_in_erp(joined, document.type, document.internal_id, key)


def pretty(text: str) -> str:
    """Write JSON with its lines indented; anything else as it is."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text
