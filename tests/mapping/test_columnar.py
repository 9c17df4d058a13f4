"""A mapping gives the same payloads by columns as row by row, and finds the same records at fault."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cartage.mapping import LookupMissing, MappingFault, canonical
from cartage.mapping.columnar import render
from cartage.mapping.compiled import Compiler
from cartage.mapping.frames import Children, Const, Frame, Json, NotColumnar, Values
from cartage.mapping.model import Body

MONEY = pa.decimal128(20, 6)
RATE = pa.decimal128(12, 8)
INSTANT = pa.timestamp("us", tz="UTC")
NIGHT = datetime(2026, 3, 28, 22, 30, 59, 999_999, tzinfo=UTC)

TEXTS = st.sampled_from(
    ["", "x", "de", "known", "none", "error", 'a "b"', "back\\slash", "tab\t", "ä€😀", "anna@Shop.EXAMPLE", "12.50"]
)
NUMBERS = st.sampled_from([Decimal(each) for each in ("0", "-0.01", "0.000001", "100", "12.5", "-99999999.99")])
KINDS = {
    "text": (pa.string(), TEXTS),
    "money": (MONEY, NUMBERS),
    "rate": (RATE, st.sampled_from([Decimal(each) for each in ("0", "0.19", "0.00000001", "1")])),
    "flag": (pa.bool_(), st.booleans()),
    "row": (pa.int64(), st.integers(-3, 3)),
    "moment": (INSTANT, st.integers(0, 400_000).map(lambda minutes: NIGHT + timedelta(minutes=minutes))),
}
STEPS: dict[str, dict[str, Any]] = {
    "text": {"max": 2, "transform": "phone", "lookup": "item", "required": True, "if_null": "n", "values": {"x": "y"}},
    "money": {"as": "text", "values": {"100": "all"}, "transform": "negate", "if_null": 3},
    "rate": {"transform": "percent", "as": "integer"},
    "flag": {"as": "text"},
    "row": {"required": True},
    "moment": {"as": "datetime"},
}


def find(value: str) -> str | None:
    """Know one value, and say in each of the three allowed ways that another is not known."""
    if value == "none":
        return None
    if value == "error":
        raise LookupMissing("item", value)
    return {"known": "42"}[value]


def column() -> st.SearchStrategy[str]:
    return st.sampled_from([*KINDS, *(f"order.{name}" for name in KINDS), "same"])


@st.composite
def stepped(draw: st.DrawFn) -> dict[str, Any]:
    head: dict[str, Any] = draw(
        st.sampled_from(
            [
                {"from": draw(column())},
                {"from": [draw(column()), draw(column())]},
                {"join": [draw(column()), draw(column())]},
                {"attribute": {"name": "memo", "owner": draw(st.sampled_from([None, "order"]))}},
            ]
        )
    )
    kind = str(head.get("from")).removeprefix("order.")
    offered = STEPS.get(kind, {"required": True, "if_null": "n"})
    if kind == "moment" and draw(st.booleans()):
        return head | {"as": "date", "zone": draw(st.sampled_from(["site", "Asia/Kathmandu"]))}
    for name in draw(st.lists(st.sampled_from(sorted(offered)), max_size=2, unique=True)):
        head[name] = offered[name]
    if "max" in head:
        head["over"] = draw(st.sampled_from(["cut", "refuse"]))
    if draw(st.integers(0, 3)) == 0:
        head["when"] = {draw(st.sampled_from(["text", "flag", "order.flag"])): draw(st.sampled_from(["x", True, None]))}
    return head


def bodies(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(["p", "q", "it's", 'a "name"', "ä", "{}"]), inner, max_size=4)


def rules() -> st.SearchStrategy[Any]:
    leaf = st.one_of(
        column(),
        stepped(),
        st.fixed_dictionaries(
            {"const": st.sampled_from([None, 1, "c", [1]])}, optional={"when": st.just({"text": "x"})}
        ),
    )
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            bodies(inner), st.fixed_dictionaries({"each": st.just("lines"), "body": bodies(inner)})
        ),
        max_leaves=12,
    )


@st.composite
def rows(draw: st.DrawFn, *, children: bool) -> dict[str, Any]:
    row: dict[str, Any] = {name: draw(st.none() | values) for name, (_, values) in KINDS.items()}
    row |= {"site": "shop", "same": "always", "attributes": draw(st.dictionaries(st.just("memo"), TEXTS))}
    row["lines"] = draw(st.lists(rows(children=False), max_size=3)) if children else []
    return row


def framed(given_rows: list[dict[str, Any]], *, children: bool) -> Frame:
    columns: dict[str, Any] = {
        name: pa.array([row[name] for row in given_rows], kind) for name, (kind, _) in KINDS.items()
    }
    columns |= {"site": Const("shop"), "same": Const("always")}
    columns["attributes"] = lambda: Values([row["attributes"] for row in given_rows])
    offsets = np.concatenate([[0], np.cumsum([len(row["lines"]) for row in given_rows])]).astype(np.int64)
    lines = [line for row in given_rows for line in row["lines"]]
    below = {"lines": Children(framed(lines, children=False), offsets)} if children else {}
    return Frame(len(given_rows), columns, below)


@settings(max_examples=150, deadline=None)
@given(bodies(rules()), st.lists(rows(children=True), max_size=4))
def test_a_mapping_by_columns_is_the_mapping(fields: dict[str, Any], records: list[dict[str, Any]]) -> None:
    body = Body.model_validate(fields)
    compiler = Compiler("order", {"item": find, "zone": {"shop": "America/New_York"}.get})
    one_by_one = compiler.body(body)

    try:
        found = render(compiler, body, framed(records, children=True))
    except (NotColumnar, TypeError):  # TypeError: a moment as it is, which no JSON can hold
        return

    for record, text, faulty in zip(records, found.texts.to_pylist(), found.faulty, strict=True):
        try:
            payload = canonical.dumps(one_by_one(record, record) or {})
        except (MappingFault, TypeError, AttributeError):  # the latter: a wrong mapping, which breaks row by row
            assert faulty
            continue
        assert not faulty
        assert text == payload


def test_a_faulty_row_costs_no_other() -> None:
    def known(value: str) -> str | None:
        if value == "error":
            raise LookupMissing("item", value)
        return {"known": "42"}.get(value)

    body = Body.model_validate({"item": {"id": {"from": "sku", "lookup": "item"}}, "raw": "reference"})
    columns: dict[str, Any] = {
        "sku": pa.array(["known", "error", None, "unknown"]),
        "reference": Json(pa.array(['{"a":1}', None, None, None], pa.string())),
    }

    found = render(Compiler("order", {"item": known}), body, Frame(4, columns))

    assert found.faulty.tolist() == [False, True, False, True]
    assert found.texts.to_pylist()[0] == '{"item":{"id":"42"},"raw":{"a":1}}'
    assert found.texts.to_pylist()[2] == "{}"


def test_rows_that_are_chosen_one_by_one_are_left_to_the_closures() -> None:
    body = Body.model_validate({"p": {"each": "lines", "where": {"text": "x"}, "body": {"q": "text"}}})
    records = [
        {"lines": [dict.fromkeys(KINDS) | {"lines": [], "attributes": {}}], "attributes": {}} | dict.fromkeys(KINDS)
    ]

    with pytest.raises(NotColumnar):
        render(Compiler("order", {}), body, framed(records, children=True))
