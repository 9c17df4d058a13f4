"""The shop's database: one SQLite file that orders, stock, prices, stores and jobs share, so that it survives a restart."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


class ShopClock:
    """What time it is in the shop: the machine's own, or one that a test has set.

    A set clock stands still until it is set again, so that a simulated week is exact.
    """

    def __init__(self) -> None:
        self._set: datetime | None = None

    def __call__(self) -> datetime:
        """Give the moment, in UTC."""
        return self._set or datetime.now(UTC)

    def set(self, now: datetime | None) -> None:
        """Stop the clock at a moment; None goes back to the machine's own."""
        self._set = now.astimezone(UTC) if now else None


def stamp(value: datetime) -> str:
    """Write a moment so that texts sort by time: UTC with milliseconds, as exact as the shop's own clock."""
    return value.astimezone(UTC).isoformat(timespec="milliseconds")[: -len("+00:00")] + "Z"


def unstamp(text: str) -> datetime:
    """Read what `stamp` wrote."""
    return datetime.fromisoformat(text)


class Database:
    """A connection to ``home/sfcc.db``. Safe for threads, and for several processes (WAL)."""

    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self._gate = threading.RLock()
        self._depth = 0
        self._db = sqlite3.connect(home / "sfcc.db", timeout=30, check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")

    def close(self) -> None:
        """Close the connection, once nobody is in a transaction."""
        with self._gate:
            self._db.close()

    def define(self, script: str) -> None:
        """Make tables that are not there yet."""
        with self._gate:
            self._db.executescript(script)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Write all or nothing. Within a transaction of the same thread it is a part of that one."""
        with self._gate:
            if self._depth:
                yield self._db
                return
            self._db.execute("BEGIN IMMEDIATE")
            self._depth = 1
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            else:
                self._db.execute("COMMIT")
            finally:
                self._depth = 0

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[sqlite3.Row]:
        """Give the rows of a query."""
        with self._gate:
            return self._db.execute(sql, values).fetchall()

    def row(self, sql: str, values: Sequence[object] = ()) -> sqlite3.Row | None:
        """Give the first row of a query, or None."""
        with self._gate:
            found: sqlite3.Row | None = self._db.execute(sql, values).fetchone()
            return found
