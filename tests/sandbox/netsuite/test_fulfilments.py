"""Fulfilments: partial, in several packages, picked, packed and shipped, and how orders end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.netsuite.conftest import a_line, put_order, refusal, unique

if TYPE_CHECKING:
    import httpx

    from tests.sandbox.netsuite.server import NetSuiteEndpoint


@pytest.fixture
def order(client: httpx.Client) -> dict[str, Any]:
    """An order of the shop in two shipments."""
    lines = [
        a_line("NL-1012", 3, 90, custcol_ctg_line_id="1", custcol_ctg_shipment_id="home"),
        a_line("SET-TRAIL", 2, 300, custcol_ctg_line_id="2", custcol_ctg_shipment_id="office"),
        a_line("WARRANTY-2Y", 1, 14.9, custcol_ctg_line_id="3", custcol_ctg_shipment_id="home"),
    ]
    return put_order(client, custbody_ctg_order_no=unique("no"), item={"items": lines})[1]


def number(order: dict[str, Any]) -> str:
    return str(order["custbody_ctg_order_no"])


def status(netsuite: NetSuiteEndpoint, order: dict[str, Any]) -> str:
    return netsuite.rows(f"SELECT status FROM transaction WHERE id = {order['id']}")[0]["status"]


def lines(netsuite: NetSuiteEndpoint, order: dict[str, Any], column: str) -> list[str]:
    query = f"SELECT {column} AS x FROM transactionline WHERE transaction = {order['id']} AND custcol_ctg_line_id IS NOT NULL ORDER BY id"
    return [row["x"] for row in netsuite.rows(query)]


def test_a_fulfilments_lines_lead_to_the_shops_shipment(netsuite: NetSuiteEndpoint, order: dict[str, Any]) -> None:
    """By their own columns, and by the link to the order's line; the cost of goods sold is a line of its own."""
    (made,) = netsuite.office("fulfil", order_no=number(order), lines=[{"line_id": "1", "quantity": 2}, {"line_id": "3"}])["fulfilments"]  # fmt: skip
    assert netsuite.rows(
        "SELECT BUILTIN.DF(f.item) AS sku, f.quantity, f.custcol_ctg_line_id AS line, f.custcol_ctg_shipment_id AS shipment, "
        "o.custcol_ctg_line_id AS ordered FROM PreviousTransactionLineLink l "
        "JOIN transactionline f ON f.transaction = l.nextdoc AND f.id = l.nextline "
        "JOIN transactionline o ON o.transaction = l.previousdoc AND o.id = l.previousline "
        f"WHERE l.nextdoc = {made} AND l.linktype = 'ShipRcpt' ORDER BY f.id"
    ) == [
        {"sku": "NL-1012", "quantity": "2", "line": "1", "shipment": "home", "ordered": "1"},
        {"sku": "WARRANTY-2Y", "quantity": "1", "line": "3", "shipment": "home", "ordered": "3"},
    ]
    assert netsuite.rows(
        f"SELECT quantity, iscogs FROM transactionline WHERE transaction = {made} AND mainline = 'F' ORDER BY id"
    ) == [{"quantity": "2", "iscogs": "F"}, {"quantity": "1", "iscogs": "F"}, {"quantity": "-2", "iscogs": "T"}]
    assert (status(netsuite, order), lines(netsuite, order, "quantityshiprecv")) == ("E", ["2", "0", "1"])


