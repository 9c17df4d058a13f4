"""The fast reader and the slow one give the same for every input that both accept."""

from __future__ import annotations

import io
import pickle
import re
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cartage.systems.sfcc.xml.cutting import Cutter
from cartage.systems.sfcc.xml.document import open_document
from cartage.systems.sfcc.xml.reader import DocumentReader, Limits, Reading, Taking
from cartage.systems.sfcc.xml.tables import Numbers, Origin
from sandbox.shop.model import VERSIONS
from sandbox.shop.order_xml import write_orders
from sandbox.shop.orders import random_orders
from tests.systems.sfcc.exports import NAMESPACE, export, order

if TYPE_CHECKING:
    from cartage.mapping.source import SourceMapping
    from cartage.seams import Read

BRIEFLY = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def read(mapping: SourceMapping, content: bytes, *, fast: bool, megabytes: int = 8) -> tuple[list[Read], Reading]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "orders.xml"
        path.write_bytes(content)
        reading = Reading()
        reader = DocumentReader(mapping, Limits(megabytes=megabytes), fast=fast)
        origin = Origin("RefArch", "orders.xml", "2026-01-05T10:15:00.000000Z", 0, {})
        return list(reader.read(path, origin, Numbers.start(mapping.record), reading)), reading


def agree(mapping: SourceMapping, content: bytes) -> tuple[list[Read], Reading]:
    """Read with both, and give what the fast one gave."""
    ours, reading = read(mapping, content, fast=True)
    theirs, slow = read(mapping, content, fast=False)
    assert reading.damage == slow.damage
    assert reading.records == slow.records
    for mine, other in zip(ours, theirs, strict=True):
        assert mine.verdicts == other.verdicts
        assert mine.originals == other.originals
        for table, rows in mine.batch.tables.items():
            assert rows.to_pylist() == other.batch.tables[table].to_pylist(), table
    return ours, reading


@pytest.mark.parametrize("version", VERSIONS)
def test_on_the_shops_own_orders(order_mapping: SourceMapping, version: str) -> None:
    content = io.BytesIO()
    write_orders(content, random_orders(25, seed=int(version.replace(".", ""))), version=version)
    reads, reading = agree(order_mapping, content.getvalue())
    assert reading.doubts == []
    assert sum(len(each.batch) for each in reads) == 25


def test_wherever_the_document_is_cut(order_mapping: SourceMapping) -> None:
    content = io.BytesIO()
    write_orders(content, random_orders(500, seed=5))
    whole, _ = read(order_mapping, content.getvalue(), fast=True, megabytes=100)
    parts, _ = read(order_mapping, content.getvalue(), fast=True, megabytes=0)
    assert len(parts) > len(whole)
    for table, rows in whole[0].batch.tables.items():
        assert rows.to_pylist() == [row for part in parts for row in part.batch.tables[table].to_pylist()]


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00", exclude_categories=["Cs"]), max_size=30)


@given(TEXTS)
@BRIEFLY
def test_on_any_text_in_any_writing(order_mapping: SourceMapping, text: str) -> None:
    from xml.sax.saxutils import escape

    written = escape("".join(each for each in text if each.isprintable() or each in "\t\n\r "))
    for form in (
        written,
        f"<![CDATA[{written}]]>",
        f"<!-- </order> -->{written}<?go on?>",
        "&#228;" + written + "&amp;",
    ):
        agree(order_mapping, export([order("1", f"<invoice-no>{form}</invoice-no>"), order("2")]))


PIECES = (
    "<!-- a comment with </order> in it -->", "<?target <order?>", "<![CDATA[</order><order>]]>", "&amp;", "&#x20AC;", "&#10;",
    "&#1;", "&eacute;", "\r\n", "\r", "\t", " ", "\u00a0", "<value>1</value>", "<value/>", "<b/>", "<payments/>", "</order>",
    "<order>", "&", "<", "]]>", "\x01", "\ufffe", "<custom-attributes/>", "<discount/>", "<currency>USD</currency>",
    '<x xmlns="urn:y"/>', "<payment><bml/></payment>", "<orders>", "</orders>",
)  # fmt: skip


