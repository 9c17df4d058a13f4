"""Where the account's records lie: one SQLite file.

Each record is a row of ``record`` with its body as JSON. In the same transaction it is laid out in the
tables that SuiteQL reads (`tables`), so that queries really execute. One connection writes, under the
server's event loop; a second one, read-only, serves SuiteQL.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import sqlite3
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sandbox.netsuite import tables
from sandbox.netsuite.answers import dumps, loads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from sandbox.netsuite.customization import Customization

ITEM_TYPES = {
    "inventoryItem": "InvtPart", "assemblyItem": "Assembly", "kitItem": "Kit", "nonInventorySaleItem": "NonInvtPart",
    "otherChargeSaleItem": "OthCharge", "discountItem": "Discount", "giftCertificateItem": "GiftCert",
}  # fmt: skip
"""Record type -> SuiteQL's item type."""

TRANSACTION_TYPES = {
    "salesOrder": "SalesOrd", "customerDeposit": "CustDep", "itemFulfillment": "ItemShip", "invoice": "CustInvc",
    "cashSale": "CashSale", "returnAuthorization": "RtnAuth",
}  # fmt: skip
"""Record type -> SuiteQL's transaction type."""

_LETTERS = {"string": "T", "number": "N", "integer": "I", "boolean": "B", "date": "D", "date-time": "M"}

_RECORDS = """
CREATE TABLE IF NOT EXISTS record (
    family TEXT NOT NULL, id INTEGER NOT NULL, type TEXT NOT NULL, external_id TEXT COLLATE NOCASE,
    name TEXT COLLATE NOCASE, inactive INTEGER NOT NULL DEFAULT 0, body TEXT NOT NULL,
    created TEXT NOT NULL, modified TEXT NOT NULL, PRIMARY KEY (family, id)) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS record_external ON record(family, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS record_name ON record(family, name);
CREATE INDEX IF NOT EXISTS record_type ON record(type, id);
CREATE TABLE IF NOT EXISTS sequence (name TEXT PRIMARY KEY, next INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS token (hash TEXT PRIMARY KEY, expires REAL NOT NULL);
CREATE TABLE IF NOT EXISTS control (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS job (
    id INTEGER PRIMARY KEY, idempotency_key TEXT UNIQUE, created TEXT NOT NULL, completed TEXT, tasks TEXT NOT NULL);
"""


def family(record_type: str) -> str:
    """Give the group of types that share internal ids and external ids.

    Customers and contacts share one, transactions another, items a third.
    Source: https://docs.oracle.com/en/cloud/saas/netsuite/ns-online-help/section_3509103614.html
    """
    if record_type in ("customer", "contact"):
        return "entity"
    if record_type in TRANSACTION_TYPES or record_type == "transaction":
        return "transaction"
    if record_type in ITEM_TYPES or record_type == "item":
        return "item"
    return record_type


def utc_now() -> str:
    """Give the moment as NetSuite's REST writes it, in UTC, to the second."""
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Record:
    """A record as it is stored.

    Attributes:
        type: record type.
        id: internal id.
        body: checked form: references as ``{id, refName}``, sublists as lists.
        external_id: external id as it was given, if any.
        name: what a reference to it shows.
        inactive: whether it was made inactive.
        created: when, UTC.
        modified: when, UTC.
    """

    type: str
    id: int
    body: dict[str, Any]
    external_id: str | None = None
    name: str = ""
    inactive: bool = False
    created: str = field(default_factory=utc_now)
    modified: str = field(default_factory=utc_now)


