"""Stock by item and location, as the flow of inventory reads it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import catalogue
from tests.sandbox.netsuite.conftest import a_line, put_order, refusal

if TYPE_CHECKING:
    import httpx

    from tests.sandbox.netsuite.server import NetSuiteEndpoint

MOMENT = "TO_CHAR(a.lastquantityavailablechange, 'YYYY-MM-DD HH24:MI:SS')"


def level(netsuite: NetSuiteEndpoint, sku: str, location: str = "1") -> dict[str, str]:
    """Give an item's row at a location."""
    (row,) = netsuite.rows(
        "SELECT a.quantityavailable AS available, a.quantityonhand AS on_hand, a.quantitycommitted AS committed, "
        f"a.quantitybackordered AS short, a.quantityonorder AS on_order, {MOMENT} AS stamp "
        "FROM aggregateItemLocation a JOIN item i ON i.id = a.item "
        f"WHERE i.itemid = '{sku}' AND a.location = {location}"
    )
    return row


def lines(netsuite: NetSuiteEndpoint, order: dict[str, Any]) -> list[dict[str, str]]:
    """Give what of an order's lines is committed and back-ordered."""
    return netsuite.rows(
        "SELECT quantitycommitted AS committed, quantitybackordered AS short FROM transactionline "
        f"WHERE transaction = {order['id']} AND mainline = 'F' AND kitmemberof IS NULL AND itemtype IN ('InvtPart', 'Kit', 'Assembly') ORDER BY id"
    )


def test_an_item_that_was_never_counted_has_a_row_without_quantities(netsuite: NetSuiteEndpoint) -> None:
    assert level(netsuite, "NL-1100") == {}
    assert level(netsuite, "NL-1103")["available"] == "12"
    assert level(netsuite, "NL-1103", "2") == {}


def test_items_say_what_the_shop_needs_to_know(netsuite: NetSuiteEndpoint) -> None:
    rows = netsuite.rows(
        "SELECT itemid, itemtype, isinactive, custitem_ctg_handling AS handling, custitem_ctg_backorder AS units, "
        "custitem_ctg_safety_stock AS safety, custitem_ctg_perpetual AS perpetual FROM item "
        "WHERE itemid IN ('NL-1100', 'NL-1102', 'NL-1103', 'TRAIL-GUIDE', 'SET-TENT') ORDER BY itemid"
    )
    plain = {"isinactive": "F", "perpetual": "F"}
    assert rows == [
        {"itemid": "NL-1100", "itemtype": "InvtPart", "handling": "preorder", "units": "50"} | plain,
        {"itemid": "NL-1102", "itemtype": "InvtPart"} | plain | {"isinactive": "T"},
        {"itemid": "NL-1103", "itemtype": "Assembly", "safety": "2"} | plain,
        {"itemid": "SET-TENT", "itemtype": "Kit"} | plain,
        {"itemid": "TRAIL-GUIDE", "itemtype": "NonInvtPart"} | plain | {"perpetual": "T"},
    ]


def test_the_members_of_a_kit(netsuite: NetSuiteEndpoint) -> None:
    assert netsuite.rows(
        "SELECT BUILTIN.DF(k.parentitem) AS kit, BUILTIN.DF(k.item) AS sku, k.quantity, k.linenumber FROM KitItemMember k "
        "JOIN item i ON i.id = k.parentitem WHERE i.itemid = 'SET-TENT' ORDER BY k.linenumber"
    ) == [
        {"kit": "SET-TENT", "sku": "NL-1101", "quantity": "1", "linenumber": "1"},
        {"kit": "SET-TENT", "sku": "NL-1009", "quantity": "4", "linenumber": "2"},
        {"kit": "SET-TENT", "sku": "TRAIL-GUIDE", "quantity": "1", "linenumber": "3"},
    ]


def test_every_location_of_a_list_is_there_with_its_address(netsuite: NetSuiteEndpoint) -> None:
    rows = netsuite.rows(
        "SELECT l.id, l.name, BUILTIN.DF(l.locationtype) AS kind, l.bufferstock, a.city, a.country, m.subsidiary "
        "FROM location l JOIN locationSubsidiaryMap m ON m.location = l.id "
        "JOIN LocationMainAddress a ON a.nkey = l.mainaddress WHERE l.isinactive = 'F' ORDER BY l.id"
    )
    assert [row["id"] for row in rows] == sorted(catalogue.LOCATIONS)
    assert rows[1] == {"id": "2", "name": "store-berlin", "kind": "Store", "bufferstock": "2", "city": "Berlin",
                       "country": "DE", "subsidiary": "1"}  # fmt: skip
    homes = {location for each in catalogue.INVENTORY_LISTS.values() for location in each.locations}
    assert set(catalogue.LOCATIONS) - homes == {"7"}


