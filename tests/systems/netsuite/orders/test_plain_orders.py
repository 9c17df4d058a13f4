"""Plain orders by columns become what they become row by row, to the byte; and most orders are plain."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from cartage.mapping import canonical
from cartage.mapping.source import load_source
from cartage.records.batch import Batch
from cartage.systems.netsuite import transform
from cartage.systems.netsuite.bulk.documents import PlainDocuments
from cartage.systems.netsuite.bulk.sharing import split as split_rows
from cartage.systems.netsuite.orders.amounts import split
from cartage.systems.netsuite.transform import Transformed, known_of, transform_with
from cartage.systems.sfcc.xml.reader import DocumentReader, Reading
from cartage.systems.sfcc.xml.tables import Numbers, Origin
from conftest import INCLUDE, INTEGRATION, Catalogue
from sandbox.shop.model import Attribute
from sandbox.shop.order_xml import write_orders
from sandbox.shop.orders import VARIETIES, random_orders, variety

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cartage.mapping import TargetMapping
    from cartage.settings import Settings
    from sandbox.shop.model import Order

CHOICES: dict[str, dict[str, Any]] = {
    "as it comes": {},
    "shipping on lines": {"shipping": "item_line", "tax_codes": {"default": "10", "0.19": "11"}},
    "attributes": {
        "attributes": {
            "order": {
                "loyaltyLevel": "custbody_level",
                "deliveryWindow": "custbody_window",
                "authCode": "custbody_auth",
            },
            "line": {"engraving": "custcol_text"},
        }
    },
    "deposits always": {"payments": {"default": {"deposit": "always", "account": "200"}}},
}


def read(made: list[Order], folder: Path) -> Batch:
    file = folder / "orders.xml"
    write_orders(file, made)
    reader = DocumentReader(load_source("sfcc", "order", INCLUDE))
    origin = Origin(made[0].site, file.name, "2026-06-15T12:00:00.000000Z", 0, {})
    found = list(reader.read(file, origin, Numbers.start("order"), Reading()))
    names = found[0].batch.tables
    return Batch("order", {name: pa.concat_tables([each.batch.tables[name] for each in found]) for name in names})


@pytest.fixture
def both(
    mappings: dict[str, TargetMapping], settings_with: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[Transformed, Transformed, float]]:
    """Transform by columns and row by row, and say which share of the orders was done by columns."""

    def transformed(
        batch: Batch, mapped: dict[str, TargetMapping] | None = None, **choice: Any
    ) -> tuple[Transformed, Transformed, float]:
        chosen = settings_with(choice)
        known = known_of(batch, chosen, Catalogue())
        seen: list[float] = []

        def watched(*arguments: Any, **others: Any) -> Any:
            plain = plain_documents(*arguments, **others)
            seen.append(float(plain.done.mean()))
            return plain

        def nothing(given_batch: Batch, *_: Any, **__: Any) -> Any:
            return PlainDocuments.none(len(given_batch))

        plain_documents = transform.plain_documents
        results = []
        for way in (watched, nothing):
            with monkeypatch.context() as patch:
                patch.setattr(transform, "plain_documents", way)
                results.append(
                    transform_with(batch, known, settings=chosen, mappings=mapped or mappings, integration=INTEGRATION)
                )
        return results[0], results[1], seen[0]

    return transformed


def assert_same(columns: Transformed, rows: Transformed) -> None:
    assert columns.verdicts == rows.verdicts
    assert columns.shortened == rows.shortened
    for one, other in zip(columns.documents.root.to_pylist(), rows.documents.root.to_pylist(), strict=True):
        assert one == other


@pytest.mark.parametrize("site", ["RefArch", "RefArchUS"])
@pytest.mark.parametrize("choice", CHOICES)
def test_every_variety_becomes_the_same_documents(
    choice: str, site: str, both: Callable[..., Any], tmp_path: Path
) -> None:
    made = [variety(name, 3, site=site) for name, each in VARIETIES.items() if each.site in (None, site)]

    columns, rows, share = both(read(made, tmp_path), **CHOICES[choice])

    assert_same(columns, rows)
    assert share > 0.9


def test_random_mixes_become_the_same_documents(both: Callable[..., Any], tmp_path: Path) -> None:
    columns, rows, share = both(read(list(random_orders(250, seed=21, site="RefArch")), tmp_path))

    assert_same(columns, rows)
    assert share > 0.9


def test_texts_that_are_too_long_are_shortened_and_told_of_alike(both: Callable[..., Any], tmp_path: Path) -> None:
    columns, rows, share = both(read([variety("long_texts", 3), variety("plain", 3)], tmp_path))

    assert_same(columns, rows)
    assert {each.field for each in columns.shortened} >= {"billing_addr2"}
    assert share == 1


def test_attributes_of_shipments_and_payments_have_fields_too(both: Callable[..., Any], tmp_path: Path) -> None:
    batch = read([variety("custom_attributes", 1, site="RefArch")], tmp_path)
    for each in both(batch, **CHOICES["attributes"])[:2]:
        (text,) = (row["body"] for row in each.documents.root.to_pylist() if row["type"] == "salesOrder")
        body = canonical.loads(text)
        assert body["custbody_window"] == '["08:00-10:00", "17:00-19:00"]'
        assert body["custbody_auth"] == "00-11"
        rest = canonical.loads(body["custbody_ctg_attributes"])
        assert "interests" in rest
        assert not {"deliveryWindow", "savedCard"} & set(rest), (
            "what has a field, and all else of payments, stands nowhere else"
        )


@pytest.mark.parametrize("choice", ["as it comes", "attributes"])
def test_an_attribute_that_order_and_shipment_both_have_loses_neither_value(
    choice: str, both: Callable[..., Any], tmp_path: Path
) -> None:
    order = variety("plain", 1, site="RefArch")
    order.attributes += [Attribute("loyaltyLevel", ("gold",)), Attribute("channel", ("app",))]
    order.shipments[0].attributes += [Attribute("loyaltyLevel", ("silver",)), Attribute("channel", ("app",))]
    order.attributes += [Attribute("trackingCarriers", ("UPS",))]
    order.shipments[0].attributes += [Attribute("trackingCarrier", ("UPS",))]
    columns, rows, share = both(read([order], tmp_path), **CHOICES[choice])
    assert_same(columns, rows)
    assert share == 1
    (text,) = (row["body"] for row in columns.documents.root.to_pylist() if row["type"] == "salesOrder")
    body = canonical.loads(text)
    rest = canonical.loads(body["custbody_ctg_attributes"])
    assert (body.get("custbody_level") or rest["loyaltyLevel"]) == "gold"
    assert rest["shipment.loyaltyLevel"] == "silver"
    assert rest["channel"] == "app"
    assert "shipment.channel" not in rest, "what both say alike is said once"
    assert not [each for each in rest if "tracking" in each], "what Cartage itself wrote there says nothing new"


def test_lines_with_their_tax_are_the_same(
    inclusive: dict[str, TargetMapping], both: Callable[..., Any], tmp_path: Path
) -> None:
    batch = read(list(random_orders(100, seed=5, site="RefArch")), tmp_path)

    columns, rows, share = both(batch, inclusive)

    assert_same(columns, rows)
    assert share > 0.9
    assert any('"grossAmt"' in each for each in columns.documents.root["body"].to_pylist())


@pytest.mark.slow
@pytest.mark.parametrize("choice", CHOICES)
def test_thousands_of_random_mixes_become_the_same_documents(
    choice: str, both: Callable[..., Any], tmp_path: Path
) -> None:
    count = 300 if CHOICES[choice] else 1000  # of each site; what a choice changes is in every order
    for site in ("RefArch", "RefArchUS"):
        columns, rows, _ = both(read(list(random_orders(count, seed=33, site=site)), tmp_path), **CHOICES[choice])
        assert_same(columns, rows)


def test_what_netsuite_does_not_know_is_complained_of_as_ever(both: Callable[..., Any], tmp_path: Path) -> None:
    batch = read([variety("plain", seed, site="RefArch") for seed in range(4)], tmp_path)
    lines = batch.tables["lines"]
    skus = lines["product_id"].to_pylist()
    strange = lines.set_column(
        lines.schema.get_field_index("product_id"), "product_id", pa.array(["nobody-knows-it", *skus[1:]])
    )

    columns, rows, share = both(replace(batch, tables=batch.tables | {"lines": strange}))

    assert_same(columns, rows)
    assert [each.complaints[0].code for each in columns.verdicts] == ["unknown_item"]
    assert share == 0.75


@settings(max_examples=100, deadline=None)
@given(
    arrays.arrays(np.int64, st.tuples(st.integers(1, 4), st.integers(1, 6)), elements=st.integers(-500, 100_000)),
    st.data(),
)
def test_amounts_are_split_as_one_by_one(weights: Any, data: st.DataObject) -> None:
    amounts = np.array([data.draw(st.integers(-100_000, 100_000)) for _ in weights])

    shares = split_rows(amounts, weights, np.full(len(weights), weights.shape[1]))

    for amount, row, share in zip(amounts.tolist(), weights.tolist(), shares.tolist(), strict=True):
        assert share == split(Decimal(amount), [Decimal(each) for each in row], Decimal(1))
        assert sum(share) == amount
