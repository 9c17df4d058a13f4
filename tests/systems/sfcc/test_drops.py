"""Drops over a real SFTP server: taken once, moved aside, and never at the cost of another."""

from __future__ import annotations

import gzip
import os
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from airflow.providers.sftp.hooks.sftp import SFTPHook

from cartage.records.outcome import Outcome, Verdict
from cartage.settings import Drops
from cartage.systems.sfcc.sftp_folder import SftpFolder
from cartage.windows import Selection, Window
from tests.systems.sfcc.exports import export, numbers, order

if TYPE_CHECKING:
    from cartage.seams import Read
    from tests.systems.sfcc.conftest import Ground

A = "RefArch_orders_20260105T101500.xml"
B = "RefArch_orders_20260105T111500.xml"


def keys(reads: list[Read]) -> list[str]:
    return [key for read in reads for key in read.batch.root["key"].to_pylist()]


def rows(reads: list[Read]) -> list[int]:
    return [row for read in reads for row in read.batch.root["order"].to_pylist()]


def test_drops_are_read_once_archived_and_moved(ground: Ground) -> None:
    ground.leave(A, numbers("1", "2"))
    ground.leave(B + ".gz", gzip.compress(numbers("3")))
    assert keys(ground.run()) == ["RefArch/1", "RefArch/2", "RefArch/3"]
    assert ground.on_server(ground.settings.folder) == []
    assert ground.on_server(ground.settings.archive) == [A, B + ".gz"]
    assert {each.state for each in ground.drops().values()} == {"archived"}
    with ground.staging.open_landed(ground.drops()[A].landed_uri) as file:
        assert file.read() == numbers("1", "2")
    later = Window(datetime.now(UTC), datetime.now(UTC) + timedelta(hours=1))
    assert ground.run(window=later) == []


def test_site_and_version_come_from_the_name(ground: Ground) -> None:
    ground.leave("RefArchUS_orders_20260105101500_part2.xml", numbers("7"))
    root = ground.run()[0].batch.root.to_pylist()[0]
    assert root["site"] == "RefArchUS"
    assert root["key"] == "RefArchUS/7"
    assert root["drop"] == "RefArchUS_orders_20260105101500_part2.xml"
    assert root["version"] == "2026-01-05T10:15:00.000000Z/000000000"


def test_the_site_may_stand_in_the_folder(ground: Ground) -> None:
    folder = ground.settings.folder
    ground.settings = Drops(
        folder=folder + "/{site}", archive=folder + "/{site}/archive", rejected=folder + "/rejected",
        pattern=r".*\.xml", stable_seconds=1,
    )  # fmt: skip
    for site in ("RefArch", "RefArchUS"):
        ground.leave("orders.xml", numbers(site), folder=f"{folder}/{site}")
    assert keys(ground.run()) == ["RefArch/RefArch", "RefArchUS/RefArchUS"]
    assert ground.on_server(f"{folder}/RefArchUS/archive") == ["orders.xml"]


def test_the_same_window_gives_the_same_rows_again(ground: Ground) -> None:
    window = ground.window()
    ground.leave(A, numbers("1", "2"))
    ground.leave(B, numbers("3", "1"))
    first = ground.run(window=window, settle=False)
    again = ground.run(window=window)
    settled = ground.run(window=window)
    assert keys(first) == ["RefArch/1", "RefArch/2", "RefArch/3", "RefArch/1"]
    assert rows(first) == [0, 1, 2, 3]
    assert [each.batch.tables for each in first] == [each.batch.tables for each in again]
    assert [each.batch.tables for each in first] == [each.batch.tables for each in settled]


def test_what_a_failed_run_read_is_read_by_the_next(ground: Ground) -> None:
    ground.leave(A, numbers("1"))
    ground.run(settle=False)
    later = Window(datetime.now(UTC), datetime.now(UTC) + timedelta(hours=1))
    assert keys(ground.run(window=later)) == ["RefArch/1"]
    assert ground.on_server(ground.settings.archive) == [A]


