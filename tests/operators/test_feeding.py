from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

import pyarrow as pa

from cartage.ledger.told import VALUES
from cartage.operators.extract import crosses
from cartage.operators.feeding import unlike
from cartage.records.batch import KINDS, Batch
from cartage.windows import Window

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


def feed(*rows: tuple[str, str]) -> Batch:
    """Give price rows with key and hash, each with one tier."""
    kind = KINDS["price_feed"]
    root = [{"record": number, "key": key, "hash": digest} for number, (key, digest) in enumerate(rows)]
    tiers: list[dict[str, Any]] = [{"record": each["record"]} for each in root]
    return Batch("price_feed", {
        "rows": pa.Table.from_pylist(root, schema=kind.TABLES["rows"]),
        "tiers": pa.Table.from_pylist(tiers, schema=kind.TABLES["tiers"]),
    })  # fmt: skip


def told(*rows: tuple[str, str | None, str]) -> pa.Table:
    """Give what was last told: key, hash and value."""
    return pa.Table.from_pylist(
        [{"key": key, "hash": digest, "value": value, "as_of": AT} for key, digest, value in rows], schema=VALUES
    )


def test_only_what_differs_from_the_last_feed_is_news() -> None:
    same, news = unlike(
        feed(("eur/A", "1"), ("eur/B", "2"), ("eur/C", "3"), ("eur/D", "4")),
        told(("eur/B", "2", "9.00"), ("eur/C", "old", "7.00"), ("eur/D", None, "5.00"), ("eur/Z", "9", "1.00")),
    )
    assert same.to_pylist() == ["eur/B"]
    assert news.root["key"].to_pylist() == ["eur/A", "eur/C", "eur/D"], "never told, changed, and forgotten again"
    assert news.root["before"].to_pylist() == [None, "7.00", "5.00"]
    assert news.tables["tiers"]["record"].to_pylist() == news.root["record"].to_pylist()


def test_nothing_was_ever_told() -> None:
    same, news = unlike(feed(("eur/A", "1")), told())
    assert same.to_pylist() == []
    assert len(news) == 1


def test_the_full_run_is_the_first_whose_window_crosses_the_time_of_day() -> None:
    def window(since: str | None, until: str) -> Window:
        return Window(datetime.fromisoformat(f"{since}Z") if since else None, datetime.fromisoformat(f"{until}Z"))

    two = time(2)
    assert crosses(window(None, "2026-11-20T12:00"), two)
    assert crosses(window("2026-11-20T01:50", "2026-11-20T02:00"), two)
    assert not crosses(window("2026-11-20T02:00", "2026-11-20T02:10"), two)
    assert crosses(window("2026-11-20T02:10", "2026-11-21T02:05"), two)
    assert crosses(window("2026-11-18T12:00", "2026-11-20T01:00"), two), "after an outage over the night"
    assert not crosses(window("2026-11-20T02:10", "2026-11-21T01:55"), two)
