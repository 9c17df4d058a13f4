"""Mappings and settings: changed as one reads their reference, tried on a real record, kept as revisions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import BaseModel, Field

from cartage.console.access import Allowed  # noqa: TC001 - FastAPI reads the annotations
from cartage.console.deploying import FIELDS, HINTS, deployment, fields_of
from cartage.console.exposing import exposes, is_personal
from cartage.console.handbook import handbook
from cartage.console.layout import render
from cartage.console.ledgers import Book  # noqa: TC001
from cartage.console.masking import may_unmask
from cartage.console.places import MAPPINGS
from cartage.console.tokens import same_origin
from cartage.console.trials import Wish
from cartage.console.trying import RECORDS, try_it
from cartage.console.written import Kind, Text, all_texts, check, in_force, line_in_text, patch, said, steps
from cartage.errors import CartageError
from cartage.ledger import RevisionConflictError

if TYPE_CHECKING:
    from cartage.console.access import Rights
    from cartage.ledger import Revision

router = APIRouter()

LONGEST = 500_000
SHOWN = 30
"""Revisions that the page shows."""

_EXPOSES = (
    "This decides where names and addresses go, and so what pages show unmasked: to save it takes a role that the "
    "integration's unmask_roles name. Somebody with such a role can save your text."
)


@dataclass(frozen=True)
class Row:
    """One line of the list: what is written, its newest revision, and whether the reader may change it."""

    text: Text
    latest: Revision | None
    may_edit: bool


class Draft(BaseModel):
    """A text as a person has changed it."""

    kind: Kind
    name: str = Field(max_length=200)
    body: str = Field(max_length=LONGEST)


class Trial(Draft):
    """A text to be tried on a record; on any recent one when no number is given.

    Settings are tried on a record of the kind that is named. Personal data is shown to those who may see it, when they
    ask, and that they looked is noted.
    """

    number: str = Field(default="", max_length=200)
    record: Literal["order", "customer", "shipment", "location"] = "order"
    unmasked: bool = False


class Save(Draft):
    """A text to be kept as a revision, on top of the one that the person began with; 0 for the file."""

    body: str = Field(min_length=1, max_length=LONGEST)
    parent: int = Field(ge=0, lt=2**63)
    note: str = Field(min_length=1, max_length=1_000, pattern=r"\S")


class RollBack(BaseModel):
    """What to go back to: a revision, or 0 for the file."""

    kind: Kind
    name: str = Field(max_length=200)
    revision: int = Field(ge=0, lt=2**63)
    parent: int = Field(ge=0, lt=2**63)


@router.get("/mappings", response_class=HTMLResponse)
def mappings(request: Request, rights: Allowed, ledger: Book) -> HTMLResponse:
    """Show what is written: run settings and mappings, and which of them revisions lie over."""
    rows = [
        Row(each, ledger.revisions.latest(each.kind, each.name), _may(rights, each, "edit"))
        for each in all_texts()
        if _may(rights, each, "see")
    ]
    return render(request, "mappings.html", rights, MAPPINGS, rows=rows)


@router.get("/mappings/text", response_class=HTMLResponse)
def text(
    request: Request, rights: Allowed, ledger: Book, kind: Annotated[Kind, Query()], name: Annotated[str, Query()]
) -> HTMLResponse:
    """Show one text beside its reference, with its history."""
    found = _known(kind, name, rights, "see")
    body, latest = in_force(found, ledger)
    above = found.file_text.partition("\nsettings:")[0] if kind == "settings" else None
    integration = found.flows[0].integration if kind == "settings" else None
    return render(
        request, "mapping.html", rights, MAPPINGS,
        text=found, body=body, latest=latest, history=steps(found, ledger.revisions.history(kind, name, limit=SHOWN + 1), SHOWN),
        may_edit=_may(rights, found, "edit"), handbook=handbook(kind, name), above=above,
        file_settings=found.file_text[len(above) + 1 :] if above is not None else None, flows=found.flows,
        integration=integration, deploy=fields_of(integration) if integration else None, fields=FIELDS, hints=HINTS,
        may_unmask=(found.kind == "settings" or is_personal(found)) and _may_unmask(rights, found),
        may_save=_may(rights, found, "edit") and (not is_personal(found) or _may_unmask(rights, found)), records=RECORDS if kind == "settings" else (),
    )  # fmt: skip


@router.get("/mappings/patch", response_class=Response)
def exported(rights: Allowed, ledger: Book, kind: Annotated[Kind, Query()], name: Annotated[str, Query()]) -> Response:
    """Give what is in force as a patch for the repository."""
    found = _known(kind, name, rights, "see")
    return _attached(patch(found, in_force(found, ledger)[0]), f"{name.replace('/', '-')}.patch")


@router.get("/mappings/deploy", response_class=JSONResponse)
def deploy(request: Request, rights: Allowed, name: Annotated[str, Query()]) -> JSONResponse:
    """Say what is wrong with deploy settings as somebody filled them in, or give the patch for the repository."""
    found = _known("settings", name, rights, "see")
    made = deployment(found.flows[0].integration, request.query_params)
    return JSONResponse(vars(made))


@router.get("/mappings/deploy.patch", response_class=Response)
def deploy_patch(request: Request, rights: Allowed, name: Annotated[str, Query()]) -> Response:
    """Give the patch for deploy settings as a file."""
    found = _known("settings", name, rights, "see")
    made = deployment(found.flows[0].integration, request.query_params)
    if made.wrong or not made.patch:
        raise HTTPException(422, made.wrong or "All of it is as the file says, so there is nothing to patch.")
    return _attached(made.patch, f"{name}-deploy.patch")


@router.post("/mappings/check", dependencies=[Depends(same_origin)])
def checked(rights: Allowed, asked: Draft) -> dict[str, Any]:
    """Say what is wrong with a text: the line and the words; nothing when it could be saved."""
    found = _known(asked.kind, asked.name, rights, "edit")
    wrong = check(found, asked.body)
    return {"line": line_in_text(found, wrong) if wrong else None, "message": said(wrong) if wrong else None}


@router.post("/mappings/try", response_class=HTMLResponse, dependencies=[Depends(same_origin)])
def tried(request: Request, rights: Allowed, ledger: Book, asked: Trial) -> Response:
    """Show what a recent record becomes by what is in force, and by the changed text."""
    found = _known(asked.kind, asked.name, rights, "edit")
    if asked.unmasked and not _may_unmask(rights, found):
        raise HTTPException(403, "You may not see personal data: the integration's unmask_roles names none of yours.")
    if wrong := check(found, asked.body):
        return JSONResponse({"detail": said(wrong)}, 422)
    wish = Wish(found, asked.body, asked.number.strip(), asked.record, asked.unmasked)
    try:
        result = try_it(wish, ledger)
    except CartageError as error:
        return JSONResponse({"detail": str(error)}, 422)
    rights.need("see", f"{result.integration.name}.{result.flow}")
    if asked.unmasked:
        ledger.actions.note(
            rights.name, "reveal", result.integration.name,
            flow=result.flow, record=result.record, key=result.key, subject=f"{found.kind}:{found.name}", note="to try a change",
        )  # fmt: skip
    return render(request, "tried.html", rights, tried=result)


@router.post("/mappings/save", dependencies=[Depends(same_origin)])
def save(rights: Allowed, ledger: Book, asked: Save) -> JSONResponse:
    """Keep a text as a revision: in force from the next run on."""
    found = _known(asked.kind, asked.name, rights, "edit")
    return _saved(rights, ledger, found, asked.body, asked.parent, asked.note.strip(), "save")


@router.post("/mappings/roll-back", dependencies=[Depends(same_origin)])
def roll_back(rights: Allowed, ledger: Book, asked: RollBack) -> JSONResponse:
    """Go back to a revision, or to the file, by a new revision."""
    found = _known(asked.kind, asked.name, rights, "edit")
    old = ledger.revisions.get(asked.revision) if asked.revision else None
    if asked.revision and (old is None or (old.kind, old.name) != (found.kind, found.name)):
        raise HTTPException(404, f"{found.title} has no revision {asked.revision}.")
    note = f"back to revision {asked.revision}" if old else "back to the file"
    return _saved(rights, ledger, found, old.body if old else found.as_file, asked.parent, note, "roll_back")


def _saved(  # noqa: PLR0917 - what a revision consists of
    rights: Rights, ledger: Book, found: Text, body: str, parent: int, note: str, what: str
) -> JSONResponse:
    says = body or found.beginning
    if wrong := check(found, says):
        return JSONResponse({"detail": said(wrong), "line": line_in_text(found, wrong)}, 422)
    if not _may_unmask(rights, found) and exposes(found, in_force(found, ledger)[0], says):
        raise HTTPException(403, _EXPOSES)
    try:
        revision = ledger.revisions.save(
            found.kind, found.name, body, author=rights.name, parent=parent or None, note=note
        )
    except RevisionConflictError as conflict:
        return JSONResponse({"detail": f"{conflict} Copy your text before you load the page again."}, 409)
    integrations = {each.integration.name for each in found.flows}
    for each in sorted(integrations):
        ledger.actions.note(rights.name, what, each, subject=f"{found.kind}:{found.name}", note=note)
    return JSONResponse({"revision": revision.id})


def _attached(text: str, name: str) -> Response:
    return Response(
        text, media_type="text/x-diff; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _known(kind: Kind, name: str, rights: Rights, right: Any) -> Text:
    """Give a text that there is a file of, after the right to it is known.

    Raises:
        HTTPException: 404 without such a file, 403 without the right.
    """
    found = next((each for each in all_texts() if (each.kind, each.name) == (kind, name)), None)
    if found is None:
        raise HTTPException(404, f"There is no {kind} {name}.")
    if not _may(rights, found, right):
        which = ", ".join(each.dag_id for each in found.flows)
        verb = {"see": "see", "edit": "change"}[right]
        raise HTTPException(403, f"You may not {verb} it: Airflow gives you no right to {verb} {which}.")
    return found


def _may_unmask(rights: Rights, found: Text) -> bool:
    """Say whether the user may see personal data of all integrations whose records the text can be tried on."""
    return bool(found.flows) and all(may_unmask(rights, each.integration) for each in found.flows)


def _may(rights: Rights, found: Text, right: Any) -> bool:
    """Say whether the user may do this: see any flow that the text may change; to change it, edit all of them."""
    allowed = (rights.may(right, each.dag_id) for each in found.flows)
    return bool(found.flows) and (any(allowed) if right == "see" else all(allowed))
