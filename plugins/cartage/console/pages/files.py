"""What is read rather than made: static files, and the reports that runs have left."""

from __future__ import annotations

from fastapi import APIRouter, Depends, HTTPException
from fastapi.responses import FileResponse, HTMLResponse

from cartage.console.access import needs
from cartage.console.headers import REPORT_POLICY
from cartage.console.layout import STATIC
from cartage.console.reports import read_report

router = APIRouter()

YEAR = 31_536_000


@router.get("/static/{name}", response_class=FileResponse)
def static(name: str) -> FileResponse:
    """Give a style, a script or a picture; its address changes with its content, so browsers may keep it."""
    known = {each.name: each for each in STATIC.iterdir() if each.is_file()}
    if name not in known:
        raise HTTPException(404, "There is no such file.")
    return FileResponse(known[name], headers={"Cache-Control": f"private, max-age={YEAR}, immutable"})


@router.get("/reports/{dag_id}/{run}", response_class=HTMLResponse, dependencies=[Depends(needs("see"))])
def report(dag_id: str, run: str) -> HTMLResponse:
    """Show the quality report of a run, or the plan of a dry one."""
    return HTMLResponse(read_report(dag_id, run), headers={"Content-Security-Policy": REPORT_POLICY})
