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


@pytest.mark.parametrize("name", WRONG_CONNECTIONS)
def test_a_wrong_connection_fails_at_once_and_says_what_to_do(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    which, changes, words = WRONG_CONNECTIONS[name]
    stack.deliver("RefArch", plain(2))
    right = os.environ[f"AIRFLOW_CONN_{which}"]
    connection(monkeypatch, which, **changes)
    state, counts = stack.try_run()
    said = capfd.readouterr().out
    assert state == "failed"
    assert counts["unaccounted"] == 0
    assert all(each in said for each in words), said[-3000:]
    assert "action=fail" in said, "it is not tried again"
    assert "action=retry" not in said
    assert stack.writes() == {}
    monkeypatch.setenv(f"AIRFLOW_CONN_{which}", right)
    assert stack.run()["created"] == 2, "once it is mended, nothing is lost"


SLOW = pytest.mark.slow
"""What the transport's own tests try too."""


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"status": 401}, id="401"),
        pytest.param({"status": 429, "retry_after": 0.2, "times": 3}, id="429", marks=SLOW),
        pytest.param({"status": 500}, id="500", marks=SLOW),
        pytest.param({"status": 503, "retry_after": 0.2, "times": 3}, id="503"),
        pytest.param({"timeout_after_commit": True, "seconds": 30}, id="time-out after the commit"),
        pytest.param({"drop_after_commit": True}, id="connection lost after the commit", marks=SLOW),
        pytest.param({"drop_connection": True}, id="connection lost before", marks=SLOW),
        pytest.param({"body": "<html>no JSON</html>", "status": 200}, id="200 without JSON"),
        pytest.param({"body": "<html>no JSON</html>", "status": 502}, id="502 without JSON", marks=SLOW),
    ],
)
def test_netsuite_fails_for_a_while_and_every_order_lands_once(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, fault: dict[str, Any]
) -> None:
    connection(monkeypatch, "NETSUITE", extra={"timeout": 2})
    orders = plain(3)
    stack.deliver("RefArch", orders)
    faults = [{"match": f"POST /record/v1/{type_}", **fault} for type_ in ("customer", "salesOrder")]
    stack.control("netsuite", "POST", json={"faults": faults})
    assert stack.run()["created"] == 3, stack.reasons()
    assert stack.control("netsuite", "GET")["faults_left"] == 0
    landed = [each for each in stack.sales_orders() if (each["externalid"] or "").startswith("sfcc")]
    assert len(landed) == len(stack.customers_made()) == 3
    assert stack.totals().items() >= {order.order_no: expect(order).due for order in orders}.items()


@pytest.mark.parametrize("setting", ["next_open_day", "quarantine"])
def test_a_closed_period(stack: Stack, setting: str) -> None:
    stack.setting("closed_period: next_open_day", f"closed_period: {setting}")
    closed, open_ = variety("plain", 1, site="RefArch"), variety("plain", 2, site="RefArch")
    open_.placed_at = closed.placed_at + timedelta(days=35)
    month = f"{expect(closed).day:%Y-%m}"
    stack.control("netsuite", "POST", json={"closed_periods": [month]})
    stack.deliver("RefArch", [closed, open_])
    counts = stack.run()
    dates = {each["otherrefnum"]: each["trandate"] for each in stack.sales_orders()}
    if setting == "quarantine":
        assert (counts["created"], counts["quarantined"]) == (1, 1), stack.reasons()
        (reason,) = stack.reasons()[f"RefArch/{closed.order_no}"]
        assert "period" in reason
        assert closed.order_no not in dates
    else:
        assert counts["created"] == 2, stack.reasons()
        assert f"{expect(closed).day:%Y-%m-%d}" < dates[closed.order_no]


@pytest.mark.parametrize("setting", ["newest_activity", "quarantine"])
def test_two_customers_that_match(stack: Stack, setting: str) -> None:
    stack.setting("ties: newest_activity", f"ties: {setting}")
    tied, other = variety("duplicate_of_the_erp", 1, site="RefArch"), variety("plain", 1, site="RefArch")
    stack.deliver("RefArch", [tied, other])
    counts = stack.run()
    if setting == "quarantine":
        assert (counts["created"], counts["quarantined"]) == (1, 1), stack.reasons()
        (reason,) = stack.reasons()[f"RefArch/{tied.order_no}"]
        assert "customers 502, 503 match equally" in reason
    else:
        assert counts["created"] == 2, stack.reasons()
        entities = {each["otherrefnum"]: each["entity"] for each in stack.sales_orders()}
        assert entities[tied.order_no] == "503"


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
