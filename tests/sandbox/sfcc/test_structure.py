"""What an import takes for a good element is what Salesforce's schema takes for one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from sandbox.sfcc.feeds import inventory, prices, shipments, stores
from sandbox.sfcc.feeds.structure import Wrong, read
from tests.sandbox.shop.contracts import schema

FORMATS = {
    "inventory.xsd": inventory.FORMAT,
    "pricebook.xsd": prices.FORMAT,
    "store.xsd": stores.FORMAT,
    "order.xsd": shipments.FORMAT,
}

RECORD = (
    "<record product-id='a'><allocation>5</allocation><allocation-timestamp>2026-01-01T00:00:00Z</allocation-timestamp>"
    "<perpetual>false</perpetual><preorder-backorder-handling>backorder</preorder-backorder-handling>"
    "<preorder-backorder-allocation>1.5</preorder-backorder-allocation><in-stock-date>2026-01-01</in-stock-date>"
    "<in-stock-datetime>2026-01-01T00:00:00.000+01:00</in-stock-datetime><ats>5</ats><on-order>-1</on-order>"
    "<turnover>-2</turnover><custom-attributes><custom-attribute attribute-id='c' xml:lang='de'>x<value>1</value>"
    "</custom-attribute></custom-attributes></record>"
)
LIST = (
    "<header list-id='l'><default-instock>1</default-instock><description>d</description>"
    "<use-bundle-inventory-only>true</use-bundle-inventory-only><on-order>0</on-order></header>"
)
TABLE = (
    "<price-table product-id='a' mode='delete-all'><online-from>2026-01-01T00:00:00</online-from>"
    "<online-to>2026-02-01T00:00:00</online-to><amount quantity='1'>1.00</amount><percentage quantity='5'>90</percentage>"
    "<amount>.5</amount><price-info>i</price-info></price-table>"
)
BOOK = (
    "<header pricebook-id='b'><currency>EUR</currency><display-name xml:lang='x-default'>n</display-name>"
    "<display-name xml:lang='de'>n</display-name><description>d</description><online-flag>true</online-flag>"
    "<online-from>2026-01-01T00:00:00Z</online-from><online-to>2026-01-01T00:00:00Z</online-to><parent>p</parent>"
    "<feed-based>false</feed-based></header>"
)
STORE = (
    "<store store-id='s'><name>n</name><address1>a</address1><city>c</city><postal-code>1</postal-code>"
    "<country-code>DE</country-code><email>e</email><phone>1</phone><store-hours xml:lang='de'>9-5</store-hours>"
    "<latitude>-90.0</latitude><longitude>180</longitude><inventory-list-id>l</inventory-list-id>"
    "<store-locator-enabled-flag>true</store-locator-enabled-flag><pos-enabled-flag>false</pos-enabled-flag></store>"
)
GROUP = (
    "<store-group store-group-id='g'><name>n</name><stores><store store-id='s'/></stores>"
    "<price-books><price-book price-book-id='p'/></price-books></store-group>"
)
ORDER = (
    "<order order-no='1'><status><order-status>COMPLETED</order-status><shipping-status>PART_SHIPPED</shipping-status>"
    "<confirmation-status>CONFIRMED</confirmation-status><payment-status>PAID</payment-status>"
    "<export-status>EXPORTED</export-status></status><cancel-code>c</cancel-code><shipments><shipment shipment-id='1'>"
    "<status><shipping-status>SHIPPED</shipping-status></status><tracking-number>t</tracking-number></shipment>"
    "</shipments><external-order-no>1</external-order-no><custom-attributes><custom-attribute attribute-id='t'>"
    "<value>1</value></custom-attribute></custom-attributes></order>"
)
GOOD = [
    ("inventory.xsd", RECORD), ("inventory.xsd", LIST), ("pricebook.xsd", TABLE), ("pricebook.xsd", BOOK),
    ("store.xsd", STORE), ("store.xsd", GROUP), ("order.xsd", ORDER),
]  # fmt: skip
TEXTS = ("", " ", "-1", "+1.", ".5", "1e3", "NaN", "true", " true ", "yes", "none", " none", "2026-02-30", "x" * 257,
         "x" * 101, "2026-01-01T00:00:00Z", "2026-01-01T25:00:00Z", "2026-01-01", " a", "SHIPPED", "91", "eur", "delete")  # fmt: skip


def parsed(name: str, text: str) -> etree._Element:
    start = text.index(" ")
    return etree.fromstring(f"{text[:start]} xmlns='{FORMATS[name].namespace}'{text[start:]}")


def taken(name: str, element: etree._Element) -> bool:
    form = FORMATS[name]
    shape = next(shape for path, shape in form.items.items() if path[-1] == etree.QName(element).localname)
    try:
        read(element, shape, form.namespace)
    except Wrong:
        return False
    return True


@pytest.mark.parametrize(("name", "text"), GOOD)
def test_good_elements_are_taken(name: str, text: str) -> None:
    element = parsed(name, text)

    assert schema(name).validate(element), schema(name).error_log.last_error
    assert taken(name, element)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_what_the_schema_refuses_is_refused_and_nothing_else(data: st.DataObject) -> None:
    name, text = data.draw(st.sampled_from(GOOD))
    root = parsed(name, text)
    for _ in range(data.draw(st.integers(1, 2))):
        change(data, root)
    root = etree.fromstring(etree.tostring(root))

    assert taken(name, root) == schema(name).validate(root), etree.tostring(root)


def change(data: st.DataObject, root: etree._Element) -> None:
    """Spoil an element in one place, or leave it good by chance."""
    element = data.draw(st.sampled_from(list(root.iter("*"))), label="element")
    if element is root or data.draw(st.booleans()):
        change_content(data, element)
    else:
        change_place(data, element, element.getparent())


def change_content(data: st.DataObject, element: etree._Element) -> None:
    kind = data.draw(st.sampled_from(["text", "set", "lose", "new", "comment"]))
    if kind == "text" and not len(element):
        element.text = data.draw(st.sampled_from(TEXTS))
    elif kind in {"set", "lose"} and element.attrib:
        name = data.draw(st.sampled_from(sorted(element.attrib)))
        if kind == "lose":
            del element.attrib[name]
        else:
            element.set(name, data.draw(st.sampled_from(TEXTS)))
    elif kind == "new":
        element.set("unknown", "x")
    elif kind == "comment":
        element.append(etree.Comment("a comment"))


def change_place(data: st.DataObject, element: etree._Element, parent: etree._Element) -> None:
    kind = data.draw(st.sampled_from(["drop", "again", "move", "rename", "tail"]))
    if kind == "drop":
        parent.remove(element)
    elif kind == "again":
        parent.append(etree.fromstring(etree.tostring(element, with_tail=False)))
    elif kind == "move":
        parent.insert(0, element)
    elif kind == "rename":
        element.tag = data.draw(st.sampled_from([f"{{{element.nsmap[None]}}}unknown", "bare"]))
    else:
        element.tail = data.draw(st.sampled_from([" ", "text"]))
