"""Account Manager and SCAPI Orders over HTTP, as a client meets them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
import requests
from jsonschema import Draft4Validator
from lxml import etree

from tests.sandbox.shop.contracts import assert_valid, specification

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.endpoints import Endpoints

WAIT = 10


class Client:
    """A client with a token."""

    def __init__(self, shop: Endpoints, scope: str = "sfcc.orders.rw") -> None:
        self.shop = shop
        self.url = f"{shop.sfcc['base_url']}/checkout/orders/v1/organizations/{shop.sfcc['organization']}/orders"
        token = ask_token(shop, scope).json()["access_token"]
        self.session = requests.Session()
        self.session.headers["authorization"] = f"Bearer {token}"

    def call(self, method: str, path: str = "", body: Any = None, /, **parameters: Any) -> requests.Response:
        parameters.setdefault("siteId", "RefArch")
        return self.session.request(method, self.url + path, json=body, params=parameters, timeout=WAIT)

    def order(self, number: str, site: str = "RefArch") -> dict[str, Any]:
        answer = self.call("GET", f"/{quote(number, safe='')}", siteId=site)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


def ask_token(shop: Endpoints, wanted: str = "sfcc.orders.rw", **change: Any) -> requests.Response:
    login = change.pop("auth", (shop.sfcc["client_id"], shop.sfcc["client_secret"]))
    full = f"SALESFORCE_COMMERCE_API:{shop.sfcc['tenant']} {wanted}"
    form = {"grant_type": "client_credentials", "scope": full, **change}
    return requests.post(shop.sfcc["token_url"], data=form, auth=login, timeout=WAIT)


def control(shop: Endpoints, path: str = "", **body: Any) -> dict[str, Any]:
    answer = requests.post(shop.sfcc["control"] + path, json=body, timeout=WAIT)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def place(shop: Endpoints, **what: Any) -> list[str]:
    return [each["order_no"] for each in control(shop, "/orders", **{"site": "RefArch", **what})["orders"]]


@pytest.fixture
def client(shop: Endpoints) -> Iterator[Client]:
    yield Client(shop)
    requests.delete(shop.sfcc["control"], timeout=WAIT)


def assert_problem(answer: requests.Response, status: int, kind: str) -> None:
    assert answer.status_code == status, answer.text
    problem = answer.json()
    assert problem["type"].endswith(f"/errors/{kind}")
    assert problem["title"]
    assert problem["detail"]
    assert answer.headers["content-type"] == "application/problem+json"


def test_tokens_are_for_those_who_know_the_secret(shop: Endpoints) -> None:
    good = ask_token(shop).json()

    assert good["token_type"] == "Bearer"
    assert good["expires_in"] > 0
    assert ask_token(shop, auth=(shop.sfcc["client_id"], "wrong")).json()["error"] == "invalid_client"
    assert ask_token(shop, grant_type="password").json()["error"] == "unsupported_grant_type"
    assert ask_token(shop, "sfcc.catalogs").json()["error"] == "invalid_scope"
    assert ask_token(shop, scope="sfcc.orders.rw").json()["error"] == "invalid_scope"


def test_without_a_good_token_nothing_is_served(shop: Endpoints, client: Client) -> None:
    reader = Client(shop, "sfcc.orders")
    number = place(shop, seed=1)[0]

    assert reader.call("GET").status_code == 200
    assert_problem(reader.call("PUT", f"/{number}/export-status", {"status": "exported"}), 401, "unauthorized")
    control(shop, "/tokens", forget=True)
    assert_problem(client.call("GET"), 401, "unauthorized")


def test_orders_are_answered_in_the_shape_of_the_specification(shop: Endpoints, client: Client) -> None:
    place(shop, seed=2, count=3, varieties=["several_shipments", "bundle", "several_options", "custom_attributes"])

    answer = client.call("GET", limit=5)

    validator = Draft4Validator({**specification(), "$ref": "#/components/schemas/OrdersResponse"})
    assert not list(validator.iter_errors(answer.json()))
    assert answer.json()["data"]


def test_pages_windows_and_order(shop: Endpoints, client: Client) -> None:
    start = datetime.now(UTC)
    numbers = place(shop, seed=3, count=5)
    window = {"lastModifiedDateFrom": start.isoformat(timespec="milliseconds"), "sortBy": "last_modified_date"}

    def found(**more: Any) -> list[str]:
        return [each["orderNo"] for each in client.call("GET", **{**window, **more}).json()["data"]]

    whole = found(sortOrder="asc")
    assert sorted(whole) == sorted(numbers)
    assert found() == whole[::-1], "newest first unless asked otherwise"
    assert (
        found(sortOrder="asc", limit=2)
        + found(sortOrder="asc", limit=2, offset=2)
        + found(sortOrder="asc", limit=2, offset=4)
        == whole
    )
    edge = client.order(whole[0])["lastModified"]
    assert found(lastModifiedDateTo=edge) == []
    assert set(found(lastModifiedDateFrom=edge)) == set(numbers), "from includes its moment, to does not"
    assert found(creationDateFrom=(start + timedelta(days=1)).isoformat()) == []


def test_filters(shop: Endpoints, client: Client) -> None:
    cancelled = place(shop, seed=4, varieties=["cancelled"])[0]
    shipped = place(shop, seed=5, varieties=["completed"])[0]

    def found(**filters: str) -> set[str]:
        return {each["orderNo"] for each in client.call("GET", limit=200, **filters).json()["data"]}

    assert cancelled in found(status="cancelled,new")
    assert shipped not in found(status="cancelled,new")
    assert shipped in found(shippingStatus="part_shipped,shipped") & found(paymentStatus="paid")
    assert found(externalStatus="nobody said this") == set()


@pytest.mark.parametrize(
    "wrong",
    [{"limit": "201"}, {"limit": "0"}, {"limit": "many"}, {"offset": "-1"}, {"offset": "9901", "limit": "100"},
     {"status": "new,completed,cancelled"}, {"status": "open"}, {"exportStatus": "sent"}, {"sortBy": "order_no"},
     {"creationDateFrom": "yesterday"}, {"page": "2"}],
    ids=str,
)  # fmt: skip
def test_what_the_specification_forbids_is_refused(client: Client, wrong: dict[str, str]) -> None:
    assert_problem(client.call("GET", **wrong), 400, "bad-request")


def test_what_is_not_there_is_not_found(client: Client) -> None:
    assert_problem(client.call("GET", "/no-such-order"), 404, "order-not-found")
    assert_problem(client.call("PUT", "/no-such-order/export-status", {"status": "exported"}), 404, "order-not-found")
    assert_problem(client.call("PATCH", "/no-such-order", {"c_erpOrderNo": "1"}), 404, "order-not-found")
    assert_problem(client.call("GET", siteId="Atlantis"), 404, "site-not-found")
    assert_problem(client.call("GET", siteId=""), 400, "bad-request")


@pytest.mark.parametrize(
    ("resource", "status", "field"),
    [("export-status", "exported", "exportStatus"), ("external-status", "In ERP", "externalOrderStatus"),
     ("confirmation-status", "confirmed", "confirmationStatus"), ("payment-status", "paid", "paymentStatus"),
     ("shipping-status", "part_shipped", "shippingStatus"), ("status", "completed", "status")],
)  # fmt: skip
def test_statuses_are_put_one_by_one(shop: Endpoints, client: Client, resource: str, status: str, field: str) -> None:
    number = place(shop, seed=6, varieties=["number_with_slashes"])[0]
    before = client.order(number)

    answer = client.call("PUT", f"/{quote(number, safe='')}/{resource}", {"status": status})

    assert (answer.status_code, answer.content) == (204, b"")
    after = client.order(number)
    assert after[field] == status
    assert after["lastModified"] > before["lastModified"]
    assert {**after, field: 0, "lastModified": 0} == {**before, field: 0, "lastModified": 0}


def test_bad_bodies_are_refused_and_change_nothing(shop: Endpoints, client: Client) -> None:
    number = place(shop, seed=7)[0]
    before = client.order(number)

    for body in ({"status": "sent"}, {"status": 1}, {}, {"status": "exported", "by": "me"}, ["exported"]):
        assert_problem(client.call("PUT", f"/{number}/export-status", body), 400, "bad-request")
    assert_problem(client.call("PATCH", f"/{number}", {"orderTotal": 1}), 400, "bad-request")
    assert_problem(client.call("PUT", f"/{number}/status", {"status": "failed"}), 400, "bad-request")
    text = client.session.put(f"{client.url}/{number}/status?siteId=RefArch", data="new", timeout=WAIT)
    assert text.status_code == 415
    assert client.order(number) == before


def test_a_failed_order_cannot_be_placed(shop: Endpoints, client: Client) -> None:
    number = place(shop, seed=8, varieties=["failed"])[0]

    assert_problem(client.call("PUT", f"/{number}/status", {"status": "new"}), 409, "undo-fail-order")
    assert client.call("PUT", f"/{number}/status", {"status": "created"}).status_code == 204


def test_custom_attributes_are_patched_and_removed(shop: Endpoints, client: Client) -> None:
    number = place(shop, seed=9)[0]

    client.call("PATCH", f"/{number}", {"c_erpOrderNo": "SO100", "c_trackingNumbers": ["1Z", "2Z"]})
    assert client.order(number)["c_trackingNumbers"] == ["1Z", "2Z"]
    client.call("PATCH", f"/{number}", {"c_trackingNumbers": None})

    after = client.order(number)
    assert after["c_erpOrderNo"] == "SO100"
    assert "c_trackingNumbers" not in after


def test_the_correlation_id_comes_back(client: Client) -> None:
    answer = client.session.get(
        client.url, params={"siteId": "RefArch"}, headers={"correlation-id": "abc"}, timeout=WAIT
    )

    assert answer.headers["x-correlation-id"] == "abc"
    assert client.call("GET", limit=999).headers["x-correlation-id"]


def test_it_fails_as_told(shop: Endpoints, client: Client) -> None:
    number = place(shop, seed=10)[0]
    control(
        shop,
        faults=[
            {"match": "GET */orders", "status": 503, "retry_after": 3, "times": 2},
            {"match": "PUT */export-status", "drop_after_commit": True},
            {"match": "PATCH *", "drop_connection": True},
        ],
    )

    assert [client.call("GET").status_code for _ in range(3)] == [503, 503, 200]
    with pytest.raises(requests.ConnectionError):
        client.call("PUT", f"/{number}/export-status", {"status": "exported"})
    with pytest.raises(requests.ConnectionError):
        client.call("PATCH", f"/{number}", {"c_erpOrderNo": "lost"})
    after = client.order(number)
    assert after["exportStatus"] == "exported", "the answer was lost, the work was done"
    assert "c_erpOrderNo" not in after
    counted = requests.get(shop.sfcc["control"], timeout=WAIT).json()["requests"]
    assert sum(count for name, count in counted.items() if name.startswith("PUT")) == 1


def test_the_export_writes_what_is_ready_and_marks_it(shop: Endpoints, client: Client) -> None:
    numbers = place(shop, seed=11, count=2, site="RefArchUS")
    client.call("PUT", f"/{numbers[0]}/payment-status", {"status": "paid"}, siteId="RefArchUS")
    created = place(shop, seed=12, site="RefArchUS", varieties=["created_only"])[0]

    drop = control(shop, "/export", site="RefArchUS", version="22.9")["drops"][0]

    path = Path(shop.sftp["root"]) / "outbound" / "orders" / drop["name"]
    root = etree.parse(str(path)).getroot()
    assert_valid(root, "order.xsd", drop["name"])
    written = {order.get("order-no"): order for order in root}
    assert set(written) >= set(numbers)
    assert created not in written
    assert written[numbers[0]].findtext("{*}status/{*}payment-status") == "PAID"
    assert client.order(numbers[0], "RefArchUS")["exportStatus"] == "exported"
    assert control(shop, "/export", site="RefArchUS")["drops"] == []
    path.unlink()
