"""Records held back: who sees what, and what people do with them."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from airflow.api_fastapi.core_api.security import get_user
from lxml import html

from cartage.console.app import application
from cartage.console.ledgers import open_ledger
from cartage.console.pages.errors import _cell
from cartage.console.tokens import token_for
from cartage.errors import Complaint
from cartage.ledger import Entry, Ledger
from cartage.records.outcome import Outcome, Verdict
from cartage.records.wire import from_json, to_json
from tests.console.small_ledger import KEY, NAME, ORDERS, SCRIPT, Small
from tests.ledger.ledger_examples import rows
from tests.ledgers import new_ledger
from tests.quality.orders import order, together

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi.testclient import TestClient

NOTHING_COMES = """
record: order
expectations:
  - name: from_elsewhere
    table: orders
    type: expect_column_values_to_be_in_set
    with: {column: site, value_set: [Elsewhere]}
    severity: critical
    why: Nothing comes from here.
"""
NO_DATE = Complaint("placed_at_missing", "placed_at: the order has no date", "placed_at")
UNKNOWN = Complaint("unknown_item", "lines.product_id: NetSuite knows no such item", "lines.product_id")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the file of a ledger with three orders held back."""
    file = tmp_path_factory.mktemp("errors") / "ledger.db"
    book = new_ledger(file, KEY)
    run = Small(book).start("orders", "scheduled__1")
    book.outcomes.extracted(run, "order", rows("RefArch/00018", "RefArch/00019", "RefArch/00020"), 0)
    held = [(18, NO_DATE, {"placed_at": None}), (19, UNKNOWN, {}), (20, UNKNOWN, {})]
    entries = []
    for place, (number, why, changes) in enumerate(held):
        body = together("order", order(number, customer_name=SCRIPT, bill_last_name="Lovelace", version="1", **changes))
        entries.append(Entry(place, f"RefArch/{number:05}", "1", "validate", (why,), to_json(body, number)))
    book.quarantine.put(run, "orders", "order", entries)
    verdicts = [Verdict(place, each.key, Outcome.QUARANTINED, each.complaints) for place, each in enumerate(entries)]
    book.outcomes.settle(run, "order", verdicts)
    book.runs.close(run, "settled")
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    book.close()
    return file


@pytest.fixture
def ledger(console: TestClient, prepared: Path, tmp_path: Path) -> Iterator[Ledger]:  # noqa: ARG001 (its app)
    """Give the console a ledger of its own, with three orders held back."""
    shutil.copy(prepared, tmp_path / "ledger.db")
    book = Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}", KEY)
    application().dependency_overrides[open_ledger] = lambda: book
    yield book
    book.close()


def post(browser: TestClient, path: str, **body: Any) -> Any:
    """Send a change as the console's script does."""
    headers = {"X-Cartage-Token": token_for("someone"), "Accept": "application/json"}
    return browser.post(path, json=body, headers=headers)


def entry(ledger: Ledger, number: int) -> int:
    """Give the id of an order's entry."""
    return next(each.id for each in ledger.quarantine.open(NAME) if each.key == f"RefArch/{number:05}")


def editor(browser: TestClient, id_: int) -> tuple[dict[str, Any], str]:
    """Give what the editor of a record shows, and which state of it that is."""
    page = html.fromstring(browser.get(f"/errors/{id_}").text)
    (section,) = page.xpath('//section[contains(@class, "editor")]')
    return json.loads(section.xpath('.//textarea[@id="edit-text"]/text()')[0]), section.get("data-seen")


def shown(browser: TestClient, query: str = "") -> list[str]:
    """Give the records in the list."""
    return html.fromstring(browser.get(f"/errors{query}").text).xpath("//tbody/tr/td[2]//strong/text()")


