"""The REST record service over HTTP.

https://docs.oracle.com/en/cloud/saas/netsuite/ns-online-help/chapter_1540391670.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from sandbox.netsuite.answers import Refusal, loads, resource
from sandbox.netsuite.auth import PERMISSIONS
from sandbox.netsuite.filters import condition
from sandbox.netsuite.representation import Representation
from sandbox.netsuite.transform import transform

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.netsuite.account import Account
    from sandbox.netsuite.auth import Login
    from sandbox.netsuite.store import Record

RECORDS = "/services/rest/record/v1"
PAGE = 1000

_LEVEL = {"GET": "VIEW", "HEAD": "VIEW", "POST": "CREATE", "PATCH": "EDIT", "DELETE": "FULL"}


@dataclass
class Call:
    """One request to the record service, apart from its transport, so that a job can make it too.

    Attributes:
        account: the account.
        login: who calls.
        base_url: scheme, host and port, for links.
        method: HTTP method.
        parts: path below the service, split at slashes.
        query: query parameters.
        headers: request headers, names in lower case.
        body: request body.
        type: record type, once the path was read.
    """

    account: Account
    login: Login
    base_url: str
    method: str
    parts: list[str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    type: str = ""

    @property
    def base(self) -> str:
        """Address of the record service."""
        return f"{self.base_url}{RECORDS}"

    def answer(self) -> Response:
        """Do what is asked.

        Raises:
            Refusal: it cannot be done.
        """
        self.type = self.account.known_type(self.parts[0])
        self._permit(self.type)
        handlers = {1: self._collection, 2: self._instance, 3: self._sub, 4: self._transform_or_element}
        handler = handlers.get(len(self.parts))
        if handler is None:
            raise Refusal("NONEXISTENT_URL", "There is no such resource.", status=404)
        return handler()

    def _permit(self, record_type: str) -> None:
        permission = PERMISSIONS.get(record_type)
        if permission is None:
            return
        level = _LEVEL.get(self.method, "VIEW")
        if self.method == "PUT":
            exists = len(self.parts) == 2 and self.account.store.get(record_type, self.parts[1]) is not None
            level = "EDIT" if exists else "CREATE"
        if "!transform" in self.parts:
            level = "VIEW"
        self.login.require(permission, level)

    def _collection(self) -> Response:
        if self.method == "POST":
            made, warnings = self.account.create(self.type, self._json(), self._unknown())
            return self._written(made, warnings)
        if self.method not in ("GET", "HEAD"):
            raise _not_allowed(self.method)
        limit, offset = paging(self.query)
        where, values = condition(self.query.get("q"), self.account.schema.definitions[self.type])
        ids, total = self.account.store.ids(self.type, where, values, limit, offset)
        address = f"{self.base}/{self.type}"
        items = [{"links": [{"rel": "self", "href": f"{address}/{id_}"}], "id": str(id_)} for id_ in ids]
        return resource({
            "links": page_links(address, limit, offset, total), "count": len(items), "hasMore": offset + len(items) < total,
            "items": items, "offset": offset, "totalResults": total,
        })  # fmt: skip

    def _instance(self) -> Response:
        key = self.parts[1]
        if self.method in ("GET", "HEAD"):
            fields = self.query.get("fields")
            chosen = frozenset(fields.split(",")) if fields else None
            return resource(self._show().record(self.account.find(self.type, key), chosen))
        if self.method == "PUT":
            return self._written(*self.account.upsert(self.type, key, self._json(), self._unknown(), self._replace()))
        if self.method == "PATCH":
            found = self.account.find(self.type, key)
            return self._written(*self.account.update(found, self._json(), self._unknown(), self._replace()))
        if self.method == "DELETE":
            self.account.delete(self.account.find(self.type, key))
            return Response(status_code=204)
        raise _not_allowed(self.method)

    def _sub(self) -> Response:
        if self.method not in ("GET", "HEAD"):
            raise _not_allowed(self.method)
        return resource(self._show().collection(self.account.find(self.type, self.parts[1]), self.parts[2]))

    def _transform_or_element(self) -> Response:
        found = self.account.find(self.type, self.parts[1])
        if self.parts[2] == "!transform":
            if self.method != "POST":
                raise _not_allowed(self.method)
            target = self.account.known_type(self.parts[3])
            self.login.require(PERMISSIONS.get(target, "NONE_NEEDED"), "CREATE")
            return self._written(
                transform(self.account, found, target, self._json() if self.body.strip() else {}, self._unknown()), []
            )
        if self.method not in ("GET", "HEAD"):
            raise _not_allowed(self.method)
        return resource(self._show().element(found, self.parts[2], self.parts[3]))

    def _written(self, record: Record, warnings: list[str]) -> Response:
        headers = {"Location": f"{self.base}/{record.type}/{record.id}"}
        if warnings:
            headers["X-NetSuite-Warning"] = f"Unknown properties were left out: {', '.join(warnings)}"
        return Response(status_code=204, headers=headers)

    def _show(self) -> Representation:
        return Representation(
            self.account, self.base, expand=self.query.get("expandSubResources", "").lower() == "true",
            simple_enums=self.query.get("simpleEnumFormat", "").lower() == "true",
        )  # fmt: skip

    def _unknown(self) -> str:
        given = self.headers.get("x-netsuite-propertynamevalidation", "").lower()
        if given:
            if given not in ("error", "warning", "ignore"):
                raise Refusal(
                    "INVALID_HEADER", "Use Error, Warning or Ignore.", header="X-NetSuite-PropertyNameValidation"
                )
            return given
        return "error" if self.account.config.refuse_unknown_fields else "warning"

    def _replace(self) -> frozenset[str]:
        return frozenset(filter(None, self.query.get("replace", "").split(",")))

    def _json(self) -> Any:
        return json_body(self.body, self.headers)


def json_body(body: bytes, headers: Mapping[str, str]) -> Any:
    """Read a request's body.

    Raises:
        Refusal: it is not JSON, or does not say so.
    """
    kind = headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if kind not in ("application/json", "application/vnd.oracle.resource+json"):
        raise Refusal(
            "UNSUPPORTED_MEDIA_TYPE", f"The content type {kind} is not supported.", status=415, header="Content-Type"
        )
    try:
        return loads(body)
    except ValueError:
        raise Refusal("INVALID_CONTENT", "Invalid content in the request body: it is not JSON.") from None


def paging(query: Mapping[str, str], most: int = PAGE) -> tuple[int, int]:
    """Read limit and offset.

    Raises:
        Refusal: they are no numbers, out of range, or the offset is no multiple of the limit.
    """
    values = []
    for name, default in (("limit", most), ("offset", 0)):
        text = query.get(name, str(default))
        if not text.isdigit() or (name == "limit" and not 1 <= int(text) <= most):
            raise Refusal("INVALID_PARAMETER", f"Invalid query parameter '{name}': {text}.", parameter=name)
        values.append(int(text))
    limit, offset = values
    if offset % limit:
        raise Refusal(
            "INVALID_PARAMETER", f"The offset {offset} must be divisible by the limit {limit}.", parameter="offset"
        )
    return limit, offset


def page_links(address: str, limit: int, offset: int, total: int) -> list[dict[str, str]]:
    """Give the links of a page: self, and next, previous, first and last where they exist."""
    places = {"self": offset}
    if offset + limit < total:
        places |= {"next": offset + limit, "last": (total - 1) // limit * limit}
    if offset:
        places |= {"previous": max(0, offset - limit), "first": 0}
    return [{"rel": rel, "href": f"{address}?limit={limit}&offset={at}"} for rel, at in places.items()]


def _not_allowed(method: str) -> Refusal:
    return Refusal("METHOD_NOT_ALLOWED", f"The method {method} is not allowed for this resource.", status=405)
