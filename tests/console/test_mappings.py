"""Mappings and settings: checked, saved as revisions, tried on real records, rolled back, exported."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from lxml import html

from cartage.console.app import application
from cartage.console.ledgers import open_ledger
from cartage.console.tokens import token_for
from cartage.console.written import EMPTY_OVERLAY, Text, patch
from cartage.integrations import include_folder, load_deploy
from cartage.ledger import Entry, Ledger
from cartage.records.wire import to_json
from cartage.settings import load_settings
from tests.console.small_ledger import KEY, NAME, SCRIPT, UNKNOWN, Small
from tests.quality.orders import batch_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from fastapi.testclient import TestClient

PLACE = {"kind": "mapping", "name": "sfcc/location"}
ORDER = {"kind": "mapping", "name": "netsuite/order"}
FEED = {"kind": "mapping", "name": "sfcc/inventory_feed"}
RULES = {"kind": "expectations", "name": "customer"}
SETTINGS = {"kind": "settings", "name": NAME}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the file of a ledger in which one location is held back."""
    file = tmp_path_factory.mktemp("mappings") / "ledger.db"
    book = Ledger.open(f"sqlite:///{file}", KEY)
    book.migrate()
    run = Small(book).start("locations", "scheduled__1")
    place = {
        "location": 0,
        "key": "5",
        "version": "1",
        "location_id": "5",
        "name": SCRIPT,
        "active": True,
        "city": "Bonn",
    }
    homes = [{"location": 0, "kind": "store", "id": "store-bonn", "list_id": "list-bonn"}]
    body = to_json(batch_of("location", locations=[place], homes=homes), 0)
    book.quarantine.put(run, "locations", "location", [Entry(0, "5", "1", "validate", (UNKNOWN,), body)])
    book.close()
    return file


@pytest.fixture
def ledger(console: TestClient, prepared: Path, tmp_path: Path) -> Iterator[Ledger]:  # noqa: ARG001 (its app)
    """Give the console a ledger of its own."""
    for each in prepared.parent.glob("ledger.db*"):
        shutil.copy(each, tmp_path / each.name)
    book = Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}", KEY)
    application().dependency_overrides[open_ledger] = lambda: book
    yield book
    book.close()


def post(browser: TestClient, path: str, **body: Any) -> Any:
    """Send a change as the console's script does."""
    headers = {"X-Cartage-Token": token_for("someone"), "Accept": "application/json"}
    return browser.post(f"/mappings/{path}", json=body, headers=headers)


def body_of(browser: TestClient, what: dict[str, str]) -> str:
    """Give the text that the editor shows."""
    page = html.fromstring(browser.get("/mappings/text", params=what).text)
    return str(page.xpath('//textarea[@id="body"]')[0].text)


def test_everything_that_is_written_is_listed(reader: TestClient, ledger: Ledger) -> None:  # noqa: ARG001
    page = html.fromstring(reader.get("/mappings").text)
    names = page.xpath("//tbody/tr/td[1]//strong/text()")
    assert names[0] == NAME
    assert "netsuite/order" in names
    files = [each for kind in ("mappings", "expectations") for each in (include_folder() / kind).rglob("*.yaml")]
    assert len(names) == 1 + len(files)


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize(
    ("role", "what", "offered"),
    [("admin", ORDER, True), ("admin", SETTINGS, True), ("admin", PLACE, False), ("admin", RULES, False), ("user", ORDER, False)],
)  # fmt: skip
def test_personal_data_is_offered_where_there_is_any(
    sign_in: Callable[[str | None], TestClient], role: str, what: dict[str, str], offered: bool
) -> None:
    page = html.fromstring(sign_in(role).get("/mappings/text", params=what).text)
    assert bool(page.xpath('//input[@id="unmasked"]')) is offered


