"""Pieces of work shared between this process and workers, and their results in order.

Workers are programs of their own, started anew, rather than forks: the process of a task has threads, whose
locks a fork would copy in whatever state they are, and connections that no two processes may use. Starting one takes
some 0.4 s of the core it is to use, so `workers_for` gives none to what is done sooner without, and this process works
on alone until it is there.

A worker whose other end has gone, because the task was killed, sees that at its socket and ends.
"""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
from collections import deque
from concurrent.futures import Future
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from cartage.crew.wire import Ended, receive, send

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

log = logging.getLogger(__name__)

MOST_WORKERS = 3
"""Each holds 150 MB and more."""

AHEAD = 2
"""Pieces that a worker has at a time, unless more is said: one that it does, and one that is brought to it meanwhile."""

SILENT = 300.0
"""Seconds that the answer to a piece is waited for; then the worker is taken to hang (stopped, or its machine is out of
memory). A piece takes seconds."""

_FRUGAL = {"ARROW_DEFAULT_MEMORY_POOL": "system", "MALLOC_ARENA_MAX": "1", "OPENBLAS_NUM_THREADS": "1"}
"""Memory from the system, which gets it back at once, and from one arena, so that what one thread frees is used by the
other: some 40 MB in all; and no threads for matrices."""

_SHARE = Path("/sys/fs/cgroup/cpu.max")
"""Microseconds of processor time that a container has, in how many (https://docs.kernel.org/admin-guide/cgroup-v2.html)."""

Piece = TypeVar("Piece")
Result = TypeVar("Result")
Piece_contra = TypeVar("Piece_contra", contravariant=True)
Result_co = TypeVar("Result_co", covariant=True)


class Job(Protocol[Piece_contra, Result_co]):
    """What is to be done with each piece. It is pickled, as pieces and results are, when there are workers."""

    def do(self, piece: Piece_contra, /) -> Result_co:
        """Do one piece of work."""


@dataclass(frozen=True)
class Ready:
    """What a worker says once it has its job. Until then it is given nothing: who waits for its first result waits long."""


@dataclass(frozen=True)
class Done:
    """A worker's answer."""

    result: Any


@dataclass(frozen=True)
class Failed:
    """The answer of a worker whose piece raised an error: its kind, since its text may quote a record."""

    error: str


class Lost(Exception):  # noqa: N818 - what became of it; the piece is done elsewhere
    """The worker is no more."""


