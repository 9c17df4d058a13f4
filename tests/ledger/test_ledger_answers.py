from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from cartage.errors import Complaint, RetryableError, SettingsError
from cartage.ledger import Entry, Ledger, RevisionConflictError
from cartage.ledger.engine import Database
from cartage.ledger.states import number_of
from cartage.records.outcome import Outcome, Verdict
from cartage.seams import DocumentResult, Planned
from cartage.windows import Selection
from tests.ledger.ledger_examples import KEY, document, rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

UNKNOWN_ITEM = Complaint("unknown_item", "RefArch/2: NetSuite knows no item of sku 4711", "lines.product_id")


def load_two(ledger: Ledger, run: int) -> None:
    """Create order 1 as SO1042, quarantine order 2."""
    ledger.outcomes.extracted(run, "order", rows("RefArch/1", "RefArch/2"), 0)
    journal = ledger.journal(run, "shop_erp", "netsuite")
    (claim,) = journal.claim([document("1")])
    journal.results([DocumentResult(claim.document, "created", "77", "SO1042")])
    ledger.outcomes.settle(
        run,
        "order",
        [
            Verdict(0, "RefArch/1", Outcome.CREATED, (), "77"),
            Verdict(1, "RefArch/2", Outcome.QUARANTINED, (UNKNOWN_ITEM,)),
        ],
    )


@pytest.mark.parametrize("asked", ["RefArch/1", "1", "SO1042", "77"])
def test_where_is_this_order(ledger: Ledger, start: Callable[..., int], asked: str) -> None:
    run = start()
    load_two(ledger, run)
    (hit,) = ledger.searching.find(asked)
    story = ledger.stories.tell(hit.integration, hit.key)
    assert story is not None
    (state,) = story.states
    assert (state.key, state.outcome, state.target_number, state.run_id) == (
        "RefArch/1",
        Outcome.CREATED,
        "SO1042",
        run,
    )
    assert [(each.external_id, each.internal_id, each.number) for each in story.documents] == [
        (document("1").external_id, "77", "SO1042")
    ]
    assert [each.what for each in story.steps] == ["read", "checked", "ended"]


def test_an_order_that_never_came_has_no_story(ledger: Ledger) -> None:
    assert ledger.searching.find("4711") == []
    assert ledger.stories.tell("shop_erp", "RefArch/4711") is None


def test_warnings_stand_with_the_record_beside_its_outcome(ledger: Ledger, start: Callable[..., int]) -> None:
    run = start()
    ledger.outcomes.extracted(run, "order", rows("RefArch/1", "RefArch/2"), 0)
    warned = Complaint("email_missing", "customer_email: the customer has no e-mail", "customer_email")
    ledger.outcomes.warn(run, "order", [(0, (UNKNOWN_ITEM,)), (1, (UNKNOWN_ITEM,))])
    ledger.outcomes.warn(run, "order", [(0, (warned,))])  # the step was tried again
    ledger.outcomes.settle(run, "order", [Verdict(0, "RefArch/1", Outcome.CREATED, (), "77")])
    story = ledger.stories.tell("shop_erp", "RefArch/1")
    assert story is not None
    assert [(each.what, each.complaints) for each in story.steps] == [
        ("read", ()), ("checked", (warned,)), ("ended", ()),
    ]  # fmt: skip
    other = ledger.stories.tell("shop_erp", "RefArch/2")
    assert other is not None
    assert [each.what for each in other.steps] == ["read"]


def test_freshness_and_silence(ledger: Ledger, start: Callable[..., int]) -> None:
    before = datetime.now(UTC)
    run = start()
    load_two(ledger, run)
    arrived = ledger.overview.silence("shop_erp", "order")["RefArch"]
    assert before <= arrived <= datetime.now(UTC)

    def fresh_at() -> datetime | None:
        return ledger.overview.standings("shop_erp", ["orders"], [before])["orders"].fresh_at

    assert fresh_at() is None
    ledger.runs.close(run, "settled")
    fresh = fresh_at()
    assert fresh is not None
    assert before <= fresh <= datetime.now(UTC)
    load_two(ledger, start())  # the same orders again are no sign of life
    assert ledger.overview.silence("shop_erp", "order")["RefArch"] == arrived


def test_plans_are_kept_apart_and_secret(ledger: Ledger, url: str, start: Callable[..., int]) -> None:
    run = start(selection=Selection(dry_run=True))
    plan = Planned(0, document("1"), "create", '{"email": "jane@example.com"}', ("email: jane@example.com",))
    refused = Planned(1, document("2"), "quarantine", "{}", (), (UNKNOWN_ITEM,))
    for _ in range(2):
        ledger.plans.put(run, [refused, plan])
    assert list(ledger.plans.of(run)) == [plan, refused]
    assert ledger.plans.counts(run) == {("salesOrder", "create"): 1, ("salesOrder", "quarantine"): 1}
    database = Database(url)
    with database.read() as connection:
        assert "jane" not in repr(
            [bytes(row.sealed) for row in connection.execute(sa.text("SELECT sealed FROM plans"))]
        )
    database.close()
    assert ledger.outcomes.known("shop_erp", "order", ["RefArch/1"]) == {}


