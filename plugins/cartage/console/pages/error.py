"""One record held back: its reasons beside what is in it, changed and tried again, with all versions."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel, Field

from cartage.console import editing, values
from cartage.console.access import Allowed  # noqa: TC001 - FastAPI reads the annotations
from cartage.console.flows import all_flows
from cartage.console.layout import render
from cartage.console.ledgers import Book  # noqa: TC001
from cartage.console.masking import PERSONAL, may_unmask
from cartage.console.pages.errors import STATE_STYLES, word_of
from cartage.console.pages.record import path_of
from cartage.console.places import ERRORS
from cartage.console.tokens import same_origin
from cartage.console.written import Text, in_force
from cartage.ledger.mending import EditConflictError
from cartage.records.batch import KINDS

if TYPE_CHECKING:
    from datetime import datetime

    from cartage.console.access import Rights
    from cartage.ledger import Ledger
    from cartage.ledger.mending import Payload, Version
    from cartage.ledger.worklist import Case

router = APIRouter()

EDITABLE = PERSONAL
"""Kinds that are tried again from what quarantine keeps. What comes from the ERP is read there anew."""

DONE = {
    "edit": "changed it",
    "reveal": "looked at personal data",
    "assign": "gave it to",
    "tag": "put the tag on it",
    "untag": "took the tag off it",
    "dismiss": "dismissed it",
}
"""What people do to a record held back, in words."""


@dataclass(frozen=True)
class Shown:
    """A record as its page shows it.

    Attributes:
        text: for the editor.
        table: name of the record's own table.
        root: the record's own values, and `children` its other rows by table, as Python has them.
        original: what was found of a record that could not be read; None for others, and for those who may not.
        mark: which state of the record this is.
    """

    text: str = ""
    table: str = ""
    root: dict[str, Any] | None = None
    children: dict[str, list[dict[str, Any]]] | None = None
    original: str | None = None
    mark: str = ""


@dataclass(frozen=True)
class Change:
    """One version of a record, and what was changed in it.

    Attributes:
        lines: the difference from the version before: a sign and the line.
        hidden: how much of what is personal changed, which the reader does not see.
    """

    at: datetime
    who: str | None
    note: str | None
    lines: tuple[tuple[str, str], ...] = ()
    hidden: bool = False


class Draft(BaseModel):
    """A record as a person has changed it."""

    text: str = Field(max_length=editing.LONGEST)


class Edit(Draft):
    """A change to be kept: of which state of the record, and what the person says about it."""

    seen: str
    note: str = Field(default="", max_length=1_000)


@router.get("/errors/{entry}", response_class=HTMLResponse)
def error(request: Request, entry: int, rights: Allowed, ledger: Book) -> HTMLResponse:
    """Show a record held back, personal data masked."""
    return _page(request, _case(ledger, rights, entry), rights, ledger, unmasked=False)


@router.post("/errors/{entry}/reveal", response_class=HTMLResponse, dependencies=[Depends(same_origin)])
def reveal(request: Request, entry: int, rights: Allowed, ledger: Book) -> HTMLResponse:
    """Show a record held back with its personal data, to those who may, and note that they looked."""
    case = _case(ledger, rights, entry)
    if not _may_unmask(case, rights):
        raise HTTPException(403, "You may not see personal data: the integration's unmask_roles names none of yours.")
    _note(ledger, rights, case, "reveal")
    return _page(request, case, rights, ledger, unmasked=True)


@router.post("/errors/{entry}/check", dependencies=[Depends(same_origin)])
def check(entry: int, rights: Allowed, ledger: Book, draft: Draft) -> dict[str, Any]:
    """Say what is wrong with a changed record; nothing is kept."""
    case = _case(ledger, rights, entry, right="run")
    try:
        edited = editing.accept(draft.text, _editable(ledger, case).body, _expectations(ledger, case))
    except editing.EditError as refused:
        return {"accepted": False, "problems": [vars(each) for each in refused.problems]}
    return {"accepted": True, "problems": [vars(each) for each in edited.warnings]}


@router.post("/errors/{entry}/edit", dependencies=[Depends(same_origin)])
def edit(entry: int, rights: Allowed, ledger: Book, asked: Edit) -> JSONResponse:
    """Keep a changed record in the place of the one held back; both stay in the ledger."""
    case = _case(ledger, rights, entry, right="run")
    held = _editable(ledger, case)
    try:
        if held.mark == asked.seen:  # otherwise the text belongs to another version, and the ledger says so
            edited = editing.accept(asked.text, held.body, _expectations(ledger, case))
        else:
            edited = editing.Edited(held.body, (), (), ())
        ledger.mending.edit(
            entry, edited.body, who=rights.name, seen=asked.seen, note=asked.note.strip() or None,
            emails=edited.emails, phones=edited.phones,
        )  # fmt: skip
    except editing.EditError as refused:
        return JSONResponse({"detail": str(refused), "problems": [vars(each) for each in refused.problems]}, 422)
    except EditConflictError as conflict:
        return JSONResponse({"detail": str(conflict)}, 409)
    _note(ledger, rights, case, "edit", asked.note.strip() or None)
    now = ledger.mending.payload(entry)
    return JSONResponse({"seen": now.mark if now else "", "dag": case.dag_id, "id": entry})


def _case(ledger: Ledger, rights: Rights, entry: int, right: Any = "see") -> Case:
    found = ledger.worklist.get([entry]) if 0 < entry < 2**63 else []
    if not found:
        raise HTTPException(404, f"Quarantine has no entry {entry}.")
    rights.need(right, found[0].dag_id)
    return found[0]


def _editable(ledger: Ledger, case: Case) -> Payload:
    if case.state != "open":
        raise HTTPException(
            409, "This record is not waiting any more: a run has taken it up, or it has ended. Load the page again."
        )
    held = ledger.mending.payload(case.id) if _can_be_edited(case) else None
    try:
        editing.rows_of(held.body if held else b"")
    except ValueError:
        held = None
    if held is None:
        raise HTTPException(409, "This record cannot be changed here: what is held back could not be read as a record.")
    return held


def _expectations(ledger: Ledger, case: Case) -> str:
    """Give what the next run will expect of such a record."""
    return in_force(Text("expectations", case.record), ledger)[0]


def _can_be_edited(case: Case) -> bool:
    return case.state == "open" and case.form == "json" and case.record in EDITABLE and not case.went_through


def _note(ledger: Ledger, rights: Rights, case: Case, what: str, note: str | None = None) -> None:
    ledger.actions.note(
        rights.name, what, case.integration,
        flow=case.flow, record=case.record, key=case.key, subject=str(case.id), note=note,
    )  # fmt: skip


def _may_unmask(case: Case, rights: Rights) -> bool:
    flow = all_flows().find(case.dag_id)
    return flow is not None and may_unmask(rights, flow.integration)


def _page(request: Request, case: Case, rights: Rights, ledger: Ledger, *, unmasked: bool) -> HTMLResponse:
    may_run = rights.may("run", case.dag_id)
    shown = _shown(ledger.mending.payload(case.id), unmasked=unmasked)
    faults = values.faults(case.record, [each.field for each in case.complaints if each.field])
    return render(
        request, "error.html", rights, ERRORS,
        case=case, shown=shown, unmasked=unmasked, faults=faults,
        may_run=may_run, may_unmask=not unmasked and _may_unmask(case, rights),
        may_edit=may_run and _can_be_edited(case) and bool(shown and shown.text),
        personal=case.record in PERSONAL, record_path=path_of(case.integration, case.key),
        changes=_changes(ledger.mending.versions(case.id), unmasked=unmasked),
        actions=[each for each in ledger.actions.of(case.integration, case.key) if each.subject == str(case.id)],
        columns=values.columns, at_fault=values.at_fault, fields=json.dumps(values.fields(case.record)),
        styles=STATE_STYLES, word_of=word_of, done=DONE, readable=case.form != "xml",
    )  # fmt: skip


def _shown(held: Payload | None, *, unmasked: bool) -> Shown | None:
    """Give what of a record the page shows; None when nothing is kept of it."""
    if held is None:
        return None
    try:
        record, tables = editing.readable(held.body, unmasked=unmasked)
    except ValueError:
        return Shown(original=held.body.decode(errors="replace") if unmasked else None, mark=held.mark)
    typed = values.typed(record, tables)
    root = KINDS[record].ROOT
    children = {name: rows for name, rows in typed.items() if rows and name != root}
    return Shown(editing.as_text(record, tables), root, (typed.get(root) or [{}])[0], children, mark=held.mark)


def _changes(versions: list[Version], *, unmasked: bool) -> list[Change]:
    """Give what people changed, the newest first."""
    found: list[Change] = []
    before: Version | None = None
    for each in versions:
        lines = _difference(before, each, unmasked=unmasked)
        hidden = bool(before and each.who and not lines and before.body != each.body and each.body)
        found.append(Change(each.at, each.who, each.note, lines, hidden))
        before = each
    return found[::-1]


def _difference(before: Version | None, after: Version, *, unmasked: bool) -> tuple[tuple[str, str], ...]:
    if before is None or not before.body or not after.body:
        return ()
    texts = [
        editing.as_text(*editing.readable(each, unmasked=unmasked)).splitlines() for each in (before.body, after.body)
    ]
    lines = list(difflib.unified_diff(texts[0], texts[1], n=1, lineterm=""))[2:]
    return tuple((line[:1], line[1:]) for line in lines if not line.startswith("@@"))