def test_picked_and_packed_goods_are_still_on_the_shelf_but_nobody_elses(
    netsuite: NetSuiteEndpoint, person: httpx.Client, order: dict[str, Any]
) -> None:
    shelf = "SELECT quantityonhand AS x FROM aggregateItemLocation WHERE location = 1 AND item = (SELECT id FROM item WHERE itemid = 'NL-1012')"
    before = float(netsuite.rows(shelf)[0]["x"])
    (made,) = netsuite.office("fulfil", order_no=number(order), lines=[{"line_id": "1", "quantity": 2}], status="A")["fulfilments"]  # fmt: skip
    assert (status(netsuite, order), lines(netsuite, order, "quantitypicked")[0]) == ("B", "2")
    more = {"item": {"items": [{"orderLine": 1, "quantity": 2}, {"orderLine": 2, "itemReceive": False}]}}
    answer = person.post(f"/record/v1/salesOrder/{order['id']}/!transform/itemFulfillment", json=more)
    assert "1 left" in refusal(answer)["detail"]

    person.patch(f"/record/v1/itemFulfillment/{made}", json={"shipStatus": {"id": "B"}})
    assert lines(netsuite, order, "quantitypacked")[0] == "2"
    assert float(netsuite.rows(shelf)[0]["x"]) == before
    assert person.patch(f"/record/v1/itemFulfillment/{made}", json={"shipStatus": {"id": "C"}}).status_code == 204
    assert float(netsuite.rows(shelf)[0]["x"]) == before - 2
    shown = person.get(f"/record/v1/itemFulfillment/{made}").json()
    assert shown["shipStatus"] == {"id": "C", "refName": "Shipped"}
    assert {"pickedDate", "packedDate", "shippedDate"} <= shown.keys()
    assert netsuite.rows(f"SELECT status, BUILTIN.DF(status) AS s FROM transaction WHERE id = {made}") == [
        {"status": "C", "s": "Item Fulfillment : Shipped"}
    ]


def test_packages_carry_tracking_numbers_of_a_carrier(netsuite: NetSuiteEndpoint, order: dict[str, Any]) -> None:
    (made,) = netsuite.office(
        "fulfil", order_no=number(order), shipment_id="office", status="B", carrier="DHL", tracking=["JD01", "JD02"]
    )["fulfilments"]  # fmt: skip
    netsuite.office("ship", fulfilment=made, status="C", tracking=["JD03"])
    rows = netsuite.rows(
        "SELECT n.trackingnumber AS number, BUILTIN.DF(t.shipmethod) AS carrier, t.shipcarrier FROM transaction t "
        "JOIN TrackingNumberMap m ON m.transaction = t.id JOIN trackingnumber n ON n.id = m.trackingnumber "
        f"WHERE t.id = {made} ORDER BY n.trackingnumber"
    )
    assert rows == [{"number": each, "carrier": "DHL", "shipcarrier": "nonups"} for each in ("JD01", "JD02", "JD03")]
    assert lines(netsuite, order, "quantityshiprecv") == ["0", "2", "0"]


def test_an_order_ends_shipped_short_or_cancelled(
    netsuite: NetSuiteEndpoint, client: httpx.Client, order: dict[str, Any]
) -> None:
    netsuite.office("fulfil", order_no=number(order), lines=[{"line_id": "1", "quantity": 1}])
    netsuite.office("close", order_no=number(order), lines=[{"line_id": "1"}])
    assert lines(netsuite, order, "isclosed") == ["T", "F", "F"]
    netsuite.office("fulfil", order_no=number(order))
    assert (status(netsuite, order), lines(netsuite, order, "quantityshiprecv")) == ("F", ["1", "2", "1"])

    _, closed = put_order(client)
    netsuite.office("close", order=closed["id"])
    _, pending = put_order(client, orderStatus={"id": "A"})
    refused = netsuite.client.post(f"{netsuite.url}/sandbox/office/cancel", json={"order": closed["id"]})
    assert "not pending approval" in refusal(refused)["detail"]
    netsuite.office("cancel", order=pending["id"])
    assert (status(netsuite, closed), status(netsuite, pending)) == ("H", "C")
    assert netsuite.rows(f"SELECT id FROM transaction WHERE id = {pending['id']} AND status = 'SalesOrd:C'") == [{"id": pending["id"]}]  # fmt: skip


def test_a_deleted_fulfilment_opens_the_order_again(
    netsuite: NetSuiteEndpoint, person: httpx.Client, order: dict[str, Any]
) -> None:
    (made,) = netsuite.office("fulfil", order_no=number(order))["fulfilments"]
    assert person.delete(f"/record/v1/itemFulfillment/{made}").status_code == 204
    assert (status(netsuite, order), lines(netsuite, order, "quantityshiprecv")) == ("B", ["0", "0", "0"])
    assert netsuite.rows(f"SELECT nextdoc FROM PreviousTransactionLineLink WHERE nextdoc = {made}") == []
