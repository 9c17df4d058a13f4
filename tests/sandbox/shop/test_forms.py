"""The other forms of what the shop knows: SCAPI's JSON, customer lists, bad drops, bulk exports, the demo."""

from __future__ import annotations

import gzip
import io
import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft4Validator
from lxml import etree

from sandbox.sfcc.exact_json import dumps, loads
from sandbox.shop.bad import BAD_DROPS, bad_drop
from sandbox.shop.bulk import write_bulk
from sandbox.shop.customers import accounts_of_the_erp, odd_accounts, random_accounts, write_customers
from sandbox.shop.demo import drops
from sandbox.shop.order_json import order_json
from sandbox.shop.orders import VARIETIES, random_orders, variety
from tests.sandbox.shop.contracts import assert_valid, specification

if TYPE_CHECKING:
    from pathlib import Path

PATTERN = re.compile(r"(?P<site>[A-Za-z0-9-]+)_(orders|customers)_(?P<exported_at>\d{8}T?\d{6}).*\.xml(\.gz)?")


def test_scapi_json_is_what_the_specification_says() -> None:
    validator = Draft4Validator({**specification(), "$ref": "#/components/schemas/Order"})
    orders = [variety(name, 1) for name in VARIETIES]
    for order in (*orders, *random_orders(60, seed=6)):
        answer = json.loads(dumps(order_json(order)))
        errors = [f"{each.json_path}: {each.message}" for each in validator.iter_errors(answer)]
        assert not errors, (order.varieties, errors)
        names = set(specification()["components"]["schemas"]["Order"]["properties"])
        assert all(name in names or name.startswith("c_") for name in answer), answer.keys() - names


def test_amounts_pass_through_json_digit_by_digit() -> None:
    order = variety("several_lines", 2)

    text = dumps(order_json(order))

    assert loads(text)["orderTotal"] == order.totals.total.gross
    assert f'"orderTotal":{order.totals.total.gross}' in text


def test_customer_lists_are_valid() -> None:
    file = io.BytesIO()
    accounts = [*random_accounts(200), *accounts_of_the_erp(), *odd_accounts()]

    assert write_customers(file, accounts, gzip=True) == len(accounts)

    root = etree.fromstring(gzip.decompress(file.getvalue()))
    assert_valid(root, "customerlist2.xsd", "customers")
    emails = [node.text for node in root.iter("{*}email")]
    assert "anna.doppelt@example.com" in emails
    assert len({account.customer_no for account in accounts}) == len(accounts)


@pytest.mark.parametrize("name", BAD_DROPS)
def test_every_bad_drop_says_what_is_wrong_and_is_the_same_every_time(name: str) -> None:
    kind, drop = BAD_DROPS[name], bad_drop(name)

    assert kind.summary
    assert drop.content == bad_drop(name).content
    assert bool(PATTERN.fullmatch(drop.name)) == (name not in {"no_site_in_name", "climbing_name"})


def parse(content: bytes) -> etree._Element:
    return etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))


@pytest.mark.parametrize("name", ["honest_latin_1", "honest_utf_16", "byte_order_mark", "same_order_twice"])
def test_drops_that_are_only_odd_are_valid(name: str) -> None:
    assert_valid(parse(bad_drop(name).content), "order.xsd", name)


@pytest.mark.parametrize(
    "name", ["cut_in_record", "cut_after_record", "empty_file", "not_xml", "wrong_encoding", "undeclared_entity"]
)
def test_drops_that_are_no_xml_are_none(name: str) -> None:
    with pytest.raises(etree.XMLSyntaxError):
        parse(bad_drop(name).content)


def test_the_gzip_bomb_is_small_and_real() -> None:
    content = bad_drop("gzip_bomb").content

    assert len(content) < 1_000_000
    with gzip.open(io.BytesIO(content)) as file:
        size = sum(len(chunk) for chunk in iter(lambda: file.read(1 << 22), b""))
    assert size > 700 * 1024 * 1024


def test_bulk_exports_hold_orders_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "bulk.xml"

    size = write_bulk(path, 700)

    root = etree.parse(str(path)).getroot()
    assert_valid(root, "order.xsd", "bulk")
    assert size == path.stat().st_size
    assert len({order.get("order-no") for order in root}) == 700
    assert b"TKN" not in path.read_bytes()
    assert 4_000 < size / 700 < 6_000, "50,000 orders should make about 200 MB"


def test_the_demo_shows_everything_and_counts_it() -> None:
    demo = drops(datetime(2026, 11, 21, 20, 0, tzinfo=UTC))

    seen = {name for file in demo.files for order in file.orders for name in order.varieties}
    assert seen >= set(VARIETIES)
    assert demo.expected["orders"] >= 200
    assert len({file.name for file in demo.files}) == len(demo.files)
    assert {file.name.endswith(".gz") for file in demo.files if file.kind == "orders"} == {True, False}
    assert {match["site"] for file in demo.files if (match := PATTERN.match(file.name))} >= {"RefArch", "RefArchUS"}
    assert [file.content for file in demo.files] == [
        file.content for file in drops(datetime(2026, 11, 21, 20, 0, tzinfo=UTC)).files
    ]