@pytest.mark.parametrize("name", [A, B])
def test_the_same_content_again_is_read_again_and_told_to_be_a_repeat(
    ground: Ground, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    ground.leave(A, numbers("1"))
    ground.run()
    for times in (2, 3):  # a third time, too
        ground.leave(name, numbers("1"))
        later = Window(datetime.now(UTC), datetime.now(UTC) + timedelta(hours=1))
        with caplog.at_level("INFO"):
            assert keys(ground.run(window=later)) == ["RefArch/1"]
        assert f"{name} repeats" in caplog.text
        assert ground.on_server(ground.settings.folder) == []
        assert len(ground.on_server(ground.settings.archive)) == times
    assert ground.drops()[A].state == "archived"
    if name == B:
        assert ground.drops()[B].state == "repeated"
        assert A in (ground.drops()[B].reason or "")


def test_the_same_content_under_two_names_in_one_run_is_read_once(ground: Ground) -> None:
    ground.leave(A, numbers("1"))
    ground.leave(B, numbers("1"))
    assert keys(ground.run()) == ["RefArch/1"]
    assert ground.on_server(ground.settings.archive) == [A, B]


def test_the_same_order_twice_in_a_file_gives_two_rows(ground: Ground) -> None:
    ground.leave(A, numbers("1", "2", "1"))
    read = ground.run()[0].batch.root
    assert read["order_no"].to_pylist() == ["1", "2", "1"]
    assert read["order"].to_pylist() == [0, 1, 2]
    assert read["version"].to_pylist() == sorted(set(read["version"].to_pylist()))


def test_a_file_that_still_grows_is_left_for_later(ground: Ground) -> None:
    whole = numbers(*map(str, range(50)))
    ground.settings = Drops(**ground.settings.model_dump() | {"stable_seconds": 300})  # however slow the machine is
    path = ground.leave(A, whole[:500], age=0)

    def grow(_: float) -> None:
        path.write_bytes(whole)
        os.utime(path, (path.stat().st_mtime + 1,) * 2)

    window = ground.window()
    growing = SftpFolder(SFTPHook(ssh_conn_id="sfcc_sftp"), sleep=grow)
    run = ground.open_run(window)
    assert list(ground.source(run, server=growing).read(window, Selection())) == []
    ground.ledger.runs.close(run, "settled")
    assert ground.on_server(ground.settings.folder) == [A]
    os.utime(path, (path.stat().st_mtime - 400,) * 2)
    assert len(keys(ground.run())) == 50


def test_a_new_file_is_waited_for_no_longer_than_needed(ground: Ground) -> None:
    waited: list[float] = []
    ground.settings = Drops(**ground.settings.model_dump() | {"stable_seconds": 30})
    ground.leave(A, numbers("1"), age=0.2)
    ground.leave(B, numbers("2"), age=100)
    patient = SftpFolder(SFTPHook(ssh_conn_id="sfcc_sftp"), sleep=waited.append)
    window = ground.window()
    run = ground.open_run(window)
    assert len(keys(list(ground.source(run, server=patient).read(window, Selection())))) == 2
    assert len(waited) == 1
    assert waited[0] <= ground.settings.stable_seconds


def test_temporary_names_folders_and_other_files_are_not_touched(ground: Ground) -> None:
    ground.leave(A + ".tmp", numbers("1"))
    ground.leave("notes.txt", b"hello")
    (ground.root / ground.settings.folder.lstrip("/") / "x_orders_20260105T101500.xml").mkdir()
    assert ground.run() == []
    assert ground.on_server(ground.settings.folder) == [A + ".tmp", "notes.txt"]


def test_keys_read_only_those_orders_and_settle_nothing(ground: Ground) -> None:
    ground.leave(A, numbers("1", "2", "3"))
    found = ground.run(Selection(keys=("2", "9")))
    assert keys(found) == ["RefArch/2"]
    assert rows(found) == [1]
    assert ground.on_server(ground.settings.folder) == [A]
    assert keys(ground.run()) == ["RefArch/1", "RefArch/2", "RefArch/3"]
    assert keys(ground.run(Selection(keys=("3",)))) == ["RefArch/3"]


def test_a_dry_run_moves_nothing(ground: Ground) -> None:
    ground.leave(A, numbers("1"))
    window = ground.window()
    run = ground.open_run(window, Selection(dry_run=True))
    assert len(list(ground.source(run).read(window, Selection(dry_run=True)))) == 1
    assert ground.on_server(ground.settings.folder) == [A]
    assert keys(ground.run()) == ["RefArch/1"]


def test_a_backfill_reads_the_archive_by_landing_time_alone(ground: Ground) -> None:
    ground.leave(A, numbers("1"))
    ground.run()
    ground.leave(B, numbers("2"))
    assert keys(ground.run(Selection(backfill=True))) == ["RefArch/1"]
    assert ground.on_server(ground.settings.folder) == [B]
    past = Window(datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 1, 2, tzinfo=UTC))
    assert ground.run(Selection(backfill=True), past) == []


