"""What OCAPI says of an execution of a job: the documents ``job_execution`` and ``job_step_execution``.

Fields and values after Salesforce's reference of the Data API 23.2. The log's path is below WebDAV's address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.sfcc.database import unstamp
from sandbox.sfcc.jobs import STEPS
from sandbox.sfcc.store import moment

if TYPE_CHECKING:
    from datetime import datetime

    from sandbox.sfcc.jobs import Execution

    Json = dict[str, Any]

LOG = "/Sites/LOGS/jobs/{job_id}/{name}"
"""The path of an execution's log, below ``/on/demandware.servlet/webdav``."""

SCOPE = "Organization"
"""Where the steps of these jobs run."""


def execution_document(found: Execution) -> Json:
    """Give the document of an execution."""
    begun, ended = unstamp(found.start_time), unstamp(found.end_time) if found.end_time else None
    modified = unstamp(found.modification_time)
    document: Json = {
        "_type": "job_execution",
        "duration": _milliseconds(begun, ended or modified),
        "execution_scopes": [SCOPE],
        "execution_status": found.execution_status,
        "id": found.id,
        "is_log_file_existing": found.execution_status != "pending" and found.job_id in STEPS,
        "is_restart": False,
        "job_description": "Imports feeds that were left in an inbound folder.",
        "job_id": found.job_id,
        "log_file_name": found.log_file,
        "log_file_path": LOG.format(job_id=found.job_id, name=found.log_file),
        "modification_time": moment(modified),
        "parameters": [{"_type": "job_execution_parameter", "name": "ImportMode", "value": found.mode}],
        "start_time": moment(begun),
        "status": found.exit_code or found.execution_status.upper(),
        "step_executions": [] if found.execution_status == "pending" else [_step(found, begun, ended or modified)],
    }
    if found.client_id:
        document["client_id"] = found.client_id
    if found.exit_code and ended:
        document |= {"end_time": moment(ended), "exit_status": _exit_status(found)}
    return document


def _step(found: Execution, begun: datetime, until: datetime) -> Json:
    """Give the document of the only step: the one that imports."""
    document: Json = {
        "_type": "job_step_execution",
        "duration": _milliseconds(begun, until),
        "execution_scope": SCOPE,
        "execution_status": found.execution_status,
        "id": f"{found.id}-1",
        "is_chunk_oriented": False,
        "modification_time": moment(unstamp(found.modification_time)),
        "start_time": moment(begun),
        "status": found.exit_code or found.execution_status.upper(),
        "step_id": "import",
        "step_type_id": found.step_type,
    }
    if found.exit_code:
        document |= {"end_time": moment(until), "exit_status": _exit_status(found)}
    return document


def _exit_status(found: Execution) -> Json:
    status: Json = {"_type": "status", "code": found.exit_code, "status": str(found.exit_code).lower()}
    return status | ({"message": found.message} if found.message else {})


def _milliseconds(begun: datetime, ended: datetime) -> int:
    return int((ended - begun).total_seconds() * 1000)
