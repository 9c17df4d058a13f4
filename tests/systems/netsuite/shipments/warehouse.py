"""NetSuite as the people of a warehouse use it: orders are there, and are picked, packed, shipped and closed."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import requests

from cartage.systems.netsuite import payload

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

RECORDS = "/services/rest/record/v1"
INTEGRATION = "sfcc_netsuite"
CUSTOMER = "501"
SKUS = ("NL-1000", "NL-1001", "NL-1002", "SET-CAMP", "GIFT-WRAP", "gift-certificate")


@dataclass
class Warehouse:
    """A client with the administrator's token."""

    url: str
    token: str
    items: dict[str, str] = field(default_factory=dict)

    def call(self, method: str, path: str, body: Any = None) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", "Prefer": "transient"}
        text = None if body is None else payload.dumps(body)
        answer = requests.request(method, self.url + path, data=text, headers=headers, timeout=20)
        assert answer.status_code < 300, answer.text
        return answer

    def query(self, text: str) -> list[dict[str, Any]]:
        answer = self.call("POST", "/services/rest/query/v1/suiteql?limit=1000", {"q": text})
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    def item(self, sku: str) -> str:
        if not self.items:
            self.items = {each["itemid"]: each["id"] for each in self.query("SELECT id, itemid FROM item")}
        return self.items[sku]

    def control(self, **document: Any) -> None:
        self.call("POST", "/sandbox/control", document)

    def reset(self) -> None:
        self.call("POST", "/sandbox/control/reset", {})

    def order(
        self,
        number: str,
        lines: Sequence[tuple[str, str | None, str, int]],
        *,
        shipment: str | None = None,
        adopted: bool = False,
        site: str = "RefArch",
        **more: Any,
    ) -> str:
        """Create a sales order and give its id.

        Args:
            number: the shop's order number.
            lines: line id, shipment id, sku, units.
            shipment: the shipment that the whole sales order stands for.
            adopted: as another connector writes it, with nothing of ours.
        """
        us = site == "RefArchUS"
        body: dict[str, Any] = {
            "entity": {"id": "506" if us else CUSTOMER},
            "subsidiary": {"id": "2" if us else "1"},
            "currency": {"id": "2" if us else "1"},
            "location": {"id": "4" if us else "1"},
            "orderStatus": {"id": "B"},
            "otherRefNum": number,
            "shipMethod": {"id": "101"},
            "item": {"items": [self._line(each, adopted=adopted) for each in lines]},
            **more,
        }
        if not adopted:
            body |= {
                "custbody_ctg_integration": INTEGRATION,
                "custbody_ctg_site": site,
                "custbody_ctg_order_no": number,
                "custbody_ctg_shipment_id": shipment,
            }
        made = self.call(
            "POST", f"{RECORDS}/salesOrder", {key: value for key, value in body.items() if value is not None}
        )
        return made.headers["Location"].rpartition("/")[2]

    def _line(self, line: tuple[str, str | None, str, int], *, adopted: bool) -> dict[str, Any]:
        line_id, shipment, sku, units = line
        kind = "gift_certificate" if sku == "gift-certificate" else "product"
        body = {
            "item": {"id": self.item(sku)},
            "quantity": Decimal(units),
            "amount": Decimal(10),
            "price": {"id": "-1"},
        }
        if adopted:
            return body
        ours = {
            "custcol_ctg_line_id": line_id,
            "custcol_ctg_shipment_id": shipment,
            "custcol_ctg_sku": sku,
            "custcol_ctg_kind": kind,
        }
        return body | {key: value for key, value in ours.items() if value is not None}

    def ship(
        self, order: str, units: Mapping[int, int] | None = None, numbers: Sequence[str] = (), status: str = "C"
    ) -> str:
        """Fulfil lines of an order, all that is open when none is named, and give the fulfilment's id."""
        body: dict[str, Any] = {"shipStatus": {"id": status}}
        if units is not None:
            all_lines = self.get("salesOrder", order)["item"]["items"]
            body["item"] = {
                "items": [
                    {"orderLine": line["line"], "quantity": Decimal(units[line["line"]])}
                    if line["line"] in units
                    else {"orderLine": line["line"], "itemReceive": False}
                    for line in all_lines
                    if line["line"] in units or line["itemType"]["id"] in ("InvtPart", "Kit", "NonInvtPart")
                ]
            }
        if numbers:
            body["package"] = {"items": [{"packageTrackingNumber": each} for each in numbers]}
        made = self.call("POST", f"{RECORDS}/salesOrder/{order}/!transform/itemFulfillment", body)
        return made.headers["Location"].rpartition("/")[2]

    def set_status(self, fulfilment: str, status: str) -> None:
        self.call("PATCH", f"{RECORDS}/itemFulfillment/{fulfilment}", {"shipStatus": {"id": status}})

    def delete(self, fulfilment: str) -> None:
        self.call("DELETE", f"{RECORDS}/itemFulfillment/{fulfilment}")

    def close(self, order: str, *lines: int) -> None:
        """Close lines of an order, or all."""
        found = self.get("salesOrder", order)["item"]["items"]
        changed = [{"line": each["line"], "isClosed": True} for each in found if not lines or each["line"] in lines]
        self.call("PATCH", f"{RECORDS}/salesOrder/{order}", {"item": {"items": changed}})

    def get(self, type_: str, id_: str) -> dict[str, Any]:
        answer = self.call("GET", f"{RECORDS}/{type_}/{id_}?expandSubResources=true")
        body: dict[str, Any] = payload.loads(answer.content)
        return body
