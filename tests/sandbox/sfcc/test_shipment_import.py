"""The feeds that tell the shop of shipments and of stores."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests
from lxml import etree

from tests.sandbox.sfcc.feeds import WAIT, orders, stores
from tests.sandbox.shop.contracts import assert_valid

if TYPE_CHECKING:
    from tests.sandbox.sfcc.feeds import Shop

TRACKED = (
    '<order order-no="{order}"><status><order-status>COMPLETED</order-status><shipping-status>{state}</shipping-status>'
    '</status><shipments><shipment shipment-id="00000001"><status><shipping-status>SHIPPED</shipping-status></status>'
    "<tracking-number>1Z9</tracking-number><custom-attributes><custom-attribute attribute-id='carrier'>UPS"
    "</custom-attribute></custom-attributes></shipment></shipments><custom-attributes>"
    '<custom-attribute attribute-id="erpOrderNo">SO7</custom-attribute><custom-attribute attribute-id="trackingNumbers">'
    "<value>1Z9</value><value>1Z8</value></custom-attribute></custom-attributes></order>"
)


def place(shop: Shop, seed: int, *varieties: str, site: str = "RefArch") -> str:
    placed = shop.control("/orders", site=site, seed=seed, varieties=list(varieties))
    return str(placed["orders"][0]["order_no"])


def test_customers_see_state_and_tracking(ours: Shop) -> None:
    ours.control("/attributes", Shipment={"carrier": "string"})
    number = place(ours, 700, "several_shipments")
    before = ours.order(number)

    taken = ours.take("shipments", orders(TRACKED.format(order=number, state="PART_SHIPPED")))

    order = ours.order(number)
    first, *others = order["shipments"]
    assert taken.lines == []
    assert (order["status"], order["shippingStatus"]) == ("completed", "part_shipped")
    assert (order["c_erpOrderNo"], order["c_trackingNumbers"]) == ("SO7", ["1Z9", "1Z8"])
    assert (first["shippingStatus"], first["trackingNumber"], first["c_carrier"]) == ("shipped", "1Z9", "UPS")
    assert others
    assert others == before["shipments"][1:]
    assert order["lastModified"] > before["lastModified"]


def test_nothing_is_un_shipped_and_a_cancelled_order_is_left_alone(ours: Shop) -> None:
    number = place(ours, 706)
    ours.control("/attributes", Shipment={"carrier": "string"})
    ours.take("shipments", orders(TRACKED.format(order=number, state="SHIPPED")))
    back = (
        f'<order order-no="{number}"><status><shipping-status>NOT_SHIPPED</shipping-status></status><shipments>'
        f'<shipment shipment-id="{number}-00000001"><status><shipping-status>NOT_SHIPPED</shipping-status></status>'
        "<tracking-number>NEW</tracking-number></shipment></shipments></order>"
    )

    assert ours.take("shipments", orders(back)).lines == []
    order = ours.order(number)
    assert (order["shippingStatus"], order["shipments"][0]["shippingStatus"]) == ("shipped", "shipped")
    assert order["shipments"][0]["trackingNumber"] == "NEW", "the shipment is known by its number too"
    ours.scapi("PUT", f"{number}/status", {"status": "cancelled"})
    assert ours.take("shipments", orders(back)).said("code") == [("order_cancelled",)]


def test_attributes_that_nobody_defined_are_refused(ours: Shop) -> None:
    number = place(ours, 705)
    attribute = '<custom-attributes><custom-attribute attribute-id="{}">{}</custom-attribute></custom-attributes>'
    shipment = f"<shipments><shipment shipment-id='00000001'>{attribute.format('mood', 'good')}</shipment></shipments>"
    feed = orders(
        f'<order order-no="{number}">{shipment}<external-order-no>1</external-order-no></order>'
        f'<order order-no="{number}">{attribute.format("trackingNumbers", "T")}</order>'
    )

    taken = ours.take("shipments", feed)

    assert taken.said("element", "code") == [("shipment", "unknown_attribute"), ("order", "unknown_attribute")]
    assert ours.order(number)["externalOrderNo"] == "1"
    for body in ({"c_mood": "good"}, {"c_trackingNumbers": "T"}, {"c_erpOrderNo": ["1"]}):
        assert ours.scapi("PATCH", number, body).status_code == 400
    assert ours.scapi("PATCH", number, {"c_trackingNumbers": ["T"], "c_erpOrderNo": None}).status_code == 204


def test_what_the_shop_does_not_have_is_skipped(ours: Shop) -> None:
    number = place(ours, 701)
    shipments = (
        '<shipments><shipment shipment-id="9"/><shipment shipment-id="00000001"><tracking-number>T</tracking-number>'
    )
    feed = orders(
        '<order order-no="nobody"/>'
        f'<order order-no="{number}">{shipments}</shipment></shipments></order>'
        f'<order order-no="{number}"><product-lineitems/></order>'
        f'<order order-no="{number}"><status><order-status>FAILED</order-status></status></order>'
    )

    taken = ours.take("shipments", feed)

    assert taken.said("element", "code", "order-no", "shipment-id") == [
        ("order", "unknown_order", "nobody", None), ("shipment", "unknown_shipment", number, "9"),
        ("order", "invalid", number, None), ("order", "illegal_status", number, None),
    ]  # fmt: skip
    assert ours.order(number)["shipments"][0]["trackingNumber"] == "T"
    assert ours.order(number)["status"] == "new"


def test_the_files_name_says_whose_order_it_is(ours: Shop) -> None:
    number = place(ours, 702, site="RefArch")
    assert place(ours, 702, site="RefArchUS") == number
    feed = orders(f'<order order-no="{number}"><external-order-no>X</external-order-no></order>')

    unclear = ours.take("shipments", feed, name="shipments_1.xml")
    clear = ours.take("shipments", feed, name="RefArchUS_shipments_1.xml")

    assert (unclear.said("code"), clear.lines) == ([("ambiguous_order",)], [])
    assert ours.order(number, "RefArchUS")["externalOrderNo"] == "X"
    assert "externalOrderNo" not in ours.order(number, "RefArch")


def test_a_cancellation_gives_the_stock_back(ours: Shop) -> None:
    sold = ours.control("/orders", site="RefArch", seed=703)["orders"][0]
    order = ours.order(sold["order_no"])
    line = order["productItems"][0]
    path = f"/movements?list={line.get('inventoryId', 'RefArch-inventory')}&sku={line['productId']}"

    ours.take("shipments", orders(
        f'<order order-no="{order["orderNo"]}"><status><order-status>CANCELLED</order-status></status></order>'
    ))  # fmt: skip

    mine = [each["quantity"] for each in ours.look(path)["movements"] if each["order_no"] == order["orderNo"]]
    assert mine == ["1", "-1"]


def test_a_later_export_has_the_tracking(ours: Shop) -> None:
    ours.control("/attributes", Shipment={"carrier": "string"})
    number = place(ours, 704, site="RefArchUS")
    ours.take("shipments", orders(TRACKED.format(order=number, state="SHIPPED")), name="RefArchUS_s.xml")

    drop = ours.control("/export", site="RefArchUS")["drops"][0]

    path = Path(ours.endpoints.sftp["root"]) / "outbound" / "orders" / drop["name"]
    root = etree.parse(str(path)).getroot()
    path.unlink()
    assert_valid(root, "order.xsd", drop["name"])
    written = next(each for each in root if each.get("order-no") == number)
    assert written.findtext("{*}shipments/{*}shipment/{*}tracking-number") == "1Z9"
    assert written.findtext("{*}shipments/{*}shipment/{*}status/{*}shipping-status") == "SHIPPED"


def test_the_job_step_only_merges(ours: Shop) -> None:
    body = {"parameters": [{"name": "ImportMode", "value": "Replace"}]}

    answer = ours.data("POST", "/jobs/cartage-import-shipments/executions", body)

    assert (answer.status_code, answer.json()["fault"]["type"]) == (400, "InvalidParameterException")


def test_stores(ours: Shop) -> None:
    full = (
        '<store store-id="store-x"><name>Shop &amp; Café</name><address1>Weg 1</address1><city>Köln</city>'
        "<country-code>DE</country-code><latitude>50.9375</latitude><longitude>6.96</longitude>"
        "<inventory-list-id>store-berlin</inventory-list-id></store>"
    )
    ours.take("stores", stores(full))
    some = (
        '<store store-id="store-x"><city>Bonn</city><inventory-list-id>nowhere</inventory-list-id></store>'
        '<store store-id="store-y"><country-code>Germany</country-code></store><store store-id="gone" mode="delete"/>'
        '<store-group store-group-id="g"/>'
    )

    taken = ours.take("stores", stores(some))

    assert taken.said("code", "skipped") == [
        ("unknown_list", False), ("invalid", True), ("unknown_store", True), ("not_enabled", True),
    ]  # fmt: skip
    url = ours.endpoints.sfcc["ocapi_shop_url"].format(site="RefArch") + "/stores/store-x"
    store = requests.get(url, headers={"x-dw-client-id": ours.endpoints.sfcc["client_id"]}, timeout=WAIT).json()
    assert (store["name"], store["city"], store["inventory_id"]) == ("Shop & Café", "Bonn", "store-berlin")
    assert (store["latitude"], store["longitude"]) == ("50.9375", "6.96")
    assert requests.get(url, timeout=WAIT).json()["fault"]["type"] == "MissingClientIdException"
    ours.take("stores", stores('<store store-id="store-x"><name>N</name></store>'), "Replace")
    assert next(each for each in ours.look("/stores")["stores"] if each["id"] == "store-x") == {
        "id": "store-x",
        "name": "N",
    }
    ours.take("stores", stores('<store store-id="store-x"/>'), "Delete")
    assert "store-x" not in {each["id"] for each in ours.look("/stores")["stores"]}


@pytest.mark.parametrize(
    "feed", ["<orders/>", orders("<order/>").replace("<orders", "<orders version='1'"), stores("x")]
)
def test_other_documents_are_refused(ours: Shop, feed: str) -> None:
    assert ours.take("shipments", feed).folder == "error"
