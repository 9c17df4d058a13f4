"""Wrong expectations are refused by file and line, before any record is judged by them."""

from __future__ import annotations

from pathlib import Path

import pytest

from cartage.errors import SettingsError
from cartage.quality import load_suite, read_suite
from cartage.yamlfile import parse

INCLUDE = Path(__file__).parents[2] / "include"
TEXT = """record: order
expectations:
  - name: currency_malformed
    table: orders
    type: expect_column_values_to_match_regex
    with: {column: currency, regex: "^[A-Z]{3}$"}
    severity: critical
    why: it is no currency
"""


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("record: order", "record: ordre", 1, "there is no record `ordre`; did you mean `order`?"),
        ("record: order", "record: order\nrekord: x", 2, "unknown key; did you mean `record`?"),
        ("table: orders", "table: order", 4, "the order has no table `order`; did you mean `orders`?"),
        ("to_match_regex", "to_mach_regex", 5, "did you mean `expect_column_values_to_match_regex`?"),
        ("expect_column_values_to_match_regex", "expect_table_row_count_to_equal", 5, "judges each row by itself"),
        ("to_match_regex", "to_be_of_type", 5, "judges each row by itself"),
        ("column: currency", "column: curency", 6, "there is no column `curency` in orders; did you mean `currency`?"),
        ("column: currency, ", "", 6, "field required"),
        ("column: currency", "colum: currency", 6, "has no parameter `colum`; did you mean `column`?"),
        ("column: currency", "column: currency, mostly: 0.9", 6, "has no parameter `mostly`"),
        ("[A-Z]{3}", "[A-Z{3}", 6, "is no regular expression"),
        ("with: {", "whith: {", 6, "unknown key; did you mean `with`?"),
        ("severity: critical", "severity: fatal", 7, "`fatal` is not known; write `critical`, `warning` or `info`"),
        ("severity: critical", "severity: 1", 7, "`1` is not known"),
        ("why: it is no currency", "way: it is no currency", 8, "unknown key; did you mean `why`?"),
        ("name: currency_malformed", "name: Currency", 3, "pattern"),
        ("    why: it is no currency\n", "    why: x\n    why: y\n", 9, "`why` stands twice, first in line 8"),
    ],
)
def test_a_wrong_expectation_is_named_with_its_line(old: str, new: str, line: int, said: str) -> None:
    assert TEXT.count(old) == 1
    with pytest.raises(SettingsError) as caught:
        read_suite(parse(TEXT.replace(old, new), "order.yaml"))
    assert said in str(caught.value)
    assert f"order.yaml:{line}: " in str(caught.value)


def test_bounds_are_checked_by_great_expectations() -> None:
    text = TEXT.replace("to_match_regex", "to_be_between").replace('regex: "^[A-Z]{3}$"', "min_value: [1]")
    with pytest.raises(SettingsError, match=r"order\.yaml:6: .*min_value"):
        read_suite(parse(text, "order.yaml"))


def test_a_name_stands_once() -> None:
    twice = TEXT + TEXT.partition("expectations:\n")[2]
    with pytest.raises(SettingsError, match=r"order\.yaml:9: .*`currency_malformed` stands twice"):
        read_suite(parse(twice, "order.yaml"))


def test_a_file_holds_the_record_it_is_named_for(tmp_path: Path) -> None:
    (tmp_path / "expectations").mkdir()
    (tmp_path / "expectations" / "customer.yaml").write_text(TEXT, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"customer\.yaml:1: .*is `order`, but the file is customer\.yaml"):
        load_suite("customer", tmp_path)


@pytest.mark.parametrize("record", ["order", "customer"])
def test_the_shipped_expectations_say_what_to_do(record: str) -> None:
    for rule in load_suite(record, INCLUDE).rules:
        assert len(rule.why) > 20, rule.name
        assert not rule.why.endswith("."), rule.name
