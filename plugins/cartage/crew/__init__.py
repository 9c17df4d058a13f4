"""Work that is shared with other processes, so that a step of a large run uses every core of its machine.

A step has a `Job`, made of plain values, and pieces of work that do not depend on each other::

    for result in shared(job, pieces, workers_for(size, worth=20_000)):
        ...                                      # in the order of the pieces

This process does pieces too, and all of them when there is no worker. Workers compute and nothing else: they have no
connection to a system, to the ledger or to staging. Whatever goes wrong in one is done again here and so raised
where it is seen.
"""

from cartage.crew.sharing import MOST_WORKERS, Job, shared, workers_for

__all__ = ["MOST_WORKERS", "Job", "shared", "workers_for"]
