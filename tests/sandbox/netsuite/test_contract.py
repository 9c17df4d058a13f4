"""The sandbox's field lists and the SDF project, held against the published ones."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from sandbox.netsuite.config import SDF_PROJECT
from sandbox.netsuite.countries import COUNTRIES
from sandbox.netsuite.customization import load
from sandbox.netsuite.field_lists import Property, published

PUBLISHED = Path(__file__).resolve().parents[4] / "shared" / "contracts" / "netsuite" / "fields"

Row = dict[str, str]


def contract(record: str) -> dict[tuple[str, str], Row]:
    """Give the published properties of a record's definitions."""
    file = PUBLISHED / f"{record}.tsv"
    if not file.exists():
        pytest.skip(f"no published field list at hand for {record}")
    with file.open(newline="") as lines:
        return {(row["definition"], row["property"]): row for row in csv.DictReader(lines, delimiter="\t")}


def own(record: str) -> dict[str, dict[str, str]]:
    return {name: fields for name, fields in published().items() if name.partition("-")[0] == record}


def kind_of(row: Row, rows: dict[tuple[str, str], Row]) -> str:
    """Say a published property in the compact form of the sandbox's lists."""
    names = {"collection": f"list {row['ref']}", "reference": f"ref {row['ref']}"}
    if row["type"] in names:
        return names[row["type"]]
    if row["type"] == "string" and row["format"]:
        return row["format"]
    if row["type"] != "object":
        return row["type"]
    choice = rows.get((row["definition"], f"{row['property']}.id"))
    if choice is None:
        return f"object {row['ref']}"
    if choice["enum"] == "ISO-3166-alpha2":
        return "country"
    is_open = not choice["enum"] or choice["enum"].endswith("…")
    return "enum" if is_open else f"enum {choice['enum']}"


@pytest.mark.parametrize("record", sorted({name.partition("-")[0] for name in published()}))
def test_every_field_agrees_with_the_published_list(record: str) -> None:
    rows = contract(record)
    for definition, fields in own(record).items():
        for name, kind in fields.items():
            row = rows.get((definition, name))
            assert row is not None, f"{definition}.{name} is not published"
            wanted, given = Property.of(kind_of(row, rows)), Property.of(kind)
            assert (given.kind, given.allowed) == (wanted.kind, wanted.allowed), f"{definition}.{name}"
            if given.kind != "enum":
                assert given.target == wanted.target, f"{definition}.{name}"


def test_what_an_order_needs_is_there() -> None:
    order = published()["salesOrder"]
    assert order["orderStatus"] == "enum A|B"
    assert {
        "taxDetailsOverride",
        "taxDetails",
        "shippingCost",
        "shipMethod",
        "otherRefNum",
        "discountItem",
        "item",
    } <= order.keys()
    assert {"line", "taxDetailsReference", "isClosed", "giftCertRecipientEmail"} <= published()[
        "salesOrder-itemElement"
    ].keys()


def test_countries_are_iso_codes() -> None:
    assert {"DE", "US", "GB", "JP"} <= COUNTRIES
    assert all(re.fullmatch("[A-Z]{2}", each) for each in COUNTRIES)
    assert len(COUNTRIES) == 250


def test_custom_fields_fit_netsuites_limits() -> None:
    fields = load(SDF_PROJECT).fields
    longest = {"custbody": 38, "custcol": 37, "custentity": 40, "custitem": 38}
    for name, field in fields.items():
        assert re.fullmatch(r"(custbody|custcol|custentity|custitem)_ctg_[a-z_]+", name)
        assert len(name) <= longest[name.partition("_")[0]]
        assert field.definitions, f"{name} applies to nothing"
    assert "salesOrder-itemElement" in fields["custcol_ctg_line_id"].definitions
    assert {"salesOrder", "customerDeposit"} <= set(fields["custbody_ctg_order_no"].definitions)
    assert fields["custbody_ctg_variance_tax"].type == "number"


def test_the_role_is_small() -> None:
    role = load(SDF_PROJECT).permissions
    assert role["TRAN_SALESORD"] == "EDIT"
    assert set(role.values()) == {"VIEW", "CREATE", "EDIT", "FULL"}
    full = {key for key, level in role.items() if level == "FULL"}
    assert full == {"ADMI_LOGIN_OAUTH", "ADMI_LOGIN_OAUTH2", "ADMI_RESTWEBSERVICES"}