def test_errors_are_grouped_by_reason(reader: TestClient, ledger: Ledger) -> None:  # noqa: ARG001
    page = html.fromstring(reader.get("/errors").text)
    groups = [
        each.xpath(".//data/@value") + each.xpath(".//code/text()") for each in page.xpath('//ul[@class="reasons"]//a')
    ]
    assert groups == [["2", "unknown_item"], ["1", "placed_at_missing"]]
    assert len(page.xpath("//tbody/tr")) == 3
    only = page.xpath('//ul[@class="reasons"]//a/@href')[1]
    assert shown(reader, only) == ["RefArch/00018"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=00019", ["RefArch/00019"]),
        ("?q=no+such+item&sort=record", ["RefArch/00019", "RefArch/00020"]),
        ("?q=%25", []),
        ("?state=resolved", []),
        ("?flow=sfcc_netsuite.customers", []),
        ("?assignee=ada", ["RefArch/00020"]),
        ("?assignee=-&sort=record", ["RefArch/00018", "RefArch/00019"]),
        ("?tag=items", ["RefArch/00019"]),
    ],
)
def test_the_list_is_filtered(reader: TestClient, ledger: Ledger, query: str, found: list[str]) -> None:
    ledger.mending.assign([entry(ledger, 20)], "ada")
    ledger.mending.tag([entry(ledger, 19)], "items")
    assert shown(reader, query) == found


@pytest.mark.parametrize("sort", ["newest", "oldest", "tries", "record"])
def test_pages_of_the_list_leave_nothing_out(
    reader: TestClient, ledger: Ledger, monkeypatch: pytest.MonkeyPatch, sort: str
) -> None:
    whole = shown(reader, f"?sort={sort}")
    monkeypatch.setattr("cartage.console.pages.errors.ROWS", 1)
    monkeypatch.setattr("cartage.console.pages.errors.cut.__defaults__", (1,))
    found, query = [], f"?sort={sort}"
    for _ in whole:
        page = html.fromstring(reader.get(f"/errors{query}").text)
        found += page.xpath("//tbody/tr/td[2]//strong/text()")
        query = (page.xpath('//a[@rel="next"]/@href') or [""])[0]
    assert found == whole
    assert query == ""
    assert len(ledger.quarantine.open(NAME)) == len(whole) == 3


def test_all_that_fit_are_chosen_on_all_pages(sign_in: Any, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [entry(ledger, number) for number in (19, 20)]
    monkeypatch.setattr("cartage.console.pages.errors.cut.__defaults__", (1,))
    page = html.fromstring(sign_in("user").get("/errors?reason=unknown_item").text)
    (address,) = page.xpath("//@data-every")
    told = sign_in("user").get(address).json()
    assert sorted(each["entry"] for each in told["entries"]) == ids
    assert ({each["state"] for each in told["entries"]}, told["more"]) == ({"open"}, False)
    assert post(sign_in("user"), "/errors/tag", ids=ids, tag="all").json() == {"done": 2}
    assert sign_in("viewer").get(address).json()["entries"] == [], "a reader acts on none"
    monkeypatch.setattr("cartage.console.pages.errors.MANY", 1)
    assert sign_in("user").get(address).json()["more"] is True


def test_a_place_that_is_none_is_refused(reader: TestClient, ledger: Ledger) -> None:  # noqa: ARG001
    assert reader.get("/errors?after=nonsense").status_code == 422


def test_a_download_names_no_person_and_runs_no_formula(reader: TestClient, ledger: Ledger) -> None:
    ledger.mending.assign([entry(ledger, 19)], "=HYPERLINK()")
    sent = reader.get("/errors/list.csv?sort=record")
    assert sent.headers["Content-Type"].startswith("text/csv")
    found = list(csv.DictReader(io.StringIO(sent.text.removeprefix("\ufeff"))))
    assert [each["key"] for each in found] == ["RefArch/00018", "RefArch/00019", "RefArch/00020"]
    assert found[1]["assignee"] == "'=HYPERLINK()"
    assert "Lovelace" not in sent.text


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"), ("\uff1d1", "'\uff1d1"), ("\t@SUM(A1)", "'\t'@SUM(A1)"), ("-2", "'-2"), ("\r=1", "'\r'=1"),
        ("a;=1", "a;'=1"), ("x; +1", "x;' +1"), ("it costs 3 - or = 4", "it costs 3 - or = 4"), (None, ""), (7, "7"),
    ],
)  # fmt: skip
def test_no_cell_is_a_formula_whatever_ends_a_cell(value: object, cell: str) -> None:
    assert _cell(value) == cell


