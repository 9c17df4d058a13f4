"""A mapping gives the same payloads and the same faults, unrolled or as closures."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cartage.mapping import LookupMissing, MappingFault, canonical
from cartage.mapping.compiled import Compiler
from cartage.mapping.model import Body
from cartage.mapping.unrolled import unrolled

if TYPE_CHECKING:
    from collections.abc import Callable

COLUMNS = ("a", "b", "c")
TEXTS = st.sampled_from(["", "x", "de", "DE", "known", "none", "error", "anna@Shop.EXAMPLE", "12.50", "+49 40 1234567"])
SCALARS = st.one_of(
    st.none(), st.booleans(), TEXTS, st.integers(-3, 3), st.decimals(-99, 99, places=2, allow_nan=False)
)
VALUES = SCALARS | st.just(datetime(2026, 3, 28, 23, 30, tzinfo=UTC))


def column() -> st.SearchStrategy[str]:
    return st.sampled_from([*COLUMNS, *(f"order.{name}" for name in COLUMNS)])


def conditions() -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(column(), SCALARS | st.lists(SCALARS, max_size=2), max_size=2)


@st.composite
def stepped(draw: st.DrawFn) -> dict[str, Any]:
    head = draw(
        st.sampled_from(
            [
                {"from": draw(column())},
                {"from": [draw(column()), draw(column())]},
                {"join": [draw(column()), draw(column())], "with": draw(st.sampled_from(["", ", "]))},
                {"attribute": {"name": "memo", "owner": draw(st.sampled_from([None, "order"]))}},
            ]
        )
    )
    offered = {
        "if_null": SCALARS,
        "values": st.dictionaries(TEXTS, SCALARS, max_size=3),
        "transform": st.sampled_from(["country", "email_or_nothing", "trim", "upper", "phone"]),
        "lookup": st.just("item"),
        "as": st.sampled_from(["text", "integer", "decimal", "boolean", "datetime"]),
        "max": st.integers(1, 4),
        "required": st.booleans(),
        "when": conditions(),
    }
    chosen = draw(st.lists(st.sampled_from(sorted(offered)), max_size=2, unique=True))
    rule = head | {name: draw(offered[name]) for name in chosen}
    if "max" in rule:
        rule["over"] = draw(st.sampled_from(["cut", "warn", "refuse"]))
    return rule


def rules() -> st.SearchStrategy[Any]:
    leaf = st.one_of(
        column(), stepped(), st.fixed_dictionaries({"const": SCALARS | st.just([1])}, optional={"when": conditions()})
    )
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            bodies(inner),
            st.fixed_dictionaries(
                {"each": st.just("lines"), "body": bodies(inner)},
                optional={"where": conditions(), "when": conditions()},
            ),
        ),
        max_leaves=12,
    )


def bodies(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(["p", "q", "it's", 'a "name"', "back\\slash", "{}"]), inner, max_size=4)


@st.composite
def rows(draw: st.DrawFn, depth: int = 2) -> dict[str, Any]:
    row = {name: draw(VALUES) for name in COLUMNS}
    row["attributes"] = draw(st.dictionaries(st.just("memo"), TEXTS))
    row["lines"] = draw(st.none() | st.lists(rows(depth - 1), max_size=2)) if depth else None
    return row


def find(value: str) -> str | None:
    """Know one value, and say in each of the three allowed ways that another is not known."""
    if value == "none":
        return None
    if value == "error":
        raise LookupMissing("item", value)
    return {"known": "42"}[value]


def outcome(call: Callable[[], Any]) -> tuple[Any, ...]:
    """Give what a call gives or raises, in a form that may be compared."""
    try:
        return ("gives", repr(call()))
    except MappingFault as fault:
        return ("faults", fault.code, fault.path, fault.field, fault.reason)
    except (AttributeError, TypeError) as error:  # a number where a transform wants a text: a mapping to correct
        return ("breaks", type(error))


@settings(max_examples=200, deadline=None)
@given(bodies(rules()), rows())
def test_a_mapping_unrolled_is_the_mapping(fields: dict[str, Any], row: dict[str, Any]) -> None:
    body = Body.model_validate(fields)
    told: tuple[list[Any], list[Any]] = ([], [])
    closures = Compiler("order", {"item": find}, told[0].append).body(body)
    function = unrolled(Compiler("order", {"item": find}, told[1].append), body)

    assert outcome(lambda: function(row, row)) == outcome(lambda: closures(row, row))
    assert told[1] == told[0]


def test_transforms_remember_values_by_kind() -> None:
    body = Body.model_validate({"rate": {"from": "a", "transform": "percent"}})
    function = unrolled(Compiler("order", {}), body)

    assert [function({"a": each}, {}) for each in (Decimal(1), Decimal("0.19"))] == [
        {"rate": 100},
        {"rate": Decimal(19)},
    ]


def test_numbers_that_are_equal_are_written_alike() -> None:
    written = [canonical.dumps([Decimal(each)]) for each in ("12.50", "12.5", "1.25E+1", "-0", "0.000")]

    assert written == ["[12.5]", "[12.5]", "[12.5]", "[0]", "[0]"]
