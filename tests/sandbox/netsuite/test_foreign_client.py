"""A client that nobody here wrote: the `netsuite` package from PyPI, signing with OAuth 1.0a."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from netsuite import NetSuite
from netsuite.config import Config
from netsuite.rest_api import NetsuiteAPIRequestError, NetSuiteRestApi
from oauthlib.oauth1 import Client

from tests.sandbox.netsuite.conftest import a_line, an_order, refusal, unique
from tests.sandbox.netsuite.server import NetSuiteEndpoint, running_netsuite

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def netsuite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NetSuiteEndpoint]:
    """The package signs with HMAC-SHA1, which NetSuite itself no longer takes."""
    home = tmp_path_factory.mktemp("foreign")
    with running_netsuite(home, token_signatures=("HMAC-SHA256", "HMAC-SHA1")) as endpoint:
        yield endpoint


class Loopback(NetSuiteRestApi):
    """The package's client with its host set to the sandbox: everything else is the package's own."""

    def __init__(self, url: str, **credentials: str) -> None:
        super().__init__(**credentials)
        self.url = url

    def _make_url(self, subpath: str) -> str:
        return f"{self.url}/services/rest{subpath}"


def a_client(netsuite: NetSuiteEndpoint, **wrong: str) -> Loopback:
    known = netsuite.credentials
    credentials = {
        "account": known.account, "consumer_key": known.consumer_key, "consumer_secret": known.consumer_secret,
        "token_id": known.token_id, "token_secret": known.token_secret,
    } | wrong  # fmt: skip
    assert NetSuite(Config(**credentials)).config.is_token_auth()
    return Loopback(netsuite.url, **credentials)


def run(work: Any) -> Any:
    return asyncio.run(work)


def test_it_writes_and_reads_an_order(netsuite: NetSuiteEndpoint) -> None:
    api, key = a_client(netsuite), unique("so")
    run(api.put(f"/record/v1/salesOrder/eid:{key}", json=an_order()))
    found = run(api.get(f"/record/v1/salesOrder/eid:{key}", params={"expandSubResources": "true"}))
    assert found["externalId"] == key
    assert [line["amount"] for line in found["item"]["items"]] == [218.32, 18.99]
    run(api.patch(f"/record/v1/salesOrder/{found['id']}", json={"memo": "changed"}))
    assert run(api.get(f"/record/v1/salesOrder/{found['id']}", params={"fields": "memo"}))["memo"] == "changed"
    run(api.delete(f"/record/v1/salesOrder/{found['id']}"))
    with pytest.raises(NetsuiteAPIRequestError) as gone:
        run(api.get(f"/record/v1/salesOrder/{found['id']}"))
    assert gone.value.status_code == 404


def test_it_pages_through_suiteql(netsuite: NetSuiteEndpoint) -> None:
    api = a_client(netsuite)
    query = "SELECT id, itemid FROM item ORDER BY id"
    found, offset = [], 0
    while True:
        page = run(api.suiteql(query, limit=10, offset=offset))
        found += [row["itemid"] for row in page["items"]]
        offset += page["count"]
        if not page["hasMore"]:
            break
    assert len(found) == page["totalResults"] == len(set(found))
    assert {"NL-1000", "0012345678905", "SET-TRAIL", "sales-tax"} <= set(found)


def test_it_reads_the_catalog(netsuite: NetSuiteEndpoint) -> None:
    api = a_client(netsuite)
    assert "salesOrder" in [each["name"] for each in run(api.openapi())["items"]]
    schema = run(api.jsonschema("salesOrder"))
    assert schema["properties"]["tranDate"]["format"] == "date"
    assert schema["properties"]["custbody_ctg_order_no"]["x-ns-custom-field"]


def test_it_is_told_about_an_unknown_field(netsuite: NetSuiteEndpoint) -> None:
    with pytest.raises(NetsuiteAPIRequestError) as refused:
        run(
            a_client(netsuite).post(
                "/record/v1/salesOrder", json=an_order(item={"items": [a_line("NL-1000", 1, 1, colour="red")]})
            )
        )
    assert refused.value.status_code == 400
    assert "item.items[0].colour" in refused.value.response_text


@pytest.mark.parametrize("part", ["consumer_secret", "token_secret", "consumer_key", "token_id", "account"])
def test_wrong_credentials_are_refused(netsuite: NetSuiteEndpoint, part: str) -> None:
    with pytest.raises(NetsuiteAPIRequestError) as refused:
        run(a_client(netsuite, **{part: "WRONG"}).get("/record/v1/customer/501"))
    assert refused.value.status_code == 401
    assert "INVALID_LOGIN" in refused.value.response_text


def signed(netsuite: NetSuiteEndpoint, url: str, **wrong: str) -> httpx.Request:
    """Sign a request with oauthlib's own client, as NetSuite wants it: HMAC-SHA256."""
    known = netsuite.credentials
    signer = Client(
        known.consumer_key, client_secret=known.consumer_secret, resource_owner_key=known.token_id,
        resource_owner_secret=known.token_secret, realm=known.account, signature_method="HMAC-SHA256", **wrong,
    )  # fmt: skip
    _, headers, _ = signer.sign(url)
    return httpx.Request("GET", url, headers=headers)


def test_a_signature_holds_for_its_address_only_and_once(netsuite: NetSuiteEndpoint) -> None:
    url = f"{netsuite.url}/services/rest/record/v1/customer/501"
    request = signed(netsuite, url)
    header = {"Authorization": request.headers["Authorization"]}
    assert httpx.get(f"{url}?fields=email", headers=header).status_code == 401
    assert httpx.get(url, headers=header).status_code == 200
    assert "nonce" in refusal(httpx.get(url, headers=header), 401)["detail"]


def test_an_old_signature_is_refused(netsuite: NetSuiteEndpoint) -> None:
    request = signed(
        netsuite, f"{netsuite.url}/services/rest/record/v1/customer/501", timestamp=str(int(time.time()) - 400)
    )
    assert "oauth_timestamp" in refusal(httpx.get(request.url, headers=dict(request.headers)), 401)["detail"]


def test_sha1_is_refused_unless_allowed(tmp_path_factory: pytest.TempPathFactory) -> None:
    with running_netsuite(tmp_path_factory.mktemp("strict")) as strict:
        with pytest.raises(NetsuiteAPIRequestError) as refused:
            run(a_client(strict).get("/record/v1/customer/501"))
        assert "HMAC-SHA256" in refused.value.response_text
        url = f"{strict.url}/services/rest/record/v1/customer/501"
        assert (
            httpx.get(url, headers={"Authorization": signed(strict, url).headers["Authorization"]}).status_code == 200
        )
