"""Expectations over time: which fail, and where to go from there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from lxml import html

from cartage.console.app import application
from cartage.console.ledgers import open_ledger
from cartage.console.pages.quality import rows_of
from cartage.errors import Complaint
from cartage.ledger import Entry
from cartage.ledger.expectations import Checked, Found
from tests.console.small_ledger import KEY, NAME, ORDERS, Small
from tests.ledger.ledger_examples import NOON
from tests.ledgers import new_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi.testclient import TestClient

    from cartage.ledger import Ledger


@pytest.fixture
def ledger(console: TestClient, tmp_path: Path) -> Iterator[Ledger]:  # noqa: ARG001 (its app)
    """Give the console a ledger in which nothing was checked."""
    book = new_ledger(tmp_path / "ledger.db", KEY)
    application().dependency_overrides[open_ledger] = lambda: book
    yield book
    book.close()


def test_the_worst_come_first_with_their_rates(
    reader: TestClient, ledger: Ledger, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setenv("CARTAGE_STAGING", str(tmp_path))
    assert "Nothing has been checked yet" in reader.get("/quality").text
    for number, failing in enumerate((0, 3, 1)):
        run = Small(ledger).start("orders", f"scheduled__{number}")
        found = [
            Found("order_no_missing", "critical", 1000, failing, failing),
            Found("currency_missing", "critical", 1000, 0, 0),
            Found("phone_odd", "warning", 500, 20, 10),
            Found("never_looked_at", "info", 0, 0, 0),
        ]
        ledger.expectations.note(run, found)
        ledger.expectations.note(run, found)  # the step was tried again
    why = tuple(Complaint(code, "") for code in ("phone_odd", "order_no_missing"))
    ledger.quarantine.put(run, "orders", "order", [Entry(0, "RefArch/1", "1", "validate", why, b"{}")])
    (tmp_path / "reports" / ORDERS).mkdir(parents=True)
    (tmp_path / "reports" / ORDERS / f"{run}.html").write_text("the report")
    page = html.fromstring(reader.get(f"/quality?flow={ORDERS}").text)
    rows = [" ".join(each.text_content().split()) for each in page.xpath("//tbody/tr")]
    assert page.xpath("//tbody/tr/td[1]/code/text()") == ["order_no_missing", "phone_odd"]
    assert "99.87%" in rows[0]
    assert "96%" in rows[1]
    assert "the order has no number, so nobody could ever find it again" in rows[0], "why it is expected"
    told = page.xpath('//tbody/tr[1]//*[name()="title"]/text()')
    assert [each.partition(": ")[2] for each in told] == [
        f"met by {rate} of 1,000 rows" for rate in ("100%", "99.70%", "99.90%")
    ]
    assert len(page.xpath('//tbody/tr[1]//*[name()="rect"][@class="bad"]')) == 2
    held = [(each.text_content(), each.get("href")) for each in page.xpath("//tbody/tr/td[last()]/a")]
    assert [count for count, _ in held] == ["1", "1"], "one record with two reasons"
    assert all("RefArch/1" in reader.get(path).text for _, path in held)
    assert "currency_missing" in page.xpath("//details")[0].text_content()
    assert f"/reports/{ORDERS}/{run}" in page.xpath("//a/@href")
    assert "Nothing has been checked yet" in reader.get(f"/quality?flow={NAME}.customers").text


def test_one_that_failed_is_never_rounded_away() -> None:
    (row,) = rows_of([Checked(1, NOON, {"rare": Found("rare", "critical", 10_000_000, 1, 1)})], {}, ZoneInfo("UTC"))
    assert row.rate == "< 100%"


def test_who_sees_no_flow_sees_no_quality(sign_in: Any, ledger: Ledger) -> None:
    run = Small(ledger).start("orders", "scheduled__1")
    ledger.expectations.note(run, [Found("order_no_missing", "critical", 10, 1, 1)])
    page = sign_in(None).get("/quality").text
    assert "order_no_missing" not in page
    assert "No flow is yours to see" in page
