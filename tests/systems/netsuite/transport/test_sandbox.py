"""The hook against the sandbox's NetSuite, served by uvicorn on loopback."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from cartage.errors import BatchError, RetryableError, UncertainError
from cartage.systems.netsuite.answers import AlreadyExists, NotFound, PeriodClosed, TargetRefused
from cartage.systems.netsuite.hook import NetSuiteHook
from tests.sandbox.netsuite.server import NetSuiteEndpoint, running_netsuite

CUSTOMER = {"isPerson": True, "firstName": "Ada", "lastName": "Prüfer", "subsidiary": {"id": "1"}}
Connect = Callable[..., NetSuiteHook]


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NetSuiteEndpoint]:
    with running_netsuite(tmp_path_factory.mktemp("netsuite")) as endpoint:
        yield endpoint


@pytest.fixture
def connect(account: NetSuiteEndpoint, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connect]:
    """Connect as the integration by OAuth 2.0, or as told; further keywords are extra fields."""
    made: list[NetSuiteHook] = []
    known = account.credentials
    oauth2 = {"client_id": known.client_id, "certificate_id": known.certificate_id, "private_key": known.private_key}
    tba = {name: getattr(known, name) for name in ("consumer_key", "consumer_secret", "token_id", "token_secret")}

    def make(*, concurrency: int = 5, patience: float = 20, **extra: Any) -> NetSuiteHook:
        fields = {"account": known.account, "timeout": 10, **oauth2, **tba, **extra}
        connection = {"conn_type": "netsuite", "host": account.url, "extra": fields}
        monkeypatch.setenv("AIRFLOW_CONN_NETSUITE", json.dumps(connection))
        hook = NetSuiteHook(concurrency=concurrency, patience=patience)
        assert hook.account.base_url == account.url
        made.append(hook)
        return hook

    yield make
    for hook in made:
        hook.close()
    account.reset()


@pytest.fixture
def hook(connect: Connect) -> NetSuiteHook:
    return connect()


@pytest.mark.parametrize("auth", ["oauth2", "tba"])
def test_a_customer_is_created_read_changed_and_found(connect: Connect, auth: str) -> None:
    hook = connect(auth=auth)
    external = f"transport-{auth}"
    id_ = hook.create("customer", {**CUSTOMER, "email": f"{auth}@example.com"}, external_id=external)
    assert hook.get("customer", f"eid:{external}")["id"] == id_
    assert hook.update("customer", id_, {"comments": "kept up"}) == id_
    assert hook.upsert("customer", external, {"phone": "+49 30 123456"}) == id_
    read = hook.get("customer", id_, fields=["comments", "phone"])
    assert (read["comments"], read["phone"]) == ("kept up", "+49 30 123456")
    rows = list(hook.suiteql(f"SELECT id, externalid FROM customer WHERE id = {id_}", key="id"))
    assert rows == [{"id": id_, "externalid": external}]


@pytest.mark.parametrize("auth", ["oauth2", "tba"])
def test_the_test_button_names_the_account(connect: Connect, auth: str) -> None:
    good, words = connect(auth=auth).test_connection()
    assert good, words
    assert "TSTDRV1" in words
    assert "role" in words


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ({"certificate_id": "another"}, "certificate_id"),
        ({"client_id": "another"}, "client_id"),
        ({"auth": "tba", "token_secret": "wrong"}, "Login Audit Trail"),
        ({"auth": "tba", "account": "TSTDRV2"}, "TSTDRV2"),
    ],
)
def test_the_test_button_says_what_to_fix(connect: Connect, extra: dict[str, str], said: str) -> None:
    good, words = connect(**extra).test_connection()
    assert not good
    assert said in words


def test_the_clock_is_the_accounts_own(hook: NetSuiteHook) -> None:
    assert abs((hook.server_time() - datetime.now(UTC)).total_seconds()) < 30


def test_every_item_comes_once_however_small_the_page(hook: NetSuiteHook) -> None:
    whole = [row["id"] for row in hook.suiteql("SELECT id FROM item", key="id")]
    small = [row["id"] for row in hook.suiteql("SELECT id FROM item", key="id", page=7)]
    assert len(whole) > 20
    assert small == whole
    assert whole == sorted(whole, key=int)


def test_a_missing_record_is_not_found(hook: NetSuiteHook) -> None:
    with pytest.raises(NotFound):
        hook.get("customer", "eid:nobody")
    with pytest.raises(NotFound):
        hook.update("customer", "eid:nobody", {"comments": "x"})


def test_the_same_external_id_exists_already_whatever_its_case(hook: NetSuiteHook) -> None:
    hook.create("customer", CUSTOMER, external_id="transport-twice")
    with pytest.raises(AlreadyExists):
        hook.create("customer", CUSTOMER, external_id="TRANSPORT-twice")


def test_an_unknown_field_is_refused_and_named(hook: NetSuiteHook) -> None:
    with pytest.raises(TargetRefused) as refused:
        hook.create("customer", {**CUSTOMER, "custentity_nobody_knows": "secret words"})
    assert "custentity_nobody_knows" in str(refused.value)
    assert "secret words" not in str(refused.value)


def test_a_bad_line_is_traced_to_the_line(hook: NetSuiteHook) -> None:
    customer = hook.create("customer", CUSTOMER)
    lines = [{"item": {"id": "999999"}, "quantity": 1, "amount": Decimal("1.00"), "custcol_ctg_line_id": "L-1"}]
    order = {"entity": {"id": customer}, "subsidiary": {"id": "1"}, "item": {"items": lines}}
    with pytest.raises(TargetRefused) as refused:
        hook.create("salesOrder", order)
    assert (refused.value.status, refused.value.path) == (400, "item.items[0].item")
    assert "item line 1, custcol_ctg_line_id=L-1" in str(refused.value)


def test_a_closed_period_is_told_apart(hook: NetSuiteHook, account: NetSuiteEndpoint) -> None:
    account.control(closed_periods=["2026-01"])
    customer = hook.create("customer", CUSTOMER)
    order = {
        "entity": {"id": customer}, "subsidiary": {"id": "1"}, "tranDate": "2026-01-31",
        "item": {"items": [_a_line(hook)]},
    }  # fmt: skip
    with pytest.raises(PeriodClosed):
        hook.create("salesOrder", order)
    assert hook.create("salesOrder", {**order, "tranDate": "2026-02-01"})


def _a_line(hook: NetSuiteHook) -> dict[str, Any]:
    rows = hook.suiteql("SELECT id FROM item WHERE itemid = 'NL-1000'", key="id")
    return {"item": {"id": next(rows)["id"]}, "quantity": 2, "price": {"id": "-1"}, "amount": Decimal("19.98")}


def test_a_role_that_may_not_ends_the_run(hook: NetSuiteHook) -> None:
    with pytest.raises(BatchError, match="permission"):
        hook.delete("subsidiary", "1")


@pytest.mark.parametrize("lost", [{"drop_after_commit": True}, {"timeout_after_commit": True, "seconds": 5}])
def test_a_write_whose_answer_was_lost_is_there(
    connect: Connect, account: NetSuiteEndpoint, lost: dict[str, Any]
) -> None:
    hook = connect(timeout=1)
    external = f"transport-lost-{next(iter(lost)).split('_')[0]}"
    hook.server_time()
    account.control(faults=[{"match": "POST /record/v1/customer", **lost}])
    with pytest.raises(UncertainError):
        hook.create("customer", CUSTOMER, external_id=external)
    assert hook.get("customer", f"eid:{external}")["lastName"] == "Prüfer"


@pytest.mark.parametrize(
    "fault", [{"status": 503, "retry_after": 1}, {"status": 429, "retry_after": 0}], ids=["503", "429"]
)
def test_a_write_that_was_not_executed_is_sent_again(
    hook: NetSuiteHook, account: NetSuiteEndpoint, fault: dict[str, Any]
) -> None:
    account.control(faults=[{"match": "POST /record/v1/customer", "times": 2, **fault}])
    external = f"transport-again-{fault['status']}"
    id_ = hook.create("customer", CUSTOMER, external_id=external)
    assert hook.get("customer", f"eid:{external}")["id"] == id_


def test_a_read_survives_what_a_write_would_not(hook: NetSuiteHook, account: NetSuiteEndpoint) -> None:
    faults = [
        {"match": "GET /record/v1/customer", "status": 500},
        {"match": "GET /record/v1/customer", "drop_connection": True},
        {"match": "GET /record/v1/customer", "body": "<html>maintenance</html>"},
    ]
    id_ = hook.create("customer", CUSTOMER)
    account.control(faults=faults)
    with hook.recording() as attempts:
        hook.get("customer", id_)
    assert [each.error_code for each in attempts] == ["UNEXPECTED_ERROR", "connection", "no_json", None]


def test_patience_ends(connect: Connect, account: NetSuiteEndpoint) -> None:
    account.control(faults=[{"match": "* /record/v1/customer", "times": 100, "status": 503}])
    with pytest.raises(RetryableError, match=r"503|SERVICE_UNAVAILABLE"):
        connect(patience=1).create("customer", CUSTOMER)


def test_an_account_that_serves_fewer_than_hoped_gets_everything_once(
    connect: Connect, account: NetSuiteEndpoint
) -> None:
    account.control(concurrency=3, latency_ms=30)
    hook = connect(concurrency=10, patience=60)
    externals = [f"transport-crowd-{number}" for number in range(24)]
    with ThreadPoolExecutor(10) as pool:
        ids = list(pool.map(lambda external: hook.create("customer", CUSTOMER, external_id=external), externals))
    assert len(set(ids)) == 24
    assert account.counts()["writes"]["customer create"] == 24


def test_an_asynchronous_request_is_the_same_job_however_often(hook: NetSuiteHook) -> None:
    key = "5f0c1a52-0d3f-4f4e-8f5a-0d9b8e6a7c01"
    body = {**CUSTOMER, "externalId": "transport-async"}
    jobs = {hook.submit_async("POST", "customer", json=body, idempotency_key=key).id for _ in range(2)}
    assert len(jobs) == 1
    job = hook.wait(jobs.pop(), patience=20)
    assert hook.results(job.id)[0].status in (200, 204)
    assert hook.get("customer", "eid:transport-async")["lastName"] == "Prüfer"


@pytest.mark.parametrize("parallel", [False, True])
def test_a_batch_tells_each_records_fate(hook: NetSuiteHook, parallel: bool) -> None:
    prefix = f"transport-batch-{parallel}".lower()
    records: list[dict[str, Any]] = [{**CUSTOMER, "externalId": f"{prefix}-{number}"} for number in range(6)]
    records[3]["subsidiary"] = {"id": "999"}
    results = hook.batch("PUT", "customer", records, parallel=parallel, patience=30)
    assert [each.error is None for each in results] == [True, True, True, False, True, True]
    for number in (0, 5):
        assert hook.get("customer", f"eid:{prefix}-{number}")["id"] == results[number].internal_id
    refused = results[3].error
    assert refused is not None
    assert refused.path == "subsidiary"
