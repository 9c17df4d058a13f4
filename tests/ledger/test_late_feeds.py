"""A log comes long after its feed: it undoes nothing that a later run told."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from cartage.errors import Complaint
from cartage.ledger.worklist import Filter
from cartage.operators.accounting import note_late
from cartage.records.outcome import Outcome, Verdict
from cartage.seams import Feed, Late
from tests.ledger.ledger_examples import rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from cartage.ledger import Ledger

FIRST, SECOND = "list/4711", "list/4712"
SKIPPED = (Complaint("unknown_product", "the shop skipped it"),)


def tell(ledger: Ledger, run: int, *keys: str) -> None:
    noted = rows(*keys)
    ledger.outcomes.extracted(run, "stock", noted.append_column("hash", [["said"] * len(keys)]), batch=0)
    ledger.outcomes.settle(run, "stock", [Verdict(row, key, Outcome.UPDATED) for row, key in enumerate(keys)])


def test_a_late_log_leaves_alone_what_was_told_again_since(ledger: Ledger, start: Callable[..., int]) -> None:
    earlier, later, now = (start(flow="inventory") for _ in range(3))
    ledger.feeds("shop_erp", "inventory", earlier).put(Feed("old.xml", "", 1, 2, "/inbound/old.xml", "", "sent"))
    tell(ledger, earlier, FIRST, SECOND)
    tell(ledger, later, SECOND)
    runtime: Any = SimpleNamespace(
        ledger=ledger, record="stock", flow="inventory", integration=SimpleNamespace(name="shop_erp")
    )
    note_late(runtime, now, [Late("old.xml", key, SKIPPED) for key in (FIRST, SECOND)])
    known = {row["key"]: row["hash"] for row in ledger.outcomes.known_values("shop_erp", "stock").to_pylist()}
    assert known.get(FIRST) is None
    assert known[SECOND] == "said"
    held = ledger.worklist.page(Filter((("shop_erp", "inventory"),)), sort="newest", after=None, limit=9)
    assert [each.key for each in held] == [FIRST]
    assert (ledger.quarantine.late(now), ledger.quarantine.late(later), ledger.quarantine.asking(now)) == (1, 0, 0)
