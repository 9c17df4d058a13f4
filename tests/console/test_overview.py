"""The overview and the runs of a flow: what a person reads there."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from airflow.models.dag import DagModel
from airflow.models.dagbundle import DagBundleModel
from airflow.utils.session import create_session
from lxml import html

from cartage.console.charts import Bar, bars
from cartage.console.flows import all_flows
from cartage.console.layout import duration
from cartage.console.pages.overview import days_until_now
from tests.console.small_ledger import NAME, ORDERS, SCRIPT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi.testclient import TestClient

    from tests.console.small_ledger import Small


@pytest.fixture
def dag(console: TestClient) -> Iterator[None]:  # noqa: ARG001 (its database)
    """Let Airflow know the DAG of orders, paused; other tests of this process may have brought it there."""
    with create_session() as session:
        there = session.get(DagModel, ORDERS)
        before = (there.is_paused, there.is_stale) if there else None
        if there is None:
            session.merge(DagBundleModel(name="console"))
            session.flush()
        session.merge(DagModel(dag_id=ORDERS, bundle_name="console", fileloc="/x") if there is None else there)
        session.flush()
        session.execute(sa.update(DagModel).where(DagModel.dag_id == ORDERS).values(is_paused=True, is_stale=False))
    yield
    with create_session() as session:
        if before is None:
            session.execute(sa.delete(DagModel).where(DagModel.dag_id == ORDERS))
            session.execute(sa.delete(DagBundleModel).where(DagBundleModel.name == "console"))
        else:
            values = {"is_paused": before[0], "is_stale": before[1]}
            session.execute(sa.update(DagModel).where(DagModel.dag_id == ORDERS).values(values))


def row_of(page: str, dag_id: str = ORDERS) -> html.HtmlElement:
    """Give the overview's row of a flow."""
    (row,) = html.fromstring(page).xpath(f'//*[@data-dag="{dag_id}"]')
    return row


def words(element: html.HtmlElement) -> str:
    """Give what a person reads."""
    return re.sub(r"\s+", " ", element.text_content()).strip()


def test_the_overview_says_how_each_flow_stands(reader: TestClient) -> None:
    page = reader.get("/").text
    shown = html.fromstring(page).xpath("//*[@data-dag]/@data-dag")
    assert shown == [each.dag_id for each in all_flows().flows]
    orders = words(row_of(page))
    assert "under way" in orders
    assert "1 created" in orders
    assert "1 unchanged" in orders
    assert "1 quarantined" in orders
    assert "1 error" in orders
    assert "failed" in words(row_of(page, f"{NAME}.prices"))
    assert "none yet" in words(row_of(page, f"{NAME}.customers"))
    assert "Last 14 days: 3 records, 1 of them failed" in page


def test_a_flow_is_switched_and_run_by_those_who_may(
    operator: TestClient,
    dag: None,  # noqa: ARG001
) -> None:
    row = row_of(operator.get("/").text)
    (switch,) = row.xpath('.//*[@role="switch"]')
    assert (switch.get("aria-checked"), switch.get("disabled")) == ("false", None)
    assert row.xpath(f'.//button[@data-run="{ORDERS}"]')


def test_a_reader_sees_the_switch_and_cannot_use_it(reader: TestClient, dag: None) -> None:  # noqa: ARG001
    row = row_of(reader.get("/").text)
    (switch,) = row.xpath('.//*[@role="switch"]')
    assert switch.get("disabled") is not None
    assert not row.xpath(".//button[@data-run]")


def test_a_file_that_cannot_be_read_hides_no_other(
    reader: TestClient, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    include = tmp_path_factory.mktemp("include")
    (include / "integrations").mkdir()
    (include / "integrations" / "broken.yaml").write_text("name: broken\nflows: [", encoding="utf-8")
    monkeypatch.setenv("CARTAGE_INCLUDE", str(include))
    page = reader.get("/")
    assert page.status_code == 200
    assert "broken.yaml" in page.text


def test_runs_balance_and_say_who_began_them(reader: TestClient, small: Small) -> None:
    page = html.fromstring(reader.get(f"/flows/{ORDERS}/runs").text)
    runs = {each.get("id"): words(each) for each in page.xpath("//tbody/tr")}
    assert list(runs) == [f"run-{small.open}", f"run-{small.again}", f"run-{small.first}"]
    first = runs[f"run-{small.first}"]
    assert re.search(r"\b2\s*balances", first)
    assert "1 created 1 quarantined" in first
    assert "by its schedule" in first
    assert "balances" not in runs[f"run-{small.open}"]
    links = page.xpath(f'//*[@id="run-{small.first}"]//a/@href')
    assert links == [f"/dags/{ORDERS}/runs/scheduled__1"]


def test_a_failed_run_says_why_and_nothing_runs_in_it(reader: TestClient) -> None:
    page = reader.get(f"/flows/{NAME}.prices/runs").text
    assert "by hand: ada" in page
    assert SCRIPT not in page
    assert "extract failed &lt;script&gt;" in page


def test_a_run_says_what_it_found_as_a_whole(reader: TestClient, small: Small) -> None:
    small.ledger.runs.find(
        small.start("inventory", "full"), [f"drift: 3 records of inventory lists {SCRIPT}"], step="load"
    )
    page = reader.get(f"/flows/{NAME}.inventory/runs").text
    assert "drift: 3 records of inventory lists &lt;script&gt;" in page


def test_older_runs_are_on_the_next_page(reader: TestClient, small: Small) -> None:
    flow = f"{NAME}.locations"
    ids = [small.start("locations", f"run-{number}") for number in range(60)]
    page = html.fromstring(reader.get(f"/flows/{flow}/runs").text)
    assert len(page.xpath("//tbody/tr")) == 50
    (older,) = page.xpath('//a[@rel="next"]/@href')
    rest = html.fromstring(reader.get(f"/flows/{flow}/runs{older}").text).xpath("//tbody/tr/@id")
    assert rest == [f"run-{each}" for each in sorted(ids)[:10][::-1]]


def test_a_flow_that_no_file_names(reader: TestClient) -> None:
    assert reader.get(f"/flows/{NAME}.nothing/runs").status_code == 404


def test_days_begin_at_the_readers_midnight() -> None:
    zone = ZoneInfo("America/New_York")
    days = days_until_now(zone, 400)
    assert all(each.astimezone(zone).hour == 0 for each in days)
    assert len({each.astimezone(zone).date() for each in days}) == 400
    assert days[-1] <= datetime.now(UTC) < days[-1] + timedelta(hours=26)


def test_a_chart_shows_the_few_among_the_many() -> None:
    drawn = html.fromstring(str(bars([Bar("today", (("good", 100_000), ("bad", 1)))], "chart")))
    (bad,) = drawn.xpath('.//rect[@class="bad"]')
    assert float(bad.get("height")) >= 1.9
    assert float(bad.get("y")) >= 0


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.25, "0.2 s"), (75, "1 min 15 s"), (3600, "1 h"), (90_000, "1 d 1 h"), (86_460, "1 d")]
)
def test_durations_are_told_by_their_largest_units(seconds: float, text: str) -> None:
    assert duration(timedelta(seconds=seconds)) == text


def test_a_flow_is_late_after_twice_the_pause_of_its_schedule() -> None:
    deploys = {each.name: each.deploy for each in all_flows().flows}
    assert deploys["orders"].fresh == timedelta(minutes=30)
    assert deploys["customers"].fresh == timedelta(days=2)
    assert deploys["orders"].model_copy(update={"fresh_minutes": 45}).fresh == timedelta(minutes=45)
    assert deploys["orders"].model_copy(update={"schedule": None}).fresh is None
