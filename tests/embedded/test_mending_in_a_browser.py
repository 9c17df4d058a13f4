"""Mending in the console, in a real browser: what is held back arrives in NetSuite, what people write is used."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from sandbox.shop.orders import variety
from tests.console.small_ledger import NAME, SCRIPT
from tests.embedded.browsing import LAPTOP, MARKS, ORDERS, PHONE, ZONE, console, go, picture, theme, too_wide, unnamed
from tests.embedded.running import FLOW

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import BrowserContext, FrameLocator, Page

    from cartage.ledger.runs import Run
    from sandbox.shop.model import Order
    from tests.embedded.running import Running

pytestmark = MARKS

TO_MEND, SCRIPTED, DRONE, CHF, EURO = "00021", "00022", "00023", "00024", "00025"
UNKNOWN = "NL-99O1"
"""A SKU in which somebody wrote a letter for a digit."""

MAPPING = "/mappings/text?kind=mapping&name=netsuite%2Forder"
BEFORE, AFTER = "custbody_ctg_channel: channel_type", "custbody_ctg_channel: {const: Web shop}"


def spoilt(number: str, now: datetime) -> Order:
    """Give an order that NetSuite cannot take."""
    order = variety("plain", int(number), site="RefArch", number=number, now=now)
    if number in {TO_MEND, SCRIPTED}:
        order.lines[0].sku = UNKNOWN
    elif number == DRONE:
        order.shipments[0].method = "DRONE"
    elif number in {CHF, EURO}:
        order.currency = "CHF" if number == CHF else "EURO"
    if number == SCRIPTED:
        order.customer.name = order.customer.billing.last_name = SCRIPT  # type: ignore[union-attr] - it has one
    return order


@pytest.fixture(scope="module")
def first(running: Running) -> Iterator[Run]:
    """Let a run read eight good orders, one of them of a customer called `<script>`, and five it cannot carry."""
    now = datetime.now(UTC)
    good = [variety("plain", number, site="RefArch", number=f"000{number}", now=now) for number in range(31, 39)]
    good[0].customer.name = good[0].customer.billing.last_name = SCRIPT  # type: ignore[union-attr]
    good[1].customer.email = None
    running.deliver([*good, *(spoilt(each, now) for each in (TO_MEND, SCRIPTED, DRONE, CHF, EURO))], now)
    yield running.ran(running.first_run()["dag_run_id"])
    running.client.switch(FLOW, on=False)


@pytest.fixture(scope="module")
def held(running: Running, first: Run) -> Running:  # noqa: ARG001 (it held them)
    """Give the stack in which those orders wait."""
    return running


@pytest.fixture(scope="module")
def shared(context: BrowserContext, held: Running) -> Iterator[Page]:
    """Give a page of the Airflow UI: loading it anew for each test would take longer than the tests."""
    opened = context.new_page()
    go(opened, held, "/errors")
    yield opened
    opened.close()


@pytest.fixture
def page(shared: Page, held: Running) -> Page:
    """Give a page that shows the errors."""
    go(shared, held, "/errors")
    return shared


def open_error(page: Page, number: str) -> FrameLocator:
    """Open a record from the list of errors."""
    console(page).get_by_role("link", name=f"RefArch/{number}").click()
    console(page).get_by_role("heading", name=f"RefArch/{number}").wait_for()
    return console(page)


def test_a_mended_order_arrives_in_netsuite(page: Page, held: Running, context: BrowserContext) -> None:
    picture(page, "console-errors")
    assert held.sales_order(TO_MEND) is None
    reason = console(page).get_by_role("link", name="unknown_item")
    assert reason.locator("data").inner_text() == "2"
    reason.click()
    console(page).get_by_text("Only unknown_item").wait_for()
    assert console(page).locator("tbody tr").count() == 2
    here = open_error(page, TO_MEND)
    address = page.frames[1].url
    path = address.partition("/cartage")[2]
    wrong = here.get_by_label("Lines 1: product id")
    assert wrong.input_value() == UNKNOWN

    somebody = context.new_page()  # has the same record open
    somebody.goto(address)
    somebody.get_by_label("Lines 1: product id").fill("NL-1003")

    here.get_by_label("Change another field").select_option(label="orders: currency")
    here.get_by_label("Orders: currency").fill("euro")
    here.get_by_text("the currency is no ISO 4217 code such as EUR").wait_for()
    here.get_by_label("What you changed").fill("The letter O for a zero")
    here.get_by_role("button", name="Accept and try again").click()
    here.locator("#said.bad").wait_for()
    assert held.ledger.mending.versions(int(address.rpartition("/")[2])) == [], "what was refused is not kept"

    here.get_by_label("Orders: currency").fill("EUR")
    wrong.fill("NL-1016")
    here.get_by_text("It can be accepted").wait_for()
    picture(page, "console-mend")
    somebody.get_by_role("button", name="Accept only").click()
    somebody.get_by_text("Accepted.").wait_for()
    somebody.close()
    here.get_by_role("button", name="Accept and try again").click()
    here.locator(".problems").get_by_text("changed while you had it open, by somebody else").wait_for()
    assert held.sales_order(TO_MEND) is None

    go(page, held, path)
    assert wrong.input_value() == "NL-1003"
    wrong.fill("NL-1016")
    here.get_by_label("What you changed").fill("The letter O for a zero")
    here.get_by_role("button", name="Accept and try again").click()
    here.get_by_text("resolved", exact=True).wait_for()
    order = held.sales_order(TO_MEND)
    assert order is not None
    assert order["otherRefNum"] == TO_MEND
    assert order["item"]["items"][0]["custcol_ctg_sku"] == "NL-1016"
    assert here.get_by_text("as it was read").count() == 1
    versions = here.locator(".versions li").all_inner_texts()
    assert [[sku for sku in (UNKNOWN, "NL-1003", "NL-1016") if sku in each] for each in versions] == [
        ["NL-1003", "NL-1016"],
        [UNKNOWN, "NL-1003"],
        [],
    ]
    assert here.get_by_text("changed it: The letter O for a zero").count() == 1
    picture(page, "console-mended")

    here.get_by_role("link", name="See where it arrived").click()
    here.get_by_text(order["tranId"]).first.wait_for()
    told = here.locator(".story").inner_text()
    for step in ("left by the shop", "held back", "admin edit", "passed all checks", "POST", "created"):
        assert step in told, step
    picture(page, "console-record")


def test_many_are_worked_through(page: Page, held: Running, tmp_path: Path) -> None:
    here = console(page)
    for number in (DRONE, CHF):
        here.get_by_role("checkbox", name=f"Choose RefArch/{number}").check()
    assert here.locator("[data-count]").inner_text() == "2 records chosen"
    for act, label, text in (("Assign", "Who looks after it", "ada"), ("Tag", "Tag", "carrier")):
        if act == "Tag":
            here.get_by_role("checkbox", name=f"Choose RefArch/{DRONE}").check()
        here.get_by_role("button", name=f"{act} …").click()
        here.get_by_label(label, exact=True).last.fill(text)
        here.get_by_role("button", name=act, exact=True).click()
        here.locator("tbody").get_by_text(text, exact=True).first.wait_for()
    assert here.locator("tr", has_text=DRONE).locator(".tag").inner_text() == "carrier"
    here.get_by_label("Looked after by").select_option("ada")
    here.get_by_role("button", name="Show").click()
    here.locator("tr", has_text=SCRIPTED).wait_for(state="detached")
    assert here.locator("tbody tr").count() == 2

    here.get_by_label("All on this page").check()
    here.get_by_role("button", name="Try again").click()
    here.locator("tr", has_text=DRONE).locator('[data-label="Tries"]', has_text="2").wait_for()
    assert "held back" in here.locator("tr", has_text=CHF).inner_text(), "nobody has named the currency"

    here.get_by_role("checkbox", name=f"Choose RefArch/{CHF}").check()
    here.get_by_role("button", name="Dismiss …").click()
    here.get_by_role("button", name="Dismiss", exact=True).click()
    here.get_by_text("write something").wait_for()
    here.get_by_label("Why it is not to be tried again").fill("Francs are not sold; refunded")
    here.get_by_role("button", name="Dismiss", exact=True).click()
    here.locator("tr", has_text=CHF).wait_for(state="detached")
    with page.expect_download() as coming:
        here.get_by_role("link", name="Download as CSV").click()
    file = tmp_path / "errors.csv"
    coming.value.save_as(file)
    (line,) = [each for each in file.read_text(encoding="utf-8-sig").splitlines() if DRONE in each]
    assert ",ada," in line
    assert SCRIPT not in file.read_text()
    go(page, held, "/errors?state=dismissed")
    assert "admin: Francs are not sold; refunded" in here.locator("tr", has_text=CHF).inner_text()


def test_found_by_what_one_has_in_hand(page: Page, held: Running) -> None:
    order = held.sales_order("00033")
    assert order is not None
    line = order["item"]["items"][0]
    for asked in (
        "00033", "RefArch/00033", order["custbody_ctg_customer_no"], order["tranId"], order["id"], order["email"].upper(),
        line["custcol_ctg_sku"],
    ):  # fmt: skip
        here = console(page)
        here.get_by_label("Find a record").fill(asked)
        here.get_by_label("Find a record").press("Enter")
        here.get_by_role("heading", name="RefArch/00033").or_(
            here.locator(".found a", has_text="RefArch/00033")
        ).wait_for()
        assert order["email"].split("@")[0].lower() not in page.frames[1].url.lower()
        go(page, held, "/")


def test_a_run_is_looked_at_and_its_window_run_again(page: Page, held: Running, first: Run) -> None:
    go(page, held, "/")
    picture(page, "console-overview")
    here = go(page, held, f"/flows/{ORDERS}/runs")
    picture(page, "console-runs")
    ran = here.locator(f"#run-{first.id}")
    assert all(each in ran.inner_text() for each in ("succeeded", "balances", "created", "quarantined"))
    assert "by hand: admin" in here.locator("tbody").inner_text()
    ran.get_by_role("button", name="Run this window again").click()
    form = here.get_by_role("dialog")
    form.get_by_text(f"Your time zone: {ZONE}").first.wait_for()
    filled = [each.input_value() for each in form.locator("input[type=datetime-local]").all()]
    since, until = (datetime.fromisoformat(each).replace(tzinfo=ZoneInfo(ZONE)) for each in filled)
    assert first.window.since is not None
    assert since <= first.window.since < first.window.until <= until < first.window.until + timedelta(seconds=1)
    form.get_by_role("button", name="Cancel").click()
    ran.get_by_role("link", name="Airflow run").click()
    page.wait_for_url(re.compile(rf"/dags/{re.escape(ORDERS)}/runs/"))


def test_what_customers_are_called_is_shown_and_not_run(page: Page, held: Running) -> None:
    said: list[str] = []
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    here = open_error(page, SCRIPTED)
    assert SCRIPT not in here.locator("body").inner_text(), "masked"
    here.get_by_role("button", name="Show personal data").click()
    here.get_by_text("That you looked is noted").wait_for()
    assert here.locator("dd", has_text=SCRIPT).count() == 2
    assert SCRIPT in here.get_by_label("The record as JSON").input_value()
    go(page, held, f"/records/{NAME}/RefArch/00031")
    here.get_by_text("/record/v1/salesOrder").first.click()
    assert SCRIPT not in here.locator("details[open] pre").first.inner_text(), "masked"
    for path in ("/", "/errors?q=%3Cscript%3E", "/records?q=%3Cscript%3E", f"/flows/{ORDERS}/runs", "/quality"):
        go(page, held, path)
    assert said == []


def test_a_changed_mapping_is_used_and_rolled_back(page: Page, held: Running) -> None:
    here = go(page, held, MAPPING)
    text = here.get_by_label("Mapping netsuite/order as YAML")
    original = text.input_value()
    text.fill(original.replace("  entity: customer_ref\n", "  entity: customer_reef\n"))
    line = original.splitlines().index("  entity: customer_ref") + 1
    here.locator("#wrong", has_text=f"line {line}: ").wait_for()
    assert "customer_ref" in here.locator("#wrong").inner_text(), "it says what was meant"
    text.fill(original.replace(BEFORE, AFTER))
    here.get_by_text("It can be saved").wait_for()
    here.get_by_role("link", name="Quality", exact=True).click()
    here.locator("#said.bad").get_by_text("not saved").wait_for()
    here.get_by_label("Try it on").fill("00031")
    here.get_by_role("button", name="Try it").click()
    changed = here.locator("#tried .added", has_text='"custbody_ctg_channel": "Web shop"')
    changed.wait_for()
    assert "Storefront" in here.locator("#tried .taken").inner_text()
    changed.scroll_into_view_if_needed()
    picture(page, "console-mapping")
    here.get_by_label("Why").fill("The warehouse sorts by where it was ordered")
    here.get_by_role("button", name="Save as a revision").click()
    here.locator(".versions", has_text="The warehouse sorts").wait_for()
    assert [here.locator(f".versions .{each}").inner_text().split(maxsplit=1)[1] for each in ("taken", "added")] == [
        BEFORE,
        AFTER,
    ]
    assert ran_with(held, "00041")["custbody_ctg_channel"] == "Web shop"

    here.get_by_role("button", name="Go back to the file").click()
    here.locator(".versions", has_text="back to the file").wait_for()
    assert text.input_value() == original
    assert ran_with(held, "00042")["custbody_ctg_channel"] == "Storefront"


def ran_with(running: Running, number: str) -> dict[str, Any]:
    """Let the next run carry another order, and give what NetSuite has of it."""
    now = datetime.now(UTC)
    running.deliver([variety("plain", int(number), site="RefArch", number=number, now=now)], now + timedelta(seconds=1))
    running.run()
    order = running.sales_order(number)
    assert order is not None
    return order


def test_quality_over_time(page: Page, held: Running) -> None:
    here = go(page, held, f"/quality?flow={ORDERS}")
    assert here.locator("tbody tr").first.inner_text().startswith("currency_malformed")
    assert "the currency is no ISO 4217 code such as EUR" in here.locator("tbody tr").first.inner_text()
    assert here.locator("tbody tr").first.get_by_role("link", name="1").count() == 1, "held back now"
    picture(page, "console-quality")
    report = here.get_by_role("link", name=re.compile(r"Run \d+")).first
    report.click()
    here.get_by_text(f"Quality of {FLOW}").first.wait_for()


PICTURED = {("errors", "dark"), ("error", "phone")}


@pytest.mark.parametrize(("name", "size", "colours"), [("dark", LAPTOP, "dark"), ("phone", PHONE, None)])
def test_dark_and_on_a_phone(page: Page, held: Running, name: str, size: Any, colours: str | None) -> None:
    open_error(page, SCRIPTED)
    error = page.frames[1].url.partition("/cartage")[2]
    pages = {
        "errors": "/errors?state=all",
        "error": error,
        "mappings": "/mappings",
        "mapping": MAPPING,
        "quality": f"/quality?flow={ORDERS}",
        "runs": f"/flows/{ORDERS}/runs",
        "record": f"/records/{NAME}/RefArch/00031",
    }
    page.set_viewport_size(size)
    theme(page, colours)
    page.reload()
    for each, path in pages.items():
        here = go(page, held, path)
        here.locator(f'html[data-theme="{colours or "light"}"]').wait_for()
        assert too_wide(page) is None, each
        assert unnamed(page) == [], each
        if (each, name) in PICTURED:
            picture(page, f"console-{each}-{name}")
    page.set_viewport_size(LAPTOP)
    theme(page, None)
    page.reload()
