"""Every payload uses fields that NetSuite has, and none that could charge a card."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from golden_cases import CASES

from cartage.mapping import canonical
from conftest import INCLUDE
from sandbox.netsuite.customization import load
from sandbox.netsuite.schema import Schema

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = INCLUDE.parent
FIELDS = ROOT.parent / "shared" / "contracts" / "netsuite" / "fields"
GOLDEN = Path(__file__).parent / "golden"
FORBIDDEN = {
    "paymentOption", "paymentOperation", "handlingMode", "paymentCardCsc", "paymentProcessingProfile", "cardSwipe",
    "giftCertRedemption", "payPalAuthId", "inputReferenceCode", "outputAuthCode",
}  # fmt: skip
OWN_FIELDS = {"custbody_tier", "custcol_text"}
"""Fields that a case's settings make up."""


def payloads() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name in CASES:
        for document in canonical.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))["documents"]:
            yield name, document["type"], document["body"]


def names(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield name
            yield from names(each)
    elif isinstance(value, list):
        for each in value:
            yield from names(each)


def without_own(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_own(each) for name, each in value.items() if name not in OWN_FIELDS}
    return [without_own(each) for each in value] if isinstance(value, list) else value


def test_nothing_that_charges_a_card_is_ever_sent() -> None:
    for case, _, body in payloads():
        assert not FORBIDDEN & set(names(body)), case
        assert body.get("toBeEmailed") in (False, None), case


def test_the_sandboxs_netsuite_knows_every_field_and_takes_every_value() -> None:
    schema = Schema(load(ROOT / "deploy" / "netsuite"))

    def resolve(_target: str, reference: dict[str, Any], _path: str, _name: str) -> dict[str, Any]:
        assert set(reference) <= {"id", "refName", "$document"}
        return reference

    for _, type_, body in payloads():
        schema.check(type_, without_own(body), resolve)


@pytest.mark.skipif(not FIELDS.is_dir(), reason="the field lists of 2026.1 are not beside the repository (../shared)")
def test_netsuites_field_list_knows_every_field() -> None:
    for case, type_, body in payloads():
        with (FIELDS / f"{type_}.tsv").open(encoding="utf-8") as file:
            known = {(row["definition"], row["property"]): row for row in csv.DictReader(file, delimiter="\t")}
        for definition, name in fields_of(type_, body, known):
            assert (definition, name) in known, f"{case}: {definition} has no {name}"


def fields_of(definition: str, body: dict[str, Any], known: dict[tuple[str, str], Any]) -> Iterator[tuple[str, str]]:
    for name, value in body.items():
        if name.startswith("cust"):
            continue
        yield definition, name
        target = known.get((definition, name), {}).get("ref") or ""
        if isinstance(value, dict) and "items" in value:
            for each in value["items"]:
                yield from fields_of(target, each, known)
        elif isinstance(value, dict) and target.startswith(definition):
            yield from fields_of(target, value, known)


def test_custom_fields_are_those_of_the_deployment() -> None:
    deployed = set(load(ROOT / "deploy" / "netsuite").fields)
    for case, _, body in payloads():
        custom = {name for name in names(body) if name.startswith(("custbody_", "custcol_", "custentity_"))}
        assert custom - OWN_FIELDS <= deployed, case


def test_golden_files_are_json_that_people_read() -> None:
    for file in GOLDEN.glob("*.json"):
        assert json.loads(file.read_text(encoding="utf-8"))["documents"], file.name
