"""One running NetSuite a module: tests use records of their own, so they do not meet."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.netsuite.server import NetSuiteEndpoint, running_netsuite

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx


@pytest.fixture(scope="module")
def netsuite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NetSuiteEndpoint]:
    with running_netsuite(tmp_path_factory.mktemp("netsuite")) as endpoint:
        yield endpoint


@pytest.fixture
def client(netsuite: NetSuiteEndpoint) -> Iterator[httpx.Client]:
    """The integration's own client; faults and counts are fresh."""
    netsuite.reset()
    with netsuite.integration as session:
        yield session


@pytest.fixture
def person(netsuite: NetSuiteEndpoint) -> Iterator[httpx.Client]:
    """A person with the administrator role."""
    with netsuite.admin as session:
        yield session


def unique(prefix: str = "t") -> str:
    """Give an external id that no other test has."""
    return f"{prefix}-{uuid.uuid4().hex[:12]}"


def an_order(**more: Any) -> dict[str, Any]:
    """Give a valid sales order of the regular customer."""
    return {
        "entity": {"id": "501"}, "tranDate": "2026-03-02", "orderStatus": {"id": "B"}, "location": {"id": "1"},
        "item": {"items": [a_line("NL-1000", 2, 218.32), a_line("NL-1003", 1, 18.99)]},
    } | more  # fmt: skip


def a_line(sku: str, quantity: float, amount: float, **more: Any) -> dict[str, Any]:
    """Give a line of a sku with its amount."""
    return {"item": {"externalId": sku}, "quantity": quantity, "price": {"id": "-1"}, "amount": amount} | more


def put_order(client: httpx.Client, **more: Any) -> tuple[str, dict[str, Any]]:
    """Write a sales order; give its external id and how NetSuite shows it."""
    key = unique("so")
    answer = client.put(f"/record/v1/salesOrder/eid:{key}", json=an_order(**more))
    assert answer.status_code == 204, answer.text
    return key, shown(client, "salesOrder", key)


def shown(client: httpx.Client, record_type: str, key: str) -> dict[str, Any]:
    """Read a record by its external id, sublists expanded."""
    answer = client.get(f"/record/v1/{record_type}/eid:{key}", params={"expandSubResources": "true"})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def refusal(answer: httpx.Response, status: int = 400) -> dict[str, str]:
    """Check that an answer is a refusal, and give its one detail."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/vnd.oracle.resource+json; type=error"
    body = answer.json()
    assert body["status"] == status
    assert len(body["o:errorDetails"]) == 1
    return dict(body["o:errorDetails"][0])
