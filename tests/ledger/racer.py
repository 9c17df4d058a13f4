"""A process of its own that claims documents, for the tests of races and crashes.

``python -m tests.ledger.racer URL KEY RUN HOLDER race|die NUMBER…``: prints `ready`, waits for a
line, claims, prints a word a document. `die` then waits, holding its claims, to be killed.
"""

from __future__ import annotations

import sys

from cartage.ledger import Ledger
from tests.ledger.ledger_examples import document


def main(url: str, key: str, run: str, holder: str, then: str, *numbers: str) -> None:
    """Claim when told to."""
    ledger = Ledger.open(url, key)
    journal = ledger.journal(int(run), "shop_erp", "netsuite", holder=holder)
    ledger.runs.get(int(run))
    _say("ready")
    sys.stdin.readline()
    claims = journal.claim([document(each) for each in numbers])
    _say(*("granted" if each.granted else "refused" for each in claims))
    if then == "die":
        sys.stdin.readline()


def _say(*words: str) -> None:
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
