"""The frame of every page: templates, navigation, and how numbers and moments are written."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from cartage.console.places import PLACES, PREFIX
from cartage.console.tokens import token_for

if TYPE_CHECKING:
    from fastapi import Request

    from cartage.console.access import Rights
    from cartage.console.places import Place

HERE = Path(__file__).parent
STATIC = HERE / "static"
ZONE_COOKIE = "cartage_zone"

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'self'; base-uri 'none'"
)
"""Nothing from elsewhere, nothing inline: what a template forgot to escape would still not run."""


def render(
    request: Request,
    template: str,
    rights: Rights | None,
    place: Place | None = None,
    *,
    status: int = 200,
    **values: Any,
) -> HTMLResponse:
    """Make a page.

    Args:
        request: what is answered.
        template: file in ``templates``.
        rights: of the one who is signed in; None on the page that says that nobody is.
        place: where navigation shows the reader to be.
        status: HTTP status.
        **values: what the template shows.
    """
    root = root_of(request)
    page = (
        templates()
        .get_template(template)
        .render(
            root=root,
            airflow=root.removesuffix(PREFIX),
            places=PLACES,
            here=place,
            user=rights.name if rights else None,
            token=token_for(rights.name) if rights else "",
            zone=zone_of(request).key,
            now=datetime.now(UTC),
            **values,
        )
    )
    return HTMLResponse(page, status, headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-store"})


def root_of(request: Request) -> str:
    """Give the path that the console is served under, as the browser sees it."""
    return str(request.scope.get("root_path", ""))


def zone_of(request: Request) -> ZoneInfo:
    """Give the viewer's time zone, which the page's script tells in a cookie; UTC while it has not."""
    try:
        return ZoneInfo(request.cookies.get(ZONE_COOKIE, "UTC"))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


@cache
def templates() -> Environment:
    """Give the templates; everything that they show is escaped."""
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": number,
        "moment": moment,
        "ago": ago,
        "duration": duration,
        "words": words,
        "segment": segment,
        "value": value,
    }
    environment.globals["static"] = versioned
    return environment


@cache
def versioned(name: str) -> str:
    """Give the address of a static file below the console's, with its content's hash: browsers may keep it."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


def number(value: float) -> Markup:
    """Write a number; the page's script writes it as the reader's language does."""
    return Markup('<data value="{0}">{1}</data>').format(value, f"{value:,}".replace(",", "\N{NARROW NO-BREAK SPACE}"))


def value(given: Any) -> Any:
    """Write a value of a record: yes or no, a decimal with all its digits, a moment; texts as they are."""
    if given is None or isinstance(given, bool):
        return {None: "", True: "yes", False: "no"}[given]
    if isinstance(given, Decimal):
        digits = max(-int(given.as_tuple().exponent), 0)
        return Markup('<data value="{0}" data-digits="{1}">{0}</data>').format(given, digits)
    return moment(given, "second") if isinstance(given, datetime) else given


def moment(value: datetime | None, form: str = "minute") -> Markup:
    """Write a moment; the page's script writes it in the reader's language and zone.

    Args:
        value: aware; None for a dash.
        form: ``minute``, ``second`` or ``day``.
    """
    if value is None:
        return Markup('<span class="none">&ndash;</span>')
    utc = value.astimezone(UTC)
    text = {"minute": "%Y-%m-%d %H:%M UTC", "second": "%Y-%m-%d %H:%M:%S UTC", "day": "%Y-%m-%d"}[form]
    return Markup('<time datetime="{0}" data-form="{1}">{2}</time>').format(
        utc.isoformat(timespec="milliseconds"), form, utc.strftime(text)
    )


def ago(value: datetime | None) -> Markup:
    """Write how long ago a moment was; the page's script keeps it true."""
    if value is None:
        return Markup('<span class="none">never</span>')
    utc = value.astimezone(UTC)
    return Markup('<time datetime="{0}" data-form="ago">{1} ago</time>').format(
        utc.isoformat(timespec="milliseconds"), duration(max(datetime.now(UTC) - utc, timedelta()))
    )


def duration(value: timedelta | None) -> str:
    """Write a stretch of time by its two largest units."""
    if value is None:
        return "\N{EN DASH}"
    seconds = value.total_seconds()
    if seconds < 10:
        return f"{seconds:.1f} s"
    rest = int(seconds)
    parts: list[str] = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        count, rest = divmod(rest, size)
        if count or parts:
            parts.append(f"{count} {unit}")
    return " ".join(each for each in parts[:2] if not each.startswith("0 "))


def words(code: str) -> str:
    """Write a name of the ledger's as words: ``timed_out`` as ``timed out``."""
    return code.replace("_", " ")


def segment(text: object) -> str:
    """Write a text as one segment of a path."""
    return quote(str(text), safe="")
