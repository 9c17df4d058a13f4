"""The environment of the embedded stack: everything Airflow and Cartage need, under one folder."""

from __future__ import annotations

import json
import os
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet

REPOSITORY = Path(__file__).resolve().parents[2]
USER = "admin"
PORT = 8080
"""The API server's port when nobody asks for another."""


@dataclass(frozen=True)
class Home:
    """The folder that holds all state of an embedded stack.

    Attributes:
        folder: for example ``.cartage``.
        sandbox: the sandbox's folder, for example ``.sandbox``.
    """

    folder: Path
    sandbox: Path

    @property
    def airflow(self) -> Path:
        """AIRFLOW_HOME."""
        return self.folder / "airflow"

    @property
    def logs(self) -> Path:
        """Where the processes' own logs go."""
        return self.folder / "logs"

    def secrets(self) -> dict[str, str]:
        """Give this stack's own secrets, made once and kept readable by the owner only."""
        path = self.folder / "secrets.json"
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            made = {
                "fernet": Fernet.generate_key().decode(),
                "ledger": Fernet.generate_key().decode(),
                "hash": secrets.token_hex(32),
                "jwt": secrets.token_urlsafe(48),
                "api": secrets.token_urlsafe(48),
                "password": secrets.token_urlsafe(12),
            }
            partial = path.with_suffix(".part")
            partial.touch(mode=0o600)
            partial.write_text(json.dumps(made), encoding="utf-8")
            partial.replace(path)  # whole or not at all
        values: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
        return values


def environment(home: Home, port: int, connections: dict[str, str]) -> dict[str, str]:
    """Give the processes' environment.

    Args:
        home: where state lies.
        port: the API server's port on loopback.
        connections: ``AIRFLOW_CONN_*`` values of the systems.

    Returns:
        A whole environment; what Airflow needs is named there and nothing is read from a user's own.
    """
    keys = home.secrets()
    passwords = home.airflow / "passwords.json"
    passwords.parent.mkdir(parents=True, exist_ok=True)
    passwords.touch(mode=0o600)
    passwords.write_text(json.dumps({USER: keys["password"]}), encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "CARTAGE_"))}
    return kept | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}",
        "PYTHONPATH": os.pathsep.join((str(REPOSITORY / "plugins"), str(REPOSITORY / "include"))),
        "AIRFLOW_HOME": str(home.airflow),
        "AIRFLOW__CORE__DAGS_FOLDER": str(REPOSITORY / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(REPOSITORY / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__FERNET_KEY": keys["fernet"],
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home.airflow / 'airflow.db'}",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONNECT_ARGS": "embedded.sqlite.WAITING",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONNECT_ARGS_ASYNC": "embedded.sqlite.WAITING",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__API__SECRET_KEY": keys["api"],
        "AIRFLOW__API_AUTH__JWT_SECRET": keys["jwt"],
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "10",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "10",
        "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK": "False",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home.airflow / "logs"),
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "CARTAGE_INCLUDE": str(REPOSITORY / "include"),
        "CARTAGE_STAGING": str(home.folder / "staging"),
        "AIRFLOW_CONN_CARTAGE_LEDGER": ledger_connection(home.folder / "ledger.db", keys),
        "GX_ANALYTICS_ENABLED": "false",
        **connections,
    }


def ledger_connection(path: Path, keys: dict[str, str]) -> str:
    """Give the ledger's Airflow connection as JSON: where it lies and the keys of its own."""
    extra = {"key": keys["ledger"], "hash_key": keys["hash"]}
    return json.dumps({"conn_type": "sqlite", "host": str(path), "extra": extra})
