from __future__ import annotations

import gzip
import hashlib
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from cartage import yamlfile
from cartage.errors import SettingsError
from cartage.mapping import read_mapping
from cartage.settings import load_settings
from cartage.settings.feeds import InventoryFeeds, InventoryHeader, PriceFeeds, PriceHeader
from cartage.systems.sfcc.feeds import rules
from cartage.systems.sfcc.feeds.forms import INVENTORY, PRICES
from cartage.systems.sfcc.feeds.headers import headers_of
from cartage.systems.sfcc.feeds.rendering import Renderer
from cartage.systems.sfcc.feeds.writing import FeedWriter
from tests.systems.sfcc.feeds import feed_rows
from tests.systems.sfcc.feeds.feed_rows import AT, INCLUDE, batch, price_row, schema, stock_row, written_slowly

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cartage.settings import Settings
    from cartage.settings.feeds import Feeds
    from cartage.systems.sfcc.feeds.forms import Form
    from cartage.systems.sfcc.feeds.rendering import Refused

XSD = {"stock": "inventory.xsd", "price": "pricebook.xsd"}
HEADERS = {
    "inventory": InventoryFeeds(
        folder="/in",
        header=InventoryHeader(description='Stock & "more" <all>', use_bundle_inventory_only=True),
        headers={"RefArch-inventory": InventoryHeader(default_instock=True)},
    ),
    "prices": PriceFeeds(
        folder="/in",
        header=PriceHeader(
            display_name={"x-default": "List & more", "de": "Listenpreise ß"}, online_from=AT, parent="eur-list"
        ),
    ),
}


@pytest.fixture(scope="module")
def run_settings() -> Settings:
    found = load_settings("sfcc_netsuite", INCLUDE)
    changed = {name: getattr(found, name).model_copy(update={"feed": feed}) for name, feed in HEADERS.items()}
    return found.model_copy(update=changed)


def form_of(rows: Sequence[feed_rows.Row]) -> Form:
    return PRICES if rows and "tiers" in rows[0] else INVENTORY


def write(
    batches: Sequence[Sequence[feed_rows.Row]], settings: Settings, mapping: Any = None, **limits: Any
) -> tuple[list[bytes], list[Refused]]:
    """Write rows and give the files; every one of them is held against the shop's schema."""
    form = form_of(batches[0])
    feed: Feeds = (settings.inventory if form is INVENTORY else settings.prices).feed.model_copy(update=limits)
    renderer = Renderer(form, mapping or rules.load(form, INCLUDE))
    with tempfile.TemporaryDirectory() as folder:
        with FeedWriter(renderer, headers_of(form, settings), feed, Path(folder)) as writer:
            written = writer.write([batch(rows) for rows in batches])
            told = [key for rows, _ in writer.rows() for key in rows["key"].to_pylist()]
        files = [each.path.read_bytes() for each in written]
        assert [hashlib.sha256(each).hexdigest() for each in files] == [each.hash for each in written]
        assert [len(each) for each in files] == [each.size for each in written]
    files = [gzip.decompress(each) if feed.gzip else each for each in files]
    official, ids = schema(XSD[form.record]), 0
    for each in files:
        document = etree.fromstring(each)
        official.assertValid(document)
        items = document.iterfind(f".//{{{form.namespace}}}{form.item}")
        ids += len({(each.getparent().getparent(), each.get("product-id")) for each in items})
    assert ids == len(told) == len(set(told))
    assert len(told) + len(writer.refused) == sum(map(len, batches))
    return files, writer.refused


@given(rows=st.lists(feed_rows.STOCK, max_size=8, unique_by=lambda row: (row["group"], row["sku"])))
@settings(max_examples=40)
def test_stock_is_written_as_a_person_would_and_the_schema_takes_it(
    run_settings: Settings, rows: list[feed_rows.Row]
) -> None:
    rows = [stock_row(number, **row) for number, row in enumerate(rows)]
    files, refused = write([rows], run_settings)
    sound = without(rows, refused)
    mapping = rules.load(INVENTORY, INCLUDE)
    assert files == ([written_slowly(sound, INVENTORY, mapping, headers_of(INVENTORY, run_settings))] if sound else [])


@given(rows=st.lists(feed_rows.PRICES, max_size=8, unique_by=lambda row: (row["group"], row["sku"])))
@settings(max_examples=40)
def test_prices_are_written_as_a_person_would_and_the_schema_takes_them(
    run_settings: Settings, rows: list[feed_rows.Row]
) -> None:
    rows = [price_row(number, **row) for number, row in enumerate(rows)]
    files, refused = write([rows], run_settings)
    sound = without(rows, refused)
    mapping = rules.load(PRICES, INCLUDE)
    assert files == ([written_slowly(sound, PRICES, mapping, headers_of(PRICES, run_settings))] if sound else [])


