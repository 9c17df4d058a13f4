"""Feed rows that a later run has outrun: a load that is cleared once its run was given up must not tell old news.

A file has no claim as a document has: the target takes whatever it reads last. So what a later run told of a record stands,
and a row from before it is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow.compute as pc

from cartage.errors import Complaint
from cartage.records.outcome import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cartage.operators.runtime import Runtime
    from cartage.records.batch import Batch
    from cartage.seams import FeedBook

CODE = "superseded"


def still_news(runtime: Runtime, book: FeedBook, batches: Iterable[Batch], outrun: list[Verdict]) -> Iterator[Batch]:
    """Give feed rows without those of records that a later run has told of.

    Args:
        runtime: the flow's.
        book: the run's book of feeds.
        batches: feed rows; passed on as they are while no later run has written a feed, which is nearly always.
        outrun: grows by a verdict for each row that is left out.

    Raises:
        RetryableError: the ledger was busy or lost.
    """
    overtaken = book.overtaken()
    for batch in batches:
        if not overtaken:
            yield batch
            continue
        root = batch.root
        told = runtime.ledger.outcomes.known_values(runtime.integration.name, runtime.record, root["key"].to_pylist())
        last = told["as_of"].take(pc.index_in(root["key"], value_set=told["key"].combine_chunks()))
        later = pc.fill_null(pc.greater(last, root["as_of"]), fill_value=False)
        old = root.filter(later).select(["record", "key"]).to_pylist()
        outrun += [Verdict(each["record"], each["key"], Outcome.SUPERSEDED, (_why(each["key"]),)) for each in old]
        rest = root["record"].filter(pc.invert(later)).combine_chunks()
        if len(rest):
            yield batch.only(rest)


def _why(key: str) -> Complaint:
    return Complaint(CODE, f"{key}: a later run has told the shop of it since this run read it")
