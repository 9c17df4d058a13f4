"""Feed rows that later runs have outrun: tasks that are cleared once their run was given up must not tell old news.

A file has no claim as a document has: the target takes whatever it reads last, and an allocation that is worked out anew
is even dated anew. So what a later run told of a record stands, and a row that was read before it is left out. All
rows are, once a later run has read everything that this one did: what it found as it was told it did not note.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from cartage.errors import Complaint
from cartage.records.outcome import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cartage.operators.runtime import Runtime
    from cartage.records.batch import Batch

CODE = "superseded"


def still_news(runtime: Runtime, run: int, batches: Iterable[Batch], outrun: list[Verdict]) -> Iterator[Batch]:
    """Give feed rows without those of records that a later run has read, and told of where they had changed.

    Args:
        runtime: the flow's.
        run: the run's id.
        batches: feed rows; passed on as they are while there is no later run, which is nearly always.
        outrun: grows by a verdict for each row that is left out.

    Raises:
        RetryableError: the ledger was busy or lost.
    """
    later, anew = runtime.ledger.runs.later(run), read_anew(runtime, run)
    for batch in batches:
        if not later:
            yield batch
            continue
        root = batch.root
        old = pa.chunked_array([pa.repeat(pa.scalar(value=True), len(root))]) if anew else _told_since(runtime, root)
        left = root.filter(old).select(["record", "key"]).to_pylist()
        outrun += [Verdict(each["record"], each["key"], Outcome.SUPERSEDED, (_why(each["key"]),)) for each in left]
        rest = root["record"].filter(pc.invert(old)).combine_chunks()
        if len(rest):
            yield batch.only(rest)


def read_anew(runtime: Runtime, run: int) -> bool:
    """Say whether a later run has settled that read all that this one did."""
    runs = runtime.ledger.runs
    return any(each.rereads(runs.get(run)) for each in runs.later(run))


def _told_since(runtime: Runtime, root: pa.Table) -> pa.ChunkedArray:
    """Say of which rows' records a newer version was told. Their dates do not say it: those are made when rows are."""
    keys = root["key"].to_pylist()
    known = runtime.ledger.outcomes.known(runtime.integration.name, runtime.record, keys)
    told = pa.array([known[key].version if key in known else None for key in keys], pa.string())
    return pc.fill_null(pc.greater(told, root["version"]), fill_value=False)


def _why(key: str) -> Complaint:
    return Complaint(CODE, f"{key}: a later run has read it since, and told the shop what there was to tell")
