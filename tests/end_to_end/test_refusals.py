"""Systems that refuse, fail for a while or never answer: said clearly, ridden out, and never at another's cost."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.shop.oracle import expect
from sandbox.shop.orders import NOW, newer, variety

if TYPE_CHECKING:
    from sandbox.shop.model import Order
    from tests.end_to_end.stack import Stack

HOUR = timedelta(hours=1)


def plain(count: int) -> list[Order]:
    return [variety("plain", seed, site="RefArch") for seed in range(count)]


def connection(monkeypatch: pytest.MonkeyPatch, name: str, **changes: Any) -> None:
    """Change an Airflow connection; keys of ``extra`` are merged, None leaves one out."""
    variable = f"AIRFLOW_CONN_{name}"
    values = json.loads(os.environ[variable])
    extra = values["extra"] | changes.pop("extra", {})
    values |= changes | {"extra": {key: value for key, value in extra.items() if value is not None}}
    monkeypatch.setenv(variable, json.dumps(values))


ANOTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJzcfEyf0tYcGJ3nJ0RzAomvXo0gJ7oXx5Zb9ZrQ9aS"
WRONG_CONNECTIONS: dict[str, tuple[str, dict[str, Any], list[str]]] = {
    "SFTP password": ("SFCC_SFTP", {"password": "wrong"}, ["SFTP connection sfcc_sftp", "correct login, password or key"]),
    "unknown SFTP host key": ("SFCC_SFTP", {"extra": {"host_key": None}}, ["host key", "`host_key`"]),
    "another SFTP host key": ("SFCC_SFTP", {"extra": {"host_key": ANOTHER_KEY}}, ["host key", "`host_key`"]),
    "NetSuite credentials": ("NETSUITE", {"extra": {"client_id": "wrong"}}, ["netsuite", "client"]),
}  # fmt: skip
"""By name: the connection, what is wrong in it, what the error must say."""


def test_a_wrong_connection_fails_at_once_and_says_what_to_do(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    stack.deliver("RefArch", plain(2))
    for name, (which, changes, words) in WRONG_CONNECTIONS.items():
        capfd.readouterr()
        with monkeypatch.context() as changed:
            connection(changed, which, **changes)
            state, counts = stack.try_run()
        said = capfd.readouterr().out
        assert state == "failed", name
        assert counts["unaccounted"] == 0, name
        assert all(each in said for each in words), (name, said[-3000:])
        assert "action=fail" in said, f"{name}: it is not tried again"
        assert "action=retry" not in said, name
        assert stack.writes() == {}, name
    assert stack.run()["created"] == 2, "once all is mended, nothing is lost"


NO_JSON = "<html>no JSON</html>"
FAULTS: dict[str, list[dict[str, Any]]] = {
    "busy": [
        {"status": 401},
        {"status": 429, "retry_after": 0.2, "times": 3},
        {"status": 503, "retry_after": 0.2, "times": 3},
    ],
    "broken": [{"status": 500}, {"status": 502, "body": NO_JSON}, {"status": 200, "body": NO_JSON}],
    "lost": [{"timeout_after_commit": True, "seconds": 30}, {"drop_after_commit": True}, {"drop_connection": True}],
}
"""What NetSuite does to some requests, by name; the transport's own tests try each of them alone."""


