"""The ledger's database: SQLite beside Airflow, or PostgreSQL in production, behind the same words.

Writes take the lock first (`BEGIN IMMEDIATE`) on SQLite, so that a transaction never finds out
halfway that another process was quicker; PostgreSQL locks the rows it reads. Failures that pass by
themselves become `RetryableError`. No message carries a statement's parameters: they hold keys.

Sources: https://www.sqlite.org/lang_transaction.html, https://www.sqlite.org/wal.html,
https://www.postgresql.org/docs/current/errcodes-appendix.html
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event, exc
from sqlalchemy.engine import URL, Connection, Engine, make_url

from cartage.errors import CartageError, RetryableError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BUSY_SECONDS = 30
"""How long a writer waits for another before the task is told to try again."""

Item = TypeVar("Item")

_WRITES = "cartage_writes"
_PASSING_STATES = ("08", "40", "53", "55P03", "57P")
"""SQLSTATEs that pass: connection, serialization and deadlock, resources, lock, shutdown."""

_MISSING = "The ledger's tables are missing or old: run Ledger.migrate() once against this database."


class Database:
    """Short transactions over one engine.

    Args:
        url: SQLAlchemy URL: ``sqlite:////path/ledger.db`` or ``postgresql://user@host/name``.

    Raises:
        SettingsError: the URL names a database that the ledger cannot use.
    """

    def __init__(self, url: str | URL) -> None:
        self.engine = _connect(make_url(url))
        self._writer = self.engine.execution_options(**{_WRITES: True})

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.engine.dialect.name

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection in a transaction that only reads."""
        with _translated(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a connection in a transaction that may write; it is committed at the end of the block.

        Raises:
            RetryableError: the database was locked or the connection lost. Nothing was written, or,
                when the connection was lost at the commit itself, all of it: the caller repeats, and
                every write of the ledger may be repeated.
        """
        with _translated(), self._writer.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def chunks(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """Cut into pieces of at most `size`: short transactions, and fewer parameters than databases allow."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _connect(url: URL) -> Engine:
    name = url.get_backend_name()
    if name == "sqlite":
        return _sqlite(url)
    if name == "postgresql":
        return _postgresql(url.set(drivername="postgresql+psycopg"))
    raise SettingsError(f"The ledger runs on sqlite or postgresql, not on {name}: change its connection's type.")


def _sqlite(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        raise SettingsError("The ledger needs a file that all tasks share: sqlite:////path/to/ledger.db.")
    Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS})

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # the driver would begin its own transactions, too late
        cursor = connection.cursor()
        _to_wal(cursor)
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA synchronous = FULL")  # an intent must outlive a power cut, not only a kill
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _to_wal(cursor: sqlite3.Cursor) -> None:
    """Switch to write-ahead logging. Two first openers can meet here, where SQLite does not wait by itself."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _postgresql(url: URL) -> Engine:
    engine = sa.create_engine(url, hide_parameters=True, pool_pre_ping=True, pool_size=2, max_overflow=8)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _: object) -> None:
        before = connection.autocommit
        connection.autocommit = True
        connection.execute(f"SET lock_timeout = '{BUSY_SECONDS}s'")
        connection.execute("SET timezone = 'UTC'")
        connection.autocommit = before

    return engine


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except exc.TimeoutError as error:
        raise RetryableError("The ledger has no free connection: the task tries again.") from error
    except exc.DBAPIError as error:
        raise _foreseen(error) or error from error


def _foreseen(error: exc.DBAPIError) -> CartageError | None:
    """Give the error of our own tree, or None when nobody foresaw it."""
    state = str(getattr(error.orig, "sqlstate", None) or "")
    text = str(error.orig).lower()
    if state in {"42P01", "42703"} or "no such table" in text or "no such column" in text:
        return SettingsError(_MISSING)
    lost = error.connection_invalidated or (isinstance(error, exc.OperationalError) and not state)
    if state.startswith(_PASSING_STATES) or "locked" in text or "busy" in text:
        return RetryableError("The ledger's database was busy with another writer: the task tries again.")
    if lost and not isinstance(error.orig, sqlite3.Error):
        return RetryableError("The connection to the ledger's database was lost: the task tries again.")
    return None
