"""The console as people meet it: in the Airflow UI, in a real browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.console.small_ledger import NAME, SCRIPT, Small
from tests.embedded.browsing import LAPTOP, MARKS, ORDERS, PHONE, console, go, picture, theme, too_wide, unnamed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import BrowserContext, Page

    from tests.embedded.running import Running

LOCATIONS = f"{NAME}.locations"

pytestmark = MARKS


@pytest.fixture(scope="module")
def order(running: Running) -> Iterator[Small]:
    """Let the ledger have an order, by a backfill's run, which no watermark is seeded from; what it held back goes."""
    small = Small(running.ledger)
    small.first = small.start("orders", "of the browser", run_type="backfill")
    small.create_and_quarantine()
    yield small
    for each in running.ledger.quarantine.open(NAME):
        if each.run_id == small.first:
            running.ledger.quarantine.dismiss(each.id, "a test", "its tests are over")


@pytest.fixture(scope="module")
def shared(context: BrowserContext, order: Small) -> Iterator[Page]:  # noqa: ARG001 (shown)
    """Give a page: loading the Airflow UI anew for each test would take longer than the tests."""
    opened = context.new_page()
    yield opened
    opened.close()


@pytest.fixture
def page(shared: Page, running: Running) -> Page:
    """Give a page of the Airflow UI that shows the overview."""
    shared.set_viewport_size(LAPTOP)
    shared.goto(f"{running.client.base}/plugin/cartage")
    console(shared).get_by_role("heading", name="Overview").wait_for()
    return shared


def row(page: Page, flow: str) -> Any:
    """Give a flow's row on the overview."""
    return console(page).locator(f'[data-dag="{flow}"]')


def test_find_an_order(page: Page) -> None:
    console(page).get_by_label("Find a record").fill("00017")
    console(page).get_by_label("Find a record").press("Enter")
    console(page).get_by_role("heading", name="RefArch/00017").wait_for()
    assert page.url.endswith(f"/records/{NAME}/RefArch/00017")
    request = console(page).get_by_text("POST /record/v1/salesOrder")
    request.click()
    assert SCRIPT in console(page).locator("pre").first.inner_text()


def test_what_customers_write_does_not_run(page: Page) -> None:
    said: list[str] = []
    page.once("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    console(page).get_by_label("Find a record").fill(SCRIPT)
    console(page).get_by_label("Find a record").press("Enter")
    console(page).get_by_role("heading", name="Nothing found").wait_for()
    console(page).get_by_text(SCRIPT).wait_for()
    assert said == []


def test_a_flow_is_switched_and_run_by_airflow_itself(page: Page, running: Running) -> None:
    row(page, LOCATIONS).get_by_role("button", name="Run now").click()
    console(page).get_by_text("starts no run of a flow that is off").wait_for()
    assert console(page).get_by_role("button", name="Start", exact=True).is_disabled(), "it would wait for ever"
    console(page).get_by_role("button", name="Cancel").click()
    switch = row(page, LOCATIONS).get_by_role("switch")
    switch.click()
    console(page).get_by_text(f"{LOCATIONS} is on.").wait_for()
    assert running.client.is_on(LOCATIONS)
    row(page, LOCATIONS).get_by_role("button", name="Run now").click()
    console(page).get_by_label("Dry run").check()
    picture(page, "console-run")
    console(page).get_by_role("button", name="Start", exact=True).click()
    run = running.wait(
        lambda: next((each for each in running.client.runs(LOCATIONS) if each["run_type"] == "manual"), None), "a run"
    )
    assert run["conf"] == {"dry_run": True}
    assert run["triggering_user_name"] == "admin"
    ended = running.client.wait_for_run(LOCATIONS, run["dag_run_id"], running.processes)
    assert ended == "success", running.client.task_states(LOCATIONS, run["dag_run_id"])
    page.reload()
    row(page, LOCATIONS).get_by_role("switch", checked=True).press("Space")
    console(page).get_by_text(f"{LOCATIONS} is off").wait_for()
    assert not running.client.is_on(LOCATIONS)
    logged = running.client.call("GET", "/eventLogs", params={"dag_id": LOCATIONS, "limit": 100})["event_logs"]
    assert {(each["event"], each["owner"]) for each in logged} >= {("patch_dag", "admin"), ("trigger_dag_run", "admin")}
    row(page, LOCATIONS).get_by_role("link", name="Locations").click()
    console(page).get_by_role("heading", name="Runs of locations").wait_for()


def test_a_link_leaves_the_frame(page: Page) -> None:
    row(page, LOCATIONS).get_by_role("link", name="Open in Airflow").click()
    page.wait_for_url(re.compile(rf"/dags/{re.escape(LOCATIONS)}"))


def test_the_theme_is_airflows(page: Page) -> None:
    around, within = (f"getComputedStyle(document.{each}).backgroundColor" for each in ("documentElement", "body"))
    light = [page.evaluate(around), page.frames[1].evaluate(within)]
    assert light[0] == light[1]
    theme(page, "dark")
    page.reload()
    console(page).locator('html[data-theme="dark"]').wait_for()
    dark = [page.evaluate(around), page.frames[1].evaluate(within)]
    assert dark[0] == dark[1] != light[0]
    page.evaluate("document.documentElement.classList.replace('dark', 'light')")
    console(page).locator('html[data-theme="light"]').wait_for()
    theme(page, None)


def test_it_fits_a_phone(page: Page, running: Running) -> None:
    page.set_viewport_size(PHONE)
    for path in ("/", "/records?q=0001", f"/records/{NAME}/RefArch/00017", f"/flows/{ORDERS}/runs", "/mappings"):
        go(page, running, path)
        assert too_wide(page) is None, path


FOCUS = """
() => {
  const on = document.activeElement;
  return [on.getAttribute("role") ?? (on.name || on.id || on.tagName), parseFloat(getComputedStyle(on).outlineWidth) > 0];
}
"""


@pytest.mark.parametrize(
    ("path", "stops"),
    [
        ("/", ["q", "switch", "BUTTON"]),
        ("/errors", ["q", "A", "flow", "state", "assignee", "tag", "sort", "q", "BUTTON"]),
        ("/quality", ["q", "flow", "BUTTON"]),
    ],
)
def test_by_keyboard_alone(page: Page, running: Running, path: str, stops: list[str]) -> None:
    here = go(page, running, path)
    here.get_by_role("link", name="To the content").focus()
    page.keyboard.press("Enter")
    assert page.frames[1].evaluate("document.activeElement.id") == "main"
    here.get_by_role("link", name="To the content").focus()
    reached = []
    for _ in range(24):
        page.keyboard.press("Tab")
        name, seen = page.frames[1].evaluate(FOCUS)
        assert seen or name == "BODY", f"nobody sees that {name} has the focus"
        reached.append(name)
    rest = iter(reached)
    assert all(stop in rest for stop in stops), f"{stops} are not reached in this order: {reached}"
    assert unnamed(page) == []
