"""Forgetting takes portions, so that whoever writes meanwhile waits for one of them only; the same is gone in the end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from cartage.errors import Complaint
from cartage.ledger import Entry, retention
from cartage.ledger.engine import Database
from cartage.ledger.proposals import ROWS, Draft
from cartage.records.outcome import Outcome, Verdict
from tests.ledger.ledger_examples import rows

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from cartage.ledger import Ledger

RUNS, RECORDS = 5, 7
WHY = Complaint("unknown_item", "no such item")


def fill(ledger: Ledger, start: Callable[..., int]) -> None:
    """Let runs settle, with all that they held back dismissed, and a feed's proposal turned down."""
    import pyarrow as pa

    for run in [start() for _ in range(RUNS)]:
        keys = [f"RefArch/{run}-{each}" for each in range(RECORDS)]
        ledger.outcomes.extracted(run, "order", rows(*keys), 0)
        ledger.outcomes.settle(run, "order", [Verdict(row, key, Outcome.QUARANTINED) for row, key in enumerate(keys)])
        held = [Entry(row, key, "1", "load", (WHY,), b"{}", emails=(key,)) for row, key in enumerate(keys)]
        ledger.quarantine.put(run, "orders", "order", held)
        for each in ledger.quarantine.open("shop_erp"):
            ledger.quarantine.dismiss(each.id, "erika", "a test")
        told = [{"key": key, "before": "7", "after": "0", "hash": "h"} for key in keys]
        draft = Draft("berlin", "to_zero", {"of": 10}, pa.Table.from_pylist(told, schema=ROWS), RECORDS, None)
        number = ledger.proposals.open(run, "shop_erp", "inventory", "stock", draft)
        ledger.proposals.decide(number, "rejected", by="otto")
        ledger.runs.close(run, "settled")


def test_many_small_portions_forget_all_of_it(
    ledger: Ledger, url: str, start: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(ledger, start)
    for name, size in {"ROWS": 2, "RUNS": 2, "PAYLOADS": 3, "BREATH": 0}.items():
        monkeypatch.setattr(retention, name, size)
    database = Database(url)
    written: list[int] = []
    sa.event.listen(database.engine, "after_cursor_execute", lambda *told: written.append(touched(told)))
    gone = retention.forget(database, datetime.now(UTC) + timedelta(seconds=1))
    assert (gone["outcomes"], gone["quarantine"], gone["proposals"]) == (RUNS * RECORDS, RUNS * RECORDS, RUNS)
    assert max(written) <= 3, "rows that one statement writes, and others wait for"
    written.clear()
    again = retention.forget(database, datetime.now(UTC) + timedelta(seconds=1))
    assert set(again.values()) == {0}
    assert max(written) <= 0, "what is gone is not written again every day"
    database.close()


def touched(told: tuple[Any, ...]) -> int:
    """Give how many rows a statement wrote, as SQLAlchemy tells it: connection, cursor, statement, …"""
    cursor, statement = told[1], told[2]
    return cursor.rowcount if statement.startswith(("DELETE", "UPDATE")) else 0