def test_a_text_stands_beside_its_reference(reader: TestClient, ledger: Ledger) -> None:  # noqa: ARG001
    page = html.fromstring(reader.get("/mappings/text", params=ORDER).text)
    assert page.xpath('//textarea[@id="body"]/@readonly')
    assert "transform" in page.xpath('//aside[@class="handbook"]')[0].text_content()
    assert not page.xpath('//button[@id="save"]')
    settings = reader.get("/mappings/text", params=SETTINGS).text
    assert "*/15 * * * *" in settings
    assert "max_quarantined_share" in settings


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize(
    ("kind", "name", "told", "elsewhere"),
    [
        ("mapping", "netsuite/order", "line_discountdiscounts of the line", "list-id"),
        ("mapping", "netsuite/deposit", "deposit_amountamount of the deposit", "line_discount"),
        ("mapping", "sfcc/shipment", "urladdress of the package's page", "deposit_amount"),
        ("mapping", "sfcc/inventory_feed", "allocation-timestampa moment in UTC", "price-info"),
        ("mapping", "sfcc/price_feed", "Columns of tiers", "allocation-timestamp"),
        ("mapping", "sfcc/order", "placed_at", "Named transforms"),
        ("mapping", "sfcc/customer", "Columns of addresses", "Named transforms"),
        ("expectations", "stock", "Columns of stock", "Named transforms"),
    ],
)  # fmt: skip
def test_the_reference_is_of_what_one_writes(
    reader: TestClient, kind: str, name: str, told: str, elsewhere: str
) -> None:
    page = html.fromstring(reader.get("/mappings/text", params={"kind": kind, "name": name}).text)
    words = " ".join(page.xpath('//aside[@class="handbook"]')[0].text_content().split())
    assert told in words
    assert elsewhere not in words


@pytest.mark.parametrize(
    ("what", "change", "said"),
    [
        (ORDER, lambda text: text, None),
        (ORDER, lambda text: text.replace("as: date", "as: dat", 1), "did you mean `date`"),
        (ORDER, lambda text: text + "\n  : [", "not valid YAML"),
        (ORDER, lambda text: text.replace("order_no", "order_nr", 1), "order_no"),
        (SETTINGS, lambda _: "settings:\n  batch_records: 7\n", None),
        (SETTINGS, lambda _: "settings:\n  batch_record: 7\n", "did you mean `batch_records`"),
        (SETTINGS, lambda _: "flows: {}\n", "read from the file at parse time"),
        (FEED, lambda text: text.replace("allocation: allocation", "allotment: allocation", 1), "allotment"),
        (FEED, lambda text: text.replace("allocation: allocation", "allocation: alocation", 1), "did you mean `allocation`"),
        (PLACE, lambda text: text.replace("location.name", "location.nmae", 1), "did you mean `name`"),
        (RULES, lambda text: text, None),
        (RULES, lambda text: text.replace("severity: critical", "severity: fatal", 1), "severity"),
        ({"kind": "mapping", "name": "sfcc/order"}, lambda text: text, None),
        ({"kind": "mapping", "name": "sfcc/order"}, lambda text: text.replace("order_no:", "order_number:", 1), "order_number"),
    ],
)  # fmt: skip
def test_a_text_is_checked_as_one_types(
    operator: TestClient, ledger: Ledger, what: dict[str, str], change: Any, said: str | None
) -> None:
    assert not ledger.revisions.history("mapping", "netsuite/order")
    told = post(operator, "check", **what, body=change(body_of(operator, what))).json()
    assert (told["line"] is None) is (told["message"] is None) is (said is None)
    assert (said or "") in (told["message"] or "")


def test_a_revision_is_saved_shown_and_rolled_back(operator: TestClient, ledger: Ledger) -> None:
    body = "settings:\n  batch_records: 7\n"
    assert post(operator, "save", **SETTINGS, body=body, parent=0, note=" ").status_code == 422
    first = post(operator, "save", **SETTINGS, body=body, parent=0, note=f"smaller {SCRIPT}").json()["revision"]
    latest = ledger.revisions.latest("settings", NAME)
    assert latest is not None
    assert (latest.id, latest.author, latest.body) == (first, "someone", body)
    assert load_settings(NAME, include_folder(), latest.body).batch_records == 7
    second = post(operator, "save", **SETTINGS, body=body.replace("7", "8"), parent=0, note="on top of the file")
    assert second.status_code == 409
    assert "somebody else" in second.json()["detail"]
    page = operator.get("/mappings/text", params=SETTINGS).text
    assert SCRIPT not in page
    assert html.fromstring(page).xpath('//*[@class="added"]/text()')[-1].strip("+ ") == "batch_records: 7"
    back = post(operator, "roll-back", **SETTINGS, revision=0, parent=first)
    assert back.status_code == 200
    latest = ledger.revisions.latest("settings", NAME)
    assert latest is not None
    assert (latest.body, latest.note) == (EMPTY_OVERLAY, "back to the file")
    assert post(operator, "roll-back", **SETTINGS, revision=first, parent=latest.id).status_code == 200
    assert body_of(operator, SETTINGS) == body
    assert [each.what for each in ledger.actions.about("save", f"settings:{NAME}")] == ["save"]


