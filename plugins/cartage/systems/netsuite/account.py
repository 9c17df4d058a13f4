"""Which NetSuite account to talk to, and with which credentials: read from an Airflow connection."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol
from urllib.parse import urlsplit

from cartage.errors import SettingsError

DOMAIN = "suitetalk.api.netsuite.com"
ALGORITHMS = ("PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
OAUTH2_FIELDS = ("client_id", "certificate_id")
TBA_FIELDS = ("consumer_key", "consumer_secret", "token_id", "token_secret")
CONNECT_SECONDS = 10.0
READ_SECONDS = 180.0


class Connection(Protocol):
    """What is read of an Airflow connection."""

    conn_id: str
    host: str | None
    port: int | None

    @property
    def extra_dejson(self) -> dict[str, Any]:
        """The extra fields."""


@dataclass(frozen=True)
class Account:
    """A NetSuite account and how to sign in to it.

    Attributes:
        connection: id of the Airflow connection, for messages.
        account: account id as NetSuite shows it, for example ``TSTDRV1`` or ``123456_SB1``.
        base_url: scheme and host, without a slash at the end.
        auth: ``oauth2`` (client credentials by signed JWT) or ``tba`` (token-based, OAuth 1.0a).
        credentials: the fields that `auth` needs.
        private_key: PEM text, for ``oauth2``.
        algorithm: JWT signature, for ``oauth2``.
        timeout: seconds to connect, and to wait for an answer.
    """

    connection: str
    account: str
    base_url: str
    auth: Literal["oauth2", "tba"]
    credentials: dict[str, str] = field(repr=False)
    private_key: str = field(default="", repr=False)
    algorithm: str = "PS256"
    timeout: tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS)

    @property
    def realm(self) -> str:
        """The account as OAuth 1.0a wants it in `realm`: capitals, underscore."""
        return realm_of(self.account)

    @property
    def token_url(self) -> str:
        """Where access tokens are given out, also the JWT's audience."""
        return f"{self.base_url}/services/rest/auth/oauth2/v1/token"

    @classmethod
    def of(cls, connection: Connection) -> Account:
        """Read an Airflow connection.

        Raises:
            SettingsError: when a field is missing or cannot be; the message names the field.
        """
        extra = {name: value for name, value in connection.extra_dejson.items() if value not in (None, "")}
        name = connection.conn_id
        account = str(extra.get("account", "")).strip()
        if not re.fullmatch(r"[A-Za-z0-9]+([_-][A-Za-z0-9]+)?", account):
            raise _wrong(name, "account", "the account id as in Setup > Company > Company Information")
        auth = str(extra.get("auth", "oauth2"))
        if auth not in ("oauth2", "tba"):
            raise _wrong(name, "auth", "oauth2 or tba")
        needed = OAUTH2_FIELDS if auth == "oauth2" else TBA_FIELDS
        missing = [each for each in needed if each not in extra]
        if missing:
            raise _wrong(name, ", ".join(missing), f"auth={auth} needs {'it' if len(missing) == 1 else 'them'}")
        algorithm = str(extra.get("algorithm", "PS256"))
        if algorithm not in ALGORITHMS:
            raise _wrong(name, "algorithm", f"one of {', '.join(ALGORITHMS)} (NetSuite retired PKCS#1 v1.5)")
        return cls(
            connection=name,
            account=account,
            base_url=_base_url(name, account, connection.host, connection.port),
            auth="oauth2" if auth == "oauth2" else "tba",
            credentials={each: str(extra[each]).strip() for each in needed},
            private_key=_private_key(name, extra) if auth == "oauth2" else "",
            algorithm=algorithm,
            timeout=(CONNECT_SECONDS, _seconds(name, extra.get("timeout", READ_SECONDS))),
        )


def host_of(account: str) -> str:
    """Give the account's own host: ``123456_SB1`` is served at ``123456-sb1.suitetalk.api.netsuite.com``."""
    return f"{account.lower().replace('_', '-')}.{DOMAIN}"


def realm_of(account: str) -> str:
    """Give the account as a realm: ``123456-sb1`` is ``123456_SB1``."""
    return account.upper().replace("-", "_")


def pem(text: str) -> str:
    r"""Give back the line breaks that a PEM loses in one-line form fields and environment variables.

    Breaks may have become spaces, ``\n`` in letters, or nothing at all.
    """
    found = re.fullmatch(
        r"\s*(-----BEGIN [A-Z ]+-----)(.*?)(-----END [A-Z ]+-----)\s*", text.replace("\\n", "\n"), re.DOTALL
    )
    if not found:
        return text
    head, body, foot = found.groups()
    packed = "".join(body.split())
    lines = [packed[at : at + 64] for at in range(0, len(packed), 64)]
    return "\n".join([head, *lines, foot, ""])


def _wrong(connection: str, name: str, wanted: str) -> SettingsError:
    return SettingsError(f"Airflow connection {connection!r}, field {name}: {wanted}")


def _base_url(connection: str, account: str, host: str | None, port: int | None) -> str:
    if not host:
        return f"https://{host_of(account)}"
    parts = urlsplit(host if "://" in host else f"https://{host}")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise _wrong(connection, "host", "empty, or a base URL such as https://tstdrv1.suitetalk.api.netsuite.com")
    if parts.scheme == "http" and not _inside(parts.hostname):
        raise _wrong(connection, "host", "https: plain http, which shows the credentials, is for loopback only")
    place = parts.netloc if parts.port or not port else f"{parts.netloc}:{port}"
    return f"{parts.scheme}://{place}{parts.path.rstrip('/')}"


def _inside(host: str) -> bool:
    """Tell whether the host is this machine, or a service of a container network (a name without a dot)."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return "." not in host


def _private_key(connection: str, extra: dict[str, Any]) -> str:
    if "private_key" in extra:
        return pem(str(extra["private_key"]))
    if "private_key_path" not in extra:
        raise _wrong(connection, "private_key", "the certificate's private key as PEM, or private_key_path")
    path = Path(str(extra["private_key_path"]))
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise _wrong(connection, "private_key_path", f"a PEM file; {path}: {type(error).__name__}") from error


def _seconds(connection: str, value: Any) -> float:
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        seconds = 0.0
    if not 0 < seconds <= 900:
        raise _wrong(connection, "timeout", "seconds above 0, at most 900: NetSuite itself gives up after 15 minutes")
    return seconds