def test_an_archive_that_has_the_name_already_keeps_both(ground: Ground) -> None:
    ground.leave(A, b"an older file", folder=ground.settings.archive)
    ground.leave(A, numbers("1"))
    ground.run()
    archived = ground.on_server(ground.settings.archive)
    assert len(archived) == 2
    assert (ground.root / ground.settings.archive.lstrip("/") / A).read_bytes() == b"an older file"


def test_finishing_twice_or_after_a_crash_is_finishing_once(ground: Ground) -> None:
    ground.leave(A, numbers("1"))
    window = ground.window()
    run = ground.open_run(window)
    list(ground.source(run).read(window, Selection()))
    ground.ledger.runs.close(run, "settled")
    archive = ground.root / ground.settings.archive.lstrip("/")
    archive.mkdir()
    (ground.root / ground.settings.folder.lstrip("/") / A).rename(archive / A)  # moved, then killed
    ground.source(run).acknowledge([])
    ground.source(run).acknowledge([])
    assert ground.drops()[A].state == "archived"
    assert ground.on_server(ground.settings.archive) == [A]


def test_what_a_broken_run_over_a_past_stretch_held_is_read_by_the_next(ground: Ground) -> None:
    ground.leave(A, numbers("1"))
    now = datetime.now(UTC)
    past = Window(now - timedelta(hours=2), now - timedelta(hours=1))
    run = ground.open_run(past)
    assert keys(list(ground.source(run).read(past, Selection()))) == ["RefArch/1"]
    ground.source(run).acknowledge([Verdict(0, "RefArch/1", Outcome.HELD)])
    ground.ledger.runs.close(run, "failed")
    assert ground.on_server(ground.settings.folder) == [A]
    assert keys(ground.run(window=Window(now, now + timedelta(hours=1)))) == ["RefArch/1"]
    assert ground.on_server(ground.settings.archive) == [A]


def test_a_file_written_anew_between_reading_and_settling_is_the_next_runs(ground: Ground) -> None:
    ground.leave(A, numbers("1"))
    window = ground.window()
    run = ground.open_run(window)
    list(ground.source(run).read(window, Selection()))
    ground.leave(A, numbers("9"), age=-5)
    ground.ledger.runs.close(run, "settled")
    ground.source(run).acknowledge([])
    assert ground.on_server(ground.settings.folder) == [A]
    ground.leave(A, numbers("9"))
    assert keys(ground.run(window=Window(datetime.now(UTC), datetime.now(UTC) + timedelta(hours=1)))) == ["RefArch/9"]


