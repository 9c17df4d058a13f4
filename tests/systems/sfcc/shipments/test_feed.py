"""Feeds and events of shipments: both forms of the feed are valid, and hold what the mapping says."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from cartage.errors import SettingsError
from cartage.mapping import canonical, load_mapping
from cartage.records.batch import Batch
from cartage.records.outcome import Outcome
from cartage.records.shipment import TABLES
from cartage.settings.shipments import Shipments
from cartage.systems.sfcc.shipments.deciding import feed_differs
from cartage.systems.sfcc.shipments.feed import Form, feed
from cartage.systems.sfcc.shipments.shop_orders import with_line_ids
from cartage.systems.sfcc.shipments.transform import ShipmentTransformer
from cartage.yamlfile import check, parse

INCLUDE = Path(__file__).parents[4] / "include"
XSD = Path(__file__).resolve().parents[4].parent / "shared" / "contracts" / "sfcc" / "xsd"
SCHEMAS: dict[Form, str] = {"order": "order.xsd", "shipping_order": "shippingorderupdatefeed.xsd"}
MOMENT = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)

texts = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"),
    min_size=1,
    max_size=40,
)
ids = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9 _.-]{0,20}[A-Za-z0-9]", fullmatch=True)


def batch(
    number: str = "00017", shipments: tuple[str, ...] = ("me",), numbers: tuple[str, ...] = ("1Z",), **order: Any
) -> Batch:
    """Make a shipped order of one line a shipment, each shipment with all the tracking numbers."""
    head = {
        "order": 0, "key": f"RefArch/{number}", "version": "2026-11-20T23:00:00Z", "site": "RefArch", "order_no": number,
        "erp_ids": '["1"]', "erp_numbers": '["SO1"]', "status": "SHIPPED", "closed": True, "adopted": False,
        "cancelled": False, "short": False,
    }  # fmt: skip
    rows: dict[str, list[dict[str, Any]]] = {
        "orders": [{**head, **order}],
        "shipments": [
            {"order": 0, "shipment_id": each, "status": "SHIPPED", "tracking_number": next(iter(numbers), None),
             "carrier": "DHL", "shipped_at": MOMENT}
            for each in shipments
        ],
        "packages": [
            {"order": 0, "shipment_id": each, "fulfilment_id": "900", "tracking_number": tracking, "carrier": "DHL",
             "shipped_at": MOMENT, "contents": json.dumps({f"p{at}-NL": "2"})}
            for at, each in enumerate(shipments, 1)
            for tracking in numbers
        ],
        "lines": [
            {"order": 0, "shipment_id": each, "line_id": f"p{at}-NL", "sku": "NL", "ordered": Decimal(2),
             "shipped": Decimal(2), "closed": False}
            for at, each in enumerate(shipments, 1)
        ],
    }  # fmt: skip
    return Batch("shipment", {name: pa.Table.from_pylist(rows[name], schema) for name, schema in TABLES.items()})


def transformed(one: Batch, **changes: Any) -> Any:
    mapping = load_mapping("sfcc", "shipment", INCLUDE)
    return ShipmentTransformer(Shipments(**changes), mapping).transform(one)


def bodies(one: Batch, **changes: Any) -> dict[str, Any]:
    rows = transformed(one, **changes).documents.root.to_pylist()
    return {row["type"]: canonical.loads(row["body"]) for row in rows}


@pytest.mark.skipif(not XSD.exists(), reason="the official schemas are not beside the repository")
@settings(max_examples=15)
@given(
    st.sampled_from(["order", "shipping_order"]),
    ids,
    st.lists(ids, min_size=1, max_size=3, unique=True),
    st.lists(texts, max_size=3, unique=True),
)
def test_every_feed_is_valid(form: Form, number: str, shipments: list[str], numbers: list[str]) -> None:
    made = bodies(batch(number, tuple(shipments), tuple(numbers)), feed={"form": form})
    document = etree.fromstring(feed(form, [(number, made["shipments"])]))
    etree.XMLSchema(etree.parse(XSD / SCHEMAS[form])).assertValid(document)
    written = {each.text for each in document.iter("{*}tracking-number", "{*}tracking_number")}
    assert written == set(numbers[:1] if form == "order" else numbers)


def test_the_order_of_a_feed_holds_what_changes_and_nothing_else() -> None:
    made = bodies(batch(shipments=("me", "gift"), numbers=("1Z", "2Z")))
    lines = feed("order", [("00017", made["shipments"])]).decode().split("\n")
    assert [each.strip() for each in lines[2:-2]] == [
        '<order order-no="00017">',
        "<status>",
        "<shipping-status>SHIPPED</shipping-status>",
        "</status>",
        "<shipments>",
        '<shipment shipment-id="me">',
        "<status>",
        "<shipping-status>SHIPPED</shipping-status>",
        "</status>",
        "<tracking-number>1Z</tracking-number>",
        "<custom-attributes>",
        '<custom-attribute attribute-id="trackingCarrier">DHL</custom-attribute>',
        "</custom-attributes>",
        "</shipment>",
        '<shipment shipment-id="gift">',
        "<status>",
        "<shipping-status>SHIPPED</shipping-status>",
        "</status>",
        "<tracking-number>1Z</tracking-number>",
        "<custom-attributes>",
        '<custom-attribute attribute-id="trackingCarrier">DHL</custom-attribute>',
        "</custom-attributes>",
        "</shipment>",
        "</shipments>",
        "<custom-attributes>",
        '<custom-attribute attribute-id="erpOrderNo">SO1</custom-attribute>',
        '<custom-attribute attribute-id="trackingCarriers">',
        "<value>DHL</value>",
        "</custom-attribute>",
        '<custom-attribute attribute-id="trackingNumbers">',
        "<value>1Z</value>",
        "<value>2Z</value>",
        "</custom-attribute>",
        "</custom-attributes>",
        "</order>",
    ]


@pytest.mark.parametrize(
    ("there", "differs"), [({"c_trackingCarrier": "DHL"}, False), ({"c_trackingCarrier": "UPS"}, True), ({}, True)]
)
def test_attributes_of_shipments_themselves_are_news(there: dict[str, str], differs: bool) -> None:
    told = {"shipment-id": "me", "tracking-number": "1Z", "custom-attributes": {"trackingCarrier": "DHL"}}
    shop = {"shipments": [{"shipmentId": "me", "trackingNumber": "1Z", **there}]}
    assert feed_differs({"shipments": [told]}, shop) is differs


def test_an_event_names_lines_as_the_shops_rest_does() -> None:
    urls = {"DHL": "https://dhl.example/{number}", "default": "https://track.example/{number}"}
    event = bodies(batch(), by=("events",), tracking_urls=urls)["shipmentEvent"]
    shop = {"productItems": [{"position": 1, "itemId": "pli-1"}, {"position": 2, "itemId": "pli-2"}]}
    found, missing = with_line_ids(event, shop)
    assert missing == []
    assert found == {
        "omsOrderId": "SO1",
        "fulfillmentEvent": {
            "id": "900-1",
            "type": "shipped",
            "occurredAt": "2026-11-20T23:00:00Z",
            "carrier": "DHL",
            "trackingNumber": "1Z",
            "trackingUrl": "https://dhl.example/1Z",
            "lineItems": [{"id": "pli-1", "quantity": 2}],
        },
    }
    assert with_line_ids(event, {"productItems": []})[1] == ["p1-NL"]


def test_every_record_gets_a_document_or_a_verdict() -> None:
    nothing = transformed(batch(numbers=(), status="NOT_SHIPPED"), by=("feed",))
    assert (len(nothing.documents), [each.outcome for each in nothing.verdicts]) == (0, [Outcome.SKIPPED])
    cancelled = transformed(batch(numbers=(), status="NOT_SHIPPED", cancelled=True), by=("feed",))
    assert [(each.outcome, each.complaints[0].code) for each in cancelled.verdicts] == [
        (Outcome.QUARANTINED, "cancelled_in_erp")
    ]
    wide = transformed(batch(numbers=("9" * 300,)))
    assert (len(wide.documents), [each.outcome for each in wide.verdicts]) == (0, [Outcome.QUARANTINED])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("by: [events]", "tracking_urls"),
        ("tracking_urls: {default: https://x}", "{number}"),
        ("counts_as_shipped: [D]", "counts_as_shipped"),
        ("complete: true\nby: [feed]", "add `scapi` to `by`"),
        ("cancelled: cancel\nby: [feed]", "add `scapi` to `by`"),
    ],
)
def test_a_wrong_setting_is_named_with_its_line(text: str, words: str) -> None:
    with pytest.raises(SettingsError) as raised:
        check(Shipments, parse(text, "settings.yaml"))
    assert words in str(raised.value)
    assert str(raised.value).startswith("settings.yaml:1:")