@given(st.integers(0, 60), st.sampled_from(PIECES), st.integers(0, 30))
@example(19, "\u00a0", 0)  # text before the payment's first element: once the fast reader took it for no element
@example(18, "&#x20AC;", 28)
@settings(BRIEFLY, max_examples=60)
def test_on_documents_that_something_was_put_into(
    order_mapping: SourceMapping, tag: int, piece: str, seed: int
) -> None:
    content = io.BytesIO()
    write_orders(content, random_orders(3, seed=seed))
    document = content.getvalue().decode()
    places = [match.end() for match in re.finditer(r"<(?!\?)[^>]*>", document)]
    place = places[(tag * len(places)) // 61]
    mutated = (document[:place] + piece + document[place:]).encode()
    ours, _ = read(order_mapping, mutated, fast=True)
    theirs, _ = read(order_mapping, mutated, fast=False)
    refused = {each.row for read_ in theirs for each in read_.verdicts}
    for mine, other in zip(ours, theirs, strict=True):
        rows = {row["order"]: row for row in other.batch.root.to_pylist()}
        for row in mine.batch.root.to_pylist():
            if row["order"] not in refused and row["order"] in rows:
                assert row == rows[row["order"]]
        if not (mine.verdicts or other.verdicts):
            for table, found in mine.batch.tables.items():
                assert found.to_pylist() == other.batch.tables[table].to_pylist(), table


def test_text_is_kept_as_written_but_for_white_space_around_it(order_mapping: SourceMapping) -> None:
    inside = (
        "<invoice-no>\r\n\t A &amp; B  &lt;c&gt; <![CDATA[ <&> ]]>\u00a0 \n</invoice-no><created-by>   </created-by>"
    )
    reads, reading = agree(order_mapping, export([order("1", inside)]))
    row = reads[0].batch.root.to_pylist()[0]
    assert row["invoice_no"] == "A & B  <c>  <&> \u00a0"
    assert row["created_by"] is None
    assert reading.doubts == []


def test_numbers_that_look_like_numbers_stay_text(order_mapping: SourceMapping) -> None:
    reads, _ = agree(
        order_mapping, export([order("00017", "<invoice-no>1e5</invoice-no>")]).replace(b"NL-1000", b"0012345678905")
    )
    assert reads[0].batch.root["order_no"].to_pylist() == ["00017"]
    assert reads[0].batch.tables["lines"]["product_id"].to_pylist() == ["0012345678905"]


def test_customers(customer_mapping: SourceMapping) -> None:
    content = f"""<?xml version="1.0" encoding="UTF-8"?>
<customer-list xmlns="{NAMESPACE.replace("order", "customer")}" list-id="RefArch">
  <header><description>Shop</description></header>
  <customer customer-no="0001"><credentials><login>a</login><password encrypted="true">x</password>
    <enabled-flag>true</enabled-flag></credentials>
    <profile><first-name>Ann</first-name><last-name>O&#39;Neill</last-name><email>a@example.com</email>
      <creation-date>2025-02-03T04:05:06.000Z</creation-date>
      <custom-attributes><custom-attribute attribute-id="tags"><value>a</value><value>b</value></custom-attribute></custom-attributes>
    </profile>
    <addresses><address address-id="home" preferred="true"><city>Köln</city></address><address address-id="work"/></addresses>
    <customer-groups><customer-group group-id="vip"/><customer-group group-id="b2b"/></customer-groups>
  </customer>
  <customer customer-no="0002"/>
</customer-list>"""
    reads, reading = agree(customer_mapping, content.encode())
    tables = reads[0].batch.tables
    assert reading.damage is None
    assert tables["customers"]["key"].to_pylist() == ["RefArch/0001", "RefArch/0002"]
    assert tables["customers"]["list_id"].to_pylist() == ["RefArch", "RefArch"]
    assert tables["customers"]["enabled"].to_pylist() == [True, None]
    assert tables["customers"]["last_name"].to_pylist() == ["O'Neill", None]
    assert tables["addresses"]["address_id"].to_pylist() == ["home", "work"]
    assert tables["addresses"]["preferred"].to_pylist() == [True, None]
    assert tables["groups"]["group_id"].to_pylist() == ["vip", "b2b"]
    assert tables["attributes"]["values"].to_pylist() == ['["a", "b"]']
    assert "password" not in str(tables)


def test_worker_processes_read_what_one_process_reads(order_mapping: SourceMapping, tmp_path: Path) -> None:
    content = io.BytesIO()
    write_orders(content, random_orders(700, seed=7))
    broken = b"<order-date>never ".join(content.getvalue().rsplit(b"<order-date>", 2)).replace(b"order-no=", b"no=", 1)
    path = tmp_path / "orders.xml"
    path.write_bytes(broken)

    def read_by(workers: int) -> tuple[list[Read], Reading, Numbers]:
        numbers, reading = Numbers(dict.fromkeys(Numbers.start("order").next, 1000)), Reading()
        origin = Origin("RefArch", "orders.xml", "2026-01-05T10:15:00.000000Z", 0, {})
        reader = DocumentReader(order_mapping, Limits(megabytes=0))
        return list(reader.read(path, origin, numbers, reading, workers=workers)), reading, numbers

    alone, helped = read_by(0), read_by(1)
    assert helped[1:] == alone[1:]
    assert len(helped[0]) > 2
    assert sum(len(each.verdicts) for each in alone[0]) == 3
    for mine, other in zip(helped[0], alone[0], strict=True):
        assert (mine.verdicts, mine.originals) == (other.verdicts, other.originals)
        assert all(table.equals(other.batch.tables[name]) for name, table in mine.batch.tables.items())


def test_a_worker_may_begin_late(order_mapping: SourceMapping) -> None:
    """This process may read already while what is to be done goes to another one; its own readers stay here."""
    content = io.BytesIO()
    write_orders(content, random_orders(2, seed=8))
    document = open_document(iter([content.getvalue()]), order_mapping)
    (stretch,) = Cutter(document, order_mapping.element, size=1_000_000)
    taking = Taking(
        order_mapping, replace(document, content=iter(())), Origin("RefArch", "o.xml", "v", 0, {}), fast=True
    )
    here = taking.do(stretch)
    there = pickle.loads(pickle.dumps(taking)).do(stretch)
    assert there.batch.root.equals(here.batch.root)
