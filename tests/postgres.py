"""A real PostgreSQL for tests: started once a session in a temporary folder, on a Unix socket only.

Use it from a conftest: ``from tests.postgres import postgres_server, postgres_url``, two fixtures; with
``postgres_ledger_url, postgres_tables`` there are databases that have a ledger's tables. `serving` starts a server with
a port and a password, as an installation has it.
PostgreSQL's own programs are taken from PATH, from ``pg_config --bindir`` or from Debian's folders;
where there are none, tests that ask for the fixtures are skipped.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from cryptography.fernet import Fernet

from cartage.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Iterator

UNSAFE_AND_QUICK = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "max_connections=50")
"""Settings of a server whose data nobody will miss."""

DEFAULT_PORT = 5432
"""What the name of a socket ends with when nobody says a port."""


@dataclass(frozen=True)
class Server:
    """A running server: its socket's folder is its address; there its superuser needs no password."""

    socket: Path
    user: str = "postgres"
    port: int = DEFAULT_PORT

    def url(self, database: str) -> str:
        """Give the SQLAlchemy URL of one of its databases."""
        return f"postgresql://{self.user}@/{database}?host={self.socket}&port={self.port}"

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        """Connect as the superuser; each statement is committed by itself."""
        return psycopg.connect(
            f"host={self.socket} port={self.port} user={self.user} dbname={database}", autocommit=True
        )

    def create(self, database: str, template: str = "template1") -> str:
        """Create a database, empty or a copy of another that nobody is connected to, and give its URL."""
        with self.connect() as connection:
            connection.execute(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')  # type: ignore[arg-type]
        return self.url(database)

    def drop(self, database: str) -> None:
        """Drop a database and whoever is still connected to it."""
        with self.connect() as connection:
            connection.execute(f'DROP DATABASE "{database}" WITH (FORCE)')  # type: ignore[arg-type]


@contextmanager
def serving(*, user: str = "postgres", password: str = "", port: int | None = None) -> Iterator[Server]:
    """Serve a new, empty PostgreSQL; it ends with the block, and with this process even when that is killed.

    Args:
        user: its superuser.
        password: what the superuser gives who comes by the port.
        port: on loopback; None serves a Unix socket only.
    """
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL's initdb and postgres are not installed here (Debian: apt install postgresql)")
    # Not pytest's own folder: a socket's path may have 107 bytes, and `postgres` must be able to enter it.
    home = Path(tempfile.mkdtemp(prefix="cartage-pg-"))
    try:
        (home / "password").write_text(password or "none", encoding="utf-8")
        as_user = _as_postgres(home)
        data = home / "data"
        _run([*as_user, programs / "initdb", "-D", data, "-U", user, "--auth-local=trust",
              "--auth-host=scram-sha-256", f"--pwfile={home / 'password'}", "-E", "UTF8", "--locale=C.UTF-8",
              "--no-sync"])  # fmt: skip
        listen = ("listen_addresses=",) if port is None else ("listen_addresses=127.0.0.1", f"port={port}")
        options = [f"-c{each}" for each in (*UNSAFE_AND_QUICK, *listen, f"unix_socket_directories={home}")]
        log = (home / "log").open("wb")
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig=INT", *as_user[1:], "--", programs / "postgres", "-D", data, *options],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/",
        )  # fmt: skip
        try:
            _wait_until_it_answers(process, server := Server(home, user, port or DEFAULT_PORT))
            yield server
        finally:
            process.send_signal(signal.SIGQUIT)  # at once, without writing anything down
            process.wait(30)
            log.close()
    finally:
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """Start PostgreSQL for the session: one a worker under pytest-xdist."""
    with serving() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: Server) -> Iterator[str]:
    """Give the URL of an empty database of the test's own."""
    with _database(postgres_server) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_tables(postgres_server: Server) -> str:
    """Give the name of a database with a ledger's tables, to be copied: making them takes five times as long."""
    ledger = Ledger.open(postgres_server.create("ledger"), Fernet.generate_key().decode())
    ledger.migrate()
    ledger.close()
    return "ledger"


@pytest.fixture
def postgres_ledger_url(postgres_server: Server, postgres_tables: str) -> Iterator[str]:
    """Give the URL of a database of the test's own with the tables of a ledger that knows nothing yet."""
    with _database(postgres_server, postgres_tables) as url:
        yield url


@contextmanager
def _database(server: Server, *template: str) -> Iterator[str]:
    name = f"test_{uuid.uuid4().hex}"
    yield server.create(name, *template)
    server.drop(name)


def _programs() -> Path | None:
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    config = shutil.which("pg_config")
    folders = [Path(subprocess.check_output([config, "--bindir"], text=True).strip())] if config else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda each: each.parent.name, reverse=True)
    return next((each for each in folders if (each / "initdb").exists() and (each / "postgres").exists()), None)


def _as_postgres(home: Path) -> list[str | Path]:
    """Give the words before a command: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return []
    for path in (home, *home.iterdir()):
        shutil.chown(path, "postgres", "postgres")
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]


def _wait_until_it_answers(process: subprocess.Popen[bytes], server: Server) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            server.connect().close()
        except psycopg.OperationalError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{(server.socket / 'log').read_text()}") from error
            time.sleep(0.05)
        else:
            return


def _run(command: list[str | Path]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", timeout=90)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: {done.stdout}{done.stderr}")
