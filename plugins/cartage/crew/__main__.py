"""``python -m cartage.crew <descriptor>``: a worker; the other end of its socket is `cartage.crew.sharing`.

It is sent a job first and then pieces of work, and answers each with `Done`, or `Failed` without saying why: the
other end does such a piece again, and what is wrong is then raised where it is seen.
"""

from __future__ import annotations

import signal
import socket
import sys
from contextlib import suppress
from queue import Queue
from threading import Thread
from typing import Any

# Arrow imports pandas, a quarter of a second, to see whether a list is one of its series. No job has any; one that
# did would fail here and be done by the other end.
sys.modules["pandas"] = None  # type: ignore[assignment]

from cartage.crew.sharing import Done, Failed  # noqa: E402
from cartage.crew.wire import Ended, receive, send  # noqa: E402

_END = object()


def serve(end: socket.socket) -> None:
    """Do pieces of work until the other end has gone; the next one is received while one is done."""
    pieces: Queue[Any] = Queue(1)
    Thread(target=_receive, args=(end, pieces), daemon=True).start()
    job = pieces.get()
    while (piece := pieces.get()) is not _END:
        try:
            answer: Any = Done(job.do(piece))
        except Exception:  # noqa: BLE001 - see above
            answer = Failed()
        try:
            send(end, answer)
        except OSError:
            return


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
