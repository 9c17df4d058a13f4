"""Orders of the shop by REST: looked at, changed, with every request noted for the ledger."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cartage.errors import RetryableError
from cartage.mapping import canonical
from cartage.seams import Attempt
from cartage.systems.sfcc.hook import ShopRefused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cartage.systems.sfcc.hook import SfccHook
    from cartage.systems.sfcc.shipments.deciding import Call

Json = dict[str, Any]

BUSY = 409
"""Somebody else changes the order at this moment."""

UNKNOWN = 404

_PRODUCT_LINE = re.compile(r"p(\d+)-")
"""The shop's line id of a product begins with its position, see `cartage.systems.sfcc.xml.line_ids`."""


class ShopOrders:
    """Orders of one shop. Safe to use from several threads.

    Args:
        hook: the shop's API.
    """

    def __init__(self, hook: SfccHook) -> None:
        self._hook = hook

    def look(self, site: str, order_no: str) -> Json | None:
        """Give an order as SCAPI shows it, or None when the shop does not know it.

        Raises:
            RetryableError: the shop does not answer for now.
            ShopRefused: it refuses to show it.
            BatchError: it refuses the API client.
        """
        try:
            return self._hook.order(order_no, site)
        except ShopRefused as refused:
            if refused.problem.status == UNKNOWN:
                return None
            raise

    def change(self, site: str, order_no: str, call: Call, attempts: list[Attempt]) -> None:
        """Change an order, or what belongs to it.

        Args:
            site: the order's site.
            order_no: its number.
            call: the request.
            attempts: gets a note of it.

        Raises:
            RetryableError: the shop does not answer for now, or somebody else changes the order at this moment.
            ShopRefused: it refuses the change.
        """
        method, body = call.method, call.body
        path = self._hook.order_path(order_no, call.resource)
        begun, status = time.monotonic(), None
        try:
            self._hook.request(method, path, params={"siteId": site}, body=body)
            status = 204
        except ShopRefused as refused:
            status = refused.problem.status
            if status == BUSY:
                raise RetryableError(f"{method} {path}: {refused.problem}; it is tried again later") from refused
            raise
        finally:
            milliseconds = int((time.monotonic() - begun) * 1000)
            attempts.append(Attempt(datetime.now(UTC), method, path, status, canonical.dumps(body), None, milliseconds))


def with_line_ids(event: Json, shop: Mapping[str, Any]) -> tuple[Json, list[str]]:
    """Give an event the ids that REST gives the order's lines, and the lines that REST does not show.

    Args:
        event: an OMS status event whose lines have the ids of the order's export.
        shop: the order as SCAPI shows it.
    """
    ids = {str(each.get("position")): each.get("itemId") for each in shop.get("productItems") or ()}
    found, missing = [], []
    for line in event["fulfillmentEvent"].get("lineItems", ()):
        position = _PRODUCT_LINE.match(line["id"] or "")
        item = ids.get(position.group(1)) if position else None
        if item:
            found.append({**line, "id": item})
        else:
            missing.append(str(line["id"]))
    return {**event, "fulfillmentEvent": {**event["fulfillmentEvent"], "lineItems": found}}, missing
