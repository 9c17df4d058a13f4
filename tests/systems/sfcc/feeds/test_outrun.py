"""A load is cleared after a later run has told the shop: it must not bring the older value back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import requests

from cartage.operators.base import Passage
from cartage.operators.load import LoadOperator
from cartage.records.columns import INSTANT
from cartage.records.outcome import Outcome
from tests.systems.sfcc.feeds.feed_rows import batch, price_row

if TYPE_CHECKING:
    from tests.systems.sfcc.feeds.feed_rows import Row
    from tests.systems.sfcc.feeds.grounds import Ground

BOOK = "outrun-book"
MORNING = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def price(record: int, sku: str, amount: str, at: datetime) -> Row:
    tiers = ((Decimal(1), Decimal(amount)),)
    return price_row(
        record, sku=sku, group=BOOK, as_of=at, version=at.isoformat(), value=amount, hash=amount, tiers=tiers
    )


def load(ground: Ground, run: int, rows: list[Row]) -> dict[str, Outcome]:
    """Publish as the task `load` does, and settle; gives the outcomes by sku."""
    noted = {"row": [each["record"] for each in rows]}
    noted |= {name: [each[name] for each in rows] for name in ("key", "version", "hash", "value")}
    table = pa.table(noted).append_column("as_of", pa.array([each["as_of"] for each in rows], INSTANT))
    ground.ledger.outcomes.extracted(run, "price", table, 0)
    runtime: Any = SimpleNamespace(
        ledger=ground.ledger, record="price", flow="prices", integration=SimpleNamespace(name="shop_erp")
    )
    operator = LoadOperator(task_id="load", integration="shop_erp", flow="prices", record="price")
    passage = Passage(run, "0", {}, dry_run=False, batches=())
    target, book = ground.price_target(run), ground.ledger.feeds("shop_erp", "prices", run)
    verdicts = list(operator._published(runtime, passage, target, [batch(rows)], book))
    ground.ledger.outcomes.settle(run, "price", verdicts)
    return {each.key.partition("/")[2]: each.outcome for each in verdicts}


def shown(ground: Ground, sku: str) -> str:
    answer = requests.get(f"{ground.shop.sfcc['control']}/pricebooks/{BOOK}", params={"product": sku}, timeout=20)
    (table,) = answer.json()["tables"]
    return str(table["amounts"]["1"])


def test_a_load_cleared_after_a_later_run_tells_only_what_that_one_did_not(ground: Ground) -> None:
    given_up, later = ground.open_run(), ground.open_run()
    old = [price(0, "NL-1001", "79.00", MORNING), price(1, "NL-1002", "12.00", MORNING)]
    assert load(ground, later, [price(0, "NL-1001", "81.00", MORNING + timedelta(hours=1))]) == {
        "NL-1001": Outcome.CREATED
    }
    ground.ledger.runs.close(later, "failed")  # it broke after that
    # Worked out anew, the old row may even have the newer date: when it was read is what counts.
    old[0]["as_of"] = MORNING + timedelta(hours=2)
    assert load(ground, given_up, old) == {"NL-1001": Outcome.SUPERSEDED, "NL-1002": Outcome.CREATED}
    assert (shown(ground, "NL-1001"), shown(ground, "NL-1002")) == ("81", "12")
    assert load(ground, given_up, old[:1]) == {"NL-1001": Outcome.SUPERSEDED}, "and nothing at all where all is old"


def test_nothing_is_told_once_a_later_run_has_read_it_all(ground: Ground) -> None:
    given_up, later = ground.open_run(), ground.open_run()
    ground.ledger.runs.close(given_up, "failed")
    ground.ledger.runs.close(later, "settled")  # it found the price as the shop has it, and noted nothing
    assert load(ground, given_up, [price(0, "NL-1003", "79.00", MORNING)]) == {"NL-1003": Outcome.SUPERSEDED}
