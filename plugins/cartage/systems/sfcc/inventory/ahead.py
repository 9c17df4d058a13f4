"""Work on several batches at a time, given on in their order."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

Given = TypeVar("Given")
Made = TypeVar("Made")

THREADS = 2
"""Arrow and numpy let other threads run while they work, so two of them use two cores; more gain little."""


def ahead(work: Callable[[Given], Made], items: Iterable[Given]) -> Iterator[Made]:
    """Do the work on each item, on a few of them before they are asked for.

    Args:
        work: may run in several threads at a time.
        items: taken one after the other, in this thread.
    """
    with ThreadPoolExecutor(THREADS, thread_name_prefix="ahead") as pool:
        waiting: deque[Future[Made]] = deque()
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > THREADS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