def workers_for(amount: int, worth: int) -> int:
    """Give how many workers an amount of work deserves beside this process; none on a single core.

    Args:
        amount: how much there is, in any unit.
        worth: as much as one more worker must have for itself to gain more than its start costs.
    """
    return max(0, min(cores() - 1, MOST_WORKERS, amount // worth))


def cores() -> int:
    """Give how many cores this process may use; a container's share of its machine may be fewer than it sees."""
    seen = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = _SHARE.read_text().split()
        return max(1, min(seen, int(quota) // int(period)))
    except (OSError, ValueError):  # no container, or one without a limit: its quota is the word max
        return seen


def shared(job: Job[Piece, Result], pieces: Iterable[Piece], workers: int, ahead: int = AHEAD) -> Iterator[Result]:
    """Do all pieces, here and by so many workers, and give their results in the pieces' order.

    Pieces are taken one at a time, in this thread, and few are held at once: those that workers have, and those that
    are done while an earlier one is not.

    Args:
        job: what is done.
        pieces: what it is done with.
        workers: how many processes beside this one.
        ahead: pieces that a worker has at a time. More keep it busy while this process is long about one of its own
            and what came back, and cost memory.

    Raises:
        Exception: whatever the job raises, as if it had been done here.
    """
    if workers <= 0:
        yield from map(job.do, pieces)
        return
    with ExitStack() as stack:
        crew = _crew(stack, job, workers)
        if not crew:
            yield from map(job.do, pieces)
            return
        turns: deque[_Turn[Piece, Result]] = deque()
        for piece in pieces:
            turn: _Turn[Piece, Result] = _Turn(piece)
            turns.append(turn)
            free = min(crew, key=lambda worker: worker.waiting)
            if free.waiting < ahead:
                turn.hand(free)
            else:
                turn.do(job)
            while turns and (turns[0].ready or len(turns) > ahead * len(crew) + 1):
                yield turns.popleft().result(job)
        while turns:
            idle = [turn for turn in turns if not turn.ready]
            if len(idle) > len(crew):  # nobody has begun the last one
                idle[-1].do(job)
            yield turns.popleft().result(job)


def _crew(stack: ExitStack, job: Job[Any, Any], workers: int) -> list[Worker]:
    """Start workers, as many as the machine has room for."""
    crew: list[Worker] = []
    try:
        while len(crew) < workers:
            crew.append(stack.enter_context(Worker(job)))
    except OSError as error:
        log.warning("no worker process can be started (%s), so more of the work is done here", error)
    return crew


@dataclass
class _Turn(Generic[Piece, Result]):
    """A piece, until it is done, and its result as soon as there is one."""

    piece: Piece | None
    answer: Future[Any] = field(default_factory=Future)
    worker: Worker | None = None

    def hand(self, worker: Worker) -> None:
        """Have it done by a worker."""
        self.worker, self.answer = worker, worker.hand(self.piece)

    def do(self, job: Job[Piece, Result]) -> None:
        """Do it here."""
        self.answer = Future()
        self.answer.set_result(Done(self._done(job)))

    @property
    def ready(self) -> bool:
        """Whether nobody needs to wait for it."""
        return self.answer.done()

    def result(self, job: Job[Piece, Result]) -> Result:
        """Wait for the result; what no worker could do is done here."""
        try:
            answer = self._answer()
        except Lost:
            return self._done(job)
        if isinstance(answer, Failed):
            log.info("a worker process raised %s; its piece of work is done here", answer.error)
            return self._done(job)
        result: Result = answer.result
        return result

    def _answer(self) -> Any:
        if self.worker is not None:
            try:
                return self.answer.result(SILENT)
            except TimeoutError:
                self.worker.end()
        return self.answer.result()

    def _done(self, job: Job[Piece, Result]) -> Result:
        piece, self.piece = self.piece, None
        return job.do(piece)  # type: ignore[arg-type]


class Worker:
    """A process that does pieces of one job, as long as a block runs.

    Args:
        job: what is done.
    """

    def __init__(self, job: Job[Any, Any]) -> None:
        self._outgoing: SimpleQueue[Any] = SimpleQueue()
        self._outgoing.put(job)
        self._open: deque[Future[Any]] = deque()
        self._ready = self._ending = self._lost = False

    def __enter__(self) -> Worker:  # noqa: PYI034 - no subclass
        """Start the process, and the two threads that speak with it."""
        self._end, theirs = socket.socketpair()
        environment = os.environ | _FRUGAL | {"PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, "-m", "cartage.crew", str(theirs.fileno())]
        try:
            with theirs:
                self._process = subprocess.Popen(  # noqa: S603 - this very program
                    command, env=environment, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()]
                )
        except OSError:
            self._end.close()
            raise
        self._threads = [Thread(target=each, daemon=True, name="crew") for each in (self._send, self._receive)]
        for each in self._threads:
            each.start()
        return self

    def __exit__(self, *error: object) -> None:
        """End the process: it holds nothing that must be put in order."""
        self._ending = True
        self._process.kill()
        self._process.wait()
        with suppress(OSError):
            self._end.shutdown(socket.SHUT_RDWR)
        self._outgoing.put(None)
        for each in self._threads:
            each.join()
        self._end.close()

    def end(self) -> None:
        """End a worker that hangs: whoever waits for its answers hears that it is lost."""
        log.warning("worker process %s has not answered for %.0f s and is ended", self.pid, SILENT)
        self._process.kill()
        with suppress(OSError):  # one that waits for its memory to come back dies only then
            self._end.shutdown(socket.SHUT_RDWR)

    @property
    def pid(self) -> int:
        """Id of the process."""
        return self._process.pid

    @property
    def waiting(self) -> float:
        """How many pieces it has not answered yet; of one that is not there yet, or no more, infinitely many."""
        return len(self._open) if self._ready and not self._lost else float("inf")

    def hand(self, piece: Any) -> Future[Any]:
        """Hand over a piece.

        Returns:
            What becomes of it: `Done`, `Failed`, or the exception `Lost`.
        """
        answer: Future[Any] = Future()
        self._open.append(answer)
        self._outgoing.put(piece)
        if self._lost:  # since it was chosen
            self._give_up()
        return answer

    def _send(self) -> None:
        try:
            while (message := self._outgoing.get()) is not None:
                send(self._end, message)
        except OSError as error:
            log.debug("a worker process cannot be sent to: %s", error)
        except Exception:
            log.exception("what a worker process is to do cannot be sent to it")
        else:
            return
        with suppress(OSError):  # whoever waits for its answers sees it there
            self._end.shutdown(socket.SHUT_RDWR)

    def _receive(self) -> None:
        try:
            while True:
                answer = receive(self._end)
                if isinstance(answer, Ready):
                    self._ready = True
                else:
                    self._open.popleft().set_result(answer)
        except (Ended, OSError):
            pass
        except Exception:
            log.exception("what a worker process answered cannot be read")
        finally:
            self._lost = True
            self._give_up()

    def _give_up(self) -> None:
        if self._open and not self._ending:
            log.warning("a worker process is lost; its work is done here")
        while self._open:
            with suppress(IndexError):  # the other thread was quicker
                self._open.popleft().set_exception(Lost())
