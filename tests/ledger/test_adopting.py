"""What the target turned out to have without being told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa

from cartage.ledger.told import VALUES
from cartage.records.outcome import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from cartage.ledger import Ledger

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def found(*keys: str) -> pa.Table:
    rows = [{"key": key, "hash": "5|none||", "value": "5", "as_of": NOON} for key in keys]
    return pa.Table.from_pylist(rows, VALUES)


def test_strangers_count_as_told_and_what_was_told_stays(ledger: Ledger, start: Callable[..., int]) -> None:
    run = start(flow="inventory")
    told = {"row": [0], "key": ["list/TOLD"], "version": ["1"], "hash": ["9|none||"], "value": ["9"], "as_of": [NOON]}
    ledger.outcomes.extracted(run, "stock", pa.table(told), batch=0)
    ledger.outcomes.settle(run, "stock", [Verdict(0, "list/TOLD", Outcome.CREATED)])
    memory = ledger.memory("shop_erp", "inventory", "stock")
    assert memory.told().table["key"].to_pylist() == ["list/TOLD"]

    memory.adopt(found("list/TOLD", "list/STRANGE"), run)
    memory.adopt(found("list/STRANGE"), start(flow="inventory"))

    rows = {each["key"]: (each["hash"], each["value"], each["as_of"]) for each in memory.told().table.to_pylist()}
    assert rows == {"list/TOLD": ("9|none||", "9", NOON), "list/STRANGE": ("5|none||", "5", NOON)}
    assert ledger.outcomes.balance(run)["stock"].extracted == 1, "nobody owes them an outcome"
    late = found("list/STRANGE").set_column(3, "as_of", pa.array([NOON + timedelta(hours=1)]))
    memory.adopt(late.cast(VALUES), run)
    assert memory.told(["list/STRANGE"]).table["as_of"].to_pylist() == [NOON], "as it was when it was found first"