def test_a_record_is_shown_masked_beside_its_reasons(reader: TestClient, ledger: Ledger) -> None:
    page = reader.get(f"/errors/{entry(ledger, 18)}")
    assert "placed_at_missing" in page.text
    assert "Lovelace" not in page.text
    assert "L•••" in page.text
    assert "a•••@example.com" in page.text
    assert "anna" not in page.text
    assert "NL-1" in page.text
    assert "<script>alert" not in page.text
    parts = html.fromstring(page.text)
    assert not parts.xpath("//textarea | //button[@data-act]")
    (missing,) = parts.xpath('//dl[@class="values"]/*[@class="at-fault"]')
    assert missing.xpath("./*/text()") == ["placed at", "missing"]
    lines = {each.text for each in parts.xpath('//*[@aria-label="lines"]//data')}
    assert {"25.00", "1"} <= lines, "money with its two digits, and no more zeros than it has"


def test_what_was_never_readable_is_not_tried_again(operator: TestClient, ledger: Ledger) -> None:
    (run,) = (each.id for each in ledger.runs.recent(NAME, "orders"))
    broken = Entry(9, "RefArch/00021", None, "read", (NO_DATE,), b"<order", form="xml")
    ledger.quarantine.put(run, "orders", "order", [broken])
    page = html.fromstring(operator.get(f"/errors/{entry(ledger, 21)}").text)
    assert page.xpath('//button[@data-act="retry"]/@disabled')
    assert not page.xpath('//button[@data-act="dismiss"]/@disabled | //textarea')
    listed = html.fromstring(operator.get("/errors").text)
    states = dict(zip(listed.xpath("//tbody/tr/td[2]//strong/text()"), listed.xpath("//@data-state"), strict=True))
    assert (states["RefArch/00021"], states["RefArch/00018"]) == ("unreadable", "open")


def test_what_went_through_and_asks_somebody_says_what_to_do(operator: TestClient, ledger: Ledger) -> None:
    (run,) = (each.id for each in ledger.runs.recent(NAME, "orders"))
    refund = Complaint("refund_due", "customer deposit 9 is still open: refund it", asks=True)
    body = to_json(together("order", order(22, version="1")), 22)
    ledger.quarantine.put(run, "orders", "order", [Entry(9, "RefArch/00022", "1", "load", (refund,), body)])
    page = html.fromstring(operator.get(f"/errors/{entry(ledger, 22)}").text)
    assert "refund it" in page.text_content()
    assert "What somebody must do" in page.xpath("//h2/text()")
    assert page.xpath('//button[@data-act="dismiss"]')
    assert not page.xpath('//button[@data-act="retry"] | //textarea[@id="edit-text"]'), "sending it again mends nothing"
    listed = html.fromstring(operator.get("/errors?q=00022").text)
    assert listed.xpath("//@data-state") == ["through"]


def test_personal_data_is_for_named_roles_and_each_look_is_noted(sign_in: Any, ledger: Ledger) -> None:
    path = f"/errors/{entry(ledger, 18)}/reveal"
    token = {"token": token_for("someone")}
    assert sign_in("user").post(path, data=token).status_code == 403
    assert sign_in("admin").post(path, data={"token": "1.x"}).status_code == 403
    assert not ledger.actions.of(NAME, "RefArch/00018")
    page = sign_in("admin").post(path, data=token)
    assert "Lovelace" in page.text
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text
    (noted,) = ledger.actions.of(NAME, "RefArch/00018")
    assert (noted.who, noted.what) == ("someone", "reveal")


