from __future__ import annotations

from datetime import datetime, time
from typing import Any

import pyarrow as pa

from cartage.operators.extract import crosses
from cartage.operators.feeding import unlike
from cartage.records.batch import KINDS, Batch
from cartage.windows import Window


def feed(*rows: tuple[str, str, str | None]) -> Batch:
    """Give price rows with key, hash and the hash told last, each with one tier."""
    kind = KINDS["price_feed"]
    root = [{"record": n, "key": key, "hash": digest, "told": told} for n, (key, digest, told) in enumerate(rows)]
    tiers: list[dict[str, Any]] = [{"record": each["record"]} for each in root]
    return Batch("price_feed", {
        "rows": pa.Table.from_pylist(root, schema=kind.TABLES["rows"]),
        "tiers": pa.Table.from_pylist(tiers, schema=kind.TABLES["tiers"]),
    })  # fmt: skip


def test_only_what_differs_from_the_last_feed_is_news() -> None:
    same, news = unlike(feed(("eur/A", "1", None), ("eur/B", "2", "2"), ("eur/C", "3", "old")))
    assert same.to_pylist() == ["eur/B"]
    assert news.root["key"].to_pylist() == ["eur/A", "eur/C"], "never told, or forgotten again; and changed"
    assert news.tables["tiers"]["record"].to_pylist() == news.root["record"].to_pylist()


def test_nothing_was_ever_told() -> None:
    same, news = unlike(feed(("eur/A", "1", None)))
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
