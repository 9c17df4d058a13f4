"""A ledger of a million records on SQLite, filled by the database itself: what a shop leaves behind in some years.

Half a million orders and as many customers, stock, prices and shipments; three years of runs, with a failed one now
and then; a few thousand records in quarantine, open and done with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartage.ledger import Ledger
from cartage.ledger.engine import Database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = "sfcc_netsuite"
ORDERS, CUSTOMERS, STOCK, PRICES, SHIPMENTS = 400_000, 200_000, 100_000, 100_000, 200_000
"""Records of each kind: a million together."""

RUNS = 100_000
"""Runs of all flows, the newest now: three years of a run every quarter of an hour."""

BIG_RUN = 200_000
"""Outcomes of the one run that is under way: a first import."""

HELD = 5_000
"""Records in quarantine now; ten times as many were there once."""

FLOWS = ("orders", "shipments", "inventory", "prices", "customers", "locations")

SECONDS = 900
"""Between two runs."""


def fill(path: Path, key: str, hash_key: str) -> Ledger:
    """Make the ledger.

    Args:
        path: where its file will lie.
        key: a Fernet key.
        hash_key: secret of its keyed hashes.

    Returns:
        The ledger, open.
    """
    url = f"sqlite:///{path}"
    ledger = Ledger.open(url, key, hash_key=hash_key)
    ledger.migrate()
    database = Database(url)
    with database.write() as connection:
        for statement in _statements():
            connection.exec_driver_sql(statement)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return ledger


def _insert(table: str, rows: int, **columns: str) -> str:
    """Give SQL that inserts rows: `i` counts them from 0 in the columns' expressions."""
    counted = f"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n LIMIT {rows})"
    return f"INSERT INTO {table} ({', '.join(columns)}) {counted} SELECT {', '.join(columns.values())} FROM n"


def _ago(seconds: str) -> str:
    """Give SQL for a moment as the ledger keeps it."""
    return f"strftime('%Y-%m-%d %H:%M:%f000', 'now', '-' || ({seconds}) || ' seconds')"


def _flow(number: str) -> str:
    """Give SQL for the flow of a run by its number: the flows take turns."""
    cases = " ".join(f"WHEN {place} THEN '{name}'" for place, name in enumerate(FLOWS))
    return f"CASE {number} % {len(FLOWS)} {cases} END"


def _run(rows: int, flow: str) -> str:
    """Give SQL for the run that a row lies in: those of its flow, one after the other."""
    turns = RUNS // len(FLOWS) - 1
    return f"(i * {turns} / {rows}) * {len(FLOWS)} + {FLOWS.index(flow) + 1}"


def _records(kind: str, flow: str, key: str, rows: int) -> str:
    at = _ago(f"({rows} - i) * {RUNS * SECONDS} / {rows}")
    return _insert(
        "records", rows, **_OURS, record=f"'{kind}'", key=key, site="'RefArch'",
        number=f"substr({key}, instr({key}, '/') + 1)", version="'1'", seen_version="'1'", target_id="i",
        outcome="CASE WHEN i % 200 = 0 THEN 'quarantined' WHEN i % 5 = 0 THEN 'unchanged' ELSE 'created' END",
        run_id=_run(rows, flow), first_at=at, last_at=at,
    )  # fmt: skip


_OURS = {"integration": f"'{NAME}'"}
_ORDER = "printf('RefArch/%08d', i)"
_SENT = {"run_id": _run(ORDERS, "orders"), "system": "'netsuite'", "type": "'salesOrder'", "folded_id": "'x'",
         "kind": "'order'", "key": _ORDER}  # fmt: skip
_SELECTION = '\'{"keys": [], "quarantine": [], "dry_run": false, "backfill": false}\''
_COMPLAINTS = '\'[{"code": "unknown_item", "message": "NetSuite knows no such item", "field": null}]\''
_UNDER_WAY = RUNS - (RUNS - 1) % len(FLOWS)
"""The newest run of orders."""


