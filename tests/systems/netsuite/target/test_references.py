"""What NetSuite knows by the shop's names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cartage.systems.netsuite.references import NetSuiteReferences

if TYPE_CHECKING:
    from tests.systems.netsuite.target.conftest import Desk


def test_skus_are_found_in_bulk_in_any_case_and_unknown_ones_are_missing(desk: Desk) -> None:
    references = NetSuiteReferences(desk.hook, desk.settings)
    found = references.find("item", {"NL-1000", "nl-1001", "0012345678905", "shipping", "NL-9999"})
    assert found.keys() == {"NL-1000", "nl-1001", "0012345678905", "shipping"}
    assert found["nl-1001"] == desk.items["ITEM2"]
    asked = desk.erp.requests()["POST /query/v1/suiteql"]
    assert references.find("item", {"NL-1000", "NL-9999"}) == {"NL-1000": found["NL-1000"]}
    assert desk.erp.requests()["POST /query/v1/suiteql"] == asked


def test_an_inactive_item_is_unknown(desk: Desk) -> None:
    id_ = desk.erp.create("nonInventorySaleItem", {"itemId": "GONE-1", "isInactive": True})
    assert id_
    assert NetSuiteReferences(desk.hook, desk.settings).find("item", {"GONE-1"}) == {}


def test_the_sku_field_is_a_setting(desk: Desk) -> None:
    desk.set(orders={"sku_field": "upccode"})
    found = NetSuiteReferences(desk.hook, desk.settings).find("item", {"0012345678905", "NL-1000"})
    assert found.keys() == {"0012345678905"}


@pytest.mark.parametrize(
    ("kind", "value", "id_"),
    [
        ("shipping_method", "STANDARD", "101"), ("currency", "EUR", "1"), ("location", "store-berlin", "2"),
        ("location", "2", "2"), ("subsidiary", "Nordlicht GmbH", "1"), ("tax_code", "default", "10"),
        ("account", "200", "200"), ("payment_method", "Gift certificate", "7"),
    ],
)  # fmt: skip
def test_the_other_kinds_are_found_by_name_or_id(desk: Desk, kind: str, value: str, id_: str) -> None:
    references = NetSuiteReferences(desk.hook, desk.settings)
    assert references.find(kind, {value, "no such thing"}) == {value: id_}


def test_a_shipping_method_whose_id_netsuite_does_not_know_is_unknown(desk: Desk) -> None:
    desk.set(orders={"shipping_methods": {"STANDARD": "99999"}})
    assert NetSuiteReferences(desk.hook, desk.settings).find("shipping_method", {"STANDARD"}) == {}


def test_a_kind_that_there_is_none_of_is_an_error(desk: Desk) -> None:
    with pytest.raises(ValueError, match="colour"):
        NetSuiteReferences(desk.hook, desk.settings).find("colour", {"red"})
