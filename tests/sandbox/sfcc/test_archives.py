"""Exports of site archives, what merchants change by hand, and how far OCAPI lets one page."""

from __future__ import annotations

import io
import time
import zipfile
from typing import TYPE_CHECKING, Any

import requests
from lxml import etree

from tests.sandbox.sfcc.feeds import INVENTORY, WAIT, inventory, pricebook, record, table
from tests.sandbox.shop.contracts import assert_valid

if TYPE_CHECKING:
    from tests.sandbox.sfcc.feeds import Shop

JOB = "/jobs/sfcc-site-archive-export/executions"


def export(shop: Shop, name: str, **units: dict[str, bool]) -> dict[str, Any]:
    """Export and wait for the end; gives the execution."""
    started = shop.data("POST", JOB, {"export_file": name, "overwrite_export_file": True, "data_units": units})
    assert started.status_code == 202, started.text
    while True:
        found: dict[str, Any] = shop.data("GET", f"{JOB}/{started.json()['id']}").json()
        if found["execution_status"] == "finished":
            return found
        time.sleep(0.01)


def fetched(shop: Shop, method: str, name: str, **headers: str) -> requests.Response:
    url = f"{shop.endpoints.sfcc['base_url']}/on/demandware.servlet/webdav/Sites/Impex/src/instance/{name}"
    given = headers or {"authorization": str(shop.session.headers["authorization"])}
    return requests.request(method, url, headers=given, timeout=WAIT)


def test_a_list_and_a_book_are_exported_as_their_schemas_want_them(ours: Shop) -> None:
    ours.take("inventory", inventory("archive-1", record("NL-1000", "<allocation>7.5</allocation>")))
    ours.take("pricebooks", pricebook("archive-2", table("NL-1000")))
    ours.control("/stock", list="archive-1", sku="NL-1001", allocation=3, handling="backorder", backorder=2)
    ours.control("/price", book="archive-2", sku="NL-1001", amount="7.90")

    ended = export(ours, "export-1.zip", inventory_lists={"archive-1": True}, price_books={"archive-2": True})

    assert ended["exit_status"]["code"] == "OK"
    with zipfile.ZipFile(io.BytesIO(fetched(ours, "GET", "export-1.zip").content)) as archive:
        assert archive.namelist() == ["export-1/inventory-lists/archive-1.xml", "export-1/pricebooks/archive-2.xml"]
        stock, prices = (etree.fromstring(archive.read(name)) for name in archive.namelist())
    for document, name in ((stock, "inventory.xsd"), (prices, "pricebook.xsd")):
        assert_valid(document, name, name)
    told = {each.get("product-id"): each for each in stock.iter(f"{{{INVENTORY}}}record")}
    assert [told[sku].findtext(f"{{{INVENTORY}}}allocation") for sku in ("NL-1000", "NL-1001")] == ["7.5", "3"]
    assert told["NL-1001"].findtext(f"{{{INVENTORY}}}ats") == "5"
    amounts = [each.text for each in prices.iter("{*}amount")]
    assert amounts == ["10.00", "7.90"]


def test_archives_are_for_those_who_may_and_gone_when_deleted(ours: Shop) -> None:
    export(ours, "export-2.zip", inventory_lists={"RefArch-inventory": True})

    assert fetched(ours, "GET", "export-2.zip", authorization="Bearer nobody").status_code == 401
    refused = ours.data("POST", JOB, {"export_file": "export-2.zip", "data_units": {}})
    assert (refused.status_code, refused.json()["fault"]["type"]) == (400, "ExportFileAlreadyExistsException")
    ours.control("/webdav", readable=["/logs"])
    assert fetched(ours, "GET", "export-2.zip").status_code == 403
    ours.control("/webdav", readable=None)
    assert fetched(ours, "DELETE", "export-2.zip").status_code == 204
    assert fetched(ours, "GET", "export-2.zip").status_code == 404


def test_no_collection_can_be_paged_to_its_end(ours: Shop) -> None:
    path = "/inventory_lists/RefArch-inventory/product_inventory_records"
    assert ours.data("GET", path, start=999, count=200).status_code == 200
    assert ours.data("GET", path, start=1000).json()["fault"]["type"] == "InvalidPagingParameterException"
