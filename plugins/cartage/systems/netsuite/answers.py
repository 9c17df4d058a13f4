"""What NetSuite answered, and what a refusal means.

The error body is described at
https://docs.oracle.com/en/cloud/saas/netsuite/ns-online-help/section_156570709583.html:
`o:errorDetails` holds `detail`, `o:errorCode` and one of `o:errorPath`, `o:errorUrl`,
`o:errorHeader`, `o:errorQueryParam`. NetSuite's details may quote what was sent, so no message made
here repeats them unmasked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cartage.errors import Complaint, RecordError
from cartage.systems.netsuite import payload

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    Origin = Callable[[str], str | None]

SHORTEST_MASKED = 3
HARMLESS = frozenset({"id", "line", "currency", "subsidiary", "location", "tranDate", "taxCode", "shipMethod"})
E_MAIL = re.compile(r"[^\s<>@\"']+@[^\s<>@\"']+")
LONG_NUMBER = re.compile(r"\+?\d[\d ()/.-]{7,}\d")
CLOSED_PERIOD = re.compile(
    r"closed (accounting )?period|period (is |has been )?(closed|locked)|locked (accounting )?period"
    r"|not within the date range of your accounting period",
    re.IGNORECASE,
)
ALREADY_EXISTS = re.compile(r"already exists|already been used|duplicate", re.IGNORECASE)
DUPLICATE_CODES = frozenset({"DUP_RCRD", "DUP_ENTITY", "DUP_ENTITY_NAME", "UNIQUE_CUST_ID_REQD", "DUP_EXT_ID"})
MISSING_CODES = frozenset({"NONEXISTENT_ID", "RCRD_DSNT_EXIST"})
LINE = re.compile(r"^(?P<name>[^\[\]]+)\[(?P<index>\d+)\]$")
LINE_NAMES = re.compile(r"^(custcol_\w*(line|uuid|key|id)\w*|line|orderLine|taxDetailsReference)$")


@dataclass(frozen=True)
class Detail:
    """One entry of `o:errorDetails`.

    Attributes:
        code: NetSuite's own, for example ``INVALID_CONTENT``.
        text: NetSuite's words, unmasked: may quote personal data.
        path: place in the body, for example ``item.items[0].item``, or None.
        where: what `path` is in: ``body``, ``url``, ``header`` or ``query``.
    """

    code: str
    text: str
    path: str | None = None
    where: str = "body"


@dataclass(frozen=True)
class Answer:
    """An answer of NetSuite.

    Attributes:
        status: HTTP status.
        headers: names in lower case.
        body: parsed JSON with exact numbers; None when there was none.
        milliseconds: of the last attempt, from sending to the end of the answer.
        attempts: how many requests were sent until this answer.
    """

    status: int
    headers: Mapping[str, str]
    body: Any
    milliseconds: int
    attempts: int = 1

    @property
    def location(self) -> str | None:
        """Where a new record, or a job, is."""
        return self.headers.get("location")


@dataclass(frozen=True)
class Attempted:
    """One request that was sent, and what came of it, **unmasked**: who keeps it, masks it.

    Attributes:
        at: when it was sent, UTC.
        method: GET, POST ...
        path: path and query string; no credentials are ever in it.
        status: HTTP status, None when no answer came.
        sent: body text, None when there was none.
        answer: body text, None when no answer came.
        milliseconds: until the answer or the failure.
        error_code: NetSuite's code, or a word for what failed: ``timeout``, ``connection``.
    """

    at: datetime
    method: str
    path: str
    status: int | None
    sent: str | None
    answer: str | None
    milliseconds: int
    error_code: str | None = None


class TargetRefused(RecordError):  # noqa: N818, its brief name is what people read in lists of outcomes
    """NetSuite refused a request for what it says: sending the same again gives the same.

    Args:
        place: what was asked for, for example ``PUT salesOrder/eid:x``.
        status: HTTP status.
        details: NetSuite's complaints; may be empty when the body was not in its form.
        body: what was sent, to trace error paths in.
        location: of the answer, if it had one: the first job, when an asynchronous request was sent again.

    Attributes:
        code: NetSuite's code of the first complaint, ``HTTP_400`` when it gave none.
        detail: NetSuite's words of the first complaint, unmasked: never log it.
        path: place in the body of the first complaint, or None.
    """

    def __init__(
        self, place: str, status: int, details: tuple[Detail, ...], body: Any = None, *, location: str | None = None
    ) -> None:
        first = details[0] if details else Detail(f"HTTP_{status}", "")
        super().__init__(place, *(_complaint(each, body) for each in details or (first,)))
        self._body = body
        self.status = status
        self.details = details
        self.location = location
        self.code = first.code
        self.detail = first.text
        self.path = first.path

    @property
    def recognised(self) -> str:
        """Our word for the first complaint: ``closed_period``, ``already_exists``, ``not_found`` or NetSuite's."""
        return self.complaints[0].code

    def traced(self, origin: Origin) -> tuple[Complaint, ...]:
        """Give the complaints with error paths led back to the record's columns, by what gives the column of a path."""
        first = Detail(self.code, self.detail, self.path)
        return tuple(_complaint(each, self._body, origin) for each in self.details or (first,))


