"""Where a running sandbox is and how to get in: ``endpoints.json`` in its home, and Airflow connections for it."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.netsuite.config import Credentials

FILE = "endpoints.json"
_LOGIN_FILE = "sfcc-credentials.json"


@dataclass(frozen=True)
class SfccCredentials:
    """Who may come into the sandbox's shop: by SFTP, and through Account Manager."""

    sftp_username: str
    sftp_password: str
    client_id: str
    client_secret: str
    tenant: str


@dataclass(frozen=True)
class Endpoints:
    """All that a client of the sandbox needs.

    Attributes:
        pid: process that serves.
        home: the sandbox's home.
        sftp: host, port, username, password, private_key_path, host_key, folders, root (the local folder).
        sfcc: base_url, token_url, client_id, client_secret, tenant, organization, control, ocapi_data_url,
            ocapi_shop_url (with ``{site}``), jobs (job id -> the SFTP folder that it imports), inventory_lists (site
            and store -> list; the lists that began with on-order).
        netsuite: base_url, token_url, account, credentials by name, control; None when it is not served.
        airflow: environment variables ``AIRFLOW_CONN_…`` with their JSON values.
    """

    pid: int
    home: str
    sftp: dict[str, Any]
    sfcc: dict[str, Any]
    netsuite: dict[str, Any] | None
    airflow: dict[str, str]

    def write(self) -> Path:
        """Write ``endpoints.json`` into the home: all at once, and readable by its owner only."""
        return write_private(Path(self.home) / FILE, asdict(self))

    @classmethod
    def read(cls, home: Path) -> Endpoints:
        """Read what a sandbox wrote into its home.

        Raises:
            FileNotFoundError: no sandbox has written there.
        """
        return cls(**json.loads((home / FILE).read_text()))


def write_private(path: Path, content: dict[str, Any]) -> Path:
    """Write JSON under a name that appears only once it is whole, mode 0600."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(content, file, indent=1)
    return temporary.replace(path)


def shop_credentials(home: Path) -> SfccCredentials:
    """Give the shop's credentials; made on the first call and kept in the home."""
    path = home / _LOGIN_FILE
    if path.exists():
        return SfccCredentials(**json.loads(path.read_text()))
    home.mkdir(parents=True, exist_ok=True)
    made = SfccCredentials(
        "sfcc", secrets.token_urlsafe(18), secrets.token_hex(18), secrets.token_urlsafe(24), "zzxy_001"
    )
    write_private(path, asdict(made))
    return made


def airflow_connections(
    sftp: dict[str, Any], sfcc: dict[str, Any], netsuite: dict[str, Any] | None, credentials: Credentials | None
) -> dict[str, str]:
    """Give the environment variables that make Airflow know the sandbox's connections.

    Fields are those of the sftp provider and of the hooks in `cartage.systems`.
    """
    connections: dict[str, dict[str, Any]] = {
        "SFCC_SFTP": {
            "conn_type": "sftp",
            "host": sftp["host"],
            "port": sftp["port"],
            "login": sftp["username"],
            "password": sftp["password"],
            "extra": {"host_key": sftp["host_key"], "no_host_key_check": "false", "look_for_keys": "false"},
        },
        "SFCC_API": {
            "conn_type": "sfcc",
            "host": sfcc["base_url"],
            "login": sfcc["client_id"],
            "password": sfcc["client_secret"],
            "extra": {key: sfcc[key] for key in ("tenant", "organization", "token_url")},
        },
    }
    if netsuite and credentials:
        connections["NETSUITE"] = {
            "conn_type": "netsuite",
            "host": netsuite["base_url"],
            "extra": {
                "account": credentials.account,
                "auth": "oauth2",
                "client_id": credentials.client_id,
                "certificate_id": credentials.certificate_id,
                "private_key": credentials.private_key,
                "algorithm": "PS256",
            },
        }
    return {f"AIRFLOW_CONN_{name}": json.dumps(each) for name, each in connections.items()}
