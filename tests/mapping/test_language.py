"""What the mapping language writes, rule by rule, and what it refuses of a record."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from cartage.mapping import LookupMissing, MappingFault, Shortened, ValueMissing, ValueRefused, read_mapping
from cartage.yamlfile import parse

if TYPE_CHECKING:
    from cartage.mapping.target import TargetMapping

ITEMS = {"NL-1": "101", "NL-2": "102"}
LOOKUPS: dict[str, Any] = {"item": ITEMS.get, "zone": {"Berlin": "Europe/Berlin", "York": "America/New_York"}.get}


def mapping(body: str) -> TargetMapping:
    indented = "\n".join(f"  {line}" for line in body.strip("\n").splitlines())
    return read_mapping(parse(f"record: order\ntarget: salesOrder\nbody:\n{indented}\n", "order.yaml"))


def written(body: str, warn: Any = None, **row: Any) -> dict[str, Any]:
    return mapping(body).compile(LOOKUPS, warn)(row)


def test_a_payload_has_the_shape_of_its_mapping() -> None:
    payload = written(
        """
        otherRefNum: order_no
        currency: {id: {from: currency, values: {EUR: "1", USD: "2"}}}
        toBeEmailed: {const: false}
        item:
          items:
            each: lines
            where: {kind: [product, option]}
            body:
              item: {id: {from: product_id, lookup: item}}
              quantity: quantity
              custcol_order: order.order_no
        """.replace("\n        ", "\n"),
        order_no="00017",
        currency="USD",
        lines=[
            {"kind": "product", "product_id": "NL-1", "quantity": Decimal("2.000000")},
            {"kind": "shipping", "product_id": None, "quantity": None},
            {"kind": "option", "product_id": "NL-2", "quantity": None},
        ],
    )
    assert payload == {
        "otherRefNum": "00017",
        "currency": {"id": "2"},
        "toBeEmailed": False,
        "item": {
            "items": [
                {"item": {"id": "101"}, "quantity": Decimal(2), "custcol_order": "00017"},
                {"item": {"id": "102"}, "custcol_order": "00017"},
            ]
        },
    }


def test_lists_nest_and_see_the_record_from_any_depth() -> None:
    payload = written(
        """
shipments:
  each: shipments
  body:
    id: shipment_id
    lines: {each: lines, body: {sku: sku, site: order.site}}
""",
        site="Berlin",
        shipments=[{"shipment_id": "1", "lines": [{"sku": "a"}, {"sku": "b"}]}, {"shipment_id": "2", "lines": []}],
    )
    assert payload == {
        "shipments": [
            {"id": "1", "lines": [{"sku": "a", "site": "Berlin"}, {"sku": "b", "site": "Berlin"}]},
            {"id": "2"},
        ]
    }


@pytest.mark.parametrize(
    ("rule", "value", "expected"),
    [
        ("a", None, {}),
        ("a", False, {"x": False}),
        ("a", "", {"x": ""}),
        ("{from: a, if_null: none given}", None, {"x": "none given"}),
        ("{from: a, if_null: 0, values: {'0': nought}}", None, {"x": "nought"}),
        ("{from: a, values: {SHIPPED: C}, default: A}", "OPEN", {"x": "A"}),
        ("{from: a, values: {SHIPPED: C}, default: null}", "OPEN", {}),
        ("{from: a, values: {'true': T, 'false': F}}", True, {"x": "T"}),
        ("{from: a, values: {'2': two}}", Decimal("2.00"), {"x": "two"}),
        ("{from: a, lookup: item, default: '0'}", "NL-9", {"x": "0"}),
        ("{from: a, lookup: item}", None, {}),
        ("{from: a, transform: trim}", "  ", {}),
        ("{from: a, transform: trim, as: text, max: 3, over: cut}", " ab cd", {"x": "ab"}),
        ("{from: a, as: text}", Decimal("12.500000"), {"x": "12.5"}),
        ("{from: a, as: text}", True, {"x": "true"}),
        ("{from: a, as: integer}", Decimal("3.000000"), {"x": 3}),
        ("{from: a, as: integer}", "0017", {"x": 17}),
        ("{from: a, as: decimal, places: 2}", Decimal("1.005000"), {"x": Decimal("1.01")}),
        ("{from: a, as: decimal, places: 2}", Decimal("-1.005000"), {"x": Decimal("-1.01")}),
        ("{from: a, as: decimal}", "1.10", {"x": Decimal("1.10")}),
        ("{from: a, as: boolean}", "true", {"x": True}),
        ("{from: a, when: {b: [1, 2]}}", "v", {"x": "v"}),
        ("{from: a, when: {b: 3}}", "v", {}),
        ("{from: a, when: {b: 2, c: null}}", "v", {"x": "v"}),
        ("{from: [c, a]}", "second", {"x": "second"}),
        ("{join: [c, a, b], with: '/'}", "v", {"x": "v/2"}),
        ("{join: [c], with: '/'}", "v", {}),
        ("{id: a}", None, {}),
        ("{attribute: {name: gift}}", None, {"x": "wrapped"}),
        ("{attribute: {name: none, owner: order}}", None, {}),
        ("{const: {id: '-1', tags: [1]}}", None, {"x": {"id": "-1", "tags": [1]}}),
    ],
)
def test_one_rule(rule: str, value: Any, expected: dict[str, Any]) -> None:
    assert written(f"x: {rule}", a=value, b=2, c=None, attributes={"gift": "wrapped"}) == expected


def test_an_attribute_belongs_to_the_row_or_to_the_record() -> None:
    body = "lines: {each: lines, body: {own: {attribute: {name: a}}, all: {attribute: {name: a, owner: order}}}}"
    payload = written(body, attributes={"a": "order's"}, lines=[{"attributes": {"a": "line's"}}, {"attributes": {}}])
    assert payload == {"lines": [{"own": "line's", "all": "order's"}, {"all": "order's"}]}


@pytest.mark.parametrize(
    ("site", "moment", "day"),
    [
        ("Berlin", "2026-01-31T22:59:59", "2026-01-31"),
        ("Berlin", "2026-01-31T23:00:00", "2026-02-01"),
        ("Berlin", "2026-03-28T23:30:00", "2026-03-29"),
        ("Berlin", "2026-07-31T22:00:00", "2026-08-01"),
        ("York", "2026-02-01T04:59:59", "2026-01-31"),
        ("York", "2026-02-01T05:00:00", "2026-02-01"),
    ],
)
def test_a_date_is_the_sites_own_day(site: str, moment: str, day: str) -> None:
    """Sales of a month's last evening belong to that month, in winter and in summer."""
    placed = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    assert written("x: {from: a, as: date, zone: site}", a=placed, site=site) == {"x": day}


