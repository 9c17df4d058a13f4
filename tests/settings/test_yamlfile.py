"""YAML knows where each node stands, refuses what means two things, and cannot be made to build anything."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cartage.errors import SettingsError
from cartage.yamlfile import Place, parse, read

if TYPE_CHECKING:
    from pathlib import Path


def _refused(text: str) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        parse(text, "a.yaml")
    return caught.value


def test_every_node_knows_its_line() -> None:
    document = parse("name: x\nflows:\n  orders:\n    - one\n    - two\n", "a.yaml")
    assert document.place(("flows",)) == Place("a.yaml", 2)
    assert document.place(("flows", "orders", 1)) == Place("a.yaml", 5)
    assert document.place(("flows", "orders", 1, "unheard of")) == Place("a.yaml", 5)


def test_a_key_that_stands_twice_is_an_error_that_names_both_lines() -> None:
    wrong = _refused("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n")
    assert (wrong.file, wrong.line) == ("a.yaml", 5)
    assert "`c` stands twice, first in line 3" in str(wrong)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("NO", "NO"),
        ("on", "on"),
        ("0123", "0123"),
        ("10:30", "10:30"),
        ("2026-01-01", "2026-01-01"),
        ("0x10", "0x10"),
        ("1_000", "1_000"),
        ("true", True),
        ("42", 42),
        ("0.10", Decimal("0.10")),
        ("-1e3", Decimal("-1e3")),
        ("null", None),
        ("~", None),
        ('"1"', "1"),
        ("=", "="),
    ],
)
def test_plain_values_mean_what_they_look_like(written: str, meant: object) -> None:
    value = parse(f"key: {written}\n", "a.yaml").data["key"]
    assert value == meant
    assert type(value) is type(meant)


@pytest.mark.parametrize(
    "text",
    [
        "a: !!python/object/apply:os.system [ls]\n",
        "a: !!binary aGk=\n",
        "a: !!int no\n",
        "base: &b {x: 1}\nother:\n  <<: *b\n",
        "a: &a [*a]\n",
        "? [1, 2]\n: x\n",
        "a: [1, 2\n",
        "a: 1\n b: 2\n",
        "a: 1\n---\nb: 2\n",
    ],
)
def test_what_is_no_plain_yaml_is_refused_with_its_line(text: str) -> None:
    wrong = _refused(text)
    assert wrong.file == "a.yaml"
    assert wrong.line is not None


def test_aliases_that_multiply_are_refused_before_they_fill_memory() -> None:
    text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in range(1, 9):
        text += f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]\n"
    assert "more than 100000 values" in str(_refused(text))


def test_an_overlay_is_merged_key_by_key_and_keeps_both_places() -> None:
    under = parse("a: {x: 1, y: [1, 2]}\nb: 2\n", "file.yaml")
    over = parse("\n\na:\n  y: [3]\n  z: 4\n", "revision")
    merged = under.overlaid(over)
    assert merged.data == {"a": {"x": 1, "y": [3], "z": 4}, "b": 2}
    assert merged.place(("a", "x")) == Place("file.yaml", 1)
    assert merged.place(("a", "y", 0)) == Place("revision", 4)
    assert merged.place(("a", "z")) == Place("revision", 5)
    assert ("a", "y", 1) not in merged.places


def test_a_missing_file_names_the_one_that_is_meant(tmp_path: Path) -> None:
    (tmp_path / "order.yaml").write_text("a: 1\n")
    with pytest.raises(SettingsError, match=r"did you mean `order\.yaml`"):
        read(tmp_path / "orders.yaml")


# Beyond the first plane JSON escapes characters as pairs, which YAML does not know; YAML refuses a raw DEL.
_TEXTS = st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"], exclude_characters="\x7f"), max_size=8)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | _TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(_TEXTS, _VALUES, max_size=4))
def test_json_is_read_as_itself(value: dict[str, object]) -> None:
    """Every JSON text is YAML, so what is written as JSON (as a revision may be) is read back the same."""
    assert parse(json.dumps(value, indent=1), "a.yaml").data == value
