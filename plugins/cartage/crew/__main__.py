"""``python -m cartage.crew <descriptor>``: a worker; the other end of its socket is `cartage.crew.sharing`.

It is sent a job first, which it answers with `Ready`, and then pieces of work, each of which it answers with `Done` or
`Failed`: the other end does what failed again, and what is wrong is then raised where it is seen.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
from contextlib import suppress
from importlib.abc import MetaPathFinder
from queue import Queue
from threading import Thread
from typing import Any


class _NoPandas(MetaPathFinder):
    """Arrow imports pandas, a quarter of a second, to see whether a list is one of its series. No job has any.

    One that did would fail here, and be done by the other end.
    """

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> None:  # noqa: ARG002 - the protocol's
        if fullname == "pandas":
            raise ModuleNotFoundError("a worker has no pandas", name=fullname)


sys.meta_path.insert(0, _NoPandas())
gc.disable()  # until the job is there: what is imported for it stays

from cartage.crew.sharing import Done, Failed, Ready  # noqa: E402
from cartage.crew.wire import Ended, receive, send  # noqa: E402

_END = object()


def serve(end: socket.socket) -> None:
    """Do pieces of work until the other end has gone.

    The next piece is received, and the last answer sent, while one is done: the other end may be too busy to take it.
    """
    pieces, answers = Queue[Any](1), Queue[Any](1)
    Thread(target=_receive, args=(end, pieces), daemon=True).start()
    Thread(target=_send, args=(end, answers), daemon=True).start()
    job = pieces.get()
    gc.freeze()
    gc.enable()
    if job is not _END:
        answers.put(Ready())
        while (piece := pieces.get()) is not _END:
            answers.put(_done(job, piece))


def _done(job: Any, piece: Any) -> Done | Failed:
    try:
        return Done(job.do(piece))
    except Exception as error:  # noqa: BLE001 - see above
        return Failed(type(error).__name__)


def _send(end: socket.socket, answers: Queue[Any]) -> None:
    with suppress(OSError):
        while True:
            send(end, answers.get())
    os._exit(0)  # nobody is there to work for


def _receive(end: socket.socket, pieces: Queue[Any]) -> None:
    try:
        with suppress(Ended, OSError):
            while True:
                pieces.put(receive(end))
    finally:
        pieces.put(_END)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is for the other end, which ends this one
    serve(socket.socket(fileno=int(sys.argv[1])))
