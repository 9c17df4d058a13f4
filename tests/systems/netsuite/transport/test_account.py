"""Reading the Airflow connection."""

from __future__ import annotations

import json
from typing import Any

import pytest
from airflow.sdk import Connection

from cartage.errors import SettingsError
from cartage.systems.netsuite.account import Account

TBA = {"auth": "tba", "consumer_key": "a", "consumer_secret": "b", "token_id": "c", "token_secret": "d"}


def account(host: str | None = None, port: int | None = None, **extra: Any) -> Account:
    return Account.of(Connection(conn_id="ns", conn_type="netsuite", host=host, port=port, extra=json.dumps(extra)))


@pytest.mark.parametrize(
    ("name", "host", "realm"),
    [
        ("TSTDRV1", "https://tstdrv1.suitetalk.api.netsuite.com", "TSTDRV1"),
        ("123456_SB1", "https://123456-sb1.suitetalk.api.netsuite.com", "123456_SB1"),
        ("123456-sb1", "https://123456-sb1.suitetalk.api.netsuite.com", "123456_SB1"),
    ],
)
def test_host_and_realm_follow_from_the_account(name: str, host: str, realm: str) -> None:
    made = account(account=name, **TBA)
    assert (made.base_url, made.realm) == (host, realm)
    assert made.token_url == f"{host}/services/rest/auth/oauth2/v1/token"


@pytest.mark.parametrize(
    ("host", "port", "url"),
    [
        ("http://127.0.0.1:8080/", None, "http://127.0.0.1:8080"),
        ("http://127.0.0.1", 8080, "http://127.0.0.1:8080"),
        ("http://sandbox:8080/netsuite", None, "http://sandbox:8080/netsuite"),
        ("erp.example.com", 8443, "https://erp.example.com:8443"),
    ],
)
def test_a_base_url_can_be_given(host: str, port: int | None, url: str) -> None:
    assert account(host=host, port=port, account="TSTDRV1", **TBA).base_url == url


@pytest.mark.parametrize(
    ("host", "extra", "said"),
    [
        (None, TBA, "account"),
        (None, {**TBA, "account": "1;DROP"}, "account"),
        (None, {"account": "T1", "auth": "basic"}, "auth: oauth2 or tba"),
        (None, {"account": "T1"}, "client_id, certificate_id"),
        (None, {"account": "T1", "client_id": "a", "certificate_id": "b"}, "private_key"),
        (None, {"account": "T1", "client_id": "a", "certificate_id": "b", "algorithm": "RS256"}, "algorithm.*PS256"),
        (None, {**TBA, "account": "T1", "token_secret": ""}, "token_secret"),
        (None, {**TBA, "account": "T1", "timeout": 0}, "timeout"),
        (None, {**TBA, "account": "T1", "timeout": "soon"}, "timeout"),
        ("http://erp.example.com", {**TBA, "account": "T1"}, "host.*https"),
        ("ftp://erp.example.com", {**TBA, "account": "T1"}, "host"),
    ],
)
def test_a_wrong_field_is_named(host: str | None, extra: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match=f"'ns'.*{said}"):
        account(host, **extra)


def test_no_secret_shows_in_its_text() -> None:
    made = account(account="T1", **{**TBA, "token_secret": "very-secret"})
    assert "very-secret" not in repr(made)
