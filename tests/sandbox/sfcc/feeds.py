"""What the tests of feeds share: a client of OCAPI, and ways to leave feeds and to look at what came of them."""

from __future__ import annotations

import gzip
import json
import time
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from sandbox.endpoints import Endpoints

WAIT = 30
INVENTORY = "http://www.demandware.com/xml/impex/inventory/2007-05-31"
PRICEBOOK = "http://www.demandware.com/xml/impex/pricebook/2006-10-31"
STORE = "http://www.demandware.com/xml/impex/store/2007-04-30"
ORDER = "http://www.demandware.com/xml/impex/order/2006-10-31"


@dataclass
class Imported:
    """A feed's import, as its log tells it."""

    folder: str
    lines: list[dict[str, Any]]
    summary: dict[str, Any]
    execution: dict[str, Any]

    def said(self, *names: str) -> list[tuple[Any, ...]]:
        """Give fields of the log's lines; ids by their own names."""
        return [tuple(line.get(name, line["ids"].get(name)) for name in names) for line in self.lines]


@dataclass
class Shop:
    """A shop with a token."""

    endpoints: Endpoints
    session: requests.Session = field(default_factory=requests.Session)
    feeds: int = 0
    orders_token: str = ""

    def __post_init__(self) -> None:
        self.authorise()

    def authorise(self) -> None:
        sfcc = self.endpoints.sfcc
        login = (sfcc["client_id"], sfcc["client_secret"])
        answer = requests.post(sfcc["token_url"], {"grant_type": "client_credentials"}, auth=login, timeout=WAIT)
        self.session.headers["authorization"] = f"Bearer {answer.json()['access_token']}"

    def scapi(self, method: str, path: str, body: Any = None, site: str = "RefArch") -> requests.Response:
        """Call SCAPI Orders, with a token that may write."""
        sfcc = self.endpoints.sfcc
        if not self.orders_token:
            scope = f"SALESFORCE_COMMERCE_API:{sfcc['tenant']} sfcc.orders.rw"
            form = {"grant_type": "client_credentials", "scope": scope}
            login = (sfcc["client_id"], sfcc["client_secret"])
            self.orders_token = requests.post(sfcc["token_url"], form, auth=login, timeout=WAIT).json()["access_token"]
        url = f"{sfcc['base_url']}/checkout/orders/v1/organizations/{sfcc['organization']}/orders/{path}"
        headers = {"authorization": f"Bearer {self.orders_token}"}
        return requests.request(method, url, json=body, params={"siteId": site}, headers=headers, timeout=WAIT)

    def order(self, order_no: str, site: str = "RefArch") -> dict[str, Any]:
        """Give an order as SCAPI answers it."""
        return dict(self.scapi("GET", order_no, site=site).json())

    def look(self, path: str) -> dict[str, Any]:
        """Read a control route."""
        answer = requests.get(self.endpoints.sfcc["control"] + path, timeout=WAIT)
        assert answer.status_code == 200, answer.text
        return dict(json.loads(answer.text, parse_float=Decimal))

    def data(self, method: str, path: str, body: Any = None, **parameters: Any) -> requests.Response:
        url = self.endpoints.sfcc["ocapi_data_url"] + path
        return self.session.request(method, url, json=body, params=parameters, timeout=WAIT)

    def control(self, path: str = "", status: int = 200, **body: Any) -> dict[str, Any]:
        answer = requests.post(self.endpoints.sfcc["control"] + path, json=body, timeout=WAIT)
        assert answer.status_code == status, answer.text
        return dict(json.loads(answer.text, parse_float=Decimal))

    def folder(self, kind: str) -> Path:
        return Path(self.endpoints.sftp["root"]) / "inbound" / kind

    def leave(self, kind: str, content: str | bytes, name: str | None = None) -> str:
        """Leave a feed in a folder; gives its name."""
        self.feeds += 1
        name = name or f"feed_{self.feeds:04d}.xml"
        raw = content.encode() if isinstance(content, str) else content
        (self.folder(kind) / name).write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
        return name

    def run(self, kind: str, mode: str | None = None) -> dict[str, Any]:
        """Run the import job of a folder to its end; gives its execution."""
        body = {"parameters": [{"name": "ImportMode", "value": mode}]} if mode else None
        started = self.data("POST", f"/jobs/cartage-import-{kind}/executions", body)
        assert started.status_code == 202, started.text
        return self.ended(kind, started.json()["id"])

    def ended(self, kind: str, execution: str) -> dict[str, Any]:
        until = time.monotonic() + 120
        while time.monotonic() < until:
            found = self.data("GET", f"/jobs/cartage-import-{kind}/executions/{execution}").json()
            if found["execution_status"] == "finished":
                return dict(found)
            time.sleep(0.01)
        raise AssertionError("the job did not end")

    def take(self, kind: str, content: str | bytes, mode: str | None = None, name: str | None = None) -> Imported:
        """Leave a feed, import it, and read its log."""
        left = self.leave(kind, content, name)
        return self.outcome(kind, left, self.run(kind, mode))

    def outcome(self, kind: str, name: str, execution: dict[str, Any]) -> Imported:
        folder = next(each for each in ("archive", "error") if (self.folder(kind) / each / name).exists())
        text = (self.folder(kind) / folder / f"{name}.log.jsonl").read_text()
        *lines, last = [json.loads(line) for line in text.splitlines()]
        return Imported(folder, lines, last["summary"], execution)

    def stock(self, list_id: str, sku: str) -> dict[str, Any]:
        """Give what OCAPI says of a product in a list."""
        answer = self.data("GET", f"/inventory_lists/{list_id}/product_inventory_records/{sku}")
        assert answer.status_code == 200, answer.text
        return dict(json.loads(answer.text, parse_float=Decimal))


def inventory(list_id: str, records: str, header: str = "<default-instock>false</default-instock>") -> str:
    """Write an inventory feed."""
    return (
        f'<inventory xmlns="{INVENTORY}"><inventory-list>\n<header list-id="{list_id}">{header}</header>\n'
        f"<records>\n{records}\n</records></inventory-list></inventory>"
    )


def record(sku: str, inner: str = "<allocation>5</allocation>", mode: str = "") -> str:
    """Write a record of an inventory feed."""
    return f'<record product-id="{sku}"{mode}>{inner}</record>'


def pricebook(book_id: str, tables: str, header: str = "<currency>EUR</currency>") -> str:
    """Write a price book feed."""
    return (
        f'<pricebooks xmlns="{PRICEBOOK}"><pricebook>\n<header pricebook-id="{book_id}">{header}</header>\n'
        f"<price-tables>\n{tables}\n</price-tables></pricebook></pricebooks>"
    )


def table(sku: str, inner: str = '<amount quantity="1">10.00</amount>', mode: str = "") -> str:
    """Write a table of a price book feed."""
    return f'<price-table product-id="{sku}"{mode}>{inner}</price-table>'


def orders(inner: str) -> str:
    """Write a shipment feed."""
    return f'<orders xmlns="{ORDER}">{inner}</orders>'


def stores(inner: str) -> str:
    """Write a store feed."""
    return f'<stores xmlns="{STORE}">{inner}</stores>'
