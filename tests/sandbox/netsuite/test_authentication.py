from __future__ import annotations

import time

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from sandbox.netsuite.config import make_credentials
from tests.sandbox.netsuite.conftest import refusal
from tests.sandbox.netsuite.server import NetSuiteEndpoint, running_netsuite

STRANGER = (
    rsa.generate_private_key(public_exponent=65537, key_size=2048)
    .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    .decode()
)


def test_a_signed_assertion_gets_a_token_that_opens_the_services(netsuite: NetSuiteEndpoint) -> None:
    answer = netsuite.grant(netsuite.assertion())
    assert answer.status_code == 200
    assert answer.json()["token_type"] == "Bearer"
    assert answer.json()["expires_in"] == "3600"
    with netsuite.session(answer.json()["access_token"]) as session:
        assert session.get("/system/v1/serverTime").status_code == 200


def test_an_assertion_may_be_used_again(netsuite: NetSuiteEndpoint) -> None:
    assertion = netsuite.assertion()
    assert [netsuite.grant(assertion).status_code for _ in range(2)] == [200, 200]


@pytest.mark.parametrize("algorithm", ["PS256", "PS384", "PS512"])
def test_every_pss_signature_is_taken(netsuite: NetSuiteEndpoint, algorithm: str) -> None:
    assert netsuite.grant(netsuite.assertion(algorithm=algorithm)).status_code == 200


@pytest.mark.parametrize(
    ("wrong", "status", "words"),
    [
        ({"algorithm": "RS256"}, 400, "RS256"),
        ({"key": STRANGER}, 400, "Signature verification failed"),
        ({"kid": "another-certificate"}, 400, "kid"),
        ({"iss": "another-client"}, 401, "client id"),
        ({"aud": "https://elsewhere.example.com/token"}, 400, "Audience"),
        ({"exp": int(time.time()) - 60}, 400, "expired"),
        ({"iat": int(time.time()), "exp": int(time.time()) + 3700}, 400, "60 minutes"),
        ({"scope": ["restlets"]}, 400, "rest_webservices"),
        ({"exp": None}, 400, "exp"),
    ],
)
def test_a_wrong_assertion_is_refused(
    netsuite: NetSuiteEndpoint, wrong: dict[str, object], status: int, words: str
) -> None:
    answer = netsuite.grant(netsuite.assertion(**wrong))  # type: ignore[arg-type]
    assert answer.status_code == status
    assert answer.json()["error"] in ("invalid_grant", "invalid_client")
    assert words in answer.json()["error_description"]


def test_an_elliptic_curve_key_is_taken(tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("elliptic")
    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    made = make_credentials(home)
    with running_netsuite(
        home, credentials=type(made)(**(vars(made) | {"private_key": private, "public_key": public.decode()}))
    ) as endpoint:
        assert endpoint.grant(endpoint.assertion(algorithm="ES256")).status_code == 200


def test_another_grant_is_refused(netsuite: NetSuiteEndpoint) -> None:
    answer = netsuite.client.post(netsuite.token_url, data={"grant_type": "password"})
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


@pytest.mark.parametrize(
    "header",
    [{}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic YTpi"}, {"Authorization": "OAuth junk"}],
)
def test_without_valid_credentials_nobody_comes_in(netsuite: NetSuiteEndpoint, header: dict[str, str]) -> None:
    answer = httpx.get(f"{netsuite.url}/services/rest/record/v1/customer/501", headers=header)
    assert refusal(answer, 401)["o:errorCode"] == "INVALID_LOGIN"


def test_a_token_ends_after_its_time(tmp_path_factory: pytest.TempPathFactory) -> None:
    with (
        running_netsuite(tmp_path_factory.mktemp("short"), token_seconds=0) as endpoint,
        endpoint.integration as session,
    ):
        assert refusal(session.get("/record/v1/customer/501"), 401)["o:errorCode"] == "INVALID_LOGIN"


def test_the_role_of_the_sdf_project_is_enforced(netsuite: NetSuiteEndpoint, client: httpx.Client) -> None:
    """The integration may read items, not make them: least privilege is tried out, not only written down."""
    assert client.get("/record/v1/inventoryItem/1001").status_code == 200
    refused = refusal(client.post("/record/v1/inventoryItem", json={"itemId": "NEW"}), 403)
    assert refused["o:errorCode"] == "INSUFFICIENT_PERMISSION"
    assert "LIST_ITEM" in refused["detail"]
    assert client.delete("/record/v1/customer/501").status_code == 403
    assert netsuite.counts()["writes_total"] == 0


def test_credentials_are_kept_and_private(tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("keys")
    made = make_credentials(home)
    assert make_credentials(home) == made
    assert [file.stat().st_mode & 0o777 for file in home.iterdir()] == [0o600]
