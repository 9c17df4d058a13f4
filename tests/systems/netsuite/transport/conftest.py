from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from cartage.systems.netsuite.hook import NetSuiteHook
from tests.systems.netsuite.transport.peer import Peer

MakeHook = Callable[..., NetSuiteHook]


def _pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


@pytest.fixture(scope="session")
def rsa_key() -> str:
    return _pem(rsa.generate_private_key(public_exponent=65537, key_size=2048))


@pytest.fixture(scope="session")
def ec_key() -> str:
    return _pem(ec.generate_private_key(ec.SECP256R1()))


@pytest.fixture
def peer() -> Iterator[Peer]:
    served = Peer()
    yield served
    served.close()


@pytest.fixture
def make_hook(peer: Peer, ec_key: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeHook]:
    """Make hooks whose Airflow connection leads to the peer; further keywords are extra fields."""
    made: list[NetSuiteHook] = []

    def make(*, concurrency: int = 5, patience: float = 5.0, host: str | None = None, **extra: Any) -> NetSuiteHook:
        fields = {
            "account": "TSTDRV1", "client_id": "the-client", "certificate_id": "the-certificate",
            "private_key": ec_key, "algorithm": "ES256", "timeout": 5, **extra,
        }  # fmt: skip
        connection = {"conn_type": "netsuite", "host": host or peer.url, "extra": fields}
        monkeypatch.setenv("AIRFLOW_CONN_NETSUITE", json.dumps(connection))
        hook = NetSuiteHook(concurrency=concurrency, patience=patience)
        assert hook.account.account == fields["account"]  # the connection is read before it is set anew
        made.append(hook)
        return hook

    yield make
    for hook in made:
        hook.close()


@pytest.fixture
def hook(make_hook: MakeHook) -> NetSuiteHook:
    return make_hook()
