"""Answers: how NetSuite says no, and how JSON goes in and out.

Shape of an error body: https://docs.oracle.com/en/cloud/saas/netsuite/ns-online-help/section_1545222128.html
"""

from __future__ import annotations

import http
from decimal import Decimal
from typing import Any, Literal

import simplejson
from starlette.responses import Response

RESOURCE = "application/vnd.oracle.resource+json"
_SECTION = {
    400: "15.5.1", 401: "15.5.2", 403: "15.5.4", 404: "15.5.5", 405: "15.5.6",
    409: "15.5.10", 415: "15.5.16", 500: "15.6.1", 503: "15.6.4",
}  # fmt: skip

Place = Literal["o:errorPath", "o:errorUrl", "o:errorHeader", "o:errorQueryParam"]


class Refusal(Exception):  # noqa: N818 - NetSuite refuses; it is no error of ours
    """NetSuite says no.

    Args:
        code: `o:errorCode`, for example INVALID_CONTENT.
        detail: what is wrong, in words.
        status: HTTP status.
        path: the property at fault, for example ``item.items[0].item``.
        url: the part of the address at fault, instead of `path`.
        header: the request header at fault, instead of `path`.
        parameter: the query parameter at fault, instead of `path`.
        headers: response headers, for example Retry-After.
    """

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        status: int = 400,
        path: str | None = None,
        url: str | None = None,
        header: str | None = None,
        parameter: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.code = code
        self.detail = detail
        self.status = status
        self.headers = headers or {}
        places: dict[Place, str | None] = {
            "o:errorPath": path, "o:errorUrl": url, "o:errorHeader": header, "o:errorQueryParam": parameter,
        }  # fmt: skip
        self.place = {place: value for place, value in places.items() if value is not None}

    def body(self) -> dict[str, Any]:
        """Give the body as NetSuite writes it."""
        return error_body(self.status, self.code, self.detail, **self.place)

    def response(self) -> Response:
        """Give the HTTP answer."""
        return Response(dumps(self.body()), self.status, self.headers, media_type=f"{RESOURCE}; type=error")


def error_body(status: int, code: str, detail: str, **place: str) -> dict[str, Any]:
    """Give an error body with one detail.

    Args:
        status: HTTP status.
        code: `o:errorCode`.
        detail: what is wrong.
        place: `o:errorPath`, `o:errorUrl`, `o:errorHeader` or `o:errorQueryParam`.
    """
    section = _SECTION.get(status, "15.5" if status < 500 else "15.6")
    return {
        "type": f"https://www.rfc-editor.org/rfc/rfc9110.html#section-{section}",
        "title": http.HTTPStatus(status).phrase,
        "status": status,
        "o:errorDetails": [{"detail": detail, **place, "o:errorCode": code}],
    }


def invalid(path: str, detail: str) -> Refusal:
    """Refuse a property's value."""
    return Refusal("INVALID_CONTENT", detail, path=path)


def user_error(detail: str, path: str | None = None) -> Refusal:
    """Refuse what a business rule forbids."""
    return Refusal("USER_ERROR", f"Error while accessing a resource. {detail}", path=path)


def dumps(value: Any) -> str:
    """Write JSON; a Decimal becomes an exact number."""
    return str(simplejson.dumps(value, use_decimal=True, ensure_ascii=False, separators=(",", ":")))


def loads(text: str | bytes) -> Any:
    """Read JSON; a fraction becomes a Decimal.

    Raises:
        ValueError: it is not JSON.
    """
    return simplejson.loads(text, use_decimal=True)


def resource(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Give a JSON answer of the record service."""
    return Response(dumps(value), status, headers, media_type=RESOURCE)


def plain(value: Decimal) -> Decimal:
    """Write 12.50 as 12.5 and 1E+1 as 10, as a JSON number of NetSuite's looks."""
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()