def without(rows: list[feed_rows.Row], refused: list[Refused]) -> list[feed_rows.Row]:
    """Give the rows that were not refused; of those that were, the sku or a lack of prices must be to blame."""
    odd = {each.record for each in refused}
    for row in rows:
        sku, control = row["sku"], any(each < " " or each in "\x7f\ufffe\uffff" for each in row["sku"])
        wrong = control or sku != sku.strip(" ") or (row.get("action", "delete") != "delete" and not row["tiers"])
        assert (row["record"] in odd) == wrong, row
    return [row for row in rows if row["record"] not in odd]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"sku": " SKU"}, "sku"), ({"sku": "SKU\t"}, "sku"), ({"sku": ""}, "sku"), ({"sku": None}, "sku"),
        ({"sku": "S" * 101}, "sku"), ({"sku": "S\x0bKU"}, "sku"), ({"sku": "S\nKU"}, "sku"), ({"group": "list "}, "group"),
        ({"group": "L" * 257}, "group"), ({"allocation": Decimal(-1)}, "allocation"), ({"handling": "maybe"}, "handling"),
        ({"backorder": Decimal("-0.5")}, "backorder"),
    ],
)  # fmt: skip
def test_what_the_schema_does_not_take_is_refused_and_the_rest_goes_out(
    run_settings: Settings, wrong: dict[str, Any], field: str
) -> None:
    (file,), refused = write([[stock_row(1), stock_row(2, key="the/key", **wrong), stock_row(3)]], run_settings)
    assert [(each.record, each.key) for each in refused] == [(2, "the/key")]
    assert {each.field for each in refused[0].complaints} == {field}
    assert b"SKU-00001" in file
    assert b"SKU-00003" in file


def test_files_are_cut_by_count_and_each_list_has_its_header_once_in_a_file(run_settings: Settings) -> None:
    lists = ["store-munich", "RefArch-inventory", "store-berlin"]
    rows = [stock_row(number, group=lists[number % 3]) for number in range(30)]
    files, _ = write([rows[:7], rows[7:19], rows[19:]], run_settings, max_records=12)
    (whole,), _ = write([rows], run_settings)
    assert [each.count(b"<record ") for each in files] == [12, 12, 6]
    for each in files:
        found = [header.get("list-id") for header in etree.fromstring(each).iter("{*}header")]
        assert found == sorted(set(found))
    # In whatever batches the rows came, they stand by list and sku, each as in one large file.
    lines = [line for each in files for line in each.splitlines() if line.startswith(b"<record ")]
    assert lines == [line for line in whole.splitlines() if line.startswith(b"<record ")]
    names = [etree.fromstring(line).get("product-id") for line in lines]
    assert names == [row["sku"] for row in sorted(rows, key=lambda row: (row["group"], row["sku"]))]


@given(data=st.data())
@settings(max_examples=15)
def test_in_whatever_batches_rows_come_the_files_are_the_same(run_settings: Settings, data: st.DataObject) -> None:
    rows = [stock_row(number, group=f"list-{number % 2}", sku=f"SKU-{number}") for number in range(40)]
    shuffled = data.draw(st.permutations(rows))
    cuts = sorted(data.draw(st.sets(st.integers(1, 39), max_size=6)))
    batches = [shuffled[start:stop] for start, stop in zip([0, *cuts], [*cuts, 40], strict=True)]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("cartage.systems.sfcc.feeds.writing.FEW", data.draw(st.sampled_from([1, 9])))
        patched.setattr("cartage.systems.sfcc.feeds.spool.MERGED", data.draw(st.sampled_from([3, 20_000])))
        assert write(batches, run_settings, max_records=13) == write([rows], run_settings, max_records=13)


def test_no_file_is_larger_than_the_settings_allow(run_settings: Settings) -> None:
    rows = [price_row(number, tiers=[(Decimal(q), Decimal(q)) for q in range(1, 60)]) for number in range(700)]
    files, _ = write([rows], run_settings, max_megabytes=1)
    sizes = [len(each) for each in files]
    assert max(sizes) <= 1_000_000
    assert min(sizes[:-1]) > 998_000
    # One row larger than a file has a file of its own.
    huge = price_row(1, tiers=[(Decimal(q), Decimal(q)) for q in range(1, 40_000)])
    files, _ = write([[price_row(0), huge, price_row(2)]], run_settings, max_megabytes=1)
    assert [each.count(b"<price-table ") for each in files] == [1, 1, 1]