def _statements() -> Iterator[str]:
    begun = f"({RUNS} - i) * {SECONDS}"
    yield _insert(
        "runs", RUNS, **_OURS, id="i + 1", flow=_flow("i"), dag_id=f"'{NAME}.' || {_flow('i')}",
        dag_run_id="'scheduled__' || i", attempt="1", run_type="'scheduled'", since=_ago(f"{begun} + {SECONDS}"),
        until=_ago(begun), selection=_SELECTION, limited="0", dry_run="0", settings_digest=f"'{'0' * 64}'",
        state="CASE WHEN i % 97 = 0 THEN 'failed' ELSE 'settled' END", opened_at=_ago(begun),
        closed_at=_ago(f"{begun} - 40"),
    )  # fmt: skip
    yield f"UPDATE runs SET state = 'open', closed_at = NULL WHERE id = {_UNDER_WAY}"
    yield _insert(
        "run_counts", RUNS * 3, run_id="i / 3 + 1", record=_flow("(i / 3)"), count="1 + i % 90",
        outcome="CASE i % 3 WHEN 0 THEN 'created' WHEN 1 THEN 'unchanged' ELSE 'quarantined' END",
    )  # fmt: skip
    yield _records("order", "orders", _ORDER, ORDERS)
    yield _records("shipment", "shipments", _ORDER, SHIPMENTS)
    yield _records("customer", "customers", "printf('RefArch/C%08d', i)", CUSTOMERS)
    yield _records("stock", "inventory", "printf('RefArch-inventory/sku-%06d', i)", STOCK)
    yield _records("price", "prices", "printf('eur-list/sku-%06d', i)", PRICES)
    yield (
        "INSERT INTO outcomes (run_id, record, row, key, version, batch, outcome, target_id, extracted_at, decided_at) "
        "SELECT run_id, record, rowid, key, version, 0, outcome, target_id, last_at, last_at FROM records"
    )
    yield _insert(
        "outcomes", BIG_RUN, run_id=str(_UNDER_WAY), record="'order'", row="100000000 + i", key=_ORDER, batch="0",
        extracted_at=_ago("60"),
    )  # fmt: skip
    yield from _written()
    yield _insert(
        "terms", ORDERS, **_OURS, kind="'customer'", term="printf('C%08d', i / 4)", record="'order'", key=_ORDER
    )
    yield _insert("terms", ORDERS, **_OURS, kind="'email'", term=_DIGEST, record="'order'", key=_ORDER)
    yield _insert(
        "quarantine", HELD * 11, **_OURS, flow="'orders'", record="'order'", key=_ORDER, run_id=_run(ORDERS, "orders"),
        row="i", version="'1'", stage="'validate'", code="'code_' || (i % 40)", complaints=_COMPLAINTS, form="'json'",
        state=f"CASE WHEN i < {HELD} THEN 'open' ELSE 'resolved' END", tries="1", first_at=_ago("5000"),
        last_at=_ago("4000"),
    )  # fmt: skip


def _written() -> Iterator[str]:
    """Write every order to NetSuite, with a request and an intent, and book its line."""
    yield _insert(
        "documents", ORDERS, **_OURS, system="'netsuite'", type="'salesOrder'", external_id=f"'{NAME}-' || {_ORDER}",
        folded_id=f"'{NAME}-' || {_ORDER}", kind="'order'", key=_ORDER, internal_id="1000000 + i",
        number="'SO' || (1000000 + i)", version="'1'", hash="'x'", outcome="'created'",
        done_run_id=_run(ORDERS, "orders"), pending="0", changed_at=_ago("1000"),
    )  # fmt: skip
    yield _insert(
        "attempts", ORDERS, **_SENT, at=_ago("1000"), method="'POST'", path="'/record/v1/salesOrder'", status="204",
        request="printf('%.800c', 'x')", milliseconds="210",
    )  # fmt: skip
    yield _insert(
        "intents", ORDERS, **_SENT, version="'1'", hash="'x'", began_at=_ago("1000"), ended_at=_ago("999"),
        outcome="'created'",
    )  # fmt: skip
    yield _insert(
        "bookings", ORDERS, **_OURS, site="'RefArch'", order_no="printf('%08d', i)", line_id="'1'",
        list_id="'RefArch-inventory'", sku="printf('sku-%06d', i % 100)", quantity="'1'", booked_at=_ago("1000"),
        cancelled="0", seen_at=_ago("1000"),
    )  # fmt: skip


_DIGEST = "printf('%08x%024x', (i * 2654435761) % 4294967296, i)"
"""Terms in an order of their own, as hashes are."""


def digest_of(number: int) -> str:
    """Give the keyed hash by which the order with this number is found."""
    return f"{number * 2654435761 % 4294967296:08x}{number:024x}".ljust(64, "0")
