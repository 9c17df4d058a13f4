from __future__ import annotations

import io
import os
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from airflow.sdk import ObjectStoragePath
from airflow.sdk.io import attach
from fsspec.implementations.memory import MemoryFileSystem

from cartage.errors import BatchError
from cartage.records import order
from cartage.records.batch import Batch, BatchRef, empty
from cartage.staging import Staging, area
from cartage.staging.area import MARKER

if TYPE_CHECKING:
    from pathlib import Path

RUN = "scheduled__2026-01-05T10:15:00+00:00"


def orders(*numbers: str) -> Batch:
    """Make a batch with these orders and nothing else about them."""
    batch = empty("order")
    rows = [
        dict.fromkeys(order.ORDERS.names)
        | {
            "order": i,
            "order_no": number,
            "order_net": Decimal("12.500000"),
            "placed_at": datetime(2026, 1, 5, tzinfo=UTC),
        }
        for i, number in enumerate(numbers)
    ]
    return Batch("order", batch.tables | {"orders": pa.Table.from_pylist(rows, schema=order.ORDERS)})


@pytest.fixture(params=["folder", "object storage"])
def staging(request: pytest.FixtureRequest, tmp_path: Path) -> Staging:
    if request.param == "folder":
        return Staging(str(tmp_path))
    attach("memory", fs=MemoryFileSystem())
    return Staging(f"memory://bucket/{tmp_path.name}-{os.getpid()}")


def test_a_batch_comes_back_as_it_was_with_the_types_of_its_record(staging: Staging) -> None:
    written = orders("00017", "00018")
    ref = staging.write(RUN, "extract", 3, written)
    again = staging.read(BatchRef(**ref.as_dict()))
    assert ref.records == 2
    assert ref.number == 3
    assert again.record == "order"
    assert {name: table.schema for name, table in again.tables.items()} == order.TABLES
    assert again.tables == written.tables


def test_of_a_batch_only_some_columns_are_read_when_few_are_asked_for(staging: Staging) -> None:
    ref = staging.write(RUN, "extract", 0, orders("00017", "00018"))
    some = staging.read(ref, {"orders": {"order", "order_no", "invoice_no"}, "lines": {"order"}})
    assert some.root.to_pylist() == [
        {"order": 0, "order_no": "00017", "invoice_no": None},
        {"order": 1, "order_no": "00018", "invoice_no": None},
    ]
    assert some.tables["lines"].column_names == ["order"]
    assert some.tables["lines"].schema.field("order").type == order.LINES.field("order").type


def test_writing_again_replaces_and_leaves_nothing_of_the_first(staging: Staging) -> None:
    first = staging.write(RUN, "extract", 0, orders("1", "2", "3"))
    second = staging.write(RUN, "extract", 0, orders("4"))
    assert first.uri == second.uri
    assert staging.read(second).root["order_no"].to_pylist() == ["4"]


def test_a_batch_of_a_killed_task_is_not_half_read(tmp_path: Path) -> None:
    staging = Staging(str(tmp_path))
    ref = staging.write(RUN, "extract", 0, orders("1"))
    next(tmp_path.rglob(MARKER)).unlink()
    with pytest.raises(BatchError, match="clear the task that made it"):
        staging.read(ref)


def test_a_killed_replacement_leaves_the_whole_batch_of_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    staging = Staging(str(tmp_path))
    ref = staging.write(RUN, "extract", 0, orders("1"))

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("cartage.staging.area.publish", die)
    with pytest.raises(KeyboardInterrupt):
        staging.write(RUN, "extract", 0, orders("2", "3"))
    assert staging.read(ref).root["order_no"].to_pylist() == ["1"]


EARLIER = b'{"record": "order", "number": 0, "records": 1, "files": {"orders": "orders.0.parquet"}}'


@pytest.mark.parametrize("left", [b"", b"ARROW1\0\0", b"PAR1 of an earlier version of Cartage PAR1", EARLIER])
@pytest.mark.parametrize("pattern", ["orders.*.arrow", MARKER])
def test_a_batch_that_a_lost_machine_left_damaged_says_what_to_do(tmp_path: Path, pattern: str, left: bytes) -> None:
    staging = Staging(str(tmp_path))
    ref = staging.write(RUN, "extract", 0, orders("1"))
    (file,) = tmp_path.rglob(pattern)
    file.write_bytes(left)
    with pytest.raises(BatchError, match=r"00000: the batch is damaged .* clear the task that made it"):
        staging.read(ref)


