"""The page of a dry run, made of plans as a target gives them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from lxml import etree, html

from cartage.errors import Complaint
from cartage.quality import Aside, PlannedRecord, PlanReport
from cartage.quality.plan_report import SHOWN
from cartage.seams import Compared, DocumentKey, Planned
from cartage.windows import Window

WINDOW = Window(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC))
NONE = "\N{EN DASH}"
AGREED = (Compared("total", "10.00", "10.00", amount=True), Compared("NL-1: amount", "10.00", "10.00", amount=True))


def planned(row: int, action: Any, type_: str = "salesOrder", **more: Any) -> Planned:
    key = DocumentKey(type_, f"id-{type_}-{row}", "order", f"RefArch/{row:04d}", "1", "hash")
    return Planned(row, key, action, more.pop("body", ""), **more)


def record(row: int, *plans: Planned) -> PlannedRecord:
    return PlannedRecord(row, f"RefArch/{row:04d}", list(plans))


def differing(row: int, total: str, sent: str) -> PlannedRecord:
    values = (
        Compared("total", total, sent, amount=True),
        Compared("date", "2026-03-01", "2026-03-02"),
        Compared("NL-1: quantity", "1", "2"),
        Compared("NL-1: amount", total, sent, amount=True),
    )
    return record(row, planned(row, "adopt", compared=values))


def report() -> PlanReport:
    return PlanReport("sfcc_netsuite.orders", "7", WINDOW, "NetSuite")


def text_of(found: PlanReport) -> str:
    return " ".join(html.fromstring(found.html()).text_content().split())


def test_the_page_counts_documents_by_what_would_be_done() -> None:
    found = report()
    found.add(
        record(1, planned(1, "create", "customer"), planned(1, "create"), planned(1, "create", "customerDeposit"))
    )
    found.add(record(2, planned(2, "unchanged", "customer"), planned(2, "create")))
    found.add(record(3, planned(3, "update", changes=("item[L1].quantity",))))
    found.set_aside(Aside("RefArch/0009", "quarantined", (Complaint("required", "RefArch/0009: no currency"),)))
    text = text_of(found)
    assert "Of 4 records, 2 would be created, 1 would be changed, 1 would be held back." in text
    assert "RefArch/0009: no currency" in text
    assert "item[L1].quantity" in text
    rows = html.fromstring(found.html()).xpath("(//table)[1]/tbody/tr")
    assert [[cell.text_content().strip() for cell in row] for row in rows] == [
        ["customer", "1", NONE, "1"],
        ["customerDeposit", "1", NONE, NONE],
        ["salesOrder", "2", "1", NONE],
    ]


def test_orders_of_an_earlier_connector_are_compared_and_the_differences_summed_up() -> None:
    found = report()
    found.add(record(1, planned(1, "adopt", compared=AGREED)))
    found.add(differing(2, "20.00", "20.01"))
    found.add(differing(3, "5.00", "4.50"))
    text = text_of(found)
    assert "1 of 3 orders that are there already agree" in text
    assert "2 differ." in text
    parts = dict(found.parts)
    assert {name: each.orders for name, each in parts.items()} == {
        "total": 2, "date": 2, "quantity and amount of items": 2,
    }  # fmt: skip
    assert (str(parts["total"].least), str(parts["total"].most)) == ("-0.50", "0.01")
    assert "-0.50 to +0.01" in text
    page = html.fromstring(found.html())
    marked = [row[0].text_content() for row in page.xpath("//tr[@class='differs']")]
    assert marked == ["total", "date", "NL-1: quantity", "NL-1: amount"] * 2
    order = [each.text_content() for each in page.xpath("//details[@class='record']/summary/code")]
    assert order == ["RefArch/0002", "RefArch/0003", "RefArch/0001"], "those that differ come first"


def test_a_large_run_stays_a_page_and_shows_what_differs() -> None:
    found = report()
    for row in range(SHOWN + 50):
        found.add(record(row, planned(row, "adopt", compared=AGREED)))
    found.add(differing(9999, "1.00", "2.00"))
    assert found.agreeing == SHOWN + 50
    assert len(found.of("adopt")) == SHOWN
    assert found.of("adopt")[0].key == "RefArch/9999"
    assert f"{SHOWN} shown" in text_of(found)


def test_a_body_is_shown_over_several_lines_with_exact_numbers_and_nothing_escapes() -> None:
    found = report()
    found.add(record(1, planned(1, "create", body='{"amount":19.95,"item":[{"id":"1"}],"memo":"<script>x</script>"}')))
    body = html.fromstring(found.html()).xpath("//pre")[0].text_content()
    assert (
        body
        == '{\n  "amount": 19.95,\n  "item": [\n    {\n      "id": "1"\n    }\n  ],\n  "memo": "<script>x</script>"\n}'
    )
    assert "<script" not in found.html()


def test_an_empty_run_says_so_and_every_page_is_whole() -> None:
    found = report()
    assert "no record to plan for" in text_of(found)
    parser = etree.HTMLParser(recover=False)
    etree.fromstring(found.html(), parser)