BARE = [
    # A name into a column, or a field, that pages show as it is.
    ({"kind": "mapping", "name": "sfcc/order"}, ("source_code: source-code/code", "source_code: customer/customer-name")),
    ({"kind": "mapping", "name": "netsuite/customer"}, ("custentity_ctg_customer_no: ", "custentity_ctg_number: ")),
    (SETTINGS, ("settings: {}", "settings:\n  orders: {attributes: {order: {giftFrom: custbody_from}}}")),
    (SETTINGS, ("settings: {}", "settings:\n  orders: {pickup: {attribute: giftFrom}}")),
]  # fmt: skip


@pytest.mark.parametrize(("what", "change"), BARE)
def test_what_is_shown_bare_is_decided_by_who_may_see_it(
    sign_in: Callable[[str | None], TestClient], ledger: Ledger, what: dict[str, str], change: tuple[str, str]
) -> None:
    editor = sign_in("user")
    before = body_of(editor, what)
    assert change[0] in before
    body = before.replace(*change, 1)
    refused = post(editor, "save", **what, body=body, parent=0, note="x")
    assert refused.status_code == 403
    assert "unmask_roles" in refused.json()["detail"]
    assert ledger.revisions.latest(what["kind"], what["name"]) is None
    saved = post(sign_in("admin"), "save", **what, body=body, parent=0, note="x").json()["revision"]
    # Nor does a way back lead there, once it was left.
    left = post(sign_in("admin"), "roll-back", **what, revision=0, parent=saved).json()["revision"]
    assert post(sign_in("user"), "roll-back", **what, revision=saved, parent=left).status_code == 403
    page = html.fromstring(sign_in("user").get("/mappings/text", params=what).text)
    assert bool(page.xpath('//button[@id="save"]')) is (what == SETTINGS)
    assert "unmask_roles" in page.text_content()


def test_what_is_wrong_is_not_saved(operator: TestClient, ledger: Ledger) -> None:
    wrong = post(operator, "save", **SETTINGS, body="settings:\n  batch_records: many\n", parent=0, note="x")
    assert wrong.status_code == 422
    assert wrong.json()["line"] == 2
    assert ledger.revisions.latest("settings", NAME) is None


def test_a_change_is_tried_on_a_real_record(operator: TestClient, ledger: Ledger) -> None:
    body = body_of(operator, PLACE)
    assert "city" in body
    changed = "\n".join(line for line in body.splitlines() if not line.strip().startswith("city:"))
    page = post(operator, "try", **PLACE, body=changed, number="")
    assert page.status_code == 200, page.text
    assert "in quarantine" in page.text
    taken = html.fromstring(page.text).xpath('//*[@class="taken"]/text()')
    assert len(taken) == 1
    assert "Bonn" in taken[0]
    assert SCRIPT not in page.text
    assert ledger.revisions.latest("mapping", "sfcc/location") is None
    missing = post(operator, "try", **PLACE, body=changed, number="99")
    assert missing.status_code == 422
    assert "no location 99" in missing.json()["detail"]


@pytest.mark.parametrize(
    ("path", "more"), [("check", {}), ("try", {}), ("save", {"parent": 0, "note": "x"}), ("roll-back", {"revision": 0, "parent": 0})]
)  # fmt: skip
def test_a_reader_changes_nothing(reader: TestClient, ledger: Ledger, path: str, more: dict[str, Any]) -> None:
    refused = post(reader, path, **SETTINGS, body="settings: {}", **more)
    assert refused.status_code == 403
    assert "no right" in refused.json()["detail"]
    without = reader.post(f"/mappings/{path}", json={**SETTINGS, "body": "", **more})
    assert without.status_code == 403
    assert ledger.revisions.latest("settings", NAME) is None


@pytest.mark.parametrize("name", ["../../pyproject", "nothing"])
def test_a_name_leads_nowhere_else(operator: TestClient, ledger: Ledger, name: str) -> None:  # noqa: ARG001
    assert operator.get("/mappings/text", params={"kind": "mapping", "name": name}).status_code == 404