def test_a_file_of_another_size_or_gone_is_damage_too(staging: Staging) -> None:
    ref = staging.write(RUN, "extract", 0, orders("1"))
    (file,) = (each for each in ObjectStoragePath(ref.uri).iterdir() if each.name.endswith(".arrow"))
    whole = file.read_bytes()
    file.write_bytes(whole[:-8])
    with pytest.raises(BatchError, match=rf"has {len(whole) - 8} bytes of {len(whole)}.* clear the task that made it"):
        staging.read(ref)
    file.unlink()
    with pytest.raises(BatchError, match=r"the batch is damaged .* clear the task that made it"):
        staging.read(ref)


def test_two_writers_of_one_batch_leave_one_of_both_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    staging = Staging(str(tmp_path))
    begun = area.publish

    def overtaken(path: Path, content: bytes) -> None:
        begun(path, content)
        monkeypatch.setattr(area, "publish", begun)  # the other one publishes now, and the first goes on
        staging.write(RUN, "extract", 0, orders("2"))

    monkeypatch.setattr(area, "publish", overtaken)
    ref = staging.write(RUN, "extract", 0, orders("1"))
    assert staging.read(ref).root["order_no"].to_pylist() == ["2"]


def test_runs_steps_and_numbers_do_not_mix(staging: Staging) -> None:
    refs = [
        staging.write(run, step, number, orders(f"{run}{step}{number}"))
        for run in ("a:b", "a_b", "a+b")
        for step in ("extract", "validate")
        for number in (0, 1)
    ]
    assert len({ref.uri for ref in refs}) == len(refs)
    assert [staging.read(ref).root["order_no"][0].as_py() for ref in refs] == [
        f"{run}{step}{number}" for run in ("a:b", "a_b", "a+b") for step in ("extract", "validate") for number in (0, 1)
    ]


@pytest.mark.parametrize("name", ["a.xml", "../../../etc/passwd", "..", "a/b.xml", "orders für Ä.xml"])
def test_a_landed_drop_stays_in_the_archive_under_any_name(tmp_path: Path, name: str) -> None:
    staging = Staging(str(tmp_path / "root"))
    uri = staging.land("sfcc_netsuite.orders", name, "ab" * 32, io.BytesIO(b"<orders/>"))
    again = staging.land("sfcc_netsuite.orders", name, "ab" * 32, io.BytesIO(b"<orders/>"))
    assert uri == again
    with staging.open_landed(uri) as file:
        assert file.read() == b"<orders/>"
    files = [each for each in tmp_path.rglob("*") if each.is_file()]
    assert len(files) == 1
    assert files[0].is_relative_to(tmp_path / "root" / "landing")


def test_a_landed_drop_is_a_local_file_wherever_it_lies(staging: Staging) -> None:
    uri = staging.land("flow", "a.xml", "cd" * 32, io.BytesIO(b"<orders/>"))
    with staging.local_path(uri) as path:
        assert path.read_bytes() == b"<orders/>"


def test_a_drop_that_is_gone_says_what_to_do(tmp_path: Path) -> None:
    staging = Staging(str(tmp_path))
    gone = f"file://{tmp_path}/landing/f/x/a.xml"
    with pytest.raises(BatchError, match=r"a\.xml.*Put the file"):
        staging.open_landed(gone)
    with pytest.raises(BatchError, match="Put the file"), staging.local_path(gone):
        pass


def test_sweeping_takes_old_runs_and_spares_new_ones_and_drops(tmp_path: Path) -> None:
    staging = Staging(str(tmp_path))
    old = staging.write("old", "extract", 0, orders("1"))
    new = staging.write("new", "extract", 0, orders("2"))
    uri = staging.land("flow", "a.xml", "ef" * 32, io.BytesIO(b"<orders/>"))
    past = (datetime.now(UTC) - timedelta(days=20)).timestamp()
    for file in (tmp_path / "batches" / "old").rglob("*"):
        os.utime(file, (past, past))
    os.utime(tmp_path / "landing" / "flow" / ("ef" * 32) / "a.xml", (past, past))
    feeds = [staging.land("flow.feeds", name, name * 32, io.BytesIO(b"<inventory/>")) for name in ("ab", "cd")]
    os.utime(tmp_path / "landing" / "flow.feeds" / ("ab" * 32) / "ab", (past, past))
    reports = [tmp_path / "reports" / "flow" / name for name in ("1.html", "2.html")]
    reports[0].parent.mkdir(parents=True)
    for report in reports:
        report.write_text("<!doctype html>")
    os.utime(reports[0], (past, past))

    assert staging.sweep(datetime.now(UTC) - timedelta(days=14)) == 1
    assert staging.sweep(datetime.now(UTC) - timedelta(days=14)) == 0
    with pytest.raises(BatchError):
        staging.read(old)
    assert len(staging.read(new)) == 1
    assert [each.exists() for each in reports] == [False, True]
    staging.open_landed(uri).close()
    with pytest.raises(BatchError):
        staging.open_landed(feeds[0])
    staging.open_landed(feeds[1]).close()