class Store:
    """The account's records."""

    def __init__(self, file: Path, customization: Customization) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self.file = file
        custom = _custom_columns(customization)
        self.columns = {table: {**plain, **custom.get(table, {})} for table, plain in tables.columns().items()}
        self._db = sqlite3.connect(file, isolation_level=None, check_same_thread=False, cached_statements=512)
        for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=NORMAL", "PRAGMA busy_timeout=10000"):
            self._db.execute(statement)
        self._db.executescript(_RECORDS)
        for statement in tables.statements(custom):
            self._db.execute(statement)
        self._add_new_columns()
        self.before_commit: list[Callable[[], None]] = []

    def _add_new_columns(self) -> None:
        """A field that was deployed since the last start gets its column."""
        for table, fields in self.columns.items():
            known = {row[1] for row in self._db.execute(f'PRAGMA table_info("{table}")')}
            for name in fields.keys() - known if table not in tables.VIEWS else ():
                self._db.execute(f'ALTER TABLE "{table}" ADD COLUMN "{name}"')

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing of what is written inside; a nested one belongs to the outer."""
        if self._db.in_transaction:
            yield
            return
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            for each in self.before_commit:
                each()
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run one statement and give its rows."""
        return self._db.execute(sql, values).fetchall()

    def next(self, name: str, first: int = 1, count: int = 1) -> int:
        """Take the next number of a sequence, or the first of the next `count` ones."""
        row = self._db.execute(
            "INSERT INTO sequence VALUES (?1, ?2 + ?3) ON CONFLICT(name) DO UPDATE SET next = next + ?3 RETURNING next",
            (name, first, count),
        ).fetchone()
        return int(row[0]) - count

    def get(self, record_type: str, key: str) -> Record | None:
        """Find a record by internal id, or by ``eid:`` and its external id."""
        column, value = ("external_id", key[4:]) if key.startswith("eid:") else ("id", key)
        rows = self._db.execute(
            f"SELECT type, id, body, external_id, name, inactive, created, modified FROM record "  # noqa: S608
            f"WHERE family = ? AND {column} = ?",
            (family(record_type), value),
        ).fetchall()
        if not rows or rows[0][0] != record_type:
            return None
        kind, id_, body, external_id, name, inactive, created, modified = rows[0]
        return Record(kind, id_, loads(body), external_id, name or "", bool(inactive), created, modified)

    def point(self, group: str, column: str, value: str) -> tuple[int, str, str, bool] | None:
        """Find id, type, name and inactivity by ``id``, ``external_id`` or ``name``, without reading the body."""
        row = self._db.execute(
            f"SELECT id, type, name, inactive FROM record WHERE family = ? AND {column} = ?",  # noqa: S608
            (group, value),
        ).fetchone()
        return (row[0], row[1], row[2] or "", bool(row[3])) if row else None

    def put(self, record: Record) -> None:
        """Write a record, new or known."""
        self._db.execute(
            "INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(family, id) DO UPDATE SET "
            "type = excluded.type, external_id = excluded.external_id, name = excluded.name, "
            "inactive = excluded.inactive, body = excluded.body, modified = excluded.modified",
            (
                family(record.type), record.id, record.type, record.external_id, record.name, int(record.inactive),
                dumps(record.body), record.created, record.modified,
            ),
        )  # fmt: skip

    def remove(self, record: Record) -> None:
        """Take a record away, with its rows."""
        self._db.execute("DELETE FROM record WHERE family = ? AND id = ?", (family(record.type), record.id))

    def ids(
        self, record_type: str, condition: str, values: list[Any], limit: int, offset: int
    ) -> tuple[list[int], int]:
        """Give a page of internal ids in order, and how many there are."""
        where = f"type = ? AND ({condition})"
        total = self._db.execute(f"SELECT COUNT(*) FROM record WHERE {where}", (record_type, *values)).fetchone()[0]  # noqa: S608
        rows = self._db.execute(
            f"SELECT id FROM record WHERE {where} ORDER BY id LIMIT ? OFFSET ?",  # noqa: S608
            (record_type, *values, limit, offset),
        )
        return [row[0] for row in rows], total

    def is_date(self, table: str, column: str) -> bool:
        """Whether a column of a SuiteQL table holds dates or moments."""
        return self.columns[table].get(column) in ("D", "M")

    def lay(self, table: str, owner: int, rows: list[dict[str, Any]]) -> None:
        """Lay out an owner's rows in a SuiteQL table, in place of those it had."""
        key = tables.KEYS.get(table, "id")
        self._db.execute(f'DELETE FROM "{table}" WHERE "{key}" = ?', (owner,))  # noqa: S608
        known = self.columns[table]
        for row in rows:
            named = {name: sql_value(value) for name, value in row.items() if name in known and value is not None}
            names = ", ".join(f'"{name}"' for name in named)
            marks = ", ".join("?" * len(named))
            self._db.execute(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', tuple(named.values()))  # noqa: S608

    def many(self, sql: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """Run one statement for each row."""
        self._db.executemany(sql, rows)

    def reader(self) -> sqlite3.Connection:
        """Open a read-only connection for SuiteQL."""
        return sqlite3.connect(f"file:{self.file}?mode=ro", uri=True, check_same_thread=False, cached_statements=64)


def sql_value(value: Any) -> Any:
    """Bring a stored value into a SuiteQL column: flags as T and F, references as ids, moments without T and Z."""
    if isinstance(value, bool):
        return "T" if value else "F"
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return value.get("id")
    return value


def moment(text: str | None) -> str | None:
    """Bring a date or a moment of REST into a SuiteQL column."""
    if not text:
        return None
    return f"{text} 00:00:00" if len(text) == 10 else text.replace("T", " ").removesuffix("Z")


def _custom_columns(customization: Customization) -> dict[str, dict[str, str]]:
    homes = {
        "transaction": "custbody_",
        "transactionline": "custcol_",
        "customer": "custentity_",
        "contact": "custentity_",
        "item": "custitem_",
    }
    return {
        table: {name: _LETTERS[each.type] for name, each in customization.fields.items() if name.startswith(prefix)}
        for table, prefix in homes.items()
    }