def test_of_two_edits_of_one_revision_the_second_is_told(ledger: Ledger) -> None:
    assert ledger.revisions.latest("settings", "shop_erp") is None
    first = ledger.revisions.save("settings", "shop_erp", "tax: erp", author="erika", parent=None)
    second = ledger.revisions.save("settings", "shop_erp", "tax: suitetax", author="max", parent=first.id, note="back")
    with pytest.raises(RevisionConflictError, match="read the latest"):
        ledger.revisions.save("settings", "shop_erp", "tax: tax_line", author="erika", parent=first.id)
    assert ledger.revisions.latest("settings", "shop_erp") == second
    assert [each.id for each in ledger.revisions.history("settings", "shop_erp")] == [second.id, first.id]
    assert ledger.revisions.get(first.id) == first


def test_retention_forgets_what_is_old_and_ended(ledger: Ledger, start: Callable[..., int]) -> None:
    old, stuck = start(), start()
    load_two(ledger, old)
    entries = [Entry(1, f"RefArch/{each}", "1", "load", (UNKNOWN_ITEM,), b"{}") for each in (2, 3)]
    ledger.quarantine.put(old, "orders", "order", entries)
    dismissed, held = ledger.quarantine.open("shop_erp")
    ledger.quarantine.dismiss(dismissed.id, "erika", "a test")
    ledger.runs.close(old, "settled")
    ledger.outcomes.extracted(stuck, "order", rows("RefArch/9"), 0)
    assert ledger.forget(datetime.now(UTC) - timedelta(days=1))["outcomes"] == 0
    gone = ledger.forget(datetime.now(UTC) + timedelta(seconds=1))
    assert gone == {
        "attempts": 0,
        "intents": 1,
        "outcomes": 2,
        "plans": 0,
        "run_expectations": 0,
        "tallies": 0,
        "quarantine": 1,
        "proposals": 0,
    }
    assert ledger.outcomes.balance(stuck)["order"].unaccounted == 1
    assert ledger.outcomes.known("shop_erp", "order", ["RefArch/1"])["RefArch/1"].target_id == "77"
    assert [each.payload for each in ledger.quarantine.load([dismissed.id, held.id])] == [None, b"{}"]


def test_a_busy_database_is_tried_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    Ledger.open(url, KEY).migrate()
    holder, waiter = Database(url), Database(url)
    with holder.write():
        with waiter.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout = 50")
        with pytest.raises(RetryableError, match="busy"), waiter.write():
            pass
    holder.close()
    waiter.close()


@pytest.mark.parametrize(
    ("connection", "complaint"),
    [
        ('{"conn_type": "sqlite", "host": "/tmp/ledger.db"}', "no `key`"),
        ('{"conn_type": "sqlite", "host": "/tmp/ledger.db", "extra": {"key": "short"}}', "no Fernet key"),
        (f'{{"conn_type": "mysql", "host": "db", "extra": {{"key": "{KEY}"}}}}', "type mysql"),
    ],
)
def test_a_wrong_connection_says_what_to_do(monkeypatch: pytest.MonkeyPatch, connection: str, complaint: str) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_CARTAGE_LEDGER", connection)
    with pytest.raises(SettingsError, match=complaint):
        Ledger.from_connection()


def test_a_ledger_is_opened_from_airflows_connection(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "folder" / "ledger.db"
    monkeypatch.setenv(
        "AIRFLOW_CONN_CARTAGE_LEDGER", f'{{"conn_type": "sqlite", "host": "{path}", "extra": {{"key": "{KEY}"}}}}'
    )
    ledger = Ledger.from_connection()
    ledger.migrate()
    assert path.exists()
    assert ledger.runs.recent("shop_erp") == []
    ledger.close()


def test_a_ledger_on_postgresql_is_opened_from_airflows_connection(
    monkeypatch: pytest.MonkeyPatch, postgres_url: str
) -> None:
    url = sa.make_url(postgres_url)
    monkeypatch.setenv(
        "AIRFLOW_CONN_CARTAGE_LEDGER",
        f'{{"conn_type": "postgres", "host": "{url.query["host"]}", "login": "postgres", "schema": "{url.database}", '
        f'"extra": {{"key": "{KEY}", "hash_key": "other"}}}}',
    )
    ledger = Ledger.from_connection()
    ledger.migrate()
    assert ledger.runs.recent("shop_erp") == []
    ledger.close()


@pytest.mark.parametrize(
    ("key", "number"), [("RefArch/00017", "00017"), ("store-berlin/A/B 7", "A/B 7"), ("RefArch/", ""), ("7", "7")]
)
def test_a_number_may_have_slashes_of_its_own(key: str, number: str) -> None:
    assert number_of(key) == number
