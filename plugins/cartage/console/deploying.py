"""Deploy settings: what Airflow reads when it parses the DAGs. They are files, so a change of them is a patch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cartage import yamltext
from cartage.console.written import Text, laid_out, said, unified
from cartage.errors import SettingsError
from cartage.integrations import FlowDeploy, load_deploy
from cartage.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cartage.integrations import Integration

CONCURRENCY = "erp.concurrency"

FIELDS = {
    "schedule": "Schedule (UTC)",
    "shadow": "Shadow",
    "timeout_minutes": "Time-out (min)",
    "fresh_minutes": "Late after (min)",
    "start_at": "From",
}
"""Fields of a flow that can be filled in, with their headings."""

HINTS = {name: str(FlowDeploy.model_fields[name].description) for name in FIELDS}

_NUMBERS = ("timeout_minutes", "fresh_minutes", CONCURRENCY)
_DIGITS = 9
"""Of a number that is filled in, at most."""

_FLAGS = {"true": True, "false": False}


@dataclass(frozen=True)
class Deployment:
    """What is to be changed, ready to be applied.

    Attributes:
        patch: for ``git apply``; empty when nothing differs from the file.
        command: sets the slots of the ERP's pool at once; None when they stay.
        wrong: what is wrong with it, None when nothing is; there is no patch then.
        line: the line of the changed file that is at fault, and `text` what it says.
    """

    patch: str = ""
    command: str | None = None
    wrong: str | None = None
    line: int | None = None
    text: str = ""


def fields_of(integration: Integration) -> dict[str, dict[str, str]]:
    """Give what the file says of each flow, as it is filled in."""
    return {
        flow: {name: _shown(getattr(deploy, name)) for name in FIELDS} for flow, deploy in integration.flows.items()
    }


def deployment(integration: Integration, wanted: Mapping[str, str]) -> Deployment:
    """Make the patch for what somebody filled in, and check it as Airflow will.

    Args:
        integration: as its file says.
        wanted: what was filled in: by ``orders.schedule`` and the like, and ``erp.concurrency``; an empty text is null.
            What is as the file says is passed over, and so are names that are none of these.
    """
    text = Text("settings", integration.name)
    before = after = text.file_text
    try:
        for path, value in _changes(integration, wanted):
            after = yamltext.put(after, path, value)
        with laid_out({text.path: after}) as folder:
            new = load_deploy(integration.name, folder)
            load_settings(integration.name, folder)
    except SettingsError as error:
        lines = after.splitlines()
        at = lines[error.line - 1].strip() if error.line and error.line <= len(lines) else ""
        return Deployment(wrong=said(error), line=error.line, text=at)
    slots = new.erp.concurrency
    command = f'airflow pools set {new.erp.connection} {slots} "Requests to the ERP at a time, all flows"'
    return Deployment(unified(text.path, before, after), command if slots != integration.erp.concurrency else None)


def _changes(integration: Integration, wanted: Mapping[str, str]) -> list[tuple[tuple[str, ...], Any]]:
    now = {f"{flow}.{name}": value for flow, fields in fields_of(integration).items() for name, value in fields.items()}
    now[CONCURRENCY] = str(integration.erp.concurrency)
    found = []
    for name, given in wanted.items():
        text = given.strip()
        if name in now and text != now[name]:
            path = ("erp", "concurrency") if name == CONCURRENCY else ("flows", *name.split("."))
            found.append((path, _value(name, text)))
    return found


def _value(name: str, text: str) -> Any:
    """Read what was filled in; what does not fit stays a text, of which the settings' own models say what is wrong."""
    field = name if name == CONCURRENCY else name.partition(".")[2]
    if not text:
        return None
    if field in _NUMBERS and text.isascii() and text.isdigit() and len(text) <= _DIGITS:
        return int(text)
    return _FLAGS.get(text, text) if field == "shadow" else text


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat().replace("+00:00", "Z") if hasattr(value, "isoformat") else str(value)
