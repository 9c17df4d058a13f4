"""Links into the shop and the ERP: a page where there is one, nothing where there is none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from cartage.console.outside import page_in_erp, page_in_shop
from cartage.integrations import include_folder, load_deploy
from cartage.provider import provider_info

if TYPE_CHECKING:
    from cartage.integrations import Integration


@pytest.fixture
def joined(monkeypatch: pytest.MonkeyPatch) -> Integration:
    """Give the integration, its systems connected to real accounts."""
    erp = {"conn_type": "netsuite", "extra": {"account": "123456_SB1"}}
    shop = {"conn_type": "sfcc", "extra": {"instance": "https://eu01-shop.demandware.net"}}
    monkeypatch.setenv("AIRFLOW_CONN_NETSUITE", json.dumps(erp))
    monkeypatch.setenv("AIRFLOW_CONN_SFCC_API", json.dumps(shop))
    monkeypatch.setattr("cartage.console.outside.KEPT", 1e-9)  # what is changed counts at once
    return load_deploy("sfcc_netsuite", include_folder())


def test_documents_have_pages_in_netsuite(joined: Integration) -> None:
    home = "https://123456-sb1.app.netsuite.com/app"
    assert page_in_erp(joined, "salesOrder", "77", "S/1") == f"{home}/accounting/transactions/transaction.nl?id=77"
    assert page_in_erp(joined, "customer", "8", "S/1") == f"{home}/common/entity/custjob.nl?id=8"
    assert page_in_erp(joined, "somethingElse", "8", "S/1") is None


def test_another_server_than_netsuites_has_no_pages(joined: Integration, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox = {"conn_type": "netsuite", "host": "http://127.0.0.1:9", "extra": {"account": "TSTDRV1"}}
    monkeypatch.setenv("AIRFLOW_CONN_NETSUITE", json.dumps(sandbox))
    assert page_in_erp(joined, "salesOrder", "77", "S/1") is None


def test_the_shop_is_opened_where_its_connection_says(joined: Integration, monkeypatch: pytest.MonkeyPatch) -> None:
    assert page_in_shop(joined, "order", "S/1") == "https://eu01-shop.demandware.net/on/demandware.store/Sites-Site"
    known = {"conn_type": "sfcc", "extra": {"order_page": "https://tool.example/{site}?no={number}"}}
    monkeypatch.setenv("AIRFLOW_CONN_SFCC_API", json.dumps(known))
    assert page_in_shop(joined, "order", "Ref Arch/1&2") == "https://tool.example/Ref%20Arch?no=1%262"


def test_the_order_page_is_a_field_of_the_connections_form(
    joined: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    (form,) = (each for each in provider_info()["connection-types"] if each["connection-type"] == "sfcc")
    assert "{site} and {number}" in form["conn-fields"]["order_page"]["description"]
    odd = {"conn_type": "sfcc", "extra": {"order_page": "javascript:alert('{number}')"}}
    monkeypatch.setenv("AIRFLOW_CONN_SFCC_API", json.dumps(odd))
    assert page_in_shop(joined, "order", "S/1") is None


def test_a_missing_connection_is_no_reason_to_fail(joined: Integration, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_NETSUITE")
    assert page_in_erp(joined, "salesOrder", "77", "S/1") is None


def test_a_connection_that_is_made_later_is_found(joined: Integration, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_NETSUITE")
    assert page_in_erp(joined, "salesOrder", "77", "S/1") is None
    monkeypatch.setenv("AIRFLOW_CONN_NETSUITE", json.dumps({"conn_type": "netsuite", "extra": {"account": "77"}}))
    assert "https://77.app.netsuite.com" in (page_in_erp(joined, "salesOrder", "77", "S/1") or "")