def test_commitments_stamp_and_shipping_what_was_committed_does_not(
    netsuite: NetSuiteEndpoint, client: httpx.Client
) -> None:
    before = level(netsuite, "NL-1005")
    time.sleep(1.05)
    _, order = put_order(client, item={"items": [a_line("NL-1005", 4, 40)]})
    committed = level(netsuite, "NL-1005")
    assert float(committed["available"]) == float(before["available"]) - 4
    assert committed["stamp"] > before["stamp"]
    time.sleep(1.05)
    netsuite.office("fulfil", order=order["id"])
    shipped = level(netsuite, "NL-1005")
    assert float(shipped["on_hand"]) == float(before["on_hand"]) - 4
    assert (shipped["available"], shipped["stamp"]) == (committed["available"], committed["stamp"])


def test_pending_approval_and_lines_without_a_location_commit_nothing(
    netsuite: NetSuiteEndpoint, client: httpx.Client
) -> None:
    before = level(netsuite, "NL-1006")
    _, pending = put_order(client, orderStatus={"id": "A"}, item={"items": [a_line("NL-1006", 2, 20)]})
    nowhere = {"entity": {"id": "501"}, "orderStatus": {"id": "B"}, "item": {"items": [a_line("NL-1006", 2, 20)]}}
    assert client.post("/record/v1/salesOrder", json=nowhere).status_code == 204
    assert level(netsuite, "NL-1006") == before
    assert lines(netsuite, pending) == [{"committed": "0", "short": "0"}]
    netsuite.office("approve", order=pending["id"])
    assert lines(netsuite, pending) == [{"committed": "2", "short": "0"}]


def test_what_is_short_is_back_ordered_and_filled_by_what_comes_in(
    netsuite: NetSuiteEndpoint, client: httpx.Client
) -> None:
    """Of a kit only whole ones count as committed, though its members are."""
    _, tents = put_order(client, item={"items": [a_line("SET-TENT", 2, 600), a_line("NL-1101", 3, 900)]})
    assert lines(netsuite, tents) == [{"committed": "2", "short": "0"}, {"committed": "1", "short": "2"}]
    assert float(level(netsuite, "NL-1101")["short"]) == 2
    netsuite.office("receive", item="NL-1101", location="1", quantity=1)
    assert lines(netsuite, tents)[1] == {"committed": "2", "short": "1"}
    netsuite.office("receive", item="NL-1101", location="1", quantity=5)
    assert lines(netsuite, tents)[1] == {"committed": "3", "short": "0"}
    found = level(netsuite, "NL-1101")
    assert (found["available"], found["on_hand"], found["committed"], found["short"]) == ("4", "9", "5", "0")


def test_a_kits_members_are_lines_of_their_own(netsuite: NetSuiteEndpoint, client: httpx.Client) -> None:
    """Without an amount, and with the kit's line as their parent: whoever forgets them counts twice."""
    _, order = put_order(client, item={"items": [a_line("SET-TRAIL", 2, 300, custcol_ctg_line_id="1")]})
    query = """SELECT BUILTIN.DF(l.item) AS sku, l.kitmemberof AS kit, l.quantity, l.quantitycommitted AS committed,
        l.foreignamount AS amount, l.custcol_ctg_line_id AS line FROM transactionline l
        WHERE l.transaction = {} AND l.mainline = 'F' AND l.taxline = 'F' ORDER BY l.linesequencenumber"""
    sold = {"sku": "SET-TRAIL", "quantity": "-2", "committed": "2", "amount": "-300", "line": "1"}
    parts = (("NL-1000", "2"), ("NL-1006", "2"), ("NL-1011", "6"))
    assert netsuite.rows(query.format(order["id"])) == [
        sold, *({"sku": sku, "kit": "1", "quantity": f"-{units}", "committed": units} for sku, units in parts)
    ]  # fmt: skip
    (made,) = netsuite.office("fulfil", order=order["id"])["fulfilments"]
    shipped = "SELECT BUILTIN.DF(item) AS sku, quantity FROM transactionline WHERE transaction = {} AND mainline = 'F' AND iscogs = '{}' ORDER BY id"
    assert netsuite.rows(shipped.format(made, "F")) == [{"sku": "SET-TRAIL", "quantity": "2"}, *({"sku": sku, "quantity": units} for sku, units in parts)]  # fmt: skip
    assert netsuite.rows(shipped.format(made, "T")) == [{"sku": sku, "quantity": f"-{units}"} for sku, units in parts]


def test_people_count_and_order(netsuite: NetSuiteEndpoint) -> None:
    assert netsuite.office("receive", item="NL-1100", location="2", count=7)["available"] == "7"
    netsuite.office("receive", item="NL-1100", location="2", on_order=12)
    row = level(netsuite, "NL-1100", "2")
    assert (row["available"], row["on_order"]) == ("7", "12")
    netsuite.office("receive", item="NL-1100", location="2", quantity=-9)
    assert level(netsuite, "NL-1100", "2")["available"] == "-2"


