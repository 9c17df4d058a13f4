"""What a document says, and what it costs when a part of it is damaged: that part, and no other."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from cartage.errors import SettingsError
from cartage.mapping.source import load_source
from cartage.systems.sfcc.xml.unpacking import DocumentRefused
from tests.systems.sfcc.exports import HEAD, NAMESPACE, export, numbers, order
from tests.systems.sfcc.test_readers_agree import agree, read

if TYPE_CHECKING:
    from pathlib import Path

    from cartage.mapping.source import SourceMapping
    from cartage.seams import Read


def found(reads: list[Read]) -> list[str]:
    return [number for each in reads for number in each.batch.root["order_no"].to_pylist()]


def reasons(reads: list[Read]) -> dict[str, str]:
    return {
        each.key: f"{each.complaints[0].code}: {each.complaints[0].message}" for part in reads for each in part.verdicts
    }


DAMAGED = {
    "an undeclared entity": (b"EUR</currency>", b"EUR&eacute;</currency>", "not_xml"),
    "wrong bytes": (b"EUR</currency>", b"EUR</currency><created-by>M\xfcller</created-by>", "are not UTF-8"),
    "a control character": (b"EUR</currency>", b"EUR</currency><created-by>\x01</created-by>", "not_xml"),
    "a forbidden reference": (b"EUR</currency>", b"EUR</currency><created-by>&#1;</created-by>", "not_xml"),
    "a lost end tag": (b"</product-lineitems>", b"", "not_xml"),
    "a lost end of the record": (b"</order>", b"", "cut_off"),
    "an element twice": (b"EUR</currency>", b"EUR</currency><currency>USD</currency>", "repeated"),
    "text that is no number": (b">11.90<", b">eleven<", "wrong_type: "),
    "a number that does not fit": (b">11.90<", b">11.9000000001<", "wrong_type: "),
    "a date that is none": (b">2026-01-05T", b">2026-13-05T", "wrong_type: "),
    "not a number": (b'<quantity unit="">1.0<', b'<quantity unit="">NaN<', "wrong_type: "),
    "an import mode": (b'order-no="2"', b'order-no="2" mode="delete"', "import_mode"),
    "a bare ampersand": (b"EUR</currency>", b"EUR</currency><created-by>A & B</created-by>", "not_xml"),
}


@pytest.mark.parametrize("kind", DAMAGED)
def test_one_bad_order_is_named_with_its_place_and_costs_no_other(order_mapping: SourceMapping, kind: str) -> None:
    old, new, reason = DAMAGED[kind]
    one, two, three = (order(number).encode() for number in "123")
    content = HEAD + f'<orders xmlns="{NAMESPACE}">'.encode() + one + two.replace(old, new, 1) + three + b"\n</orders>"
    reads, reading = read(order_mapping, content, fast=True)
    assert found(reads) == ["1", "3"]
    assert list(reasons(reads)) == ["RefArch/2"]
    said = reasons(reads)["RefArch/2"]
    assert reason in said
    assert re.search(r"orders\.xml, record 2, line \d+: ", said)
    assert not re.search("M.ller|eleven|A & B", said)
    assert reading.damage is None
    assert [each.row for part in reads for each in part.verdicts] == [1]
    assert reads[0].batch.root["order"].to_pylist() == [0, 2]
    assert reads[0].batch.root["position"].to_pylist() == [0, 2]
    assert b'order-no="2"' in reads[0].originals[1]


def test_a_repeated_container_gives_no_line_to_another(order_mapping: SourceMapping) -> None:
    lines = line("", "NL-1", "<option-lineitems></option-lineitems>")
    twice = order("1").replace(
        "</product-lineitems>", f"</product-lineitems><product-lineitems>{lines}</product-lineitems>"
    )
    reads, _ = agree(order_mapping, export([twice, order("2")]))
    assert found(reads) == ["2"]
    assert "repeated" in reasons(reads)["RefArch/1"]


def test_an_order_without_a_number_is_named_by_its_place(order_mapping: SourceMapping) -> None:
    content = numbers("1", "", "3").replace(b' order-no=""', b"")
    reads, _ = agree(order_mapping, content)
    assert found(reads) == ["1", "3"]
    assert list(reasons(reads)) == ["RefArch/(1)"]
    assert "missing" in reasons(reads)["RefArch/(1)"]


def test_a_destroyed_start_tag_marks_the_document_and_the_rest_is_read(order_mapping: SourceMapping) -> None:
    content = numbers("1", "2", "3").replace(b'<order order-no="2">', b'<\xff\xfe\x00der-no="2">')
    reads, _reading = read(order_mapping, content, fast=True)
    assert found(reads) == ["1", "3"]
    assert len(reasons(reads)) == 1


def test_what_follows_the_end_of_the_document_is_not_read(order_mapping: SourceMapping) -> None:
    reads, reading = agree(order_mapping, numbers("1") + numbers("2"))
    assert found(reads) == ["1"]
    assert "goes on after its root element" in (reading.damage or "")


def test_text_between_orders_marks_the_document(order_mapping: SourceMapping) -> None:
    reads, reading = read(
        order_mapping,
        export([order("1"), "lost text", order("2", "<created-by>&b;</created-by>"), order("3")]),
        fast=True,
    )
    assert found(reads) == ["1", "3"]
    assert "belongs to none" in (reading.damage or "")


@pytest.mark.parametrize("encoding", ["ISO-8859-1", "UTF-16", "utf-8", "windows-1252", "US-ASCII"])
def test_an_encoding_that_is_declared_truly_is_read(order_mapping: SourceMapping, encoding: str) -> None:
    name = "Jörg" if encoding != "US-ASCII" else "J&#246;rg"
    text = export([order("1", f"<created-by>{name}</created-by>")]).decode().replace("UTF-8", encoding)
    reads, reading = agree(order_mapping, text.encode(encoding))
    assert reads[0].batch.root["created_by"].to_pylist() == ["Jörg"]
    assert reading.damage is None


def test_a_byte_order_mark_is_no_text(order_mapping: SourceMapping) -> None:
    reads, _ = agree(order_mapping, b"\xef\xbb\xbf" + numbers("1"))
    assert found(reads) == ["1"]


def test_utf16_that_breaks_off_within_a_character_keeps_what_was_whole(order_mapping: SourceMapping) -> None:
    text = numbers("1", "2").decode().replace("UTF-8", "UTF-16").encode("utf-16")
    reads, reading = read(order_mapping, text[: len(text) - 301], fast=True)
    assert found(reads) == ["1"]
    assert reading.damage


def test_a_prefix_is_as_good_as_none(order_mapping: SourceMapping) -> None:
    prefixed = re.sub(rb"<(/?)(?!\?)", rb"<\1dw:", numbers("1", "2")).replace(b"xmlns=", b"xmlns:dw=")
    reads, reading = agree(order_mapping, prefixed)
    assert found(reads) == ["1", "2"]
    assert reading.doubts == []


def test_elements_of_another_namespace_are_not_the_shops(order_mapping: SourceMapping) -> None:
    content = numbers("1").replace(b"<currency>", b'<x:currency xmlns:x="urn:x">USD</x:currency><currency>')
    reads, reading = agree(order_mapping, content)
    assert reads[0].batch.root["currency"].to_pylist() == ["EUR"]
    assert reading.doubts


def test_an_export_of_nothing_is_no_error(order_mapping: SourceMapping) -> None:
    for content in (export([]), HEAD + f'<orders xmlns="{NAMESPACE}"/>'.encode()):
        reads, reading = agree(order_mapping, content)
        assert reads == []
        assert reading.damage is None


def test_orders_and_customers_are_not_mixed_up(customer_mapping: SourceMapping) -> None:
    with pytest.raises(DocumentRefused, match="<orders>"):
        read(customer_mapping, numbers("1"), fast=True)


def test_a_record_larger_than_a_stretch_is_read(order_mapping: SourceMapping) -> None:
    long = order("1", f"<invoice-no>{'x' * 3_000_000}</invoice-no>")
    reads, _ = read(order_mapping, export([order("0"), long, order("2")]), fast=True, megabytes=0)
    assert found(reads) == ["0", "1", "2"]


PAYMENT = "<payments>{}</payments>"
PAYMENTS = {
    "<credit-card><card-type>VISA</card-type><card-number>************1111</card-number></credit-card>": (
        "credit_card",
        None,
        "1111",
    ),
    "<credit-card><card-number>4111 1111-1111 1234</card-number></credit-card>": ("credit_card", None, "1234"),
    "<credit-card><card-number>************</card-number></credit-card>": ("credit_card", None, None),
    "<bml/>": ("bml", None, None),
    "<bml></bml>": ("bml", None, None),
    "<dw-apple-pay/>": ("apple_pay", None, None),
    "<salesforce-payments><afterpay-clearpay/></salesforce-payments>": (
        "salesforce_payments",
        "afterpay-clearpay",
        None,
    ),
    "<salesforce-payments><card><last-4>4242</last-4></card></salesforce-payments>": (
        "salesforce_payments",
        "card",
        "4242",
    ),
    "<custom-method><method-name>KLARNA</method-name></custom-method>": ("custom", "KLARNA", None),
    "<gift-certificate><giftcertificate-id>GC1</giftcertificate-id></gift-certificate>": (
        "gift_certificate",
        None,
        None,
    ),
    "": ("none", None, None),
}


@pytest.mark.parametrize("instrument", PAYMENTS)
def test_payments_of_every_kind_and_never_more_of_a_card_than_four_digits(
    order_mapping: SourceMapping, instrument: str
) -> None:
    inside = PAYMENT.format(f"<payment>{instrument}<amount>10.00</amount></payment><payment>{instrument}</payment>")
    reads, reading = agree(order_mapping, export([order("1", inside)]))
    rows = reads[0].batch.tables["payments"].to_pylist()
    if instrument:
        assert [(each["kind"], each["method"], each["last_four"]) for each in rows] == [PAYMENTS[instrument]] * 2
    assert rows[0]["kind"] == PAYMENTS[instrument][0]
    assert rows[0]["amount"] == Decimal(10)
    assert reading.doubts == []
    assert "4111" not in str(reads[0].batch.tables)


def line(position: str, product: str, inside: str = "") -> str:
    return (
        f"<product-lineitem>{position}<product-id>{product}</product-id><quantity unit=''>1</quantity>"
        f"<tax-rate>0.19</tax-rate><shipment-id>s1</shipment-id>{inside}</product-lineitem>"
    )


def test_line_ids_stay_and_tell_all_lines_apart(order_mapping: SourceMapping) -> None:
    option = (
        "<option-lineitem><option-id>o</option-id><value-id>v</value-id><product-id>GIFT</product-id></option-lineitem>"
    )
    bundled = (
        "<bundled-product-lineitems><bundled-product-lineitem><product-id>B</product-id><quantity unit=''>2</quantity>"
        "<bundled-product-lineitems><bundled-product-lineitem><product-id>C</product-id><quantity unit=''>1</quantity>"
        "</bundled-product-lineitem></bundled-product-lineitems></bundled-product-lineitem></bundled-product-lineitems>"
    )
    own_shipping = "<shipping-lineitem><quantity unit=''>1</quantity><tax-rate>0</tax-rate><type>surcharge</type></shipping-lineitem>"
    lines = [
        line("<position>2.0</position>", "A", f"<option-lineitems>{option}{option}</option-lineitems>"),
        line("<position>5</position>", "SET", bundled),
        line("", "A", own_shipping),
        line("<position>5</position>", "SET"),
    ]
    shipping = "<shipping-lineitems><shipping-lineitem><item-id>STD</item-id><tax-rate>0</tax-rate></shipping-lineitem></shipping-lineitems>"
    content = export([f'<order order-no="1"><product-lineitems>{"".join(lines)}</product-lineitems>{shipping}</order>'])
    reads, _ = agree(order_mapping, content)
    rows = {each["line_id"]: each for each in reads[0].batch.tables["lines"].to_pylist()}
    assert list(rows) == [
        "p2-A", "p5-SET", "p3-A", "p5-SET~2", "o2.1-GIFT", "o2.2-GIFT", "b5.1-B", "b5.1.1-C", "x3.1", "s1-STD",
    ]  # fmt: skip
    assert rows["o2.2-GIFT"]["parent"] == rows["p2-A"]["line"]
    assert rows["b5.1.1-C"]["parent"] == rows["b5.1-B"]["line"]
    assert rows["b5.1.1-C"]["shipment_id"] == "s1"
    assert rows["x3.1"]["shipping_type"] == "surcharge"
    assert [each["line"] for each in rows.values()] == list(range(10))


def test_adjustments_say_what_they_lower(order_mapping: SourceMapping) -> None:
    one = (
        "<price-adjustments><price-adjustment><net-price>-1.00</net-price><promotion-id>{}</promotion-id>{}"
        "</price-adjustment></price-adjustments>"
    )
    content = export(
        [
            f"""<order order-no="1"><product-lineitems>{line("", "A", one.format("line", "<discount><bonus/></discount>"))}
            </product-lineitems>
            <shipments><shipment shipment-id="s1"><totals><shipping-total>{one.format("shipment", "")}</shipping-total></totals>
            </shipment></shipments>
            <totals><merchandize-total>{one.format("order", "<discount><percentage>10</percentage></discount>")}</merchandize-total>
            <shipping-total>{one.format("shipping", "")}</shipping-total></totals></order>"""
        ]
    )
    reads, _ = agree(order_mapping, content)
    rows = reads[0].batch.tables["adjustments"].to_pylist()
    told = [
        (r["promotion_id"], r["scope"], r["total"], r["shipment_id"], r["discount_kind"], r["discount_value"])
        for r in rows
    ]
    assert told == [
        ("line", "line", None, None, "bonus", None),
        ("order", "order", "merchandize_total", None, "percentage", "10"),
        ("shipping", "shipping", "shipping_total", None, None, None),
        ("shipment", "shipment", "shipping_total", "s1", None, None),
    ]
    assert rows[0]["line"] == 0


def test_rates_of_any_length_are_rounded_and_money_never(order_mapping: SourceMapping) -> None:
    content = numbers("1").replace(b">0.19<", b">0.08250000000000001<").replace(b'unit="">1.0<', b'unit="m">2.5E0<')
    reads, _ = agree(order_mapping, content)
    (row,) = reads[0].batch.tables["lines"].to_pylist()
    assert row["tax_rate"] == Decimal("0.0825")
    assert (row["quantity"], row["unit"]) == (Decimal("2.5"), "m")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("placed_at: order-date", "placed_on: order-date", "no column placed_on"),
        ("  notes:\n", "  remarks:\n", "`remarks` is no table"),
        ("element: order\n", "element: order\nelements: x\n", "elements"),
        ("{fragment: line}", "{fragment: lines}", "no fragment `lines`"),
        ('at: "{shipment}"', 'at: "{shipments}"', "{shipments}"),
        ("required: true", "required: perhaps", "required"),
    ],
)
def test_a_wrong_mapping_is_told_by_file_and_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    from tests.systems.sfcc.conftest import INCLUDE

    text = (INCLUDE / "mappings/sfcc/order.yaml").read_text()
    assert old in text
    file = tmp_path / "mappings/sfcc/order.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(text.replace(old, new, 1))
    with pytest.raises(SettingsError, match=re.escape(message)) as caught:
        load_source("sfcc", "order", tmp_path)
    assert caught.value.file == str(file)
    assert caught.value.line
