"""The report of a run: complete, safe to open, and about no person."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree, html

from cartage.quality import Report, Suite, check, load_suite, write
from cartage.quality.checks import WORST
from cartage.windows import Window
from tests.quality.orders import order, together

INCLUDE = Path(__file__).parents[2] / "include"
WINDOW = Window(None, datetime(2026, 11, 21, 20, 15, tzinfo=UTC))


@pytest.fixture(scope="module")
def suite() -> Suite:
    return load_suite("order", INCLUDE)


@pytest.fixture(scope="module")
def report(suite: Suite) -> Report:
    found = Report("sfcc_netsuite.orders", "17", WINDOW)
    found.add(
        check(
            together(
                "order",
                order(1),
                order(2, key="RefArch/<script>alert(1)</script>", currency="anna"),
                order(3, customer_email="anna berg"),
            ),
            suite,
        )
    )
    found.add(check(together("order", order(4, lines__quantity=Decimal(0)), order(5)), suite))
    return found


def _text(report: Report) -> str:
    return " ".join(html.fromstring(report.html()).text_content().split())


def test_it_says_how_many_are_held_back_and_why(report: Report) -> None:
    text = _text(report)
    assert "2 of 5 records (40.0 %) are held back" in text
    assert "The currency is no ISO 4217 code" in text
    assert "1 of 5" in text
    assert "RefArch/00004" in text
    assert "from the beginning to 2026-11-21 20:15:00 UTC" in text


def test_it_names_records_and_quotes_no_value_of_them(report: Report) -> None:
    assert "anna" not in report.html().lower()
    assert "anna" not in report.json().lower()


def test_it_is_one_page_without_script_and_escapes_keys(report: Report) -> None:
    page = report.html()
    tree = html.fromstring(page)
    assert tree.xpath("//script|//link|//img|//iframe|//@onclick") == []
    assert [each for each in tree.xpath("//@src|//@href") if each] == []
    assert "url(" not in page
    assert "RefArch/<script>alert(1)</script>" in tree.text_content()
    assert "prefers-color-scheme: dark" in page


def test_it_is_well_formed(report: Report) -> None:
    parser = etree.HTMLParser(recover=False)
    etree.fromstring(report.html(), parser)
    assert [each.message for each in parser.error_log if "Tag" not in each.message] == []


def test_figures_can_be_compared_between_runs(report: Report, tmp_path: Path) -> None:
    write(report, tmp_path / "reports" / "17.html")
    assert (tmp_path / "reports" / "17.html").read_text(encoding="utf-8") == report.html()
    figures = json.loads((tmp_path / "reports" / "17.json").read_text(encoding="utf-8"))
    assert (figures["records"], figures["quarantined"], figures["noted"]) == (5, 2, 1)
    assert figures["rows"]["lines"] == 15
    by_name = {each["name"]: each for each in figures["expectations"]}
    assert by_name["quantity_not_positive"]["worst"] == [["RefArch/00004", 1]]
    assert by_name["currency_malformed"]["evaluated"] == 5


def test_a_clean_run_and_an_empty_one(suite: Suite) -> None:
    clean = Report("sfcc_netsuite.orders", "18", WINDOW)
    clean.add(check(together("order", order(1)), suite))
    assert "The one record goes on." in _text(clean)
    assert "What was not met" not in _text(clean)
    assert "There was no record to check." in _text(Report("sfcc_netsuite.orders", "19", WINDOW))


def test_the_most_affected_are_named_and_no_more(suite: Suite) -> None:
    many = Report("sfcc_netsuite.orders", "20", WINDOW)
    rows = [order(row, currency="eur") for row in range(WORST + 15)]
    rows[30]["orders"][0]["order_no"] = None
    many.add(check(together("order", *rows[:20]), suite))
    many.add(check(together("order", *rows[20:]), suite))
    result = many.failed[0]
    assert (result.rule.name, result.failing_records, len(result.worst)) == ("currency_malformed", WORST + 15, WORST)
    assert [each.rule.name for each in many.failed] == ["currency_malformed", "order_no_missing"]
