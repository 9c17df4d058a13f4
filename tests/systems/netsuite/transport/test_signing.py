"""Signing in: what reaches NetSuite is checked as NetSuite checks it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, unquote

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from cartage.errors import BatchError, RetryableError, SettingsError
from tests.systems.netsuite.transport.peer import TOKEN, Peer, Reply, Seen

if TYPE_CHECKING:
    from tests.systems.netsuite.transport.conftest import MakeHook

CLOCK = "/services/rest/system/v1/serverTime"
NOW = Reply(200, {"serverTime": "2026-03-26T16:21:00.000Z"})
TBA = {
    "auth": "tba", "account": "123456-sb1", "consumer_key": "ck", "consumer_secret": "cs&%", "token_id": "ti",
    "token_secret": "ts+/",
}  # fmt: skip


def _assertion(seen: Seen) -> str:
    form = parse_qs(seen.text)
    assert form["grant_type"] == ["client_credentials"]
    assert form["client_assertion_type"] == ["urn:ietf:params:oauth:client-assertion-type:jwt-bearer"]
    return form["client_assertion"][0]


@pytest.mark.parametrize(("algorithm", "key"), [("PS256", "rsa_key"), ("PS512", "rsa_key"), ("ES256", "ec_key")])
def test_the_assertion_is_what_oracle_asks_for(
    make_hook: MakeHook, peer: Peer, request: pytest.FixtureRequest, algorithm: str, key: str
) -> None:
    peer.on("GET", CLOCK, NOW)
    pem: str = request.getfixturevalue(key)
    make_hook(algorithm=algorithm, private_key=pem, client_id=f"client-{algorithm}").server_time()
    assertion = _assertion(peer.requests("POST", TOKEN)[0])
    public: Any = load_pem_private_key(pem.encode(), None).public_key()
    claims = jwt.decode(assertion, public, algorithms=[algorithm], audience=f"{peer.url}{TOKEN}")
    assert jwt.get_unverified_header(assertion) == {"typ": "JWT", "alg": algorithm, "kid": "the-certificate"}
    assert claims["iss"] == f"client-{algorithm}"
    assert claims["scope"] == "rest_webservices"
    assert 0 < claims["exp"] - claims["iat"] < 3600
    assert peer.requests("GET", CLOCK)[0].headers["authorization"] == "Bearer first"


def test_one_token_serves_all_threads_and_hooks_of_a_process(make_hook: MakeHook, peer: Peer) -> None:
    peer.on("GET", CLOCK, NOW)
    hooks = [make_hook(client_id="shared"), make_hook(client_id="shared")]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: hooks[number % 2].server_time(), range(16)))
    assert len(peer.requests("POST", TOKEN)) == 1


def test_a_token_is_renewed_before_it_expires(make_hook: MakeHook, peer: Peer) -> None:
    peer.on("GET", CLOCK, NOW)
    peer.on("POST", TOKEN, *(Reply(200, {"access_token": name, "expires_in": "1"}) for name in ("one", "two")))
    hook = make_hook()
    hook.server_time()
    time.sleep(0.6)
    hook.server_time()
    assert [each.headers["authorization"] for each in peer.requests("GET", CLOCK)] == ["Bearer one", "Bearer two"]


def test_a_busy_token_endpoint_is_asked_again(make_hook: MakeHook, peer: Peer) -> None:
    peer.on("GET", CLOCK, NOW)
    peer.on("POST", TOKEN, Reply(503), Reply(drop="unanswered"), Reply(200, {"access_token": "late"}))
    make_hook().server_time()
    assert peer.requests("GET", CLOCK)[0].headers["authorization"] == "Bearer late"


def test_a_token_endpoint_that_stays_down_is_for_later(make_hook: MakeHook, peer: Peer) -> None:
    peer.on("POST", TOKEN, Reply(503))
    with pytest.raises(RetryableError, match="token endpoint answered 503"):
        make_hook(patience=0.5).server_time()


@pytest.mark.parametrize(
    "reply",
    [Reply(400, {"error": "invalid_client"}), Reply(401, "<html>no</html>"), Reply(302), Reply(200, {"token": "?"})],
    ids=["refused", "html", "redirect", "no token"],
)
def test_refused_credentials_end_the_run_and_say_what_to_check(make_hook: MakeHook, peer: Peer, reply: Reply) -> None:
    peer.on("POST", TOKEN, reply)
    with pytest.raises(BatchError, match=r"TSTDRV1.*certificate_id.*clock"):
        make_hook().server_time()
    assert len(peer.requests("POST", TOKEN)) == 1


def test_a_key_of_the_wrong_kind_is_a_wrong_setting(make_hook: MakeHook, rsa_key: str) -> None:
    with pytest.raises(SettingsError, match=r"'netsuite'.*private_key.*ES256") as wrong:
        make_hook(private_key=rsa_key, algorithm="ES256").server_time()
    assert rsa_key[60:90] not in str(wrong.value)


def test_a_key_that_lost_its_line_breaks_still_signs(make_hook: MakeHook, peer: Peer, ec_key: str) -> None:
    peer.on("GET", CLOCK, NOW)
    for lost in (ec_key.replace("\n", " "), ec_key.replace("\n", "\\n"), ec_key.replace("\n", "")):
        make_hook(private_key=lost, client_id=f"one-line-{len(lost)}-{lost[27:29]}").server_time()


def test_a_key_file_stands_for_the_key(make_hook: MakeHook, peer: Peer, ec_key: str, tmp_path: Any) -> None:
    peer.on("GET", CLOCK, NOW)
    file = tmp_path / "key.pem"
    file.write_text(ec_key)
    make_hook(private_key="", private_key_path=str(file)).server_time()
    with pytest.raises(SettingsError, match="private_key_path"):
        make_hook(private_key="", private_key_path=str(tmp_path / "none.pem"))


def test_a_token_based_signature_is_that_of_rfc_5849(make_hook: MakeHook, peer: Peer) -> None:
    path = "/services/rest/record/v1/salesOrder/eid:shop-so-1"
    peer.on("GET", path, Reply(200, {"id": "1"}))
    make_hook(**TBA).get("salesOrder", "eid:shop-so-1", fields="id,total", expandSubResources=True)
    seen = peer.requests("GET", path)[0]
    header = seen.headers["authorization"]
    given = {name: unquote(value) for name, value in re.findall(r'(\w+)="([^"]*)"', header)}
    assert header.startswith("OAuth ")
    assert given.pop("realm") == "123456_SB1"
    signature = given.pop("oauth_signature")
    assert given["oauth_signature_method"] == "HMAC-SHA256"
    pairs = sorted((quote(name, ""), quote(value, "")) for name, value in [*given.items(), *seen.query.items()])
    normal = "&".join(f"{name}={value}" for name, value in pairs)
    base = "&".join(quote(part, "") for part in ("GET", peer.url + path, normal))
    key = f"{quote('cs&%', '')}&{quote('ts+/', '')}"
    expected = base64.b64encode(hmac.new(key.encode(), base.encode(), hashlib.sha256).digest()).decode()
    assert signature == expected


def test_every_token_based_request_has_a_nonce_of_its_own(make_hook: MakeHook, peer: Peer) -> None:
    peer.on("GET", CLOCK, NOW)
    hook = make_hook(**TBA)
    for _ in range(3):
        hook.server_time()
    nonces = {re.findall(r'oauth_nonce="(\w+)"', each.headers["authorization"])[0] for each in peer.seen}
    assert len(nonces) == 3
    assert peer.requests("POST", TOKEN) == []


def test_a_refused_token_based_sign_in_ends_the_run_at_once(make_hook: MakeHook, peer: Peer) -> None:
    peer.on("GET", CLOCK, Reply(401, {"status": 401}))
    with pytest.raises(BatchError, match="Login Audit Trail"):
        make_hook(**TBA).server_time()
    assert len(peer.requests("GET", CLOCK)) == 1