REFUSED = {
    "empty": (A, b"", "it is empty"),
    "blank": (A, b"\n  \n", "it is empty"),
    "no XML": (A, b"order;amount\n1;2\n", "it is no XML"),
    "foreign root": (A, export([], root="catalog", end="</catalog>"), "its root is <catalog>"),
    "foreign namespace": (A, export([order("1")], namespace="urn:other"), "urn:other"),
    "no namespace": (A, b"<orders><order order-no='1'/></orders>", "(none)"),
    "DOCTYPE": (A, b'<!DOCTYPE orders [<!ENTITY a "b">]>' + numbers("1").split(b"\n", 1)[1], "DOCTYPE"),
    "external entity": (
        A,
        b'<?xml version="1.0"?><!DOCTYPE orders SYSTEM "file:///etc/passwd"><orders>&x;</orders>',
        "DOCTYPE",
    ),
    "unknown encoding": (A, b'<?xml version="1.0" encoding="klingon"?><orders/>', "klingon"),
    "gzip bomb": (A + ".gz", gzip.compress(b"<orders>" + b" " * 50_000_000), "more than 5 MB"),
    "too large": (A, numbers("1") + b" " * 5_000_000, "more than 5 MB"),
    "not gzip": (A + ".gz", numbers("8"), "not gzip"),
    "no site": ("export.xml", numbers("8"), "its site is not known"),
    "unknown site": ("Other_orders_20260105T101500.xml", numbers("8"), "the site Other"),
    "no such time": ("RefArch_orders_20261305T101500.xml", numbers("8"), "no date and time"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_drop_that_cannot_be_read_is_rejected_with_its_reason_and_costs_no_other(ground: Ground, kind: str) -> None:
    name, content, reason = REFUSED[kind]
    ground.leave(name, content)
    ground.leave(B, numbers("1"))
    assert keys(ground.run()) == ["RefArch/1"]
    assert ground.on_server(ground.settings.archive) == [B]
    assert ground.on_server(ground.settings.rejected) == [name, f"{name}.reason.txt"]
    written = (ground.root / ground.settings.rejected.lstrip("/") / f"{name}.reason.txt").read_text()
    assert written.startswith(f"{name}: ")
    assert reason in written
    assert ground.drops()[name].state == "rejected"


def test_a_name_that_climbs_out_of_its_folder_is_not_touched(ground: Ground, caplog: pytest.LogCaptureFixture) -> None:
    climbing = "..\\..\\RefArch_orders_20260105T101500.xml"
    ground.leave(climbing, numbers("1"))
    ground.leave(B, numbers("2"))
    assert keys(ground.run()) == ["RefArch/2"]
    assert ground.on_server(ground.settings.folder) == [climbing]
    assert "leads out of its folder" in caplog.text


def test_a_drop_cut_off_gives_its_whole_orders_names_the_broken_one_and_is_rejected(ground: Ground) -> None:
    whole = numbers("1", "2", "3")
    ground.leave(A, whole[: whole.index(b'order-no="3"') + 200])
    (read,) = ground.run()
    assert keys([read]) == ["RefArch/1", "RefArch/2"]
    (verdict,) = read.verdicts
    assert (verdict.key, verdict.row, verdict.outcome) == ("RefArch/3", 2, Outcome.QUARANTINED)
    assert f"{A}, record 3, line" in verdict.complaints[0].message
    assert read.originals[2].startswith(b'<order order-no="3">')
    assert ground.drops()[A].state == "rejected"
    assert "cut off" in (ground.drops()[A].reason or "")


def test_a_drop_cut_off_after_a_whole_order_is_rejected_after_its_orders_are_taken(ground: Ground) -> None:
    ground.leave(A, numbers("1", "2").removesuffix(b"</orders>\n"))
    (read,) = ground.run()
    assert keys([read]) == ["RefArch/1", "RefArch/2"]
    assert read.verdicts == ()
    assert ground.on_server(ground.settings.rejected) == [A, f"{A}.reason.txt"]


def test_a_cut_off_gzip_gives_what_was_whole(ground: Ground) -> None:
    packed = gzip.compress(numbers(*(f"{number:04d}-{number * 7919 % 1000003:x}" for number in range(3000))))
    ground.leave(A + ".gz", packed[: len(packed) // 2])
    found = keys(ground.run())
    assert 100 < len(found) < 3000
    assert "the gzip file is cut off" in (ground.drops()[A + ".gz"].reason or "")


def test_batches_span_drops_and_stay_below_the_limit(ground: Ground) -> None:
    ground.batch_records = 4
    for hour in range(10):
        ground.leave(f"RefArch_orders_20260105T{hour:02d}0000.xml", numbers(*(f"{hour}-{n}" for n in range(3))))
    reads = ground.run()
    assert [len(each.batch) for each in reads] == [4, 4, 4, 4, 4, 4, 4, 2]
    assert rows(reads) == list(range(30))
    for read in reads:
        assert set(read.batch.tables["lines"]["order"].to_pylist()) == set(read.batch.root["order"].to_pylist())


def test_a_run_of_very_many_orders_has_at_most_200_batches(ground: Ground) -> None:
    ground.batch_records = 1
    ground.leave(A, numbers(*map(str, range(700))))
    reads = ground.run()
    assert len(reads) <= 200
    assert keys(reads) == [f"RefArch/{number}" for number in range(700)]


def test_a_drop_whose_name_is_mended_is_read(ground: Ground) -> None:
    ground.leave("export.xml", numbers("1"))
    assert ground.run() == []
    ground.leave(A, numbers("1"))
    assert keys(ground.run()) == ["RefArch/1"]
    assert ground.on_server(ground.settings.archive) == [A]


def test_a_drop_put_back_after_the_settings_were_mended_is_read(ground: Ground) -> None:
    ground.leave("Outlet_orders_20260105T101500.xml", numbers("1"))
    assert ground.run() == []
    ground.sites = ("RefArch", "Outlet")
    ground.leave("Outlet_orders_20260105T101500.xml", numbers("1"))
    assert keys(ground.run()) == ["Outlet/1"]


def test_drops_landed_at_the_same_time_by_two_runs_are_one(ground: Ground) -> None:
    for hour in range(6):
        ground.leave(f"RefArch_orders_20260105T{hour:02d}0000.xml", numbers(str(hour)))
    window = ground.window()
    found: list[list[str]] = []

    def read() -> None:
        run = ground.open_run(window)
        server = SftpFolder(SFTPHook(ssh_conn_id="sfcc_sftp"))
        found.append(keys(list(ground.source(run, server=server).read(window, Selection()))))

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ground.drops()) == 6
    assert all(sorted(each) == [f"RefArch/{hour}" for hour in range(6)] for each in found)
