"""The worklist, what people change in it, samples and findings: on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from cartage.errors import Complaint
from cartage.ledger import Entry
from cartage.ledger.expectations import Found
from cartage.ledger.mending import EditConflictError
from cartage.ledger.worklist import NOBODY, SORTS, Filter, place
from tests.ledger.ledger_examples import rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from cartage.ledger import Ledger

WHY = Complaint("unknown_item", "100 % unknown", "lines.product_id")
ALL = Filter((("shop_erp", "orders"), ("shop_erp", "customers")))


def hold(ledger: Ledger, start: Callable[..., int]) -> list[int]:
    """Hold three orders back, and give their entries."""
    run = start()
    keys = [f"RefArch/{each}" for each in (1, 2, 3)]
    ledger.outcomes.extracted(run, "order", rows(*keys), 0)
    entries = [Entry(row, key, "1", "load", (WHY,), b'{"a": 1}') for row, key in enumerate(keys)]
    ledger.quarantine.put(run, "orders", "order", entries)
    ledger.expectations.note(run, [Found("a_rule", "critical", 3, 1, 1), Found("idle", "info", 0, 0, 0)])
    return [each.id for each in ledger.quarantine.open("shop_erp")]


def test_the_worklist_is_read_from_every_side(ledger: Ledger, start: Callable[..., int]) -> None:
    ids = hold(ledger, start)
    ledger.mending.assign(ids[:2], "ada")
    ledger.mending.assign(ids[:1], None)
    ledger.mending.tag(ids[1:], "items")
    ledger.mending.tag(ids[1:], "items")
    (group,) = ledger.worklist.groups(ALL)
    assert (group.code, group.count) == ("unknown_item", 3)
    assert ledger.worklist.labels(ALL) == (["ada"], ["items"])
    found = {
        name: [each.id for each in ledger.worklist.page(asked, sort="record")]
        for name, asked in {
            "ada": Filter(ALL.flows, assignee="ada"),
            "nobody": Filter(ALL.flows, assignee=NOBODY),
            "tagged": Filter(ALL.flows, tag="items"),
            "said": Filter(ALL.flows, text="100 % UNKNOWN"),
            "not said": Filter(ALL.flows, text="100_%"),
            "elsewhere": Filter((("shop_erp", "prices"),)),
            "nowhere": Filter(()),
        }.items()
    }
    assert found == {
        "ada": ids[1:2], "nobody": [ids[0], ids[2]], "tagged": ids[1:], "said": ids, "not said": [],
        "elsewhere": [], "nowhere": [],
    }  # fmt: skip


@pytest.mark.parametrize("sort", SORTS)
def test_pages_follow_each_other(ledger: Ledger, start: Callable[..., int], sort: str) -> None:
    hold(ledger, start)
    whole = ledger.worklist.page(ALL, sort=sort)
    paged, after = [], None
    while some := ledger.worklist.page(ALL, sort=sort, after=after, limit=1):
        paged += some
        after = place(some[-1], sort)
    assert paged == whole
    assert len(whole) == 3


def test_all_versions_are_kept_until_retention(ledger: Ledger, start: Callable[..., int]) -> None:
    first, *_ = hold(ledger, start)
    seen = ledger.mending.payload(first)
    assert seen is not None
    ledger.mending.edit(first, b'{"a": 2}', who="ada", seen=seen.mark, note="two", emails=("ada@example.com",))
    with pytest.raises(EditConflictError, match="changed while you had it open"):
        ledger.mending.edit(first, b'{"a": 3}', who="eve", seen=seen.mark)
    ledger.quarantine.retrying([first])
    now = ledger.mending.payload(first)
    assert now is not None
    with pytest.raises(EditConflictError, match="not waiting any more"):
        ledger.mending.edit(first, b'{"a": 3}', who="eve", seen=now.mark)
    kept = [(each.who, each.body) for each in ledger.mending.versions(first)]
    assert kept == [(None, b'{"a": 1}'), ("ada", b'{"a": 2}')]
    assert [each.id for each in ledger.quarantine.find(email="Ada@example.com")] == [first]
    ledger.quarantine.dismiss(first, "ada", "a test")
    ledger.forget(datetime.now(UTC) + timedelta(seconds=1))
    assert [each.body for each in ledger.mending.versions(first)] == [None, None]


def test_samples_and_findings(ledger: Ledger, start: Callable[..., int]) -> None:
    ids = hold(ledger, start)
    held = ledger.samples.of("shop_erp", "order", "2")
    assert [(each.key, each.quarantine_id) for each in held] == [("RefArch/2", ids[1]), ("RefArch/2", None)]
    assert ledger.samples.of("shop_erp", "order", "Other/2") == []
    assert len(ledger.samples.of("shop_erp", "order")) == 6
    (checked,) = ledger.expectations.recent("shop_erp", "orders", 5)
    assert checked.found == {"a_rule": Found("a_rule", "critical", 3, 1, 1)}
