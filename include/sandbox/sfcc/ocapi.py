"""OCAPI's Data API: jobs, and what the shop knows of stock.

Shapes after Salesforce's reference (OCAPI Data API 23.2): ``job_execution``, ``job_execution_search_result``,
``inventory_list``, ``product_inventory_record``; failures are a ``fault`` document.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.routing import Route

from sandbox.sfcc.archives import EXPORT, ExportRefused
from sandbox.sfcc.database import unstamp
from sandbox.sfcc.exact_json import dumps, loads
from sandbox.sfcc.inventory import SITE_LISTS
from sandbox.sfcc.job_documents import execution_document
from sandbox.sfcc.jobs import JobAlreadyRunning
from sandbox.sfcc.problems import Problem
from sandbox.sfcc.store import moment

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from sandbox.sfcc.account_manager import AccountManager
    from sandbox.sfcc.archives import Archives
    from sandbox.sfcc.inventory import InventoryList, Stock
    from sandbox.sfcc.jobs import Execution, Jobs
    from sandbox.sfcc.store import ShopStore

    Json = dict[str, Any]
    Handler = Callable[[Request, str], Awaitable[Response]]
    Endpoint = Callable[[Request], Awaitable[Response]]

DATA = "/s/-/dw/data/{version}"
_VERSION = re.compile(r"v(\d+)_(\d+)")
_NEWEST = "23.2"
_MOST = 200
"""Entries of one page."""

_LAST_START = 999
"""Where a page may start at most, so that no more than 1,199 entries of a collection can ever be read
(https://sfcclearning.com/infocenter/OCAPI/current/usage/Pagination.php)."""


class Fault(Exception):  # noqa: N818 - OCAPI's own word
    """A request that cannot be served.

    Args:
        status: HTTP status.
        kind: name of the fault, for example ``JobNotFoundException``.
        message: what it is this time.
        arguments: what it is about.
    """

    def __init__(self, status: int, kind: str, message: str, **arguments: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"arguments": arguments, "type": kind, "message": message}


def answered(body: Json, version: str, status: int = 200) -> Response:
    """Give a document as OCAPI answers it."""
    return Response(dumps({"_v": version, **body}), status, media_type="application/json")


def faults_answered(handler: Handler, admit: Callable[[Request], None]) -> Endpoint:
    """Wrap a handler with what every request goes through: its version, who asks, and faults as answers.

    Args:
        handler: answers a request of a version.
        admit: sees that the request may be served, or raises a `Fault`.
    """

    async def endpoint(request: Request) -> Response:
        version = _NEWEST
        try:
            version = _version(request)
            admit(request)
            return await handler(request, version)
        except Fault as fault:
            return answered({"fault": fault.body}, version, fault.status)

    return endpoint


class DataApi:
    """The Data API of one instance."""

    def __init__(self, store: ShopStore, accounts: AccountManager, jobs: Jobs, archives: Archives) -> None:
        self._store = store
        self._accounts = accounts
        self._jobs = jobs
        self._archives = archives

    def routes(self) -> list[Route]:
        """Give the routes, with the paths of the real service."""
        executions = DATA + "/jobs/{job_id}/executions"
        records = DATA + "/inventory_lists/{list_id}/product_inventory_records"
        return [
            Route(executions, self._served(self.start_job), methods=["POST"]),
            Route(executions + "/{id}", self._served(self.job), methods=["GET"]),
            Route(DATA + "/job_execution_search", self._served(self.search_jobs), methods=["POST"]),
            Route(DATA + "/inventory_lists", self._served(self.lists), methods=["GET"]),
            Route(DATA + "/inventory_lists/{list_id}", self._served(self.list), methods=["GET"]),
            Route(records, self._served(self.records), methods=["GET"]),
            Route(records + "/{product_id:path}", self._served(self.record), methods=["GET"]),
        ]

    def _served(self, handler: Handler) -> Endpoint:
        return faults_answered(handler, self._authorise)

    def _authorise(self, request: Request) -> None:
        if not request.headers.get("authorization"):
            raise Fault(401, "AuthorizationHeaderMissingException", "The authorization header is missing.")
        try:
            self._accounts.check(request)
        except Problem:
            message = "Unauthorized request! The access token is invalid."
            raise Fault(401, "InvalidAccessTokenException", message) from None

    async def start_job(self, request: Request, version: str) -> Response:
        """Answer ``POST …/jobs/{job_id}/executions``; a parameter ``ImportMode`` says the mode of the import."""
        job_id, mode = request.path_params["job_id"], "merge"
        if job_id == EXPORT:
            return answered(execution_document(self._export(await _body(request))), version, 202)
        if job_id not in self._jobs.jobs:
            raise _job_not_found(job_id)
        modes = self._jobs.jobs[job_id].importer.modes
        body = await _body(request) if await request.body() else {}
        for each in body.get("parameters", []):
            mode = str(each.get("value")).lower()
            if each.get("name") != "ImportMode" or mode not in modes:
                message = f"The job takes the parameter ImportMode, one of {', '.join(modes)}, and no other."
                raise Fault(400, "InvalidParameterException", message)
        try:
            started = self._jobs.start(job_id, client_id=self._accounts.client.client_id, mode=mode)  # type: ignore[arg-type]
        except JobAlreadyRunning:
            message = f"Job with ID '{job_id}' is already running."
            raise Fault(400, "JobAlreadyRunningException", message, jobId=job_id) from None
        return answered(execution_document(started), version, 202)

    def _export(self, body: Json) -> Execution:
        """Start the export of a site archive."""
        try:
            work = self._archives.asked(body)
            return self._jobs.work(EXPORT, work, client_id=self._accounts.client.client_id)
        except ExportRefused as refused:
            raise Fault(400, refused.kind, str(refused)) from None
        except JobAlreadyRunning:
            message = f"Job with ID '{EXPORT}' is already running."
            raise Fault(400, "JobAlreadyRunningException", message, jobId=EXPORT) from None

    async def job(self, request: Request, version: str) -> Response:
        """Answer ``GET …/jobs/{job_id}/executions/{id}``."""
        job_id, execution_id = request.path_params["job_id"], request.path_params["id"]
        if job_id not in {*self._jobs.jobs, EXPORT}:
            raise _job_not_found(job_id)
        found = self._jobs.execution(job_id, execution_id)
        if found is None:
            message = f"No execution with ID '{execution_id}' of the job '{job_id}' was found."
            raise Fault(404, "JobExecutionNotFoundException", message, jobId=job_id, jobExecutionId=execution_id)
        return answered(execution_document(found), version)

    async def search_jobs(self, request: Request, version: str) -> Response:
        """Answer ``POST …/job_execution_search``."""
        body = await _body(request)
        query = body.get("query")
        if not isinstance(query, dict):
            raise Fault(400, "InvalidSearchRequestException", "The search request needs a query.")
        start, count = page_of(body.get("start", 0), body.get("count", 25))
        _matches(query, {})  # a query that is not served is a fault also where there is nothing to find
        hits = [each for each in map(execution_document, self._jobs.executions()) if _matches(query, each)]
        for sort in reversed(body.get("sorts", [])):
            if sort.get("field") not in {"job_id", "start_time", "end_time", "status"}:
                raise Fault(400, "InvalidSearchRequestException", "It sorts by job_id, start_time, end_time or status.")
            hits.sort(key=lambda each: str(each.get(sort["field"], "")), reverse=sort.get("sort_order") == "desc")
        page = hits[start : start + count]
        found = {"count": len(page), "hits": page, "query": query, "start": start, "total": len(hits)}
        return answered({"_type": "job_execution_search_result", **found}, version)

    async def lists(self, request: Request, version: str) -> Response:
        """Answer ``GET …/inventory_lists``."""
        start, count = page_of(request.query_params.get("start", 0), request.query_params.get("count", 25))
        headers = self._store.inventory.headers()
        page = [_list(each) for each in headers[start : start + count]]
        found = {"count": len(page), "data": page, "start": start, "total": len(headers)}
        return answered({"_type": "inventory_lists", **found}, version)

    async def list(self, request: Request, version: str) -> Response:
        """Answer ``GET …/inventory_lists/{id}``."""
        return answered(_list(self._list(request)), version)

    async def records(self, request: Request, version: str) -> Response:
        """Answer ``GET …/inventory_lists/{list}/product_inventory_records``."""
        header = self._list(request)
        start, count = page_of(request.query_params.get("start", 0), request.query_params.get("count", 25))
        page, total = self._store.inventory.page(header.list_id, start, count)
        data = [_record(each) for each in self._store.inventory.stock(header.list_id, page)]
        found = {"count": len(data), "data": data, "start": start, "total": total}
        return answered({"_type": "product_inventory_records", **found}, version)

    async def record(self, request: Request, version: str) -> Response:
        """Answer ``GET …/inventory_lists/{list}/product_inventory_records/{product}``."""
        header, product_id = self._list(request), request.path_params["product_id"]
        found = self._store.inventory.records(header.list_id, [product_id])
        if product_id not in found:
            message = f"No inventory record of the product '{product_id}' was found in '{header.list_id}'."
            about = {"inventoryListId": header.list_id, "productId": product_id}
            raise Fault(404, "ProductInventoryRecordNotFoundException", message, **about)
        return answered(_record(self._store.inventory.stock(header.list_id, list(found.values()))[0]), version)

    def _list(self, request: Request) -> InventoryList:
        list_id = request.path_params["list_id"]
        header = self._store.inventory.header(list_id)
        if header is None:
            message = f"No inventory list with ID '{list_id}' was found."
            raise Fault(404, "InventoryListNotFoundException", message, inventorylistId=list_id)
        return header


def _version(request: Request) -> str:
    """Give the version that a path names; a path that names none is of the newest."""
    if "version" not in request.path_params:
        return _NEWEST
    found = _VERSION.fullmatch(request.path_params["version"])
    if not found:
        raise Fault(404, "UnknownVersionException", "The version in the path is not known.")
    return f"{int(found[1])}.{int(found[2])}"


async def _body(request: Request) -> Json:
    try:
        body = loads(await request.body())
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Fault(400, "MalformedDocumentException", "The body is not a JSON object.")
    return body


def page_of(start: object, count: object) -> tuple[int, int]:
    """Read where a page starts, and how many entries it is to have.

    Raises:
        Fault: they are no numbers that a page can have.
    """
    try:
        first, most = int(str(start)), int(str(count))
    except ValueError:
        first, most = -1, -1
    if not (0 <= first <= _LAST_START and 1 <= most <= _MOST):
        message = f"start is from 0 to {_LAST_START}, count is from 1 to {_MOST}."
        raise Fault(400, "InvalidPagingParameterException", message)
    return first, most


def _job_not_found(job_id: str) -> Fault:
    return Fault(404, "JobNotFoundException", f"No job with ID '{job_id}' was found.", jobId=job_id)


def _matches(query: object, hit: Json) -> bool:
    """Say whether a hit is what a query asks for; of OCAPI's queries the ones that jobs are found by."""
    kind, asked = next(iter(query.items()), (None, None)) if isinstance(query, dict) else (None, None)
    if kind == "match_all_query":
        return True
    if kind == "term_query" and isinstance(asked, dict):
        values = [str(each) for each in asked.get("values", [])]
        if asked.get("operator") not in {"is", "one_of"} or set(asked.get("fields", [])) - {"id", "job_id", "status"}:
            raise Fault(400, "InvalidSearchRequestException", "A term_query takes id, job_id or status, is or one_of.")
        return any(hit.get(field) in values for field in asked.get("fields", []))
    if kind == "bool_query" and isinstance(asked, dict):
        return (
            all(_matches(each, hit) for each in asked.get("must", []))
            and not any(_matches(each, hit) for each in asked.get("must_not", []))
            and (not asked.get("should") or any(_matches(each, hit) for each in asked["should"]))
        )
    raise Fault(400, "InvalidSearchRequestException", "Served are match_all_query, term_query and bool_query.")


def _list(header: InventoryList) -> Json:
    sites = [site for site, list_id in SITE_LISTS.items() if list_id == header.list_id]
    found = {
        "_type": "inventory_list",
        "assigned_sites": sites,
        "default_in_stock": header.default_instock,
        "description": header.description,
        "id": header.list_id,
        "on_order_inventory_enabled": header.on_order,
        "use_bundle_inventory_only": header.bundle_only,
        **{f"c_{name}": value for name, value in header.custom.items()},
    }
    return {name: value for name, value in found.items() if value is not None}


def _record(stock: Stock) -> Json:
    record = stock.record
    found = {
        "_type": "product_inventory_record",
        "allocation": None if record.allocation is None else {
            "_type": "product_inventory_record_allocation",
            "amount": record.allocation,
            "reset_date": moment(unstamp(record.reset_at)) if record.reset_at else None,
        },
        "ats": stock.ats,
        "creation_date": moment(unstamp(record.created_at)),
        "in_stock_date": moment(unstamp(record.in_stock_at)) if record.in_stock_at else None,
        "inventory_list_id": record.list_id,
        "inventory_turnover": stock.turnover,
        "last_modified": moment(unstamp(record.modified_at)),
        "perpetual_flag": record.perpetual,
        "pre_order_back_order_allocation": record.backorder,
        "pre_order_back_order_handling": record.handling,
        "product_id": record.product_id,
        "quantity_on_order": stock.on_order,
        "stock_level": stock.level,
        **{f"c_{name}": value for name, value in record.custom.items()},
    }  # fmt: skip
    return {name: value for name, value in found.items() if value is not None}