def test_a_text_that_was_shortened_is_told() -> None:
    told: list[Shortened] = []
    payload = written("memo: {from: a, max: 4, over: warn}", told.append, a="abc efg")
    assert payload == {"memo": "abc"}
    assert told == [Shortened("memo", "a", 7, 4)]


@pytest.mark.parametrize(
    ("rule", "value", "kind", "said"),
    [
        ("{from: a, lookup: item}", "NL-9", LookupMissing, "x: the target knows no item `NL-9`"),
        ("{from: a, values: {b: c}}", "d", ValueRefused, "x: is not in the value map"),
        ("{from: a, required: true}", None, ValueMissing, "x: is required"),
        ("{from: a, transform: trim, required: true}", " ", ValueMissing, "x: is required"),
        ("{from: a, max: 3}", "abcd", ValueRefused, "x: has 4 characters, but the target takes 3"),
        ("{from: a, as: integer}", Decimal("1.5"), ValueRefused, "has a fraction"),
        ("{from: a, as: integer}", True, ValueRefused, "is no number"),
        ("{from: a, as: decimal}", "1,10", ValueRefused, "is no number"),
        ("{from: a, as: boolean}", "yes", ValueRefused, "neither true nor false"),
        ("{from: a, as: datetime}", datetime(2026, 1, 1), ValueRefused, "without a zone"),  # noqa: DTZ001
        ("{from: a, as: date, zone: UTC}", "yesterday", ValueRefused, "no ISO 8601 moment"),
        ("{from: a, transform: country}", "Germany", ValueRefused, "no two-letter country code"),
    ],
)
def test_what_one_record_cannot_carry(rule: str, value: Any, kind: type[MappingFault], said: str) -> None:
    with pytest.raises(kind) as caught:
        written(f"x: {rule}", a=value)
    assert said in str(caught.value)
    assert caught.value.complaint.field == "a"


def test_a_fault_in_a_list_names_the_row() -> None:
    body = "item: {items: {each: lines, body: {item: {id: {from: sku, lookup: item}}}}}"
    with pytest.raises(LookupMissing) as caught:
        written(body, lines=[{"sku": "NL-1"}, {"sku": "NL-9"}])
    assert caught.value.path == "item.items[1].item.id"
    assert (caught.value.kind, caught.value.value) == ("item", "NL-9")
    assert caught.value.complaint.code == "unknown_item"


def test_a_lookup_may_raise_what_a_dict_raises() -> None:
    compiled = mapping("x: {from: a, lookup: item}").compile({"item": ITEMS.__getitem__})
    assert compiled({"a": "NL-2"}) == {"x": "102"}
    with pytest.raises(LookupMissing):
        compiled({"a": "NL-9"})


def test_messages_quote_no_value_that_may_be_personal() -> None:
    for rule in ("transform: email", "transform: country", "max: 2", "as: decimal", "values: {a: b}"):
        with pytest.raises(MappingFault) as caught:
            written(f"x: {{from: a, {rule}}}", a="Anna Berg")
        assert "Anna" not in str(caught.value)


def test_an_error_path_of_the_target_is_traced_to_the_column() -> None:
    found = mapping(
        """
otherRefNum: order_no
toBeEmailed: {const: false}
billingAddress: {addr1: bill_address1, country: {id: bill_country_code}}
item: {items: {each: lines, body: {item: {id: {from: product_id, lookup: item}}, site: order.site}}}
"""
    )
    assert found.trace("otherRefNum") == "order_no"
    assert found.trace("item.items[3].item") == "lines.product_id"
    assert found.trace("item.items[0].site") == "site"
    assert found.trace("billingAddress.country") == "bill_country_code"
    assert found.trace("toBeEmailed") is None
    assert found.trace("unheard.of") is None
