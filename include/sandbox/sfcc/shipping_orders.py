"""Shipping orders, as shops with Order Management have them: a shipment of an order, and how far it is.

SFCC gives them numbers of its own; the sandbox has one for each shipment of an order, numbered ``{order}-{shipment}``,
where the shipment is called by its id or by its number. No REST API shows them, so a control route does::

    GET /sandbox/control/shipping-orders?site=RefArch&order=00017
    {"shipping_orders": [{"shipping_order_number": "00017-me", "status": "shipped", "items": […], "tracking_infos": […]}]}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.routing import Route

from sandbox.sfcc.control import PATH
from sandbox.sfcc.exact_json import dumps, loads

if TYPE_CHECKING:
    from starlette.requests import Request

    from sandbox.sfcc.store import ShopStore

    Json = dict[str, Any]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS shipping_orders (
    site TEXT NOT NULL,
    order_no TEXT NOT NULL,
    shipment_id TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (site, order_no, shipment_id)
);
"""


class ShippingOrders:
    """What feeds told of shipping orders.

    Args:
        store: the shop.
    """

    def __init__(self, store: ShopStore) -> None:
        self._store = store
        store.database.define(_SCHEMA)

    def routes(self) -> list[Route]:
        """Give the control route."""
        return [Route(f"{PATH}/shipping-orders", self.show, methods=["GET"])]

    def find(self, number: str, sites: tuple[str, ...]) -> list[tuple[str, Json, Json]]:
        """Give site, order and shipment that a number may mean.

        Args:
            number: ``{order}-{shipment}``; either may have dashes of its own.
            sites: where to look.
        """
        parts = number.split("-")
        found: list[tuple[str, Json, Json]] = []
        for count in range(1, len(parts)):
            order_no, shipment_id = "-".join(parts[:count]), "-".join(parts[count:])
            for site in set(self._store.sites_of(order_no)) & set(sites):
                order = self._store.get(site, order_no) or {}
                found += ((site, order, each) for each in order.get("shipments", ()) if _called(each, shipment_id))
        return found

    def put(self, site: str, order_no: str, shipment_id: str, document: Json) -> None:
        """Note what a feed tells."""
        with self._store.database.transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO shipping_orders VALUES (?, ?, ?, ?)",
                (site, order_no, shipment_id, dumps(document)),
            )

    async def show(self, request: Request) -> Response:
        """Answer the control route."""
        asked = request.query_params
        rows = self._store.database.rows(
            "SELECT document FROM shipping_orders WHERE site = coalesce(?, site) AND order_no = coalesce(?, order_no) "
            "ORDER BY site, order_no, shipment_id",
            (asked.get("site"), asked.get("order")),
        )
        found = [loads(row["document"]) for row in rows]
        return Response(dumps({"shipping_orders": found}), media_type="application/json")


def _called(shipment: Json, name: str) -> bool:
    return name in (shipment.get("shipmentId"), shipment.get("shipmentNo"))
