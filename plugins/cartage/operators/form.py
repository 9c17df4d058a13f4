"""The form of a manual run: what a person may ask for, and how it is checked.

Airflow shows the form but does not check dates, so `extract` calls `read_form` before anything else.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import Param

from cartage.errors import SettingsError
from cartage.windows import Selection, Window

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cartage.integrations import Side

FEEDS = ("stock", "price")
"""Kinds of records that go out in feeds, as `cartage.records.batch` has them: not imported, to keep parsing light."""


NAMES = {"stock": "SKU", "price": "SKU", "shipment": "Order", "location": "Location"}
"""What people call the numbers of records by their kind, where it is not the kind itself."""


def form(record: str, *, origin: Side = "storefront", dry_run: bool = False) -> dict[str, Param]:
    """Give the form's fields for a flow that carries this kind of record.

    Args:
        record: kind of record.
        origin: the side its records come from.
        dry_run: what a run is that nobody filled the form for, a scheduled one.
    """
    name = NAMES.get(record, record.capitalize())
    fields = {
        "keys": Param(
            [],
            type=["array", "null"],
            items={"type": "string"},
            title=f"{name} numbers" if name != "SKU" else "SKUs",
            description="Take only these, one a line. Empty takes all."
            + (
                " A drop that was read before is read again when Since and Until lie around the moment it came."
                if origin == "storefront"
                else ""
            ),
        ),
        "since": Param(
            None,
            type=["string", "null"],
            format="date-time",
            title="Since",
            description="Read from this moment on (ISO 8601, UTC when no zone is given). The watermark stays.",
        ),
        "until": Param(
            None,
            type=["string", "null"],
            format="date-time",
            title="Until",
            description="Read up to this moment, exclusive. Empty means now.",
        ),
        "dry_run": Param(
            dry_run,
            type="boolean",
            title="Dry run",
            description="Show what would be sent and change nothing.",
        ),
        "quarantine": Param(
            [],
            type=["array", "null"],
            items={"type": "integer"},
            title="Quarantine ids",
            description="Try these quarantined records again. "
            + ("The ledger is then the source." if origin == "storefront" else "They are read anew."),
        ),
    }
    if record in FEEDS:
        fields["full"] = Param(
            default=False, type="boolean", title="Full run", description="Read everything, not only what changed."
        )
        fields["proposals"] = Param(
            [],
            type=["array", "null"],
            items={"type": "integer"},
            title="Proposals",
            description="Read the records of these proposals anew, once a person has decided them.",
        )
    return fields


def read_form(params: Mapping[str, Any], *, backfill: bool) -> tuple[Selection, datetime | None, datetime | None]:
    """Check what a person typed.

    Args:
        params: the run's params.
        backfill: whether the run is a backfill.

    Returns:
        The selection, and since and until where they were given, in UTC.

    Raises:
        SettingsError: naming the field and what to write instead.
    """
    since, until = _moment(params, "since"), _moment(params, "until")
    if since and until and since >= until:
        raise SettingsError(f"params.since ({since.isoformat()}) must be before params.until ({until.isoformat()})")
    selection = Selection(
        keys=tuple(str(key).strip() for key in params.get("keys") or () if str(key).strip()),
        quarantine=tuple(int(each) for each in params.get("quarantine") or ()),
        dry_run=bool(params.get("dry_run")),
        backfill=backfill,
        full=bool(params.get("full")),
        proposals=tuple(int(each) for each in params.get("proposals") or ()),
    )
    chosen = [name for name in ("keys", "quarantine", "proposals") if getattr(selection, name)]
    if len(chosen) > 1:
        raise SettingsError(f"{' and '.join(f'params.{name}' for name in chosen)} exclude each other: give one of them")
    return selection, since, until


def _moment(params: Mapping[str, Any], name: str) -> datetime | None:
    text = params.get(name)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        message = f"params.{name} is {text!r}: write a date and time such as 2026-03-29T02:30:00+01:00"
        raise SettingsError(message) from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def window_of(params_since: datetime | None, params_until: datetime | None, live: Window) -> Window:
    """Lay what a person asked for over the window that a live run would read.

    Raises:
        SettingsError: nothing lies between the two; the message says which one to change.
    """
    window = Window(since=params_since or live.since, until=params_until or live.until)
    if (params_since or params_until) and window.since is not None and window.since >= window.until:
        since, until = window.since.isoformat(), window.until.isoformat()
        if params_until is None:
            raise SettingsError(f"params.since ({since}) lies in the future: write an earlier moment")
        raise SettingsError(
            f"params.until ({until}) is before the flow's watermark ({since}): write in params.since where to begin"
        )
    return window
