"""SCAPI's error answers: RFC 7807 problem documents with the types of the Orders specification."""

from __future__ import annotations

from starlette.responses import JSONResponse

TYPES = "https://api.commercecloud.salesforce.com/documentation/error/v1/errors/"


class Problem(Exception):  # noqa: N818 - RFC 7807's own word
    """A request that cannot be served.

    Args:
        status: HTTP status.
        kind: last part of the problem's type, for example ``order-not-found``.
        title: what it is, the same every time.
        detail: what it is this time.
    """

    def __init__(self, status: int, kind: str, title: str, detail: str) -> None:
        super().__init__(f"{title}: {detail}")
        self.status = status
        self.kind = kind
        self.title = title
        self.detail = detail

    def response(self) -> JSONResponse:
        """Give the answer."""
        body = {"title": self.title, "type": TYPES + self.kind, "detail": self.detail}
        headers = {"www-authenticate": "Bearer"} if self.status == 401 else None
        return JSONResponse(body, self.status, headers=headers, media_type="application/problem+json")


def bad_request(detail: str) -> Problem:
    """The body, the path or the query violates the specification."""
    return Problem(400, "bad-request", "Bad Request", detail)


def unauthorized(detail: str) -> Problem:
    """The token is missing, unknown, expired or lacks a scope."""
    return Problem(401, "unauthorized", "Unauthorized", detail)


def order_not_found(order_no: str) -> Problem:
    """The site has no such order."""
    return Problem(404, "order-not-found", "Order Not Found", f"No order with number '{order_no}' was found.")


def site_not_found(site: str) -> Problem:
    """The organization has no such site."""
    return Problem(404, "site-not-found", "Site Not Found", f"No site with ID '{site}' was found.")
