"""How the sandbox's NetSuite is set up, and the credentials its clients need."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

SDF_PROJECT = Path(__file__).resolve().parents[3] / "deploy" / "netsuite"
"""The customization project whose custom fields and role the account has."""

_FILE = "netsuite-credentials.json"


@dataclass(frozen=True)
class Credentials:
    """What a client needs to get in.

    Attributes:
        account: account id; also the realm of OAuth 1.0a.
        client_id: OAuth 2.0 client id of the integration record.
        certificate_id: id of the uploaded certificate, the JWT's `kid`.
        private_key: PEM of the key that signs the JWT.
        public_key: PEM of its public half, which NetSuite knows.
        consumer_key: OAuth 1.0a consumer key.
        consumer_secret: its secret.
        token_id: OAuth 1.0a token.
        token_secret: its secret.
        admin_token: a bearer token that stands for a person with the administrator role in the UI.
    """

    account: str
    client_id: str
    certificate_id: str
    private_key: str
    public_key: str
    consumer_key: str
    consumer_secret: str
    token_id: str
    token_secret: str
    admin_token: str


def make_credentials(home: Path, account: str = "TSTDRV1") -> Credentials:
    """Give the account's credentials; they are made on the first call and kept in `home`, mode 0600."""
    home.mkdir(parents=True, exist_ok=True)
    file = home / _FILE
    if file.exists():
        return Credentials(**json.loads(file.read_text()))
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    made = Credentials(
        account=account,
        client_id=secrets.token_hex(32),
        certificate_id=secrets.token_urlsafe(32),
        private_key=private.decode(),
        public_key=public.decode(),
        **{
            name: secrets.token_hex(32)
            for name in ("consumer_key", "consumer_secret", "token_id", "token_secret", "admin_token")
        },
    )
    with os.fdopen(os.open(file, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w") as out:
        json.dump(asdict(made), out, indent=1)
    return made


@dataclass
class NetSuiteConfig:
    """How this account behaves.

    Attributes:
        credentials: who may come in; made in the sandbox's home when left out.
        account: account id.
        base_url: scheme, host and port, filled in when the server knows its port. The audience of a
            client assertion is `token_url`.
        concurrency: requests the whole account serves at a time.
        token_seconds: life of an access token.
        auto_numbering: customers are named by number, so two may share a name.
        tax_engine: whether NetSuite computes tax where an order brings none of its own.
        tax_rates: its rates by the country of the order's subsidiary, in percent.
        default_tax_rate: in percent, for other countries.
        enforce_role: whether the integration's OAuth 2.0 credentials may do only what the role in
            `sdf_project` allows.
        refuse_unknown_fields: whether a property nobody knows is refused when the request does not
            say (`X-NetSuite-PropertyNameValidation`). NetSuite only warns; here that would hide losses.
        sdf_project: the customization project that was deployed to the account.
        token_signatures: signature methods of OAuth 1.0a that are taken. NetSuite takes HMAC-SHA256 only;
            clients of its time before 2021 sign with HMAC-SHA1.
        closed_periods: months whose books are closed, as YYYY-MM.
        time_zone: IANA name of the account's zone: SuiteQL shows moments in it and reads date literals in it.
            REST writes UTC whatever it is.
    """

    credentials: Credentials | None = None
    account: str = "TSTDRV1"
    base_url: str = "http://127.0.0.1:8080"
    concurrency: int = 5
    token_seconds: int = 3600
    auto_numbering: bool = True
    tax_engine: bool = True
    tax_rates: dict[str, str] = field(default_factory=lambda: {"DE": "19", "US": "8.25"})
    default_tax_rate: str = "0"
    enforce_role: bool = True
    refuse_unknown_fields: bool = True
    sdf_project: Path = SDF_PROJECT
    token_signatures: tuple[str, ...] = ("HMAC-SHA256",)
    closed_periods: tuple[str, ...] = ()
    time_zone: str = "UTC"

    @property
    def token_url(self) -> str:
        """Address of the token endpoint: the audience of a client assertion."""
        return f"{self.base_url}/services/rest/auth/oauth2/v1/token"
