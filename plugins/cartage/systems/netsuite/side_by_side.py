"""Batches transformed side by side, on every core there is; batches do not depend on each other.

What is done by columns (`cartage.systems.netsuite.bulk`) is done by threads: Arrow lets go of the interpreter while
it works. What is done row by row is bound by one core, so a run of many batches gets a worker process for each
further core. Workers are given rows and what NetSuite answered; they have no connection to NetSuite, to the ledger
or to staging. This process asks, stages and accounts.

Workers are programs of their own, started anew, rather than forks: the process of a task has threads, whose
locks a fork would copy in whatever state they are.
"""

from __future__ import annotations

import logging
import os
import pickle
import subprocess
import sys
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from cartage.seams import Transformed
from cartage.systems.netsuite.bulk.tables import may_be_plain
from cartage.systems.netsuite.transform import known_of, transform_with

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cartage.mapping import TargetMapping
    from cartage.records.batch import Batch
    from cartage.seams import References
    from cartage.settings import Settings
    from cartage.systems.netsuite.orders.known import Known

log = logging.getLogger(__name__)

WORTH_A_WORKER = 20_000
"""A worker starts in the time that some 5,000 orders take row by row, so fewer would gain nothing worth its memory."""
MOST_WORKERS = 3
"""Each holds some 150 MB."""
MOST_THREADS = 3
"""Each holds two batches at most, some 20 MB."""


@dataclass(frozen=True)
class Setup:
    """What every batch of a run is transformed by.

    Attributes:
        settings: the run's settings.
        mappings: by name, as `to_documents` takes them.
        integration: name of the integration.
    """

    settings: Settings
    mappings: dict[str, TargetMapping]
    integration: str

    @property
    def by_columns(self) -> bool:
        """Whether nearly everything is done by columns."""
        return "order" in self.mappings and may_be_plain(self.settings.orders)

    def transform(self, batch: Batch, known: Known | None) -> Transformed:
        """Transform a batch in this process."""
        return transform_with(
            batch, known, settings=self.settings, mappings=self.mappings, integration=self.integration
        )


def transform_all(
    batches: Iterable[Batch], setup: Setup, references: References, records: int
) -> Iterator[Transformed]:
    """Transform batches side by side, and give what they became in their own order.

    Args:
        batches: records of kind order or customer; read one at a time, few of them held at once.
        setup: what they are transformed by.
        references: asked from this thread only, a batch at a time.
        records: how many records there are in all.

    Raises:
        SettingsError: a mapping names what there is none of; with file and line.
    """
    if setup.by_columns:
        return by_threads(batches, setup, references, min(_cores(), MOST_THREADS))
    return by_workers(batches, setup, references, workers_for(records))


def workers_for(records: int) -> int:
    """Give how many workers so many records are worth, beside this process; none on a single core."""
    return min(_cores() - 1, MOST_WORKERS, records // WORTH_A_WORKER)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def by_threads(batches: Iterable[Batch], setup: Setup, references: References, threads: int) -> Iterator[Transformed]:
    """Do what `transform_all` does, in so many threads; this one reads and asks meanwhile."""
    with ThreadPoolExecutor(max(1, threads), thread_name_prefix="transform") as pool:
        ahead: deque[Future[Transformed]] = deque()
        for batch in batches:
            ahead.append(pool.submit(setup.transform, batch, known_of(batch, setup.settings, references)))
            if len(ahead) > threads:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def by_workers(batches: Iterable[Batch], setup: Setup, references: References, workers: int) -> Iterator[Transformed]:
    """Do what `transform_all` does, with so many processes beside this one."""
    with ExitStack() as stack:
        crew = [stack.enter_context(Worker(setup)) for _ in range(workers)]
        free: SimpleQueue[Worker] = SimpleQueue()
        for worker in crew:
            free.put(worker)
        threads = stack.enter_context(ThreadPoolExecutor(max(1, workers), thread_name_prefix="transform"))
        ahead: deque[Future[Transformed]] = deque()
        for batch in batches:
            known = known_of(batch, setup.settings, references)
            if sum(not each.done() for each in ahead) < len(crew):
                ahead.append(threads.submit(_hand_over, free, batch, known))
            else:
                ahead.append(_done(setup.transform(batch, known)))
            while ahead and ahead[0].done():
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def _done(transformed: Transformed) -> Future[Transformed]:
    future: Future[Transformed] = Future()
    future.set_result(transformed)
    return future


def _hand_over(free: SimpleQueue[Worker], batch: Batch, known: Known | None) -> Transformed:
    """Give a batch to a worker that has none; runs in a thread."""
    worker = free.get()
    try:
        return worker.transform(batch, known)
    finally:
        free.put(worker)


class Worker:
    """A process that transforms batches, as long as a block runs.

    What a worker cannot do, this process does: whatever is wrong is then raised here, as without workers.

    Args:
        setup: what batches are transformed by.
    """

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Worker:  # noqa: PYI034 - no subclass
        """Start the process; it imports while the first batches are read."""
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, "-m", "cartage.systems.netsuite.transform_worker"]
        self._process = subprocess.Popen(  # noqa: S603 - this very program
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        return self

    def __exit__(self, *error: object) -> None:
        """End the process."""
        self._end()

    @property
    def pid(self) -> int | None:
        """Id of the process; None when it has ended."""
        return None if self._process is None or self._process.poll() is not None else self._process.pid

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()  # it holds nothing that must be put in order
            with suppress(BrokenPipeError):  # of what was left to send, nothing is missed
                process.communicate()

    def transform(self, batch: Batch, known: Known | None) -> Transformed:
        """Have a batch transformed, and wait for it."""
        process = self._process
        if process is not None:
            try:
                answer = self._ask(process, (self._setup, batch, known))
            except (OSError, EOFError, pickle.UnpicklingError):
                self._end()
                log.warning(
                    "a worker of the transform ended with status %s; its batch is done here", process.returncode
                )
            else:
                if isinstance(answer, Transformed):
                    return answer
        return self._setup.transform(batch, known)

    @staticmethod
    def _ask(process: subprocess.Popen[bytes], work: tuple[Any, ...]) -> Any:
        assert process.stdin is not None
        assert process.stdout is not None
        pickle.dump(work, process.stdin, pickle.HIGHEST_PROTOCOL)
        process.stdin.flush()
        return pickle.load(process.stdout)  # noqa: S301 - from our own process
