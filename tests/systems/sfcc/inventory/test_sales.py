"""What orders took: the same by export and by REST, from orders that cannot be read, and asked for only once."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
import requests

from cartage.mapping.source import load_source
from cartage.records.booking import bookings_of
from cartage.settings.orders import Api
from cartage.systems.sfcc.api_source import ApiSource
from cartage.systems.sfcc.hook import SfccHook
from cartage.systems.sfcc.inventory.sales import ask, lines_of
from cartage.systems.sfcc.inventory.salvage import salvaged
from cartage.systems.sfcc.xml.reader import DocumentReader, Reading
from cartage.systems.sfcc.xml.tables import Numbers, Origin
from sandbox.shop.order_json import order_json
from sandbox.shop.order_xml import write_orders
from sandbox.shop.orders import random_orders
from tests.ledgers import new_ledger
from tests.systems.sfcc.exports import order as order_xml
from tests.systems.sfcc.inventory.test_week import settings_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cartage.settings import Settings
    from cartage.windows import Window
    from sandbox.endpoints import Endpoints
    from sandbox.shop.model import Order

SITE, LISTS = "RefArch", {"RefArch": "RefArch-inventory"}
INCLUDE = Path(__file__).parents[4] / "include"
COMPARED = ("order_no", "line_id", "list_id", "sku", "quantity", "cancelled")


def of_exports(orders: list[Order], folder: Path, **ways: bool) -> pa.Table:
    """Read orders as an export brings them."""
    path = folder / "orders.xml"
    content = io.BytesIO()
    write_orders(content, orders)
    path.write_bytes(content.getvalue())
    origin = Origin(SITE, path.name, "2026-03-02T10:00:00.000000Z", 0, {})
    reads = DocumentReader(load_source("sfcc", "order", INCLUDE)).read(path, origin, Numbers.start("order"), Reading())
    found = [bookings_of(each.batch, LISTS, **{"exports": True, "dated": True, **ways}) for each in reads]
    return pa.concat_tables(found)


def test_an_order_takes_the_same_by_export_and_by_rest(tmp_path: Path) -> None:
    orders = [each for each in random_orders(40, seed=5) if each.site == SITE]
    exported = of_exports(orders, tmp_path)
    asked = [line for each in orders for line in lines_of(_json(each), SITE, LISTS, datetime.now(UTC))]
    by_line = [{tuple(row[name] for name in COMPARED) for row in rows} for rows in (exported.to_pylist(), asked)]
    assert by_line[0] == by_line[1]
    assert len(by_line[0]) > len(orders)


def test_an_export_says_when_an_order_can_have_been_exported_at_the_earliest(tmp_path: Path) -> None:
    orders = list(random_orders(5, seed=6))
    placed = {each.order_no: each.placed_at for each in orders}
    dated = of_exports(orders, tmp_path).to_pylist()
    export = datetime(2026, 3, 2, 10, tzinfo=UTC)
    assert all(each["exported_at"] == max(export, each["booked_at"]) for each in dated)
    undated = of_exports(orders, tmp_path, dated=False).to_pylist()
    assert all(abs(each["exported_at"] - placed[each["order_no"]]) < timedelta(seconds=1) for each in undated)


def test_an_order_that_cannot_be_read_has_taken_its_units() -> None:
    broken = order_xml("7").replace("10.00", "ten").replace("<position>1</position>", "<position>2</position>")
    (line,) = salvaged(broken.encode(), SITE, "7", LISTS).to_pylist()
    assert (line["line_id"], line["list_id"], line["quantity"]) == ("p2-NL-1000", "RefArch-inventory", Decimal(1))
    assert line["booked_at"] == line["exported_at"] == datetime(2026, 1, 5, 10, 15, tzinfo=UTC)
    document = {
        "creationDate": "2026-01-05T10:15:00Z",
        "productItems": [{"productId": "A", "quantity": 2.5, "tax": "?"}],
    }
    (line,) = salvaged(json.dumps(document).encode(), SITE, "8", LISTS).to_pylist()
    assert (line["order_no"], line["sku"], line["quantity"]) == ("8", "A", Decimal("2.5"))
    assert not salvaged(b"<order order-no='9'><product-line", SITE, "9", LISTS)


@pytest.fixture
def hook(shop: Endpoints) -> Iterator[SfccHook]:
    yield SfccHook("sfcc_api", sleep=lambda _: None)
    requests.delete(shop.sfcc["control"], timeout=10)


def test_the_shop_is_asked_for_news_only(hook: SfccHook, shop: Endpoints, tmp_path: Path) -> None:
    ledger = new_ledger(tmp_path / "ledger.db")
    memory = ledger.memory("sfcc_netsuite", "inventory", "stock")
    asked: list[Window] = []

    class Watched(ApiSource):
        def pages(self, site: str, window: Window) -> Iterator[list[dict[str, Any]]]:
            asked.append(window)
            return super().pages(site, window)

    source = Watched(hook, sites=(SITE,), settings=Api(), overlap_minutes=0, batch_records=1)
    settings, start = settings_of(), datetime.now(UTC) - timedelta(days=400)

    def gone() -> dict[str, bool]:
        ask(source, settings, memory, start)
        rows = memory.booked(["RefArch-inventory", "store-berlin"], start).to_pylist()
        return {row["order_no"]: row["cancelled"] for row in rows}

    gone()
    placed = requests.post(f"{shop.sfcc['control']}/orders", json={"count": 9, "site": SITE, "seed": 104}, timeout=60)
    numbers = {str(each["order_no"]) for each in placed.json()["orders"]}
    known = gone()
    some = next(number for number in sorted(numbers & known.keys()) if not known[number])
    hook.request("PUT", hook.order_path(some, "/status"), params={"siteId": SITE}, body={"status": "cancelled"})
    assert gone()[some]
    assert asked[-1].since == asked_before(asked[-1 - len(settings.sites)], settings)
    ledger.close()


def asked_before(window: Window, settings: Settings) -> datetime:
    """Give where the question after this one begins: what SCAPI may not have listed yet is asked for again."""
    allocation = settings.inventory.allocation
    return window.until - allocation.skew - allocation.lag - allocation.skew


def _json(order: Order) -> dict[str, Any]:
    document: dict[str, Any] = order_json(order)
    return document
