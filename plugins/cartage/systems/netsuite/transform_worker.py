"""``python -m cartage.systems.netsuite.transform_worker``: transforms the batches that come in by its standard input.

The other end is `cartage.systems.netsuite.side_by_side`. Each piece of work comes as a pickle of what
`Setup.transform` takes, and goes back as a pickle of what it gives, or of None when it failed.
"""

from __future__ import annotations

import os
import pickle
import sys
from typing import BinaryIO


def serve(work: BinaryIO, answers: BinaryIO) -> None:
    """Transform batches until there are no more."""
    while True:
        try:
            setup, batch, known = pickle.load(work)  # noqa: S301 - from the process that started this one
        except EOFError:
            return
        try:
            answer = setup.transform(batch, known)
        except Exception:  # noqa: BLE001 - the other end does it again and raises it where it is seen
            answer = None
        pickle.dump(answer, answers, pickle.HIGHEST_PROTOCOL)
        answers.flush()


def main() -> None:
    """Serve on standard input and output; what any library prints goes to standard error."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
