"""Reports that runs have left in staging: of their records' quality, and the plans of dry runs."""

from __future__ import annotations

import os
import re
from pathlib import Path

from fastapi import HTTPException

NAME = re.compile(r"(?!\.)[A-Za-z0-9_.-]+")


def read_report(flow: str, run: str) -> str:
    """Read a report from staging.

    Raises:
        HTTPException: 404 when there is none (any more), or a name leads out of the folder of reports.
    """
    if not (NAME.fullmatch(flow) and NAME.fullmatch(run)):
        raise HTTPException(404, "There is no such report.")
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


def has_report(flow: str, run: int) -> bool:
    """Say whether a run's report can be expected; in an object store nobody looks for each."""
    root = os.environ.get("CARTAGE_STAGING", "")
    return bool(root) and ("://" in root or (Path(root) / "reports" / flow / f"{run}.html").is_file())
