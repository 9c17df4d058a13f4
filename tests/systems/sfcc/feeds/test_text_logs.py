"""What is made of logs whose form nobody specifies: what can be understood, and never more."""

from __future__ import annotations

import io

import pytest

from cartage.systems.sfcc.feeds.places import ids_of
from cartage.systems.sfcc.feeds.text_logs import DataLine, TextLogs

FEED = """<?xml version="1.0" encoding="UTF-8"?>
<inventory xmlns="http://www.demandware.com/xml/impex/inventory/2007-05-31">
<inventory-list>
<header list-id="web"><default-instock>false</default-instock></header>
<records>
<record product-id="A1"><allocation>1</allocation></record>
<record product-id="B2">
  <allocation>2</allocation>
</record><record product-id="C3"><allocation>3</allocation></record>
</records>
</inventory-list>
<inventory-list>
<header list-id="shop"><default-instock>false</default-instock></header>
<records>
<record product-id="A1"><allocation>1</allocation></record>
</records>
</inventory-list>
</inventory>
"""
ORDERS = """<orders xmlns="http://www.demandware.com/xml/impex/order/2006-10-31">
<order order-no="1"><shipments>
<shipment shipment-id="me"/>
</shipments></order>
<order order-no="2"/>
</orders>
"""
SHIPPING = """<shipping_order_status_feed xmlns="urn:demandware.com:oms:shipping_order_status_feed:99.9"><shipping_orders>
<shipping_order><shipping_order_number>1-me</shipping_order_number>
<status>shipped</status></shipping_order>
<shipping_order><shipping_order_number>2-me</shipping_order_number></shipping_order>
</shipping_orders></shipping_order_status_feed>
"""


def read(text: str, where: str = "Job-x.log") -> tuple[TextLogs, list[str]]:
    logs = TextLogs()
    return logs, logs.read(text.encode().splitlines(), where)


def ids(feed: str, *lines: DataLine) -> list[dict[str, str]]:
    return [dict(each) for each in ids_of(io.BytesIO(feed.encode()), lines)]


def error(text: str, line: int | None = None, column: int | None = None) -> DataLine:
    return DataLine("DATAERROR", text, line, column)


def test_lines_belong_to_the_feed_that_was_named_last() -> None:
    logs, mentioned = read("""
[2026-11-22 02:45:00.123 GMT] INFO SystemJobThread|7|import|Import - Import of cartage/a.xml, log file [Import-7-1.log]
[2026-11-22 02:45:00.125 GMT] INFO ImportFile:  cartage/a.xml
[2026-11-22 02:45:00.126 GMT] INFO Starting Import of 'inventory' from: cartage/a.xml
[2026-11-22 02:45:00.127 GMT] WARN [DATAERROR] [6/25] Record: A1: there is no such product
[2026-11-22 02:45:00.128 GMT] WARN [DATAWARNING] [8/3] Record: B2: the file x.xml is not there
[2026-11-22 02:45:00.129 GMT] INFO Processed 4 total elements
[2026-11-22 02:45:00.130 GMT] INFO Starting Import of 'inventory' from: cartage/b.xml.gz
[2026-11-22 02:45:00.131 GMT] ERROR Import aborted: the document is not well-formed
[2026-11-22 02:45:00.132 GMT] INFO Archived cartage/c.xml
""")
    a, b, c = (logs.sections[name] for name in ("a.xml", "b.xml.gz", "c.xml"))
    assert [(each.severity, each.line, each.column) for each in a.lines] == [
        ("DATAERROR", 6, 25),
        ("DATAWARNING", 8, 3),
    ]
    assert a.lines[0].text == "Record: A1: there is no such product"
    assert (a.refused, b.refused) == (None, "Import aborted: the document is not well-formed")
    assert not c.telling  # it is named, but nothing says that it was imported
    assert mentioned == ["Import-7-1.log"]


@pytest.mark.parametrize(
    "line",
    [
        "DATAERROR: (6, 25): Record: A1: no",
        "[2026-11-22 02:45:00.123 GMT] ERROR SystemJobThread|1|j|s com.x.Y [] DATAERROR [6:25] Record: A1: no",
        "garbage [DATAERROR] [ 6/25 ] Record: A1: no",
    ],
)
def test_an_error_is_understood_in_other_dress_too(line: str) -> None:
    logs, _ = read(f"Starting import of x from a.xml\n{line}\n\xff\nProcessed 1 total elements")
    (found,) = logs.sections["a.xml"].lines
    assert (found.line, found.column, found.text) == (6, 25, "Record: A1: no")
    assert logs.sections["a.xml"].refused is None  # a data error is no error of the process


def test_an_error_of_a_process_that_came_to_its_end_refuses_nothing() -> None:
    logs, _ = read("INFO Starting Import of 'x' from: a.xml\nERROR a value was cut\nINFO Processed 9 total elements")
    assert (logs.sections["a.xml"].refused, logs.sections["a.xml"].errors) == (None, ["a value was cut"])


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        (error("Record: A1: no", 6, 26), {"list-id": "web", "product-id": "A1"}),
        (error("Record: A1: no", 15, 26), {"list-id": "shop", "product-id": "A1"}),
        (error("no", 8, 3), {"list-id": "web", "product-id": "B2"}),  # within an element
        (error("no", 9, 10), {"list-id": "web", "product-id": "B2"}),  # behind its end
        (error("no", 9, 34), {"list-id": "web", "product-id": "C3"}),  # two in a line
        (error("no", 6), {"list-id": "web", "product-id": "A1"}),
        (error("Record: B2: no"), {"list-id": "web", "product-id": "B2"}),  # no place, but an id that is there once
        (error("the product 'C3' is not in list 'web'"), {"list-id": "web", "product-id": "C3"}),
        (error("Record: A1: not in shop"), {"list-id": "shop", "product-id": "A1"}),
        (error("InventoryList: shop: no such list", 13, 24), {"list-id": "shop"}),
        (error("Record: C3: no", 6, 26), {"list-id": "web", "product-id": "C3"}),  # counted otherwise: the id is right
        (error("Record: A1: no"), {}),  # in two lists
        (error("no", 13, 24), {}),  # a whole list only when it is named
        (error("Record: X9: not in 'web'"), {}),
        (error("no", 1, 1), {}),
        (error("no", 9000, 1), {}),
        (error("no"), {}),
    ],
)
def test_a_line_is_tied_to_its_element(line: DataLine, meant: dict[str, str]) -> None:
    assert ids(FEED, line) == [meant]


def test_orders_and_shipping_orders_are_told_apart() -> None:
    at = [error("no", 3, 29), error("no", 5, 21), error("Order: 1: no", 5, 21)]
    assert ids(ORDERS, *at) == [{"order-no": "1", "shipment-id": "me"}, {"order-no": "2"}, {"order-no": "1"}]
    placed = ids(SHIPPING, error("no", 2, 17), error("no", 3, 9), error("ShippingOrder: 2-me: no"), error("no", 4, 17))
    assert [each["shipping-order-number"] for each in placed] == ["1-me", "1-me", "2-me", "2-me"]


def test_a_copy_that_is_cut_short_gives_what_it_has() -> None:
    assert ids(FEED[:400], error("no", 6, 26), error("no", 15, 26)) == [{"list-id": "web", "product-id": "A1"}, {}]
