"""The accounting identity under any sequence of verdicts: what was extracted is what ended, or is unaccounted."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from cartage.records.outcome import Outcome, Verdict
from cartage.windows import Selection, Window
from tests.ledger.ledger_examples import KEY, NOON, table
from tests.ledgers import new_ledger

if TYPE_CHECKING:
    from collections.abc import Sequence

KEYS = ["RefArch/1", "RefArch/2", "RefArch/3"]
Extracted = list[tuple[str, str]]

extracted = st.lists(st.tuples(st.sampled_from(KEYS), st.sampled_from(["v1", "v2"])), min_size=1, max_size=8)
verdicts = st.lists(
    st.lists(st.tuples(st.integers(0, 7), st.sampled_from(list(Outcome))), max_size=6), max_size=5
)  # fmt: skip


@given(records=extracted, batches=verdicts, again=st.booleans())
@settings(max_examples=40, deadline=None)
def test_extracted_is_always_the_sum_of_outcomes_and_unaccounted(
    records: Extracted, batches: Sequence[Sequence[tuple[int, Outcome]]], again: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        ledger = new_ledger(Path(folder) / "ledger.db", KEY)
        run = ledger.runs.open(
            integration="shop_erp", flow="orders", dag_id="d", dag_run_id="r", run_type="scheduled", started_by=None,
            window=Window(None, NOON), selection=Selection(), settings_digest="0",
        )  # fmt: skip
        source = table((row, key, version) for row, (key, version) in enumerate(records))
        ledger.outcomes.extracted(run, "order", source, 0)
        first: dict[int, Outcome] = {}
        for batch in batches:
            given_ = [Verdict(row, records[row][0], outcome) for row, outcome in batch if row < len(records)]
            ledger.outcomes.settle(run, "order", given_)
            if again:
                ledger.outcomes.extracted(run, "order", source, 0)
            first |= {
                each.row: each.outcome
                for each in reversed(given_)
                if first.get(each.row, Outcome.HELD) is Outcome.HELD  # what was held gives way, nothing else does
            }
            balance = ledger.outcomes.balance(run)["order"]
            assert balance.extracted == len(records) == sum(balance.outcomes.values()) + balance.unaccounted
        assert {each.row: each.outcome for each in ledger.outcomes.verdicts(run)} == first
        unaccounted = {row for _, row, _ in ledger.outcomes.unaccounted(run)}
        assert unaccounted == set(range(len(records))) - set(first)
        ledger.close()
