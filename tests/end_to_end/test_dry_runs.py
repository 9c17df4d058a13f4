"""A dry run, as a person who goes live next to an earlier connector sees it: a page, and nothing else."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from lxml import html

from sandbox.netsuite import people
from sandbox.shop.bad import bad_drop
from sandbox.shop.delivery import deliver
from sandbox.shop.demo import legacy_order
from sandbox.shop.orders import NOW, variety

if TYPE_CHECKING:
    import pytest

    from tests.end_to_end.stack import Stack


def page_of(stack: Stack) -> str:
    """Give the page of the newest run."""
    run = stack.ledger.runs.recent("sfcc_netsuite", "orders", limit=1)[0]
    path = stack.home / "staging" / "reports" / "sfcc_netsuite.orders" / f"{run.id}-plan.html"
    return path.read_text(encoding="utf-8")


def text_of(page: str) -> str:
    return " ".join(html.fromstring(page).text_content().split())


def links(name: str) -> list[str]:
    """Give what Airflow keeps of a link, of all runs, the newest last."""
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session

    with create_session() as session:
        found = session.query(XComModel.value).filter(XComModel.key == f"_link_{name}").order_by(XComModel.timestamp)
        return [str(value).strip('"') for (value,) in found]


def test_the_page_says_what_would_be_sent_and_nothing_is(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    stack.setting("max_quarantined_min: 10", "max_quarantined_min: 100")
    orders = [variety("plain", seed, site="RefArch") for seed in range(3)]
    odd = variety("plain", 3, site="RefArch")
    odd.customer.email = None
    stack.deliver("RefArch", [*orders, odd])
    deliver(stack.home / "sandbox", [bad_drop("no_currency", at=NOW + timedelta(minutes=1))])
    before, drops = stack.sales_orders(), sorted(stack.orders_folder.iterdir())
    counts = stack.run(dry_run=True)
    page = page_of(stack)
    text = text_of(page)

    assert f"{counts['created']} would be created" in text
    assert counts["quarantined"] >= 1
    for verdict in stack.verdicts().values():
        assert verdict.key in text
    codes = [each.text_content() for each in html.fromstring(page).xpath("//pre")]
    assert any(f'"otherRefNum": "{orders[0].order_no}"' in body for body in codes)
    personal = {value for each in orders for value in said_of(each)}
    assert personal
    assert not [value for value in personal if value in page]

    assert stack.writes() == {}
    assert stack.sales_orders() == before
    assert sorted(stack.orders_folder.iterdir()) == drops
    assert stack.ledger.runs.last_settled_window("sfcc_netsuite", "orders") is None
    known = stack.ledger.outcomes.known("sfcc_netsuite", "order", [f"RefArch/{orders[0].order_no}"])
    assert not any(state.target_id for state in known.values()), "no record's state changed"
    assert stack.run()["created"] == counts["created"], "the real run does what the plan said"
    assert len(list((stack.home / "staging" / "reports").rglob("*-plan.html"))) == 1, "a real run leaves no plan"
    assert links("PlanLink")[-2:] == ["/cartage/reports/sfcc_netsuite.orders/1-plan", ""]
    assert links("QualityReportLink")[-2:] == [f"/cartage/reports/sfcc_netsuite.orders/{run}" for run in (1, 2)]
    noted = [
        each
        for each in stack.ledger.stories.tell("sfcc_netsuite", f"RefArch/{odd.order_no}").steps
        if each.what == "checked"
    ]
    assert [[one.code for one in each.complaints] for each in noted] == [["email_missing"]] * 2, (
        "a warning stands with it"
    )
    printed = capsys.readouterr().out
    assert "nothing was sent" in printed, "the log is what a person reads"
    assert "XCom not found" not in printed


def test_orders_of_an_earlier_connector_are_compared_to_the_cent(stack: Stack) -> None:
    ours = [legacy_order(seed, Random(1), NOW) for seed in people.SEED_ORDERS]
    for order in ours:
        stack.deliver(order.site, [order])
    counts = stack.run(dry_run=True)
    assert counts["unchanged"] == 2, stack.reasons()
    page = page_of(stack)
    text = text_of(page)
    assert "orders that are there already" in text
    assert "Where they differ" in text
    for seed in people.SEED_ORDERS:
        assert seed.other_ref_num in text
        for sku, _, _ in seed.lines:
            assert f"{sku}: amount" in text
    assert stack.writes() == {}


def said_of(order: Any) -> list[str]:
    """Give what an order says about people, in words long enough to be looked for."""
    address = order.customer.billing
    said = [order.customer.email, order.customer.name, address.address1, address.phone, address.last_name]
    return [each for each in said if each and len(each) > 5]


def test_in_shadow_every_run_is_a_dry_run_and_the_first_live_run_takes_it_all(stack: Stack) -> None:
    scheduled = 'schedule: "*/15 * * * *"'
    stack.setting(scheduled, f"{scheduled}\n    shadow: true")
    stack.deliver("RefArch", [variety("plain", 1, site="RefArch")])
    for _ in range(2):
        assert stack.run()["created"] == 1
        assert "1 would be created" in text_of(page_of(stack))
    assert stack.writes() == {}
    stack.setting("\n    shadow: true", "")
    assert stack.run()["created"] == 1
    assert stack.writes()