def test_what_is_in_force_is_exported_as_a_patch(reader: TestClient, ledger: Ledger, tmp_path: Path) -> None:
    overlay = "settings:\n  batch_records: 7\n  alerts: {email: [ops@example.com]}\n  sites:\n    RefArch:\n      zone: Europe/Paris\n"
    ledger.revisions.save("settings", NAME, overlay, author="ada", parent=None)
    sent = reader.get("/mappings/patch", params=SETTINGS)
    assert "# by hand" not in sent.text
    copy = tmp_path / "repository" / "include"
    shutil.copytree(include_folder() / "integrations", copy / "integrations")
    (copy.parent / "it.patch").write_text(sent.text, encoding="utf-8")
    subprocess.run(["git", "apply", "it.patch"], cwd=copy.parent, check=True, capture_output=True)
    shutil.copytree(include_folder() / "mappings", copy / "mappings")
    settings = load_settings(NAME, copy)
    assert (settings.batch_records, settings.sites["RefArch"].zone) == (7, "Europe/Paris")
    assert settings.alerts.email == ("ops@example.com",)
    assert "# dates of orders" in (copy / "integrations" / f"{NAME}.yaml").read_text(encoding="utf-8")


def test_without_a_change_the_patch_is_empty() -> None:
    order = Text("mapping", "netsuite/order")
    assert patch(order, order.file_text) == ""


def deploy(browser: TestClient, **wanted: str) -> dict[str, Any]:
    """Fill in deploy settings and give what the page is told; ``orders__schedule`` is ``orders.schedule``."""
    asked = {name.replace("__", "."): value for name, value in wanted.items()}
    answer = browser.get("/mappings/deploy", params={"name": NAME, **asked})
    assert answer.status_code == 200
    return dict(answer.json())


@pytest.mark.usefixtures("ledger")
def test_deploy_settings_become_a_patch_that_git_takes(reader: TestClient, tmp_path: Path) -> None:
    page = html.fromstring(reader.get("/mappings/text", params=SETTINGS).text)
    filled = {each.get("name"): each.get("value") for each in page.xpath('//details[@id="deploy"]//input')}
    assert filled["orders.schedule"] == "*/15 * * * *"
    wanted = {
        "orders.schedule": "*/5 * * * *",
        "prices.schedule": "",
        "inventory.shadow": "true",
        "erp.concurrency": "7",
    }
    sent = reader.get("/mappings/deploy.patch", params={**filled, **wanted})
    assert sent.status_code == 200
    assert sent.headers["Content-Disposition"] == f'attachment; filename="{NAME}-deploy.patch"'
    copy = tmp_path / "repository" / "include"
    shutil.copytree(include_folder() / "integrations", copy / "integrations")
    (copy.parent / "it.patch").write_text(sent.text, encoding="utf-8")
    subprocess.run(["git", "apply", "it.patch"], cwd=copy.parent, check=True, capture_output=True)
    integration = load_deploy(NAME, copy)
    assert [integration.flow(name).schedule for name in ("orders", "prices", "customers")] == [
        "*/5 * * * *",
        None,
        "0 2 * * *",
    ]
    assert (integration.flow("inventory").shadow, integration.erp.concurrency) == (True, 7)
    taken = [each for each in sent.text.splitlines() if each.startswith("-") and not each.startswith("---")]
    assert len(taken) == 3, "only these lines change"
    after = (copy / "integrations" / f"{NAME}.yaml").read_text(encoding="utf-8").splitlines()
    assert [each for each in after if "# concurrency of the whole account" in each]


@pytest.mark.usefixtures("ledger")
def test_deploy_settings_are_checked_as_airflow_reads_them(reader: TestClient) -> None:
    assert deploy(reader, orders__schedule="*/15 * * * *") == {
        "patch": "",
        "command": None,
        "wrong": None,
        "line": None,
        "text": "",
    }
    assert deploy(reader, erp__concurrency="7")["command"].startswith("airflow pools set netsuite 7 ")
    wrong = deploy(reader, orders__schedule="every day")
    assert "no cron expression" in wrong["wrong"]
    lines = Text("settings", NAME).file_text.splitlines()
    assert lines[wrong["line"] - 1].strip().startswith("schedule:")
    assert wrong["text"] == "schedule: every day"
    assert "less than or equal to 500" in deploy(reader, erp__concurrency="501")["wrong"]
    assert "start_at" in deploy(reader, orders__start_at="yesterday")["wrong"]
    refused = reader.get("/mappings/deploy.patch", params={"name": NAME, "orders.schedule": "every day"})
    assert refused.status_code == 422
    assert deploy(reader, orders__schedule="x\nunmask_roles: [Viewer]")["wrong"], "a value stays a value"
    assert reader.get("/mappings/deploy", params={"name": "../x"}).status_code == 404
