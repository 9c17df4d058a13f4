"""The record service: strictness, external ids, lines, references, permissions of values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.netsuite.conftest import a_line, an_order, put_order, refusal, shown, unique

if TYPE_CHECKING:
    import httpx

    from tests.sandbox.netsuite.server import NetSuiteEndpoint


def a_person(**more: Any) -> dict[str, Any]:
    return {"isPerson": True, "firstName": "Ada", "lastName": "Beispiel", "subsidiary": {"id": "1"}} | more


def write(client: httpx.Client, body: dict[str, Any], record_type: str = "salesOrder") -> httpx.Response:
    return client.put(f"/record/v1/{record_type}/eid:{unique()}", json=body)


@pytest.mark.parametrize(
    ("change", "path", "code"),
    [
        ({"colour": "red"}, "colour", "NONEXISTENT_FIELD"),
        ({"custbody_unknown": "x"}, "custbody_unknown", "NONEXISTENT_FIELD"),
        ({"item": {"items": [a_line("NL-1000", 1, 1, foo=1)]}}, "item.items[0].foo", "NONEXISTENT_FIELD"),
        ({"item": {"items": [a_line("NL-1000", 1, 1), a_line("NO-SUCH", 1, 1)]}}, "item.items[1].item", "INVALID_CONTENT"),
        ({"item": {"items": [a_line("NL-1000", "1", 1)]}}, "item.items[0].quantity", "INVALID_CONTENT"),  # type: ignore[arg-type]
        ({"item": [a_line("NL-1000", 1, 1)]}, "item", "INVALID_CONTENT"),
        ({"entity": {"id": "999999"}}, "entity", "INVALID_CONTENT"),
        ({"entity": "501"}, "entity", "INVALID_CONTENT"),
        ({"entity": {"id": "551"}}, "entity", "INVALID_CONTENT"),
        ({"entity": {"id": "504"}}, "entity", "INVALID_CONTENT"),
        ({"subsidiary": {"id": "2"}}, "subsidiary", "INVALID_CONTENT"),
        ({"currency": {"id": "2"}}, "currency", "INVALID_CONTENT"),
        ({"location": {"id": "4"}}, "location", "INVALID_CONTENT"),
        ({"shipMethod": {"id": "7"}}, "shipMethod", "INVALID_CONTENT"),
        ({"orderStatus": {"id": "C"}}, "orderStatus", "INVALID_CONTENT"),
        ({"orderStatus": "B"}, "orderStatus", "INVALID_CONTENT"),
        ({"tranDate": "02.03.2026"}, "tranDate", "INVALID_CONTENT"),
        ({"tranDate": "2026-02-30"}, "tranDate", "INVALID_CONTENT"),
        ({"toBeEmailed": "F"}, "toBeEmailed", "INVALID_CONTENT"),
        ({"shippingAddress": {"country": {"id": "Germany"}}}, "shippingAddress.country", "INVALID_CONTENT"),
        ({"custbody_ctg_site": "x" * 301}, "custbody_ctg_site", "INVALID_CONTENT"),
        ({"otherRefNum": "x" * 46}, "otherRefNum", "INVALID_CONTENT"),
        ({"email": "nobody"}, "email", "USER_ERROR"),
        ({"shippingAddress": {"addrPhone": "12345"}}, "shippingAddress.addrPhone", "USER_ERROR"),
        ({"shippingCost": 4.95}, "shippingCost", "USER_ERROR"),
        ({"item": {"items": []}}, "item", "USER_ERROR"),
        ({"item": {"items": [a_line("NL-1000", -1, 1)]}}, "item.items[0].quantity", "USER_ERROR"),
        ({"item": {"items": [a_line("discount", 1, 5)]}}, "item.items[0].amount", "USER_ERROR"),
    ],
)  # fmt: skip
def test_what_netsuite_would_not_take_is_refused_with_its_place(
    netsuite: NetSuiteEndpoint, client: httpx.Client, change: dict[str, Any], path: str, code: str
) -> None:
    refused = refusal(write(client, an_order(**change)))
    assert (refused["o:errorPath"], refused["o:errorCode"]) == (path, code)
    assert netsuite.counts()["writes_total"] == 0


def test_a_body_that_is_not_json_is_refused(client: httpx.Client) -> None:
    answer = client.post("/record/v1/salesOrder", content=b"{not json", headers={"Content-Type": "application/json"})
    assert refusal(answer)["o:errorCode"] == "INVALID_CONTENT"
    answer = client.post("/record/v1/salesOrder", content=b"<x/>", headers={"Content-Type": "text/xml"})
    assert refusal(answer, 415)["o:errorHeader"] == "Content-Type"


def test_unknown_fields_pass_when_the_request_says_so(client: httpx.Client) -> None:
    answer = client.post(
        "/record/v1/salesOrder", json=an_order(colour="red"), headers={"X-NetSuite-PropertyNameValidation": "Warning"}
    )
    assert answer.status_code == 204
    assert "colour" in answer.headers["X-NetSuite-Warning"]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/record/v1/customer/987654", 404, "NONEXISTENT_ID"),
        ("/record/v1/customer/eid:nobody", 404, "NONEXISTENT_ID"),
        ("/record/v1/customer/abc", 400, "INVALID_ID"),
        ("/record/v1/spaceship/1", 404, "NONEXISTENT_RECORD_TYPE"),
        ("/record/v1/customer/501?fields=colour", 400, "NONEXISTENT_FIELD"),
    ],
)
def test_what_is_not_there(client: httpx.Client, path: str, status: int, code: str) -> None:
    assert refusal(client.get(path), status)["o:errorCode"] == code


class TestExternalIds:
    def test_they_are_found_in_any_case(self, client: httpx.Client) -> None:
        key, order = put_order(client)
        assert client.get(f"/record/v1/salesOrder/eid:{key.upper()}").json()["id"] == order["id"]
        answer = client.put(f"/record/v1/salesOrder/eid:{key.upper()}", json={"memo": "again"})
        assert answer.headers["location"].endswith(f"/salesOrder/{order['id']}")

    def test_a_second_create_is_refused(self, client: httpx.Client) -> None:
        key, _ = put_order(client)
        refused = refusal(client.post("/record/v1/salesOrder", json=an_order(externalId=key.upper())))
        assert (refused["o:errorCode"], refused["o:errorPath"]) == ("USER_ERROR", "externalId")
        assert "This record already exists" in refused["detail"]

    def test_customers_and_contacts_share_theirs(self, client: httpx.Client) -> None:
        key = unique("cust")
        assert client.put(f"/record/v1/customer/eid:{key}", json=a_person()).status_code == 204
        contact = {"firstName": "Ada", "lastName": key, "subsidiary": {"id": "1"}}
        assert (
            "This entity already exists" in refusal(client.put(f"/record/v1/contact/eid:{key}", json=contact))["detail"]
        )

    def test_orders_and_deposits_share_theirs_but_not_with_customers(self, client: httpx.Client) -> None:
        key, order = put_order(client)
        deposit = {"customer": {"id": "501"}, "salesOrder": {"id": order["id"]}, "payment": 1}
        assert "already exists" in refusal(client.put(f"/record/v1/customerDeposit/eid:{key}", json=deposit))["detail"]
        assert client.put(f"/record/v1/customer/eid:{key}", json=a_person()).status_code == 204

    @pytest.mark.parametrize("key", ["a b", "a.b", "ä", "x" * 256])
    def test_other_characters_are_refused(self, client: httpx.Client, key: str) -> None:
        assert refusal(client.put(f"/record/v1/salesOrder/eid:{key}", json=an_order()))["o:errorCode"] == "INVALID_ID"


class TestLines:
    def test_a_line_without_its_number_is_a_new_one(self, client: httpx.Client) -> None:
        key, order = put_order(client)
        again = client.put(f"/record/v1/salesOrder/eid:{key}", json=an_order())
        assert again.status_code == 204
        doubled = shown(client, "salesOrder", key)
        assert [line["line"] for line in doubled["item"]["items"]] == [1, 2, 3, 4]
        assert doubled["subtotal"] == 2 * order["subtotal"]

    def test_a_line_with_its_number_changes(self, client: httpx.Client) -> None:
        key, order = put_order(client)
        body = {"item": {"items": [{"line": 2, "isClosed": True}]}}
        assert client.patch(f"/record/v1/salesOrder/{order['id']}", json=body).status_code == 204
        lines = shown(client, "salesOrder", key)["item"]["items"]
        assert [(line["line"], line["isClosed"], line["amount"]) for line in lines] == [
            (1, False, 218.32),
            (2, True, 18.99),
        ]

    def test_an_unknown_number_is_refused(self, client: httpx.Client) -> None:
        _, order = put_order(client)
        body = {"item": {"items": [{"line": 9, "isClosed": True}]}}
        assert (
            refusal(client.patch(f"/record/v1/salesOrder/{order['id']}", json=body))["o:errorPath"]
            == "item.items[0].line"
        )

    def test_replacing_leaves_gaps_in_the_numbers(self, client: httpx.Client) -> None:
        key, order = put_order(client)
        body = {"item": {"items": [{"line": 2}, a_line("NL-1005", 1, 59.5)]}}
        assert client.patch(f"/record/v1/salesOrder/{order['id']}?replace=item", json=body).status_code == 204
        lines = shown(client, "salesOrder", key)["item"]["items"]
        assert [(line["line"], line["item"]["refName"]) for line in lines] == [(2, "NL-1003"), (3, "NL-1005")]

    def test_a_changed_quantity_moves_the_amount(self, client: httpx.Client) -> None:
        key, order = put_order(client)
        assert (
            client.patch(
                f"/record/v1/salesOrder/{order['id']}", json={"item": {"items": [{"line": 1, "quantity": 3}]}}
            ).status_code
            == 204
        )
        assert shown(client, "salesOrder", key)["item"]["items"][0]["amount"] == 327.48


class TestCustomers:
    def test_a_person_needs_names_and_a_company_its_name(self, client: httpx.Client) -> None:
        assert "Last Name" in refusal(write(client, a_person(lastName=None), "customer"))["detail"]
        assert (
            "Company Name"
            in refusal(write(client, {"isPerson": False, "subsidiary": {"id": "1"}}, "customer"))["detail"]
        )
        assert (
            "Primary Subsidiary"
            in refusal(write(client, {"isPerson": False, "companyName": "X"}, "customer"))["detail"]
        )

    def test_numbers_keep_same_names_apart(self, client: httpx.Client) -> None:
        assert [write(client, a_person(), "customer").status_code for _ in range(2)] == [204, 204]

    def test_currencies_are_added_to_the_list(self, client: httpx.Client) -> None:
        key = unique("cust")
        client.put(f"/record/v1/customer/eid:{key}", json=a_person())
        assert (
            refusal(write(client, an_order(entity={"externalId": key}, currency={"id": "3"})))["o:errorPath"]
            == "currency"
        )
        client.patch(f"/record/v1/customer/eid:{key}", json={"currencyList": {"items": [{"currency": {"id": "3"}}]}})
        found = shown(client, "customer", key)
        assert [line["currency"]["refName"] for line in found["currencyList"]["items"]] == ["EUR", "GBP"]
        assert write(client, an_order(entity={"externalId": key}, currency={"id": "3"})).status_code == 204

    def test_a_relationship_opens_another_subsidiary(self, client: httpx.Client) -> None:
        key = unique("cust")
        client.put(f"/record/v1/customer/eid:{key}", json=a_person())
        order = an_order(entity={"externalId": key}, subsidiary={"id": "2"}, location={"id": "4"})
        assert refusal(write(client, order))["o:errorPath"] == "subsidiary"
        relation = {"entity": {"externalId": key}, "subsidiary": {"id": "2"}}
        assert client.post("/record/v1/customerSubsidiaryRelationship", json=relation).status_code == 204
        assert (
            "already belongs"
            in refusal(client.post("/record/v1/customerSubsidiaryRelationship", json=relation))["detail"]
        )
        assert write(client, order).status_code == 204

    def test_addresses_are_changed_by_their_id(self, client: httpx.Client) -> None:
        key = unique("cust")
        home = {
            "label": "home",
            "defaultBilling": True,
            "addressBookAddress": {"addr1": "Weg 1", "country": {"id": "DE"}},
        }
        client.put(f"/record/v1/customer/eid:{key}", json=a_person(addressBook={"items": [home]}))
        line = shown(client, "customer", key)["addressBook"]["items"][0]
        change = {"internalId": line["internalId"], "addressBookAddress": {"addr1": "Weg 2"}}
        answer = client.patch(f"/record/v1/customer/eid:{key}", json={"addressBook": {"items": [change]}})
        assert answer.status_code == 204, answer.text
        lines = shown(client, "customer", key)["addressBook"]["items"]
        assert [(each["internalId"], each["addressBookAddress"]["addr1"]) for each in lines] == [
            (line["internalId"], "Weg 2")
        ]
        assert lines[0]["addressBookAddress"]["country"]["id"] == "DE"


def test_same_names_fail_without_auto_numbering(tmp_path_factory: pytest.TempPathFactory) -> None:
    from tests.sandbox.netsuite.server import running_netsuite

    with running_netsuite(tmp_path_factory.mktemp("named"), auto_numbering=False) as endpoint, endpoint.admin as person:
        assert person.post("/record/v1/customer", json=a_person()).status_code == 204
        assert "already exists" in refusal(person.post("/record/v1/customer", json=a_person()))["detail"]


def test_collections_are_filtered_and_paged(client: httpx.Client) -> None:
    emails = [f"{unique('mail')}@example.com" for _ in range(3)]
    for email in emails:
        assert client.post("/record/v1/customer", json=a_person(email=email)).status_code == 204
    query = " OR ".join(f'email IS "{email}"' for email in emails)
    first = client.get("/record/v1/customer", params={"q": f"({query}) AND isInactive IS false", "limit": 2}).json()
    assert (first["count"], first["totalResults"], first["hasMore"]) == (2, 3, True)
    following = next(link["href"] for link in first["links"] if link["rel"] == "next")
    assert "offset=2" in following
    assert client.get("/record/v1/customer", params={"q": 'email CONTAIN "@nowhere"'}).json()["items"] == []
    assert refusal(client.get("/record/v1/customer", params={"q": "colour IS red"}))["o:errorQueryParam"] == "q"
    assert refusal(client.get("/record/v1/customer", params={"limit": 1001}))["o:errorQueryParam"] == "limit"
    assert (
        refusal(client.get("/record/v1/customer", params={"q": "dateCreated AFTER 2026-01-01"}))["o:errorQueryParam"]
        == "q"
    )


def test_a_record_is_shown_in_parts(client: httpx.Client) -> None:
    key, order = put_order(client)
    path = f"/record/v1/salesOrder/{order['id']}"
    bare = client.get(path).json()
    assert list(bare["item"]) == ["links"]
    assert set(client.get(f"{path}?fields=total,tranId").json()) == {"links", "total", "tranId"}
    assert client.get(f"{path}?simpleEnumFormat=true").json()["orderStatus"] == "B"
    assert client.get(f"{path}/item").json()["totalResults"] == 2
    assert client.get(f"{path}/item/2").json()["amount"] == 18.99
    assert client.head(path).status_code == 200
    assert not any(name.startswith("~") for name in order)
    assert order["externalId"] == key
