"""Requests over real connections: what comes back, and what is made of failures."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from cartage.errors import BatchError, RetryableError, SettingsError, UncertainError
from cartage.systems.netsuite.answers import AlreadyExists, NotFound, PeriodClosed, TargetRefused
from cartage.systems.netsuite.hook import NetSuiteHook
from tests.systems.netsuite.transport.peer import TOKEN, Peer, Reply, closed_port, refusal

if TYPE_CHECKING:
    from pathlib import Path

    from tests.systems.netsuite.transport.conftest import MakeHook

ORDERS = "/services/rest/record/v1/salesOrder"
HTML = "<html><body>We are down for maintenance</body></html>"
CREATED = Reply(204, headers={"Location": f"https://tstdrv1.suitetalk.api.netsuite.com{ORDERS}/107"})


def test_a_created_record_is_known_by_the_id_in_location(hook: NetSuiteHook, peer: Peer) -> None:
    peer.on("POST", ORDERS, CREATED)
    assert hook.create("salesOrder", {"memo": "ü"}, external_id="shop-so-1") == "107"
    assert peer.requests("POST", ORDERS)[0].json == {"externalId": "shop-so-1", "memo": "ü"}


def test_amounts_travel_exactly_both_ways(hook: NetSuiteHook, peer: Peer) -> None:
    peer.on("POST", ORDERS, CREATED)
    peer.on("GET", f"{ORDERS}/107", Reply(200, '{"total": 12345678901234567.89, "exchangeRate": 1.0}'))
    hook.create("salesOrder", {"amount": Decimal("12345678901234567.89")})
    assert '"amount":12345678901234567.89' in peer.requests("POST", ORDERS)[0].text
    read = hook.get("salesOrder", "107")
    assert read["total"] == Decimal("12345678901234567.89")
    assert isinstance(read["exchangeRate"], Decimal)


def test_a_float_is_never_sent(hook: NetSuiteHook, peer: Peer) -> None:
    peer.on("POST", ORDERS, CREATED)
    with pytest.raises(TypeError, match="Decimal"):
        hook.create("salesOrder", {"item": {"items": [{"amount": 0.1}]}})
    assert peer.requests("POST", ORDERS) == []


def test_writes_ask_netsuite_to_refuse_fields_it_does_not_know(hook: NetSuiteHook, peer: Peer) -> None:
    peer.on("PATCH", f"{ORDERS}/107", CREATED)
    hook.update("salesOrder", "107", {"memo": "x"}, replace=["item", "taxDetails"])
    seen = peer.requests("PATCH", f"{ORDERS}/107")[0]
    assert seen.headers["x-netsuite-propertynamevalidation"] == "Error"
    assert seen.query == {"replace": "item,taxDetails"}


def test_an_external_id_stands_for_an_internal_one(hook: NetSuiteHook, peer: Peer) -> None:
    peer.on("PUT", f"{ORDERS}/eid:shop-RefArch-so-1", CREATED)
    assert hook.upsert("salesOrder", "shop-RefArch-so-1", {"memo": "x"}) == "107"


def test_a_transform_gives_the_new_record(hook: NetSuiteHook, peer: Peer) -> None:
    location = "/services/rest/record/v1/invoice/208"
    peer.on("POST", f"{ORDERS}/107/!transform/invoice", Reply(204, headers={"Location": location}))
    assert hook.transform("salesOrder", "107", "invoice", {}) == "208"


def test_reading_passes_options_as_netsuite_spells_them(hook: NetSuiteHook, peer: Peer) -> None:
    peer.on("GET", f"{ORDERS}/107", Reply(200, {"id": "107"}))
    hook.get("salesOrder", "107", expandSubResources=True, fields=["id", "total"])
    assert peer.requests("GET", f"{ORDERS}/107")[0].query == {"expandSubResources": "true", "fields": "id,total"}


@pytest.mark.parametrize("status", [200, 204])
def test_a_write_that_names_no_record_is_uncertain(hook: NetSuiteHook, peer: Peer, status: int) -> None:
    peer.on("POST", ORDERS, Reply(status))
    with pytest.raises(UncertainError, match="look it up"):
        hook.create("salesOrder", {})


def test_an_update_that_names_no_record_is_of_the_record_asked_for(hook: NetSuiteHook, peer: Peer) -> None:
    peer.on("PATCH", f"{ORDERS}/107", Reply(204))
    assert hook.update("salesOrder", "107", {"memo": "x"}) == "107"


def test_a_write_that_became_a_job_is_waited_for(hook: NetSuiteHook, peer: Peer) -> None:
    job = "/services/rest/async/v1/job/9"
    peer.on("POST", ORDERS, Reply(202, headers={"Location": job}))
    peer.on("GET", job, Reply(200, {"completed": False, "progress": "processing"}), Reply(200, {"completed": True}))
    peer.on("GET", f"{job}/task", Reply(200, {"items": [{"id": "1", "completed": True, "progress": "succeeded"}]}))
    peer.on("GET", f"{job}/task/1/result", CREATED)
    assert hook.create("salesOrder", {}) == "107"


@pytest.mark.parametrize(
    "first",
    [
        Reply(200, HTML, {"Content-Type": "text/html"}),
        Reply(200, '{"id": 1', {}),
        Reply(200, {"id": "1"}, drop="half"),
        Reply(drop="unanswered"),
        Reply(500, {"status": 500}),
        Reply(502, HTML),
        Reply(503, HTML),
    ],
    ids=["html", "no json", "cut off", "dropped", "500", "502", "503"],
)
def test_a_read_is_tried_again_until_it_is_answered(hook: NetSuiteHook, peer: Peer, first: Reply) -> None:
    peer.on("GET", f"{ORDERS}/107", first, Reply(200, {"id": "107"}))
    answer = hook.request("GET", "salesOrder/107")
    assert (answer.body, answer.attempts) == ({"id": "107"}, 2)


def test_a_read_that_takes_too_long_is_tried_again(make_hook: MakeHook, peer: Peer) -> None:
    peer.on("GET", f"{ORDERS}/107", Reply(200, {"id": "0"}, delay=1.0), Reply(200, {"id": "107"}))
    assert make_hook(timeout=0.3).get("salesOrder", "107") == {"id": "107"}


def test_patience_with_a_read_ends(make_hook: MakeHook, peer: Peer) -> None:
    peer.on("GET", f"{ORDERS}/107", Reply(200, HTML))
    with pytest.raises(RetryableError, match="no JSON") as failed:
        make_hook(patience=1.0).get("salesOrder", "107")
    assert not isinstance(failed.value, UncertainError)
    assert len(peer.requests("GET", f"{ORDERS}/107")) > 1


@pytest.mark.parametrize(
    "reply",
    [Reply(drop="unanswered"), Reply(500, HTML), Reply(504, {"status": 504}), Reply(408)],
    ids=["dropped", "500", "504", "408"],
)
def test_a_write_without_a_clear_answer_is_uncertain_and_sent_once(
    hook: NetSuiteHook, peer: Peer, reply: Reply
) -> None:
    peer.on("POST", ORDERS, reply)
    with pytest.raises(UncertainError):
        hook.create("salesOrder", {})
    assert len(peer.requests("POST", ORDERS)) == 1


def test_a_time_out_after_a_write_was_sent_is_uncertain(make_hook: MakeHook, peer: Peer) -> None:
    peer.on("POST", ORDERS, Reply(204, delay=1.5))
    with pytest.raises(UncertainError, match="never came"):
        make_hook(timeout=0.3).create("salesOrder", {})
    assert len(peer.requests("POST", ORDERS)) == 1


def test_a_connection_that_never_was_leaves_no_doubt(make_hook: MakeHook) -> None:
    hook = make_hook(host=f"http://127.0.0.1:{closed_port()}", patience=0.5)
    with pytest.raises(RetryableError, match="cannot be reached") as failed:
        hook.create("salesOrder", {})
    assert not isinstance(failed.value, UncertainError)


def test_a_lost_server_between_requests_leaves_no_doubt(make_hook: MakeHook, peer: Peer) -> None:
    hook = make_hook(patience=0.5)
    peer.on("POST", ORDERS, Reply(204, headers={"Location": f"{ORDERS}/1", "Connection": "close"}))
    hook.create("salesOrder", {})
    peer.close()
    with pytest.raises(RetryableError, match="cannot be reached") as failed:
        hook.create("salesOrder", {})
    assert not isinstance(failed.value, UncertainError)


def _self_signed(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")]), datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    made = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    file = folder / "peer.pem"
    file.write_bytes(made + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return file


@pytest.mark.parametrize("auth", ["oauth2", "tba"])
def test_a_server_that_cannot_prove_its_name_ends_the_run(make_hook: MakeHook, tmp_path: Path, auth: str) -> None:
    stranger = Peer(_self_signed(tmp_path))
    tokens = {"consumer_key": "a", "consumer_secret": "b", "token_id": "c", "token_secret": "d"}
    try:
        with pytest.raises(BatchError, match="trusted TLS"):
            make_hook(host=stranger.url, auth=auth, **tokens).server_time()
    finally:
        stranger.close()
    assert stranger.seen == []


def test_a_good_write_with_an_unreadable_body_is_good(hook: NetSuiteHook, peer: Peer) -> None:
    peer.on("POST", ORDERS, Reply(201, HTML, {"Location": f"{ORDERS}/107"}))
    assert hook.create("salesOrder", {}) == "107"


def test_a_write_is_sent_again_when_the_record_was_changed_meanwhile(hook: NetSuiteHook, peer: Peer) -> None:
    changed = refusal(400, "RCRD_HAS_BEEN_CHANGED", "Record has been changed")
    peer.on("PATCH", f"{ORDERS}/107", changed, CREATED)
    assert hook.update("salesOrder", "107", {"memo": "x"}) == "107"


def test_a_redirect_means_the_wrong_address(hook: NetSuiteHook, peer: Peer) -> None:
    peer.on("POST", ORDERS, Reply(302, headers={"Location": "https://system.netsuite.com/login"}))
    with pytest.raises(BatchError, match=r"system\.netsuite\.com"):
        hook.create("salesOrder", {})
    assert len(peer.requests("POST", ORDERS)) == 1


def test_a_web_page_for_404_means_the_wrong_host(hook: NetSuiteHook, peer: Peer) -> None:
    peer.on("GET", f"{ORDERS}/107", Reply(404, HTML))
    with pytest.raises(BatchError, match="no NetSuite REST service"):
        hook.get("salesOrder", "107")


def test_a_web_page_for_400_condemns_the_record_only(hook: NetSuiteHook, peer: Peer) -> None:
    peer.on("POST", ORDERS, Reply(400, HTML))
    with pytest.raises(TargetRefused) as refused:
        hook.create("salesOrder", {})
    assert (refused.value.status, refused.value.code, refused.value.path) == (400, "HTTP_400", None)


def test_a_missing_record_is_not_found(hook: NetSuiteHook, peer: Peer) -> None:
    peer.on("GET", f"{ORDERS}/eid:x", refusal(404, "NONEXISTENT_ID", "The record instance does not exist."))
    with pytest.raises(NotFound):
        hook.get("salesOrder", "eid:x")


def test_a_missing_reference_is_a_refusal_and_no_missing_record(hook: NetSuiteHook, peer: Peer) -> None:
    peer.on("POST", ORDERS, refusal(400, "NONEXISTENT_ID", "No such item", "item.items[0].item"))
    with pytest.raises(TargetRefused) as refused:
        hook.create("salesOrder", {"item": {"items": [{"item": {"id": "9"}}]}})
    assert not isinstance(refused.value, NotFound)


@pytest.mark.parametrize(
    ("code", "detail"),
    [
        ("USER_ERROR", "Error while accessing a resource. This entity already exists."),
        ("DUP_RCRD", "This record already exists"),
        ("UNIQUE_CUST_ID_REQD", "A customer record with this ID exists."),
    ],
)
def test_what_already_exists_is_told_apart(hook: NetSuiteHook, peer: Peer, code: str, detail: str) -> None:
    peer.on("POST", ORDERS, refusal(400, code, detail))
    with pytest.raises(AlreadyExists):
        hook.create("salesOrder", {})


def test_a_closed_period_is_told_apart(hook: NetSuiteHook, peer: Peer) -> None:
    detail = "You cannot create this transaction because its date falls in a closed period."
    peer.on("POST", ORDERS, refusal(400, "USER_ERROR", detail, "tranDate"))
    with pytest.raises(PeriodClosed) as refused:
        hook.create("salesOrder", {"tranDate": "2025-12-31"})
    assert refused.value.recognised == "closed_period"
    assert refused.value.complaints[0].field == "tranDate"


def test_a_refused_sign_in_is_renewed_once(hook: NetSuiteHook, peer: Peer) -> None:
    second = Reply(200, {"access_token": "second", "expires_in": 3600})
    peer.on("POST", TOKEN, Reply(200, {"access_token": "first", "expires_in": 3600}), second)
    unknown = refusal(401, "INVALID_LOGIN", "Invalid login attempt.")
    peer.on("POST", ORDERS, lambda seen: CREATED if seen.headers["authorization"] == "Bearer second" else unknown)
    assert hook.create("salesOrder", {}) == "107"
    assert len(peer.requests("POST", ORDERS)) == 2


def test_a_sign_in_refused_twice_ends_the_run(hook: NetSuiteHook, peer: Peer) -> None:
    peer.on("POST", ORDERS, refusal(401, "INVALID_LOGIN", "Invalid login attempt."))
    with pytest.raises(BatchError, match=r"TSTDRV1.*INVALID_LOGIN.*certificate_id"):
        hook.create("salesOrder", {})
    assert len(peer.requests("POST", ORDERS)) == 2


def test_a_missing_permission_ends_the_run_and_is_named(hook: NetSuiteHook, peer: Peer) -> None:
    detail = "Permission Violation: You need a higher level of the 'Transactions -> Sales Order' permission."
    peer.on("POST", ORDERS, refusal(403, "INSUFFICIENT_PERMISSION", detail))
    with pytest.raises(BatchError, match="Transactions -> Sales Order"):
        hook.create("salesOrder", {})


def test_an_account_without_a_connection_says_how_to_add_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_NETSUITE_NOWHERE", raising=False)
    with pytest.raises(SettingsError, match="AIRFLOW_CONN_NETSUITE_NOWHERE"):
        NetSuiteHook("netsuite_nowhere").server_time()


def test_the_clock_is_read_in_utc(hook: NetSuiteHook, peer: Peer) -> None:
    peer.on("GET", "/services/rest/system/v1/serverTime", Reply(200, {"serverTime": "2026-03-26T16:21:00.000Z"}))
    assert hook.server_time() == datetime(2026, 3, 26, 16, 21, tzinfo=UTC)


def test_each_thread_records_its_own_attempts(hook: NetSuiteHook, peer: Peer) -> None:
    observed: list[str] = []
    hook.on_attempt = lambda attempt: observed.append(attempt.path)
    paths = [f"{ORDERS}/{number}" for number in range(6)]
    for path in paths:
        peer.on("PATCH", path, refusal(429, "CONCURRENCY_LIMIT_EXCEEDED", "busy", Retry_After="0"), CREATED)

    def update(path: str) -> list[tuple[str, int | None, str | None]]:
        with hook.recording() as attempts:
            hook.update("salesOrder", path.rsplit("/", 1)[-1], {"memo": path})
        assert all(each.sent == f'{{"memo":"{path}"}}' for each in attempts)
        return [(each.path, each.status, each.error_code) for each in attempts]

    with ThreadPoolExecutor(6) as pool:
        recorded = list(pool.map(update, paths))
    for path, attempts in zip(paths, recorded, strict=True):
        assert attempts == [(path, 429, "CONCURRENCY_LIMIT_EXCEEDED"), (path, 204, None)]
    assert sorted(observed) == sorted(paths * 2)


def test_attempts_hold_no_credentials(hook: NetSuiteHook, peer: Peer, ec_key: str) -> None:
    peer.on("POST", ORDERS, Reply(drop="unanswered"))
    with hook.recording() as attempts, pytest.raises(UncertainError):
        hook.create("salesOrder", {"memo": "x"})
    text = repr(attempts)
    assert [each.error_code for each in attempts] == ["connection"]
    assert "first" not in text
    assert ec_key[40:80] not in repr(hook.account)