class AlreadyExists(TargetRefused):
    """A record with this name or external id is there already: look it up."""


class NotFound(TargetRefused):
    """There is no record with this id."""


class PeriodClosed(TargetRefused):
    """The transaction's date lies in a closed or locked accounting period."""


def details_of(body: Any) -> tuple[Detail, ...]:
    """Read `o:errorDetails`, of an answer or of one record's part of a batch."""
    found = body.get("o:errorDetails") if isinstance(body, dict) else None
    return tuple(_detail(each) for each in found if isinstance(each, dict)) if isinstance(found, list) else ()


def refusal(
    place: str, status: int, details: tuple[Detail, ...], body: Any = None, *, location: str | None = None
) -> TargetRefused:
    """Make the fitting error of a refusal; arguments as of `TargetRefused`."""
    kinds = {"closed_period": PeriodClosed, "already_exists": AlreadyExists, "not_found": NotFound}
    recognised = recognise(details[0]) if details else "not_found" if status == 404 else ""
    return kinds.get(recognised, TargetRefused)(place, status, details, body, location=location)


def recognise(detail: Detail) -> str:
    """Give our stable, lower-case word for a complaint."""
    if CLOSED_PERIOD.search(detail.text):
        return "closed_period"
    if detail.code in DUPLICATE_CODES or (detail.code == "USER_ERROR" and ALREADY_EXISTS.search(detail.text)):
        return "already_exists"
    if detail.code in MISSING_CODES and not (detail.path and detail.where == "body"):
        return "not_found"  # with a path, what is missing is something that the body refers to
    return detail.code.lower()


def trace(path: str, body: Any, column: str | None = None) -> str:
    """Say which field of the record an error path means, in words that a person can look up.

    Args:
        path: `o:errorPath`, for example ``item.items[0].item``.
        body: what was sent.
        column: the record's column that it came from, as the mapping knows it; None for none.

    Returns:
        For example ``lines.product_id (item line 1, custcol_cartage_line_id=L1)``; the path itself when the
        body has no such place.
    """
    names, lines, here = [], [], body
    for step in path.removeprefix("$.").split("."):
        name, here, line = _step(step, here)
        names.append(name)
        if line:
            lines.append(f"{names[-2] if len(names) > 1 else name.removesuffix('[]')} {line}")
    known = column or path
    return f"{known} ({', '.join(lines)})" if lines else known


def mask(text: str, body: Any = None) -> str:
    """Give NetSuite's words without what they quote of the body, e-mail addresses and long numbers."""
    for value, name in sorted(_leaves(body, ""), key=lambda each: -len(each[0])):
        text = re.sub(re.escape(value), f"<{name}>", text, flags=re.IGNORECASE)
    return LONG_NUMBER.sub("<number>", E_MAIL.sub("<e-mail>", text))


def _detail(entry: dict[str, Any]) -> Detail:
    places = {"o:errorPath": "body", "o:errorUrl": "url", "o:errorHeader": "header", "o:errorQueryParam": "query"}
    found = next((name for name in places if entry.get(name)), None)
    return Detail(
        code=str(entry.get("o:errorCode") or "UNKNOWN"),
        text=str(entry.get("detail") or ""),
        path=str(entry[found]) if found else None,
        where=places[found] if found else "body",
    )


def _complaint(detail: Detail, body: Any, origin: Origin | None = None) -> Complaint:
    path = detail.path if detail.where == "body" else None
    column = origin(path) if origin is not None and path else None
    traced = trace(path, body, column) if path else None
    place = f" at {traced}" if traced else f" in the request's {detail.where}" if detail.path else ""
    words = f": {mask(detail.text, body)}" if detail.text else ""
    return Complaint(recognise(detail), f"NetSuite refused it with {detail.code}{place}{words}", column or traced)


def _step(step: str, here: Any) -> tuple[str, Any, str | None]:
    """Go one step of a path down: its generic name, what is there, and the words for a line."""
    found = LINE.match(step)
    if not found:
        return step, here.get(step) if isinstance(here, dict) else None, None
    name, index = found["name"], int(found["index"])
    rows = here.get(name) if isinstance(here, dict) else None
    row = rows[index] if isinstance(rows, list) and index < len(rows) else None
    marks = [f"{each}={row[each]}" for each in sorted(row) if LINE_NAMES.match(each)] if isinstance(row, dict) else []
    return f"{name}[]", row, ", ".join([f"line {index + 1}", *marks])


def _leaves(body: Any, name: str) -> list[tuple[str, str]]:
    """Give the texts in a body, each with the name of its field."""
    if isinstance(body, dict):
        return [leaf for key, value in body.items() for leaf in _leaves(value, str(key))]
    if isinstance(body, list):
        return [leaf for value in body for leaf in _leaves(value, name)]
    if isinstance(body, str) and len(body) >= SHORTEST_MASKED and name not in HARMLESS:
        return [(body, name)]
    return []


def parse(text: bytes) -> Any:
    """Read an answer's body; None when it is empty.

    Raises:
        ValueError: when it is no JSON.
    """
    return payload.loads(text) if text.strip() else None
