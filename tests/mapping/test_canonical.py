"""Equal payloads have one text and one hash; numbers are written digit by digit."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cartage.mapping import canonical

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**14), max_value=10**14)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | _NUMBERS | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None)
@given(_VALUES)
def test_what_is_written_is_read_back_equal(value: Any) -> None:
    assert canonical.loads(canonical.dumps(value)) == value


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(_TEXT, _VALUES, max_size=5), st.randoms())
def test_order_of_keys_and_zeros_do_not_matter(value: dict[str, Any], random: Any) -> None:
    def restated(part: Any) -> Any:
        if isinstance(part, dict):
            keys = list(part)
            random.shuffle(keys)
            return {key: restated(part[key]) for key in keys}
        if isinstance(part, list):
            return [restated(each) for each in part]
        if isinstance(part, Decimal):
            return Decimal(format(part, "f") + "000") if "." in format(part, "f") else part
        return part

    assert canonical.dumps(restated(value)) == canonical.dumps(value)
    assert canonical.digest(restated(value)) == canonical.digest(value)


@settings(max_examples=150, deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False))
@example(Decimal("0.1") + Decimal("0.2"))
@example(Decimal("12345678901234567890.123456"))
@example(Decimal("1E+3"))
@example(Decimal("-0.00"))
def test_a_number_keeps_every_digit(number: Decimal) -> None:
    text = canonical.number(number)
    assert Decimal(text) == number
    assert "e" not in text.lower()
    assert not ("." in text and text.endswith(("0", ".")))


def test_the_text_is_json_without_spaces_in_key_order() -> None:
    value = {"b": Decimal("12.50"), "a": [True, None, "é"], "c": {"z": Decimal(100), "y": 1}}
    assert canonical.dumps(value) == '{"a":[true,null,"é"],"b":12.5,"c":{"y":1,"z":100}}'
    assert canonical.digest(value) == canonical.digest(json.loads(canonical.dumps(value), parse_float=Decimal))


def test_numbers_are_read_exactly() -> None:
    assert canonical.loads('{"a": 0.1, "b": 1}') == {"a": Decimal("0.1"), "b": 1}
    assert isinstance(canonical.loads("1e2"), Decimal)


@pytest.mark.parametrize(
    "value", [Decimal("NaN"), Decimal("Infinity"), datetime(2026, 1, 1, tzinfo=UTC), object(), {1, 2}]
)
def test_what_json_cannot_hold_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        canonical.dumps({"a": value})


def test_no_constants_are_read() -> None:
    with pytest.raises(ValueError, match="NaN"):
        canonical.loads("[NaN]")
