"""The pages of Cartage inside the Airflow UI. Airflow mounts them without any authentication of its own."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.core_api.security import get_user, requires_access_dag
from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import HTMLResponse

REPORT_NAME = re.compile(r"(?!\.)[A-Za-z0-9_.-]+")


@cache
def application() -> FastAPI:
    """Make the app.

    Every route needs a signed-in user: an anonymous call gets 401, and one who may not see the flow's runs 403.
    """
    app = FastAPI(title="Cartage", docs_url=None, redoc_url=None, openapi_url=None, dependencies=[Depends(get_user)])

    seen = Depends(requires_access_dag("GET", DagAccessEntity.RUN))  # of the DAG that the path names

    @app.get("/reports/{dag_id}/{run}", response_class=HTMLResponse, dependencies=[seen])
    def report(dag_id: str, run: str) -> HTMLResponse:
        """Show the quality report of a run, or the plan of a dry one."""
        return HTMLResponse(read_report(dag_id, run), headers={"Content-Security-Policy": "script-src 'none'"})

    return app


def read_report(flow: str, run: str) -> str:
    """Read a report from staging.

    Raises:
        HTTPException: 404 when there is none (any more), or a name leads out of the folder of reports.
    """
    if not (REPORT_NAME.fullmatch(flow) and REPORT_NAME.fullmatch(run)):
        raise HTTPException(404, "no such report")
    root = os.environ.get("CARTAGE_STAGING", "")
    if "://" in root:
        from airflow.sdk import ObjectStoragePath

        path = ObjectStoragePath(root) / "reports" / flow / f"{run}.html"
        if path.exists():
            return path.read_text()
    elif root:
        local = Path(root) / "reports" / flow / f"{run}.html"
        if local.is_file():
            return local.read_text(encoding="utf-8")
    raise HTTPException(404, "This report is not there any more: reports are kept as long as staging_days says.")