def test_a_mended_record_is_what_the_next_run_reads(operator: TestClient, ledger: Ledger) -> None:
    id_ = entry(ledger, 18)
    record, seen = editor(operator, id_)
    assert post(operator, f"/errors/{id_}/check", text=json.dumps(record)).json()["accepted"] is False
    record["tables"]["orders"][0]["placed_at"] = "2026-11-20T10:00:00Z"
    assert post(operator, f"/errors/{id_}/check", text=json.dumps(record)).json()["accepted"] is True
    saved = post(operator, f"/errors/{id_}/edit", text=json.dumps(record), seen=seen, note="asked the shop")
    assert saved.json()["dag"] == ORDERS
    (held,) = ledger.quarantine.load([id_])
    root = from_json(held.payload or b"", 0).root.to_pylist()[0]
    assert root["placed_at"].isoformat() == "2026-11-20T10:00:00+00:00"
    assert (root["bill_last_name"], root["customer_name"]) == ("Lovelace", SCRIPT)  # masked, and left as it was
    before, after = ledger.mending.versions(id_)
    assert (before.who, after.who, after.note) == (None, "someone", "asked the shop")
    assert b"placed_at" not in (before.body or b"")
    page = html.fromstring(operator.get(f"/errors/{id_}").text)
    assert "placed_at" in page.xpath('//pre[@class="difference"]//*[@class="added"]')[0].text_content()


