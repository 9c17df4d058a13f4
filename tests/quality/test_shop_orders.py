"""The expectations hold no sound order of the shop back, and find what is broken in one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from lxml import etree

from cartage.mapping.source import load_source
from cartage.quality import Checked, Suite, check, load_suite
from cartage.records.batch import Batch
from cartage.systems.sfcc.xml.reader import DocumentReader, Reading
from cartage.systems.sfcc.xml.tables import Numbers, Origin
from sandbox.shop.order_xml import order_bytes, write_orders
from sandbox.shop.orders import VARIETIES, random_orders, variety

if TYPE_CHECKING:
    from collections.abc import Callable

INCLUDE = Path(__file__).parents[2] / "include"
NAMESPACE = {"o": "http://www.demandware.com/xml/impex/order/2006-10-31"}


@pytest.fixture(scope="module")
def suite() -> Suite:
    return load_suite("order", INCLUDE)


def _checked(document: Path, suite: Suite, site: str = "RefArch") -> Checked:
    reader = DocumentReader(load_source("sfcc", "order", INCLUDE))
    reads = list(reader.read(document, Origin(site, document.name, "1", 0, {}), Numbers.start("order"), Reading()))
    assert [verdict for read in reads for verdict in read.verdicts] == []
    checked = check([read.batch for read in reads], suite)
    # What a run reads of its staged batches is enough.
    needed = check([_reduced(read.batch, suite) for read in reads], suite)
    assert (needed.failures, needed.warnings, needed.results) == (checked.failures, checked.warnings, checked.results)
    return checked


def _reduced(batch: Batch, suite: Suite) -> Batch:
    return Batch(batch.record, {name: batch.tables[name].select(sorted(each)) for name, each in suite.reads.items()})


def _told(checked: Checked) -> dict[str, list[str]]:
    return {
        each.key: [complaint.code for complaint in each.complaints] for each in [*checked.failures, *checked.warnings]
    }


def test_every_sound_variety_goes_on_without_a_finding(suite: Suite, tmp_path: Path) -> None:
    sound = [name for name, each in VARIETIES.items() if each.sound and each.site in {None, "RefArch"}]
    document = tmp_path / "RefArch_orders_20261121T100000.xml"
    written = write_orders(document, (variety(name, site="RefArch") for name in sound))
    checked = _checked(document, suite)
    assert written > 50
    assert checked.statistics.records == written
    assert _told(checked) == {}


@pytest.mark.parametrize("site", ["RefArch", "RefArchUS"])
def test_mixed_orders_go_on_without_a_finding(suite: Suite, tmp_path: Path, site: str) -> None:
    document = tmp_path / f"{site}_orders_20261121T100000.xml"
    write_orders(document, random_orders(200, seed=11, site=site))
    assert _told(_checked(document, suite, site)) == {}


def _drop_line(order: etree._Element) -> None:
    lines = order.find("o:product-lineitems", NAMESPACE)
    lines.remove(lines[-1])


def _without(path: str) -> Callable[[etree._Element], None]:
    def change(order: etree._Element) -> None:
        found = order.find(path, NAMESPACE)
        found.getparent().remove(found)

    return change


def _text(path: str, text: str) -> Callable[[etree._Element], None]:
    def change(order: etree._Element) -> None:
        order.find(path, NAMESPACE).text = text

    return change


BROKEN: list[tuple[Callable[[etree._Element], None], str]] = [
    (_drop_line, "merchandise_disagrees"),
    (_without("o:order-date"), "placed_at_missing"),
    (_without("o:product-lineitems"), "order_without_lines"),
    (_without("o:shipments"), "shipment_unknown"),
    (_without("o:currency"), "currency_missing"),
    (_text("o:currency", "euro"), "currency_malformed"),
    (_text("o:totals/o:order-total/o:gross-price", "1.00"), "order_amounts_disagree"),
    (_text(".//o:product-lineitem/o:quantity", "0.0"), "quantity_not_positive"),
    (_text(".//o:product-lineitem/o:shipment-id", "nowhere"), "shipment_unknown"),
    (_text("o:status/o:order-status", "LOST"), "order_status_unknown"),
]


def test_what_is_broken_is_found_and_costs_no_other_order(suite: Suite, tmp_path: Path) -> None:
    orders = [variety("plain", seed, site="RefArch") for seed in range(2 * len(BROKEN) + 1)]
    text = b"".join(order_bytes(each) for each in orders)
    root = etree.fromstring(b'<orders xmlns="%s" version="26.5">%s</orders>' % (NAMESPACE["o"].encode(), text))
    for place, (change, _) in enumerate(BROKEN):
        change(root[2 * place + 1])
    document = tmp_path / "RefArch_orders_20261121T100000.xml"
    document.write_bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))
    found = _told(_checked(document, suite))
    assert list(found) == [f"RefArch/{orders[2 * place + 1].order_no}" for place in range(len(BROKEN))]
    for codes, (_, code) in zip(found.values(), BROKEN, strict=True):
        assert code in codes
