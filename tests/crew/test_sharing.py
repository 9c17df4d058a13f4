"""Work shared with worker processes gives what it gives without them, whatever becomes of the workers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Self

import psutil
import pyarrow as pa
import pytest

from cartage.crew import MOST_WORKERS, sharing, workers_for
from cartage.crew.sharing import shared
from cartage.errors import BatchError

if TYPE_CHECKING:
    from pathlib import Path

HERE = os.getpid()
PIECES = list(range(30))


@dataclass(frozen=True)
class Squares:
    """Squares numbers; told so, it dies, hangs or complains at one of them."""

    dies_at: int = -1
    hangs_at: int = -1
    complains_at: int = -1
    home: int = 0

    def do(self, piece: int) -> tuple[int, int]:
        if piece == self.dies_at and os.getpid() != self.home:
            os.kill(os.getpid(), signal.SIGKILL)
        if piece == self.hangs_at and os.getpid() != self.home:
            os.kill(os.getpid(), signal.SIGSTOP)
        if piece == self.complains_at:
            raise BatchError(f"{piece} is not to be squared")
        time.sleep(0.01)
        return piece * piece, os.getpid()


@dataclass(frozen=True)
class Echo:
    """Gives what it is given."""

    def do(self, piece: pa.Table) -> pa.Table:
        return piece


@dataclass(frozen=True)
class Counting:
    """Counts buffers."""

    def do(self, piece: list[pa.Array]) -> tuple[int, int]:
        return len(piece), os.getpid()


def workers_of_this_process() -> list[psutil.Process]:
    return [each for each in psutil.Process().children() if "cartage.crew" in each.cmdline()]


class AtOnce(sharing.Worker):
    """A worker that is there as soon as it is wanted, so that the first pieces go to it."""

    def __enter__(self) -> Self:
        super().__enter__()
        for _ in range(1200):
            if self.waiting == 0:
                return self
            time.sleep(0.05)
        pytest.fail("the worker did not begin within a minute")


@pytest.fixture
def there_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "Worker", AtOnce)


@pytest.fixture(scope="module")
def by_two() -> list[tuple[int, int]]:
    """What two workers and this process make of the pieces, when there is enough to do until the workers have begun."""
    return list(shared(Squares(), range(400), 2))


def test_results_come_in_the_order_of_the_pieces(by_two: list[tuple[int, int]]) -> None:
    assert [square for square, _ in by_two] == [each * each for each in range(400)]


def test_the_work_is_done_by_all(by_two: list[tuple[int, int]]) -> None:
    doers = {pid for _, pid in by_two}
    assert HERE in doers
    assert len(doers) > 1


def test_without_workers_no_process_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "Worker", None)
    assert [square for square, _ in shared(Squares(), PIECES, 0)] == [each * each for each in PIECES]


@pytest.mark.usefixtures("there_at_once")
def test_a_worker_that_is_killed_costs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    assert [square for square, _ in shared(Squares(dies_at=0, home=HERE), PIECES, 1)] == [
        each * each for each in PIECES
    ]
    assert "its work is done here" in caplog.text


@pytest.mark.usefixtures("there_at_once")
def test_a_worker_that_hangs_is_waited_for_no_longer_than_it_may(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sharing, "SILENT", 0.2)
    done = shared(Squares(hangs_at=1, home=HERE), PIECES, 1)
    assert [square for square, _ in done] == [each * each for each in PIECES]
    assert "has not answered" in caplog.text
    assert not workers_of_this_process()


@pytest.mark.usefixtures("there_at_once")
def test_an_error_is_raised_as_without_workers() -> None:
    results = shared(Squares(complains_at=1), PIECES, 1)
    assert next(results)[0] == 0
    with pytest.raises(BatchError, match="1 is not to be squared"):
        next(results)
    assert not workers_of_this_process()


def test_who_stops_early_leaves_no_process() -> None:
    results = shared(Squares(), PIECES, 1)
    assert next(results)[0] == 0
    results.close()
    assert not workers_of_this_process()


def test_until_a_worker_is_there_the_work_goes_on_here() -> None:
    results = shared(Squares(), PIECES, 1)
    begun = [next(results) for _ in range(3)]  # a tenth of what it takes to begin
    assert {pid for _, pid in begun} == {HERE}
    results.close()


def test_a_job_that_cannot_be_sent_is_done_here() -> None:
    class Local:
        def do(self, piece: int) -> int:
            return piece + 1

    assert list(shared(Local(), range(5), 1)) == [1, 2, 3, 4, 5]


@pytest.mark.usefixtures("there_at_once")
def test_tables_come_back_as_they_were() -> None:
    table = pa.table(
        {
            "text": pa.array(["a", None, "ü"]),
            "none": pa.nulls(3, pa.string()),
            "money": pa.array([Decimal("1.500000"), None, Decimal("-2.000000")], pa.decimal128(20, 6)),
            "flag": pa.nulls(3, pa.bool_()),
        }
    )
    pieces = [table, table.slice(1), pa.concat_tables([table, table]), table.slice(0, 0), table.select(["none"])]
    for piece, back in zip(pieces, shared(Echo(), pieces, 1), strict=True):
        assert back.equals(piece)
        assert back.schema.equals(piece.schema)


@pytest.mark.usefixtures("there_at_once")
def test_a_piece_of_more_parts_than_go_over_at_once_goes_over() -> None:
    pieces = [[pa.array([number]) for number in range(many)] for many in (1500, 1)]
    done = list(shared(Counting(), pieces, 1))
    assert [count for count, _ in done] == [1500, 1]
    assert done[0][1] != HERE


def test_a_worker_ends_when_the_process_that_started_it_is_killed() -> None:
    program = (
        "import os; from cartage.crew.sharing import Worker; from tests.crew.test_sharing import Squares\n"
        "with Worker(Squares()) as worker:\n"
        "    worker.hand(3).result(); print(worker.pid, flush=True); os.kill(os.getpid(), 9)"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, check=False, timeout=60
    )
    worker = int(ended.stdout)
    for _ in range(200):
        if not psutil.pid_exists(worker) or psutil.Process(worker).status() == psutil.STATUS_ZOMBIE:
            return
        time.sleep(0.05)
    pytest.fail("the worker outlived the process that started it")


def test_where_no_process_can_be_started_the_work_is_done_here(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert [square for square, _ in shared(Squares(), range(5), 2)] == [0, 1, 4, 9, 16]
    assert "no worker process can be started" in caplog.text


@pytest.mark.parametrize(
    ("share", "found"), [("100000 100000", 1), ("250000 100000", 2), ("50000 100000", 1), ("max 100000", 64)]
)
def test_a_container_has_no_more_cores_than_its_share(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, share: str, found: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(64))
    monkeypatch.setattr(sharing, "_SHARE", tmp_path / "cpu.max")
    assert sharing.cores() == 64
    (tmp_path / "cpu.max").write_text(f"{share}\n")
    assert sharing.cores() == found


def test_little_work_deserves_no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "cores", lambda: 64)
    assert workers_for(99, worth=100) == 0
    assert workers_for(250, worth=100) == 2
    assert workers_for(10**9, worth=100) == MOST_WORKERS
    monkeypatch.setattr(sharing, "cores", lambda: 1)
    assert workers_for(10**9, worth=100) == 0
