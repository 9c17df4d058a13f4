"""Golden payloads: what each variety of order and each setting sends, in files that a person can read.

``GOLDEN=write pytest tests/systems/netsuite/orders/test_order_payloads.py`` writes them anew; read the diff.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from golden_cases import CASES, basket, jacket
from neutral import orders, shipment

from cartage.mapping import canonical
from cartage.mapping.model import Attribute, AttributeName, Body
from cartage.systems.netsuite.transform import to_documents
from conftest import Catalogue

if TYPE_CHECKING:
    from collections.abc import Callable

    from cartage.mapping import TargetMapping
    from conftest import Documents

GOLDEN = Path(__file__).parent / "golden"
SHOWN = ("type", "external_id", "action", "match", "expected", "body")


def shown(documents: Documents) -> dict[str, Any]:
    verdicts = documents.transformed.verdicts
    return {
        "documents": [{name: each[name] for name in SHOWN if each[name] is not None} for each in documents.all],
        "quarantined": [
            f"{each.field}: {each.code}: {each.message}" for verdict in verdicts for each in verdict.complaints
        ],
    }


@pytest.mark.parametrize("name", CASES)
def test_payloads_are_what_the_golden_file_says(
    name: str, documents: Callable[..., Documents], settings_with: Callable[..., Any]
) -> None:
    case = CASES[name]
    found = shown(documents(case.batch, settings_with(case.orders, **case.others)))
    file = GOLDEN / f"{name}.json"
    if os.environ.get("GOLDEN") == "write":
        readable = json.loads(canonical.dumps(found))
        file.write_text(json.dumps(readable, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    assert canonical.dumps(found) == canonical.dumps(canonical.loads(file.read_text(encoding="utf-8")))


def test_every_golden_file_is_of_a_case() -> None:
    assert {each.stem for each in GOLDEN.glob("*.json")} == set(CASES)


def test_a_text_that_is_too_long_is_shortened_and_told_of(documents: Callable[..., Documents]) -> None:
    long = basket(jacket(), shipments=[shipment("me", ship_address1="x" * 151)])
    found = documents(orders(long, basket(jacket(), order_no="00018")))
    assert next(each["shippingAddress"]["addr1"] for each in found.orders) == "x" * 150
    (cut,) = found.transformed.shortened
    assert (cut.key, cut.length, cut.limit) == ("RefArch/00017", 151, 150)
    assert "addr1" in cut.field
    assert found.transformed.verdicts == []


def test_a_customers_own_attributes_can_be_mapped(
    mappings: dict[str, TargetMapping], settings_with: Callable[..., Any]
) -> None:
    rule = Attribute(attribute=AttributeName(name="shoeSize", owner="customer"))
    customer = mappings["customer"]
    body = Body({**customer.file.body.root, "custentity_shoe_size": rule})
    mapped = mappings | {"customer": replace(customer, file=customer.file.model_copy(update={"body": body}))}
    made = to_documents(
        CASES["customer_person"].batch,
        settings=settings_with(),
        mappings=mapped,
        references=Catalogue(),
        integration="x_y",
    )
    assert canonical.loads(made.documents.root["body"][0].as_py())["custentity_shoe_size"] == "38"
