"""Growth of resident memory, of a process and of those it starts, over what it was at the beginning."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

INTERVAL = 0.05
_PAGE = os.sysconf("SC_PAGE_SIZE")


def descendants(pid: int) -> Iterator[int]:
    """Give the processes that a process has started, and those that they have.

    Linux says so of each thread, in a hundredth of the time that it takes to ask every process of the machine.
    """
    for told in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = told.read_text().split()
        except OSError:  # it ended since it was listed
            continue
        for child in map(int, children):
            yield child
            yield from descendants(child)


def resident(pid: int) -> tuple[int, int]:
    """Give the resident bytes of a process, and how many of them are pages of files. A look takes 20 µs.

    Raises:
        OSError: it has ended.
    """
    _, all_, shared, *_ = Path(f"/proc/{pid}/statm").read_text().split()
    return int(all_) * _PAGE, int(shared) * _PAGE


class Growth:
    """Samples resident memory while a block runs; `peak_mb` is the growth over its beginning, in MB.

    Of processes that the block starts everything is counted, what they import too, but the pages of files, which are
    libraries nearly all: those this process has loaded as well, and the machine keeps them once.
    """

    def __init__(self) -> None:
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._start = 0
        self._peak = 0

    def __enter__(self) -> Self:
        """Begin."""
        self._start = self._peak = self._resident()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End."""
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(INTERVAL):
            self._peak = max(self._peak, self._resident())

    def _resident(self) -> int:
        total, _ = resident(os.getpid())
        for child in descendants(os.getpid()):
            try:
                own, shared = resident(child)
            except OSError:  # it ended since it was listed
                continue
            total += own - shared
        return total

    @property
    def peak_mb(self) -> float:
        """Megabytes at the highest."""
        return max(0, self._peak - self._start) / 1_000_000