def test_the_second_of_two_is_told(operator: TestClient, ledger: Ledger) -> None:
    id_ = entry(ledger, 19)
    record, seen = editor(operator, id_)
    assert post(operator, f"/errors/{id_}/edit", text=json.dumps(record), seen=seen).status_code == 200
    record["tables"]["lines"][0]["product_id"] = "NL-2"
    second = post(operator, f"/errors/{id_}/edit", text=json.dumps(record), seen=seen)
    assert second.status_code == 409
    assert "changed while you had it open" in second.json()["detail"]
    (held,) = ledger.quarantine.load([id_])
    assert b"NL-2" not in (held.payload or b"")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text[:-5], "is no JSON"),
        (lambda text: text.replace('"quantity"', '"quantty"', 1), "did you mean `quantity`"),
        (lambda text: text.replace('"lines"', '"line"', 1), "no such table"),
        (lambda text: text.replace("RefArch/00019", "RefArch/00001"), "cannot be changed"),
        (lambda text: text.replace('"2.000000"', '"two"', 1), "must be a number"),
        (lambda text: text.replace('"EUR"', '"euro"'), "ISO 4217"),
        (lambda text: text.replace("L•••", "X•••"), "write the whole value"),
        (lambda text: text.replace('"order_no"', '"order_no": null, "invoice_no"'), "no number"),
        (lambda _: "[]", "nothing else"),
        (lambda _: "[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_wrong_is_not_accepted(operator: TestClient, ledger: Ledger, change: Any, said: str) -> None:
    id_ = entry(ledger, 19)
    record, seen = editor(operator, id_)
    text = change(json.dumps(record, ensure_ascii=False))
    found = post(operator, f"/errors/{id_}/check", text=text).json()
    assert found["accepted"] is False
    assert said in str(found["problems"])
    refused = post(operator, f"/errors/{id_}/edit", text=text, seen=seen)
    assert refused.status_code == 422
    assert said in refused.json()["detail"]
    assert not ledger.mending.versions(id_)


def test_an_edit_is_checked_by_the_expectations_in_force(operator: TestClient, ledger: Ledger) -> None:
    id_ = entry(ledger, 19)
    record, _ = editor(operator, id_)
    text = json.dumps(record, ensure_ascii=False)
    assert post(operator, f"/errors/{id_}/check", text=text).json()["accepted"] is True
    ledger.revisions.save("expectations", "order", NOTHING_COMES, author="ada", parent=None)
    refused = post(operator, f"/errors/{id_}/check", text=text).json()
    assert refused["accepted"] is False
    assert "Nothing comes from here" in str(refused["problems"])


def test_records_are_dismissed_with_a_reason(operator: TestClient, ledger: Ledger) -> None:
    ids = [entry(ledger, 19), entry(ledger, 20)]
    assert post(operator, "/errors/dismiss", ids=ids, reason=" ").status_code == 422
    assert post(operator, "/errors/dismiss", ids=ids, reason="test orders").json() == {"done": 2}
    assert post(operator, "/errors/dismiss", ids=ids, reason="again").json() == {"done": 0}
    assert shown(operator) == ["RefArch/00018"]
    page = operator.get("/errors?state=dismissed").text
    assert "test orders" in page
    (noted,) = ledger.actions.of(NAME, "RefArch/00019")
    assert (noted.who, noted.what, noted.note) == ("someone", "dismiss", "test orders")


def test_records_are_assigned_and_tagged(operator: TestClient, ledger: Ledger) -> None:
    ids = [entry(ledger, 19), entry(ledger, 20)]
    assert post(operator, "/errors/assign", ids=ids, assignee="ada").json() == {"done": 2}
    assert post(operator, "/errors/tag", ids=ids, tag="items").json() == {"done": 2}
    assert post(operator, "/errors/tag", ids=ids[:1], tag="items", do="take").json() == {"done": 1}
    assert post(operator, "/errors/tag", ids=ids, tag=SCRIPT).status_code == 422
    assert [(each.assignee, each.tags) for each in ledger.worklist.get(ids)] == [("ada", ()), ("ada", ("items",))]


CHANGES = [
    ("dismiss", {"reason": "x"}), ("assign", {"assignee": "x"}), ("tag", {"tag": "x"}),
    ("{id}/check", {"text": "{}"}), ("{id}/edit", {"text": "{}", "seen": "x"}),
]  # fmt: skip


@pytest.mark.parametrize(("path", "body"), CHANGES)
def test_a_reader_changes_nothing(reader: TestClient, ledger: Ledger, path: str, body: dict[str, str]) -> None:
    id_ = entry(ledger, 19)
    path = f"/errors/{path.format(id=id_)}"
    assert post(reader, path, ids=[id_], **body).status_code == 403
    assert ledger.worklist.get([id_])[0].state == "open"


@pytest.mark.parametrize(("path", "body"), CHANGES)
def test_a_change_needs_a_token_and_a_user(operator: TestClient, ledger: Ledger, path: str, body: Any) -> None:
    id_ = entry(ledger, 19)
    path = f"/errors/{path.format(id=id_)}"
    assert operator.post(path, json={"ids": [id_], **body}).status_code == 403
    del application().dependency_overrides[get_user]
    assert post(operator, path, ids=[id_], **body).status_code == 401
    application().dependency_overrides[get_user] = lambda: SimpleAuthManagerUser(username="someone", role=None)
    assert operator.get(f"/errors/{id_}").status_code == 403
    assert shown(operator) == []


def test_what_went_through_later_is_resolved_by_itself(reader: TestClient, ledger: Ledger) -> None:
    id_ = entry(ledger, 19)
    run = Small(ledger).start("orders", "scheduled__2")
    ledger.outcomes.extracted(run, "order", rows("RefArch/00019"), 0)
    ledger.outcomes.settle(run, "order", [Verdict(0, "RefArch/00019", Outcome.CREATED, (), "77")])
    assert shown(reader, "?state=resolved") == ["RefArch/00019"]
    assert f"run {run}" in reader.get(f"/errors/{id_}").text


def test_what_could_not_be_read_is_not_edited(operator: TestClient, ledger: Ledger) -> None:
    run = Small(ledger).start("orders", "scheduled__3")
    why = Complaint("unreadable", "the drop is no XML")
    broken = Entry(0, "RefArch/00021", None, "read", (why,), b"<order>Lovelace", form="xml")
    ledger.quarantine.put(run, "orders", "order", [broken])
    id_ = entry(ledger, 21)
    page = operator.get(f"/errors/{id_}")
    assert "Lovelace" not in page.text
    assert post(operator, f"/errors/{id_}/edit", text="{}", seen="").status_code == 409


def test_with_nothing_held_back_the_page_says_so(reader: TestClient, ledger: Ledger) -> None:
    for each in ledger.quarantine.open(NAME):
        ledger.quarantine.dismiss(each.id, "ada", "all test orders")
    assert "Nothing is held back" in reader.get("/errors").text