def test_the_same_rows_make_the_same_bytes_packed_too(run_settings: Settings) -> None:
    rows = [stock_row(number) for number in range(5)]
    assert write([rows], run_settings, gzip=True) == write([rows[::-1]], run_settings, gzip=True)
    assert write([rows], run_settings, gzip=True) == write([rows], run_settings)


def test_a_large_batch_is_written_in_parts_like_a_small_one(
    run_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        price_row(number, tiers=[(Decimal(1), Decimal(number + 1)), (Decimal(5), Decimal(1))]) for number in range(9)
    ]
    whole = write([rows], run_settings)
    monkeypatch.setattr("cartage.systems.sfcc.feeds.writing.SLICE", 4)
    assert write([rows], run_settings) == whole


def test_a_book_has_one_currency(run_settings: Settings) -> None:
    rows = [price_row(1), price_row(2, currency="USD"), price_row(3, group="usd-list", currency="USD"),
            price_row(4, currency=None), price_row(5)]  # fmt: skip
    (file,), refused = write([rows[:1], rows[1:]], run_settings)
    assert sorted((each.record, each.complaints[0].code) for each in refused) == [
        (2, "wrong_currency"),
        (4, "wrong_currency"),
    ]
    assert file.count(b"<currency>EUR</currency>") == file.count(b"<currency>USD</currency>") == 1


def test_what_is_gone_loses_its_prices(run_settings: Settings) -> None:
    (file,), _ = write([[price_row(1, action="delete", tiers=())]], run_settings)
    assert b'<price-table product-id="SKU-00001" mode="delete-all"/>' in file


MAPPING = """
record: inventory_feed
target: record
body:
  custom-attributes:
    erpHash: {from: hash, max: 2, over: cut}
    erpState: {from: perpetual, values: {"true": endless, "false": counted}, when: {handling: none}}
    erpName: {join: [group, sku], with: " & "}
    erpSource: {const: "<ERP>"}
  "@product-id": sku
  preorder-backorder-handling: {from: handling, if_null: none}
  allocation: {from: allocation, as: decimal, places: 0}
  in-stock-date: {from: in_stock_at, as: date, zone: Europe/Berlin}
"""


def test_a_mapping_may_say_what_an_orders_may(run_settings: Settings) -> None:
    mapping = read_mapping(yamlfile.parse(MAPPING, "inventory_feed.yaml"))
    rows = [
        stock_row(1, allocation=Decimal("2.5"), in_stock_at=AT.replace(hour=23), handling=None),
        stock_row(2, perpetual=True, hash=None),
        stock_row(3, handling="backorder"),
    ]
    (file,), refused = write([rows], run_settings, mapping)
    assert file == written_slowly(rows, INVENTORY, mapping, headers_of(INVENTORY, run_settings))
    assert b"<allocation>3</allocation><preorder-backorder-handling>none</preorder-backorder-handling>" in file
    assert b"<in-stock-date>2026-11-23</in-stock-date>" in file
    assert b'attribute-id="erpName">RefArch-inventory &amp; SKU-00001<' in file
    assert not refused


@pytest.mark.parametrize(
    ("body", "line", "says"),
    [
        ("  ats: allocation", 4, "SFCC works this out by itself"),
        ("  alocation: allocation", 4, "did you mean `allocation`"),
        ("  allocation: alocation", 4, "did you mean `allocation`"),
        ("  allocation: {of: {deep: sku}}", 4, "must be a single value"),
        ("  custom-attributes: {a: {b: sku}}", 4, "a rule for each custom attribute"),
        ('  allocation: allocation\n  "@product-id": key', 5, "a record is known by its sku"),
    ],
)
def test_a_wrong_mapping_is_told_by_file_and_line(tmp_path: Path, body: str, line: int, says: str) -> None:
    path = tmp_path / "mappings" / "sfcc" / "inventory_feed.yaml"
    path.parent.mkdir(parents=True)
    product = "" if "@product-id" in body else '\n  "@product-id": sku'
    path.write_text(f"record: inventory_feed\ntarget: record\nbody:\n{body}{product}\n")
    with pytest.raises(SettingsError, match=says) as caught:
        rules.load(INVENTORY, tmp_path)
    assert caught.value.line == line


def test_a_value_that_the_mapping_does_not_know_condemns_its_row_alone(run_settings: Settings) -> None:
    text = MAPPING.replace("{from: handling, if_null: none}", "{from: handling, values: {none: none}}")
    rows = [stock_row(1), stock_row(2, handling="backorder"), stock_row(3)]
    _, refused = write([rows], run_settings, read_mapping(yamlfile.parse(text, "inventory_feed.yaml")))
    assert [(each.record, each.complaints[0].code) for each in refused] == [(2, "value_refused")]
