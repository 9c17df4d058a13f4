"""Values of YAML files are changed where they stand; everything else stays as it was written."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import yaml

from cartage import yamlfile
from cartage.errors import SettingsError
from cartage.yamltext import put

TEXT = """\
# The head.
name: it      # what it is called
inline: {system: "sfcc", count: 5} # five
flows:
  # the first
  orders:
    schedule: "*/15 * * * *"   # often
    start_at: 2026-01-01T00:00:00Z

  stock:   # with: colons
    text: |
      several
      lines
    tags:
      - a
      # inner
      - b
    empty:
# in between

settings:
  last: 1
"""


@pytest.mark.parametrize(
    ("path", "value", "taken", "added"),
    [
        ("name", "other", "name: it      # what it is called", "name: other      # what it is called"),
        ("flows.orders.schedule", None, '    schedule: "*/15 * * * *"   # often', "    schedule: null   # often"),
        ("flows.orders.schedule", "0 * * * *", '    schedule: "*/15 * * * *"   # often', '    schedule: "0 * * * *"   # often'),
        ("inline.count", 7, 'inline: {system: "sfcc", count: 5} # five', 'inline: {system: "sfcc", count: 7} # five'),
        ("inline.other", "no", 'inline: {system: "sfcc", count: 5} # five', 'inline: {system: "sfcc", count: 5, other: "no"} # five'),
        ("flows.orders.shadow", True, None, "    shadow: true"),
        ("flows.stock.empty", [1, "b: c"], "    empty:", '    empty: [1, "b: c"]'),
        ("flows.new.schedule", None, None, "  new: {schedule: null}"),
        ("settings.share", Decimal("0.50"), None, "  share: 0.50"),
        ("top", {"a b": ["x\ny"]}, None, 'top: {a b: ["x\\ny"]}'),
        ("flows.stock.text", "one", None, "    text: one"),
        ("flows.stock.tags", ["c"], None, "    tags: [c]"),
    ],
)  # fmt: skip
def test_a_value_is_put_and_all_else_stays(path: str, value: Any, taken: str | None, added: str) -> None:
    steps = path.split(".")
    after = put(TEXT, steps, value)
    data: Any = yamlfile.parse(TEXT, "file").data
    place = data
    for step in steps[:-1]:
        place = place.setdefault(step, {})
    place[steps[-1]] = value
    assert yamlfile.parse(after, "file").data == data
    before, lines = TEXT.splitlines(), after.splitlines()
    assert added in lines
    if taken or len(lines) > len(before):
        assert [each for each in before if each not in lines] == ([taken] if taken else [])
    assert sum("#" in each for each in lines) >= sum("#" in each for each in before) - 1


def test_the_last_line_may_lack_its_end() -> None:
    assert put("a: 1", ["b"], 2) == "a: 1\nb: 2\n"
    assert put("a: {}", ["a", "b"], 2) == "a: {b: 2}"


@pytest.mark.parametrize(
    ("text", "path"), [("a: &x 1\nb: *x\n", "a"), ("a: &x 1\nb: *x\n", "b"), ("a: 1\n", "a.b"), ("a: [1]\n", "a.b")]
)
def test_what_would_change_more_is_left_to_people(text: str, path: str) -> None:
    with pytest.raises(SettingsError, match="by hand"):
        put(text, path.split("."), 2)


@pytest.mark.parametrize("value", ["\x00", "a\x85b", "\x7f", "\u2028", "\U0001f3ec", "\ufffe", '"\\\n'])
def test_any_letter_comes_back_as_it_was(value: str) -> None:
    after = put(put(TEXT, ("name",), value), ("flows", "orders", "schedule"), "daily")
    assert yaml.safe_load(after)["name"] == value