@pytest.mark.parametrize("name", FAULTS)
def test_netsuite_fails_for_a_while_and_every_order_lands_once(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    connection(monkeypatch, "NETSUITE", extra={"timeout": 2})
    orders = plain(6)
    stack.deliver("RefArch", orders)
    faults: list[dict[str, Any]] = [
        {"match": f"POST /record/v1/{type_}", "skip": index, **fault}  # each meets a request that no other met
        for type_ in ("customer", "salesOrder")
        for index, fault in enumerate(FAULTS[name])
    ]
    if name == "busy":
        faults.append({"match": "POST", "status": 503, "retry_after": 0.2, "times": 3})  # queries, tokens
    stack.control("netsuite", "POST", json={"faults": faults})
    assert stack.run()["created"] == len(orders), stack.reasons()
    assert stack.control("netsuite", "GET")["faults_left"] == 0
    landed = [each for each in stack.sales_orders() if (each["externalid"] or "").startswith("sfcc")]
    assert len(landed) == len(stack.customers_made()) == len(orders)
    assert stack.totals().items() >= {order.order_no: expect(order).due for order in orders}.items()


def test_a_refused_order_says_which_of_its_own_columns_is_at_fault(stack: Stack) -> None:
    detail = {"detail": "Invalid reference key.", "o:errorCode": "INVALID_CONTENT", "o:errorPath": "item.items[0].item"}
    body = {"type": "x", "title": "Bad Request", "status": 400, "o:errorDetails": [detail]}
    fault = {"match": "POST /record/v1/salesOrder", "status": 400, "body": json.dumps(body)}
    stack.control("netsuite", "POST", json={"faults": [fault]})
    stack.deliver("RefArch", plain(2))
    counts = stack.run()
    assert (counts["created"], counts["rejected"]) == (1, 1)
    (held,) = stack.ledger.quarantine.open("sfcc_netsuite", "orders")
    assert [each.field for each in held.complaints] == ["lines.product_id"]
    assert "at lines.product_id (item line 1" in held.complaints[0].message


@pytest.mark.parametrize("quarantine", [False, True], ids=["the shipped way", "quarantine"])
def test_a_closed_period_and_two_customers_that_match(stack: Stack, *, quarantine: bool) -> None:
    if quarantine:
        stack.setting("closed_period: next_open_day", "closed_period: quarantine")
        stack.setting("ties: newest_activity", "ties: quarantine")
    closed, open_ = variety("plain", 1, site="RefArch"), variety("plain", 2, site="RefArch")
    tied = variety("duplicate_of_the_erp", 1, site="RefArch")
    for order in (open_, tied):
        order.placed_at = closed.placed_at + timedelta(days=35)
    month = f"{expect(closed).day:%Y-%m}"
    stack.control("netsuite", "POST", json={"closed_periods": [month]})
    stack.deliver("RefArch", [closed, open_, tied])
    counts = stack.run()
    landed = {each["otherrefnum"]: each for each in stack.sales_orders()}
    if quarantine:
        assert (counts["created"], counts["quarantined"]) == (1, 2), stack.reasons()
        (reason,) = stack.reasons()[f"RefArch/{closed.order_no}"]
        assert "period" in reason
        (reason,) = stack.reasons()[f"RefArch/{tied.order_no}"]
        assert "customers 502, 503 match equally" in reason
        assert not landed.keys() & {closed.order_no, tied.order_no}
    else:
        assert counts["created"] == 3, stack.reasons()
        assert f"{expect(closed).day:%Y-%m-%d}" < landed[closed.order_no]["trandate"]
        assert landed[tied.order_no]["entity"] == "503"


def test_an_order_changed_by_hand_is_left_to_a_person(stack: Stack) -> None:
    stack.setting("revision_sent: once", "revision_sent: versions")
    touched, other = plain(2)
    stack.deliver("RefArch", [touched, other])
    assert stack.run()["created"] == 2
    ids = {each["otherrefnum"]: each["id"] for each in stack.sales_orders()}
    stack.netsuite.update("salesOrder", ids[touched.order_no], {"shippingCost": 1})
    rng = Random(1)
    stack.deliver("RefArch", [newer(each, "address", rng) for each in (touched, other)], NOW + HOUR)
    counts = stack.run()
    assert (counts["updated"], counts["quarantined"]) == (1, 1), stack.reasons()
    (reason,) = stack.reasons()[f"RefArch/{touched.order_no}"]
    assert "shippingCost" in reason
    assert {each["id"]: each for each in stack.sales_orders()}[ids[touched.order_no]]["foreigntotal"] != str(
        expect(touched).due
    ), "what the person wrote stays"
