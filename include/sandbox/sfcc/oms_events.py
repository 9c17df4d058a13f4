"""SCAPI Orders 1.5.2, status events of an order management system: taken, checked, and passed on to subscribers.

``POST …/orders/{orderNo}/oms-status-events`` takes one fulfilment event or one adjustment, never both
(orders-oas-v1-public.yaml, ``OmsStatusEventRequest``), and answers 202 once it is queued. It changes nothing of the order.
The shop's subscribers get it; who they are is no matter here, so a control route shows what they would get::

    GET /sandbox/control/oms-events?site=RefArch&order=00017
    {"events": [{"site": "RefArch", "orderNo": "00017", "receivedAt": "…", "products": ["NL-1000"], "event": {…}}]}

``products`` are those of the lines that the event names, null where the order has no such line. The specification names
202 and 400 only; an order that the site does not have is answered with 404, as everywhere else in that API.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from starlette.responses import Response

from sandbox.sfcc.database import stamp
from sandbox.sfcc.exact_json import dumps, loads
from sandbox.sfcc.problems import bad_request, order_not_found

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request

    from sandbox.sfcc.store import ShopStore

    Json = dict[str, Any]
    Check = Callable[[str, object], None]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS oms_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    site TEXT NOT NULL,
    order_no TEXT NOT NULL,
    received_at TEXT NOT NULL,
    event TEXT NOT NULL
);
"""
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
"""``date-time`` of RFC 3339."""

_LINES = 200


class OmsEvents:
    """Events of an order management system.

    Args:
        store: the shop.
    """

    def __init__(self, store: ShopStore) -> None:
        self._store = store
        store.database.define(_SCHEMA)

    def take(self, site: str, order_no: str, body: Json) -> Response:
        """Queue an event.

        Raises:
            Problem: it is not as the specification wants it (400), or there is no such order (404).
        """
        _REQUEST("$", body)
        if len({"fulfillmentEvent", "adjustment"} & set(body)) != 1:
            raise bad_request("Exactly one of 'fulfillmentEvent' and 'adjustment' must be present.")
        event = body.get("fulfillmentEvent", {})
        for name in ("trackingNumber", "trackingUrl"):
            if event and event["type"] != "processing" and name not in event:
                raise bad_request(
                    f"The property '$.fulfillmentEvent.{name}' is required unless the type is 'processing'."
                )
        if self._store.get(site, order_no) is None:
            raise order_not_found(order_no)
        with self._store.database.transaction() as db:
            db.execute(
                "INSERT INTO oms_events (site, order_no, received_at, event) VALUES (?, ?, ?, ?)",
                (site, order_no, stamp(self._store.clock()), dumps(body)),
            )
        return Response(status_code=202)

    async def show(self, request: Request) -> Response:
        """Answer the control route: what subscribers would get, in the order it came."""
        asked = request.query_params
        rows = self._store.database.rows(
            "SELECT * FROM oms_events WHERE site = coalesce(?, site) AND order_no = coalesce(?, order_no) ORDER BY id",
            (asked.get("site"), asked.get("order")),
        )
        events = [self._told(row["site"], row["order_no"], row["received_at"], loads(row["event"])) for row in rows]
        return Response(dumps({"events": events}), media_type="application/json")

    def _told(self, site: str, order_no: str, received_at: str, body: Json) -> Json:
        order = self._store.get(site, order_no) or {}
        products = {each["itemId"]: each["productId"] for each in order.get("productItems", [])}
        lines = (body.get("fulfillmentEvent") or body["adjustment"]).get("lineItems", [])
        return {
            "site": site,
            "orderNo": order_no,
            "receivedAt": received_at,
            "products": [products.get(each["id"]) for each in lines],
            "event": body,
        }


def _wrong(path: str, what: str) -> Exception:
    return bad_request(f"The property '{path}' {what}.")


def _text(most: int = 256) -> Check:
    def check(path: str, value: object) -> None:
        if not isinstance(value, str) or not 1 <= len(value) <= most:
            raise _wrong(path, f"must be a text of 1 to {most} characters")

    return check


def _moment(path: str, value: object) -> None:
    try:
        if isinstance(value, str) and _MOMENT.fullmatch(value):
            datetime.fromisoformat(value.upper())
            return
    except ValueError:
        pass
    raise _wrong(path, "must be a date-time of RFC 3339")


def _address(path: str, value: object) -> None:
    _text(2048)(path, value)
    try:
        parts = urlsplit(str(value))
    except ValueError:
        parts = urlsplit("")
    if not parts.scheme or " " in str(value):
        raise _wrong(path, "must be a URI")


def _whole(least: int | None = None) -> Check:
    def check(path: str, value: object) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or (least is not None and value < least):
            raise _wrong(path, "must be a whole number" + ("" if least is None else f" from {least} on"))

    return check


def _one_of(*words: str) -> Check:
    def check(path: str, value: object) -> None:
        if value not in words:
            raise _wrong(path, f"must be one of {', '.join(words)}")

    return check


def _object(required: Mapping[str, Check], more: Mapping[str, Check]) -> Check:
    """Check an object without additional properties."""
    known = {**required, **more}

    def check(path: str, value: object) -> None:
        if not isinstance(value, dict):
            raise _wrong(path, "must be an object")
        for name in value:
            if name not in known:
                raise _wrong(f"{path}.{name}", "is not known")
        for name in required:
            if name not in value:
                raise _wrong(f"{path}.{name}", "is required")
        for name, each in value.items():
            known[name](f"{path}.{name}", each)

    return check


def _list(item: Check, least: int = 0) -> Check:
    def check(path: str, value: object) -> None:
        if not isinstance(value, list) or not least <= len(value) <= _LINES:
            raise _wrong(path, f"must be a list of {least} to {_LINES} entries")
        for at, each in enumerate(value):
            item(f"{path}[{at}]", each)

    return check


_FULFILMENT = _object(
    {
        "id": _text(),
        "occurredAt": _moment,
        "type": _text(),
        "lineItems": _list(_object({"id": _text(), "quantity": _whole(0)}, {}), 1),
    },
    {
        "trackingNumber": _text(),
        "trackingUrl": _address,
        "carrier": _text(),
        "description": _text(),
    },
)
_ADJUSTMENT = _object(
    {"id": _text(), "type": _text(), "occurredAt": _moment, "status": _one_of("pending", "completed", "failed")},
    {
        "lineItems": _list(_object({"id": _text(), "quantity": _whole()}, {})),
        "totals": _list(_object({"type": _text(), "amount": _whole()}, {"displayText": _text()})),
        "description": _text(),
    },
)
_REQUEST = _object({}, {"omsOrderId": _text(), "fulfillmentEvent": _FULFILMENT, "adjustment": _ADJUSTMENT})