def test_rest_shows_levels_and_takes_those_that_people_set(
    netsuite: NetSuiteEndpoint, client: httpx.Client, person: httpx.Client
) -> None:
    body = {"locations": {"items": [{"location": {"id": "4"}, "safetyStockLevel": 3, "preferredStockLevel": 25}]}}
    assert person.patch("/record/v1/assemblyItem/eid:NL-1103", json=body).status_code == 204
    found = client.get("/record/v1/assemblyItem/eid:NL-1103", params={"expandSubResources": "true"}).json()
    (newark,) = [each for each in found["locations"]["items"] if each["locationId"] == 4]
    assert (newark["quantityAvailable"], newark["safetyStockLevel"]) == (8, 3)
    assert netsuite.rows(
        "SELECT safetystocklevel AS s, preferredstocklevel AS p FROM assemblyItemLocations WHERE location = 4"
    ) == [{"s": "3", "p": "25"}]
    assert netsuite.rows(
        "SELECT COUNT(*) AS n FROM inventoryItemLocations a JOIN item i ON i.id = a.item WHERE i.itemtype = 'Assembly'"
    ) == [{"n": "0"}]


def test_a_new_item_and_a_new_location_meet_in_rows_without_quantities(
    netsuite: NetSuiteEndpoint, person: httpx.Client
) -> None:
    assert person.post("/record/v1/inventoryItem", json={"itemId": "NL-NEW"}).status_code == 204
    location = netsuite.office("location", name="Pop-up Köln", kind="1", address={"city": "Köln", "country": {"id": "DE"}})  # fmt: skip
    assert level(netsuite, "NL-NEW", location["location"]) == {}
    netsuite.office("location", location=location["location"], inactive=True)
    assert netsuite.rows(f"SELECT isinactive AS x FROM location WHERE id = {location['location']}") == [{"x": "T"}]


def test_what_a_kit_or_an_order_names_cannot_be_deleted_but_may_be_hidden(netsuite: NetSuiteEndpoint) -> None:
    answer = netsuite.client.post(f"{netsuite.url}/sandbox/office/item", json={"item": "NL-1008", "delete": True})
    assert "dependent records" in refusal(answer)["detail"]
    netsuite.office("item", item="NL-1008", hide=True)
    netsuite.office("item", item="NL-9001", delete=True)
    netsuite.office("item", item="NL-1007", inactive=True)
    assert netsuite.rows("SELECT itemid, isinactive FROM item WHERE itemid IN ('NL-1007', 'NL-1008', 'NL-9001')") == [
        {"itemid": "NL-1007", "isinactive": "T"}
    ]
    members = "SELECT i.itemid FROM KitItemMember k LEFT JOIN item i ON i.id = k.item WHERE k.parentitem = (SELECT id FROM item WHERE itemid = 'SET-CAMP') ORDER BY k.linenumber"
    assert netsuite.rows(members) == [{}, {"itemid": "NL-1009"}]


def test_the_role_may_read_all_of_it(client: httpx.Client) -> None:
    for table in ("aggregateItemLocation", "inventoryItemLocations", "KitItemMember", "location", "LocationMainAddress",
                  "locationSubsidiaryMap", "pricing", "itemPrice", "customerItemPricing", "customerGroupPricing",
                  "pricelevel", "pricinggroup", "classification", "TrackingNumberMap", "trackingnumber"):  # fmt: skip
        query = {"q": f"SELECT * FROM {table} WHERE ROWNUM <= 1"}
        answer = client.post("/query/v1/suiteql", json=query, headers={"Prefer": "transient"})
        assert answer.status_code == 200, (table, answer.text)


@pytest.mark.parametrize(
    ("errand", "document", "words"),
    [
        ("dance", {}, "no errand dance"), ("receive", {"item": "NOBODY", "location": "1"}, "no item NOBODY"),
        ("receive", {"item": "SET-CAMP", "location": "1", "quantity": 1}, "not counted"),
        ("fulfil", {"order_no": "nobody"}, "no sales order"), ("price", {"item": "NL-1000", "level": "9", "currency": "EUR"}, "no priceLevel 9"),
    ],
)  # fmt: skip
def test_an_errand_that_cannot_be_run_says_why(
    netsuite: NetSuiteEndpoint, errand: str, document: dict[str, Any], words: str
) -> None:
    answer = netsuite.client.post(f"{netsuite.url}/sandbox/office/{errand}", json=document)
    assert (answer.status_code, words in answer.json()["error"]) == (422, True), answer.text
