"""Trying changes on what real runs left behind: drops, staged records, rows of feeds, and what could not be read."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from lxml import html

from cartage.console.app import application
from cartage.console.ledgers import open_ledger
from cartage.console.samples import none_there
from sandbox.shop.customers import random_accounts
from sandbox.shop.delivery import customer_drop, deliver, order_drop
from sandbox.shop.orders import NOW, variety
from tests.console.small_ledger import NAME
from tests.console.test_mappings import body_of, post
from tests.end_to_end.conftest import forget_watermarks
from tests.end_to_end.stack import Stack
from tests.end_to_end.test_shipments import office
from tests.end_to_end.test_stock import without_first_questions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fastapi.testclient import TestClient

ORDER = variety("several_lines", 1, site="RefArch", number="00017")
BROKEN = variety("plain", 2, site="RefArch", number="00018")

STRICT = """
  - name: never_from_here
    table: orders
    type: expect_column_values_to_be_in_set
    with: {column: site, value_set: [Elsewhere]}
    severity: critical
    why: Nothing comes from here.
"""
"""An expectation that no order meets."""


@pytest.fixture(scope="module")
def ran(airflow_database: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:  # noqa: ARG001
    """Give a stack in which every flow ran once, and which runs no more."""
    forget_watermarks()
    before = dict(os.environ)
    stack = Stack.start(tmp_path_factory.mktemp("trying"))
    without_first_questions(stack)
    deliver(stack.home / "sandbox", [customer_drop("RefArch", random_accounts(1, 3), NOW)])
    drop = order_drop("RefArch", [ORDER, BROKEN], NOW)
    stack.drop(
        drop.name,
        drop.content.replace(b"<order-date>", b"<order-date>soon", 2).replace(b"<order-date>soon", b"<order-date>", 1),
    )
    for flow in ("customers", "orders", "inventory", "prices", "locations"):
        stack.run(flow)
    office(stack, "fulfil", order_no=ORDER.order_no, tracking=["T-1"], carrier="UPS")
    stack.try_run("shipments")
    yield stack
    stack.stop()
    for name in os.environ.keys() - before.keys():
        del os.environ[name]
    os.environ |= before


@pytest.fixture
def stack(console: TestClient, ran: Stack, monkeypatch: pytest.MonkeyPatch) -> Stack:  # noqa: ARG001 (its app)
    """Give the console that stack's ledger and staging."""
    monkeypatch.setenv("CARTAGE_STAGING", str(ran.home / "staging"))
    application().dependency_overrides[open_ledger] = lambda: ran.ledger
    return ran


def attempt(browser: TestClient, kind: str, name: str, old: str, new: str, **more: Any) -> Any:
    """Try a text in which `old` was changed into `new`; give the page's part, or the words of the refusal."""
    body = body_of(browser, {"kind": kind, "name": name})
    assert old in body
    answer = post(browser, "try", kind=kind, name=name, body=body.replace(old, new, 1), **more)
    return html.fromstring(answer.text) if answer.status_code == 200 else answer.json()["detail"]


def changed(page: Any) -> list[str]:
    """Give the lines that differ, each with its sign."""
    assert not isinstance(page, str), page
    return [str(each) for each in page.xpath('//*[@class="added" or @class="taken"]/text()')]


SENT = {
    "netsuite/order": ("otherRefNum: {from: order_no,", "tranId: {from: order_no,", '+  "tranId": "00017"'),
    "netsuite/customer": ("custentity_ctg_customer_no: ", "custentity_ctg_number: ", '-  "custentity_ctg_customer_no": '),
    "sfcc/shipment": ("c_erpOrderNo: erp_number ", "c_theirNo: erp_number ", '+  "c_theirNo": "SO'),
    "sfcc/location": ("      name: {from: location.name, max: 256, over: cut}\n", "", '-  "name": '),
    "sfcc/inventory_feed": ("  perpetual: perpetual\n", "  custom-attributes: {erpList: group}\n", "+  <custom-attributes>"),
    "sfcc/price_feed": ("  online-from: online_from\n", "  price-info: sku\n", "+  <price-info>"),
}  # fmt: skip


def test_what_is_sent_is_tried_on_what_a_run_left(operator: TestClient, stack: Stack) -> None:
    for name, (old, new, line) in SENT.items():
        page = attempt(operator, "mapping", name, old, new, number="2" if name == "sfcc/location" else "")
        assert any(each.startswith(line) for each in changed(page)), (name, changed(page))
        assert "staged by run" in page.text_content(), name
        assert "not asked" not in page.text_content(), name
    page = attempt(operator, "mapping", "netsuite/order", *SENT["netsuite/order"][:2], number="RefArch/00017")
    assert "RefArch/00017" in page.text_content()
    assert attempt(operator, "mapping", "netsuite/order", *SENT["netsuite/order"][:2], number="99") == str(
        none_there("order", "99")
    )
    assert stack.ledger.revisions.latest("mapping", "netsuite/order") is None


def test_settings_are_tried_on_the_kind_that_is_named(operator: TestClient, stack: Stack) -> None:
    what, before = {"kind": "settings", "name": NAME}, stack.ledger.runs.recent(NAME, "orders", limit=1)[0].id
    body = "settings:\n  shipments:\n    by: [scapi]\n"
    page = post(operator, "try", **what, body=body, record="shipment")
    assert "00017" in page.text
    assert 'class="taken"' in page.text, "the feed's document is not made any more"
    assert stack.ledger.runs.recent(NAME, "orders", limit=1)[0].id == before


