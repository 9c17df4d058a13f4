"""SCAPI Orders 1.5.2 over the shop's orders: list, get, patch, the six status sub-resources and OMS status events.

Source: orders-oas-v1-public.yaml of Salesforce's Commerce SDK. What it forbids is refused here with
the types it names.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.routing import Route

from sandbox.catalogue import SITES
from sandbox.sfcc.control import PATH
from sandbox.sfcc.exact_json import dumps, loads
from sandbox.sfcc.oms_events import OmsEvents
from sandbox.sfcc.problems import Problem, bad_request, order_not_found, site_not_found
from sandbox.sfcc.store import NEXT_STATUS, Query, ShopStore, moment

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.requests import Request

    from sandbox.sfcc.account_manager import AccountManager

PREFIX = "/checkout/orders/v1/organizations/{organization}/orders"
MOST = 10_000
"""Offset and limit together may not pass this, so clients go by windows of time."""

_KNOWN_SITES = {site.site for site in SITES}
_ENUMS = {
    "status": ("created", "new", "completed", "cancelled", "failed", "failed_with_reopen"),
    "export-status": ("exported", "not_exported", "ready", "failed"),
    "confirmation-status": ("confirmed", "not_confirmed"),
    "payment-status": ("paid", "part_paid", "not_paid"),
    "shipping-status": ("shipped", "part_shipped", "not_shipped"),
}
_FIELDS = {
    "status": "status",
    "export-status": "exportStatus",
    "external-status": "externalOrderStatus",
    "confirmation-status": "confirmationStatus",
    "payment-status": "paymentStatus",
    "shipping-status": "shippingStatus",
}
_FILTERS: dict[str, tuple[str, tuple[str, ...] | None, int]] = {
    "status": ("status", ("new", "completed", "cancelled"), 2),
    "exportStatus": ("export_status", _ENUMS["export-status"], 3),
    "externalStatus": ("external_status", None, 1),
    "confirmationStatus": ("confirmation_status", _ENUMS["confirmation-status"], 1),
    "paymentStatus": ("payment_status", _ENUMS["payment-status"], 3),
    "shippingStatus": ("shipping_status", _ENUMS["shipping-status"], 3),
}
"""Query parameter -> column, values that are valid (None: any), how many at once."""

_RANGES = {
    "creationDateFrom": ("created_at", ">="),
    "creationDateTo": ("created_at", "<"),
    "lastModifiedDateFrom": ("modified_at", ">="),
    "lastModifiedDateTo": ("modified_at", "<"),
}
_SORTS = {"creation_date": "created_at", "last_modified_date": "modified_at"}
_PARAMETERS = {"siteId", "sortBy", "sortOrder", "limit", "offset", *_FILTERS, *_RANGES}
_ATTRIBUTE = re.compile(r"c_[A-Za-z][A-Za-z0-9_]*")


class OrdersApi:
    """The Orders API of one organization."""

    def __init__(self, store: ShopStore, accounts: AccountManager) -> None:
        self._store = store
        self._accounts = accounts
        self._events = OmsEvents(store)

    def routes(self) -> list[Route]:
        """Give the routes, with the paths of the real service."""
        one = PREFIX + "/{order_no:path}"
        return [
            Route(PREFIX, self._served(self.list, write=False), methods=["GET"]),
            *(
                Route(f"{one}/{resource}", self._served(self._putter(resource), write=True), methods=["PUT"])
                for resource in _FIELDS
            ),
            Route(f"{one}/oms-status-events", self._served(self.event, write=True), methods=["POST"]),
            Route(f"{PATH}/oms-events", self._events.show, methods=["GET"]),
            Route(one, self._served(self.get, write=False), methods=["GET"]),
            Route(one, self._served(self.patch, write=True), methods=["PATCH"]),
        ]

    def _served(
        self, handler: Callable[[Request, str], Awaitable[Response]], *, write: bool
    ) -> Callable[[Request], Awaitable[Response]]:
        """Wrap a handler with what every request goes through: token, organization, site, problems."""

        async def endpoint(request: Request) -> Response:
            try:
                return await handler(request, self._admitted(request, write=write))
            except Problem as problem:
                return problem.response()

        return endpoint

    def _admitted(self, request: Request, *, write: bool) -> str:
        """Give the site that a request is about, once its token, organization and site are known to be good."""
        self._accounts.check(request, write=write)
        if request.path_params["organization"] != self._accounts.client.organization:
            raise Problem(404, "organization-not-found", "Organization Not Found", "The organization does not exist.")
        site = request.query_params.get("siteId")
        if not site:
            raise bad_request("The required query parameter 'siteId' is missing.")
        if site not in _KNOWN_SITES:
            raise site_not_found(site)
        return site

    async def list(self, request: Request, site: str) -> Response:
        """Answer ``GET …/orders``."""
        documents = self._store.find(_query(request.query_params, site))
        return Response('{"data":[' + ",".join(documents) + "]}", media_type="application/json")

    async def get(self, request: Request, site: str) -> Response:
        """Answer ``GET …/orders/{orderNo}``."""
        document = self._store.get(site, request.path_params["order_no"])
        if document is None:
            raise order_not_found(request.path_params["order_no"])
        return Response(dumps(document), media_type="application/json")

    async def patch(self, request: Request, site: str) -> Response:
        """Answer ``PATCH …/orders/{orderNo}``: custom attributes only."""
        body = await _body(request)
        for name in body:
            if not _ATTRIBUTE.fullmatch(name):
                raise bad_request(f"The property '{name}' is not known; custom properties begin with 'c_'.")
        wrong = self._store.attributes.wrong("Order", {name.removeprefix("c_"): value for name, value in body.items()})
        if wrong:
            raise bad_request(wrong)
        self._change(site, request.path_params["order_no"], body)
        return Response(status_code=204)

    async def event(self, request: Request, site: str) -> Response:
        """Answer ``POST …/orders/{orderNo}/oms-status-events``."""
        return self._events.take(site, request.path_params["order_no"], await _body(request))

    def _putter(self, resource: str) -> Callable[[Request, str], Awaitable[Response]]:
        async def put(request: Request, site: str) -> Response:
            body = await _body(request)
            if set(body) != {"status"}:
                raise bad_request("The body must have the property 'status' and no other.")
            status, order_no = body["status"], request.path_params["order_no"]
            _check_status(resource, status)
            if resource == "status":
                status = self._next_status(site, order_no, status)
            self._change(site, order_no, {_FIELDS[resource]: status})
            return Response(status_code=204)

        return put

    def _next_status(self, site: str, order_no: str, wanted: str) -> str:
        document = self._store.get(site, order_no)
        if document is None:
            raise order_not_found(order_no)
        wanted = "failed" if wanted == "failed_with_reopen" else wanted
        current = document.get("status", "created")
        if wanted not in NEXT_STATUS[current]:
            if current == "failed":
                detail = f"The failed order with number '{order_no}' cannot be reopened."
                raise Problem(409, "undo-fail-order", "Undo Fail Order", detail)
            raise bad_request(f"An order in status '{current}' cannot be changed to '{wanted}'.")
        return wanted

    def _change(self, site: str, order_no: str, changes: dict[str, Any]) -> None:
        if not self._store.change(site, order_no, changes):
            raise order_not_found(order_no)


async def _body(request: Request) -> dict[str, Any]:
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise Problem(415, "unsupported-media-type", "Unsupported Media Type", "The body must be application/json.")
    try:
        body = loads(await request.body())
    except ValueError as error:
        raise bad_request("The body is not valid JSON.") from error
    if not isinstance(body, dict):
        raise bad_request("The body must be a JSON object.")
    return body


def _check_status(resource: str, status: object) -> None:
    known = _ENUMS.get(resource)
    if known and status not in known:
        raise bad_request(f"The value of the property '$.status' must be one of {', '.join(known)}.")
    if not isinstance(status, str) or not 1 <= len(status) <= 256:
        raise bad_request("The property '$.status' must be a text of 1 to 256 characters.")


def _query(parameters: Mapping[str, str], site: str) -> Query:
    for name in parameters:
        if name not in _PARAMETERS:
            raise bad_request(f"The query parameter '{name}' is not known.")
    limit, offset = _whole(parameters, "limit", 100, 1, 200), _whole(parameters, "offset", 0, 0, MOST)
    if limit + offset > MOST:
        raise bad_request(f"The sum of 'offset' and 'limit' must not be greater than {MOST}.")
    sort, order = parameters.get("sortBy", "creation_date"), parameters.get("sortOrder", "desc")
    if sort not in _SORTS or order not in {"asc", "desc"}:
        raise bad_request("'sortBy' is creation_date or last_modified_date, 'sortOrder' is asc or desc.")
    return Query(
        site=site,
        statuses={_FILTERS[name][0]: _choices(parameters, name) for name in _FILTERS if name in parameters},
        ranges=tuple((*_RANGES[name], _moment(parameters, name)) for name in _RANGES if name in parameters),
        sort=_SORTS[sort],
        descending=order == "desc",
        limit=limit,
        offset=offset,
    )


def _choices(parameters: Mapping[str, str], name: str) -> tuple[str, ...]:
    _, known, most = _FILTERS[name]
    values = (parameters[name],) if known is None else tuple(parameters[name].split(","))
    if len(values) > most or (known and not set(values) <= set(known)):
        raise bad_request(f"The query parameter '{name}' takes up to {most} of: {', '.join(known or ('any text',))}.")
    return values


def _whole(parameters: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = parameters.get(name, str(default))
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        raise bad_request(f"The query parameter '{name}' must be a whole number from {least} to {most}.")
    return int(text)


def _moment(parameters: Mapping[str, str], name: str) -> str:
    try:
        value = datetime.fromisoformat(parameters[name])
    except ValueError as error:
        raise bad_request(f"The query parameter '{name}' must be a date-time of RFC 3339.") from error
    return moment(value if value.tzinfo else value.replace(tzinfo=UTC))