@pytest.mark.usefixtures("stack")
def test_without_netsuite_a_stand_in_says_what_it_is(operator: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new, line = SENT["netsuite/order"]
    assert "<item" not in attempt(operator, "mapping", "netsuite/order", old, new, number="00017").text_content()
    nobody = {
        "conn_type": "netsuite",
        "host": "http://127.0.0.1:9",
        "extra": json.loads(os.environ["AIRFLOW_CONN_NETSUITE"])["extra"],
    }
    for there in (None, json.dumps(nobody)):
        if there:
            monkeypatch.setenv("AIRFLOW_CONN_NETSUITE", there)
        else:
            monkeypatch.delenv("AIRFLOW_CONN_NETSUITE")
        page = attempt(operator, "mapping", "netsuite/order", old, new, number="00017")
        assert "NetSuite was not asked from here" in page.xpath('//*[@class="notice wait"]')[0].text_content()
        assert f'"id": "<item {ORDER.lines[0].sku}>"' in page.text_content()
        assert any(each.startswith(line) for each in changed(page))


def test_personal_data_is_for_those_who_may_see_it(sign_in: Callable[[str | None], TestClient], stack: Stack) -> None:
    email = ORDER.customer.email
    assert email
    for name, change in (
        ("netsuite/order", ("otherRefNum:", "tranId:")),
        ("sfcc/order", ("        current_order_no: current-order-no\n", "")),
    ):
        masked = attempt(sign_in("user"), "mapping", name, *change, number="00017").text_content()
        assert email not in masked
        refused = attempt(sign_in("user"), "mapping", name, *change, number="00017", unmasked=True)
        assert "may not see personal data" in refused
        assert not stack.ledger.actions.about("reveal", f"mapping:{name}")
        shown = attempt(sign_in("admin"), "mapping", name, *change, number="00017", unmasked=True)
        assert email in shown.text_content()
        (noted,) = stack.ledger.actions.about("reveal", f"mapping:{name}")
        assert (noted.who, noted.key) == ("someone", "RefArch/00017")


@pytest.mark.usefixtures("stack")
def test_a_changed_mapping_shows_nobody_a_name_in_another_place(operator: TestClient) -> None:
    name = ORDER.customer.billing.last_name
    moved = ("        source_code: source-code/code\n", "        source_code: customer/billing-address/last-name\n")
    page = attempt(operator, "mapping", "sfcc/order", *moved, number="00017")
    assert changed(page) == [f'+        "source_code": "{name[0]}•••",']
    assert name not in page.text_content()
    moved = ("otherRefNum: {from: order_no, max: 45, over: cut}", "otherRefNum: created_by")
    page = attempt(operator, "mapping", "netsuite/order", *moved, number="00017")
    assert not any("Customer" in each for each in changed(page))


@pytest.mark.usefixtures("stack")
def test_what_is_read_is_tried_on_a_drop(operator: TestClient) -> None:
    change = ("        source_code: source-code/code\n", '        source_code: "@order-no"\n')
    page = attempt(operator, "mapping", "sfcc/order", *change, number="00017")
    assert '+        "source_code": "00017",' in changed(page)
    page = attempt(operator, "mapping", "sfcc/customer", "email: profile/email", "email: profile/last-name")
    assert {each[0] for each in changed(page)} == {"-", "+"}
    assert "in the drop" in page.text_content()
    gone = attempt(operator, "mapping", "sfcc/order", *change, number="RefArchUS/00017")
    assert "landing archive" in gone


@pytest.mark.usefixtures("stack")
def test_what_could_not_be_read_is_tried_as_it_was_found(operator: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    change = ("        placed_at: order-date\n", "")
    assert "in the drop" in attempt(operator, "mapping", "sfcc/order", *change, number="00018").text_content()
    monkeypatch.delenv("CARTAGE_STAGING")
    page = attempt(operator, "mapping", "sfcc/order", *change, number="00018")
    assert "in quarantine" in page.text_content()
    assert "by the changed text it would go on" in page.text_content()
    assert any('"order_no": "00018"' in each for each in changed(page))
    moved = ("source_code: source-code/code\n", "source_code: customer/billing-address/last-name\n")
    body = body_of(operator, {"kind": "mapping", "name": "sfcc/order"}).replace(*change).replace(*moved)
    page = html.fromstring(post(operator, "try", kind="mapping", name="sfcc/order", body=body, number="00018").text)
    assert BROKEN.customer.billing.last_name not in page.text_content()


def test_expectations_are_tried_and_hold_from_the_next_run_on(operator: TestClient, stack: Stack) -> None:
    what = {"kind": "expectations", "name": "order"}
    body = body_of(operator, what)
    strict = body + STRICT
    page = html.fromstring(post(operator, "try", **what, body=strict, number="00017").text)
    assert any("never_from_here" in each for each in changed(page))
    assert "would be held back" in page.text_content()
    assert post(operator, "check", **what, body=body.replace("severity: critical", "severity: critcal", 1)).json()[
        "line"
    ]
    assert post(operator, "save", **what, body=strict, parent=0, note="to see").status_code == 200
    stack.deliver("RefArch", [variety("plain", 7, site="RefArch")])
    assert stack.run("orders")["quarantined"] == 1
